"""Values that the way back computes again, rather than having them kept."""

from __future__ import annotations

import dataclasses
import math
from typing import Final

from .cleaning import without_dead_steps
from .native.grouping import is_pointwise
from .plan import Backward
from .program import Program, Step, uses

LARGE: Final = 1 << 16  # bytes


def recompute(back: Backward, program: Program, made: int) -> None:
    """Compute large pointwise values again on the way back instead of keeping them: loops are bound by memory.

    Only from inputs that are kept anyway, since keeping an input forbids to write into it before the way back.

    Args:
        made: how many of the program's results leave it.
    """
    values = program.values
    maker = {step.out[0]: step for step in program.steps if len(step.out) == 1}
    kept = {n for n in back.saved if values[n].memory.external and not values[n].memory.written}
    again: dict[int, Step] = {}

    def from_kept(n: int) -> bool:
        if n in kept or n in again:
            return True
        step = maker.get(n)
        if step is None or values[n].memory.written or not values[n].fresh or not is_pointwise(step):
            return False
        if not all(from_kept(m) for m in uses(step)):
            return False
        again[n] = step
        return True

    for n in list(back.saved):
        value = values[n]
        if value.dtype is not None and n not in kept and n not in program.results[:made]:
            if math.prod(value.shape) * value.dtype.itemsize >= LARGE and from_kept(n):
                back.saved.remove(n)
                program.results.remove(n)
    back.program.steps[:0] = [dataclasses.replace(step) for step in again.values()]
    without_dead_steps(back.program)
