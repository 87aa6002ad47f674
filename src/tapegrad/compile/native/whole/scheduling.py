"""The order of statements, and which of them share a loop.

Pointwise statements of one shape share a loop if what they read and write of each other lies at the same place element
by element; what no other loop reads then never comes to memory.  What may end the call is put before everything that
writes into memory from outside, where that is possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from .places import Place, Region
from .statements import Pointwise, Statement, may_end, reads, writes

_LONGEST: Final = 48  # statements in a loop
_WIDEST: Final = 24  # places in a loop
_FARTHEST: Final = 64  # loops between two statements that come to share one


@dataclass(slots=True)
class Loop:
    """Pointwise statements of one shape, done element by element."""

    shape: tuple[int, ...]
    statements: list[Pointwise] = field(default_factory=list)

    def places(self) -> Iterator[Place]:
        """All places that it reads or writes."""
        for s in self.statements:
            yield from reads(s)
            yield s.target


Part = Loop | Statement


def scheduled(statements: list[Statement]) -> tuple[list[Part], bool]:
    """Statements in loops, and whether all that may end the call comes before anything outside is written."""
    ordered, early = _early_ends(statements)
    parts: list[Part] = []
    for s in ordered:
        if not isinstance(s, Pointwise) or not _joined(parts, s):
            parts.append(Loop(s.target.shape, [s]) if isinstance(s, Pointwise) else s)
    return parts, early


def _early_ends(statements: list[Statement]) -> tuple[list[Statement], bool]:
    """Statements in an order in which those that may end the call, and what these need, come first."""
    if not any(may_end(s) for s in statements):
        return statements, True
    first: set[int] = set()
    touching: dict[int, list[Statement]] = {}  # by memory, those of the first that look at it
    for i in reversed(range(len(statements))):
        s = statements[i]
        memories = {id(p.region.memory or p.region) for p in _places(s)}
        if may_end(s) or any(_conflict(s, later) for key in memories for later in touching.get(key, ())):
            first.add(i)
            for key in memories:
                touching.setdefault(key, []).append(s)
    for i in first:
        target = writes(statements[i])
        if target is not None and target.region.external:
            return statements, False
    rest = [s for i, s in enumerate(statements) if i not in first]
    return [statements[i] for i in sorted(first)] + rest, True


def _places(s: Statement) -> Iterator[Place]:
    """All places that a statement looks at."""
    yield from reads(s)
    target = writes(s)
    if target is not None:
        yield target


def _conflict(a: Statement, b: Statement) -> bool:
    """Whether two statements have to stay in their order."""
    x, y = writes(a), writes(b)
    if x is not None and (any(x.overlaps(p) for p in reads(b)) or (y is not None and x.overlaps(y))):
        return True
    return y is not None and any(y.overlaps(p) for p in reads(a))


def _joined(parts: list[Part], s: Pointwise) -> bool:
    """Put a statement into the last loop that it fits into; False if there is none that it may go back to."""
    for part in reversed(parts[-_FARTHEST:]):
        if isinstance(part, Loop):
            apart, exact = _relation(part, s)
            if exact and part.shape == s.target.shape and _has_room(part, s):
                part.statements.append(s)
                return True
            if not apart:
                return False
        elif _conflict(part, s):
            return False
    return False


def _relation(loop: Loop, s: Pointwise) -> tuple[bool, bool]:
    """Whether a statement has nothing to do with a loop's, and whether what it has is at the same places."""
    apart = exact = True
    given = list(reads(s))
    for other in loop.statements:
        for mine in (*given, s.target):
            if mine.overlaps(other.target):
                apart = False
                exact = exact and mine.same(other.target)
        for theirs in reads(other):
            if s.target.overlaps(theirs):
                apart = False
                exact = exact and s.target.same(theirs)
    return apart, exact


def _has_room(loop: Loop, s: Pointwise) -> bool:
    if len(loop.statements) >= _LONGEST:
        return False
    distinct = {(id(p.region), p.offset, p.strides) for p in (*loop.places(), *reads(s), s.target)}
    return len(distinct) <= _WIDEST


def in_memory(parts: list[Part], needed: set[int]) -> set[int]:
    """The regions, by id, that have to be memory: those that are looked at outside of a single loop.

    Args:
        needed: the numbers of values that are needed after the call.
    """
    users: dict[int, set[int]] = {}
    regions: dict[int, Region] = {}
    for i, part in enumerate(parts):
        for p in part.places() if isinstance(part, Loop) else _places(part):
            users.setdefault(id(p.region), set()).add(i if isinstance(part, Loop) else -1 - i)
            regions[id(p.region)] = p.region
    found = set()
    for key, where in users.items():
        region = regions[key]
        inside = len(where) == 1 and min(where) >= 0
        if not inside or region.memory is not None or region.number in needed or not _covered(parts[min(where)], key):
            found.add(key)
    return found


def _covered(loop: Part, key: int) -> bool:
    """Whether every place that a loop reads of a region has been written by it before, element by element."""
    assert isinstance(loop, Loop)
    made: list[Place] = []
    for s in loop.statements:
        for p in reads(s):
            if id(p.region) == key and not any(p.same(m) for m in made):
                return False
        if id(s.target.region) == key:
            made.append(s.target)
    return True
