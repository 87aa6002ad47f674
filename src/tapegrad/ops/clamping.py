"""clamp and its halves: values brought into a range whose bounds are numbers or tensors.

The gradient passes at the bounds themselves, as in torch; where the lower bound lies above the upper one, the result is
the upper one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, UnsupportedDtypeError, wrong_argument
from ..tensor.dtypes import COMPLEX, F32, F64, FLOAT, INT, Array, can_cast, float64, scalar_type_name
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import Accepts, c_name
from .frames import Example, documented
from .op import Op, operator
from .vocabulary import where

_COMPLEX = {"c": "clamp is not supported for complex types"}


def _clamped(x: Array, low: Any, high: Any) -> Any:
    if low is None:
        return np.minimum(x, high)
    return np.maximum(x, low) if high is None else np.minimum(np.maximum(x, low), high)


@operator(node="ClampBackward1", pointwise=True)
def clamp_numbers(x: Array, /, low: float | None, high: float | None) -> Any:
    """min(max(x, low), high)."""
    return _clamped(x, low, high)


@clamp_numbers.rule("x")
def _(g: Any, x: Any, low: Any, high: Any) -> Any:
    """x ← where(low ≤ x and x ≤ high, g, 0)"""
    if low is None:
        return where(x <= high, g, 0)
    return where(x >= low, g, 0) if high is None else where((x >= low) & (x <= high), g, 0)


@operator(node="ClampBackward0", pointwise=True)
def clamp_tensors(x: Array, low: Array | None = None, high: Array | None = None, /) -> Any:
    """min(max(x, low), high)."""
    return _clamped(x, low, high)


@clamp_tensors.rule("x")
def _(g: Any, x: Any, low: Any, high: Any) -> Any:
    """x ← where(low ≤ x and x ≤ high, g, 0)"""
    if low is None:
        return where(x <= high, g, 0)
    return where(x >= low, g, 0) if high is None else where((x >= low) & (x <= high), g, 0)


@clamp_tensors.rule("low")
def _(g: Any, x: Any, low: Any, high: Any) -> Any:
    return where(x < low if high is None else (x < low) & (low < high), g, 0)


@clamp_tensors.rule("high")
def _(g: Any, x: Any, low: Any, high: Any) -> Any:
    return where(x > high if low is None else (x > high) | (high < low), g, 0)


@operator(node="ClampMinBackward0", pointwise=True)
def clamp_min_number(x: Array, /, low: float) -> Array:
    """max(x, low)."""
    return np.maximum(x, low)


clamp_min_number.with_rules(x=lambda g, x, low: where(x >= low, g, 0))


@operator(node="ClampMaxBackward0", pointwise=True)
def clamp_max_number(x: Array, /, high: float) -> Array:
    """min(x, high)."""
    return np.minimum(x, high)


clamp_max_number.with_rules(x=lambda g, x, high: where(x <= high, g, 0))


@operator(node="ClampMinBackward1", pointwise=True)
def clamp_min_tensor(x: Array, low: Array, /) -> Array:
    """max(x, low)."""
    return np.maximum(x, low)


clamp_min_tensor.with_rules(x=lambda g, x, low: where(x >= low, g, 0), low=lambda g, x, low: where(x < low, g, 0))


@operator(node="ClampMaxBackward1", pointwise=True)
def clamp_max_tensor(x: Array, high: Array, /) -> Array:
    """min(x, high)."""
    return np.minimum(x, high)


clamp_max_tensor.with_rules(x=lambda g, x, high: where(x <= high, g, 0), high=lambda g, x, high: where(x > high, g, 0))

for _op, _kernel in (
    (clamp_numbers, Accepts("clamp_scalar_cpu", "ihf", _COMPLEX)),
    (clamp_tensors, Accepts("clamp_cpu", "ihf")),
    (clamp_min_number, Accepts("clamp_min_scalar_cpu", "ihf", _COMPLEX)),
    (clamp_max_number, Accepts("clamp_max_scalar_cpu", "ihf", _COMPLEX)),
    (clamp_min_tensor, Accepts("maximum_cpu", "bihf")),
    (clamp_max_tensor, Accepts("minimum_cpu", "bihf")),
):
    _op.kernel, _op.public_name = _kernel, "clamp"

# -- public functions -------------------------------------------------------------------------------------------------


def _bounds(function: str, low: Any, high: Any) -> tuple[Any, Any, bool]:
    """The bounds, and whether they are numbers.  Beside a number, a tensor of one element counts as one."""
    if low is None and high is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    bounds = []
    for position, (name, bound) in enumerate((("min", low), ("max", high)), 2):
        bound = pointwise.as_number(bound)
        if bound is not None and not isinstance(bound, Tensor) and not pointwise.is_number(bound):
            raise wrong_argument(function, name, position, bound, "Tensor or Number")
        bounds.append(bound)
    if all(bound is None or isinstance(bound, Tensor) for bound in bounds):
        return (*bounds, False)
    for bound in bounds:
        if isinstance(bound, Tensor) and bound._data.ndim:
            raise TypeError(
                f"{function}() received an invalid combination of arguments: one bound is a number, the other a tensor"
                f" of shape {tuple(bound._data.shape)}. Write torch.tensor(…) around the number."
            )
    return (*[bound.item() if isinstance(bound, Tensor) else bound for bound in bounds], True)


def clamp(
    input: Tensor,
    min: Any = None,
    max: Any = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """min(max(x, min), max): each element brought into a range.

    Args:
        min, max: the bounds, two numbers or two tensors; None for no bound.

    Raises:
        RuntimeError: there is no bound.

    >>> import tapegrad as torch
    >>> torch.clamp(torch.tensor([-1.0, 0.5, 3.0]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if out is None and (min.__class__ is float or min.__class__ is int or min is None):
        bounded = max.__class__ is float or max.__class__ is int or (max is None and min is not None)
        if bounded and isinstance(input, Tensor):
            dtype = input._data.dtype
            if dtype is F32 or dtype is F64:
                return clamp_numbers.call(input, min, max)
    pointwise.tensors_of("clamp", input=input)
    low, high, numbers = _bounds("clamp", min, max)
    _check_types(input, low, high)
    if numbers:
        return pointwise.apply(clamp_numbers, (input,), (low, high), out, _given(low, high))
    return pointwise.apply(clamp_tensors, (input, low, high), (), out)


def _given(*bounds: Any) -> tuple[Any, ...]:
    return tuple([bound for bound in bounds if bound is not None])


def _check_types(input: Tensor, low: Any, high: Any) -> None:
    """Refuse complex numbers, and bounds that are numbers which the type of the result cannot hold."""
    if input.dtype.category == COMPLEX:
        raise UnsupportedDtypeError("clamp is not supported for complex types")
    numbers = [bound for bound in (low, high) if bound is not None and not isinstance(bound, Tensor)]
    kind = pointwise.result_type(input, *numbers)
    for bound in numbers:
        if isinstance(bound, complex) and input.dtype.category == FLOAT:
            raise pointwise.overflow(float64, bound)
        if kind.category == INT:
            pointwise.check_overflow(int(bound), kind)


def _clamp_(self: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """In-place form of `clamp`."""
    low, high, numbers = _bounds("clamp_", min, max)
    _check_types(self, low, high)
    if numbers:
        kind = pointwise.result_type(self, *_given(low, high))
        if not can_cast(kind, self.dtype):
            raise DtypeError(
                f"result type {scalar_type_name(kind)} can't be cast to the desired output type {c_name(self.dtype)}",
                f"Write x = x.clamp(…) for a new tensor of {kind}.",
            )
        if low is None or high is None:  # torch's message names the kernel of one bound
            half = clamp_max_number if low is None else clamp_min_number
            pointwise.computed_in(half, kind)
        return pointwise.in_place(clamp_numbers, self, params=(low, high), numbers=_given(low, high))
    return pointwise.in_place(clamp_tensors, self, low, high)


def _half(name: str, of_number: Op, of_tensor: Op, bound: str, doc: str, example: Example) -> tuple[Any, Any]:
    """`clamp_min` or `clamp_max` and its in-place form; `bound` is the name of the argument."""

    def function(input: Tensor, *args: Any, out: Tensor | None = None, **named: Any) -> Tensor:
        value = _only(name, bound, args, named)
        pointwise.tensors_of(name, input=input)
        if isinstance(value, Tensor):
            return pointwise.apply(of_tensor, (input, value), (), out)
        return pointwise.apply(of_number, (input,), (value,), out, (value,))

    def method(self: Tensor, *args: Any, **named: Any) -> Tensor:
        value = _only(name + "_", bound, args, named)
        if isinstance(value, Tensor):
            return pointwise.in_place(of_tensor, self, value)
        return pointwise.in_place(of_number, self, params=(value,), numbers=(value,))

    documented(method, name + "_", f"In-place form of `{name}`.", None)
    return documented(function, name, doc, example), method


def _only(function: str, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """The one argument of a function, by position or name."""
    if len(args) + len(named) != 1 or set(named) - {name}:
        raise TypeError(f"{function}() takes one bound, '{name}'")
    value = pointwise.as_number(args[0] if args else named[name])
    if not isinstance(value, Tensor) and not pointwise.is_number(value):
        raise wrong_argument(function, name, 2, value, "Tensor or Number")
    return value


clamp_min, _clamp_min_ = _half(
    "clamp_min",
    clamp_min_number,
    clamp_min_tensor,
    "min",
    "max(x, min), by elements.",
    example=("torch.clamp_min(torch.tensor([-1.0, 2.0]), 0)", "tensor([0., 2.])"),
)
clamp_max, _clamp_max_ = _half(
    "clamp_max",
    clamp_max_number,
    clamp_max_tensor,
    "max",
    "min(x, max), by elements.",
    example=("torch.clamp_max(torch.tensor([-1.0, 2.0]), 0)", "tensor([-1.,  0.])"),
)

clip = clamp

METHODS = {
    "clamp": clamp,
    "clamp_": _clamp_,
    "clamp_max": clamp_max,
    "clamp_max_": _clamp_max_,
    "clamp_min": clamp_min,
    "clamp_min_": _clamp_min_,
    "clip": clamp,
    "clip_": _clamp_,
}

__all__ = ["clamp", "clamp_max", "clamp_min", "clip"]
