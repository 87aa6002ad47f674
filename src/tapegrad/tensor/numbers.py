"""Python numbers as elements: into which types a number goes, and what it becomes there."""

from __future__ import annotations

import math
import warnings
from typing import Any, Final

import numpy as np

from . import dtypes
from .casting import as_array
from .dtypes import BOOL, COMPLEX, FLOAT, INT, Array, dtype

Number = bool | int | float | complex

# The names that torch's messages give to the types in which its C++ side holds elements.
_C_NAMES: Final = {
    dtypes.uint8: "uint8_t", dtypes.uint16: "uint16_t", dtypes.uint32: "uint32_t", dtypes.uint64: "uint64_t",
    dtypes.int8: "int8_t", dtypes.int16: "int16_t", dtypes.int32: "int", dtypes.int64: "int64_t",
    dtypes.float16: "c10::Half", dtypes.bfloat16: "c10::BFloat16", dtypes.float32: "float", dtypes.float64: "double",
    dtypes.complex64: "c10::complex<float>", dtypes.complex128: "c10::complex<double>",
}  # fmt: skip


def number_dtype(value: Number) -> dtype:
    """The type a Python number stands for: its category, in the default precision."""
    if isinstance(value, bool):
        return dtypes.bool_
    if isinstance(value, int):
        return dtypes.int64
    return dtypes.default.complex if isinstance(value, complex) else dtypes.default.dtype


def fits(value: Number, kind: dtype) -> bool:
    """Whether torch takes a number for an element of a type.

    Rounding, and cutting off what stands behind the point, are no hindrance; being out of range is.  Negative integers
    go into unsigned types as their two's complement.
    """
    if kind.category == BOOL or isinstance(value, bool):
        return True
    if isinstance(value, complex) and kind.category != COMPLEX:
        if value.imag != 0:
            return False
        value = value.real
    if kind.category == INT:
        low, high = _int_range(kind)
        if isinstance(value, int):
            return (low if kind.is_signed else -high) <= value <= high
        return float(low) <= value <= float(high)  # type: ignore[operator] # rounded: 2**63 passes, and wraps around
    parts = (value.real, value.imag) if isinstance(value, complex) else (value,)
    largest = largest_float(kind.to_real())
    return all(-largest <= part <= largest or not math.isfinite(part) for part in parts)


def _int_range(kind: dtype) -> tuple[int, int]:
    bits = 8 * kind.itemsize
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if kind.is_signed else (0, (1 << bits) - 1)


def largest_float(kind: dtype) -> float:
    """The largest finite number of a floating-point type."""
    if kind is dtypes.bfloat16:
        return 2.0**127 * (2 - 2.0**-7)
    return float(np.finfo(kind.numpy).max)


def check_fits(value: Number, kind: dtype, alone: bool = False) -> None:
    """Refuse a number that is out of a type's range.

    Args:
        alone: for the only element of a tensor, for which torch does not mind infinities of half precision.

    Raises:
        RuntimeError, OverflowError: as torch words it.
    """
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        raise OverflowError(
            ("int too big to convert" if value > 0 else "can't convert negative int to unsigned")
            + f": {value} does not fit into 64 bits"
        )
    if alone and kind.itemsize == 2 and kind.category == FLOAT:
        kind = dtypes.float64
    if not fits(value, kind):
        raise RuntimeError(
            f"value cannot be converted to type {_C_NAMES[kind]} without overflow"
            f"\n  Found: {value!r} for a tensor of {kind}."
        )


def factor_of(value: Number, kind: dtype) -> Number:
    """A factor such as `alpha` as elements of a type are multiplied by it: negative ones wrap around unsigned types.

    Raises:
        RuntimeError, OverflowError: it is out of the type's range.
    """
    if kind.category == dtypes.BOOL:
        return value
    check_fits(value, kind)
    if kind.category != dtypes.INT or not isinstance(value, int):
        return value
    wrapped: int = np.asarray(value).astype(kind.numpy).item()
    return wrapped


def element(value: Number, kind: dtype) -> Array:
    """A number that fits (see `fits`) as an array of no dimensions."""
    target = kind.numpy
    if kind.category == INT:
        if isinstance(value, complex):
            value = value.real
        return np.array(int(value) & ((1 << 8 * kind.itemsize) - 1), f"u{kind.itemsize}").view(target)
    if isinstance(value, complex) and kind.category != COMPLEX:
        value = value.real if kind.category != BOOL else value != 0
    return as_array(value, target)


def as_python_number(value: Any) -> Any:
    """What torch takes for a number as Python's own: NumPy scalars and 0-d tensors that need no gradient.

    Anything else is returned as it is.
    """
    from .tensor import Tensor

    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Tensor) and value._data.ndim == 0 and not value.requires_grad:
        return value.item()
    return value


_told_about_history: list[bool] = []


def warn_of_lost_history(stacklevel: int) -> None:
    """Warn, once per process, that a Python number made of a recorded tensor takes no history with it.

    Not while nothing is recorded: then there is no history to lose.
    """
    from ..autograd.grad_mode import is_grad_enabled

    if not _told_about_history and is_grad_enabled():
        _told_about_history.append(True)
        warnings.warn(
            "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
            "Consider using tensor.detach() first.",
            UserWarning,
            stacklevel=stacklevel,
        )
