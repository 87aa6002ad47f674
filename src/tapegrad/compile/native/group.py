"""A group of steps that becomes one loop, and what a step and a value can be in one.

A group has rows and columns: `R` rows of `C` elements.  Its values are elements ("e", R·C of them), one number per row
("c", what a reduction over the last dimension gives), the same row for all ("r"), or a single number ("s").
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from ..program import Program, Step
from .statements import kinds_of
from .sums import column_sum

_REDUCTIONS: Final = {np.add: "sum", np.maximum: "max", np.minimum: "min"}


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
        kinds: for each value that is read or made, "e", "c", "r", "s", or "t", a total of all elements.
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


def name_of(step: Step) -> str | None:
    """What a step is among those that loops know: a pointwise function, a reduction, or "empty_like"."""
    if step.form == "call":
        what = step.what
        name = getattr(what, "__name__", "")
        if what is column_sum:
            return name
        if isinstance(what, np.ufunc):
            return name if kinds_of(name) is not None and set(step.kwargs) <= {"out"} else None
        owner = getattr(what, "__self__", None)
        if name == "reduce" and owner in _REDUCTIONS:
            return _REDUCTIONS[owner]
        if what is np.sum:
            return "sum"
        if what is np.where and len(step.args) == 3 and not step.kwargs:
            return "where"
        if what is np.empty_like and len(step.args) == 1 and not step.kwargs:
            return "empty_like"
    if step.form == "method" and step.what == "astype" and len(step.args) == 2 and set(step.kwargs) <= {"copy"}:
        return "astype"
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
    if value.shape == (*group.shape[:-1], 1):
        return "c"
    if value.dtype != group.dtype or len(value.shape) > len(group.shape):
        return None
    if value.shape and value.shape[-1] == group.columns and size == group.columns:
        return "r"
    return None


def is_pointwise(step: Step) -> bool:
    """Whether a step computes every element by itself, and makes an array of its own."""
    name = name_of(step)
    return name is not None and kinds_of(name) is not None and not step.kwargs


def is_external(program: Program, n: int) -> bool:
    """Whether a value lies in memory from outside."""
    return program.values[n].memory.external


__all__ = ["Group", "Inputs", "is_external", "is_pointwise", "kind_of", "name_of", "uniform"]
