"""Powers and roots.

At the edges the derivatives are torch's: the slope of x ** 0 is 0 everywhere, and that of a ** b in b is 0 where a = 0
and b is not negative.
"""

from __future__ import annotations

import cmath
import math
from typing import Any, Final

import numpy as np

from ..errors import DtypeError, wrong_argument
from ..tensor import dtypes
from ..tensor.dtypes import COMPLEX, F32, F64, INT, Array, scalar_type_name
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import NUMBERS, Accepts
from .frames import binary, unary
from .in_place import in_place_of, is_operand
from .op import operator
from .vocabulary import imag_part, is_complex, log, phrase, real_if, real_part, where, word, zeros_like

_POWER: Final = Accepts("pow", NUMBERS)


@operator(node="PowBackward0", pointwise=True)
def pow_number(x: Array, /, exponent: float) -> Array:
    """`x ** exponent` for a number, by multiplication and roots where torch takes these."""
    if exponent == 2:
        return np.multiply(x, x)
    if x.dtype.kind == "b":  # and the exponent is a bool, too
        return np.logical_or(x, not exponent)
    if exponent == 3:
        return np.multiply(np.multiply(x, x), x)
    if x.dtype.kind in "fc":
        if exponent == 0.5:
            return np.sqrt(x)
        if exponent == -1:
            return np.reciprocal(x)
        if exponent == -2:
            return np.reciprocal(np.multiply(x, x))
        if exponent == -0.5:
            return np.reciprocal(np.sqrt(x))
    return np.power(x, exponent)


@pow_number.rule("x")
def _(g: Any, x: Any, exponent: Any) -> Any:
    """x ← g·exponent·x^(exponent - 1); 0 if exponent == 0"""
    if exponent == 0:
        return zeros_like(x)
    if exponent == 2 and not is_complex(x):
        return real_if(x, g * (x + x))  # of complex infinities, twice is not the sum
    return real_if(x, g * (exponent * pow_number(x, exponent - 1)))


pow_number.kernel, pow_number.public_name = Accepts("pow", "bihfc"), "pow"


@phrase
def not_negative(b: Any) -> Any:
    """Whether b is a real number that is not negative."""
    if is_complex(b):
        return (imag_part(b) == 0) & (real_part(b) >= 0)
    return b >= 0


def _pow_base(g: Any, a: Any, b: Any) -> Any:
    return where(b == 0, 0, g * (b * power(a, b - 1)))


def _pow_exponent(g: Any, a: Any, b: Any, out: Any) -> Any:
    return g * where((a == 0) & not_negative(b), 0, out * log(a))


def _power(a: Array, b: Array) -> Array:
    """`a ** b`; an integer to a negative power is rounded to 0, except for 1 and -1."""
    if a.dtype.kind != "i":
        return np.power(a, b)
    odd_sign = np.where(np.bitwise_and(b, 1), a, 1)
    of_negative = np.where(np.abs(a) == 1, odd_sign, 0).astype(a.dtype)
    return np.where(b < 0, of_negative, np.power(a, np.maximum(b, 0)))


power = binary(
    "power",
    _power,
    a=_pow_base,
    b=_pow_exponent,
    node="PowBackward1",
    doc="The first tensor to the power of the second.",
    kernel=_POWER,
)
power.op.public_name = "pow"


@operator(node="PowBackward2", pointwise=True)
def power_of_number(x: Array, /, base: float) -> Array:
    """`base ** x` for a number."""
    return _power(np.asarray(base, x.dtype), x)


@power_of_number.rule("x")
def _(g: Any, x: Any, out: Any, base: Any) -> Any:
    """x ← g·out·log(base); if base == 0, 0 where x ≥ 0"""
    if base == 0:
        return real_if(x, g * where(not_negative(x), 0, out * log_number(base)))
    return real_if(x, g * (out * log_number(base)))


power_of_number.kernel, power_of_number.public_name = _POWER, "pow"


def log_number(x: float | complex) -> float | complex:
    """The logarithm of a number; negative reals have none (NaN), and that of 0 is -inf."""
    if isinstance(x, complex):
        return cmath.log(x) if x else complex(-math.inf, 0)
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


word("log_number", raw=log_number, tensor=log_number)


def pow(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """input ** exponent; one of the two may be a number.

    Raises:
        RuntimeError: integers to a negative integer power.

    >>> import tapegrad as torch
    >>> torch.pow(torch.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    >>> torch.pow(2, torch.tensor([1.0, 2.0, 3.0]))
    tensor([2., 4., 8.])
    """
    kind = exponent.__class__
    if (kind is int or kind is float) and out is None and isinstance(input, Tensor):
        dtype = input._data.dtype
        if dtype is F32 or dtype is F64:
            return pow_number.call(input, exponent)
    if not isinstance(exponent, Tensor):
        pointwise.tensors_of("pow", input=input)
        if not pointwise.is_number(exponent):
            raise wrong_argument("pow", "exponent", 2, exponent)
        exponent = _checked_exponent(input, exponent)
        return pointwise.apply(pow_number, (input,), (exponent,), out, numbers=(exponent,))
    if isinstance(input, Tensor):
        return power(input, exponent, out=out)
    if not pointwise.is_number(input):
        raise wrong_argument("pow", "input", 1, input)
    base = pointwise.as_number(input)
    return pointwise.apply(power_of_number, (exponent,), (base,), out, numbers=(base,))


def _checked_exponent(base: Tensor, exponent: Any) -> Any:
    exponent = pointwise.as_number(exponent)
    if isinstance(exponent, int) and exponent < 0 and base.dtype.category <= INT:
        raise DtypeError(
            "Integers to negative integer powers are not allowed.",
            f"Found: {base.dtype} to the power of {exponent}. Write x.float() ** {exponent}.",
        )
    return exponent


def _pow_(self: Tensor, exponent: Any) -> Tensor:
    """In-place form of `pow`."""
    if isinstance(exponent, Tensor):
        return pointwise.in_place(power.op, self, exponent)
    if not pointwise.is_number(exponent):
        raise wrong_argument("pow_", "exponent", 1, exponent)
    exponent = _checked_exponent(self, exponent)
    return pointwise.in_place(pow_number, self, params=(exponent,), numbers=(exponent,))


def _to_the(self: Tensor, exponent: Any) -> Any:
    """self ** exponent."""
    kind = exponent.__class__
    if kind is int or kind is float:
        dtype = self._data.dtype
        if dtype is F32 or dtype is F64:
            return pow_number.call(self, exponent)
    elif not is_operand(exponent):
        return NotImplemented
    return pow(self, exponent)


def _to_the_reflected(self: Tensor, base: Any) -> Any:
    """base ** self."""
    return pow(base, self) if is_operand(base) else NotImplemented


def _i_to_the(self: Tensor, exponent: Any) -> Any:
    """self **= exponent."""
    return _pow_(self, exponent) if is_operand(exponent) else NotImplemented


# -- powers in double precision ---------------------------------------------------------------------------------------


def _double(*operands: Any) -> dtypes.dtype:
    """complex128 if an operand is complex, else float64."""
    return dtypes.complex128 if pointwise.result_type(*operands).category == COMPLEX else dtypes.float64


def float_power(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """input ** exponent, computed in double precision.

    >>> import tapegrad as torch
    >>> torch.float_power(torch.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=torch.float64)
    """
    operands = pointwise.operands_of("float_power", input=input, exponent=exponent)
    wide = _double(*operands)
    if out is not None and out.dtype is not wide:
        raise DtypeError(
            f"the output given to float_power has dtype {scalar_type_name(out.dtype)} but the operation's result"
            f" requires dtype {scalar_type_name(wide)}"
        )
    base, power_ = [_widened(x, wide) for x in operands]
    return pow(base, power_, out=out)


def _widened(x: Any, wide: dtypes.dtype) -> Any:
    if isinstance(x, Tensor):
        return x if x.dtype is wide else x.to(wide)
    return complex(x) if wide is dtypes.complex128 else float(x)


def _float_power_(self: Tensor, exponent: Any) -> Tensor:
    """In-place form of `float_power`; self must be of the type computed in."""
    wide = _double(self, exponent)
    if self.dtype is not wide:
        raise DtypeError(
            f"the base given to float_power_ has dtype {scalar_type_name(self.dtype)} but the operation's result"
            f" requires dtype {scalar_type_name(wide)}"
        )
    return _pow_(self, _widened(exponent, wide))


# -- roots and reciprocals --------------------------------------------------------------------------------------------

sqrt = unary(
    "sqrt",
    np.sqrt,
    lambda g, out: g / (2 * out),
    doc="The square root of each element.",
    example=("torch.sqrt(torch.tensor([4.0, 9.0]))", "tensor([2., 3.])"),
)

rsqrt = unary(
    "rsqrt",
    lambda x: np.reciprocal(np.sqrt(x)),
    lambda g, out: -0.5 * g * pow_number(out, 3),
    doc="The reciprocal of the square root of each element.",
    example=("torch.rsqrt(torch.tensor([4.0, 16.0]))", "tensor([0.5000, 0.2500])"),
)

reciprocal = unary(
    "reciprocal",
    np.reciprocal,
    lambda g, out: -g * (out * out),
    doc="1 divided by each element.",
    example=("torch.reciprocal(torch.tensor([4.0, -2.0]))", "tensor([ 0.2500, -0.5000])"),
)


def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The square of each element.

    >>> import tapegrad as torch
    >>> torch.square(torch.tensor([1.0, -2.0]))
    tensor([1., 4.])
    """
    return pow(input, 2, out=out)


def _square_(self: Tensor) -> Tensor:
    """In-place form of `square`."""
    return _pow_(self, 2)


METHODS = {
    "__ipow__": _i_to_the,
    "__pow__": _to_the,
    "__rpow__": _to_the_reflected,
    "float_power": float_power,
    "float_power_": _float_power_,
    "pow": pow,
    "pow_": _pow_,
    "reciprocal": reciprocal,
    "reciprocal_": in_place_of(reciprocal),
    "rsqrt": rsqrt,
    "rsqrt_": in_place_of(rsqrt),
    "sqrt": sqrt,
    "sqrt_": in_place_of(sqrt),
    "square": square,
    "square_": _square_,
}

__all__ = ["float_power", "pow", "reciprocal", "rsqrt", "sqrt", "square"]
