"""Putting a step into a group, if it fits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Program, Ref, Step
from .group import Group, Inputs, is_external, kind_of, name_of, uniform
from .statements import kinds_of


def take(program: Program, group: Group, step: Step, inputs: Inputs) -> bool:
    """Put a step into a group, if it fits."""
    name = name_of(step)
    if name is None:
        return False
    if name == "empty_like":
        (n,) = step.out
        if program.values[n].shape != group.shape or program.values[n].dtype != group.dtype:
            return False
        group.kinds[n] = "e"
        group.empty[n] = group.made[n] = None
        group.memories[id(program.values[n].memory)] = n
        group.steps.append(step)
        return True
    if name in ("sum", "max", "min", "column_sum"):
        return _take_reduction(program, group, step, name, inputs)
    operands = list(step.args[:1] if name == "astype" else step.args)
    kinds = []
    for x in operands:
        kind = _operand_kind(program, group, x)
        if kind is None:
            return False
        kinds.append(kind)
    out = step.kwargs.get("out")
    target = out.number if out.__class__ is Ref else step.out[0] if len(step.out) == 1 else None
    if target is None or (out is not None and out.__class__ is not Ref):
        return False
    result = "c" if "c" in kinds and all(k in "cs" for k in kinds) else "e"
    if kind_of(program, group, target) != result:
        return False
    if not _types_fit(program, group, name, operands, target):
        return False
    memory = program.values[target].memory
    if out is not None:
        if result != "e" or (memory.external and target not in inputs.writeable) or memory.constant:
            return False
        if group.memories.get(id(memory), target) != target:
            return False
        if id(memory) in group.read_memories and target not in group.kinds:
            return False
    for x in operands:
        if x.__class__ is Ref:
            m = program.values[x.number].memory
            if group.memories.get(id(m), x.number) != x.number:
                return False
            if out is not None and m is memory and x.number != target:
                return False
    if not _apart(program, group, operands, inputs, target if out is not None else None):
        return False
    given = [_read(program, group, x) for x in operands]
    version = f"w{len(group.statements)}_{target}"
    group.statements.append((version, name, given))
    if out is not None:
        group.written[target] = None
        group.memories[id(memory)] = target
    else:
        group.made[target] = None
        group.memories[id(memory)] = target
    group.kinds[target] = result
    group.current[target] = version
    group.steps.append(step)
    return True


def _types_fit(program: Program, group: Group, name: str, operands: list[Any], target: int) -> bool:
    """Whether a function gets numbers of the group's type and truth values where it takes them."""
    known = kinds_of(name)
    if known is None or len(known[0]) != len(operands):
        return False
    truths = [x.__class__ is Ref and program.values[x.number].dtype == np.bool_ for x in operands]
    if any(kind != "?" and truth != (kind == "b") for kind, truth in zip(known[0], truths, strict=True)):
        return False
    dtype = program.values[target].dtype
    if name == "astype":
        return bool(dtype == group.dtype)
    return not (known[0] == "??" and all(truths)) and dtype == (np.bool_ if known[1] == "b" else group.dtype)


def _apart(program: Program, group: Group, operands: list[Any], inputs: Inputs, target: int | None) -> bool:
    """Whether a group that takes a step writes into no memory from outside that an argument it reads may share."""
    writes = [n for n in (*group.written, *(() if target is None else (target,))) if is_external(program, n)]
    if not writes:
        return True
    reads = [*group.given, *[x.number for x in operands if x.__class__ is Ref]]
    memories = [program.values[n].memory for n in reads]
    return all(not memory.external or id(memory) in inputs.captured for memory in memories)


def _operand_kind(program: Program, group: Group, x: Any) -> str | None:
    if x.__class__ is Ref:
        if x.number in group.at_end:
            return None
        if x.number in group.empty and x.number not in group.current:
            return None
        return group.kinds.get(x.number) or kind_of(program, group, x.number)
    if isinstance(x, (bool, np.bool_)) or not isinstance(x, (int, float, np.floating)):
        return None
    if isinstance(x, np.floating) and x.dtype != group.dtype:
        return None
    return "s"


def _read(program: Program, group: Group, x: Any) -> Any:
    """The text for an operand: a version made in here, a given array, or a number."""
    if x.__class__ is not Ref:
        return float(x)
    n = x.number
    number = uniform(program, n)
    if number is not None:
        return number
    if n in group.current:
        return group.current[n]
    if n not in group.given:
        group.given[n] = None
        group.kinds[n] = group.kinds.get(n) or kind_of(program, group, n) or "e"
        group.read_memories.add(id(program.values[n].memory))
    return f"x{n}"


def _take_reduction(program: Program, group: Group, step: Step, name: str, inputs: Inputs) -> bool:
    """Put a reduction over the last dimension, which stays with length 1, over the others or all into a group."""
    if not step.args or step.args[0].__class__ is not Ref or len(step.out) != 1:
        return False
    x = step.args[0]
    if _operand_kind(program, group, x) != "e" or program.values[x.number].dtype != group.dtype:
        return False
    (n,) = step.out
    if program.values[n].dtype != group.dtype:
        return False
    if name != "column_sum":
        over = _is_over(step, program, group)
        if over == "all" and name == "sum":
            name = "total"
        elif over != "last":
            return False
    memory = program.values[x.number].memory
    if group.memories.get(id(memory), x.number) != x.number:
        return False
    if not _apart(program, group, [x], inputs, None):
        return False
    version = f"w{len(group.statements)}_{n}"
    group.statements.append((version, name, [_read(program, group, x)]))
    group.made[n] = None
    group.memories[id(program.values[n].memory)] = n
    group.current[n] = version
    if name in ("column_sum", "total"):
        group.kinds[n] = "r" if name == "column_sum" else "t"
        group.at_end.add(n)
    else:
        group.kinds[n] = "c"
        group.reductions += 1
    group.steps.append(step)
    return True


def _is_over(step: Step, program: Program, group: Group) -> str:
    """What a reduction is over: "last", the last dimension, which stays with length 1, "all" dimensions, or others."""
    if (
        len(step.args) != 1
        or not set(step.kwargs) <= {"axis", "keepdims", "dtype"}
        or step.kwargs.get("dtype") is not None
    ):
        return ""
    axis = step.kwargs.get("axis", 0)
    rank = len(group.shape)
    axes = {a % rank for a in (axis if isinstance(axis, tuple) else range(rank) if axis is None else (axis,))}
    if axes == {rank - 1} and program.values[step.out[0]].shape == (*group.shape[:-1], 1) and rank > 1:
        return "last"
    return "all" if len(axes) == rank else ""


__all__ = ["take"]
