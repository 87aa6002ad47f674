"""Making a failing program short: statements are left out as long as it still fails in the same way."""

from __future__ import annotations

from collections.abc import Callable


def kind_of(what: str | None) -> str | None:
    """Failures of one kind differ in names and numbers only."""
    return None if what is None else what.split(":")[0].rstrip("0123456789 ").removeprefix("d")[:1]


def shrink(program: list[str], fails: Callable[[list[str]], str | None]) -> list[str]:
    """A program of as few statements as can be found that fails as the given one does."""
    kind = kind_of(fails(program))
    size = max(len(program) // 2, 1)
    while True:
        start, shorter = 0, False
        while start < len(program):
            candidate = program[:start] + program[start + size :]
            if candidate and kind_of(fails(candidate)) == kind:
                program, shorter = candidate, True
            else:
                start += size
        if size == 1 and not shorter:
            return program
        size = max(size // 2, 1)
