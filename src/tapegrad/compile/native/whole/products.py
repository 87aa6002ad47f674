"""Products of small matrices."""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np

from ...program import Step
from . import operations
from .builder import Builder
from .places import Place, Untranslatable
from .statements import Product

LARGEST: Final = 1 << 18  # multiplications; larger products are BLAS's


def product(low: Builder, step: Step) -> None:
    if step.kwargs or len(step.args) != 2:
        raise Untranslatable("options of a product")
    a, b = low.place(step.args[0]), low.place(step.args[1])
    target = low.fresh(step)
    if {a.dtype, b.dtype, target.dtype} != {a.dtype} or not operations.is_float(a.dtype) or () in (a.shape, b.shape):
        raise Untranslatable("a product of other types")
    if len(a.shape) == 1:
        a = a.of(a.array[None, :])
    if len(b.shape) == 1:
        b = b.of(b.array[:, None])
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    rows, inner, columns = a.shape[-2], a.shape[-1], b.shape[-1]
    if (len(batch) and getattr(step.what, "__name__", "") == "dot") or b.shape[-2] != inner:
        raise Untranslatable("a product of several dimensions")
    if rows * inner * columns * int(np.prod(batch)) > LARGEST or int(np.prod(batch)) > 32:
        raise Untranslatable("a large product")
    whole = target.of(target.array.reshape((*batch, rows, columns)))
    a, b = a.broadcast((*batch, rows, inner)), b.broadcast((*batch, inner, columns))
    for i in itertools.product(*[range(n) for n in batch]):
        at: Any = (*i, ...)
        _matrices(low, *[x.of(x.array[at]) for x in (whole, a, b)])


def _matrices(low: Builder, target: Place, a: Place, b: Place) -> None:
    """A product of matrices, the second of which is put in the order of its indices."""
    size = a.dtype.itemsize
    if b.shape[1] == 1 and a.shape[0] > 1:  # the columns of the other way round are longer
        target, a, b = (x.of(x.array.T) for x in (target, b, a))
    if b.shape[1] > 1 and b.strides[1] != size:
        b = _in_order(low, b)
    if target.shape[1] > 1 and target.strides[1] != size:
        aside = low.scratch(target.shape, target.dtype)
        low.add(Product(aside, a, b))
        low.copy(target, aside)
    else:
        low.add(Product(target, a, b))


def _in_order(low: Builder, x: Place) -> Place:
    """A copy in the order of the indices; the same one again as long as nobody has written into the original."""
    key = (id(x.region), x.offset, x.shape, x.strides)
    if key not in low.packed:
        copy = low.scratch(x.shape, x.dtype)
        low.copy(copy, x)
        low.packed[key] = (x, copy)
    return low.packed[key][1]
