"""Convolutions by compiled kernels, which need no columns: plain arrays of single and double precision.

What a kernel has to know of shapes, strides and taps is worked out once for each kind of call (`_plan`). Threads share
the images, or the channels of results where there are few images, and for the gradient by the weights, so that nothing
has to be added up in the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, Final, NamedTuple

import numpy as np

from .. import threads
from ..kernels import Kernel, find
from ..kernels.convolution import NUMBERS, SPAN
from ..tensor.dtypes import Array
from .patches import Ints
from .workplaces import borrow, give_back

_CONVOLUTION: Final = Kernel("convolution", "convolution")
_WEIGHT_GRADIENT: Final = Kernel("convolution", "weight_gradient")

LARGE_WORK: Final = 3_000_000  # multiplications from which several threads pay
SHARE: Final = 12_000_000  # multiplications of a thread's share of more than that
MOST_SHARES: Final = 16
FEW_IMAGES: Final = 4
BATCH: Final = 1 << 19  # bytes of the images that are in the cache together for the gradient by the weights
LARGEST: Final = 1 << 22  # bytes of one such image; beyond, going through memory for each tap takes too long
REGISTER: Final = 64  # bytes of a kernel's registers at most


@dataclass(frozen=True, eq=False, slots=True)
class _Plan:
    """What a kernel is told, and what it needs.

    Attributes:
        about: the numbers that `kernels.convolution` names.
        table: for each tap how far on it reads in a frame, and where its weight is.
        frame: elements of the frame of an image's channel.
        span: elements of a frame from the first window to the last.
    """

    about: Array
    table: Array
    frame: int
    span: int


class Weights(NamedTuple):
    """Where weights are: distances in elements, and what is taken of each dimension.

    Attributes:
        groups, rows, channels: how many; rows and channels of a group.
        next_row, next_channel, next_group, next_tap: how far apart they are.
        taps: the numbers of those that are used, in the order of what they see.
    """

    groups: int
    rows: int
    channels: int
    next_group: int
    next_row: int
    next_channel: int
    next_tap: Ints
    taps: tuple[Ints, ...]


def weights_of(w: Array, groups: int) -> Weights:
    """Weights (O, C / groups, *kernel) of which each row gives a channel of results."""
    row, channel, *tap = [s // w.itemsize for s in w.strides]
    rows, channels, *kernel = w.shape
    rows //= groups
    return Weights(
        groups, rows, channels, rows * row, row, channel, tuple(tap), tuple([tuple(range(k)) for k in kernel])
    )


def turned_weights_of(w: Array, groups: int, taps: tuple[slice, ...]) -> Weights:
    """The same weights, of which each channel gives a channel of images; some of the taps, in the order of slices."""
    back = weights_of(w, groups)
    used = tuple([k[part] for k, part in zip(back.taps, taps, strict=True)])
    return Weights(
        groups, back.channels, back.rows, back.next_group, back.next_channel, back.next_row, back.next_tap, used
    )


def made_weights(rows: int, channels: int, kernel: Ints, groups: int) -> Weights:
    """Weights (rows, channels, *kernel) of all groups that are to be made, of which each channel gives one row."""
    taps = tuple([tuple(range(k)) for k in kernel])
    return Weights(groups, rows // groups, channels, 0, 0, 0, (0,) * len(kernel), taps)


def _three(values: Ints, one: int) -> Ints:
    return (one,) * (3 - len(values)) + values


@lru_cache(maxsize=256)
def _plan(
    x_shape: Ints, x_strides: Ints, y_shape: Ints, y_strides: Ints, weights: Weights, stride: Ints, apart: Ints,
    low: Ints, itemsize: int,
) -> _Plan:  # fmt: skip
    """The plan for arrays of some shapes and strides in bytes."""
    x_steps, y_steps = ([s // itemsize for s in strides] for strides in (x_strides, y_strides))
    stride, apart, low, out = _three(stride, 1), _three(apart, 1), _three(low, 0), _three(y_shape[2:], 1)
    taps = ((0,),) * (3 - len(weights.taps)) + weights.taps
    next_tap = _three(weights.next_tap, 0)
    last = [(len(k) - 1) * a for k, a in zip(taps, apart, strict=True)]
    phases = [min(s, n + 1) for s, n in zip(stride, last, strict=True)]
    size = [m + n // s for m, n, s in zip(out, last, stride, strict=True)]
    table = []
    frame = prod(phases) * prod(size)
    for channel in range(weights.channels):
        for tap in product(*[range(len(k)) for k in taps]):
            seen, phase, weight = 0, 0, channel * weights.next_channel
            for d, k in enumerate(tap):
                on, at = divmod(k * apart[d], stride[d])
                seen, phase = seen * size[d] + on, phase * phases[d] + at
                weight += taps[d][k] * next_tap[d]
            table.append((channel * frame + phase * prod(size) + seen, weight))
    about = [
        *x_steps[:2], *_three(tuple(x_steps[2:]), 0), *_three(x_shape[2:], 1), *low, *stride, *phases, *size,
        *y_steps[:2], *_three(tuple(y_steps[2:]), 0), *out,
        weights.channels, weights.rows, len(table), weights.next_row, weights.next_group,
    ]  # fmt: skip
    assert len(about) == NUMBERS
    span = ((out[0] - 1) * size[1] + out[1] - 1) * size[2] + out[2]
    return _Plan(np.array(about, np.int64), np.array(table, np.int64), frame, span)


class Frames:
    """Zeros for frames, and for results of the same layout; what is between rows stays zero."""

    def __init__(self, frames: int, results: int, kind: Any, plan: _Plan) -> None:
        self.options = (frames, results, kind, plan)
        self.frames, self.results = np.zeros(frames, kind), np.zeros(results, kind)
        self.nbytes = self.frames.nbytes + self.results.nbytes


def _shares(work: int, count: int, smallest: int) -> list[tuple[int, int]]:
    """The bounds of parts of `count`, which threads share where there is much work."""
    parts = min(MOST_SHARES, max(2, work // SHARE // 2 * 2), count // smallest) if work >= LARGE_WORK else 1
    each = -(-count // max(1, parts))
    each = -(-each // smallest) * smallest
    return [(k, min(k + each, count)) for k in range(0, count, each)]


def _are_plain(*arrays: Array) -> bool:
    """Whether a kernel can read arrays: all of one type that there are kernels for, in any layout."""
    kind = arrays[0].dtype
    if kind.char not in "fd":
        return False
    for array in arrays:
        if array.__class__ is not np.ndarray or array.dtype != kind or not array.flags.aligned or not array.size:
            return False
    return True


class Part(NamedTuple):
    """Some of the results of a convolution.

    Attributes:
        y: where they go.
        weights: with which.
        stride, apart: the distances of windows, and of taps.
        low: where the first window begins.
    """

    y: Array
    weights: Weights
    stride: Ints
    apart: Ints
    low: Ints


def convolve(x: Array, w: Array, b: Array | None, parts: list[Part]) -> bool:
    """Put the results of windows on x where they belong, if there is a kernel for it; whether there is."""
    if not parts or not _are_plain(x, w, *[y for y, *_ in parts]) or (b is not None and not _are_plain(x, b)):
        return False
    found = find(_CONVOLUTION, x.dtype, x.size + sum([y.size for y, *_ in parts]))
    if found is None:
        return False
    kernel, size = found, x.itemsize
    plans = [_plan(x.shape, x.strides, y.shape, y.strides, *options, size) for y, *options in parts]
    images, outs = parts[0].y.shape[:2]
    bias = np.zeros(outs, x.dtype) if b is None else np.ascontiguousarray(b)
    register = REGISTER // size
    by_images = images >= FEW_IMAGES
    work = sum([part.y.size * len(plan.table) for part, plan in zip(parts, plans, strict=True)])
    shares = _shares(work, images if by_images else outs, 1 if by_images else 4)

    def one(share: int) -> None:
        begin, end = shares[share]
        bounds = (begin, end, 0, outs) if by_images else (0, images, begin, end)
        for part, plan in zip(parts, plans, strict=True):
            memory = borrow(Frames, x.shape[1] * plan.frame + register, 4 * (SPAN + register), x.dtype, plan)
            kernel(x, w, bias, part.y, memory.frames, memory.results, plan.table, plan.about, *bounds)
            give_back(memory)

    threads.run(one, len(shares))
    return True


def gradient_by_weights(x: Array, y: Array, weights: Weights, stride: Ints, apart: Ints, low: Ints) -> Array | None:
    """The sums of products of y and what each tap sees, shape (rows · groups, channels · taps).

    Returns:
        None if there is no kernel for it.
    """
    if not _are_plain(x, y):
        return None
    images, outs = y.shape[:2]
    plan = _plan(x.shape, x.strides, y.shape, y.strides, weights, stride, apart, low, x.itemsize)
    register = REGISTER // x.itemsize
    row = -(-plan.span // register) * register
    shares = _shares(y.size * len(plan.table), outs, 4)
    each = (x.shape[1] * plan.frame + shares[0][1] * row) * x.itemsize
    if each > LARGEST:
        return None
    found = find(_WEIGHT_GRADIENT, x.dtype, x.size + y.size)
    if found is None:
        return None
    kernel = found
    batch = min(images, max(1, BATCH // each))
    w = np.zeros((outs, len(plan.table)), x.dtype)

    def one(share: int) -> None:
        begin, end = shares[share]
        sizes = (batch * x.shape[1] * plan.frame + register, batch * (end - begin) * row)
        memory = borrow(Frames, *sizes, x.dtype, plan)
        masks = np.empty(2 * row // (REGISTER // x.itemsize) + 1, np.int64)
        kernel(x, y, w, memory.frames, memory.results, plan.table, masks, plan.about, images, batch, begin, end)
        give_back(memory)

    threads.run(one, len(shares))
    return w


__all__ = ["Part", "Weights", "convolve", "gradient_by_weights"]
