"""Which steps may write their results into arrays that nobody needs any more.

A large array that is made and soon forgotten costs more than the arithmetic on it: memory is taken from the system and
given back, and has to be read into the cache.  So a step takes the array of a value that is dead, if there is one of
the same shape and type.  Arrays are those of one call: they are not kept between calls, and threads share none.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..tensor import arena
from .program import Program, Ref, Step, uses
from .symbolic import size_in_bytes

LARGE: Final = 1 << 14  # bytes; smaller ones cost less than the search for them saves
PATIENCE: Final = 2  # steps for which a dead array is held; held for longer it would be memory that is not used
_EMPTY: Final = (np.empty, np.empty_like, arena.empty)
_PRODUCTS: Final = (np.dot, np.matmul)


def reused(program: Program) -> dict[int, tuple[int, int]]:
    """Which results go into dead arrays: by the place of the step, the value made and the one whose array it takes.

    An empty array that is to be written into is not needed before it is.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for i, step in enumerate(program.steps):
        for n in (*uses(step), *[n for n in step.out if n >= 0]):
            last[id(program.values[n].memory)] = i
            if n not in step.out:
                first.setdefault(n, i)
    kept = {id(program.values[n].memory) for n in (*program.results, *program.constants)}
    made: list[int] = []  # values whose arrays are whole, and were made by the program
    waiting: dict[int, list[int]] = {}  # empty arrays, by the place where they are written into
    found: dict[int, tuple[int, int]] = {}

    def take(n: int, i: int, may_be_operand: bool) -> None:
        value = program.values[n]
        for donor in reversed(made):
            other = program.values[donor]
            memory = id(other.memory)
            free = last[memory] < i or (last[memory] == i and may_be_operand)
            if free and i - last[memory] <= PATIENCE and memory not in kept:
                if other.dtype == value.dtype and other.shape == value.shape:
                    found[i] = (n, donor)
                    made.remove(donor)
                    break
        made.append(n)

    for i, step in enumerate(program.steps):
        pointwise = isinstance(step.what, np.ufunc) and step.what.signature is None  # an operand may be the result
        for n in waiting.get(i, ()):
            out = step.kwargs.get("out")
            take(n, i, pointwise and out.__class__ is Ref and out.number == n and Ref(n) not in step.args)
        if makes_array(program, step):
            (n,) = step.out
            if step.what in _EMPTY and n in first and i not in found:
                waiting.setdefault(first[n], []).append(n)
            elif i not in found:
                take(n, i, pointwise)
    return found


def is_empty(step: Step) -> bool:
    """Whether a step makes an array that something is going to be written into."""
    return step.form == "call" and step.what in _EMPTY


def makes_array(program: Program, step: Step) -> bool:
    """Whether a step makes a large array and could write into one that it is given."""
    what: Any = step.what
    if step.form != "call" or len(step.out) != 1 or step.out[0] < 0 or step.several:
        return False
    value = program.values[step.out[0]]
    if value.generic or value.dtype is None or not value.fresh or value.layout != "c":
        return False
    if value.memory.external or value.memory.constant or size_in_bytes(value.shape, value.dtype.itemsize) < LARGE:
        return False
    if is_empty(step):
        return True
    return not step.kwargs and ((isinstance(what, np.ufunc) and what.nout == 1) or what in _PRODUCTS)


__all__ = ["LARGE", "is_empty", "reused"]
