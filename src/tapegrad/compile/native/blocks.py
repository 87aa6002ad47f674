"""Large loops in blocks, which several threads take.

The blocks follow from the sizes alone, and what they add up is put together in their order, so results are the same to
the bit however many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ...threads import run

# The fewest elements that a block has.  One takes some 50 µs then, ten times what it costs to hand it out.
ELEMENTS: Final = 1 << 17


def rows_of_block(rows: int, columns: int) -> int:
    """How many rows a block has: as many in each, but for the last."""
    count = max(1, min(rows, rows * columns // ELEMENTS))
    return -(-rows // count)


def in_blocks(kernel: Callable[..., None], sums: dict[int, Any]) -> Callable[..., None]:
    """A kernel as a function of the same arguments that goes through its rows by the block.

    Args:
        sums: the places among the arrays of what blocks add up, each of them its own, and in which dtype.
    """

    def call(begin: int, rows: int, columns: int, block: int, *arrays: Any) -> None:
        size = rows_of_block(rows, columns)
        count = -(-rows // size)
        given = list(arrays)
        for i, dtype in sums.items():
            given[i] = np.empty(count * arrays[i].size, dtype)

        def work(number: int) -> None:
            kernel(number * size, min((number + 1) * size, rows), columns, number, *given)

        run(work, count)
        for i in sums:
            np.add.reduce(given[i].reshape(count, -1), axis=0, out=arrays[i])

    return call


__all__ = ["in_blocks", "rows_of_block"]
