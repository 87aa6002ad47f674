"""One call on both sides: with the real torch, whose result is the truth, and with the other library, guarded."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..workers import Budget, TimeLimit, first_line
from .comparing import Mismatch, Tolerance, compare_values
from .names import Missing, last
from .sides import Array, Side, Unsupported
from .tallies import Tally


@dataclass
class Settings:
    """What is compared.

    Attributes:
        dtypes: names of the dtypes.
        samples: at most so many of each operator, dtype and check.
        seconds: time for each of these.
        checks: names of the checks.
        strided: give every operand gaps in memory.
    """

    dtypes: tuple[str, ...]
    samples: int
    seconds: float
    checks: tuple[str, ...]
    strided: bool = False


def spread(items: Iterable[Any], n: int) -> list[Any]:
    """At most n of the items, evenly spaced, the first and the last among them.

    >>> spread(range(10), 3)
    [0, 4, 9]
    """
    found = list(items)
    if len(found) <= n:
        return found
    return [found[round(i * (len(found) - 1) / max(n - 1, 1))] for i in range(n)]


def noise(seed: int, like: Array) -> Array:
    """Fixed standard normal numbers, of the shape and dtype of an array."""
    rng = np.random.default_rng(seed)
    x: Any = rng.standard_normal(like.shape)
    if like.dtype.kind == "c":
        x = x + 1j * rng.standard_normal(like.shape)
    return np.asarray(x).astype(like.dtype)


def _verdict(error: BaseException) -> tuple[str, str]:
    """What kind of failure an error of the other library is, and what it says."""
    if isinstance(error, Mismatch):
        return error.kind, str(error)
    if isinstance(error, Missing):
        return "missing", first_line(error)
    return "not implemented" if isinstance(error, NotImplementedError) else "raises", first_line(error)


class Entry:
    """One entry of a database.

    Attributes:
        info: the entry.
        real, mine: the two sides.
        checks: by check and dtype, the tally.
        counts: by what was looked at without being judged: how often it was the same, of how many times.
        seconds: of the processor, spent by each side.
    """

    def __init__(self, info: Any, mine: Side, settings: Settings) -> None:
        self.info, self.settings = info, settings
        self.real, self.mine = Side(torch), mine
        self.checks: dict[str, dict[str, Tally]] = {}
        self.counts: dict[str, tuple[int, int]] = {}
        self.seconds = {"real": 0.0, "mine": 0.0}

    def tally(self, check: str, dtype: Any) -> Tally:
        return self.checks.setdefault(check, {}).setdefault(last(dtype), Tally())

    def count(self, what: str, same: bool) -> None:
        ok, total = self.counts.get(what, (0, 0))
        self.counts[what] = (ok + bool(same), total + 1)

    def truth(self, thunk: Callable[[], Any]) -> tuple[bool, Any]:
        """(True, what torch gives), or (False, None): a sample that torch refuses does not count."""
        start = time.process_time()
        try:
            self.real.seed(0)
            return True, thunk()
        except Exception:
            return False, None
        finally:
            self.seconds["real"] += time.process_time() - start

    def attempt(
        self, check: str, dtype: Any, budget: Budget, thunk: Callable[[], Any], judge: Callable[[Any], None]
    ) -> None:
        """Tally one sample: call the other library, and judge its result.

        Raises:
            TimeLimit: its time is up; the sample is tallied as failing.
        """
        tally, before = self.tally(check, dtype), budget.spent
        try:
            with budget():
                self.mine.seed(0)
                got = thunk()
            judge(got)
            tally.good()
        except TimeLimit:
            tally.fail("timeout", f"over {self.settings.seconds} s")
            raise
        except (Exception, SystemExit) as error:
            tally.fail(*_verdict(error))
        finally:
            self.seconds["mine"] += budget.spent - before

    def judge_gradients(self, allowed: Tolerance, expected: list[Array | None], got: list[Array | None]) -> None:
        """Compare gradients; none counts as zero.

        Raises:
            Mismatch: they differ.
        """
        for i, (r, m) in enumerate(zip(expected, got, strict=True)):
            if r is None and m is None:
                continue
            self.count("None where torch has None", (r is None) == (m is None))
            r, m = np.zeros_like(m) if r is None else r, np.zeros_like(r) if m is None else m
            if r.shape != m.shape:
                raise Mismatch("shape", f"gradient {i}: {r.shape} expected, got {m.shape}")
            if r.dtype != m.dtype:
                raise Mismatch("dtype", f"gradient {i}: {r.dtype} expected, got {m.dtype}")
            compare_values(r, m, allowed, elementwise=False, where=f"gradient {i}")

    def judge_error(self, of_real: Callable[[], Any], of_mine: Callable[[], Any], kind: Any, pattern: str) -> None:
        """Tally a wrong call: the type of the exception ("errors"), and its message ("messages")."""
        true = self._raised(of_real)
        if not isinstance(true, kind) or isinstance(true, Unsupported) or not re.search(pattern, str(true)):
            return
        kind = type(true) if kind is Exception else kind
        got = self._raised(of_mine)
        try:
            wanted = self.mine.bind(kind) if kind.__module__.startswith("torch") else kind
        except Missing:
            wanted = ()
        missing = isinstance(got, Missing)
        # To say "not implemented" is no answer to a wrong call, though it is a RuntimeError.
        evasive = isinstance(got, NotImplementedError) and not issubclass(kind, NotImplementedError)
        verdicts = {"errors": isinstance(got, wanted) and not missing and not evasive}
        if pattern:
            verdicts["messages"] = got is not None and not missing and bool(re.search(pattern, str(got)))
        text = f"{kind.__name__} ({pattern[:60]}) expected, got {first_line(got) if got else 'none'}"
        for check, right in verdicts.items():
            if check not in self.settings.checks:
                continue
            if right:
                self.tally(check, "any").good()
            else:
                self.tally(check, "any").fail("missing" if missing else "error", text)

    def _raised(self, call: Callable[[], Any]) -> BaseException | None:
        try:
            with Budget(self.settings.seconds)():
                call()
        except (Exception, TimeLimit) as error:
            return error
        return None

    def as_dict(self, **more: Any) -> dict[str, Any]:
        """For the pipe between processes."""
        return {
            "checks": {c: {d: t.as_dict() for d, t in by.items()} for c, by in self.checks.items() if by},
            "counts": self.counts,
            "seconds": {side: round(spent, 4) for side, spent in self.seconds.items()},
            **more,
        }
