"""Whether a program becomes a few native calls, and the program that it becomes."""

from __future__ import annotations

import math
import sys
from typing import Any

from ...program import Program, Step, uses
from ..products import with_folded_transposes
from .builder import MOST
from .lowering import Lowering
from .places import contiguous
from .segments import Segment, segmented


def in_few_calls(
    program: Program, needed: set[int], strides: dict[int, tuple[int, ...] | None], writeable: set[int]
) -> tuple[Program, list[Segment]] | None:
    """A program whose small steps are native calls; None if there are none, or if there is large work for loops.

    Args:
        needed: the values that must be there at the end.
        strides: those of arrays from outside, in bytes, by number; None: in the order of the indices.
        writeable: the numbers of arrays from outside that may be written into: they share memory with no other one.
    """
    if not _is_possible() or any(type(k) is not int for v in program.values.values() for k in v.shape):
        return None
    if any(_is_large(program, step) for step in program.steps):
        return None
    program = with_folded_transposes(program)
    known = {n: v.strides for n, v in program.values.items() if v.strides is not None}
    for n, found in strides.items():
        value = program.values[n]
        known[n] = contiguous(value.shape, value.dtype) if found is None else found
    for step in program.steps:  # transposes that folding made
        if step.form == "attribute" and step.what == "T" and step.out[0] not in known:
            known[step.out[0]] = known[step.args[0].number][::-1]
    return segmented(program, needed, lambda p: Lowering(p, known, writeable))


def _is_possible() -> bool:
    """Whether objects lie in memory as CPython lays them out, and one thread at a time runs machine code."""
    return sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()


def _is_large(program: Program, step: Step) -> bool:
    """Whether a step is one for loops over large memory: these go over each row once, on several threads."""
    name: Any = getattr(step.what, "__name__", "")
    if name in ("dot", "matmul") or step.form in ("check", "getitem", "attribute"):
        return False
    values = [v for n in (*uses(step), *step.out) if (v := program.values.get(n)) is not None]
    return any(v.dtype is not None and math.prod(v.shape) >= MOST for v in values)


__all__ = ["in_few_calls"]
