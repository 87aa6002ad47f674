"""The integers that `random_` and `randint` draw from: bounds brought into what an element type can hold."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .arguments import c_name, is_floating, is_real, not_implemented
from .discrete import DIGITS, integers, integers_64, integers_of_type
from .stream import Stream

Array = np.ndarray[Any, Any]
DType = np.dtype[Any]

LOWEST = -(2**63)
_LARGEST_FLOAT = {"float16": 65504.0, "bfloat16": float.fromhex("0x1.fep127")}
# The smallest and largest numbers of the other types, as far as they fit a 64-bit integer with a sign.
_WHOLE = {np.dtype(bool): (0, 1)} | {
    np.dtype(name): (int(np.iinfo(name).min), min(int(np.iinfo(name).max), 2**63 - 1))
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
}


def largest_float(kind: DType) -> float:
    """The largest finite number of a floating-point type."""
    return _LARGEST_FLOAT.get(kind.name) or float(np.finfo(kind).max)


def draw_integers(stream: Stream, shape: tuple[int, ...], kind: DType, low: int, high: int | None) -> Array:
    """Whole numbers from `low` up to, not including, `high`; None stands for all that the type can hold.

    Raises:
        RuntimeError: the bounds are in the wrong order, or beyond the type.
        NotImplementedError: the type cannot hold numbers from −2⁶³.
    """
    if high is None and low == LOWEST:
        if kind.name not in ("int64", "float64", "float32", "bfloat16"):
            raise not_implemented("random_full_64_bits_range_kernel_cpu", kind)
        return integers_64(stream, shape, kind)
    if high is None:
        low, last = _up_to_largest(kind, low)
    else:
        if low >= high:
            raise RuntimeError(
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}."
                " Numbers are drawn from [from, to), so 'to' must be at least from + 1."
            )
        if is_floating(kind):
            low, high = _rounded_up(kind, low), _rounded_down(kind, high)
            if low >= high:
                raise RuntimeError(
                    "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got"
                    f" from={low} >= to={high}"
                )
        last = high - 1
    _check_bounds(kind, low, last)
    return integers(stream, shape, kind, low, last - low + 1)


def draw_integers_of_type(stream: Stream, shape: tuple[int, ...], kind: DType) -> Array:
    """What `random_()` draws without bounds.

    Raises:
        NotImplementedError: for complex and wide unsigned types.
    """
    if not is_real(kind):
        raise not_implemented("random_kernel_cpu", kind)
    return integers_of_type(stream, shape, kind)


def _up_to_largest(kind: DType, low: int) -> tuple[int, int]:
    if is_floating(kind):
        last = 2 ** DIGITS[kind.name]
        low = _rounded_up(kind, low)
        if low >= last:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got"
                f" from={low} > to_inc={last}"
            )
        return low, last
    if kind.kind == "c":
        raise RuntimeError("random_from_to_impl handles only integral, floating-point and boolean types")
    return low, _WHOLE[kind][1]


def _through(kind: DType, value: int) -> int:
    """The integer that `value` becomes when stored in a floating-point type."""
    with np.errstate(over="ignore"):
        number = float(np.float32(value).astype(kind)) if kind.itemsize == 2 else float(kind.type(value))
    return int(number) if math.isfinite(number) and number < 2.0**63 else LOWEST


def _spacing(kind: DType, value: int) -> int:
    """The distance of neighbouring numbers of a floating-point type around an integer that it cannot hold exactly."""
    shift = abs(value).bit_length() - DIGITS[kind.name]
    return 2**shift if shift >= 0 else 0


def _rounded_up(kind: DType, low: int) -> int:
    """`low`, or the next number that does not round to something below it."""
    after = _through(kind, low + 1)
    return after + _spacing(kind, low + 1) if after < low else low


def _rounded_down(kind: DType, high: int) -> int:
    """`high`, or the number before it if the last one to be drawn would round to `high`."""
    before = _through(kind, high - 1)
    return before - _spacing(kind, high - 1) if before >= high else high


def _check_bounds(kind: DType, low: int, last: int) -> None:
    floating = is_floating(kind)
    if floating:
        top: float = largest_float(kind)
        bottom = -top
    elif kind in _WHOLE:
        bottom, top = _WHOLE[kind]
    else:
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    for name, bound in (("from", low), ("to - 1", last)):
        if not bottom <= bound <= top:
            raise RuntimeError(f"{name} is out of bounds for {c_name(kind)}: {bound} is not in [{bottom:g}, {top:g}]")
    if not floating:
        return
    digits = DIGITS[kind.name]
    for name, bound in (("from", low), ("to - 1", last)):
        if abs(bound) > 2**digits:
            warnings.warn(
                f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations {c_name(kind)} can"
                " support discrete uniform distribution only within this range. This warning will become an error in"
                " version 1.7 release, please fix the code in advance",
                UserWarning,
                stacklevel=4,
            )
