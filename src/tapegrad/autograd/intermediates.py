"""Saved intermediates: a second derivative that would be wrong without a word.

A custom Function may save a tensor that is neither among its inputs nor its results. What it is to the inputs nobody
knows, as `forward` is not recorded: to the first derivative this makes no difference, in the second one the part that
goes through the tensor is missing (pytorch issue 104040). Here it is reported. When `backward` is recorded, the tensor
comes out of `ctx.saved_tensors` with a node of its own, which leads nowhere; if a later pass brings a gradient that is
not zero to this node, that is the missing part, and there is a warning.

It is a warning and not an error because the program may be right: the tensor may not depend on the inputs at all, like
noise that was drawn, or have a derivative of zero, like a sign. Of masks and signs, which can be told by their values,
nothing is said. In all else a recorded pass does as without the node: a gradient that depends on nothing but
intermediates comes out of it without history, and what depends on nothing else can be given to NumPy within it.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensor.tensor import REQUIRES_GRAD, Tensor, new_tensor
from ..tensor.version import version_of
from .node import Node, Port, hooks_of, sequence, shown_class

if TYPE_CHECKING:
    from ..tensor.dtypes import Array


class _Intermediate:
    """The record of the node of a saved intermediate; the engine finds nothing behind it."""

    name = "saved_intermediate"
    node_name = "SavedIntermediateBackward"
    outputs = None
    _class: Any = None

    def node_class(self) -> type[Any]:
        if self._class is None:
            type(self)._class = shown_class(self.node_name)
        return self._class

    def saved_names(self) -> list[str]:
        return []

    def backward(self, node: Node, g: Any) -> tuple[Any, ...]:
        return ()

    backward_graph = backward


INTERMEDIATE = _Intermediate()

# Whether any intermediate has been differentiated through: until then the engine need not look for their nodes.
met = False


def is_intermediate(t: Tensor, inputs: list[Tensor]) -> bool:
    """Whether a tensor that a Function saves, and does not return, comes without the history that it may have.

    Args:
        t: the tensor.
        inputs: the Function's tensor arguments.
    """
    history = t._fn is not None or t._flags & REQUIRES_GRAD
    return not history and t.dtype.category >= 2 and not any(t is x for x in inputs)


def is_node_of_one(node: Node) -> bool:
    """Whether a node is that of a saved intermediate: such nodes are visited although no leaf is behind them."""
    record: Any = node.op
    return record is INTERMEDIATE


def with_node(t: Tensor, function: str) -> Tensor:
    """The same tensor with a node that warns of the gradients that arrive."""
    global met
    met = True
    values = t._data
    node: Any = Node()
    node.op, node.edges, node.saved, node.versions, node.info = INTERMEDIATE, (), (), None, None
    node.hooks = node.out_version = None
    node.seq = next(sequence)
    hooks_of(node).add_pre(lambda grads: _report(grads[0], values, function))
    alias = new_tensor(values)
    alias._vc, alias._fn, alias._flags = version_of(t), node, REQUIRES_GRAD
    return alias


def without_false_history(gradient: Any) -> Any:
    """A gradient that a recorded pass returns, without its history if that is nothing but saved intermediates."""
    return gradient.detach() if depends_on_nothing_else(gradient) else gradient


def depends_on_nothing_else(t: Tensor) -> bool:
    """Whether all that a tensor was computed from is saved intermediates."""
    if t._fn is None:
        return False
    stack, seen = [t._fn], set()
    while stack:
        edge = stack.pop()
        node = edge.node if edge.__class__ is Port else edge
        if node is None or node in seen:
            continue
        if not isinstance(node, Node):  # a leaf
            return False
        seen.add(node)
        if not is_node_of_one(node):
            if all(edge is None for edge in node.edges):
                return False
            stack.extend(node.edges)
    return True


def _report(gradient: Tensor | None, values: Array, function: str) -> None:
    if gradient is None or not np.any(gradient._data) or _is_mask_or_sign(values):
        return
    warnings.warn(
        f"{function} saved a tensor that is neither one of its inputs nor one of its outputs, and is being"
        " differentiated twice through it. What the tensor depends on is not known, so a part of the second derivative"
        " is missing, unless the tensor does not depend on the inputs. Compute it again from the inputs in backward,"
        " or return it from forward as a further output. If the second derivative is not meant to be used, decorate"
        " backward with @once_differentiable.",
        stacklevel=2,
    )


def _is_mask_or_sign(values: Array) -> bool:
    """Whether an array holds one number or its negative, with zeros or both signs: its derivative is zero."""
    if values.size < 2 or values.dtype.kind == "c":
        return False
    sizes = np.unique(np.abs(values))
    if sizes.size == 2 and sizes[0] == 0:
        return True
    return bool(sizes.size == 1 and sizes[0] != 0 and np.any(values != values.flat[0]))
