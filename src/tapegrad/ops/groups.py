"""Groups of rows combined by a ufunc: what gradients of look-ups, `index_add` and `segment_reduce` have in common.

NumPy's `add.at` goes element by element, and `add.reduceat` is slow where groups are small, as they are when a few
thousand tokens are looked up among ten thousand. So all groups get their first row at once, then those that have a
second one get that, and so on; what is left of groups that are large is combined by `reduceat`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..autograd.batching import Unbatchable
from ..tensor.dtypes import Array

ROUNDS: Final = 8
MANY: Final = 2048  # elements from which this is faster than one after the other
WIDE: Final = 8  # elements of a row, likewise


def pays(size: int, width: int) -> bool:
    """Whether to combine rows by groups, of so many elements together and each."""
    return size >= MANY and width >= WIDE


def check_not_recorded(*arrays: Any) -> None:
    """Refuse the arrays of a capture: a kernel that goes another way with them would not give the same bits.

    Raises:
        Unbatchable: an operand is such an array.
    """
    for array in arrays:
        if hasattr(array, "recorder"):
            raise Unbatchable("a kernel over blocks of memory")


def by_places(index: Array, count: int) -> tuple[Array, Array]:
    """The numbers of rows in the order of their places, and where those of each place begin.

    Args:
        index: the place of each row, 0 … count - 1.

    Returns:
        The numbers, with those of one place in order, and `count` + 1 bounds.

    >>> by_places(np.array([2, 0, 2]), 3)
    (array([1, 0, 2]), array([0, 1, 1, 3]))
    """
    n = len(index)
    order = np.sort(index.astype(np.int64, copy=False) * n + np.arange(n)) % n  # faster than a stable argsort
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(index, minlength=count), out=starts[1:])
    return order, starts


def combine_groups(
    ufunc: np.ufunc, y: Array, starts: Array, rows: Callable[[Array], Array], fresh: bool = False
) -> None:
    """Combine each row of `y` with a group of rows.

    Args:
        ufunc: of two numbers: add, multiply, maximum, minimum.
        y: shape (n, …).
        starts: where each group begins among all rows, shape (n + 1,).
        rows: gives the rows at some numbers.
        fresh: whether `y` holds nothing yet that counts.
    """
    counts = np.diff(starts)
    some = np.flatnonzero(counts)
    for done in range(ROUNDS):
        if not len(some):
            return
        found = rows(starts[some] + done)
        if len(some) == len(y):
            np.copyto(y, found) if fresh else ufunc(y, found, out=y)
        else:
            y[some] = found if fresh else ufunc(y[some], found)
        fresh = False
        some = some[counts[some] > done + 1]
    if not len(some):
        return
    left = counts[some] - ROUNDS
    begin = np.zeros(len(some), np.int64)
    np.cumsum(left[:-1], out=begin[1:])
    numbers = np.arange(left.sum()) + np.repeat(starts[some] + ROUNDS - begin, left)
    y[some] = ufunc(y[some], ufunc.reduceat(rows(numbers), begin, axis=0))


def combine_rows(ufunc: np.ufunc, z: Array, index: Array, values: Array) -> None:
    """`z[index] = ufunc(z[index], values)` for rows, one after the other where a row is named several times.

    Args:
        z: contiguous, two dimensions.

    >>> z = np.zeros((2, 1))
    >>> combine_rows(np.add, z, np.array([1, 1]), np.array([[1.0], [2.0]]))
    >>> z.tolist()
    [[0.0], [3.0]]
    """
    check_not_recorded(values)
    if values.__class__ is not np.ndarray or not pays(values.size, z.shape[1]):
        ufunc.at(z, index, values)
        return
    order, starts = by_places(index, len(z))
    combine_groups(ufunc, z, starts, lambda numbers: values.take(order[numbers], 0))
