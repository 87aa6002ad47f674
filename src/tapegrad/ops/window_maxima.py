"""Where the largest elements of windows are: the work of max pooling.

Small windows at equal distances are compared tap by tap: what all windows have in one place, with what they had in the
places before it. This goes over a few planes at a time, which stay in the cache, in several threads. Windows of any
other kind are described for each dimension by the positions of their elements, an array (out, taps); one with fewer
elements than others repeats its first or its last, which changes no maximum, nor where the last nan is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import prod
from typing import Any, Final

import numpy as np

from .. import threads
from ..autograd.batching import mappable
from ..tensor.dtypes import Array
from .patches import Ints, check_memory, copy_part, is_inside, patches_of, reach_of, taps

BLOCK: Final = 1 << 17  # elements that one thread has before it
LARGE_WINDOW: Final = 16  # elements of a window from which it pays to lay each out in a line


def regular_windows(n: int, kernel: int, stride: int, padding: int, dilation: int, out: int) -> Array:
    """The positions (out, taps) of windows at equal distances."""
    at = np.arange(out)[:, None] * stride - padding + np.arange(kernel) * dilation
    inside = (at >= 0) & (at < n)
    first, last = inside.argmax(1), kernel - 1 - inside[:, ::-1].argmax(1)
    return np.take_along_axis(at, np.clip(np.arange(kernel), first[:, None], last[:, None]), 1)


def adaptive_ranges(n: int, out: int) -> tuple[Array, Array]:
    """Where the windows begin and end that divide a dimension into parts as equal as can be, which may overlap."""
    i = np.arange(out)
    return i * n // max(out, 1), -((-(i + 1) * n) // max(out, 1))


def adaptive_windows(n: int, out: int) -> Array:
    """The positions (out, taps) of adaptive windows."""
    first, last = adaptive_ranges(n, out)
    at = first[:, None] + np.arange(int((last - first).max()) if out else 0)
    return np.minimum(at, last[:, None] - 1)


@mappable
def largest(x: Array, windows: list[Array]) -> Array:
    """The positions of the windows' largest elements in their planes, (*lead, *out); the first of equal ones.

    In a window that holds nans the last of these is its largest element.
    """
    dims = len(windows)
    size, lead = x.shape[x.ndim - dims :], x.shape[: x.ndim - dims]
    best: Array | None = None
    where = np.zeros(0, np.int64)
    floating = x.dtype.kind in "fV"
    for candidate, at in _all_taps(x.reshape(-1, *size), windows, 0):
        if best is None:
            best = candidate.copy()
            where = np.broadcast_to(at, best.shape).copy()
            continue
        better = candidate > best
        if floating:
            better |= candidate != candidate
        np.copyto(best, candidate, where=better)
        np.copyto(where, np.broadcast_to(at, best.shape), where=better)
    return where.reshape(*lead, *[len(w) for w in windows])


def _all_taps(x: Array, windows: list[Array], done: int) -> Iterator[tuple[Array, Array]]:
    """For each combination of taps the elements there and their positions in the plane."""
    if done == len(windows):
        yield x, np.zeros((1,) * done, np.int64)
        return
    window, axis = windows[done], done + 1
    stride = prod(x.shape[axis + 1 :])
    shape = (-1,) + (1,) * (len(windows) - done - 1)
    for k in range(window.shape[1]):
        at = window[:, k]
        for part, inner in _all_taps(x.take(at, axis), windows, done + 1):
            yield part, (at * stride).reshape(shape) + inner


@mappable
def largest_of_regular(x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints) -> Array:
    """`largest` for windows at equal distances, by blocks of planes."""
    check_memory(x)
    size, lead = x.shape[x.ndim - len(kernel) :], x.shape[: x.ndim - len(kernel)]
    if prod(kernel) <= np.iinfo(np.uint8).max:
        places, sound = _by_blocks(x, kernel, stride, padding, dilation, out, True)
        if sound:
            return places
    windows = [regular_windows(*options) for options in zip(size, kernel, stride, padding, dilation, out, strict=True)]
    return largest(x.reshape(*lead, *size), windows)


def maxima_of_regular(x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints) -> Array:
    """The largest elements themselves, where nobody asks for their places."""
    return _by_blocks(x, kernel, stride, padding, dilation, out, False)[0]


def _by_blocks(
    x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints, with_places: bool
) -> tuple[Array, bool]:
    """The places of the largest elements, or these; and whether the places are right."""
    size, lead = x.shape[x.ndim - len(kernel) :], x.shape[: x.ndim - len(kernel)]
    kind = x.dtype
    halves = kind.itemsize == 2 and kind.kind in "fV"
    found = np.empty((prod(lead), *out), np.int64 if with_places else kind)
    planes = x.reshape(-1, *size) if x.size else np.empty((0, *size), kind)
    each = max(1, BLOCK // prod(size))
    blocks = -(-len(planes) // each)
    sound = [True] * blocks

    def work(block: int) -> None:
        rows = slice(block * each, (block + 1) * each)
        # NumPy has no fast loops for halves.
        part = planes[rows].astype(np.float32) if halves else planes[rows]
        best, chosen = _compared(part, kernel, stride, padding, dilation, out, with_places)
        if chosen is None:
            found[rows] = best
            return
        in_window, first = _geometry(size, kernel, stride, padding, dilation, out)
        np.add(in_window.take(chosen), first, out=found[rows])
        # More care is needed where a nan, which compares with nothing, is largest, or what stands for the outside.
        exact = kind.kind in "iu" and not any(padding)
        sound[block] = exact or bool(best.min() > _lowest(part.dtype))

    if blocks == 1:
        work(0)
    else:
        threads.run(work, blocks)
    return found.reshape(*lead, *out), all(sound)


def _lowest(kind: Any) -> Any:
    """What is less than any other number of a type."""
    return -np.inf if kind.kind == "f" else np.iinfo(kind).min


@lru_cache(maxsize=16)
def _geometry(size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints) -> tuple[Array, Array]:
    """The distances of a window's elements from its first, by tap, and the position of that, by window."""
    steps = np.array([prod(size[d + 1 :]) for d in range(len(size))])
    in_window = np.indices(kernel).reshape(len(kernel), -1).T * dilation @ steps
    return in_window, np.moveaxis(np.indices(out), 0, -1) * stride @ steps - np.dot(padding, steps)


def _compared(
    x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints, with_taps: bool
) -> tuple[Array, Array | None]:
    """The largest elements of the windows in some planes and the number of the tap where each is."""
    low, reach = tuple([-p for p in padding]), reach_of(kernel, stride, dilation, out)
    frame = x
    if not is_inside(x, low, reach):
        frame = np.full((len(x), *reach), _lowest(x.dtype), x.dtype)
        copy_part(x, low, frame)
    if with_taps and prod(kernel) >= LARGE_WINDOW:
        windows = patches_of(frame[:, None], kernel, stride, dilation, out)[:, 0]
        lines = np.moveaxis(windows, range(1, 1 + len(kernel)), range(-len(kernel), 0)).reshape(len(x), *out, -1)
        at = lines.argmax(-1)
        return np.take_along_axis(lines, at[..., None], -1), at
    first, *others = taps(kernel, stride, dilation, out)
    best = frame[first].copy()
    candidate = np.empty_like(best)
    if not with_taps:
        for tap in others:
            candidate[...] = frame[tap]  # adjacent, which is what comparisons are fast on
            np.maximum(candidate, best, out=best)
        return best, None
    better, number, chosen = np.empty(best.shape, bool), np.empty(best.shape, np.uint8), np.zeros(best.shape, np.uint8)
    for i, tap in enumerate(others, 1):
        candidate[...] = frame[tap]
        np.greater(candidate, best, out=better)
        np.maximum(candidate, best, out=best)
        np.multiply(better.view(np.uint8), np.uint8(i), out=number)
        np.maximum(chosen, number, out=chosen)
    return best, chosen
