"""Counts of samples that agreed, and of those that did not."""

from __future__ import annotations

import collections
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """The samples of one operator, check and dtype.

    Attributes:
        ok, total: how many agreed, of how many.
        kinds: in which respect the others did not.
        first: what was found on the first of these.
    """

    ok: int = 0
    total: int = 0
    kinds: collections.Counter[str] = field(default_factory=collections.Counter)
    first: str | None = None

    def good(self) -> None:
        self.ok += 1
        self.total += 1

    def fail(self, kind: str, text: str) -> None:
        self.total += 1
        self.kinds[kind] += 1
        self.first = self.first or text

    def as_dict(self) -> dict[str, Any]:
        """For the pipe between processes."""
        return {"ok": self.ok, "total": self.total, "kinds": dict(self.kinds), "first": self.first}
