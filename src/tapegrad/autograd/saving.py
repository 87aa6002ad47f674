"""Saved tensors that a pair of functions packs away until they are needed: `saved_tensors_hooks`.

The code of an operator saves its tensors itself and knows nothing of this.  While hooks are set, each new node is
looked at as soon as it is made (`node.watchers`): what it saved is replaced by `Packed` values, and its record by one
that unpacks them around the rules.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..tensor.tensor import REQUIRES_GRAD, Tensor, new_tensor
from .function import CustomNode
from .grad_mode import is_grad_enabled, switch
from .node import FREED, Node, sequence, watchers
from .stale import freed

Hooks = tuple[Callable[[Any], Any], Callable[[Any], Any]]


class _State(threading.local):
    """The hooks of this thread, the innermost last; why there may be none."""

    def __init__(self) -> None:
        self.stack: list[Hooks] = []
        self.refusal: str | None = None


state: Final = _State()
_users = 0  # how many contexts are open, in all threads


def push(hooks: Hooks) -> None:
    """Set hooks for what this thread saves from now on."""
    global _users
    if state.refusal is not None:
        raise RuntimeError(state.refusal)
    state.stack.append(hooks)
    if _users == 0:
        watchers.append(_pack_node)
    _users += 1


def pop() -> None:
    """Remove the hooks that were set last."""
    global _users
    state.stack.pop()
    _users -= 1
    if _users == 0:
        watchers.remove(_pack_node)


class Packed:
    """What stands in for a saved tensor.

    Attributes:
        value: what the pack hook made of it.
        unpack: the hook that makes a tensor of the value.
        edge: where the gradient of the tensor goes; None if there is none.
    """

    __slots__ = ("edge", "unpack", "value")

    def __init__(self, tensor: Tensor, hooks: Hooks) -> None:
        pack, self.unpack = hooks
        self.edge = (tensor._fn or _leaf(tensor)) if tensor._flags & REQUIRES_GRAD else None
        before = tensor._version
        self.value = without_recording(pack, tensor)
        if tensor._version != before:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook"
                " cannot be modified by in-place operations as this can lead to unexpected side-effects. Change a clone"
                " of it."
            )

    def tensor(self) -> Tensor:
        """The tensor, with the history of the saved one."""
        found = without_recording(self.unpack, self.value)
        if not isinstance(found, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type"
                f" {type(found).__name__}"
            )
        stand_in = new_tensor(found._data)
        if self.edge is not None:
            stand_in._flags = REQUIRES_GRAD
            stand_in._fn = self.edge.through() if isinstance(self.edge, _Leaf) else self.edge
        return stand_in


class _Leaf:
    """The edge to a leaf."""

    __slots__ = ("leaf",)

    def __init__(self, leaf: Tensor) -> None:
        self.leaf = leaf

    def through(self) -> Node:
        """A node that hands its gradient on to the leaf: the stand-in for a leaf is none itself."""
        node = Node()
        node.op, node.edges, node.saved, node.versions = _PASS, (self.leaf,), (), None
        node.info, node.hooks, node.out_version, node.seq = None, None, None, next(sequence)
        return node


def _leaf(tensor: Tensor) -> Any:
    return _Leaf(tensor)


class _Pass:
    """The record of a node that hands its gradient on."""

    outputs = None
    name = node_name = "alias"

    def node_class(self) -> type[Any]:
        return Node

    def saved_names(self) -> list[str]:
        return []

    def backward(self, node: Node, g: Any) -> tuple[Any, ...]:
        return (g,)

    backward_graph = backward


_PASS: Final[Any] = _Pass()


def without_recording(function: Callable[[Any], Any], value: Any) -> Any:
    """Call a hook with recording off."""
    before = is_grad_enabled()
    switch(False)
    try:
        return function(value)
    finally:
        switch(before)


# -- nodes of operators ------------------------------------------------------------------------------------------------


class PackedRecord:
    """An operator's record for nodes whose saved tensors are packed."""

    def __init__(self, op: Any) -> None:
        self.op = op

    def __getattr__(self, name: str) -> Any:
        return getattr(self.op, name)

    def backward(self, node: Node, g: Any) -> Any:
        """Unpack, and run the rules on arrays."""
        return self._unpacked(node, self.op.backward, g)

    def backward_graph(self, node: Node, g: Any) -> Any:
        """Unpack, and run the rules on tensors."""
        return self._unpacked(node, self.op.backward_graph, g)

    def _unpacked(self, node: Node, run: Callable[[Node, Any], Any], g: Any) -> Any:
        packed = node.saved
        if packed is FREED:
            freed(node)
        version, node.out_version = node.out_version, None
        names = self.op.saved_names()
        saved = tuple(_unpack(item, i == len(names) - 1 and names[i] == "out") for i, item in enumerate(packed))
        node.saved, node.versions = saved, tuple(0 if x is None else getattr(x, "_version", 0) for x in saved)
        try:
            return run(node, g)
        finally:
            node.saved, node.out_version = packed, version

    def read_saved(self, node: Node, attribute: str) -> Any:
        """`node._saved_…`."""
        from ..ops.saved import read

        return read(self.op, node, attribute)


def _unpack(item: Any, is_output: bool) -> Any:
    if item.__class__ is tuple:
        return tuple(_unpack(one, is_output) for one in item)
    if item.__class__ is not Packed:
        return item
    return item.tensor()._data if is_output else item.tensor()


_records: Final[dict[Any, PackedRecord]] = {}


def packed_record(op: Any) -> PackedRecord:
    """The record for packed nodes of an operator."""
    if op not in _records:
        _records[op] = PackedRecord(op)
    return _records[op]


def _pack_node(node: Node) -> None:
    """Pack what a new node has saved."""
    if not state.stack or isinstance(node, CustomNode) or not node.saved:
        return
    hooks = state.stack[-1]
    node.saved = tuple(_pack(item, hooks) for item in node.saved)
    node.op = packed_record(node.op)  # type: ignore[assignment]


def _pack(item: Any, hooks: Hooks) -> Any:
    if isinstance(item, Tensor):
        return Packed(item, hooks)
    if isinstance(item, np.ndarray):
        # A result: without history, since the node would hold itself if the hook kept it.
        return Packed(new_tensor(item), hooks)
    return tuple(_pack(one, hooks) for one in item) if item.__class__ is tuple else item


def pack_for_function(node: CustomNode) -> None:
    """Pack what a call of a custom function has saved."""
    if not state.stack:
        return
    hooks = state.stack[-1]
    items: list[Any] = []
    for item in node.saved:
        if item is None:
            items.append(None)
            continue
        kind, held, _ = item
        items.append(("packed", Packed(held if kind == "tensor" else new_tensor(held[1]), hooks), 0))
    node.saved = tuple(items)
