"""What is known of a captured run, and enough to call the function again: the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .program import Program
from .symbolic import Symbols

# Where an input comes from: ("path", text), ("tensor", the tensor itself), or ("grad", the source of its tensor).
Source = tuple[str, Any]


# Where a number comes from: ("number", path), ("size", path, dimension) or ("place", key of a fact).
Atom = tuple[Any, ...]


@dataclass(slots=True)
class Made:
    """A tensor that a call makes: the number of its array, and what it is a view of or shares its version with.

    `output` is its place among the differentiable results, or None.
    """

    number: int
    view: tuple[Any, int] | None = None  # a source or another `Made`, and the kind of view
    shares: Source | None = None
    output: int | None = None
    requires_grad: bool = False


@dataclass(slots=True)
class Backward:
    """The way back: from gradients of the results to those of the inputs.

    Attributes:
        program: inputs are the saved values, then the gradients of the results.
        saved: the numbers of the forward program's values that it reads.
        inputs: the sources of the differentiable inputs; `gradients` the numbers of theirs, None where there is none.
        freed: the function went backward itself, so that there is no way back.
    """

    program: Program
    saved: list[int]
    cotangents: list[int]
    inputs: list[Source]
    gradients: list[int | None]
    freed: bool = False
    outputs: list[tuple[tuple[int, ...], Any]] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What a call does."""

    program: Program
    inputs: list[tuple[int, Source]]
    result: Any
    grads: list[tuple[Source, Any]] = field(default_factory=list)  # None, a `Made` or a source
    versions: list[tuple[Source, int]] = field(default_factory=list)
    written: list[int] = field(default_factory=list)  # the inputs that are written into
    backward: Backward | None = None
    known_grads: list[tuple[Source, Any]] = field(default_factory=list)  # gradients that were looked at
    draws: bool = False
    symbols: Symbols | None = None  # sizes and numbers that differ from call to call
    numbers: dict[int, str] = field(default_factory=dict)  # those among the program's values, as expressions
    atoms: dict[str, Atom] = field(default_factory=dict)
    shapes: dict[str, tuple[Any, ...]] = field(default_factory=dict)  # by the path of an argument with such sizes

    def inputs_but(self, number: int) -> list[int]:
        """The numbers of all inputs but one."""
        return [n for n, _ in self.inputs if n != number]
