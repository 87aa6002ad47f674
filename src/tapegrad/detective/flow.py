"""Where gradients vanish or stop being finite, followed through a backward pass as it goes from node to node."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.node import Node, Port
from ..source_lines import Origin, origin_of
from ..tensor.tensor import Tensor
from .answers import Cause
from .arrays import arrays_of, finite, kept_by, zero
from .traps import Trap, derivative_trap
from .vanishing import vanishing_cause
from .words import values

_MOST = 8  # events that are carried along on one path


class Event:
    """What a node did to a gradient: made zeros of it, or something that is not finite.

    Attributes:
        cause: the same in words.
        zero: whether it made zeros.
    """

    __slots__ = ("cause", "zero")

    def __init__(self, cause: Cause, zero: bool) -> None:
        self.cause, self.zero = cause, zero


class Flow:
    """Follows one backward pass: tell it of each node that has run, then ask what reached an edge.

    Attributes:
        reached: by node or leaf, the events on the paths by which its gradient came.
        made: the events that made something not finite, in order.
    """

    def __init__(self) -> None:
        self.reached: dict[Any, list[Event]] = {}
        self.made: list[Event] = []

    def saw(self, node: Node, grad: Any, grads: Any) -> None:
        """Note a node that has run, with the gradient it got and those it computed (arrays)."""
        inherited = self.reached.pop(node, [])
        arrived = arrays_of(grad)
        came_finite, came_zero = all(map(finite, arrived)), all(map(zero, arrived))
        if came_zero and not any(e.zero for e in inherited):
            inherited = [*inherited, Event(cancelled(node), True)] if arrived else inherited
        for i, (edge, part) in enumerate(zip(node.edges, grads, strict=False)):
            if edge is None or part is None:
                continue
            (array,) = arrays_of(part) or (None,)
            if array is None:
                continue
            target = edge.node if edge.__class__ is Port else edge
            if finite(array) and not zero(array):
                continue
            if not finite(array) and came_finite:
                events = [self._nonfinite(node, grad, array)]
            elif finite(array) and not came_zero:
                events = [Event(vanishing_cause(node, i, arrived), True)]
            else:
                events = [e for e in inherited if e.zero is finite(array)]
            kept = self.reached.setdefault(target, [])
            kept += [e for e in events[:_MOST] if all(e is not k for k in kept)]

    def _nonfinite(self, node: Node, grad: Any, part: Any) -> Event:
        event = Event(nonfinite_cause(node, grad, part), False)
        self.made.append(event)
        return event

    def first_at_a_leaf(self) -> Event | None:
        """The first event that made something not finite and reached a leaf, not only what lies between."""
        arrived = {id(e) for end, events in self.reached.items() if isinstance(end, Tensor) for e in events}
        return next((e for e in self.made if id(e) in arrived), None)


def nonfinite_cause(node: Node, grad: Any, part: Any) -> Cause:
    """A derivative that made inf or nan of finite numbers, in words."""
    kept = kept_by(node)
    arrived = arrays_of(grad)
    with np.errstate(all="ignore"):
        trap = derivative_trap(node.op.name, kept, arrived[0] if arrived else None, part)
    what = "nan" if np.isnan(part).any() else "inf"
    operands = ", ".join(f"{name} = {values(v)}" for name, v in kept.items() if isinstance(v, (np.ndarray, float, int)))
    text = f"The derivative of {node.name()} made {what} of a finite gradient ({', '.join(map(values, arrived))})"
    text += f", with {operands}." if operands else "."
    otherwise = "Look at the operands: one of them is where the derivative is not defined."
    return trapped(trap, text, otherwise, origin_of(node))


def trapped(trap: Trap | None, text: str, otherwise: str, line: Origin | None) -> Cause:
    """What made something not finite, named for the trap if it is a known one; else with the cure `otherwise`."""
    if trap is None:
        return Cause("nonfinite", text, otherwise, line)
    return Cause(trap.name, f"{text} {trap.text}", trap.cure, line)


def cancelled(node: Node | Tensor, line: Origin | None = None) -> Cause:
    """Gradients of several paths whose sum is 0, in words."""
    if isinstance(node, Node):
        line = origin_of(node)
    return Cause(
        "cancelled",
        "The gradients that arrived by several paths (or the cotangent) add up to exactly 0.",
        "The output does not change with this tensor: look whether it enters once with + and once with -.",
        line,
    )
