"""Sums over all rows: chains of steps that add up in torch's order, each a pass over memory, as one step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..program import Program, Ref, Step, uses


def column_sum(x: Any) -> Any:
    """The sum over all dimensions but the last: what a chain of steps that sum in torch's order amounts to."""
    return x.reshape(-1, x.shape[-1]).sum(0)


def with_column_sums(program: Program) -> list[Step]:
    """The steps of a program in which chains of reshapes, whole slices and sums that end in one row are one step."""
    users: dict[int, list[int]] = {}
    for i, step in enumerate(program.steps):
        for n in uses(step):
            users.setdefault(n, []).append(i)
    gone: set[int] = set()
    ends: dict[int, Step] = {}
    for i, step in enumerate(program.steps):
        if i in gone or not _is_link(program, step):
            continue
        start, chain, at = next(uses(step)), [i], i
        columns = program.values[start].shape[-1:]
        while True:
            (n,) = program.steps[at].out
            if program.values[n].shape[-1:] != columns:
                chain = []
                break
            if program.values[n].shape == columns and any(_is_sum(program.steps[k]) for k in chain):
                break
            after = users.get(n, [])
            if len(after) != 1 or n in program.results or not _is_link(program, program.steps[after[0]]):
                chain = []
                break
            at = after[0]
            chain.append(at)
        if chain and len(program.values[start].shape) >= 2 and not program.values[start].memory.written:
            gone.update(chain)
            ends[chain[-1]] = Step("call", column_sum, (Ref(start),), {}, program.steps[chain[-1]].out)
    return [ends.get(i, step) for i, step in enumerate(program.steps) if i not in gone or i in ends]


def _is_sum(step: Step) -> bool:
    return step.form == "call" and getattr(step.what, "__self__", None) is np.add


def _is_link(program: Program, step: Step) -> bool:
    """Whether a step may be part of such a chain: it keeps all elements, or sums over dimensions before the last."""
    if len(step.out) != 1 or step.out[0] < 0 or step.args[:1] == () or step.args[0].__class__ is not Ref:
        return False
    before, after = program.values[step.args[0].number], program.values[step.out[0]]
    if () in (before.shape, after.shape) or before.dtype != after.dtype or before.dtype not in (np.float32, np.float64):
        return False
    if step.form == "getitem" or (step.form == "method" and step.what == "reshape"):
        return math.prod(before.shape) == math.prod(after.shape) and before.shape[-1] == after.shape[-1]
    if not _is_sum(step) or step.what.__name__ != "reduce" or len(step.args) != 1:
        return False
    axis = step.kwargs.get("axis")
    axes = axis if isinstance(axis, tuple) else (axis,)
    last = len(before.shape) - 1
    known = set(step.kwargs) <= {"axis", "keepdims", "dtype"} and step.kwargs.get("dtype") is None
    return known and all(isinstance(a, int) and 0 <= a < last for a in axes)
