"""`torch._cast_Long` and its kin, which libraries of old call: a tensor as another type."""

from __future__ import annotations

from collections.abc import Callable

from .tensor import dtypes
from .tensor.tensor import Tensor

__all__ = [
    "_cast_Byte", "_cast_Char", "_cast_Double", "_cast_Float", "_cast_Half", "_cast_Int", "_cast_Long", "_cast_Short",
]  # fmt: skip


def _cast(name: str, kind: dtypes.dtype) -> Callable[..., Tensor]:
    def cast(input: Tensor, non_blocking: bool = False) -> Tensor:
        converted: Tensor = input.to(kind)
        return converted

    cast.__name__ = cast.__qualname__ = name
    cast.__doc__ = f"The tensor as {kind}."
    return cast


_cast_Byte = _cast("_cast_Byte", dtypes.uint8)
_cast_Char = _cast("_cast_Char", dtypes.int8)
_cast_Double = _cast("_cast_Double", dtypes.float64)
_cast_Float = _cast("_cast_Float", dtypes.float32)
_cast_Half = _cast("_cast_Half", dtypes.float16)
_cast_Int = _cast("_cast_Int", dtypes.int32)
_cast_Long = _cast("_cast_Long", dtypes.int64)
_cast_Short = _cast("_cast_Short", dtypes.int16)
