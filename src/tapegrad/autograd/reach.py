"""Which nodes and leaves a backward pass reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..tensor.tensor import Tensor
from . import intermediates
from .node import Node, Port

if TYPE_CHECKING:
    from collections.abc import Iterable

Edge = Any  # None, Node, Port or leaf Tensor: see node.py


def _children(edge: Edge) -> tuple[Edge, ...]:
    if edge.__class__ is Port:
        return edge.node.edges
    return edge.edges if isinstance(edge, Node) else ()


def reachable(roots: Iterable[Edge]) -> list[Node]:
    """All nodes behind the roots, oldest first."""
    seen: set[Node] = set()
    stack = [edge for edge in roots if edge is not None]
    while stack:
        edge = stack.pop()
        node = edge.node if edge.__class__ is Port else edge
        if isinstance(node, Node) and node not in seen:
            seen.add(node)
            stack.extend(e for e in node.edges if e is not None)
    return sorted(seen, key=lambda node: node.seq)


def leading_to(targets: dict[Edge, int], roots: list[Edge]) -> set[Node]:
    """The nodes that have a target behind them, and so have to run."""
    found: set[Node] = set()
    nodes: set[Any] = {key[0] if isinstance(key, tuple) else key for key in targets}
    for node in reachable(roots):
        if intermediates.met and intermediates.is_node_of_one(node):
            found.add(node)
        for edge in node.edges:
            if edge is not None:
                behind: Any = edge.node if edge.__class__ is Port else edge
                if behind in nodes or behind in found:
                    found.add(node)
                    break
    return found


def consumers(roots: list[Edge], needed: set[Node] | None) -> dict[int, int]:
    """For each leaf, how many edges lead to it: its gradient is complete when that many have been seen."""
    counts: dict[int, int] = {}
    ends = list(roots)
    ends += [edge for node in reachable(roots) if needed is None or node in needed for edge in node.edges]
    for edge in ends:
        if isinstance(edge, Tensor):
            counts[id(edge)] = counts.get(id(edge), 0) + 1
    return counts
