"""Convolution and transposed convolution, in any number of dimensions.

Three operators are linear in each of two arrays, and each gives the gradients of the others: with x the images, w the
weights and y the results,

    correlated(x, w) -> y        correlated_input(y, w) -> x        correlated_weight(x, y) -> w

so all derivatives of any order are among them. A transposed convolution is `correlated_input`.

Compiled kernels do it where there are any (see `convolution_kernels.py`). Otherwise each is a matrix product per image
and group, one side of which are the image's patches (see `columns.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from math import gcd, prod
from typing import Any, Final, NamedTuple

import numpy as np

from .. import threads
from ..tensor.arena import empty
from ..tensor.dtypes import Array
from .columns import Columns
from .convolution_kernels import Part, convolve, gradient_by_weights, made_weights, turned_weights_of, weights_of
from .op import operator
from .patches import Ints, check_memory, patches_of
from .vocabulary import conj, phrase, summed
from .workplaces import borrow, give_back

COLUMNS: Final = 1 << 18  # elements of columns that are made at once, so that they stay in the cache
SMALL_PRODUCT: Final = 1_000_000  # multiplications of a matrix product that BLAS does in one thread
LARGE_WORK: Final = 3_000_000  # multiplications from which several threads pay


def padded(x: Array, padding: Ints) -> Array:
    """Images with zeros around them."""
    if not any(padding):
        return x
    size = [n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True)]
    y = np.zeros((*x.shape[:2], *size), x.dtype)
    inside: Any = (..., *[slice(p, p + n) for n, p in zip(x.shape[2:], padding, strict=True)])
    y[inside] = x
    return y


def output_size(size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Ints:
    """The size of the results of a convolution."""
    return tuple(
        [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
        ]
    )


def _wide(x: Array) -> Array:
    """Halves are added up in single precision."""
    return x.astype(np.float32) if x.itemsize == 2 and x.dtype.kind in "fV" else x


def _kind_of_sums(x: Array) -> Any:
    """The dtype in which products are added up."""
    return np.dtype(np.float32) if x.itemsize == 2 and x.dtype.kind in "fV" else x.dtype


class _Blocks:
    """A batch of images by blocks, with the columns of each.

    Attributes:
        count: the number of blocks, which follows from sizes alone.
    """

    def __init__(
        self, x: Array, outs: int, groups: int, kernel: Ints, stride: Ints, dilation: Ints, low: Ints, out: Ints
    ) -> None:
        channels, places = x.shape[1], prod(out)
        columns = channels * prod(kernel) * places
        product = outs * columns // groups**2
        in_threads = product <= SMALL_PRODUCT and product * groups * len(x) >= LARGE_WORK
        count = -(-len(x) * columns // COLUMNS)
        if in_threads:
            count = max(2, count + count % 2)  # so that threads have equal shares
        self.x, self.each = x, -(-len(x) // max(1, count))
        self.count = -(-len(x) // self.each)
        self._in_threads = in_threads and self.count > 1
        self._options = (self.each, channels, groups, kernel, stride, dilation, low, out, _kind_of_sums(x))
        # An image is its own columns where windows have one element.
        self._plain = prod(kernel) == 1 and set(stride) == {1} and not any(low) and x.shape[2:] == out
        self._plain = self._plain and x.dtype == _kind_of_sums(x)

    def rows(self, block: int) -> slice:
        """The images of a block."""
        return slice(block * self.each, min((block + 1) * self.each, len(self.x)))

    def run(self, work: Callable[[slice, Array, int], object]) -> None:
        """Call `work` with each block's images, their columns (n, groups, taps · channels, places), and number."""

        def one(block: int) -> None:
            rows = self.rows(block)
            if self._plain:
                part = self.x[rows]
                groups = self._options[2]
                work(rows, part.reshape(len(part), groups, part.shape[1] // groups, -1), block)
                return
            columns = borrow(Columns, *self._options)
            work(rows, columns.of(self.x[rows]), block)
            give_back(columns)

        if self._in_threads:
            threads.run(one, self.count)
        else:
            for block in range(self.count):
                one(block)


def _as_matrices(w: Array, groups: int) -> Array:
    """Weights (O, C / groups, *kernel) in the order of columns: (groups, O / groups, taps · channels)."""
    channels_last = w.transpose(0, *range(2, w.ndim), 1)
    return channels_last.reshape(groups, w.shape[0] // groups, -1)


def _correlate(
    x: Array, w: Array, b: Array | None, stride: Ints, dilation: Ints, low: Ints, groups: int, y: Array
) -> None:
    """Put into `y` the results of windows, the first of which begins at `low`."""
    out, outs = y.shape[2:], w.shape[0]
    if y.size == 0 or w.size == 0:
        y[...] = 0 if b is None else b.reshape(-1, *(1,) * len(out))
        return
    blocks = _Blocks(x, outs, groups, w.shape[2:], stride, dilation, low, out)
    matrices = _as_matrices(_wide(w), groups)
    bias = None if b is None else b.reshape(-1, *(1,) * len(out))
    direct = y.flags.c_contiguous and y.dtype == matrices.dtype

    def work(rows: slice, columns: Array, block: int) -> None:
        part = y[rows]
        if not direct:
            made = np.matmul(matrices, columns).reshape(part.shape)
            part[...] = made if bias is None else made + bias
            return
        np.matmul(matrices, columns, out=part.reshape(len(part), *matrices.shape[:2], -1))
        if bias is not None:
            part += bias

    blocks.run(work)


@operator(node="ConvolutionBackward0")
def correlated(
    x: Array, w: Array, b: Array | None = None, /,
    stride: Ints = (), padding: Ints = (), dilation: Ints = (), groups: int = 1, out: Ints = (),
) -> Array:  # fmt: skip
    """The results (N, O, *out) of weights (O, C / groups, *kernel) on images (N, C, *size).

    `out` may leave out some at the end.
    """
    check_memory(x, w, b)
    y = empty((x.shape[0], w.shape[0], *out), x.dtype)
    low = tuple([-p for p in padding])
    if not convolve(x, w, b, [Part(y, weights_of(w, groups), stride, dilation, low)]):
        _correlate(x, w, b, stride, dilation, low, groups, y)
    return y


@operator(node="ConvolutionBackward0")
def correlated_input(
    y: Array, w: Array, b: Array | None = None, /,
    stride: Ints = (), padding: Ints = (), dilation: Ints = (), groups: int = 1, size: Ints = (),
) -> Array:  # fmt: skip
    """The transpose of `correlated`: images (N, C, *size), to which every result adds its weights.

    What arrives in one place is a correlation of the results with the taps that reach it, in reverse. With a stride
    these are others in each of `stride` neighbouring places, and so the same for all places that far apart.
    """
    check_memory(y, w, b)
    kernel, ones = w.shape[2:], (1,) * len(size)
    parts: list[Part] = []
    taps: list[Any] = []
    x = empty((y.shape[0], groups * w.shape[1], *size), y.dtype)
    options = zip(stride, padding, dilation, kernel, size, strict=True)
    for phase in product(*[_phases(*dimension) for dimension in options]):
        places: Any = (..., *[p.places for p in phase])
        images = x[places]
        if any(p.step == 0 for p in phase):  # no tap reaches these
            images[...] = 0 if b is None else b.reshape(-1, *ones)
            continue
        taps.append(tuple([p.taps for p in phase]))
        weights = turned_weights_of(w, groups, taps[-1])
        parts.append(Part(images, weights, ones, tuple([p.step for p in phase]), tuple([p.low for p in phase])))
    if convolve(y, w, b, parts):
        return x
    turned = _turned(w, groups)
    for part, used in zip(parts, taps, strict=True):
        _correlate(y, turned[(..., *used)], b, ones, part.apart, part.low, groups, part.y)
    return x


def _turned(w: Array, groups: int) -> Array:
    """Weights (O, C / groups, *kernel) as those that give images from results: (C, O / groups, *kernel)."""
    o, each, *kernel = w.shape
    turned = np.swapaxes(w.reshape(groups, o // groups, each, *kernel), 1, 2)
    return turned.reshape(groups * each, o // groups, *kernel)


class _Phase(NamedTuple):
    """Places of an image, `stride` apart in a dimension, which the same taps reach.

    Attributes:
        taps: which, the last one first.
        low: the result that reaches the first place by the first of these.
        step: the distance of results that reach one place by neighbouring taps; 0 if there are no taps.
    """

    places: slice
    taps: slice
    low: int
    step: int


@lru_cache(maxsize=256)
def _phases(stride: int, padding: int, dilation: int, kernel: int, size: int) -> list[_Phase]:
    """The phases of a dimension.

    >>> [(p.places.start, p.low, p.step) for p in _phases(2, 1, 1, 3, 8)]
    [(1, 0, 1), (0, 0, 1)]
    """
    found = []
    apart = stride // gcd(stride, dilation)  # taps that reach the same places
    for phase in range(min(stride, size + padding)):
        first = -((phase - padding) // stride)  # result number of the first place, by a tap at 0
        place = first * stride + phase - padding
        if place >= size:
            continue
        places = slice(place, None, stride)
        taps = [k for k in range(kernel) if k * dilation % stride == phase]
        if not taps:
            found.append(_Phase(places, slice(0), 0, 0))
            continue
        backwards = slice(taps[-1], None if taps[0] < apart else taps[0] - apart, -apart)
        low = first - (taps[-1] * dilation - phase) // stride
        found.append(_Phase(places, backwards, low, dilation * apart // stride))
    return found


@operator(node="ConvolutionBackwardBackward0")
def correlated_weight(
    x: Array, y: Array, /, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Array:
    """The sums over samples and places of products of results and patches: (O, C / groups, *kernel)."""
    check_memory(x, y)
    o, each, out = y.shape[1], x.shape[1] // groups, y.shape[2:]
    if x.size == 0 or y.size == 0:
        return np.zeros((o, each, *kernel), x.dtype)
    low = tuple([-p for p in padding])
    sums_of_rows = gradient_by_weights(x, y, made_weights(o, each, kernel, groups), stride, dilation, low)
    if sums_of_rows is not None:
        return sums_of_rows.reshape(o, each, *kernel)
    blocks = _Blocks(x, o, groups, kernel, stride, dilation, low, out)
    # The weights of a group are (taps · channels, results) here: OpenBLAS is slow at the transpose of this.
    sums = np.empty((blocks.count, groups, prod(kernel) * each, o // groups), _kind_of_sums(x))

    def work(rows: slice, columns: Array, block: int) -> None:
        results = _wide(y[rows]).reshape(len(columns), groups, o // groups, -1)
        np.add.reduce(np.matmul(columns, results.swapaxes(2, 3)), 0, out=sums[block])

    blocks.run(work)
    total = np.add.reduce(sums, 0).swapaxes(1, 2)
    dims = len(kernel)
    w = total.reshape(o, *kernel, each).transpose(0, dims + 1, *range(1, dims + 1))
    return np.ascontiguousarray(w.astype(x.dtype, copy=False))


@phrase
def bias_sum(g: Any) -> Any:
    """The sum over samples and places, for each channel."""
    return summed(g, (0, *range(2, g.ndim)), False)


correlated.linear_in("x", "w", plus=("b",)).with_rules(
    x=lambda g, w, x_shape, stride, padding, dilation, groups: correlated_input(
        g, conj(w), None, stride, padding, dilation, groups, x_shape[2:]
    ),
    w=lambda g, x, w_shape, stride, padding, dilation, groups: correlated_weight(
        conj(x), g, w_shape[2:], stride, padding, dilation, groups
    ),
    b=lambda g: bias_sum(g),
)
correlated_input.linear_in("y", "w", plus=("b",)).with_rules(
    y=lambda g, w, y_shape, stride, padding, dilation, groups: correlated(
        g, conj(w), None, stride, padding, dilation, groups, y_shape[2:]
    ),
    w=lambda g, y, w_shape, stride, padding, dilation, groups: correlated_weight(
        g, conj(y), w_shape[2:], stride, padding, dilation, groups
    ),
    b=lambda g: bias_sum(g),
)
correlated_weight.linear_in("x", "y").with_rules(
    x=lambda g, y, x_shape, stride, padding, dilation, groups: correlated_input(
        conj(y), g, None, stride, padding, dilation, groups, x_shape[2:]
    ),
    y=lambda g, x, y_shape, stride, padding, dilation, groups: correlated(
        conj(x), g, None, stride, padding, dilation, groups, y_shape[2:]
    ),
)


@operator(name="unfolded", node="Im2ColBackward0")
def unfolded(x: Array, /, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Array:
    """The patches of images (…, C, H, W) as columns (…, C · kernel, places), with or without samples."""
    out = output_size(x.shape[-2:], kernel, stride, padding, dilation)
    images = x.reshape(-1, *x.shape[-3:])
    patches = patches_of(padded(images, padding), kernel, stride, dilation, out)
    return patches.reshape(*x.shape[:-3], x.shape[-3] * prod(kernel), prod(out)).copy()


@operator(name="folded", node="Col2ImBackward0")
def folded(x: Array, /, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, size: Ints) -> Array:
    """The transpose of `unfolded`: columns added up in images."""
    out = output_size(size, kernel, stride, padding, dilation)
    n, c = prod(x.shape[:-2]), x.shape[-2] // prod(kernel)
    columns = x.reshape(n, c, *kernel, *out)
    whole = np.zeros((n, c, *[s + 2 * p for s, p in zip(size, padding, strict=True)]), x.dtype)
    for at in np.ndindex(*kernel):
        part = [slice(k * d, k * d + (m - 1) * s + 1, s) for k, d, m, s in zip(at, dilation, out, stride, strict=True)]
        strided: Any = (..., *part)
        whole[strided] += columns[(slice(None), slice(None), *at)]
    inside: Any = (..., *[slice(p, p + s) for s, p in zip(size, padding, strict=True)])
    inner = whole[inside]
    return inner.reshape(*x.shape[:-2], c, *size).copy()


unfolded.linear_in("x").with_rules(
    x=lambda g, x_shape, kernel, stride, padding, dilation: folded(g, kernel, stride, padding, dilation, x_shape[-2:])
)
folded.linear_in("x").with_rules(
    x=lambda g, kernel, stride, padding, dilation: unfolded(g, kernel, stride, padding, dilation)
)

METHODS: dict[str, Any] = {}

__all__: list[str] = []
