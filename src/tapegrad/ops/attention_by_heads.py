"""Attention and its gradients by a few heads at a time: what is computed on the way stays in the cache.

A piece of work takes some heads from the products before the softmax to those after it; threads share the pieces.  Long
queries are cut as well, so the memory needed grows with the number of keys only.  Scores are held with keys in rows and
queries in columns: maxima and sums then run down the columns, which is done for many columns at a time.

Where there are kernels (`kernels.attention`) a piece is one call of these, without the interpreter lock; otherwise it
is a dozen calls of NumPy.  The functions return None where arrays are not NumPy's own, or too small to pay; the
formulas beside the operator (`attention.py`) then do it.  Results are the same to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from .. import threads
from ..kernels import Kernel, find
from ..quiet import make_quiet
from ..settings import get_num_threads
from ..tensor.arena import scratch
from ..tensor.dtypes import F32, F64, Array

# Scores from which it pays by kernels and by NumPy, and those that one piece of work holds at a time.
_SMALLEST: Final = 4096
_SMALLEST_BY_NUMPY: Final = 1 << 16
_SCORES: Final = 1 << 16
# For kernels: how the last dimension has to divide, multiplications from which threads pay, those of a piece (each one
# takes 15 µs of the interpreter lock), and the most pieces for each thread.
_ROW: Final = 16
_SHARED: Final = 1 << 21
_PIECE: Final = 1 << 22
_PIECES: Final = 8

_ATTENTION: Final = Kernel("attention", "attention")
_ATTENTION_GRADIENTS: Final = Kernel("attention", "attention_gradients")

_max: Any = np.maximum.reduce
_sum: Any = np.add.reduce
_ndarray = np.ndarray
Gradients = tuple[Array | None, Array | None, Array | None]


def _suited(*arrays: Array | None) -> bool:
    """Whether arrays are NumPy's own, of one type of single or double precision."""
    kind = arrays[0].dtype if arrays[0] is not None else None
    if kind is not F32 and kind is not F64:
        return False
    return all(x is None or (x.__class__ is _ndarray and x.dtype is kind) for x in arrays)


def _turned(x: Array) -> Array:
    """Matrices with rows and columns exchanged."""
    return x.swapaxes(-1, -2)


def _mask_of_scores(mask: Array | None, shape: tuple[int, ...]) -> Array | None:
    """What is added to scores of a shape (batch, heads, queries, keys)."""
    return None if mask is None else np.broadcast_to(mask, shape)


def _pieces(batch: int, heads: int, scores: int) -> list[tuple[slice, slice]]:
    """The parts of batch and heads that are worked on together, of so many scores each head."""
    each = max(1, _SCORES // scores)
    if each >= heads:
        each //= heads
        return [(slice(i, i + each), slice(None)) for i in range(0, batch, each)]
    return [(slice(b, b + 1), slice(h, h + each)) for b in range(batch) for h in range(0, heads, each)]


def _cuts(queries: int, keys: int) -> list[slice]:
    """The parts of the queries that are worked on one after the other."""
    each = max(16, _SCORES // keys)
    return [slice(i, min(i + each, queries)) for i in range(0, queries, each)]


def _space(place: int, like: Array, *shape: int) -> Array:
    """Memory for what is needed no longer than a piece of work."""
    size = 1
    for n in shape:
        size *= n
    return scratch(place, size, like.dtype).reshape(shape)


def _exponentials(q: Array, k: Array, mask: Array | None) -> tuple[Array, Array]:
    """e^(k · qᵀ + mask), divided by what makes its greatest 1 in each column, and its sum over the keys.

    Args:
        q: queries that are scaled already.

    Returns:
        Shapes (…, keys, queries) and (…, 1, queries); the sum is 1 where everything is -inf, and so zero.
    """
    scores = _space(0, q, *k.shape[:-1], q.shape[-2])
    np.matmul(k, _turned(q), out=scores)
    if mask is not None:
        np.add(scores, _turned(mask), out=scores)
    top = _max(scores, -2, None, None, True)
    top[top == -np.inf] = 0
    np.subtract(scores, top, out=scores)
    np.exp(scores, out=scores)
    total = _sum(scores, -2, None, None, True)
    total[total == 0] = 1
    return scores, total


def _run(work: Callable[[Any, slice], object], q: Array, k: Array) -> None:
    """Call `work` for each piece and each cut of the queries."""
    batch, heads, queries, _ = q.shape
    keys = k.shape[-2]
    pieces, cuts = _pieces(batch, heads, queries * keys), _cuts(queries, keys)

    def piece(i: int) -> None:
        for cut in cuts:
            work(pieces[i], cut)

    threads.run(piece, len(pieces))


# -- by kernels --------------------------------------------------------------------------------------------------------


def _steps(*arrays: Array) -> list[int]:
    """The steps from one batch, head and row to the next, in elements."""
    return [stride // x.itemsize for x in arrays for stride in x.strides[:3]]


def _has_rows(x: Array) -> bool:
    """Whether a kernel can read an array: each row is contiguous, and rows follow each other upwards."""
    item = x.itemsize
    return x.flags.aligned and x.strides[-1] == item and all(s >= 0 and s % item == 0 for s in x.strides)


def _mask_by_keys(mask: Array | None, q: Array, k: Array) -> tuple[Array, list[int]]:
    """The mask with keys in rows, as compact as it is given, and its steps; for None, anything and no steps."""
    if mask is None:
        return q, [0, 0, 0, 0]
    turned = np.ascontiguousarray(_turned(mask))
    whole = np.broadcast_to(turned, (*k.shape[:-1], q.shape[-2]))
    return turned, [stride // turned.itemsize for stride in whole.strides]


def _places(like: Array, *shapes: tuple[int, ...]) -> list[Array]:
    """Memory for what is computed on the way, that no two share."""
    return [_space(place, like, *shape) for place, shape in enumerate(shapes)]


def _kernel(kernel: Kernel, scores: tuple[int, ...], *arrays: Array) -> Any:
    """A kernel that can read the arrays, or None."""
    first = arrays[0]
    if first.shape[-1] % _ROW or not all(map(_has_rows, arrays)):
        return None
    return find(kernel, first.dtype, math.prod(scores))


def _most(keys: int) -> int:
    """The queries that a kernel takes at a time: scores should stay in the cache, but rows shall be long."""
    return 128 if keys <= 512 else 64


def _share(work: Callable[[int, int], object], count: int, products: int) -> None:
    """Call `work` for the numbers from one to another, until there have been so many; threads share what is much."""
    if products < _SHARED:
        work(0, count)
        return
    workers = get_num_threads()
    pieces = workers * min(max(products // (workers * _PIECE), 1), _PIECES)
    each = -(-count // pieces)
    threads.run(lambda i: work(i * each, min((i + 1) * each, count)), -(-count // each))


def _attended_by_kernel(
    q: Array, k: Array, v: Array, mask: Array | None, scale: float, scores: tuple[int, ...]
) -> Array | None:
    kernel = _kernel(_ATTENTION, scores, q, k, v)
    if kernel is None:
        return None
    batch, heads, queries, keys = scores
    size = q.shape[-1]
    out = np.empty_like(q)
    added, of_mask = _mask_by_keys(mask, q, k)
    steps = np.array([*_steps(q, k, v, out), *of_mask])
    most = _most(keys)
    width = -(-min(most, queries) // 16) * 16

    def work(begin: int, end: int) -> None:
        places = _places(q, (keys, size), (size, width), (width, size), (keys, width), (width,), (width,))
        kernel(
            q, k, v, added, out, *places, steps, begin, end, heads, queries, keys, size, most, mask is not None, scale
        )

    _share(work, batch * heads * -(-queries // most), math.prod(scores) * size)
    return out


def _gradients_by_kernel(
    g: Array, q: Array, k: Array, v: Array, mask: Array | None, scale: float, needs: tuple[bool, bool, bool],
    scores: tuple[int, ...],
) -> Gradients | None:  # fmt: skip
    if not _has_rows(g):
        g = np.ascontiguousarray(g)
    kernel = _kernel(_ATTENTION_GRADIENTS, scores, q, k, v)
    if kernel is None:
        return None
    batch, heads, queries, keys = scores
    size = q.shape[-1]
    found = [np.empty_like(x) if need else None for x, need in zip((q, k, v), needs, strict=True)]
    to = [x if y is None else y for x, y in zip((q, k, v), found, strict=True)]
    added, of_mask = _mask_by_keys(mask, q, k)
    steps = np.array([*_steps(q, k, v, g), *of_mask, *_steps(*to)])
    most = _most(keys)
    width = -(-min(most, queries) // 16) * 16

    def work(begin: int, end: int) -> None:
        places = _places(
            q, (keys, size), (keys, size), (keys, size), (keys, size), (size, width), (width, size), (width, size),
            (keys, width), (keys, width), (width,), (width,),
        )  # fmt: skip
        kernel(
            g, q, k, v, added, *to, *places, steps, begin, end, heads, queries, keys, size, most, mask is not None,
            scale, *needs,
        )  # fmt: skip

    _share(work, batch * heads, 3 * math.prod(scores) * size)
    return found[0], found[1], found[2]


# -- what the operator calls -------------------------------------------------------------------------------------------


def attended(q: Array, k: Array, v: Array, mask: Array | None, scale: float) -> Array | None:
    """softmax(scale · q · kᵀ + mask) · v.

    Args:
        q: shape (batch, heads, queries, E).
        k, v: shape (batch, heads, keys, E).
        mask: broadcasts to (batch, heads, queries, keys).

    Returns:
        An array that lies in memory as q does.

    >>> q = np.ones((2, 8, 64, 8), np.float32)
    >>> attended(q, q, q, None, 1.0).shape
    (2, 8, 64, 8)
    """
    scores = (*q.shape[:-1], k.shape[-2])
    if not _suited(q, k, v, mask) or math.prod(scores) < _SMALLEST:
        return None
    if (found := _attended_by_kernel(q, k, v, mask, scale, scores)) is not None:
        return found
    if math.prod(scores) < _SMALLEST_BY_NUMPY:
        return None
    out = np.empty_like(q)
    added = _mask_of_scores(mask, scores)

    def work(heads: Any, cut: slice) -> None:
        rows = (*heads, cut)
        part = np.multiply(q[rows], scale)
        weights, total = _exponentials(part, k[heads], None if added is None else added[rows])
        np.matmul(_turned(weights), v[heads], out=part)
        np.true_divide(part, _turned(total), out=out[rows])

    _run(work, q, k)
    return out


def gradients(
    g: Array, q: Array, k: Array, v: Array, mask: Array | None, scale: float, needs: tuple[bool, bool, bool]
) -> Gradients | None:
    """The gradients of `attended` by q, k and v, None for those that are not needed.

    Args:
        g: the gradient of the result.
        needs: which are needed.
    """
    shape = (*q.shape[:-1], k.shape[-2])
    if not _suited(g, q, k, v, mask) or math.prod(shape) < _SMALLEST:
        return None
    if (found := _gradients_by_kernel(g, q, k, v, mask, scale, needs, shape)) is not None:
        return found
    if math.prod(shape) < _SMALLEST_BY_NUMPY:
        return None
    by_q, by_k, by_v = (np.empty_like(x) if need else None for x, need in zip((q, k, v), needs, strict=True))
    added = _mask_of_scores(mask, shape)

    def work(heads: Any, cut: slice) -> None:
        rows = (*heads, cut)
        part, keys = np.multiply(q[rows], scale), k[heads]
        weights, total = _exponentials(part, keys, None if added is None else added[rows])
        shares = np.true_divide(g[rows], _turned(total))
        if by_v is not None:
            _product(weights, shares, by_v[heads], cut)
        if by_q is None and by_k is None:
            return
        slopes = np.matmul(v[heads], _turned(shares), out=_space(1, q, *weights.shape))
        np.multiply(slopes, weights, out=slopes)
        level = _sum(slopes, -2, None, None, True)
        np.true_divide(level, total, out=level)
        np.multiply(weights, level, out=weights)
        np.subtract(slopes, weights, out=slopes)
        if by_k is not None:
            _product(slopes, part, by_k[heads], cut)
        if by_q is not None:
            np.matmul(_turned(slopes), keys, out=part)
            np.multiply(part, scale, out=by_q[rows])

    _run(work, q, k)
    return by_q, by_k, by_v


def _product(a: Array, b: Array, out: Array, cut: slice) -> None:
    """a · b into `out` for the first cut of the queries, and added to what is there for the others."""
    if cut.start == 0:
        np.matmul(a, b, out=out)
    else:
        np.add(out, np.matmul(a, b), out=out)


make_quiet(globals())

__all__ = ["attended", "gradients"]
