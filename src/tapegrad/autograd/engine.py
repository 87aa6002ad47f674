"""The backward pass.

Nodes run newest first: a node's inputs were made before it, so when a node is the newest that has received a gradient,
all gradients it will ever get have arrived.  A heap of sequence numbers is all the order there is to keep, and only
nodes that a gradient reaches are looked at.

Gradients are bare arrays in an ordinary pass; with `graph=True` they are tensors and every step is itself recorded.
The gradients of leaves are held back and added to `.grad` when all nodes have run, so that a rule or a hook that raises
leaves every `.grad` as it was.  (A leaf with hooks gets its gradient as soon as that is complete, as hooks expect.)
"""

from __future__ import annotations

from heapq import heappop, heappush
from sys import getrefcount, modules
from typing import TYPE_CHECKING, Any

import numpy as np

from ..quiet import make_quiet
from ..tensor.arena import loans
from ..tensor.blocks import met
from ..tensor.tensor import Tensor, new_tensor
from . import batching, intermediates, observing, tangents
from . import hooks as hooks_module
from .batching import Unbatchable
from .deposits import accumulate, accumulate_graph, accumulating
from .grad_mode import is_grad_enabled, switch
from .hook_calls import after_accumulation, after_node, before_node, through, through_tuple
from .node import FREED, Node, Port, is_dead_end
from .reach import Edge, consumers, leading_to, reachable

if TYPE_CHECKING:
    from collections.abc import Iterable


def run(
    roots: list[tuple[Edge, Any]], *, keep: bool, graph: bool, targets: dict[Edge, int] | None = None, into_leaves: bool
) -> dict[int, Any]:
    """Propagate gradients from the roots to the leaves.

    Args:
        roots: edges with the gradients that enter there.
        keep: leave saved values in place for another pass.
        graph: record the pass; the gradients are then tensors.
        targets: edges whose gradients are wanted, numbered; only nodes on the way to these run.
        into_leaves: add the gradients of leaves (of those among the targets, if given) to their `.grad`.

    Returns:
        The gradients that arrived at the targets, by number.
    """
    edges, grads = [edge for edge, _ in roots], [grad for _, grad in roots]
    roots.clear()  # the caller's list shall not keep them alive
    if graph and not is_grad_enabled():
        switch(True)
        try:
            return run_plain(edges, grads, keep, graph, targets, into_leaves)
        finally:
            switch(False)
    return run_plain(edges, grads, keep, graph, targets, into_leaves)


def run_plain(
    edges: Any,
    grads: Any,
    keep: bool,
    graph: bool = False,
    targets: dict[Edge, int] | None = None,
    into_leaves: bool = True,
    observer: observing.Pass | None = None,
) -> dict[int, Any]:
    """`run` for callers in a hurry: edges, and the gradients that enter there."""
    if observing.reasons and observer is None:
        return _observed(edges, grads, keep, graph, targets, into_leaves)
    plain = not graph and observer is None
    # Where there may be batched arrays, which outlive their `vmap` in a graph, a node may have to run a second time.
    direct = plain and targets is None and not batching.capturing and "tapegrad.func.levels" not in modules
    heap: list[tuple[int, Any]] = []
    pending: dict[Any, Any] = {}
    arrived: Any
    leaves: dict[int, list[Any]] = {}  # leaf and gradient by the leaf's id: the hash of a tensor is a Python function
    captured: dict[int, Any] = {}
    needed = None if targets is None else leading_to(targets, edges)
    waiting = consumers(edges, needed) if hooks_module.leaf_hooks_exist else None
    large = direct and waiting is None and loans  # there may be large gradients
    if large:
        from . import stretches

    while True:
        for edge, grad in zip(edges, grads):  # noqa: B905 - the rules return one gradient per edge
            if edge is None or grad is None:
                continue
            kind = edge.__class__
            if kind is not Tensor and (kind is Node or issubclass(kind, Node)):
                if edge in pending:
                    pending[edge] = met(pending.pop(edge), grad)
                else:
                    pending[edge] = grad
                    heappush(heap, (-edge.seq, edge))
            elif kind is Port:
                _to_port(edge, grad, pending, heap)
            elif (number := id(edge)) in leaves:
                arrived = leaves[number]
                arrived.append(met(arrived.pop(), grad))
            else:
                leaves[number] = [edge, grad]
        if waiting is not None:
            grad = grads = None
            _hooked_leaves(edges, waiting, leaves, targets, captured, graph, into_leaves)
        if not heap:
            break
        _, node = heappop(heap)
        if direct and node.hooks is None:
            if large and (found := stretches.run(node, pending, heap, leaves, keep)) is not None:
                edges, grads = found
                found = None  # which would hold the gradients, too
                continue
            edges, grad, grads = node.edges, None, None
            grads = node.op.backward(node, pending.pop(node))  # nobody else has it: the rule may write over it
            if not keep and node.saved:
                node.saved = FREED
            continue
        grad = pending.pop(node)
        if node.hooks is not None:
            grad = before_node(node, grad, graph)
        if targets is not None:
            _capture(node, grad, targets, captured)
            if node not in needed:  # type: ignore[operator]
                edges = grads = ()
                continue
        edges = node.edges
        if plain:
            try:
                grads = node.op.backward(node, grad)
            except Unbatchable:
                grads = batching.backward(node, grad)
        else:
            grads = node.op.backward_graph(node, grad) if observer is None else observer.run(node, grad, graph)
        if not keep and node.saved:
            node.saved = FREED
        if node.hooks is not None and node.hooks.post:
            grads = after_node(node.hooks, grads, grad, graph)
    edges = grads = grad = arrived = None
    if leaves:
        _deliver(leaves, targets, captured, graph, into_leaves)
    if graph and intermediates.met:
        return {number: intermediates.without_false_history(found) for number, found in captured.items()}
    return captured


def _observed(
    edges: list[Edge], grads: list[Any], keep: bool, graph: bool, targets: dict[Edge, int] | None, into_leaves: bool
) -> dict[int, Any]:
    """The same while somebody wants to know about the pass."""
    ends = list(edges)
    observer = observing.enter(lambda: _reached(ends, targets), targets is not None)
    try:
        if tangents.alive and not graph:
            return _on_tensors(edges, grads, keep, targets, into_leaves, observer)
        return run_plain(edges, grads, keep, graph, targets, into_leaves, observer)
    finally:
        observing.leave()


def _on_tensors(
    edges: list[Edge],
    grads: list[Any],
    keep: bool,
    targets: dict[Edge, int] | None,
    into_leaves: bool,
    observer: observing.Pass,
) -> dict[int, Any]:
    """The pass as with `graph=True`, but not recorded: tangents of forward mode go through it."""
    recording = is_grad_enabled()
    switch(False)
    try:
        grads = [grad if isinstance(grad, Tensor) else new_tensor(np.asarray(grad)) for grad in grads]
        return run_plain(edges, grads, keep, True, targets, into_leaves, observer)
    finally:
        switch(recording)


def _reached(ends: list[Edge], targets: dict[Edge, int] | None) -> set[Any]:
    """The nodes that a pass runs, and the nodes and leaves that it computes gradients for."""
    nodes = set(reachable(ends)) if targets is None else leading_to(targets, ends)
    leaves = {e for edges in (ends, *(node.edges for node in nodes)) for e in edges if isinstance(e, Tensor)}
    if targets is None:
        return nodes | leaves
    wanted = {key[0] if isinstance(key, tuple) else key for key in targets}
    return nodes | (leaves & wanted) | {node for node in reachable(ends) if node in wanted}


def _to_port(port: Port, grad: Any, pending: dict[Any, Any], heap: list[tuple[int, Any]]) -> None:
    """Add to the gradient of one of a node's several outputs."""
    node = port.node
    if node not in pending:
        pending[node] = [None] * len(node.__dict__["_outputs"])
        heappush(heap, (-node.seq, node))
    parts = pending[node]
    parts[port.index] = grad if parts[port.index] is None else parts[port.index] + grad


def _capture(node: Node, grad: Any, targets: dict[Edge, int], captured: dict[int, Any]) -> None:
    if grad.__class__ is list:
        for index, part in enumerate(grad):
            if part is not None and (node, index) in targets:
                captured[targets[node, index]] = part
    elif node in targets:
        captured[targets[node]] = grad


# -- leaves ------------------------------------------------------------------------------------------------------------


def _hooked_leaves(
    edges: Iterable[Edge],
    waiting: dict[int, int],
    leaves: dict[int, list[Any]],
    targets: dict[Edge, int] | None,
    captured: dict[int, Any],
    graph: bool,
    into_leaves: bool,
) -> None:
    """Deliver to leaves that have hooks and whose gradient has just become complete."""
    for edge in edges:
        if isinstance(edge, Tensor):
            number = id(edge)
            waiting[number] -= 1
            if waiting[number] == 0 and number in leaves and edge._x is not None and "hooks" in edge._x:
                _deliver({number: leaves.pop(number)}, targets, captured, graph, into_leaves)


def _deliver(
    leaves: dict[int, list[Any]],
    targets: dict[Edge, int] | None,
    captured: dict[int, Any],
    graph: bool,
    into_leaves: bool,
) -> None:
    """Hand complete gradients to their leaves, or to whoever asked for them."""
    while leaves:
        leaf, grad = leaves.pop(next(iter(leaves)))
        hooks = None if leaf._x is None else leaf._x.get("hooks")
        number = None if targets is None else targets.get(leaf)
        if (targets is not None and number is None) or (leaf._view is not None and is_dead_end(leaf)):
            continue
        if hooks is not None and hooks.before:
            grad = through(hooks.before.values(), grad, graph)
        if number is not None and not into_leaves:
            captured[number] = grad
            continue
        if hooks is not None and hooks.accumulate_pre:
            grad = through_tuple(hooks.accumulate_pre.values(), grad, graph)
        with accumulating:
            if graph and is_grad_enabled():
                accumulate_graph(leaf, grad)
            elif graph:
                accumulate(leaf, grad._data, owned=False)
            else:
                # Two references, this frame's and the call's: nobody else holds the array, so the leaf may have it.
                owned = getrefcount(grad) == 2
                accumulate(leaf, grad, owned)
        if hooks is not None:
            after_accumulation(leaf, hooks, grad, graph)


make_quiet(globals())  # inf - inf, when gradients meet, is nan without a word
