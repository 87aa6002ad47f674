"""Cleaning up a program: steps that nobody needs, the same twice, reshapes to the same shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from .program import Program, Ref, Step, replaced, uses


def without_dead_steps(program: Program) -> None:
    """Drop the steps that nobody needs."""
    needed = set(program.results)
    looked_at = {program.values[n].memory for n in needed}
    kept: list[Step] = []
    for step in reversed(program.steps):
        alive = (
            step.form in ("check", "draw")
            or any(n in needed for n in step.out)
            or any(memory.external or memory in looked_at for memory in step.writes)
        )
        if alive:
            kept.append(step)
            for n in uses(step):
                needed.add(n)
                looked_at.add(program.values[n].memory)
    program.steps[:] = reversed(kept)
    for n in [n for n in program.constants if n not in needed]:
        del program.constants[n]


def without_idle_reshapes(program: Program) -> None:
    """Take an array for what is the same array by another name: reshaped to the shape that it has."""
    same: dict[int, int] = {}
    kept = []
    for step in program.steps:
        step.args = replaced(step.args, lambda n: Ref(same.get(n, n)))
        step.kwargs = replaced(step.kwargs, lambda n: Ref(same.get(n, n)))
        if (
            step.form == "method"
            and step.what == "reshape"
            and len(step.out) == 1
            and step.out[0] not in program.results
        ):
            before, after = program.values[next(uses(step))], program.values[step.out[0]]
            if before.shape == after.shape and before.memory is after.memory and not before.generic:
                same[step.out[0]] = next(uses(step))
                continue
        kept.append(step)
    program.steps[:] = kept


def without_idle_broadcasts(program: Program) -> None:
    """Give functions that broadcast by themselves what was broadcast for them, if another operand has the shape."""
    values = program.values
    users: dict[int, list[Step]] = {}
    for step in program.steps:
        for n in uses(step):
            users.setdefault(n, []).append(step)
    kept = []
    same: dict[int, Any] = {}
    for step in program.steps:
        step.args = replaced(step.args, lambda n: same.get(n, Ref(n)))
        step.kwargs = replaced(step.kwargs, lambda n: same.get(n, Ref(n)))
        if step.what is np.broadcast_to and step.args[0].__class__ is Ref and step.out[0] not in program.results:
            n, memory = step.out[0], values[step.out[0]].memory
            if not memory.written and all(_broadcasts(program, user, n, same) for user in users.get(n, ())):
                same[n] = step.args[0]
                continue
        kept.append(step)
    program.steps[:] = kept


def _broadcasts(program: Program, step: Step, n: int, gone: dict[int, Any]) -> bool:
    """Whether a step gives the same for the value that a broadcast one was made of; `gone`: other broadcast values."""
    if step.form != "call" or not isinstance(step.what, np.ufunc) or step.what.signature is not None or step.kwargs:
        return False
    shape = program.values[n].shape
    others = [x.number for x in step.args if x.__class__ is Ref and x.number != n and x.number not in gone]
    return any(program.values[m].shape == shape for m in others)


def without_repetitions(program: Program) -> None:
    """Compute once what is computed twice of the same values."""
    values, results = program.values, set(program.results)
    outside_written = any(memory.external for step in program.steps for memory in step.writes)
    same: dict[int, int] = {}
    known: dict[Any, int] = {}
    kept = []

    def steady(n: int) -> bool:
        memory = values[n].memory
        return not memory.written and not (memory.external and outside_written)

    for step in program.steps:
        step.args = replaced(step.args, lambda n: Ref(same.get(n, n)))
        step.kwargs = replaced(step.kwargs, lambda n: Ref(same.get(n, n)))
        key = None
        if step.pure and not step.writes and len(step.out) == 1 and not step.several:
            (n,) = step.out
            if values[n].fresh and n not in results and steady(n) and all(steady(m) for m in uses(step)):
                key = _key(step)
        if key is not None:
            found = known.setdefault(key, step.out[0])
            if found != step.out[0]:
                same[step.out[0]] = found
                continue
        kept.append(step)
    program.steps[:] = kept


def _key(step: Step) -> Any:
    try:
        key = (step.form, id(step.what) if callable(step.what) else step.what, repr(step.args), repr(step.kwargs))
    except Exception:  # an argument that cannot be printed
        return None
    # What prints as its address or abbreviated says nothing about being the same.
    return None if "..." in key[2] + key[3] or " at 0x" in key[2] + key[3] or "array(" in key[2] + key[3] else key
