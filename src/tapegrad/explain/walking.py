"""A backward pass that leaves no trace: the rules of all nodes, in the engine's order, and nothing else.

The engine itself adds gradients to `.grad`, runs hooks and frees what it has used.  This pass frees nothing and
delivers nothing, and runs no hooks, since what a user's hook does (print, count, store) would be done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from ..autograd import batching
from ..autograd.batching import Unbatchable
from ..autograd.node import Node, Port
from ..errors import FreedGraphError
from ..source_lines import origin_of

Array = np.ndarray[Any, Any]

# Told of each node that has run: the node, the gradient that it got (a list for several results) and those it computed.
Witness = Callable[[Node, Any, Any], None]


def walk(roots: list[tuple[Any, Any]], witness: Witness) -> None:
    """Propagate gradients from the roots, and tell the witness of each node.

    Args:
        roots: edges (nodes, ports, leaves) with the arrays that enter there.
        witness: called after each node, in the order in which the engine runs them.

    Raises:
        FreedGraphError: a backward pass has used the graph up.
        SavedTensorModifiedError: a value that a derivative needs was overwritten.
    """
    heap: list[tuple[int, Node]] = []
    pending: dict[Node, Any] = {}

    def arrive(edge: Any, grad: Any) -> None:
        if isinstance(edge, Node):
            if edge in pending:
                pending[edge] = pending[edge] + grad
            else:
                pending[edge] = grad
                heappush(heap, (-edge.seq, edge))
        elif edge.__class__ is Port:
            node = edge.node
            if node not in pending:
                pending[node] = [None] * len(node.__dict__["_outputs"])
                heappush(heap, (-node.seq, node))
            parts = pending[node]
            parts[edge.index] = grad if parts[edge.index] is None else parts[edge.index] + grad

    with np.errstate(all="ignore"):
        for edge, grad in roots:
            arrive(edge, grad)
        while heap:
            _, node = heappop(heap)
            grad = pending.pop(node)
            grads = _run(node, grad)
            witness(node, grad, grads)
            for edge, part in zip(node.edges, grads, strict=False):
                if edge is not None and part is not None:
                    arrive(edge, part)


def _run(node: Node, grad: Any) -> Any:
    try:
        return node.op.backward(node, grad)
    except Unbatchable:
        return batching.backward(node, grad)
    except FreedGraphError as error:
        error.add_note(
            "explain(loss) goes before loss.backward(), which frees the graph. To do it afterwards, keep the graph:"
            " loss.backward(retain_graph=True)."
        )
        raise
    except Exception as error:
        origin = origin_of(node)
        error.add_note(f"explain() was running {node.name()}" + (f", recorded at {origin}" if origin else ""))
        raise
