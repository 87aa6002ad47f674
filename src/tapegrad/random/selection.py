"""The order in which the C++ library leaves equal elements when it looks for the k largest.

`torch.topk` selects with `std::nth_element` or `std::partial_sort`, which are not stable: which of several equal values
are chosen, and in what order, depends on the steps of the algorithm. Where no values are equal the result is the same
for every algorithm, and NumPy finds it; otherwise the steps of GNU's libstdc++ are followed here.

References:
    D. R. Musser, "Introspective sorting and selection algorithms", Software: Practice and Experience 27 (1997).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# Ranges up to this length are left to insertion sort.
_FEW = 16


def largest(values: Array, k: int) -> Array:
    """The indices of the k largest of a vector, largest first; NaN counts as larger than any number.

    >>> largest(np.array([0.0, 5.0, 3.0, 0.0]), 4).tolist()
    [1, 2, 0, 3]
    """
    # Sorting the negated values puts NaN last; it belongs first.
    order = np.argsort(-values, kind="stable")
    missing = np.isnan(values[order])
    order = np.concatenate([order[missing], order[~missing]])
    top = values[order[: k + 1]]
    if missing.sum() < 2 and (top[1:] != top[:-1]).all():
        return order[:k]
    return np.array(_largest_by_steps(values.astype(np.float64).tolist(), k), np.int64)


def _largest_by_steps(values: list[float], k: int) -> list[int]:
    # The rank orders as torch's comparison does: NaN before everything else.
    keys = [(0, 0.0) if value != value else (1, -value) for value in values]
    items = _Items(keys)
    n = len(values)
    if k * 64 <= n:
        items.partial_sort(k)
    else:
        items.nth_element(k - 1)
        items.sort(k - 1)
    return items.index[:k]


class _Items:
    """Keys with their indices, rearranged by the algorithms of the C++ library."""

    def __init__(self, keys: list[tuple[int, float]]) -> None:
        self._keys = keys
        self.index = list(range(len(keys)))

    def _less(self, i: int, j: int) -> bool:
        return self._keys[self.index[i]] < self._keys[self.index[j]]

    def _swap(self, i: int, j: int) -> None:
        index = self.index
        index[i], index[j] = index[j], index[i]

    # -- selection and sorting by partition ---------------------------------------------------------------------------

    def nth_element(self, nth: int) -> None:
        """Put the element of rank `nth` in its place, smaller ones before it."""
        first, last = 0, len(self.index)
        depth = 2 * (last.bit_length() - 1)
        while last - first > 3:
            if depth == 0:
                self._heap_select(first, nth + 1, last)
                self._swap(first, nth)
                return
            depth -= 1
            cut = self._partition(first, last)
            if cut <= nth:
                first = cut
            else:
                last = cut
        self._insertion_sort(first, last)

    def sort(self, last: int) -> None:
        """Sort the elements before `last`."""
        if last < 2:
            return
        self._introsort(0, last, 2 * (last.bit_length() - 1))
        self._insertion_sort(0, min(last, _FEW))
        for i in range(_FEW, last):
            self._insert(i)

    def _introsort(self, first: int, last: int, depth: int) -> None:
        while last - first > _FEW:
            if depth == 0:
                self._heap_select(first, last, last)
                self._sort_heap(first, last)
                return
            depth -= 1
            cut = self._partition(first, last)
            self._introsort(cut, last, depth)
            last = cut

    def _partition(self, first: int, last: int) -> int:
        """Split around the median of three elements, which goes to the front; returns where the larger ones begin."""
        middle = first + (last - first) // 2
        self._median_to_front(first, first + 1, middle, last - 1)
        left, right = first + 1, last
        while True:
            while self._less(left, first):
                left += 1
            right -= 1
            while self._less(first, right):
                right -= 1
            if left >= right:
                return left
            self._swap(left, right)
            left += 1

    def _median_to_front(self, front: int, a: int, b: int, c: int) -> None:
        less = self._less
        if less(a, b):
            median = b if less(b, c) else c if less(a, c) else a
        else:
            median = a if less(a, c) else c if less(b, c) else b
        self._swap(front, median)

    def _insertion_sort(self, first: int, last: int) -> None:
        for i in range(first + 1, last):
            if self._less(i, first):
                self.index.insert(first, self.index.pop(i))
            else:
                self._insert(i)

    def _insert(self, i: int) -> None:
        """Move element i down to its place; there is one before it that is not larger."""
        j = i
        while self._less(i, j - 1):
            j -= 1
        self.index.insert(j, self.index.pop(i))

    # -- selection and sorting by a heap ------------------------------------------------------------------------------

    def partial_sort(self, middle: int) -> None:
        """Put the `middle` smallest elements in front, sorted."""
        self._heap_select(0, middle, len(self.index))
        self._sort_heap(0, middle)

    def _heap_select(self, first: int, middle: int, last: int) -> None:
        length = middle - first
        for parent in range((length - 2) // 2, -1, -1):
            self._adjust_heap(first, parent, length, self.index[first + parent])
        for i in range(middle, last):
            if self._less(i, first):
                self._pop_heap(first, middle, i)

    def _sort_heap(self, first: int, last: int) -> None:
        while last - first > 1:
            last -= 1
            self._pop_heap(first, last, last)

    def _pop_heap(self, first: int, last: int, result: int) -> None:
        value = self.index[result]
        self.index[result] = self.index[first]
        self._adjust_heap(first, 0, last - first, value)

    def _adjust_heap(self, first: int, hole: int, length: int, value: int) -> None:
        index, keys, top = self.index, self._keys, hole
        child = hole
        while child < (length - 1) // 2:
            child = 2 * (child + 1)
            if self._less(first + child, first + child - 1):
                child -= 1
            index[first + hole] = index[first + child]
            hole = child
        if length % 2 == 0 and child == (length - 2) // 2:
            child = 2 * (child + 1)
            index[first + hole] = index[first + child - 1]
            hole = child - 1
        parent = (hole - 1) // 2
        while hole > top and keys[index[first + parent]] < keys[value]:
            index[first + hole] = index[first + parent]
            hole, parent = parent, (parent - 1) // 2
        index[first + hole] = value
