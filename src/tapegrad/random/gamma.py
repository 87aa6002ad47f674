"""Gamma and Dirichlet numbers: draws that use as many normals and uniforms as chance will have it.

They are made one by one in Python, some microseconds each; the results are torch's for the same seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import boxmuller
from .continuous import F64, narrow
from .stream import Stream

Array = np.ndarray[Any, Any]

# torch has this third in single precision, whatever the type of the result.
_THIRD = float(np.float32(1.0) / np.float32(3.0))


class _Draws:
    """Single uniforms and normals in float64, in any order; the caller holds the stream's lock."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def uniform(self) -> float:
        """A number in (0, 1]."""
        return 1.0 - float(self._stream.uniform64(1)[0])

    def normal(self) -> float:
        stream = self._stream
        if stream.spare_normal is not None:
            spare, stream.spare_normal = stream.spare_normal, None
            return spare
        first, second = boxmuller.serial(stream, 2)
        stream.spare_normal = float(second)
        return float(first)


def gamma(stream: Stream, shape_parameter: Array) -> Array:
    """Gamma numbers of scale 1, in float64 of the shape of `shape_parameter`, which is > 0.

    >>> gamma(Stream(0), np.array([1.0, 10.0])).round(4)
    array([2.8824, 8.7828])
    """
    with stream.lock:
        draws = _Draws(stream)
        values = [_gamma(draws.uniform, draws.normal, a) for a in shape_parameter.astype(F64).ravel().tolist()]
    return np.array(values, F64).reshape(shape_parameter.shape)


def _gamma(uniform: Callable[[], float], normal: Callable[[], float], a: float) -> float:
    """Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000)."""
    scale = 1.0
    if a < 1.0:
        if a == 0.0:
            return 0.0
        # Their note on a < 1: a gamma number of a + 1, times the power 1/a of a uniform one.
        scale = uniform() ** (1.0 / a)
        a += 1.0
    d = a - _THIRD
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        root = 0.0
        while not root > 0.0:
            x = normal()
            root = 1.0 + c * x
            if root != root:
                return math.nan
        v = root * root * root
        u = uniform()
        square = x * x
        if u < 1.0 - 0.0331 * square * square or math.log(u) < 0.5 * square + d * (1.0 - v + math.log(v)):
            return scale * d * v


def above_zero(values: Array, dtype: np.dtype[Any]) -> Array:
    """`values` as `dtype`, no smaller than its smallest normal number."""
    return np.maximum(narrow(values, dtype), np.finfo(dtype).tiny)


def dirichlet(stream: Stream, concentration: Array) -> Array:
    """Points of the simplex in the last dimension, in the dtype of `concentration`."""
    shares = gamma(stream, concentration)
    total = shares.sum(axis=-1, keepdims=True) if shares.ndim else shares
    with np.errstate(invalid="ignore"):
        return above_zero(shares / total, concentration.dtype)
