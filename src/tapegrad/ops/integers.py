"""Operators on truth values and bits: logical_*, bitwise_*, shifts, gcd and lcm.  None has a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .accepts import Accepts
from .frames import comparison, of_tensors, unary
from .in_place import in_place_of, operator_symbol, reflected

_TRUTH = "bihfc"

# -- truth values -----------------------------------------------------------------------------------------------------


def _logical(name: str, ufunc: Any, doc: str) -> Any:
    return comparison(name, ufunc, kernel=Accepts(f"{name}_cpu", _TRUTH), doc=doc)


_logical_and = _logical("logical_and", np.logical_and, "Whether both elements are true, that is, not 0.")
_logical_or = _logical("logical_or", np.logical_or, "Whether one of the elements is true, that is, not 0.")
_logical_xor = _logical("logical_xor", np.logical_xor, "Whether exactly one of the elements is true, that is, not 0.")
logical_and, logical_or, logical_xor = of_tensors(_logical_and), of_tensors(_logical_or), of_tensors(_logical_xor)

logical_not = unary(
    "logical_not",
    np.logical_not,
    None,
    integers="same",
    result="bool",
    kernel=Accepts("logical_not_cpu", _TRUTH),
    doc="Whether each element is false, that is, 0.",
)

# -- bits -------------------------------------------------------------------------------------------------------------


def _bitwise(name: str, ufunc: Any, doc: str) -> Any:
    return comparison(name, ufunc, result="same", kernel=Accepts(f"{name}_cpu", "biu"), doc=doc, first_numbers=True)


bitwise_and = _bitwise("bitwise_and", np.bitwise_and, "The bits set in both; of bools, the logical and.")
bitwise_or = _bitwise("bitwise_or", np.bitwise_or, "The bits set in one or both; of bools, the logical or.")
bitwise_xor = _bitwise("bitwise_xor", np.bitwise_xor, "The bits set in exactly one; of bools, the logical xor.")
bitwise_not = unary(
    "bitwise_not",
    np.invert,
    None,
    integers="same",
    kernel=Accepts("bitwise_not_cpu", "bi"),
    doc="The bits that are not set; of bools, the logical not.",
)


def _bits(array: Array) -> int:
    return 8 * int(array.dtype.itemsize)


def _shift_left(a: Array, b: Array) -> Array:
    """a · 2^b; all bits are lost if b is negative or not below the number of bits, which C leaves undefined."""
    lost = (b < 0) | (b >= _bits(a)) if a.dtype.kind == "i" else b >= _bits(a)
    return np.where(lost, np.zeros_like(a), np.left_shift(a, np.where(lost, np.zeros_like(b), b)))


def _shift_right(a: Array, b: Array) -> Array:
    """a / 2^b, rounded down; all bits but the sign are lost if b is negative or too large."""
    top = _bits(a) - 1
    if a.dtype.kind == "u":
        lost = b > top
        return np.where(lost, np.zeros_like(a), np.right_shift(a, np.where(lost, np.zeros_like(b), b)))
    return np.right_shift(a, np.where((b < 0) | (b > top), np.asarray(top, b.dtype), b))


bitwise_left_shift = comparison(
    "bitwise_left_shift",
    _shift_left,
    result="same",
    kernel=Accepts("lshift_cpu", "i"),
    doc="The bits moved up by `other` places.",
    first_numbers=True,
)
bitwise_right_shift = comparison(
    "bitwise_right_shift",
    _shift_right,
    result="same",
    kernel=Accepts("rshift_cpu", "i"),
    doc="The bits moved down by `other` places.",
    first_numbers=True,
)

# -- divisors ---------------------------------------------------------------------------------------------------------

gcd = of_tensors(
    comparison(
        "gcd", np.gcd, result="same", kernel=Accepts("gcd_cpu", "i"), doc="The greatest common divisor of two elements."
    )
)
lcm = of_tensors(
    comparison(
        "lcm", np.lcm, result="same", kernel=Accepts("lcm_cpu", "i"), doc="The least common multiple of two elements."
    )
)

METHODS: dict[str, Any] = {
    "__and__": bitwise_and.symbol, "__invert__": bitwise_not, "__lshift__": bitwise_left_shift.symbol,
    "__or__": bitwise_or.symbol, "__rand__": bitwise_and.symbol, "__rlshift__": reflected(bitwise_left_shift),
    "__ror__": bitwise_or.symbol, "__rrshift__": reflected(bitwise_right_shift),
    "__rshift__": bitwise_right_shift.symbol, "__rxor__": bitwise_xor.symbol, "__xor__": bitwise_xor.symbol,
    "bitwise_not": bitwise_not, "bitwise_not_": in_place_of(bitwise_not), "logical_not": logical_not,
    "logical_not_": in_place_of(logical_not),
}  # fmt: skip

_BINARY = (
    bitwise_and, bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor, gcd, lcm, logical_and, logical_or,
    logical_xor,
)  # fmt: skip
for _function in _BINARY:
    METHODS[_function.__name__] = _function
    METHODS[_function.__name__ + "_"] = in_place_of(_function)
for _symbol, _function in (
    ("and", bitwise_and),
    ("lshift", bitwise_left_shift),
    ("or", bitwise_or),
    ("rshift", bitwise_right_shift),
    ("xor", bitwise_xor),
):
    METHODS[f"__i{_symbol}__"] = operator_symbol(in_place_of(_function))

__all__ = [
    "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "gcd",
    "lcm", "logical_and", "logical_not", "logical_or", "logical_xor",
]  # fmt: skip
