"""Symbolic numbers, which exist in torch while it traces shapes: here every number is a number.

`sym_int` and its kin compute with Python's numbers; nothing is an instance of `SymInt`.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterable
from typing import Any

__all__ = [
    "SymBool", "SymFloat", "SymInt", "sym_float", "sym_int", "sym_ite", "sym_max", "sym_min", "sym_not", "sym_sum",
]  # fmt: skip


class SymInt:
    """An integer that is not known yet. There are none: programs ask `isinstance`."""


class SymFloat:
    """A number that is not known yet. There are none: programs ask `isinstance`."""


class SymBool:
    """A truth value that is not known yet. There are none: programs ask `isinstance`."""


def sym_int(a: Any) -> int:
    """The number without its fraction."""
    whole: int = math.trunc(a)
    return whole


def sym_float(a: Any) -> float:
    """The number as a float."""
    return float(a)


def sym_not(a: Any) -> bool:
    """The contrary of a truth value."""
    return not a


def sym_max(a: Any, b: Any) -> Any:
    """The larger number; a float if one of them is."""
    return builtins.max(*_alike(a, b))


def sym_min(a: Any, b: Any) -> Any:
    """The smaller number; a float if one of them is."""
    return builtins.min(*_alike(a, b))


def sym_sum(args: Iterable[Any]) -> Any:
    """The sum of numbers."""
    return builtins.sum(args)


def sym_ite(b: bool, t: Any, f: Any) -> Any:
    """`t` if `b` is true, else `f`."""
    return t if b else f


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    return (float(a), float(b)) if isinstance(a, float) or isinstance(b, float) else (a, b)
