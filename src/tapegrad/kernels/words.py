"""The words of kernels: what is written in a kernel besides Python's arithmetic and loops.

A kernel is a plain function, and these definitions let it run as one.  When it is compiled, its globals are those of
its module with these words replaced: `real` by the type it is compiled for, the functions by ones that LLVM makes
vectors of (`compile.vector_math`, `compile.native.elements`).
"""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

import numpy as np

# What a kernel is given, by the annotation of its parameters.  Arrays are contiguous, reached by one index that counts
# elements from the first, and do not overlap; int and float are int64 and float64 in a kernel.
Reals: TypeAlias = np.ndarray[Any, Any]  # of the type that the kernel is compiled for
Doubles: TypeAlias = np.ndarray[Any, Any]  # float64
Integers: TypeAlias = np.ndarray[Any, Any]  # int64
Bytes: TypeAlias = np.ndarray[Any, Any]  # uint8 or bool

real: Any = np.float32  # or np.float64
infinity: Any = np.float32(np.inf)


def added(total: Any, x: Any) -> Any:
    """total + x, where a loop adds up in any order: sums are taken by several lanes at once."""
    return total + x


def fused(a: Any, b: Any, c: Any) -> Any:
    """a·b + c, rounded once."""
    return type(c)(np.float64(a) * np.float64(b) + np.float64(c))


def larger(best: Any, x: Any) -> Any:
    """The larger of two numbers that are not NaN; which one comes of NaN is not said."""
    return x if x > best else best


def smaller(best: Any, x: Any) -> Any:
    """The smaller of two numbers that are not NaN."""
    return x if x < best else best


def nan_seen(seen: Any, x: Any) -> Any:
    """`seen`, or something else than 0 if x is NaN; begins with 0 of an integer as wide as x."""
    return seen | type(seen)(x != x)


def prefetch(x: Any, place: int) -> None:
    """Have the element at a place brought into the cache; places out of the array do no harm."""


def sqrt(x: Any) -> Any:
    """The square root."""
    return np.sqrt(x)


def exp(x: Any) -> Any:
    """eˣ."""
    return np.exp(x)


def decay(x: Any) -> Any:
    """eˣ where x is not above 0: cheaper than `exp`."""
    return np.exp(x)


def expm1(x: Any) -> Any:
    """eˣ - 1."""
    return np.expm1(x)


def log(x: Any) -> Any:
    """The natural logarithm."""
    return np.log(x)


def log1p(x: Any) -> Any:
    """The logarithm of 1 + x."""
    return np.log1p(x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return np.tanh(x)


def expit(x: Any) -> Any:
    """The logistic function 1 / (1 + e⁻ˣ)."""
    return type(x)(1) / (type(x)(1) + np.exp(-x))


def erf(x: Any) -> Any:
    """The error function."""
    return type(x)(math.erf(x))


def sin(x: Any) -> Any:
    """The sine."""
    return np.sin(x)


def cos(x: Any) -> Any:
    """The cosine."""
    return np.cos(x)


FUNCTIONS: Final = ("cos", "erf", "exp", "expit", "expm1", "log", "log1p", "sin", "tanh")  # of `compile.vector_math`

__all__ = [
    "Bytes", "Doubles", "Integers", "Reals", "added", "cos", "decay", "erf", "exp", "expit", "expm1", "fused",
    "infinity", "larger", "log", "log1p", "nan_seen", "prefetch", "real", "sin", "smaller", "sqrt", "tanh",
]  # fmt: skip
