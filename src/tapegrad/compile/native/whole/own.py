"""Kernels of tapegrad's own that are one step of a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ...program import Step
from .builder import Builder
from .places import Untranslatable
from .statements import Gather
from .views import indices


def sum_to(low: Builder, step: Step) -> None:
    """The sum over what broadcasting from a shape would add or stretch."""
    source, target = low.place(step.args[0]), low.fresh(step)
    shape = target.shape
    extra = len(source.shape) - len(shape)
    stretched = [extra + i for i, n in enumerate(shape) if n == 1 and source.shape[extra + i] != 1]
    axes = (*range(extra), *stretched)
    if not axes:
        raise Untranslatable("nothing to sum over")
    low.reduced(target, "sum", source, axes)


def put_back(low: Builder, step: Step) -> None:
    """Zeros, and at some places the product of a gradient and coefficients."""
    g, index, coefficients = step.args[:3]
    if step.kwargs:
        raise Untranslatable("options of a function")
    target = low.fresh(step)
    low.pointwise(target, "identity", [0.0], target.dtype)
    factor = low.place(coefficients)
    product = low.scratch(factor.shape, target.dtype)
    low.pointwise(product, "multiply", [g, coefficients], target.dtype)
    places = indices(low, index, target, factor.shape)
    low.add(Gather(product, target, places, scatter=True))


def rows_joined(low: Builder, step: Step) -> None:
    """Rows along a dimension, zeros where there is none."""
    rows, dim = step.args[0], step.args[3]
    target = low.fresh(step)
    for i, row in enumerate(rows):
        index: Any = (*[slice(None)] * dim, i, ...)
        part = target.of(target.array[index])
        low.pointwise(part, "identity", [0.0 if row is None else row], target.dtype)


OWN: Final[dict[str, Callable[[Builder, Step], None]]] = {
    "sum_to": sum_to,
    "put_back": put_back,
    "rows_joined": rows_joined,
}
