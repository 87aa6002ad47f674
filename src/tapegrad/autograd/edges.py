"""Edges of the tape as values: a node, and which of its outputs is meant."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..tensor.tensor import Tensor
from .node import AccumulateGrad, Node, Port, accumulator


class GradientEdge(NamedTuple):
    """Where a gradient enters a node: stands for a tensor in `autograd.grad` and `backward`, without keeping it alive.

    Attributes:
        node: the node.
        output_nr: which of its outputs is meant.
        ownership_token: something to keep alive along with the edge.
    """

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge at which the gradient of a tensor arrives.

    Raises:
        RuntimeError: the tensor does not require a gradient.

    >>> import tapegrad as torch
    >>> y = torch.ones(2, requires_grad=True) * 3
    >>> edge = torch.autograd.graph.get_gradient_edge(y)
    >>> torch.autograd.grad((y * y).sum(), edge)
    (tensor([6., 6.]),)
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    node = tensor.grad_fn
    if node is None:
        return GradientEdge(accumulator(tensor), 0)
    number = tensor.output_nr
    # A node does not keep the shapes of its results; a cotangent for this edge will be checked against this one.
    node.__dict__.setdefault("_edge_shapes", {})[number] = (tensor._data.shape, tensor._data.dtype)
    return GradientEdge(node, number)


def engine_edge(edge: GradientEdge) -> Any:
    """The edge as the engine writes it: a node, a port of a node, or a leaf."""
    node, number = edge.node, edge.output_nr
    if isinstance(node, AccumulateGrad):
        return node.variable
    return Port(node, number) if _has_ports(node) else node


def _has_ports(node: Node) -> bool:
    if "_several" in node.__dict__:
        return bool(node.__dict__["_several"])
    which = node.op.outputs
    if which is None or isinstance(which, str):
        return which is not None
    return not (which[0] and sum(which) == 1)


def shape_of(edge: GradientEdge) -> Any:
    """(shape, dtype) of the tensor at an edge, None if nobody has noted it."""
    if isinstance(edge.node, AccumulateGrad):
        return edge.node.variable._data.shape, edge.node.variable._data.dtype
    shapes = edge.node.__dict__.get("_edge_shapes") or edge.node.__dict__.get("_outputs")
    try:
        return shapes[edge.output_nr]
    except (KeyError, IndexError, TypeError):
        return None
