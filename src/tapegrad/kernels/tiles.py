"""Words for kernels of many products: work on whole registers, with all results in registers until they are complete.

These definitions say what the words do, and let kernels run as plain Python. In machine code (`tile_code.py`) a
register has 64 or 32 bytes, and `rows` must be 4, 2 or 1.

A *table* holds two numbers for each tap: how far on it reads in the images, and where its weight is.
"""

from __future__ import annotations

from typing import Any

from .words import Integers, Reals, real


def lanes(x: Reals) -> int:
    """How many elements a register has.

    >>> import numpy as np
    >>> lanes(np.zeros(1, np.float32))
    16
    """
    return 64 // int(x.itemsize)


def move(y: Reals, to: int, x: Reals, at: int, count: int, plus: Any) -> None:
    """Copy up to a register's elements, with a number added to each."""
    y[to : to + count] = x[at : at + count] + plus


def products(
    x: Reals, at: int, w: Reals, first: int, step: int, table: Integers, taps: int, y: Reals, to: int, apart: int,
    registers: int, rows: int,
) -> None:  # fmt: skip
    """Put into `rows` rows of y, `apart` from each other, what the taps see from `at` on, times their weights.

    Args:
        x: read up to the end of the last register.
        first, step: where the weights of the first row begin, and how far on those of the next do.
        registers: how many make a row.
    """
    n = registers * lanes(x)
    for r in range(rows):
        total = x[at : at + n] * real(0)
        for j in range(taps):
            place = at + int(table[2 * j])
            total = total + x[place : place + n] * w[first + r * step + int(table[2 * j + 1])]
        y[to + r * apart : to + r * apart + n] = total


def dots(
    x: Reals, at: int, next_x: int, table: Integers, g: Reals, begin: int, next_g: int, apart: int, masks: Integers,
    mask: int, images: int, registers: int, y: Reals, to: int, step: int, taps: int, rows: int,
) -> None:  # fmt: skip
    """Add to y, for each of `rows` rows of g and each tap, the sum of g times what the tap sees.

    Args:
        next_x, next_g: how far on the next image is.
        apart: how far on the next row of g is.
        masks: for each register of a row, from `mask` on, which of its elements count, as bits.
        registers: how many make a row.
        step: the distance in y of two rows' sums; those of taps are next to each other.
    """
    n = lanes(x)
    for r in range(rows):
        for j in range(taps):
            total = real(0)
            for i in range(images):
                for v in range(registers):
                    for k in range(n):
                        if int(masks[mask + v]) >> k & 1:
                            seen = x[at + i * next_x + int(table[2 * j]) + v * n + k]
                            total = total + seen * g[begin + i * next_g + r * apart + v * n + k]
            y[to + r * step + j] += total


__all__ = ["dots", "lanes", "move", "products"]
