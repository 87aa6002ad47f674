"""Which of two ways is the faster: they take turns at calls that have to be made anyway, then the better stays."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

TURNS: Final = 8


class Trial:
    """A function that is two, until it is known which is the faster.

    Args:
        plain, native: the two.
        refused: results that say that a call was not made, and so took no time.
        decided: called with the choice and both times, in seconds.
    """

    def __init__(
        self, plain: Any, native: Any, refused: tuple[Any, ...], decided: Callable[[Any, float, float], None]
    ) -> None:
        self.ways, self.refused, self.decided = (plain, native), refused, decided
        self.best = [float("inf"), float("inf")]
        self.turn = 0

    def __call__(self, *args: Any) -> Any:
        """Call one of them."""
        which = self.turn & 1
        start = perf_counter()
        result = self.ways[which](*args)
        took = perf_counter() - start
        if any(result is x for x in self.refused):
            return result
        self.best[which] = min(self.best[which], took)
        self.turn += 1
        if self.turn == 2 * TURNS:
            plain, native = self.best
            self.decided(self.ways[0] if plain < native else self.ways[1], plain, native)
        return result
