"""Division with rounding, and remainders.

`//` and `%` round towards minus infinity, `fmod` towards zero.  Quotients are steps, whose derivative is 0; a remainder
has slope 1 in its first operand, and minus the rounded quotient in its second.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import REALS, Accepts
from .arithmetic import true_divide
from .frames import binary
from .in_place import in_place_of, operator_symbol, reflected
from .op import Op, operator
from .refusal import NO_NODE, no_formula
from .vocabulary import zeros_like

_FLOOR: Final = Accepts("div_floor_cpu", REALS)
_TRUNC: Final = Accepts("div_trunc_cpu", REALS)


def _check_zero(a: Array, b: Array) -> None:
    """Integers have no infinity to give."""
    if a.dtype.kind in "iu" and not np.all(b):
        raise RuntimeError("ZeroDivisionError: integers were divided by zero")


def _floor_quotient(a: Array, b: Array) -> Array:
    """The largest integer ≤ a / b."""
    _check_zero(a, b)
    return np.floor_divide(a, b)


def _trunc_quotient(a: Array, b: Array) -> Array:
    """The integer part of a / b."""
    if a.dtype.kind in "fV":
        return np.trunc(np.true_divide(a, b))
    _check_zero(a, b)
    quotient = np.floor_divide(a, b)
    inexact = np.not_equal(np.multiply(quotient, b), a)
    return np.add(quotient, np.logical_and(inexact, np.less(quotient, 0)), dtype=a.dtype)


@operator(node="DivBackward2", pointwise=True)
def div_floor(a: Array, b: Array, /) -> Array:
    """The largest integer ≤ a / b."""
    return _floor_quotient(a, b)


@operator(node="DivBackward2", pointwise=True)
def div_trunc(a: Array, b: Array, /) -> Array:
    """The integer part of a / b."""
    return _trunc_quotient(a, b)


div_floor.with_rules(a=lambda g: zeros_like(g), b=lambda g: zeros_like(g))
div_trunc.with_rules(a=lambda g: zeros_like(g), b=lambda g: zeros_like(g))
div_trunc.halves_in_single = False  # the quotient is rounded first
for _op, _kernel in ((div_floor, _FLOOR), (div_trunc, _TRUNC)):
    _op.kernel, _op.public_name = _kernel, "div"


def div(
    input: Any,
    other: Any,
    *,
    rounding_mode: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """input / other; with a rounding mode, the quotient as an integer of the operands' type.

    Args:
        rounding_mode: "floor" rounds towards minus infinity, "trunc" towards zero, None not at all.

    Raises:
        RuntimeError: an integer is divided by zero, with rounding.

    >>> import tapegrad as torch
    >>> torch.div(torch.tensor([7, -7]), 2)
    tensor([ 3.5000, -3.5000])
    >>> torch.div(torch.tensor([7, -7]), 2, rounding_mode="floor")
    tensor([ 3, -4])
    """
    if rounding_mode is None:
        return true_divide(input, other, out=out)
    return pointwise.apply(_rounded(rounding_mode), pointwise.operands_of("div", input=input, other=other), (), out)


def _rounded(mode: Any) -> Op:
    if mode == "floor":
        return div_floor
    if mode == "trunc":
        return div_trunc
    raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'")


def _div_(self: Tensor, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """In-place form of `div`."""
    if rounding_mode is None:
        return true_divide.in_place(self, other)
    return pointwise.in_place(_rounded(rounding_mode), self, other)


floor_divide = binary(
    "floor_divide",
    _floor_quotient,
    a=lambda g: no_formula("floor_divide"),
    b=lambda g: no_formula("floor_divide"),
    node=NO_NODE,
    first_number_node=NO_NODE,
    number_node=NO_NODE,
    kernel=_FLOOR,
    numbers=True,
    doc="The largest integer ≤ input / other.  It has no derivative: `div` with a rounding mode has.",
    example=("torch.floor_divide(torch.tensor([7, -7]), 2)", "tensor([ 3, -4])"),
)

# -- remainders -------------------------------------------------------------------------------------------------------


def _remainder(a: Array, b: Array) -> Array:
    """a - b · floor(a / b), which has the sign of b, except that a zero keeps that of a."""
    _check_zero(a, b)
    rest = np.remainder(a, b)
    return np.where(rest == 0, np.copysign(rest, a), rest) if a.dtype.kind == "f" else rest


def _fmod(a: Array, b: Array) -> Array:
    """a - b · trunc(a / b), which has the sign of a."""
    _check_zero(a, b)
    return np.fmod(a, b)


remainder = binary(
    "remainder",
    _remainder,
    a=lambda g: g,
    b=lambda g, a, b: -g * div_floor(a, b),
    node="RemainderBackward1",
    number_node="RemainderBackward0",
    first_number_node=NO_NODE,
    kernel=Accepts("remainder_cpu", REALS),
    numbers=True,
    doc="The remainder of the division, with the sign of the divisor, as Python's %.",
    example=("torch.remainder(torch.tensor([7, -7]), 3)", "tensor([1, 2])"),
)
remainder.op.number_forms["a"].rules = {("b",): lambda g: no_formula("remainder")}

_fmod_ = binary(
    "fmod",
    _fmod,
    a=lambda g: g,
    b=lambda g, a, b: -g * div_trunc(a, b),
    node="FmodBackward1",
    number_node="FmodBackward0",
    kernel=Accepts("fmod_cpu", REALS),
    numbers=True,
    doc="The remainder of the division, with the sign of the dividend, as C's fmod.",
)


def fmod(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
    """The remainder of the division, with the sign of the dividend, as C's fmod.

    >>> import tapegrad as torch
    >>> torch.fmod(torch.tensor([-3.0, 5.0]), 2)
    tensor([-1.,  1.])
    """
    return _fmod_(*pointwise.tensors_of("fmod", input=input), other, out=out)


METHODS = {
    "__floordiv__": floor_divide.symbol,
    "__ifloordiv__": operator_symbol(in_place_of(floor_divide)),
    "__imod__": operator_symbol(in_place_of(remainder)),
    "__mod__": remainder.symbol,
    "__rfloordiv__": reflected(floor_divide),
    "__rmod__": reflected(remainder),
    "div": div,
    "div_": _div_,
    "divide": div,
    "divide_": _div_,
    "floor_divide": floor_divide,
    "floor_divide_": in_place_of(floor_divide),
    "fmod": fmod,
    "fmod_": in_place_of(_fmod_),
    "remainder": remainder,
    "remainder_": in_place_of(remainder),
}

divide = div

__all__ = ["div", "divide", "floor_divide", "fmod", "remainder"]
