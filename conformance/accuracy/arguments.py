"""Arguments on which errors show: over all magnitudes, evenly, and close to zeros, poles and ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Domain:
    """Where a function is tried.

    Attributes:
        low, high: the ends, which are tried.
        near: further points whose surroundings are tried: zeros, poles, ends of branches.
        smallest: the smallest magnitude; None for the smallest of the dtype, which is not normal.
        whole: only whole numbers.
    """

    low: float
    high: float
    near: tuple[float, ...] = ()
    smallest: float | None = None
    whole: bool = False

    def points(self, count: int, dtype: str) -> Array:
        """About `count` arguments of each kind, in order."""
        kind = np.dtype(dtype).type
        limits = np.finfo(kind)
        low, high = max(self.low, float(limits.min)), min(self.high, float(limits.max))
        if self.whole:
            return np.unique(np.round(np.linspace(low, high, count))).astype(kind)
        rng = np.random.default_rng(count)
        smallest = float(limits.smallest_subnormal) if self.smallest is None else self.smallest
        largest = max(abs(low), abs(high))
        magnitudes = np.exp(rng.uniform(np.log(smallest), np.log(largest), count))
        pieces = [magnitudes, -magnitudes, [smallest, -smallest]]
        step = min(largest, 50.0)  # where most functions have their branches
        pieces.append(rng.uniform(max(low, -step), min(high, step), count))
        pieces.append(rng.uniform(max(low, -4.0), min(high, 4.0), count))
        with np.errstate(over="ignore", under="ignore"):  # beyond the ends, which is cut off
            for point in (low, high, *self.near):
                pieces.append(_around(point, count, int(limits.nmant), rng))
            x = np.unique(np.concatenate([np.asarray(piece, np.float64) for piece in pieces]).astype(kind))
        return x[(x >= kind(low)) & (x <= kind(high)) & ((np.abs(x) >= kind(smallest)) | (x == 0))]


def _around(point: float, count: int, bits: int, rng: np.random.Generator) -> Array:
    """A point, its neighbours, and numbers that come closer and closer to it from both sides."""
    distances = np.exp2(rng.uniform(-bits, -1, max(count // 4, 6))) * (abs(point) or 1.0)
    beside = [point, np.nextafter(point, -np.inf), np.nextafter(point, np.inf)]
    return np.concatenate([beside, point - distances, point + distances])
