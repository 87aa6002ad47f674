"""What is noted of operations while they are recorded, so that `explain` can say more of them.

    with tapegrad.explain.recording():
        loss = loss_of(model(x), y)
    tapegrad.explain(loss)

The tape keeps neither the line that recorded an operation, nor the module, nor results that no derivative needs.  Here
each new node gets a note of these: the line, the module whose `forward` is running, a summary of the result.
"""

from __future__ import annotations

import sys
import weakref
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..autograd.node import Node, result_watchers
from ..source_lines import record_lines
from ..tensor.tensor import Tensor
from .model import Summary
from .summary import summarize

if TYPE_CHECKING:
    from .naming import Names

_KEY: Final = "_note"  # in the dictionary of a node

_lock: Final = Lock()
_users = 0  # how many contexts are open, in all threads


class Note:
    """What was noted of an operation: a summary of its (first) result, and the module that was running."""

    __slots__ = ("_kind", "_module", "value")

    def __init__(self, value: Summary | None, module: Any) -> None:
        self.value = value
        self._module = None if module is None else weakref.ref(module)
        self._kind = None if module is None else type(module).__name__

    def path(self, names: Names) -> str | None:
        """The module's name in its model; that of its class if no known model has it."""
        module = None if self._module is None else self._module()
        found = None if module is None else names.of_module(module)
        return self._kind if found is None else found


def note_of(node: Node) -> Note | None:
    """What was noted of a node; None if nothing was."""
    return node.__dict__.get(_KEY)


class recording:
    """Within the `with` block, operations are recorded with their lines, modules and a summary of their results.

    It makes recording several times slower; nothing outside the block is affected.  Contexts may be nested.

    >>> import tapegrad as torch
    >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> with torch.explain.recording():
    ...     loss = (w * 3).sum()
    >>> node = torch.explain(loss).json()["nodes"][1]
    >>> node["source"]["text"], node["value"]["text"]
    ('loss = (w * 3).sum()', '[3, 6]')
    """

    def __init__(self) -> None:
        self._lines = record_lines()

    def __enter__(self) -> None:
        global _users
        self._lines.__enter__()
        with _lock:
            _users += 1
            if _users == 1:
                result_watchers.append(_note)

    def __exit__(self, *exc: object) -> None:
        global _users
        self._lines.__exit__(*exc)
        with _lock:
            _users -= 1
            if _users == 0:
                result_watchers.remove(_note)


def _note(node: Node, result: Any) -> None:
    """Note a new node; `result` is the tensor that it produced, or a list of several, or None if not known yet."""
    first = result[0] if isinstance(result, list) and result else result
    array = first._data if isinstance(first, Tensor) else None
    value = summarize(array) if isinstance(array, np.ndarray) else None  # inside of vmap there are other arrays
    node.__dict__[_KEY] = Note(value, _running_module())


def _running_module() -> Any:
    """The innermost module of the user's whose `forward` is running."""
    from ..nn.modules.module import Module

    frame: Any = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_name == "forward":
            running = frame.f_locals.get("self")
            if isinstance(running, Module):
                return running
        frame = frame.f_back
    return None
