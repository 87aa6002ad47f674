"""Tensors of numbers in steps: arange, range.

A spacing that is no binary fraction has to be rounded, so the order of the operations shows in the last bit of the
elements.  It is that of torch's build for x86: vectors of 32 bytes, with one rounding for a product and a sum.
"""

from __future__ import annotations

import builtins
import math
import warnings
from typing import Any, NoReturn

import numpy as np

from ..quiet import make_quiet
from . import dtypes
from .device import layout
from .dtypes import F32, F64, FLOAT, I64, INT, Array, default
from .numbers import as_python_number, check_fits
from .outputs import finish
from .tensor import Tensor, new_tensor

dtype_ = dtypes.dtype  # `dtype` is the name of an argument below

_WIDE_UNSIGNED = (dtypes.uint16, dtypes.uint32, dtypes.uint64)


# -- arithmetic with torch's rounding -------------------------------------------------------------------------------


def add_product(a: Any, b: float, count: Array) -> Any:
    """a + b·count for whole numbers `count`, in float64, rounded once."""
    plain = a + b * count
    if (b * 1024).is_integer() and abs(b) < 1 << 16:
        return plain  # the product was exact already: b has no more than 26 bits
    # b is split in two halves of 26 bits, whose products with the count are exact; then the error of the first sum
    # is carried along (Knuth's TwoSum).
    scaled = b * 134217729.0
    high = scaled - (scaled - b)
    first, second = high * count, (b - high) * count
    total = a + first
    back = total - a
    error = (a - (total - back)) + (first - back)
    once = total + (error + second)
    return np.where(np.isfinite(once), once, plain)


def _numbers_from(start: float, step: float, n: int, kind: dtype_) -> Array:
    """start, start + step, …: n floating-point numbers as torch computes them.

    It goes through them in pairs of vectors.  The first element of a vector is computed from `start` and rounded, the
    others from it; what is left after the last pair, directly from `start`.
    """
    numpy, lanes = kind.numpy, 32 // kind.itemsize
    if n < 2 * lanes and kind.itemsize > 2 and (step * 1024).is_integer() and abs(step) < 1 << 16:
        return np.array([start + step * i for i in builtins.range(n)], numpy)  # as below, and faster for so few
    index = np.arange(n)
    if n < 2 * lanes:
        return _add(start, step, index, kind).astype(numpy)
    lane = index % lanes
    lane[n - n % (2 * lanes) :] = 0
    base = _add(start, step, index - lane, kind).astype(numpy)
    return _add(base, step, lane, kind).astype(numpy)


def _add(start: Any, step: float, count: Array, kind: dtype_) -> Any:
    """start + step·count, rounded once, in the type that torch computes elements of a type in."""
    if kind.itemsize > 2:
        return add_product(start if kind is dtypes.float64 else np.asarray(start, F64), step, count)
    exact = np.asarray(start).astype(F32).astype(F64) + float(F32.type(step)) * count
    return exact.astype(F32)


# -- arange ---------------------------------------------------------------------------------------------------------


def arange(
    *bounds: Any,
    start: Any = None,
    end: Any = None,
    step: Any = None,
    out: Tensor | None = None,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, start + 2·step, … as far as `end`, which is left out.

    `arange(end)`, `arange(start, end)`, `arange(start, end, step)`, where `start` is 0 and `step` 1 unless given.

    Args:
        dtype: int64 if all bounds are integers, else the default type, unless given.

    Raises:
        RuntimeError: `end` cannot be reached from `start`, or the step is 0.
        TypeError: a bound is not a number.

    >>> import tapegrad as torch
    >>> torch.arange(4), torch.arange(0, 1, 0.25)
    (tensor([0, 1, 2, 3]), tensor([0.0000, 0.2500, 0.5000, 0.7500]))
    """
    unusual = out is not None or device is not None or requires_grad or layout is not None or pin_memory
    if len(bounds) == 1 and type(bounds[0]) is int and bounds[0] >= 0 and end is None and step is None:
        if dtype is None and not unusual and start is None and bounds[0] < 1 << 63:
            return new_tensor(np.arange(bounds[0], dtype=I64))
    if len(bounds) == 3 and start is None and end is None and step is None and _all_plain(bounds):
        first, last, by = bounds
    else:
        first, last, by = _bounds("arange", bounds, start, end, step)
    if dtype is not None:
        kind = dtypes.as_dtype(dtype, "arange")
    elif out is not None:
        kind = out.dtype
    else:
        kind = dtypes.int64 if all(isinstance(b, int) for b in (first, last, by)) else default.dtype
    array = _arange(first, last, by, kind)
    if not unusual:
        return new_tensor(array)
    if out is not None and out._data.size not in (0, array.size) and (dtype is None or kind is out.dtype):
        warnings.warn(
            f"The number of elements in the out tensor of shape {list(out.shape)} is {out._data.size} which does not"
            f" match the computed number of elements {array.size}. Note that this may occur as a result of rounding"
            f" error. The out tensor will be resized to a tensor of shape ({array.size},).",
            UserWarning,
            stacklevel=2,
        )
    return finish("arange", array, out, dtype, layout, device, pin_memory, requires_grad)


def _all_plain(numbers: Any) -> bool:
    """Whether these are numbers of Python's own."""
    for number in numbers:
        if type(number) is not int and type(number) is not float:
            return False
    return True


def _bounds(function: str, bounds: tuple[Any, ...], start: Any, end: Any, step: Any) -> tuple[Any, Any, Any]:
    """The numbers start, end and step from positional and keyword arguments."""
    keywords = {name: value for name, value in (("start", start), ("end", end), ("step", step)) if value is not None}
    names = ("end",) if len(bounds) == 1 and not keywords else ("start", "end", "step")
    given = dict(zip(names, bounds, strict=False)) | keywords
    if (
        len(bounds) > 3
        or len(given) != len(bounds) + len(keywords)
        or "end" not in given
        or ("step" in given and "start" not in given)
    ):
        _refuse(function, bounds, keywords)
    numbers = {name: as_python_number(value) for name, value in given.items()}
    for name, value in numbers.items():
        if not isinstance(value, (bool, int, float, complex)):
            if len(given) > 1:
                _refuse(function, bounds, keywords)
            what = type(given[name]).__name__
            raise TypeError(f"{function}(): argument '{name}' (position 1) must be Number, not {what}")
    return numbers.get("start", 0), numbers["end"], numbers.get("step", 1)


def _refuse(function: str, bounds: tuple[Any, ...], keywords: dict[str, Any]) -> NoReturn:
    got = ", ".join([*(type(b).__name__ for b in bounds), *(f"{k}={type(v).__name__}" for k, v in keywords.items())])
    raise TypeError(
        f"{function}() received an invalid combination of arguments - got ({got}), but expected numbers: (end),"
        " (start, end) or (start, end, step)"
    )


def _check_range(start: Any, end: Any, step: Any) -> None:
    """Refuse bounds that make no range, in torch's words."""
    try:
        if ((step > 0 and start <= end) or (step < 0 and start >= end)) and math.isfinite(end - start):
            return
    except (TypeError, OverflowError):  # complex numbers, and very large ones
        pass
    for value in (start, end, step):
        if isinstance(value, complex):
            check_fits(value, dtypes.float64)
    start, end, step = (v.real for v in (start, end, step))
    if not (step > 0 or step < 0):
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * (1 if step > 0 else -1) < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: from {start:g} to {end:g} in steps of {step:g}"
        )


def refuse_kind(name: str, kind: dtype_) -> None:
    """Refuse a type that torch's function does not take; `name` is what its message calls the function."""
    if kind.category not in (INT, FLOAT) or kind in _WIDE_UNSIGNED:
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtypes.scalar_type_name(kind)}'")


def _arange(start: Any, end: Any, step: Any, kind: dtype_) -> Array:
    refuse_kind("arange_cpu", kind)
    _check_range(start, end, step)
    start, end, step = (v.real for v in (start, end, step))
    if kind is dtypes.int64:
        for value in (start, end, step):
            if type(value) is not int or not -(1 << 63) <= value < 1 << 63:
                check_fits(value, kind)
        whole_start, whole_end, whole_step = int(start), int(end), int(step)
        if whole_step == 0:
            raise ValueError("step must be nonzero: in int64 it is cut off to 0")
        n = (whole_end - whole_start + whole_step - (1 if whole_step > 0 else -1)) // whole_step
    else:
        n = math.ceil((float(end) - float(start)) / float(step))
    if n >= 1 << 63:
        raise RuntimeError("invalid size, possible overflow?")
    try:
        if kind.category == FLOAT:
            return _numbers_from(float(start), float(step), n, kind)
        return (int(start) + int(step) * np.arange(n)).astype(kind.numpy)
    except (MemoryError, ValueError):
        raise RuntimeError(
            f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {n * kind.itemsize} bytes"
        ) from None


def range(
    start: Any,
    end: Any,
    step: Any = 1,
    *,
    out: Tensor | None = None,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, … up to and including `end`.  Deprecated in torch, which warns; use `arange`."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with"
        " Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    first, last, by = _bounds("range", (start, end, step), None, None, None)
    kind = default.dtype if out is None else out.dtype
    if dtype is not None:
        kind = dtypes.as_dtype(dtype, "range")
    refuse_kind("range_cpu", kind)
    _check_range(first, last, by)
    if kind.category == INT:
        first, last, by = int(first), int(last), int(by)
        if by == 0:
            raise RuntimeError("step must be nonzero: in an integer type it is cut off to 0")
        array = (first + by * np.arange((last - first) // by + 1)).astype(kind.numpy)
    else:
        wide = F64 if kind.itemsize >= 4 else F32
        numbers: Any = [wide.type(v) for v in (first, last, by)]
        first, last, by = numbers
        array = (first + np.arange(int((last - first) / by + 1)).astype(wide) * by).astype(kind.numpy)
    return finish("range", array, out, dtype, layout, device, pin_memory, requires_grad)


__all__ = ["arange", "range"]

make_quiet(globals())
