"""What one can ask of a tensor besides its values."""

from __future__ import annotations

from typing import Any

from . import dtypes
from .arguments import type_name
from .storage import TypedStorage, UntypedStorage
from .tensor import Tensor


def _checked(function: str, input: Any) -> Tensor:
    if not isinstance(input, Tensor):
        raise TypeError(f"{function}(): argument 'input' (position 1) must be Tensor, not {type_name(input)}")
    return input


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor.

    >>> import tapegrad as torch
    >>> torch.is_tensor(torch.ones(2)), torch.is_tensor([1.0])
    (True, False)
    """
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> bool:
    """Whether an object is a storage, what `x.untyped_storage()` returns."""
    return isinstance(obj, (UntypedStorage, TypedStorage))


def is_floating_point(input: Tensor) -> bool:
    """Whether the elements are real floating-point numbers."""
    return _checked("is_floating_point", input).dtype.is_floating_point


def is_complex(input: Tensor) -> bool:
    """Whether the elements are complex numbers."""
    return _checked("is_complex", input).dtype.is_complex


def is_signed(input: Tensor) -> bool:
    """Whether the type of the elements has negative values."""
    return _checked("is_signed", input).dtype.is_signed


def is_inference(input: Tensor) -> bool:
    """Whether the tensor was made under `inference_mode`."""
    return _checked("is_inference", input).is_inference()


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not 0.

    Raises:
        RuntimeError: there is not exactly one element.
    """
    return bool(_checked("is_nonzero", input))


def is_distributed(input: Tensor) -> bool:
    """False, for every tensor."""
    _checked("is_distributed", input)
    return False


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape."""
    return bool(_checked("is_same_size", input)._data.shape == _checked("is_same_size", other)._data.shape)


def numel(input: Tensor) -> int:
    """The number of elements."""
    return _checked("numel", input)._data.size


def result_type(tensor: Any, other: Any) -> dtypes.dtype:
    """The type of the result of an operation on two tensors or numbers.

    >>> import tapegrad as torch
    >>> torch.result_type(torch.ones(2, dtype=torch.int32), 1.5)
    torch.float32
    """
    from ..ops.pointwise import is_number
    from ..ops.pointwise import result_type as promoted

    for operand in (tensor, other):
        if not isinstance(operand, Tensor) and not is_number(operand):
            got = f"{type_name(tensor)}, {type_name(other)}"
            raise TypeError(
                f"result_type() received an invalid combination of arguments - got ({got}), but expected tensors or"
                " numbers"
            )
    return promoted(tensor, other)


def typename(obj: Any) -> str:
    """The name of an object's type: 'torch.FloatTensor' and the like for tensors.

    >>> import tapegrad as torch
    >>> torch.typename(torch.ones(2)), torch.typename(3)
    ('torch.FloatTensor', 'int')
    """
    if isinstance(obj, Tensor):
        return obj.type()
    module = getattr(obj, "__module__", None) or getattr(type(obj), "__module__", None)
    name = getattr(obj, "__qualname__", None) or getattr(obj, "__name__", None) or type(obj).__name__
    return name if module in (None, "builtins") else f"{module}.{name}"


METHODS = {
    "is_distributed": is_distributed,
    "is_nonzero": is_nonzero,
    "is_same_size": is_same_size,
}

__all__ = [
    "is_complex", "is_distributed", "is_floating_point", "is_inference", "is_nonzero", "is_same_size",
    "is_signed", "is_storage", "is_tensor", "numel", "result_type", "typename",
]  # fmt: skip
