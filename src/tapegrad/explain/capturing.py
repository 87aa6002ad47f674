"""Explanations of the backward passes that a program makes, taken down while they run.

Nothing is computed twice: the engine's own gradients are looked at as it goes, hooks included.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Final

import numpy as np

from ..autograd import observing
from ..autograd.node import Node
from ..source_lines import here
from .building import Builder
from .model import Model
from .naming import names_from
from .recording import recording

MOST_CALLS: Final = 20

_REASON: Final = "explain"


class Capture:
    """Within the `with` block, backward passes are described.

    Args:
        only: the number of the one pass to describe, from 1; by default the first passes are.
        most: how many passes to describe; of the others only the number is kept.

    Attributes:
        models: what was described.
        passes: how many passes there were.
    """

    def __init__(self, only: int | None = None, most: int = MOST_CALLS) -> None:
        self.models: list[Model] = []
        self.passes = 0
        self._only, self._most = only, most
        self._open: dict[int, tuple[Builder, str] | None] = {}  # by the number of the pass
        self._recording: recording | None = None

    def __enter__(self) -> Capture:
        observing.reasons.add(_REASON)
        observing.witnesses.append(self)
        self._record_if_wanted()
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def ran(self, now: observing.Pass, node: Node, grad: Any, grads: Any) -> None:
        """Take down a node that has run."""
        if now.number not in self._open:
            self._open[now.number] = self._begin(node, grad)
        found = self._open[now.number]
        if found is not None:
            found[0].ran(node, _arrays(grad), tuple(map(_array, grads)))

    def ended(self, now: observing.Pass) -> None:
        """Finish the description of a pass."""
        found = self._open.pop(now.number, None)
        if found is not None:
            builder, title = found
            self.models.append(builder.finish(title))
        self._record_if_wanted()

    def _begin(self, node: Node, grad: Any) -> tuple[Builder, str] | None:
        self.passes += 1
        plain = all(part is None or isinstance(part, np.ndarray | np.generic) for part in _parts(grad))
        if not self._wants(self.passes) or not plain:  # inside of vmap there are no plain arrays
            return None
        names = names_from(sys._getframe(2), None, None)
        builder = Builder(names, hooks_ran=True)
        builder.enter(node, _arrays(grad))
        name = names.of_result(node) or node.name()
        origin = here()
        return builder, f"{name} ({os.path.basename(origin.file)}:{origin.line}, pass {self.passes})"

    def _wants(self, number: int) -> bool:
        return number == self._only if self._only is not None else number <= self._most

    def _record_if_wanted(self) -> None:
        """Record lines and values for the passes that will be described, and for no others."""
        wanted = self._wants(self.passes + 1)
        if wanted and self._recording is None:
            self._recording = recording()
            self._recording.__enter__()
        elif not wanted and self._recording is not None and not self._open:
            self._stop_recording()

    def _stop_recording(self) -> None:
        if self._recording is not None:
            self._recording.__exit__(None, None, None)
            self._recording = None

    def _close(self) -> None:
        self._stop_recording()
        observing.witnesses.remove(self)
        if not any(isinstance(witness, Capture) for witness in observing.witnesses):
            observing.reasons.discard(_REASON)


def _array(gradient: Any) -> Any:
    """A gradient as an array; in a recorded pass it is a tensor."""
    return getattr(gradient, "_data", gradient)


def _arrays(grad: Any) -> Any:
    return _parts(grad) if grad.__class__ is list else _array(grad)


def _parts(grad: Any) -> list[Any]:
    return [_array(part) for part in (grad if grad.__class__ is list else [grad])]
