"""Traced values among the arguments of a call, which may be nested in tuples, lists, dictionaries and slices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..tensor.size import Size, size_of
from .symbolic import Symbolic
from .traced import Traced, TracedArray, TracedNumber

if TYPE_CHECKING:
    from .recorder import Recorder


def plain(x: Any) -> Any:
    """Arguments with the true values of traced ones and of numbers that differ from call to call."""
    kind = type(x)
    if kind is TracedArray or kind is TracedNumber or kind is Symbolic:
        return x.value
    if kind is Size:
        return size_of(tuple([plain(part) for part in x]))
    if kind is tuple or kind is list:
        return kind([plain(part) for part in x])
    if kind is dict:
        return {key: plain(part) for key, part in x.items()}
    if kind is slice:
        return slice(*plain((x.start, x.stop, x.step)))
    return x


def traced(x: Any) -> Iterator[Traced]:
    """The traced values among arguments."""
    kind = x.__class__
    if kind is TracedArray or kind is TracedNumber:
        yield x
    elif kind is tuple or kind is list:
        for part in x:
            yield from traced(part)
    elif kind is dict:
        for part in x.values():
            yield from traced(part)
    elif kind is slice:
        yield from traced((x.start, x.stop, x.step))


def symbolic(x: Any) -> Iterator[Symbolic]:
    """The numbers among arguments that differ from call to call, in shapes too."""
    kind = type(x)
    if kind is Symbolic:
        yield x
    elif kind is TracedArray:
        yield from symbolic(x.dims)
    elif kind is tuple or kind is list or kind is Size:
        for part in x:
            yield from symbolic(part)
    elif kind is dict:
        for part in x.values():
            yield from symbolic(part)
    elif kind is slice:
        yield from symbolic((x.start, x.stop, x.step))


def recorder_of(x: Any) -> Recorder | None:
    """The recorder of the traced values among arguments; None if there are none."""
    found = next(traced(x), None)
    return None if found is None else found.recorder
