"""`torch.cuda.FloatTensor` and its siblings: types to ask about and to list, of which there are no instances."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from ..tensor import dtypes
from ..tensor.device import strided
from ..tensor.dtypes import scalar_type_name


class tensortype(type):
    """The type of these types."""

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"type torch.cuda.{cls.__name__} not available. Torch not compiled with CUDA enabled.")

    def __instancecheck__(cls, value: object) -> bool:
        return False

    # As if they were written in torch itself: that is how they print.
    __module__ = "torch"


def _class(kind: dtypes.dtype) -> tensortype:
    attributes = {
        "__doc__": f"The type of tensors of {kind} on a GPU: there are none.",
        "__module__": "torch.cuda",
        "dtype": kind,
        "is_cuda": True,
        "is_sparse": False,
        "layout": strided,
    }
    return tensortype(f"{scalar_type_name(kind)}Tensor", (), attributes)


_NAMES = ("Byte", "Char", "Short", "Int", "Long", "Half", "Float", "Double", "Bool", "BFloat16")

CLASSES: Final = {c.__name__: c for c in map(_class, dtypes.ALL) if c.__name__.removesuffix("Tensor") in _NAMES}
"""The classes by their names."""
