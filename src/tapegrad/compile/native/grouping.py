"""Finding the steps of a program that become one loop.

A step that does not fit into a group is put before it if it does not depend on it; otherwise the group ends.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from ..program import Program, Step, uses
from .group import Group, Inputs, is_external, is_pointwise, name_of
from .joining import take
from .sums import with_column_sums

MIN_SIZE: Final = 256


def grouped(program: Program, inputs: Inputs) -> list[Step | Group]:
    """The program as steps and groups.

    Args:
        inputs: what is known of the arrays from outside.
    """
    found: list[Step | Group] = []
    group: Group | None = None
    later = _Later(program)

    def close() -> None:
        nonlocal group
        if group is not None:
            found.extend([group] if _worth_it(group) else group.steps)
            found.extend(later.steps)
            group = None
            later.clear()

    for step in with_column_sums(program):
        if group is not None:
            if not later.concerns(step) and take(program, group, step, inputs):
                continue
            fresh = _begin(program, step, inputs)
            if (
                not later.concerns(step)
                and not _depends(program, group, step)
                and (fresh is None or not _same_size(group, fresh))
            ):
                if fresh is None:
                    found.append(step)
                    continue
            elif fresh is None and later.may_wait(step):
                later.add(step)
                continue
            close()
        group = _begin(program, step, inputs)
        if group is None:
            found.append(step)
    close()
    return found


class _Later:
    """Steps that depend on a group, are no part of it, and can wait until it is done."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.steps: list[Step] = []
        self.memories: set[int] = set()

    def clear(self) -> None:
        """Begin anew."""
        self.steps, self.memories = [], set()

    def may_wait(self, step: Step) -> bool:
        """Whether a step does nothing but compute."""
        return step.pure and not step.writes and step.form in ("call", "method", "attribute", "getitem")

    def add(self, step: Step) -> None:
        """Let a step wait."""
        self.steps.append(step)
        self.memories.update(id(self.program.values[n].memory) for n in (*uses(step), *step.out) if n >= 0)

    def concerns(self, step: Step) -> bool:
        """Whether a step makes something of what waits, or writes what it reads."""
        made = {id(self.program.values[n].memory) for s in self.steps for n in s.out if n >= 0}
        if any(id(self.program.values[n].memory) in made for n in uses(step)):
            return True
        return any(id(memory) in self.memories for memory in step.writes) or (
            bool(self.steps) and any(memory.external for memory in step.writes)
        )


def _same_size(a: Group, b: Group) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype


def _worth_it(group: Group) -> bool:
    size = group.rows * group.columns
    return len(group.statements) >= 2 and size >= MIN_SIZE


def _begin(program: Program, step: Step, inputs: Inputs) -> Group | None:
    """A group that begins with a step; None if it is not for loops."""
    name = name_of(step)
    if name is None or name == "empty_like":
        return None
    shapes = [program.values[n] for n in (*uses(step), *step.out)]
    big = max(shapes, key=lambda v: math.prod(v.shape), default=None)
    if big is None or not big.shape or big.dtype not in (np.float32, np.float64):
        return None
    group = Group(big.shape, big.dtype, math.prod(big.shape[:-1]), big.shape[-1])
    return group if group.rows * group.columns > 0 and take(program, group, step, inputs) else None


def _depends(program: Program, group: Group, step: Step) -> bool:
    """Whether a step has to stay behind a group: it touches memory that the group writes, or writes what it reads."""
    inside: set[int] = set(group.memories)
    touched: set[int] = {id(program.values[n].memory) for n in uses(step)}
    if inside & touched:
        return True
    writes = {id(memory) for memory in step.writes}
    external = any(memory.external for memory in step.writes)
    if writes & group.read_memories or (external and any(is_external(program, n) for n in group.given)):
        return True
    group_writes_external = any(is_external(program, n) for n in group.written)
    return group_writes_external and (
        external or any(is_external(program, n) for n in uses(step)) or step.form == "check"
    )


__all__ = ["Group", "Inputs", "grouped", "is_pointwise"]
