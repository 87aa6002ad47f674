"""The program that a capture writes down: a straight line of NumPy calls over numbered values, and its clean-up.

Steps keep the order in which they ran, views are views and writes are writes, so replaying them means what the run
meant.  What may be left out or merged is decided by the memory that values lie in: a step counts if its result is
needed, or if it writes into memory that somebody looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Memory:
    """What values lie in.

    Attributes:
        external: it is older than the program: that of an argument or of a captured tensor.
        constant: it holds the same in every run, as long as nobody writes into it.
        written: a step writes into it.
    """

    __slots__ = ("constant", "external", "written")

    def __init__(self, *, external: bool = False, constant: bool = False) -> None:
        self.external, self.constant, self.written = external, constant, False


@dataclass(frozen=True, slots=True)
class Ref:
    """A value of the program among the arguments of a step."""

    number: int


@dataclass(slots=True)
class Value:
    """What is known of a value: its geometry, and the memory that it lies in."""

    shape: tuple[int, ...]
    dtype: Any
    memory: Memory
    fresh: bool = True  # no view, and of no memory that is older
    layout: str = "c"  # "c" if in the order of its indices and writeable, else "other"
    generic: bool = False  # one of NumPy's scalars
    strides: tuple[int, ...] | None = None  # in bytes, where they are known


@dataclass(slots=True)
class Step:
    """One call.

    Attributes:
        form: "call", "method", "attribute", "getitem", "setitem", "check" (a Python value must come out as it did) or
            "draw" (random numbers), "kernel" (native code).
        what: the function, or the name of the method or attribute.
        args, kwargs: templates, in which values of the program are `Ref`s.
        out: the numbers of the results; `several` if they come as a sequence.
        writes: the memories that it writes into.
        pure: it gives the same for the same, and does nothing else.
        expected: what a check must give.
    """

    form: str
    what: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: tuple[int, ...]
    several: bool = False
    writes: tuple[Memory, ...] = ()
    pure: bool = True
    expected: Any = None


@dataclass(slots=True)
class Program:
    """Steps over inputs and constants.

    Attributes:
        inputs: the numbers of what is given at each call.
        constants: the arrays that are the same in every call, by number.
        results: the numbers of what must be there at the end.
    """

    steps: list[Step]
    values: dict[int, Value]
    constants: dict[int, Array]
    inputs: list[int] = field(default_factory=list)
    results: list[int] = field(default_factory=list)


def refs(template: Any) -> Iterator[int]:
    """The values that a template mentions."""
    kind = template.__class__
    if kind is Ref:
        yield template.number
    elif kind is tuple or kind is list:
        for part in template:
            yield from refs(part)
    elif kind is dict:
        for part in template.values():
            yield from refs(part)
    elif kind is slice:
        yield from refs((template.start, template.stop, template.step))


def replaced(template: Any, change: Callable[[int], Any]) -> Any:
    """A template with its values replaced."""
    kind = template.__class__
    if kind is Ref:
        return change(template.number)
    if kind is tuple or kind is list:
        return kind([replaced(part, change) for part in template])
    if kind is dict:
        return {key: replaced(part, change) for key, part in template.items()}
    if kind is slice:
        return slice(*replaced((template.start, template.stop, template.step), change))
    return template


def uses(step: Step) -> Iterator[int]:
    """The values that a step reads, those that it writes into included."""
    yield from refs(step.args)
    yield from refs(step.kwargs)
