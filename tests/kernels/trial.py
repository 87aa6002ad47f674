"""A kernel with a parameter of each kind, and one that takes a word alone."""

from __future__ import annotations

from tapegrad.kernels.words import Bytes, Doubles, Integers, Reals, decay, real, sqrt


def twice(x: float) -> float:
    return x + x


def filled(x: Reals, wide: Doubles, places: Integers, mask: Bytes, count: int, factor: float) -> int:
    """How many elements are chosen; x becomes √(2 · wide at a place · factor) there."""
    chosen = 0
    for i in range(count):
        if mask[i]:
            x[i] = sqrt(real(twice(wide[places[i]]) * factor))
            chosen += 1
    return chosen


def decayed(x: Reals, y: Reals, count: int) -> None:
    for i in range(count):
        y[i] = decay(x[i])
