"""Types of elements that an operator refuses, in torch's words: those of the kernel that it lacks."""

from __future__ import annotations

from ..errors import DtypeError
from ..tensor import dtypes
from ..tensor.dtypes import scalar_type_name
from ..tensor.tensor import Tensor

_HINTS = {
    "b": "Convert the bools to numbers first: x.int() or x.float().",
    "c": "Complex numbers have no order; compare x.abs() or x.real.",
    "h": "Compute in float32: x.float().",
}


def refuse(kernel: str, t: Tensor, kinds: str) -> None:
    """Refuse bools ("b"), complex numbers ("c") or floats of 16 bits ("h").

    Raises:
        NotImplementedError: the tensor is of one of these kinds.
    """
    kind = "h" if t.dtype in (dtypes.float16, dtypes.bfloat16) else t._data.dtype.kind
    if kind in kinds:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(t.dtype)}'. {_HINTS[kind]}")


def need_floats(function: str, t: Tensor) -> None:
    """Refuse integers and bools.

    Raises:
        RuntimeError: the tensor holds such.
    """
    if t.dtype.category < dtypes.FLOAT:
        raise DtypeError(
            f"{function}: Expected a floating point or complex tensor as input. Got {scalar_type_name(t.dtype)}",
            f"Found: {t.dtype}. Convert first: x.float().",
        )
