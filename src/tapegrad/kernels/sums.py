"""Sums in the order in which NumPy adds: by halves down to 128 elements, and these in eight lanes."""

from __future__ import annotations

from .words import Integers, Reals, prefetch

_AHEAD = 4096  # elements
_LANES = 96  # the first of the places for lanes


def pairwise(x: Reals, begin: int, count: int, todo: Integers, sums: Reals) -> None:
    """The sum of `count` elements from `begin` on, at least 8, put to the first place of `sums`.

    Four stretches of up to 128 elements are added up at the same time, so that the processor does not wait for the last
    addition before it begins the next.  What it will need is asked for ahead: it guesses that well only where memory is
    read in order.

    Args:
        todo: memory for 256 numbers.
        sums: memory for 128 numbers; the last 32 are for lanes.
    """
    todo[0], todo[1] = begin, count
    left, known = 1, 0  # stretches that are yet to be added up, and the place of the next sum
    while left > 0:
        left -= 1
        first, length = todo[2 * left], todo[2 * left + 1]
        half = length // 2
        half -= half % 8
        if length < 0:  # two halves are known
            known -= 1
            sums[known - 1] = sums[known - 1] + sums[known]
        elif length <= 128:
            for k in range(8):
                sums[_LANES + k] = x[first + k]
            sums[known] = _completed(x, first + 8, first + length, sums, _LANES)
            known += 1
        elif half > 128 and length - half <= 256:
            sums[known] = _of_four(x, first, half, length, sums)
            known += 1
        else:
            todo[2 * left + 1] = -1
            todo[2 * left + 2], todo[2 * left + 3] = first + half, length - half
            todo[2 * left + 4], todo[2 * left + 5] = first, half
            left += 3


def _of_four(x: Reals, o: int, half: int, length: int, sums: Reals) -> float:
    """The sum of four stretches, two of each half."""
    a = half // 2
    a -= a % 8
    b = (length - half) // 2
    b -= b % 8
    p, q, r = o + a, o + half, o + half + b
    for k in range(8):
        sums[_LANES + k] = x[o + k]
        sums[_LANES + 8 + k] = x[p + k]
        sums[_LANES + 16 + k] = x[q + k]
        sums[_LANES + 24 + k] = x[r + k]
    for i in range(8, a, 8):  # the first is the shortest
        ahead = o + 4 * i + _AHEAD
        prefetch(x, ahead)
        prefetch(x, ahead + 8)
        prefetch(x, ahead + 16)
        prefetch(x, ahead + 24)
        for k in range(8):
            sums[_LANES + k] = sums[_LANES + k] + x[o + i + k]
        for k in range(8):
            sums[_LANES + 8 + k] = sums[_LANES + 8 + k] + x[p + i + k]
        for k in range(8):
            sums[_LANES + 16 + k] = sums[_LANES + 16 + k] + x[q + i + k]
        for k in range(8):
            sums[_LANES + 24 + k] = sums[_LANES + 24 + k] + x[r + i + k]
    first = _completed(x, p, p, sums, _LANES) + _completed(x, p + a, q, sums, _LANES + 8)
    return first + (_completed(x, q + a, r, sums, _LANES + 16) + _completed(x, r + a, o + length, sums, _LANES + 24))


def _completed(x: Reals, begin: int, end: int, lanes: Reals, at: int) -> float:
    """The sum of eight lanes and of what they do not have yet."""
    whole = begin + (end - begin) // 8 * 8
    for i in range(begin, whole, 8):
        for k in range(8):
            lanes[at + k] = lanes[at + k] + x[i + k]
    total = ((lanes[at] + lanes[at + 1]) + (lanes[at + 2] + lanes[at + 3])) + (
        (lanes[at + 4] + lanes[at + 5]) + (lanes[at + 6] + lanes[at + 7])
    )
    for i in range(whole, end):
        total = total + x[i]
    return total
