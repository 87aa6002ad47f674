"""Operators on truth values and bits: logical_*, bitwise_*, shifts, gcd and lcm.  None has a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .accepts import Accepts
from .frames import Example, comparison, of_tensors, unary
from .in_place import in_place_of, operator_symbol, reflected

_TRUTH = "bihfc"

# -- truth values -----------------------------------------------------------------------------------------------------


def _logical(name: str, ufunc: Any, doc: str, example: Example) -> Any:
    return comparison(name, ufunc, kernel=Accepts(f"{name}_cpu", _TRUTH), doc=doc, example=example)


_logical_and = _logical(
    "logical_and",
    np.logical_and,
    "Whether both elements are true, that is, not 0.",
    example=("torch.logical_and(torch.tensor([True, True]), torch.tensor([True, False]))", "tensor([ True, False])"),
)
_logical_or = _logical(
    "logical_or",
    np.logical_or,
    "Whether one of the elements is true, that is, not 0.",
    example=("torch.logical_or(torch.tensor([True, False]), torch.tensor([False, False]))", "tensor([ True, False])"),
)
_logical_xor = _logical(
    "logical_xor",
    np.logical_xor,
    "Whether exactly one of the elements is true, that is, not 0.",
    example=("torch.logical_xor(torch.tensor([True, True]), torch.tensor([True, False]))", "tensor([False,  True])"),
)
logical_and, logical_or, logical_xor = of_tensors(_logical_and), of_tensors(_logical_or), of_tensors(_logical_xor)

logical_not = unary(
    "logical_not",
    np.logical_not,
    None,
    integers="same",
    result="bool",
    kernel=Accepts("logical_not_cpu", _TRUTH),
    doc="Whether each element is false, that is, 0.",
    example=("torch.logical_not(torch.tensor([0.0, 2.0]))", "tensor([ True, False])"),
)

# -- bits -------------------------------------------------------------------------------------------------------------


def _bitwise(name: str, ufunc: Any, doc: str, example: Example) -> Any:
    return comparison(
        name, ufunc, result="same", kernel=Accepts(f"{name}_cpu", "biu"), doc=doc, example=example, first_numbers=True
    )


bitwise_and = _bitwise(
    "bitwise_and",
    np.bitwise_and,
    "The bits set in both; of bools, the logical and.",
    example=("torch.bitwise_and(torch.tensor([6, 7]), 3)", "tensor([2, 3])"),
)
bitwise_or = _bitwise(
    "bitwise_or",
    np.bitwise_or,
    "The bits set in one or both; of bools, the logical or.",
    example=("torch.bitwise_or(torch.tensor([6, 1]), 3)", "tensor([7, 3])"),
)
bitwise_xor = _bitwise(
    "bitwise_xor",
    np.bitwise_xor,
    "The bits set in exactly one; of bools, the logical xor.",
    example=("torch.bitwise_xor(torch.tensor([6, 1]), 3)", "tensor([5, 2])"),
)
bitwise_not = unary(
    "bitwise_not",
    np.invert,
    None,
    integers="same",
    kernel=Accepts("bitwise_not_cpu", "bi"),
    doc="The bits that are not set; of bools, the logical not.",
    example=("torch.bitwise_not(torch.tensor([0, 1]))", "tensor([-1, -2])"),
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
    example=("torch.bitwise_left_shift(torch.tensor([1, 3]), 2)", "tensor([ 4, 12])"),
    first_numbers=True,
)
bitwise_right_shift = comparison(
    "bitwise_right_shift",
    _shift_right,
    result="same",
    kernel=Accepts("rshift_cpu", "i"),
    doc="The bits moved down by `other` places.",
    example=("torch.bitwise_right_shift(torch.tensor([4, 7]), 1)", "tensor([2, 3])"),
    first_numbers=True,
)

# -- divisors ---------------------------------------------------------------------------------------------------------

gcd = of_tensors(
    comparison(
        "gcd",
        np.gcd,
        result="same",
        kernel=Accepts("gcd_cpu", "i"),
        doc="The greatest common divisor of two elements.",
        example=("torch.gcd(torch.tensor([12, 7]), torch.tensor([18, 3]))", "tensor([6, 1])"),
    )
)
lcm = of_tensors(
    comparison(
        "lcm",
        np.lcm,
        result="same",
        kernel=Accepts("lcm_cpu", "i"),
        doc="The least common multiple of two elements.",
        example=("torch.lcm(torch.tensor([4, 7]), torch.tensor([6, 3]))", "tensor([12, 21])"),
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
