"""What a backward pass keeps track of only while somebody wants to know: which pass it is, and where it is.

`reasons` holds why passes are observed: anomaly mode, hooks on several tensors.  It is empty almost always, so that the
engine asks once per pass and does nothing more.
"""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable
from typing import Any, Final

from . import batching
from .batching import Unbatchable
from .node import Node

reasons: Final[set[str]] = set()

# Told what passes do: `ran(now, node, grad, grads)` after each node, before what it saved is freed, and `ended(now)`.
witnesses: Final[list[Any]] = []

# Replaces the running of a node, while anomaly mode is on.
runners: Final[list[Callable[[Node, Any, bool], Any]]] = []


class Pass:
    """One backward pass.

    Attributes:
        number: its own, among all passes.
        limited: whether only some gradients are wanted: a pass of `autograd.grad` or with `inputs=`.
        running: the node that is run now.
        infinite: the first derivative that gave inf, in words, if anomaly mode looks for it.
    """

    def __init__(self, reached: Callable[[], set[Any]], limited: bool) -> None:
        self.number = next(_numbers)
        self.limited = limited
        self.running: Node | None = None
        self.infinite: str | None = None
        self._reached = reached

    @functools.cached_property
    def nodes(self) -> set[Any]:
        """The nodes that the pass may run, and the leaves and other ends that it computes gradients for."""
        return self._reached()

    def run(self, node: Node, grad: Any, graph: bool) -> Any:
        """Run one node."""
        grads = self._run(node, grad, graph)
        for witness in witnesses:
            witness.ran(self, node, grad, grads)
        return grads

    def _run(self, node: Node, grad: Any, graph: bool) -> Any:
        self.running = node
        if runners:
            return runners[-1](node, grad, graph)
        if graph:
            return node.op.backward_graph(node, grad)
        try:
            return node.op.backward(node, grad)
        except Unbatchable:
            return batching.backward(node, grad)


_numbers: Final = itertools.count()


class _Passes(threading.local):
    """The passes of this thread, the innermost last."""

    def __init__(self) -> None:
        self.stack: list[Pass] = []


_passes: Final = _Passes()


def enter(reached: Callable[[], set[Any]], limited: bool) -> Pass:
    """Note that a pass begins."""
    started = Pass(reached, limited)
    _passes.stack.append(started)
    return started


def leave() -> None:
    """Note that the innermost pass has ended."""
    ended = _passes.stack.pop()
    for witness in witnesses:
        witness.ended(ended)


def current() -> Pass | None:
    """The pass that this thread is in, if passes are observed."""
    return _passes.stack[-1] if _passes.stack else None
