"""Finding the steps of a program that become one loop.

A group has rows and columns: `R` rows of `C` elements.  Its values are elements ("e", R·C of them), one number per row
("c", what a reduction over the last dimension gives), the same row for all ("r"), or a single number ("s").  A step
that does not fit is put before the group if it does not depend on it; otherwise the group ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ..program import Memory, Program, Ref, Step, uses
from .sums import column_sum, with_column_sums

# NumPy's functions that loops know, by name; see `kernels.py`.
POINTWISE: Final = frozenset(
    """add subtract multiply divide true_divide negative absolute sqrt square reciprocal maximum minimum exp log tanh
    sin cos expm1 log1p exp2 log2 greater greater_equal less less_equal equal not_equal where positive""".split()
)
_BOOL_RESULT: Final = frozenset(("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"))
MIN_SIZE: Final = 256


@dataclass(slots=True)
class Inputs:
    """What is known of the arrays from outside.

    Attributes:
        writeable: the numbers of captured tensors that share no memory with another one, so that loops may write there.
        captured: the memories of captured tensors, by id; arguments may share memory with anything.
    """

    writeable: set[int] = field(default_factory=set)
    captured: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Group:
    """Steps that become one loop.

    Attributes:
        rows, columns, shape: of the elements.
        dtype: float32 or float64.
        kinds: for each value that is read or made, "e", "c", "r" or "s".
        statements: (result, function, operands), operands being `Ref`s to versions or numbers.
        stores: values whose arrays are written: those made in here that are needed later, and those given.
        made: values that are made in here; `given` those that are read.
    """

    shape: tuple[int, ...]
    dtype: Any
    rows: int = 0
    columns: int = 0
    kinds: dict[int, str] = field(default_factory=dict)
    statements: list[tuple[str, str, list[Any]]] = field(default_factory=list)
    current: dict[int, str] = field(default_factory=dict)
    given: dict[int, None] = field(default_factory=dict)
    made: dict[int, None] = field(default_factory=dict)
    written: dict[int, None] = field(default_factory=dict)
    empty: dict[int, None] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    memories: dict[int, int] = field(default_factory=dict)
    read_memories: set[int] = field(default_factory=set)
    reductions: int = 0
    at_end: set[int] = field(default_factory=set)


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
            if not later.concerns(step) and _take(program, group, step, inputs):
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


def is_pointwise(step: Step) -> bool:
    """Whether a step computes every element by itself, and makes an array of its own."""
    return _name(step) in POINTWISE and not step.kwargs


def _worth_it(group: Group) -> bool:
    size = group.rows * group.columns
    return len(group.statements) >= 2 and size >= MIN_SIZE


def _begin(program: Program, step: Step, inputs: Inputs) -> Group | None:
    """A group that begins with a step; None if it is not for loops."""
    name = _name(step)
    if name is None or name == "empty_like":
        return None
    shapes = [program.values[n] for n in (*uses(step), *step.out)]
    big = max(shapes, key=lambda v: math.prod(v.shape), default=None)
    if big is None or not big.shape or big.dtype not in (np.float32, np.float64):
        return None
    group = Group(big.shape, big.dtype, math.prod(big.shape[:-1]), big.shape[-1])
    return group if group.rows * group.columns > 0 and _take(program, group, step, inputs) else None


def _name(step: Step) -> str | None:
    """What a step is among those that loops know: a pointwise function, "sum", "max", or "empty_like"."""
    if step.form == "call":
        what = step.what
        name = getattr(what, "__name__", "")
        if what is column_sum:
            return name
        if isinstance(what, np.ufunc):
            return name if name in POINTWISE and set(step.kwargs) <= {"out"} else None
        owner = getattr(what, "__self__", None)
        if owner is np.add and name == "reduce":
            return "sum"
        if owner is np.maximum and name == "reduce":
            return "max"
        if what is np.sum:
            return "sum"
        if what is np.where and len(step.args) == 3 and not step.kwargs:
            return "where"
        if what is np.empty_like and len(step.args) == 1 and not step.kwargs:
            return "empty_like"
    return None


def uniform(program: Program, n: int) -> float | None:
    """The number that a constant has everywhere; None if it is none."""
    array = program.constants.get(n)
    if array is None or array.dtype.kind != "f" or array.size == 0 or program.values[n].memory.written:
        return None
    return float(array.reshape(-1)[0]) if array.size == 1 or not any(array.strides) else None


def kind_of(program: Program, group: Group, n: int) -> str | None:
    """What a value is in a group; None if it does not fit."""
    value = program.values[n]
    if uniform(program, n) is not None and value.dtype == group.dtype and len(value.shape) <= len(group.shape):
        fits = all(a in (1, b) for a, b in zip(value.shape[::-1], group.shape[::-1], strict=False))
        return "s" if fits else None
    size = math.prod(value.shape)
    if value.dtype is None:
        return "s"
    if value.dtype != group.dtype and value.dtype != np.bool_:
        return None
    if value.layout != "c":
        return None
    if size == 1 and group.rows * group.columns != 1:
        return "s" if value.dtype == group.dtype and len(value.shape) <= len(group.shape) else None
    if value.shape == group.shape:
        return "e"
    if value.dtype != group.dtype or len(value.shape) > len(group.shape):
        return None
    if value.shape == (*group.shape[:-1], 1):
        return "c"
    if value.shape and value.shape[-1] == group.columns and size == group.columns:
        return "r"
    return None


def _take(program: Program, group: Group, step: Step, inputs: Inputs) -> bool:
    """Put a step into a group, if it fits."""
    name = _name(step)
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
    if name in ("sum", "max", "column_sum"):
        return _take_reduction(program, group, step, name, inputs)
    operands = list(step.args)
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
    dtype = program.values[target].dtype
    if (dtype == np.bool_) != (name in _BOOL_RESULT) or (result == "c" and dtype == np.bool_):
        return False
    if name not in ("where",) and any(
        x.__class__ is Ref and program.values[x.number].dtype == np.bool_ for x in operands
    ):
        return False
    if name == "where" and not (operands[0].__class__ is Ref and program.values[operands[0].number].dtype == np.bool_):
        return False
    if name == "where" and any(x.__class__ is Ref and program.values[x.number].dtype == np.bool_ for x in operands[1:]):
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


def _apart(program: Program, group: Group, operands: list[Any], inputs: Inputs, target: int | None) -> bool:
    """Whether a group that takes a step writes into no memory from outside that an argument it reads may share."""
    writes = [n for n in (*group.written, *(() if target is None else (target,))) if _is_external(program, n)]
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
    """Put a reduction over the last dimension, which stays with length 1, into a group."""
    if not step.args or step.args[0].__class__ is not Ref or len(step.out) != 1 or len(group.shape) < 2:
        return False
    x = step.args[0]
    if _operand_kind(program, group, x) != "e" or program.values[x.number].dtype != group.dtype:
        return False
    (n,) = step.out
    if program.values[n].dtype != group.dtype:
        return False
    if name != "column_sum" and not _is_over_last(step, program, group):
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
    if name == "column_sum":
        group.kinds[n] = "r"
        group.at_end.add(n)
    else:
        group.kinds[n] = "c"
        group.reductions += 1
    group.steps.append(step)
    return True


def _is_over_last(step: Step, program: Program, group: Group) -> bool:
    """Whether a reduction is over the last dimension, which stays with length 1."""
    axis = step.kwargs.get("axis")
    axes = axis if isinstance(axis, tuple) else (axis,)
    if (
        len(step.args) != 1
        or not set(step.kwargs) <= {"axis", "keepdims", "dtype"}
        or step.kwargs.get("dtype") is not None
    ):
        return False
    if step.kwargs.get("keepdims") is not True or len(axes) != 1 or axes[0] not in (-1, len(group.shape) - 1):
        return False
    return program.values[step.out[0]].shape == (*group.shape[:-1], 1)


def _depends(program: Program, group: Group, step: Step) -> bool:
    """Whether a step has to stay behind a group: it touches memory that the group writes, or writes what it reads."""
    inside: set[int] = set(group.memories)
    touched: set[int] = {id(program.values[n].memory) for n in uses(step)}
    if inside & touched:
        return True
    writes = {id(memory) for memory in step.writes}
    external = any(memory.external for memory in step.writes)
    if writes & group.read_memories or (external and any(_is_external(program, n) for n in group.given)):
        return True
    group_writes_external = any(_is_external(program, n) for n in group.written)
    return group_writes_external and (
        external or any(_is_external(program, n) for n in uses(step)) or step.form == "check"
    )


def _is_external(program: Program, n: int) -> bool:
    memory: Memory = program.values[n].memory
    return memory.external


__all__ = ["Group", "grouped"]
