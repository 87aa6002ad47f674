"""How the programs of the detective's table are written down.

A program is a function that ends with what is asked about: the tensor whose `.grad` is not as expected and the loss.
`broken` says what the cause is called; the line that is to be named carries the comment `# here`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Program:
    """One program.

    Attributes:
        title: what is wrong with it (or what it does), in a sentence.
        run: runs it, and gives the arguments of the question.
        question: the name of the question: 'why', 'find_nan', 'shared', 'overwritten'.
        cause: the name of the cause; None for a sound program.
        line: the number of the line that is to be named, counted in the file; None if there is none to name.
    """

    title: str
    run: Callable[[], Any]
    question: str
    cause: str | None
    line: int | None

    @property
    def name(self) -> str:
        return self.run.__name__


def _marked(function: Any) -> int | None:
    lines, start = inspect.getsourcelines(function)
    marked = [start + i for i, line in enumerate(lines) if line.rstrip().endswith("# here")]
    assert len(marked) <= 1, function.__name__
    return marked[0] if marked else None


def broken(programs: list[Program], cause: str, question: str = "why") -> Any:
    """Decorate a program whose cause has this name, and add it to the list."""

    def add(function: Any) -> Any:
        programs.append(Program(inspect.getdoc(function) or "", function, question, cause, _marked(function)))
        return function

    return add


def sound(programs: list[Program]) -> Any:
    """Decorate a program with which nothing is wrong, and add it to the list."""

    def add(function: Any) -> Any:
        programs.append(Program(inspect.getdoc(function) or "", function, "why", None, None))
        return function

    return add
