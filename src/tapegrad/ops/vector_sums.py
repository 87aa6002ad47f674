"""Sums of short vectors in torch's order, by three or four calls of NumPy.

`summation.py` says what the order is. Here it is made into a plan, once for each length: `np.add.at` adds every element
to the partial sum that it belongs to, one after the other, and what remains is a reduction of partial sums, laid out so
that NumPy adds them in the right order. Where there is no partial sum to add, there is 0.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from ..quiet import make_quiet
from ..tensor.dtypes import F32, F64, Array

LONGEST: Final = 2048  # elements from which reductions over blocks are faster
_KEPT: Final = 64  # plans
_UNROLLED: Final = 4  # vectors that are added independently of each other
_BLOCK: Final = 16  # additions before a partial sum moves one level up

_reduce: Any = np.add.reduce
_running: Any = np.add.accumulate
_add_at: Any = np.add.at
_add: Any = np.add


class Plan(NamedTuple):
    """How vectors of one length are added up.

    Attributes:
        places: for each element, where in the memory it is added.
        spare: memory for the sums of several threads; each a tuple of `memory_of`.
        tail: elements that fill no vector.
        rows: of these many vectors the lanes are added up in the end.
        blocks: what each of the four partial sums is the sum of.
    """

    places: Array
    spare: list[tuple[Any, ...]]
    tail: int
    rows: int
    blocks: int


_plans: dict[tuple[int, int], Plan] = {}
_orders: dict[tuple[int, int], Array] = {}


def vector_sum(x: Array, n: int, lanes: int) -> Any:
    """The sum of a vector of the length n, from 1 to LONGEST, as a scalar of NumPy's.

    Args:
        lanes: how many elements torch adds at a time: 8 in float32, 4 in float64.
    """
    if n < lanes + lanes:
        if n > _UNROLLED and n != lanes:
            order = _orders.get((n, lanes))
            x = x[_order(n, lanes) if order is None else order]
        return _running(x)[-1] + 0.0  # a sum of nothing but -0.0 is 0.0 in torch
    plan = _plans.get((n, lanes))
    if plan is None:
        plan = _plan(n, lanes)
    places, spare, tail, rows, blocks = plan
    try:
        memory = spare.pop()
    except IndexError:
        memory = _memory_of(n, lanes, tail, rows, blocks)
    whole, parts, partial, vectors, lane_sums, last = memory
    whole.fill(0)
    _add_at(whole, places, x)
    if blocks == 2:
        _add(parts[0], parts[1], partial)
    elif blocks:
        _reduce(parts, 0, None, partial)
    if rows:
        _reduce(vectors, 0, None, lane_sums)
    y = _running(last)[-1]
    spare.append(memory)
    return y


def _order(n: int, lanes: int) -> Array:
    """The order in which the elements of fewer than two vectors are added: they lie side by side in the end."""
    if n > lanes:
        order = [*range(lanes, n), *range(lanes)]
    else:  # each element is a vector of its own
        order = [0, *range(_UNROLLED, n), 1, 2, 3]
    found = _orders[n, lanes] = np.array(order)
    return found


def _plan(n: int, lanes: int) -> Plan:
    """The memory is laid out so: partial sums of blocks, if there are several; vectors; the tail; sums of lanes.

    Blocks are of 16 times four vectors. The vectors that are left over belong to the first of the four.
    """
    vectors, tail = divmod(n, lanes)
    groups, left = divmod(vectors, _UNROLLED)
    element = np.arange(n)
    vector, lane = element // lanes, element % lanes
    group, which = vector // _UNROLLED, vector % _UNROLLED
    in_tail, in_left = vector == vectors, (vector >= groups * _UNROLLED) & (vector < vectors)
    blocks, rows = 0, _UNROLLED + left
    if not groups:  # vectors are added to the lanes as they come
        rows = 0
        places = np.where(in_tail, lane, tail + lane)
    elif groups <= _BLOCK:  # the vectors left over are the second, third, …; the partial sums are around them
        row = np.where(in_left, 1 + which, np.where(which == 0, 0, which + left))
        places = np.where(in_tail, rows * lanes, row * lanes) + lane
    else:  # the vectors left over are blocks that have only the first of four
        blocks = -(-groups // _BLOCK) + left
        rows = _UNROLLED
        width = _UNROLLED * lanes
        block = np.where(in_left, blocks - left + which, group // _BLOCK)
        places = np.where(in_left, block * width, block * width + which * lanes) + lane
        places = np.where(in_tail, (blocks + 1) * width + lane, places)
    if len(_plans) >= _KEPT:
        _plans.clear()
    plan = _plans[n, lanes] = Plan(places, [], tail, rows, blocks)
    return plan


def _memory_of(n: int, lanes: int, tail: int, rows: int, blocks: int) -> tuple[Any, ...]:
    """Memory for one sum, and its parts as arrays: all of it, blocks, partial sums, vectors, sums of lanes, the end."""
    above = blocks * _UNROLLED * lanes
    end = above + rows * lanes
    whole = np.empty(end + tail + lanes, F32 if lanes == 8 else F64)
    parts, partial = whole[:above].reshape(blocks, _UNROLLED * lanes), whole[above:end]
    return whole, parts, partial, partial.reshape(rows, lanes), whole[end + tail :], whole[end:]


make_quiet(globals())

__all__ = ["LONGEST", "vector_sum"]
