"""The two formats of floating-point numbers, and what their bits mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from llvmlite import ir
from numba import types

from .coefficients import Table


@dataclass(frozen=True)
class Format:
    """An IEEE 754 binary format: `mantissa` stored bits below the point, exponents biased by `bias`.

    >>> DOUBLE.smallest_normal, SINGLE.rounder
    (2.2250738585072014e-308, 12582912.0)
    """

    name: str  # NumPy's
    ir_type: ir.Type
    bits_type: ir.IntType
    numba_type: types.Float
    mantissa: int
    bias: int

    @cached_property
    def rounder(self) -> float:
        """1.5·2**mantissa: adding it rounds to an integer, which is then in the lowest bits."""
        return 1.5 * 2.0**self.mantissa

    @cached_property
    def smallest_normal(self) -> float:
        """Below it, numbers have fewer bits."""
        return 2.0 ** (1 - self.bias)

    @cached_property
    def largest(self) -> float:
        """The largest finite number."""
        return (2.0 - 2.0**-self.mantissa) * 2.0**self.bias

    @cached_property
    def negligible(self) -> float:
        """Below it, f(x) = x + O(x²) rounds to x."""
        return 2.0 ** -(self.mantissa + 4)

    def of(self, table: Table) -> tuple[float, ...]:
        """This format's row of `coefficients`."""
        return table[self.name]


DOUBLE = Format("float64", ir.DoubleType(), ir.IntType(64), types.float64, 52, 1023)
SINGLE = Format("float32", ir.FloatType(), ir.IntType(32), types.float32, 23, 127)
