"""Views, which are places in the same memory; reading and writing through indices.

Where a view lies is asked of NumPy, by making the same view of a model of the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ...program import Ref, Step, refs, uses
from .builder import Builder
from .places import Place, Untranslatable
from .statements import Gather

VIEWS: Final = frozenset(
    """T mT reshape swapaxes transpose squeeze ravel broadcast_to expand_dims moveaxis asarray diagonal flip
    atleast_1d""".split()
)


def view(low: Builder, step: Step, name: str) -> None:
    """A step whose result NumPy makes as a view, or as a copy in the order of its indices."""
    if name not in VIEWS:
        raise Untranslatable(name)
    source = low.place(step.args[0])
    if any(True for _ in refs((step.args[1:], step.kwargs))):
        raise Untranslatable("a shape that is computed")
    model = source.array
    if step.form == "attribute":
        found: Any = getattr(model, name)
    elif step.form == "method":
        found = getattr(model, name)(*step.args[1:], **step.kwargs)
    else:
        found = step.what(model, *step.args[1:], **step.kwargs)
    _viewed(low, step, source, found, lambda a: a)


def _viewed(low: Builder, step: Step, source: Place, found: Any, again: Callable[[Any], Any]) -> None:
    if step.several or len(step.out) != 1:
        raise Untranslatable("several results")
    (n,) = step.out
    if n < 0:
        return
    value = low.program.values[n]
    generic = low.program.values[next(uses(step))].generic
    if isinstance(found, np.ndarray) and np.may_share_memory(found, source.region.model) and not value.generic:
        if not generic:
            low.places[n] = source.of(found)
            return
        found = found.copy()
    if not isinstance(found, np.ndarray) or value.generic:  # one element
        place = source if source.size == 1 else source.of(again(source.array).reshape(()))
        low.copy(low.fresh(step), source.of(place.array.reshape(value.shape)))
        return
    if found.size != source.size:
        raise Untranslatable("a copy of a part")
    target = low.fresh(step)
    low.copy(target.of(target.array.reshape(source.shape)), source)


def get(low: Builder, step: Step) -> None:
    """`x[index]`: a view, a number, or elements gathered by integer arrays."""
    index = step.args[1]
    source = low.place(step.args[0])
    if _is_basic(index):
        found = source.array[index]
        if not isinstance(found, np.ndarray):
            key = index if isinstance(index, tuple) else (index,)
            found_place = source.of(source.array[(*key, ...)])
            low.copy(low.fresh(step), found_place)
            return
        _viewed(low, step, source, found, lambda a: a[index])
        return
    low.add(Gather(low.fresh(step), source, indices(low, index, source, low.program.values[step.out[0]].shape)))


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        p is None or p is Ellipsis or p.__class__ is int
        or (p.__class__ is slice and all(x is None or x.__class__ is int for x in (p.start, p.stop, p.step)))
        for p in parts
    )  # fmt: skip


def indices(low: Builder, index: Any, source: Place, shape: tuple[int, ...]) -> tuple[Place, ...]:
    """Integer arrays for the first dimensions."""
    parts = index if isinstance(index, tuple) else (index,)
    places = [low.place(p) for p in parts]
    if any(p.dtype != np.dtype(np.int64) for p in places) or len(places) > len(source.shape):
        raise Untranslatable("indices of another type")
    rest = source.shape[len(places) :]
    outer = np.broadcast_shapes(*[p.shape for p in places])
    if (*outer, *rest) != shape:
        raise Untranslatable("indices of another shape")
    return tuple([p.broadcast(outer) for p in places])


def assign(low: Builder, step: Step) -> None:
    """`x[index] = value`, the index being one that makes a view."""
    target, index, value = step.args
    place = low.write(target)
    if not _is_basic(index):
        raise Untranslatable("an index that is computed")
    key = index if isinstance(index, tuple) else (index,)
    part = place.of(place.array[key if Ellipsis in key else (*key, ...)])
    if value.__class__ is Ref and not low.is_weak(value):
        source = low.place(value)
        while len(source.shape) > len(part.shape) and source.shape[0] == 1:
            source = source.of(source.array[0])
        low.copy(part, source)
    else:
        low.pointwise(part, "identity", [value], part.dtype)
