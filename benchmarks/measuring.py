"""Timing several forms of the same work: checked to agree, warmed up, then in turns."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Step = Callable[[], Any]

WARM_UP = 32  # calls before the results are compared; the same number for all, since training goes on
ROUNDS = 15
ROUND_SECONDS = 0.04
TOLERANCE = 2e-3


@dataclass(frozen=True)
class Ratio:
    """Our time ÷ another.

    Attributes:
        value: the median of the rounds' ratios.
        spread: half of the width of their middle half.
    """

    value: float
    spread: float


@dataclass(frozen=True)
class Times:
    """Seconds per call of each form, by round."""

    rounds: dict[str, list[float]]

    def median(self, form: str) -> float:
        """Seconds per call."""
        return statistics.median(self.rounds[form])

    def ratio(self, form: str, other: str) -> Ratio | None:
        """The time of a form ÷ that of another in the same round; None if one took no part."""
        if form not in self.rounds or other not in self.rounds:
            return None
        ratios = sorted(x / y for x, y in zip(self.rounds[form], self.rounds[other], strict=True))
        quarter = len(ratios) // 4
        return Ratio(statistics.median(ratios), (ratios[-1 - quarter] - ratios[quarter]) / 2)


def seconds(call: Step, times: int) -> float:
    """Seconds per call over `times` calls; of what has a loop of its own, `run(times)`, in that."""
    run = getattr(call, "run", None)
    start = time.perf_counter()
    if run is not None:
        run(times)
    else:
        for _ in range(times):
            call()
    return (time.perf_counter() - start) / times


def idle() -> None:
    """Wait until no thread of this process computes.

    BLAS and OpenMP keep their threads spinning for up to 0.1 s after a call, to be there for the next. On two cores
    that doubles the time of whatever another library computes meanwhile.
    """
    for _ in range(300):
        start = time.process_time()
        time.sleep(0.001)
        if time.process_time() - start < 0.0003:
            return


def in_turns(calls: dict[str, Step], rounds: int = ROUNDS, round_seconds: float = ROUND_SECONDS) -> Times:
    """Time calls that are warm; a slow spell of the machine hits all of them."""
    gc.collect()
    gc.freeze()  # what a library keeps must not make the collections dearer that another's calls cause,
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()  # nor what it does at each of them
    times = {form: calls_in(call, round_seconds) for form, call in calls.items()}
    found: dict[str, list[float]] = {form: [] for form in calls}
    for turn in range(rounds):
        order = list(calls.items())
        for form, call in order if turn % 2 == 0 else reversed(order):  # so that nobody always follows the same
            idle()
            call()  # for its memory and threads to be at hand
            found[form].append(seconds(call, times[form]))
    gc.callbacks.extend(callbacks)
    return Times(found)


def calls_in(call: Step, round_seconds: float) -> int:
    """How many calls take about so long."""
    idle()
    call()
    once = seconds(call, 1)
    if once < round_seconds / 10:
        once = seconds(call, 10)
    return max(1, int(round_seconds / once))


# -- agreement ---------------------------------------------------------------------------------------------------------


def as_numpy(x: Any) -> Any:
    """A library's array, copied."""
    x = x.detach() if hasattr(x, "detach") else x
    return np.array(x.numpy() if hasattr(x, "numpy") else x)


def check_agreement(found: dict[str, list[Any]]) -> None:
    """Raise unless all forms gave the same, up to rounding.

    Raises:
        AssertionError: two forms differ.
    """
    if not found:
        return
    (first, expected), *others = found.items()
    for form, results in others:
        if len(results) != len(expected):
            raise AssertionError(f"{form} gave {len(results)} results, {first} {len(expected)}")
        for i, (x, y) in enumerate(zip(results, expected, strict=True)):
            if x.shape != y.shape:
                raise AssertionError(f"result {i} has the shape {x.shape} by {form} and {y.shape} by {first}")
            apart = float(np.abs(x - y).max()) / (float(np.abs(y).max()) + 1e-6)
            if not apart <= TOLERANCE:
                raise AssertionError(f"result {i} of {form} is {apart:.1e} from that of {first}")


def warm_up(steps: dict[str, Step], ready: Step) -> None:
    """Call all forms as often as each other, and see that they come to the same.

    Args:
        steps: the forms.
        ready: returns when nothing is being compiled in the background.
    """
    found: dict[str, list[Any]] = {}
    for form, step in steps.items():
        for n in range(WARM_UP):
            results = step()
            if n < WARM_UP // 4:
                ready()
        found[form] = [as_numpy(x) for x in results]
    check_agreement(found)
