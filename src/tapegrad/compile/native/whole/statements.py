"""What machine code does, one thing after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .places import Place


@dataclass(frozen=True, slots=True)
class Number:
    """A constant among the operands."""

    value: float
    dtype: np.dtype[Any]


Operand = Place | Number


@dataclass(frozen=True, slots=True)
class Pointwise:
    """`target = function(*operands)`, element by element.

    The operands have the target's shape; they are converted to `dtype` before the function is applied, its result to
    the target's type.  `fails`: a target that is False somewhere (a Python error would have been raised, or a value
    that the program relies on is another) ends the call.
    """

    target: Place
    function: str
    operands: tuple[Operand, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Reduction:
    """`target = function over axes of source`; function: "sum", "max", "min", "prod", "any" or "all"."""

    target: Place
    function: str
    source: Place
    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Accumulation:
    """`target[..., i] = source[..., 0] + … + source[..., i]`, in that order."""

    target: Place
    source: Place


@dataclass(frozen=True, slots=True)
class Product:
    """`target = a @ b` for matrices."""

    target: Place
    a: Place
    b: Place


@dataclass(frozen=True, slots=True)
class Gather:
    """`target = source[indices]`, the indices being for the first dimensions; or `source[indices] = target`.

    An index out of range ends the call.
    """

    target: Place
    source: Place
    indices: tuple[Place, ...]
    scatter: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """Ends the call if the value of one element of a truth type is False."""

    condition: Place


Statement = Pointwise | Reduction | Accumulation | Product | Gather | Check


def reads(s: Statement) -> Iterator[Place]:
    """The places that a statement reads."""
    if isinstance(s, Pointwise):
        yield from (x for x in s.operands if isinstance(x, Place))
    elif isinstance(s, Product):
        yield s.a
        yield s.b
    elif isinstance(s, Gather):
        yield from s.indices
        yield s.target if s.scatter else s.source
    elif isinstance(s, Check):
        yield s.condition
    else:
        yield s.source


def writes(s: Statement) -> Place | None:
    """The place that a statement writes."""
    if isinstance(s, Check):
        return None
    return s.source if isinstance(s, Gather) and s.scatter else s.target


def may_end(s: Statement) -> bool:
    """Whether a statement may end the call."""
    return isinstance(s, (Check, Gather))
