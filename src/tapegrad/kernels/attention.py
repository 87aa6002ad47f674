"""Attention and its gradients, head by head, with the products of matrices among them.

A head's queries are taken up to `width` at a time.  Their scores are held with keys in rows and queries in columns, and
so what runs down a column, maximum and sum, is done for as many columns at once as a register holds.  Products go by
blocks of 4 × 4 numbers that stay in registers, each multiplied with a row.

Arrays of queries, keys and values are given by where they begin and by their steps in memory, in elements: `steps` has,
for queries, keys, values, result and mask, those from one batch, head and row to the next, and for the mask those
from column to column as well.  The mask has keys in rows.
"""

from __future__ import annotations

from .words import Integers, Reals, added, exp, fused, infinity, larger, real


def product(
    a: Reals, at_a: int, row_a: int, column_a: int, b: Reals, at_b: int, row_b: int, c: Reals, at_c: int, row_c: int,
    rows: int, depth: int, columns: int, add: int,
) -> None:  # fmt: skip
    """The product of a, of any steps, and b, whose rows are contiguous as those of c, where it goes or is added to."""
    if not add:
        for i in range(rows):
            o = at_c + i * row_c
            for j in range(columns):
                c[o + j] = real(0)
    for i in range(0, rows // 4 * 4, 4):
        o0 = at_c + i * row_c
        o1 = o0 + row_c
        o2 = o1 + row_c
        o3 = o2 + row_c
        for k in range(0, depth // 4 * 4, 4):
            p0 = at_a + i * row_a + k * column_a
            p1 = p0 + row_a
            p2 = p1 + row_a
            p3 = p2 + row_a
            a00, a01, a02, a03 = a[p0], a[p0 + column_a], a[p0 + 2 * column_a], a[p0 + 3 * column_a]
            a10, a11, a12, a13 = a[p1], a[p1 + column_a], a[p1 + 2 * column_a], a[p1 + 3 * column_a]
            a20, a21, a22, a23 = a[p2], a[p2 + column_a], a[p2 + 2 * column_a], a[p2 + 3 * column_a]
            a30, a31, a32, a33 = a[p3], a[p3 + column_a], a[p3 + 2 * column_a], a[p3 + 3 * column_a]
            q0 = at_b + k * row_b
            q1 = q0 + row_b
            q2 = q1 + row_b
            q3 = q2 + row_b
            for j in range(columns):
                b0, b1, b2, b3 = b[q0 + j], b[q1 + j], b[q2 + j], b[q3 + j]
                c[o0 + j] = fused(a03, b3, fused(a02, b2, fused(a01, b1, fused(a00, b0, c[o0 + j]))))
                c[o1 + j] = fused(a13, b3, fused(a12, b2, fused(a11, b1, fused(a10, b0, c[o1 + j]))))
                c[o2 + j] = fused(a23, b3, fused(a22, b2, fused(a21, b1, fused(a20, b0, c[o2 + j]))))
                c[o3 + j] = fused(a33, b3, fused(a32, b2, fused(a31, b1, fused(a30, b0, c[o3 + j]))))
    for i in range(rows):
        o = at_c + i * row_c
        first = 0 if i >= rows // 4 * 4 else depth // 4 * 4
        for k in range(first, depth):
            factor = a[at_a + i * row_a + k * column_a]
            q = at_b + k * row_b
            for j in range(columns):
                c[o + j] = fused(factor, b[q + j], c[o + j])


def turn(x: Reals, rows: int, columns: int, factor: float, y: Reals, width: int) -> None:
    """A matrix times a factor, with rows and columns exchanged; columns up to the width are zero."""
    f = real(factor)
    for j in range(columns):
        for i in range(rows):
            y[j * width + i] = x[i * columns + j] * f
        for i in range(rows, width):
            y[j * width + i] = real(0)


def pack(x: Reals, at: int, row: int, rows: int, columns: int, y: Reals) -> None:
    """A matrix without gaps between its rows: rows a power of two apart would meet in few places of the cache."""
    for i in range(rows):
        for j in range(columns):
            y[i * columns + j] = x[at + i * row + j]


def unpack(x: Reals, rows: int, columns: int, y: Reals, at: int, row: int) -> None:
    """The reverse of `pack`."""
    for i in range(rows):
        for j in range(columns):
            y[at + i * row + j] = x[i * columns + j]


def exponentials(
    k: Reals, turned: Reals, mask: Reals, at_mask: int, row_mask: int, column_mask: int,
    has_mask: int, scores: Reals, total: Reals, top: Reals, keys: int, size: int, count: int, width: int,
) -> None:  # fmt: skip
    """e^(k · turned + mask), divided by what makes its greatest 1 in each column, and its sums down the columns.

    Where everything is -inf, the sum is given as 1.
    """
    product(k, 0, size, 1, turned, 0, width, scores, 0, width, keys, size, width, 0)
    if has_mask:
        for i in range(keys):
            for j in range(count):
                scores[i * width + j] = scores[i * width + j] + mask[at_mask + i * row_mask + j * column_mask]
    for j in range(width):
        top[j] = -infinity
        total[j] = real(0)
    for i in range(keys):
        for j in range(width):
            top[j] = larger(top[j], scores[i * width + j])
    for j in range(width):
        if top[j] == -infinity:
            top[j] = real(0)
    for i in range(keys):
        for j in range(width):
            e = exp(scores[i * width + j] - top[j])
            scores[i * width + j] = e
            total[j] = added(total[j], e)
    for j in range(width):
        if total[j] == real(0):
            total[j] = real(1)


def attention(
    q: Reals, k: Reals, v: Reals, mask: Reals, out: Reals, packed: Reals, turned: Reals, rows: Reals, scores: Reals,
    sums: Reals, top: Reals, steps: Integers, begin: int, end: int, heads: int, queries: int, keys: int, size: int,
    most: int, has_mask: int, scale: float,
) -> None:  # fmt: skip
    """softmax(scale · q · kᵀ + mask) · v, for heads of all batches by their numbers, each cut into parts of queries."""
    parts = (queries + most - 1) // most
    for number in range(begin, end):
        part = number % parts
        n = number // parts // heads
        h = number // parts % heads
        first = part * most
        count = min(most, queries - first)
        width = (count + 15) // 16 * 16
        pack(q, n * steps[0] + h * steps[1] + first * steps[2], steps[2], count, size, rows)
        turn(rows, count, size, scale, turned, width)
        pack(k, n * steps[3] + h * steps[4], steps[5], keys, size, packed)
        exponentials(
            packed, turned, mask, n * steps[12] + h * steps[13] + first * steps[15], steps[14], steps[15], has_mask,
            scores, sums, top, keys, size, count, width,
        )  # fmt: skip
        pack(v, n * steps[6] + h * steps[7], steps[8], keys, size, packed)
        product(scores, 0, 1, width, packed, 0, size, rows, 0, size, count, keys, size, 0)
        at = n * steps[9] + h * steps[10] + first * steps[11]
        for i in range(count):
            o = at + i * steps[11]
            total = sums[i]
            for j in range(size):
                out[o + j] = rows[i * size + j] / total


def attention_gradients(
    g: Reals, q: Reals, k: Reals, v: Reals, mask: Reals, by_q: Reals, by_k: Reals, by_v: Reals, packed_k: Reals,
    packed_v: Reals, sums_k: Reals, sums_v: Reals, turned: Reals, rows: Reals, sums_q: Reals, scores: Reals,
    slopes: Reals, sums: Reals, top: Reals, steps: Integers, begin: int, end: int, heads: int, queries: int, keys: int,
    size: int, most: int, has_mask: int, scale: float, need_q: int, need_k: int, need_v: int,
) -> None:  # fmt: skip
    """The gradients of `attention`, for heads of all batches by their numbers; g has the steps that `out` has there.

    Those of the gradients are in `steps` behind that of the mask.  With w = softmax(…), h = g · vᵀ and
    s = scale·w·(h - Σ w·h), they are s · k, sᵀ · q and wᵀ · g.
    """
    factor = real(scale)
    for number in range(begin, end):
        n = number // heads
        h = number % heads
        pack(k, n * steps[3] + h * steps[4], steps[5], keys, size, packed_k)
        pack(v, n * steps[6] + h * steps[7], steps[8], keys, size, packed_v)
        for first in range(0, queries, most):
            count = min(most, queries - first)
            width = (count + 15) // 16 * 16
            at_q = n * steps[0] + h * steps[1] + first * steps[2]
            at_g = n * steps[9] + h * steps[10] + first * steps[11]
            pack(q, at_q, steps[2], count, size, rows)
            turn(rows, count, size, scale, turned, width)
            exponentials(
                packed_k, turned, mask, n * steps[12] + h * steps[13] + first * steps[15], steps[14], steps[15],
                has_mask, scores, sums, top, keys, size, count, width,
            )  # fmt: skip
            for i in range(count):
                total = sums[i]
                for j in range(size):
                    rows[i * size + j] = g[at_g + i * steps[11] + j] / total
            if need_v:
                product(scores, 0, width, 1, rows, 0, size, sums_v, 0, size, keys, count, size, int(first > 0))
            if need_q or need_k:
                turn(rows, count, size, 1.0, turned, width)
                product(packed_v, 0, size, 1, turned, 0, width, slopes, 0, width, keys, size, width, 0)
                for j in range(width):
                    top[j] = real(0)
                for i in range(keys):
                    for j in range(width):
                        top[j] = fused(scores[i * width + j], slopes[i * width + j], top[j])
                for j in range(width):
                    top[j] = top[j] / sums[j]
                for i in range(keys):
                    for j in range(width):
                        slope = slopes[i * width + j] - top[j]
                        slopes[i * width + j] = scores[i * width + j] * slope * factor
            if need_k:
                pack(q, at_q, steps[2], count, size, rows)
                product(slopes, 0, width, 1, rows, 0, size, sums_k, 0, size, keys, count, size, int(first > 0))
            if need_q:
                product(slopes, 0, 1, width, packed_k, 0, size, sums_q, 0, size, count, keys, size, 0)
                unpack(sums_q, count, size, by_q, n * steps[16] + h * steps[17] + first * steps[18], steps[18])
        if need_k:
            unpack(sums_k, keys, size, by_k, n * steps[19] + h * steps[20], steps[21])
        if need_v:
            unpack(sums_v, keys, size, by_v, n * steps[22] + h * steps[23], steps[24])
