"""NumPy's pointwise functions as expressions in the text of a loop.

A function takes numbers of the loop's type ("n"), truth values ("b"), or either ("?", a truth value being 0 or 1), and
gives one or the other.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from functools import cache
from typing import Final

# By the names of ufuncs and functions: operands, result, and the expression.
_SIMPLE: Final[dict[str, tuple[str, str, str]]] = {
    "add": ("nn", "n", "{0} + {1}"),
    "subtract": ("nn", "n", "{0} - {1}"),
    "multiply": ("??", "n", "{0} * {1}"),
    "divide": ("nn", "n", "{0} / {1}"),
    "true_divide": ("nn", "n", "{0} / {1}"),
    "negative": ("n", "n", "-{0}"),
    "positive": ("n", "n", "{0}"),
    "absolute": ("n", "n", "abs({0})"),
    "fabs": ("n", "n", "abs({0})"),
    "square": ("n", "n", "{0} * {0}"),
    "reciprocal": ("n", "n", "one / {0}"),
    "sqrt": ("n", "n", "np.sqrt({0})"),
    "floor": ("n", "n", "np.floor({0})"),
    "ceil": ("n", "n", "np.ceil({0})"),
    "trunc": ("n", "n", "np.trunc({0})"),
    "copysign": ("nn", "n", "np.copysign({0}, {1})"),
    # NaN wins; of two that are equal, the first.
    "maximum": ("nn", "n", "{0} if {0} >= {1} or {0} != {0} else {1}"),
    "minimum": ("nn", "n", "{0} if {0} <= {1} or {0} != {0} else {1}"),
    "sign": ("n", "n", "one if {0} > zero else (-one if {0} < zero else {0} * zero + zero)"),
    "where": ("bnn", "n", "{1} if {0} else {2}"),
    "greater": ("nn", "b", "{0} > {1}"),
    "greater_equal": ("nn", "b", "{0} >= {1}"),
    "less": ("nn", "b", "{0} < {1}"),
    "less_equal": ("nn", "b", "{0} <= {1}"),
    "equal": ("nn", "b", "{0} == {1}"),
    "not_equal": ("nn", "b", "{0} != {1}"),
    "isnan": ("n", "b", "{0} != {0}"),
    "isinf": ("n", "b", "abs({0}) == infinity"),
    "isfinite": ("n", "b", "abs({0}) < infinity"),
    "logical_and": ("bb", "b", "{0} & {1}"),
    "logical_or": ("bb", "b", "{0} | {1}"),
    "logical_xor": ("bb", "b", "{0} ^ {1}"),
    "logical_not": ("b", "b", "not {0}"),
    "bitwise_and": ("bb", "b", "{0} & {1}"),
    "bitwise_or": ("bb", "b", "{0} | {1}"),
    "bitwise_xor": ("bb", "b", "{0} ^ {1}"),
    "invert": ("b", "b", "not {0}"),
    "astype": ("?", "n", "{0}"),
}
_UNARY: Final = frozenset(
    """exp exp2 expm1 expit sinh cosh tanh log log2 log10 log1p arcsinh arccosh arctanh sin cos tan arcsin arccos arctan
    erf erfc""".split()
)
_BINARY: Final = frozenset("arctan2 hypot logaddexp logaddexp2 power".split())


@cache
def _vectorised() -> frozenset[str]:
    """The functions of mathematics that there are for loops: none without Numba."""
    if "numba" not in sys.modules and importlib.util.find_spec("numba") is None:
        return frozenset()
    from ..vector_math import FUNCTIONS

    return (_UNARY | _BINARY) & FUNCTIONS.keys()


def kinds_of(name: str) -> tuple[str, str] | None:
    """The kinds of operands and result of a function; None if loops do not know it."""
    if name in _SIMPLE:
        return _SIMPLE[name][:2]
    return ("n" if name in _UNARY else "nn", "n") if name in _vectorised() else None


def takes_both(name: str) -> bool:
    """Whether a function takes numbers as well as truth values."""
    return name in _SIMPLE and "?" in _SIMPLE[name][0]


def expression(name: str, operands: list[str], scalar: str) -> str:
    """The text for a function of operands that are texts.

    >>> expression("maximum", ["x", "y"], "np.float32")
    'x if x >= y or x != x else y'
    """
    if name in _SIMPLE:
        return _SIMPLE[name][2].format(*operands)
    return f"{name}_{'f' if scalar == 'np.float32' else 'd'}({', '.join(operands)})"


def functions_in(text: str) -> list[tuple[str, str]]:
    """The functions of mathematics that a text calls, with the letter of their type."""
    return [(name, letter) for name in sorted(_UNARY | _BINARY) for letter in "fd" if f"{name}_{letter}(" in text]


def number_text(x: float, scalar: str) -> str:
    """The text for a number of the loop's type.

    >>> number_text(0.5, "np.float32"), number_text(float("-inf"), "np.float64")
    ('np.float32(0.5)', 'np.float64(-np.inf)')
    """
    if math.isfinite(x):
        return f"{scalar}({x!r})"
    return f"{scalar}(np.nan)" if x != x else f"{scalar}({'-' if x < 0 else ''}np.inf)"


__all__ = ["expression", "functions_in", "kinds_of", "number_text", "takes_both"]
