"""Draws of categories with given weights: `torch.multinomial` on raw arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .continuous import F64, exponential
from .layout import laid_out_like
from .selection import largest
from .stream import Stream

Array = np.ndarray[Any, Any]


def multinomial(stream: Stream, weights: Array, count: int, replacement: bool) -> Array:
    """Indices of categories, drawn with probabilities proportional to their weights.

    Args:
        weights: of a floating-point type, shape (categories,) or (rows, categories), not negative
        count: draws per row, at least 1; without replacement at most as many as there are categories
        replacement: whether a category can be drawn again

    Returns:
        int64 of shape (count,) or (rows, count).

    Raises:
        RuntimeError: a weight is negative, infinite or not a number, or all weights of a row are zero.
    """
    # Of a single draw both ways are correct; torch takes the one without replacement.
    draw = _with_replacement if replacement and count > 1 else _without_replacement
    return draw(stream, weights, count)


def _with_replacement(stream: Stream, weights: Array, count: int) -> Array:
    rows = np.atleast_2d(weights)
    if rows.dtype.itemsize == 2:
        rows = rows.astype(np.float32)
    if not (rows >= 0).all():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)")
    if np.isinf(rows).any():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry = infinity or NaN)")
    # np.cumsum adds from left to right in the type of the weights, as torch does.
    bounds = np.cumsum(rows, axis=1)
    if not (bounds[:, -1:] > 0).any(axis=1).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    bounds /= bounds[:, -1:].copy()
    bounds[:, -1] = 1
    with stream.lock:
        uniform = stream.uniform64(len(rows) * count).reshape(len(rows), count)
    drawn = np.array(
        [np.searchsorted(bound, u) for bound, u in zip(bounds.astype(F64), uniform, strict=True)], np.int64
    )
    return drawn.reshape(*weights.shape[:-1], count)


def _without_replacement(stream: Stream, weights: Array, count: int) -> Array:
    """The first `count` to arrive, where each category arrives after an exponential time of rate its weight."""
    if not (weights.max() < np.inf and weights.min() >= 0):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not weights.any(axis=-1).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    unit_times = laid_out_like(weights, exponential(stream, weights.shape, weights.dtype))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        speed = weights / unit_times
    if count == 1:
        first: Array = speed.argmax(axis=-1, keepdims=True)
        return first
    rows = np.atleast_2d(speed)
    return np.array([largest(row, count) for row in rows], np.int64).reshape(*weights.shape[:-1], count)
