"""Logarithm, exponential and trigonometric functions of float64 arrays, as the C library computes them.

PyTorch calls the C library one value at a time. NumPy has vector versions of its own of some functions; they differ in
the last bit for some in a thousand values. Here short arrays, and others on request, go through Python's `math`, which
is the C library, at some 50 ns a value. The rest take NumPy's way, within one unit in the last place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]

# Up to here the exact way costs no more than a dozen NumPy calls.
_SHORT = 64


class _Function(Protocol):
    def __call__(self, x: Array, exact: bool = False) -> Array: ...


def _function(scalar: Callable[[float], float], vectorised: np.ufunc) -> _Function:
    def function(x: Array, exact: bool = False) -> Array:
        if exact or x.size <= _SHORT:
            try:
                return np.array(list(map(scalar, x.ravel().tolist())), np.float64).reshape(x.shape)
            except (ValueError, OverflowError):
                # `math` raises where the C library returns an infinity: log(0), exp(1000).
                pass
        with np.errstate(all="ignore"):
            result: Array = vectorised(x)
        return result

    function.__name__ = scalar.__name__
    function.__doc__ = (
        f"{scalar.__name__} of each element, float64; `exact` for the C library's last bit at any length."
    )
    return function


cos = _function(math.cos, np.cos)
exp = _function(math.exp, np.exp)
log = _function(math.log, np.log)
log1p = _function(math.log1p, np.log1p)
sin = _function(math.sin, np.sin)
tan = _function(math.tan, np.tan)
