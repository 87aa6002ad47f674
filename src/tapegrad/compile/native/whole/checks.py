"""Values that must come out as they did in the captured run."""

from __future__ import annotations

import operator

import numpy as np

from ...program import Step
from ...recorder import shape_of
from . import operations
from .builder import Builder
from .functions import OPERATORS
from .operations import BOOL, F64
from .places import Untranslatable
from .statements import Number


def check(low: Builder, step: Step) -> None:
    """A step that ends the call where a value is another than it was."""
    if step.what is shape_of:
        if low.place(step.args[0]).shape != step.expected:
            raise Untranslatable("another shape")
        return
    if step.kwargs or not step.args:
        raise Untranslatable("a check of another kind")
    if step.what in (bool, float, int) or getattr(step.what, "__name__", "") == "item":
        place = low.place(step.args[0])
        place = place.of(place.array.reshape(()))
        expected = step.expected
        if step.what is bool or expected.__class__ is bool:
            low.hold("equal", place, Number(bool(expected), BOOL), dtype=BOOL)
        elif expected.__class__ is float and operations.is_float(place.dtype):
            low.hold("same", place, Number(expected, F64), dtype=F64)
        elif expected.__class__ is int and place.dtype == np.dtype(np.int64):
            low.hold("equal", place, Number(expected, place.dtype), dtype=place.dtype)
        else:
            raise Untranslatable("a check of another kind")
        return
    name = getattr(step.what, "__name__", "")
    if step.what is getattr(operator, name, None) and name in ("lt", "le", "gt", "ge", "eq", "ne"):
        condition = low.scratch((), BOOL)
        low.pointwise(condition, OPERATORS[name], step.args, F64)
        low.hold("equal", condition, Number(bool(step.expected), BOOL), dtype=BOOL)
        return
    raise Untranslatable("a check of another kind")
