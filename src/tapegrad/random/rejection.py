"""Poisson and binomial numbers: draws that use as many uniforms as chance will have it.

They are made one by one in Python, some microseconds each; the results are torch's for the same seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .continuous import F64, narrow
from .stream import Stream

Array = np.ndarray[Any, Any]


class _Uniforms:
    """Single float64 uniforms, for draws that do not know beforehand how many they need.

    The numbers are read ahead from a copy of the stream; `close` then moves the stream on by as many as were used.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._ahead = stream.copy()
        self._read: list[float] = []
        self._used = 0
        self._chunk = 64

    def __call__(self) -> float:
        if not self._read:
            self._read = self._ahead.uniform64(self._chunk).tolist()[::-1]
            self._chunk = min(2 * self._chunk, 65536)
        self._used += 1
        return self._read.pop()

    def close(self) -> None:
        self._stream.words(2 * self._used)


def _one_by_one(stream: Stream, sample: Callable[..., float], *arguments: Array) -> Array:
    """`sample(uniform, a, b, …)` for each element of the arguments, float64 of their shape."""
    with stream.lock:
        uniforms = _Uniforms(stream)
        flat = [argument.ravel().tolist() for argument in arguments]
        values = [sample(uniforms, *each) for each in zip(*flat, strict=True)]
        uniforms.close()
    return np.array(values, F64).reshape(arguments[0].shape)


def poisson(stream: Stream, rate: Array) -> Array:
    """Poisson numbers of mean `rate` ≥ 0, of its dtype (a float type) and shape."""
    return narrow(_one_by_one(stream, _poisson, rate.astype(F64)), rate.dtype)


def _poisson(uniform: Callable[[], float], rate: float) -> float:
    if rate >= 10:
        return _poisson_by_rejection(uniform, rate)
    if rate == 0:
        return 0.0
    limit = math.exp(-rate)
    product = uniform()
    events = 0
    while product > limit:
        events += 1
        product *= uniform()
    return float(events)


def _poisson_by_rejection(uniform: Callable[[], float], rate: float) -> float:
    """Hörmann, "The transformed rejection method for generating Poisson random variables" (1993), algorithm PTRS."""
    log_rate = math.log(rate)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = uniform() - 0.5
        v = uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43) if us > 0 else -1
        if us >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        if _log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b) <= k * log_rate - rate - math.lgamma(k + 1):
            return float(k)


def binomial(stream: Stream, count: Array, p: Array) -> Array:
    """Binomial numbers: successes among `count` trials of probability `p`; of their common dtype and shape."""
    # torch evaluates some of the constants in the type of the tensors, which this rounding imitates.
    rounded = (lambda x: float(np.float32(x))) if count.dtype != F64 else float

    def sample(uniform: Callable[[], float], count: float, p: float) -> float:
        if count <= 0 or p <= 0:
            return 0.0
        if p >= 1:
            return count
        if p > 0.5:
            return count - sample(uniform, count, rounded(1.0 - p))
        if not p <= 0.5:
            return math.nan
        by = _binomial_by_rejection if rounded(count * p) >= 10 else _binomial_by_gaps
        return by(uniform, count, p, rounded)

    return narrow(_one_by_one(stream, sample, count.astype(F64), p.astype(F64)), count.dtype)


def _binomial_by_gaps(uniform: Callable[[], float], count: float, p: float, rounded: Callable[[float], float]) -> float:
    """Add up the geometric gaps between successes until they exceed the number of trials."""
    log_failure = rounded(math.log1p(-p))
    trials = successes = 0.0
    while True:
        u = uniform()
        trials += math.ceil(math.log(u) / log_failure) if u > 0 else math.inf
        if trials > count:
            return successes
        successes += 1


def _binomial_by_rejection(
    uniform: Callable[[], float], count: float, p: float, rounded: Callable[[float], float]
) -> float:
    """Hörmann, "The generation of binomial random variates" (1993), algorithm BTRS; count · p ≥ 10, p ≤ ½."""
    mean = rounded(count * p)
    failure = rounded(1 - p)
    deviation = rounded(math.sqrt(rounded(mean * failure)))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = mean + 0.5
    v_r = 0.92 - 4.2 / b
    odds = rounded(p / failure)
    alpha = (2.83 + 5.1 / b) * deviation
    mode = math.floor(rounded((count + 1) * p))
    while True:
        u = uniform() - 0.5
        v = uniform()
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + c) if us > 0 else -1
        if k < 0 or k > count:
            continue
        if us >= 0.07 and v <= v_r:
            return float(k)
        bound = (
            (mode + 0.5) * math.log((mode + 1) / (odds * (count - mode + 1)))
            + (count + 1) * math.log((count - mode + 1) / (count - k + 1))
            + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
            + _stirling_tail(mode)
            + _stirling_tail(count - mode)
            - _stirling_tail(k)
            - _stirling_tail(count - k)
        )
        if _log(v * alpha / (a / (us * us) + b)) <= bound:
            return float(k)


def _stirling_tail(k: float) -> float:
    """log k! minus Stirling's approximation of it."""
    if k < 10:
        return math.lgamma(k + 1) - ((k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2 * math.pi))
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf
