"""Tensors of numbers between two ends: linspace, logspace."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from ..quiet import make_quiet
from . import dtypes
from .casting import cast
from .device import layout
from .dtypes import COMPLEX, F32, F64, FLOAT, INT, Array, default
from .numbers import as_python_number, check_fits, element, number_dtype
from .outputs import finish
from .ranges import add_product, refuse_kind
from .tensor import Tensor, new_tensor

dtype_ = dtypes.dtype  # `dtype` is the name of an argument below


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
    usual = out is None and layout is None and device is None and not pin_memory and not requires_grad
    if usual and dtype is None and default.numpy is F32 and _are_few(start, end, steps):
        return new_tensor(_few_between(_single(start), _single(end), steps))
    first, last, n = _ends("linspace", start, end, steps)
    kind = _spaced_kind("linspace", first, last, out, dtype)
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


_FEW: Final = 32  # numbers for which a loop in Python is faster than NumPy
_single: Final = np.float32


def _are_few(start: Any, end: Any, steps: Any) -> bool:
    """Whether few numbers are asked for, and nothing can be wrong with the ends."""
    if type(steps) is not int or not 1 < steps <= _FEW:
        return False
    for value in (start, end):
        if (type(value) is not float and type(value) is not int) or not -1e30 < value < 1e30:
            return False
    return True


def _few_between(start: Any, end: Any, n: int) -> Array:
    """Two or more numbers from start to end, which are of single precision; see `_between`."""
    step, first, last, half = float((end - start) / _single(n - 1)), float(start), float(end), n // 2
    numbers = [first + step * i for i in range(half)]
    return np.array(numbers + [last - step * i for i in range(n - 1 - half, -1, -1)], F32)


def _between(start: Any, end: Any, n: int, kind: np.dtype[Any]) -> Array:
    """n numbers from start to end, in a real floating-point type, each computed from the nearer end."""
    half = n // 2
    if kind is F32 and n <= _FEW:
        return _few_between(start, end, n)
    count = np.arange(n)
    count[half:] = np.arange(n - 1 - half, -1, -1)  # steps from the nearer end
    values = np.empty(n, kind)
    if kind == F64:
        step = float((end - start) / (n - 1))
        values[:half] = add_product(float(start), step, count[:half])
        values[half:] = add_product(float(end), -step, count[half:])
        return values
    if kind == F32:  # in float64 the product is exact, and so there is one rounding, the last
        wide_step = float((end - start) / F32.type(n - 1))
        products = wide_step * count
    else:  # half precision is rounded after each operation, and so are the counts
        step = (end.astype(F32) - start.astype(F32)).astype(kind).astype(F32) / np.array(n - 1).astype(kind).astype(F32)
        products = (step.astype(kind).astype(F32) * count.astype(kind).astype(F32)).astype(kind).astype(F32)
    values[:half] = start.astype(products.dtype) + products[:half]
    values[half:] = end.astype(products.dtype) - products[half:]
    return values


def _linspace(start: Any, end: Any, n: int, kind: dtype_) -> Array:
    if n == 0:
        return np.empty(0, kind.numpy)
    check_fits(start, kind)
    if n == 1:
        return element(start, kind).reshape(1)
    if kind.category != COMPLEX:
        refuse_kind("linspace_cpu", kind)
    check_fits(end, kind)
    first, last = element(start, kind), element(end, kind)
    if kind.category == COMPLEX:
        array = np.empty(n, kind.numpy)
        part = kind.to_real().numpy
        array.real, array.imag = _between(first.real, last.real, n, part), _between(first.imag, last.imag, n, part)
        return array
    if kind.category == INT:
        return _between(first.astype(F64), last.astype(F64), n, F64).astype(kind.numpy)
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
        return np.power(kind.numpy.type(base), _linspace(start, end, n, kind))
    refuse_kind("logspace_cpu", kind)
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


__all__ = ["linspace", "logspace"]

make_quiet(globals())
