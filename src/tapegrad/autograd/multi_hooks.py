"""Hooks on the gradients of several tensors at once: `register_multi_grad_hook`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..tensor.tensor import Tensor
from . import observing
from .edges import engine_edge, get_gradient_edge
from .node import Port

MODES = ("all", "any")


class MultiHandle:
    """Removes the hooks on all tensors: `handle.remove()`, or at the end of a `with`."""

    def __init__(self, handles: Sequence[Any]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        """Remove the hooks; doing so twice is no error."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> MultiHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class _Round:
    """The gradients of one backward pass, as they come in."""

    def __init__(self, count: int, expected: int) -> None:
        self.gradients: list[Any] = [None] * count
        self.missing = expected


def register(tensors: Sequence[Tensor], function: Callable[[Any], None], mode: str) -> MultiHandle:
    """See `graph.register_multi_grad_hook`."""
    if mode not in MODES:
        raise ValueError(f"Expects mode to be one of {MODES} but got {mode}")
    for tensor in tensors:
        if not tensor.requires_grad:
            raise AssertionError("Expected gradient function to be set: a tensor does not require a gradient")
    observing.reasons.add("hooks on several tensors")
    make = _hook_for_all if mode == "all" else _hook_for_any
    hooks = make(tensors, function)
    return MultiHandle([t.register_hook(hook) for t, hook in zip(tensors, hooks, strict=True)])


def _hook_for_all(tensors: Sequence[Tensor], function: Callable[[Any], None]) -> list[Any]:
    ends = [_end(t) for t in tensors]
    rounds: dict[int, _Round] = {}

    def hook(i: int, gradient: Any) -> None:
        now = observing.current()
        assert now is not None
        this = rounds.get(now.number)
        if this is None:
            rounds.clear()
            this = rounds[now.number] = _Round(len(ends), sum(end in now.nodes for end in ends))
        this.gradients[i] = gradient
        this.missing -= 1
        if this.missing == 0:
            del rounds[now.number]
            function(this.gradients)

    return [lambda gradient, i=i: hook(i, gradient) for i in range(len(ends))]


def _hook_for_any(tensors: Sequence[Tensor], function: Callable[[Any], None]) -> list[Any]:
    last: list[int] = []

    def hook(gradient: Any) -> None:
        now = observing.current()
        assert now is not None
        if last != [now.number]:
            last[:] = [now.number]
            function(gradient)

    return [hook] * len(tensors)


def _end(tensor: Tensor) -> Any:
    """The node or leaf at which the gradient of a tensor arrives."""
    edge = engine_edge(get_gradient_edge(tensor))
    return edge.node if edge.__class__ is Port else edge
