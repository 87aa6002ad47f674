"""Random permutations, without a loop over their elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from .continuous import DType, narrow
from .stream import Stream

Array = np.ndarray[Any, Any]

# From this many elements on, torch shuffles with 64-bit words and in another order.
_WIDE = (2**32 - 1) // 20
# Up to this many, a loop in Python is faster than the two dozen NumPy calls that replace it.
_SHORT = 512


def permutation(stream: Stream, n: int, dtype: DType) -> Array:
    """0, 1, …, n − 1 in random order (Fisher and Yates, in Durstenfeld's form).

    >>> permutation(Stream(0), 4, np.dtype(np.int64))
    array([0, 1, 3, 2])
    """
    if n >= _WIDE:
        with stream.lock:
            words = stream.doublewords(n)
        words %= np.arange(1, n + 1, dtype=np.uint64)
        return narrow(shuffled_inside_out(words.view(np.int64)), dtype)
    steps = max(n - 1, 0)
    with stream.lock:
        words = stream.words(steps)
    targets = (words % np.arange(n, 1, -1, dtype=np.uint32)).astype(np.int64)
    targets += np.arange(steps)
    if n <= _SHORT:
        order = list(range(n))
        for i, j in enumerate(targets.tolist()):
            order[i], order[j] = order[j], order[i]
        return narrow(np.array(order, np.int64), dtype)
    return narrow(shuffled(targets), dtype)


def shuffled(targets: Array) -> Array:
    """0 … n − 1 after swapping places i and targets[i] ≥ i for i = 0, 1, …, n − 2.

    Step i puts into place i what lies in place j = targets[i], and moves away what lies in place i. What lies in j was
    brought there by the last earlier step with the same target, and is what that step moved away; without such a step
    it is j itself. What step i moves away was likewise brought into place i by the last earlier step with target i, and
    is what that step moved away. So every moved value is found at the beginning of a chain of steps.
    """
    step = np.arange(len(targets) + 1)
    bringer = step.copy()
    swaps = np.flatnonzero(targets != step[:-1])
    # Of several steps with the same target the last one remains, which is the order of assignment.
    bringer[targets[swaps]] = swaps
    moved = _roots(bringer)
    previous = _previous_equal(targets)
    return np.append(np.where(previous >= 0, moved[previous], targets), moved[-1])


def shuffled_inside_out(sources: Array) -> Array:
    """The array that grows, for i = 0, 1, …: place i takes what lies in place sources[i] ≤ i, and i is put there.

    What step i takes is the number of the last earlier step with the same source, which put it there. Without such a
    step it is what step sources[i] has taken; a step that is its own source takes itself.
    """
    step = np.arange(len(sources))
    previous = _previous_equal(sources)
    own = sources == step
    origin = np.where(own, step, previous)
    taken = origin[_roots(np.where(origin >= 0, step, sources))]
    # The last step with a given source wrote there last.
    taken[sources] = step
    return taken


def _previous_equal(values: Array) -> Array:
    """For each position, the last earlier position with the same value; −1 where there is none."""
    n = len(values)
    # Sorting (value, position) packed into one integer is faster than a stable argsort.
    position = np.sort(values * np.int64(n) + np.arange(n)) % max(n, 1) if n < 2**31 else values.argsort(kind="stable")
    ordered = values[position]
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    previous = np.full(n, -1, np.int64)
    previous[position[again + 1]] = position[again]
    return previous


def _roots(parent: Array) -> Array:
    """For a forest given by the parent of each node (a root is its own), the root of each node."""
    while True:
        grandparent = parent[parent]
        if np.array_equal(grandparent, parent):
            return parent
        parent = grandparent
