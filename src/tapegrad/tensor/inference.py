"""Tensors made under `inference_mode`: which they are, and what marks them.

A marked tensor has the counter `INFERENCE`, which refuses to be saved for a backward pass and, outside of the mode, to
count a write; its flag word is not 0, so that the paths for plain tensors, which do not look first, leave it alone.
Views and detached twins share the counter and are inference tensors by that.

Nothing on the ordinary path asks whether the mode is on.  While a thread is in it, `allocate`, through which all
results come, notes each new tensor weakly; when the thread leaves, those that are still alive are marked.  So the cost
(a third of a microsecond per operation) is paid inside of the mode alone.
"""

from __future__ import annotations

from functools import partial
from threading import get_ident
from typing import Any, Final
from weakref import ref

from .tensor import INFERENCE_VIEW, MARKED, NO_GRAD_VIEW, Tensor, allocate, noted
from .version import INFERENCE

_plain: Final[Any] = partial(object.__new__, Tensor)


def begin() -> None:
    """Note the tensors that this thread makes from now on."""
    noted[get_ident()] = {}
    allocate.__setstate__((_allocate_noting, (), {}, None))


def settle() -> None:
    """Mark the noted tensors of this thread that are alive, and note no more."""
    notes = noted[get_ident()]
    alive = [t for t in (found() for found in notes.values()) if t is not None]
    own = [(t, is_inference(t)) for t in alive]
    del noted[get_ident()]
    if not noted:
        allocate.__setstate__((object.__new__, (Tensor,), {}, None))
    for t, marked in own:
        view = t._view
        if marked:
            t._vc = INFERENCE
            t._flags |= MARKED
            if view is not None:
                t._view = (view[0], 0, view[2])
        elif view is not None and view[2] == NO_GRAD_VIEW:
            t._view = (view[0], view[1], INFERENCE_VIEW)


def _allocate_noting() -> Tensor:
    """`allocate` while some thread is in inference mode."""
    t: Tensor = _plain()
    notes = noted.get(get_ident())
    if notes is not None:
        notes[id(t)] = ref(t)  # the place of a dead tensor is taken by the next at its address
    return t


def note(t: Tensor) -> None:
    """Take a tensor that was not made by `allocate` for one that was."""
    notes = noted.get(get_ident())
    if notes is not None:
        notes[id(t)] = ref(t)


def is_inference(t: Tensor) -> bool:
    """Whether a tensor was made under `inference_mode`; a view, whether what it is a view of was."""
    if t._vc is INFERENCE:
        return True
    found = noted[get_ident()].get(id(t)) if get_ident() in noted else None
    return found is not None and found() is t and (t._view is None or is_inference(t._view[0]))


def follow(t: Tensor, source: Tensor) -> None:
    """Make a tensor over the memory of another an inference tensor if, and only if, the other is one."""
    notes = noted.get(get_ident())
    if source._vc is INFERENCE:
        t._vc = INFERENCE
        t._flags |= MARKED
    elif notes is not None:
        if is_inference(source):
            notes[id(t)] = ref(t)
        else:
            notes.pop(id(t), None)
