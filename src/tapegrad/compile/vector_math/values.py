"""Values of a function that is being written as LLVM instructions.

The functions of this package are ordinary Python on these values: each operator adds one instruction on one number, and
LLVM's loop vectoriser makes of it an instruction on a whole register. For that there may be no branch, so a choice is
`select`, which computes both sides; and no call, so everything comes down to arithmetic and to the bits of numbers.

A Python number beside a value is a constant of the value's format. Nothing is reassociated or contracted: `fma` stands
where it is meant, and results do not depend on how many numbers a register holds.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from .formats import DOUBLE, Format


class Condition:
    """A truth value: the outcome of a comparison."""

    __slots__ = ("builder", "ir")

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder = builder
        self.ir = value

    def __and__(self, other: Condition) -> Condition:
        return Condition(self.builder, self.builder.and_(self.ir, other.ir))

    def __or__(self, other: Condition) -> Condition:
        return Condition(self.builder, self.builder.or_(self.ir, other.ir))

    def __xor__(self, other: Condition) -> Condition:
        return Condition(self.builder, self.builder.xor(self.ir, other.ir))

    def __invert__(self) -> Condition:
        return Condition(self.builder, self.builder.not_(self.ir))


class Value:
    """A number of one format that some instruction computes."""

    __slots__ = ("builder", "format", "ir")

    def __init__(self, builder: ir.IRBuilder, form: Format, value: ir.Value) -> None:
        self.builder = builder
        self.format = form
        self.ir = value

    def made(self, value: ir.Value) -> Value:
        """A value of the same format."""
        return Value(self.builder, self.format, value)

    def lifted(self, number: Value | float) -> Value:
        """`number` itself, or as a constant of this format."""
        return number if isinstance(number, Value) else self.made(ir.Constant(self.format.ir_type, float(number)))

    def __add__(self, other: Value | float) -> Value:
        return self.made(self.builder.fadd(self.ir, self.lifted(other).ir))

    def __radd__(self, other: float) -> Value:
        return self.lifted(other) + self

    def __sub__(self, other: Value | float) -> Value:
        return self.made(self.builder.fsub(self.ir, self.lifted(other).ir))

    def __rsub__(self, other: float) -> Value:
        return self.lifted(other) - self

    def __mul__(self, other: Value | float) -> Value:
        return self.made(self.builder.fmul(self.ir, self.lifted(other).ir))

    def __rmul__(self, other: float) -> Value:
        return self.lifted(other) * self

    def __truediv__(self, other: Value | float) -> Value:
        return self.made(self.builder.fdiv(self.ir, self.lifted(other).ir))

    def __rtruediv__(self, other: float) -> Value:
        return self.lifted(other) / self

    def __neg__(self) -> Value:
        return self.made(self.builder.fneg(self.ir))

    def compared(self, sign: str, other: Value | float) -> Condition:
        """A comparison that is false where either side is NaN."""
        return Condition(self.builder, self.builder.fcmp_ordered(sign, self.ir, self.lifted(other).ir))

    def __lt__(self, other: Value | float) -> Condition:
        return self.compared("<", other)

    def __le__(self, other: Value | float) -> Condition:
        return self.compared("<=", other)

    def __gt__(self, other: Value | float) -> Condition:
        return self.compared(">", other)

    def __ge__(self, other: Value | float) -> Condition:
        return self.compared(">=", other)

    def equals(self, other: Value | float) -> Condition:
        """True where both are the same number; not `==`, which Python wants to be a truth value here and there."""
        return self.compared("==", other)

    def is_nan(self) -> Condition:
        """True where this is NaN."""
        return Condition(self.builder, self.builder.fcmp_unordered("uno", self.ir, self.ir))

    def call(self, intrinsic: str, *others: Value | float) -> Value:
        """An intrinsic function of LLVM that is one instruction, of numbers of this format."""
        function = self.builder.module.declare_intrinsic(
            intrinsic,
            [self.format.ir_type],
            ir.FunctionType(self.format.ir_type, [self.format.ir_type] * (1 + len(others))),
        )
        return self.made(self.builder.call(function, [self.ir, *(self.lifted(other).ir for other in others)]))

    def bits(self) -> Any:
        """The bits as an integer."""
        return self.builder.bitcast(self.ir, self.format.bits_type)

    def of_bits(self, bits: Any) -> Value:
        """The number of this format with these bits."""
        return self.made(self.builder.bitcast(bits, self.format.ir_type))

    def integer(self, number: int) -> Any:
        """A constant integer as wide as this format."""
        return ir.Constant(self.format.bits_type, number)


def fma(a: Value, b: Value | float, c: Value | float) -> Value:
    """a·b + c, rounded once."""
    return a.call("llvm.fma", b, c)


def absolute(x: Value) -> Value:
    """|x|."""
    return x.call("llvm.fabs")


def copysign(size: Value, sign: Value) -> Value:
    """|size| with the sign of `sign`, also of -0."""
    return size.call("llvm.copysign", sign)


def is_negative(x: Value) -> Condition:
    """True where the sign bit is set, also at -0."""
    return copysign(x.lifted(1.0), x) < 0.0


def sqrt(x: Value) -> Value:
    """√x, correctly rounded."""
    return x.call("llvm.sqrt")


def floor(x: Value) -> Value:
    """The largest integer that is not above x."""
    return x.call("llvm.floor")


def select(condition: Condition, yes: Value | float, no: Value | float) -> Value:
    """`yes` where the condition holds, else `no`; at least one of the two is a value."""
    like = yes if isinstance(yes, Value) else no
    assert isinstance(like, Value)
    return like.made(like.builder.select(condition.ir, like.lifted(yes).ir, like.lifted(no).ir))


def at_most(x: Value, limit: float) -> Value:
    """min(x, limit); NaN stays NaN."""
    return select(x > limit, limit, x)


def at_least(x: Value, limit: float) -> Value:
    """max(x, limit); NaN stays NaN."""
    return select(x < limit, limit, x)


def polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    """c₀ + c₁x + c₂x² + … by Horner's rule."""
    total = x.lifted(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total = fma(total, x, c)
    return total


def converted(x: Value, form: Format) -> Value:
    """The same number in the other format, rounded if that is the shorter one."""
    change = x.builder.fpext if form is DOUBLE else x.builder.fptrunc
    return Value(x.builder, form, change(x.ir, form.ir_type))


def rounded(x: Value, factor: float = 1.0) -> tuple[Value, Value]:
    """x·factor rounded to an integer n, for |n| < 2**(mantissa - 1): n, and a number with n's lowest bits lowest.

    The method is W. J. Cody and W. Waite's, *Software Manual for the Elementary Functions* (1980).
    """
    rounder = x.format.rounder
    shifted = x + rounder if factor == 1.0 else fma(x, factor, rounder)
    return shifted - rounder, shifted


def low_bit(shifted: Value, position: int) -> Condition:
    """Bit number `position` of the integer that `rounded` left in the lowest bits."""
    builder = shifted.builder
    bit = builder.and_(shifted.bits(), shifted.integer(1 << position))
    return Condition(builder, builder.icmp_unsigned("!=", bit, shifted.integer(0)))


def power_of_two(n: Value) -> Value:
    """2**n for an integer n within the normal exponents: n goes to the lowest bits, and from there to the exponent."""
    form = n.format
    shifted = n + (form.rounder + form.bias)
    return n.of_bits(n.builder.shl(shifted.bits(), n.integer(form.mantissa)))


def scaled(x: Value, n: Value) -> Value:
    """x·2**n, rounded once: in two steps, the first of which is exact, so that n may leave the normal exponents."""
    first, _ = rounded(n, 0.5)
    return x * power_of_two(first) * power_of_two(n - first)


def split(x: Value) -> tuple[Value, Value]:
    """k and m with x = m·2**k and √½ ≤ m < √2, for a positive, normal, finite x; k is an integer."""
    form, builder = x.format, x.builder
    lowest = int.from_bytes(struct.pack(">d" if form is DOUBLE else ">f", 0.5**0.5), "big")
    offset = x.integer((form.bias << form.mantissa) - lowest)
    shifted = builder.add(x.bits(), offset)  # never negative: the exponent field is k + bias
    field = builder.lshr(shifted, x.integer(form.mantissa))
    # An integer below 2**mantissa becomes a number when it is put into the lowest bits of 2**mantissa.
    power = 2.0**form.mantissa
    raised = x.of_bits(builder.or_(field, x.integer((form.mantissa + form.bias) << form.mantissa)))
    k = raised - (power + form.bias)
    fraction = builder.and_(shifted, x.integer((1 << form.mantissa) - 1))
    m = x.of_bits(builder.add(fraction, x.integer(lowest)))
    return k, m
