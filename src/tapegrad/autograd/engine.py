"""The backward pass.

Nodes run newest first: a node's inputs were made before it, so when a node is the newest that has received a gradient,
all gradients it will ever get have arrived.  A heap of sequence numbers is all the order there is to keep, and only
nodes that a gradient reaches are looked at.

Gradients are bare arrays in an ordinary pass; with `graph=True` they are tensors and every step is itself recorded.
The gradients of leaves are held back and added to `.grad` when all nodes have run, so that a rule or a hook that raises
leaves every `.grad` as it was.  (A leaf with hooks gets its gradient as soon as that is complete, as hooks expect.)
"""

from __future__ import annotations

import threading
from heapq import heappop, heappush
from sys import getrefcount, modules
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..quiet import make_quiet
from ..tensor.arena import is_lent, loans
from ..tensor.blocks import met
from ..tensor.coordinates import Coordinates, by_coordinates
from ..tensor.tensor import Tensor, new_tensor, wrap
from . import batching, intermediates, observing, tangents
from . import hooks as hooks_module
from .batching import Unbatchable
from .grad_mode import is_grad_enabled, switch
from .node import FREED, Node, NodeHooks, Port, is_dead_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..tensor.dtypes import Array

# Held while gradients are added to leaves, which threads may share.
_accumulating: Final = threading.RLock()

Edge = Any  # None, Node, Port or leaf Tensor: see node.py


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
    needed = None if targets is None else _leading_to(targets, edges)
    waiting = _consumers(edges, needed) if hooks_module.leaf_hooks_exist else None
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
            grad = _before(node, grad, graph)
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
            grads = _after(node.hooks, grads, grad, graph)
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
    nodes = set(_reachable(ends)) if targets is None else _leading_to(targets, ends)
    leaves = {e for edges in (ends, *(node.edges for node in nodes)) for e in edges if isinstance(e, Tensor)}
    if targets is None:
        return nodes | leaves
    wanted = {key[0] if isinstance(key, tuple) else key for key in targets}
    return nodes | (leaves & wanted) | {node for node in _reachable(ends) if node in wanted}


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


def _children(edge: Edge) -> tuple[Edge, ...]:
    if edge.__class__ is Port:
        return edge.node.edges
    return edge.edges if isinstance(edge, Node) else ()


def _reachable(roots: Iterable[Edge]) -> list[Node]:
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


def _leading_to(targets: dict[Edge, int], roots: list[Edge]) -> set[Node]:
    """The nodes that have a target behind them, and so have to run."""
    found: set[Node] = set()
    nodes: set[Any] = {key[0] if isinstance(key, tuple) else key for key in targets}
    for node in _reachable(roots):
        if intermediates.met and intermediates.is_node_of_one(node):
            found.add(node)
        for edge in node.edges:
            if edge is not None:
                behind: Any = edge.node if edge.__class__ is Port else edge
                if behind in nodes or behind in found:
                    found.add(node)
                    break
    return found


# -- leaves ------------------------------------------------------------------------------------------------------------


def _consumers(roots: list[Edge], needed: set[Node] | None) -> dict[int, int]:
    """For each leaf, how many edges lead to it: its gradient is complete when that many have been seen."""
    counts: dict[int, int] = {}
    ends = list(roots)
    ends += [edge for node in _reachable(roots) if needed is None or node in needed for edge in node.edges]
    for edge in ends:
        if isinstance(edge, Tensor):
            counts[id(edge)] = counts.get(id(edge), 0) + 1
    return counts


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
            grad = _through(hooks.before.values(), grad, graph)
        if number is not None and not into_leaves:
            captured[number] = grad
            continue
        if hooks is not None and hooks.accumulate_pre:
            grad = _through_tuple(hooks.accumulate_pre.values(), grad, graph)
        with _accumulating:
            if graph and is_grad_enabled():
                _accumulate_graph(leaf, grad)
            elif graph:
                _accumulate(leaf, grad._data, owned=False)
            else:
                # Two references, this frame's and the call's: nobody else holds the array, so the leaf may have it.
                owned = getrefcount(grad) == 2
                _accumulate(leaf, grad, owned)
        if hooks is not None:
            _after_accumulation(leaf, hooks, grad, graph)


def _accumulate(leaf: Tensor, grad: Any, owned: bool) -> None:
    """Add an array to the leaf's gradient."""
    data = leaf._data
    # The arrays of a capture are added up and written into as others are.
    traced = data.__class__ is not np.ndarray and hasattr(data, "recorder")
    if grad.__class__ is not np.ndarray and not traced:
        if grad.__class__ is Coordinates:
            _accumulate_sparse(leaf, grad)
            return
        if not isinstance(grad, np.generic):
            grad, owned = batching.settled(grad, data), False
        grad = grad if hasattr(grad, "level") else np.asarray(grad)
    if grad.dtype is not data.dtype:
        grad, owned = grad.astype(data.dtype), True
    assert grad.shape == data.shape, f"a rule returned a gradient of shape {grad.shape} for {data.shape}"
    old = leaf._grad
    if grad.__class__ is not np.ndarray and not traced:  # a leaf inside of `vmap`
        leaf._grad = new_tensor(grad.copy() if old is None else old._data + grad)
    elif old is None:
        if not owned or not _owns_memory(grad) or grad.strides != data.strides:
            grad = _in_layout_of(grad, data)
        leaf._grad = new_tensor(grad)
    elif old._data.flags.writeable:
        if old._vc is not None:
            old._vc.n += 1
        sums = old._data
        if sums.__class__ is not np.ndarray or sums.size < _LARGE_MATRIX:
            np.add(sums, grad, out=sums)
        else:
            for part in _strips(sums, grad):
                np.add(sums[part], grad[part], out=sums[part])
    elif by_coordinates(old):
        leaf._grad = new_tensor(old._data + grad)
    else:
        old._data = old._data + grad


def _accumulate_sparse(leaf: Tensor, grad: Coordinates) -> None:
    """Add a gradient of few rows: into memory if the leaf's gradient is dense, and in place, as in torch, if not."""
    old: Any = leaf._grad
    if old is None:
        leaf._grad = grad.with_values(np.array(grad.values, order="C")).as_tensor()
    elif by_coordinates(old):
        old.add_(grad.as_tensor())
    elif old._data.flags.writeable:
        if old._vc is not None:
            old._vc.n += 1
        grad.add_into(old._data)
    else:
        old._data = old._data + grad


def _owns_memory(array: Array) -> bool:
    """Whether nobody else sees the array's memory: it is its own, or a whole view of an array that only it holds."""
    if array.__class__ is not np.ndarray:
        return bool(getattr(array, "owns_memory", False))
    base = array.base
    if base.__class__ is not np.ndarray:
        return base is None or is_lent(array)
    return (base.base is None or is_lent(base)) and base.size == array.size and getrefcount(base) == 3


def _in_layout_of(grad: Array, like: Array) -> Array:
    """A copy of `grad` whose strides are those of `like`, if that is dense."""
    copy = np.empty_like(like, dtype=grad.dtype, order="K") if like.flags.forc else np.empty(like.shape, grad.dtype)
    if grad.__class__ is not np.ndarray or grad.size < _LARGE_MATRIX:
        copy[...] = grad
    else:
        for part in _strips(copy, grad):
            copy[part] = grad[part]
    return copy


def _strips(a: Array, b: Array) -> list[Any]:
    """Keys of parts that cover two arrays, a few columns each where one lies in memory as the other's transpose.

    NumPy goes along the rows of one, and so in large steps through the other; over a few columns these stay in the
    cache, which makes the copy of a large matrix five times as fast.
    """
    if a.ndim != 2 or not (a.flags.c_contiguous and b.flags.f_contiguous):
        return [...]
    return [(slice(None), slice(i, i + _STRIP)) for i in range(0, a.shape[1], _STRIP)]


_LARGE_MATRIX: Final = 1 << 16
_STRIP: Final = 8


def _accumulate_graph(leaf: Tensor, grad: Tensor) -> None:
    """Add a gradient that has a history. The first is copied: it may be written into, and the graph holds this one."""
    if intermediates.met:
        grad = intermediates.without_false_history(grad)
    if leaf._grad is not None:
        leaf._grad = leaf._grad + grad
    elif by_coordinates(grad):
        leaf._grad = grad.clone()
    elif leaf._data.__class__ is grad._data.__class__ is np.ndarray:
        leaf._grad = new_tensor(np.empty_like(leaf._data)).copy_(grad)
    else:  # inside of `vmap`
        leaf._grad = grad


# -- hooks -------------------------------------------------------------------------------------------------------------


def _as_tensor(grad: Any, graph: bool) -> Any:
    return grad if graph or grad is None else wrap(grad)


def _as_gradient(value: Any, graph: bool) -> Any:
    return value if graph or value is None else value._data


def _call(function: Any, *args: Any, graph: bool) -> Any:
    """Call a user's hook, recording only if the pass is recorded."""
    before = is_grad_enabled()
    switch(graph)
    try:
        return function(*args)
    finally:
        switch(before)


def _through(functions: Iterable[Any], grad: Any, graph: bool) -> Any:
    """Pass a gradient through tensor hooks, each of which may replace it."""
    tensor = _as_tensor(grad, graph)
    for function in list(functions):
        result = _call(function, tensor, graph=graph)
        if result is not None:
            _check_hook_result(tensor, result, function)
            tensor = result
    return _as_gradient(tensor, graph)


def _check_hook_result(before: Tensor, after: Any, hook: Any) -> None:
    name = getattr(hook, "__name__", type(hook).__name__)
    if not isinstance(after, Tensor):
        raise TypeError(
            f"expected Variable, but hook returned '{type(after).__name__}'."
            f" Found: the hook '{name}'; it has to return a Tensor, or None for no change."
        )
    if after._data.shape != before._data.shape:
        raise RuntimeError(
            f"hook '{name}' has changed the size of value:"
            f" the gradient has shape {tuple(before.shape)}, the hook returned {tuple(after.shape)}"
        )
    if after.dtype is not before.dtype or after.layout is not before.layout:
        raise RuntimeError(
            f"hook '{name}' has changed the type of value (was {_type_name(before)} got {_type_name(after)})."
            + (f" Write .to({before.dtype}) at its end." if after.layout is before.layout else "")
        )


def _type_name(t: Tensor) -> str:
    from ..tensor.device import strided
    from ..tensor.questions import typename

    name: str = typename(t) if t.layout is strided else t.type()
    return f"CPU{name.removeprefix('torch.').removesuffix('Tensor')}Type" if t.is_complex() else name


def _through_tuple(functions: Iterable[Any], grad: Any, graph: bool) -> Any:
    """Pass a leaf's gradient through the hooks of its AccumulateGrad, which take and return tuples."""
    tensors: Any = (_as_tensor(grad, graph),)
    for function in list(functions):
        result = _call(function, tensors, graph=graph)
        tensors = tensors if result is None else result
    return _as_gradient(tensors[0], graph)


def _before(node: Node, grad: Any, graph: bool) -> Any:
    """Run what comes before a node: hooks on its outputs, its own pre-hooks, retained gradients."""
    hooks = node.hooks
    assert hooks is not None
    parts = grad if grad.__class__ is list else [grad]
    for number, functions in hooks.tensor.items():
        if number < len(parts) and parts[number] is not None:
            parts[number] = _through(functions.values(), parts[number], graph)
    for function in list(hooks.pre.values()):
        result = _call(function, tuple(_as_tensor(p, graph) for p in parts), graph=graph)
        if result is not None:
            result = result if isinstance(result, tuple) else (result,)
            parts = [_as_gradient(p, graph) for p in result]
    for number, reference in hooks.retained.items():
        tensor = reference()
        if tensor is not None and number < len(parts) and parts[number] is not None:
            _retain(tensor, parts[number], graph)
    return parts if grad.__class__ is list else parts[0]


def _retain(tensor: Tensor, grad: Any, graph: bool) -> None:
    with _accumulating:
        if graph:
            _accumulate_graph(tensor, grad)
        else:
            _accumulate(tensor, grad, owned=False)


def _after(hooks: NodeHooks, grads: Any, grad: Any, graph: bool) -> Any:
    """Run a node's hooks on the gradients it has computed."""
    outputs = tuple(_as_tensor(p, graph) for p in (grad if grad.__class__ is list else [grad]))
    inputs = tuple(_as_tensor(p, graph) for p in grads)
    for function in list(hooks.post.values()):
        result = _call(function, inputs, outputs, graph=graph)
        if result is not None:
            inputs = result if isinstance(result, tuple) else (result,)
    return tuple(_as_gradient(p, graph) for p in inputs)


def _after_accumulation(leaf: Tensor, hooks: Any, grad: Any, graph: bool) -> None:
    for function in list(hooks.accumulate_post.values()):
        _call(function, (), (_as_tensor(grad, graph),), graph=graph)
    for function in list(hooks.after.values()):
        _call(function, leaf, graph=graph)


make_quiet(globals())  # inf - inf, when gradients meet, is nan without a word
