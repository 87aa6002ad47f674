"""Tensors of evenly spaced numbers: arange, linspace, logspace, range.

A spacing that is no binary fraction has to be rounded, so the order of the operations shows in the last bit of the
elements.  It is that of torch's build for x86: vectors of 32 bytes, with one rounding for a product and a sum.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, NoReturn

import numpy as np

from . import dtypes
from .casting import cast
from .device import layout
from .dtypes import COMPLEX, F32, F64, FLOAT, I64, INT, Array, default
from .numbers import as_python_number, check_fits, element, number_dtype
from .outputs import finish
from .tensor import Tensor, new_tensor

dtype_ = dtypes.dtype  # `dtype` is the name of an argument below

_WIDE_UNSIGNED = (dtypes.uint16, dtypes.uint32, dtypes.uint64)


# -- arithmetic with torch's rounding -----------------------------------------------------------------------------------


def _add_product(a: Any, b: Any, count: Array, kind: np.dtype[Any]) -> Array:
    """a + b·count for whole numbers `count`, rounded once; a, b and the result are of type `kind`."""
    if kind != F64:
        wide = np.asarray(b).astype(F64) * count  # exact: 24 bits times a count
        if kind != F32:  # half precision is rounded after each operation, and its counts are
            wide = (np.asarray(b).astype(F64) * count.astype(kind).astype(F64)).astype(kind).astype(F64)
        return (np.asarray(a).astype(F64) + wide).astype(kind)  # type: ignore[no-any-return]
    plain = a + b * count
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
    numpy = kind.numpy
    wide = F64 if kind.itemsize >= 4 else F32
    lanes = 32 // kind.itemsize
    index = np.arange(n)
    lane = np.where(index < n - n % (2 * lanes), index % lanes, 0)
    first, by = np.asarray(start, wide), np.asarray(step, wide)
    base = _add_product(first, by, index - lane, wide).astype(numpy).astype(wide)
    return _add_product(base, by, lane, wide).astype(numpy)  # type: ignore[no-any-return]


def _between(start: Any, end: Any, n: int, kind: np.dtype[Any]) -> Array:
    """n numbers from start to end, in a real floating-point type: the first half from the start, the rest from the end."""
    if kind in (F32, F64):
        step = np.asarray((end - start) / kind.type(n - 1))
    else:
        difference = np.asarray(end.astype(F32) - start.astype(F32)).astype(kind).astype(F32)
        step = np.asarray(difference / np.asarray(n - 1).astype(kind).astype(F32)).astype(kind)
    index = np.arange(n)
    halfway = n // 2
    return np.concatenate(
        [
            _add_product(start, step, index[:halfway], kind),
            _add_product(end, -step, (n - 1 - index)[halfway:], kind),
        ]
    )


# -- arange -------------------------------------------------------------------------------------------------------------


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


def _refuse_kind(name: str, kind: dtype_) -> None:
    if kind.category not in (INT, FLOAT) or kind in _WIDE_UNSIGNED:
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtypes.scalar_type_name(kind)}'")


def _arange(start: Any, end: Any, step: Any, kind: dtype_) -> Array:
    _refuse_kind("arange_cpu", kind)
    _check_range(start, end, step)
    start, end, step = (v.real for v in (start, end, step))
    if kind is dtypes.int64:
        for value in (start, end, step):
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
            return _numbers_from(start, step, n, kind)
        return (int(start) + int(step) * np.arange(n)).astype(kind.numpy)
    except (MemoryError, ValueError):
        raise RuntimeError(
            f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {n * kind.itemsize} bytes"
        ) from None


def range(  # noqa: A001 - torch's name
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
    _refuse_kind("range_cpu", kind)
    _check_range(first, last, by)
    if kind.category == INT:
        first, last, by = int(first), int(last), int(by)
        if by == 0:
            raise RuntimeError("step must be nonzero: in an integer type it is cut off to 0")
        array = (first + by * np.arange((last - first) // by + 1)).astype(kind.numpy)
    else:
        wide = F64 if kind.itemsize >= 4 else F32
        first, last, by = (wide.type(v) for v in (first, last, by))
        array = (first + np.arange(int((last - first) / by + 1)).astype(wide) * by).astype(kind.numpy)
    return finish("range", array, out, dtype, layout, device, pin_memory, requires_grad)


# -- linspace and logspace ----------------------------------------------------------------------------------------------


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from start to end, both included, at equal distances.

    Args:
        start, end: numbers, or tensors of no dimensions.
        steps: how many numbers; a single one is `start`.
        dtype: the default type (complex if start or end is), unless given.

    Raises:
        RuntimeError: `steps` is negative, or a bound is out of the type's range.

    >>> import tapegrad as torch
    >>> torch.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    first, last, n = _ends("linspace", start, end, steps)
    kind = _spaced_kind("linspace", first, last, out, dtype)
    with np.errstate(all="ignore"):
        array = _linspace(first, last, n, kind)
    return finish("linspace", array, out, dtype, layout, device, pin_memory, requires_grad)


def _ends(function: str, start: Any, end: Any, steps: Any) -> tuple[Any, Any, int]:
    ends = []
    for name, value in (("start", start), ("end", end)):
        if isinstance(value, Tensor):
            if value._data.ndim:
                raise RuntimeError(
                    f"{function} only supports 0-dimensional start and end tensors, but got {name} with"
                    f" {value._data.ndim} dimension(s)."
                )
            value = value.item()
        ends.append(as_python_number(value))
    if any(not isinstance(v, (bool, int, float, complex)) for v in ends) or (
        isinstance(steps, bool) or not hasattr(steps, "__index__")
    ):
        got = ", ".join(type(v).__name__ for v in (start, end, steps))
        raise TypeError(
            f"{function}() received an invalid combination of arguments - got ({got}), but expected two numbers and an"
            " integer: (start, end, steps)"
        )
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, but got {steps}")
    return ends[0], ends[1], int(steps)


def _spaced_kind(function: str, start: Any, end: Any, out: Tensor | None, dtype: Any) -> dtype_:
    is_complex = isinstance(start, complex) or isinstance(end, complex)
    inferred = number_dtype(1j if is_complex else 1.0)
    if dtype is not None:
        kind = dtypes.as_dtype(dtype, function)
        if is_complex and kind.category != COMPLEX:
            raise RuntimeError(
                f"torch.{function}(): inferred dtype {inferred} can't be safely cast to passed dtype"
                f" {dtypes.scalar_type_name(kind)}"
            )
    else:
        kind = inferred if out is None else out.dtype
    return kind


def _linspace(start: Any, end: Any, n: int, kind: dtype_) -> Array:
    if n == 0:
        return np.empty(0, kind.numpy)
    check_fits(start, kind)
    if n == 1:
        return element(start, kind).reshape(1)
    if kind.category != COMPLEX:
        _refuse_kind("linspace_cpu", kind)
    check_fits(end, kind)
    first, last = element(start, kind), element(end, kind)
    if kind.category == COMPLEX:
        array = np.empty(n, kind.numpy)
        part = kind.to_real().numpy
        array.real, array.imag = _between(first.real, last.real, n, part), _between(first.imag, last.imag, n, part)
        return array
    if kind.category == INT:
        return _between(first.astype(F64), last.astype(F64), n, F64).astype(kind.numpy)  # type: ignore[no-any-return]
    return _between(first, last, n, kind.numpy)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from base**start to base**end, both included, at equal ratios.

    The arguments are those of `linspace`.

    >>> import tapegrad as torch
    >>> torch.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    first, last, n = _ends("logspace", start, end, steps)
    kind = _spaced_kind("logspace", first, last, out, dtype)
    base = as_python_number(base)
    if not isinstance(base, (bool, int, float)):
        raise TypeError(f"logspace(): argument 'base' (position 4) must be float, not {type(base).__name__}")
    with np.errstate(all="ignore"):
        array = _logspace(first, last, n, float(base), kind)
    return finish("logspace", array, out, dtype, layout, device, pin_memory, requires_grad)


def _logspace(start: Any, end: Any, n: int, base: float, kind: dtype_) -> Array:
    if n == 0:
        return np.empty(0, kind.numpy)
    if n == 1:
        value = np.power(base, start).item()
        check_fits(value, kind)
        return element(value, kind).reshape(1)
    if kind.category == COMPLEX:
        return np.power(kind.numpy.type(base), _linspace(start, end, n, kind))  # type: ignore[no-any-return]
    _refuse_kind("logspace_cpu", kind)
    check_fits(start, kind)
    check_fits(end, kind)
    first, last = element(start, kind), element(end, kind)
    # The distance is taken in the type of the result, everything after that in float64.
    distance = np.asarray(last - first if kind.category == FLOAT else int(last) - int(first))
    step = distance.astype(F64) / (n - 1)
    index, halfway = np.arange(n), n // 2
    exponents = np.where(index < halfway, first.astype(F64) + step * index, last.astype(F64) - step * (n - 1 - index))
    return cast(_power(base, exponents), kind.numpy)


def _power(base: float, exponents: Array) -> Array:
    """base**exponents by the C library, whose last bit differs from NumPy's; by NumPy where it must be quick or inf."""
    if exponents.size <= 1000:
        try:
            return np.array([math.pow(base, exponent) for exponent in exponents.tolist()])
        except (OverflowError, ValueError):
            pass
    return np.power(base, exponents)


__all__ = ["arange", "linspace", "logspace", "range"]
