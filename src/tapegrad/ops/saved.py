"""`node._saved_self` and the like: what a node keeps for its rule, by torch's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.node import FREED, Node
from ..autograd.stale import freed, stale
from ..tensor.tensor import REQUIRES_GRAD, Tensor, new_tensor

if TYPE_CHECKING:
    from .op import Op

# By torch's name: which input, counted from 0, has it.
_POSITIONS = {"self": 0, "input": 0, "other": 1, "mat2": 1, "vec": 1, "tensor": 1, "target": 1, "exponent": 1}
# By torch's name: ours of a parameter.
_PARAMETERS = {
    "dim": "dims",
    "end": "stop",
    "indices": "index",
    "max": "high",
    "max_val": "high",
    "min": "low",
    "min_val": "low",
    "negative_slope": "slope",
}
# Nodes that name things in their own way.
_OWN: dict[str, dict[str, str]] = {
    "AddcdivBackward0": {"tensor1": "a", "tensor2": "b"},
    "AddcmulBackward0": {"tensor1": "a", "tensor2": "b"},
    "AddmmBackward0": {"mat1": "a", "mat2": "b"},
    "CdistBackward0": {"x1": "a", "x2": "b"},
    "FftC2CBackward0": {"forward": "forwards"},
    "NllLossBackward0": {"total_weight": "total"},
    "PowBackward2": {"self": "base", "exponent": "x"},
}
# What torch saves and we have no use for, where it cannot be anything else.
_FIXED: dict[tuple[str, str], Any] = {
    ("AddBackward0", "alpha"): 1,
    ("SubBackward0", "alpha"): 1,
    ("GatherBackward0", "sparse_grad"): False,
}


class SavedTensor:
    """One saved tensor of a node: `node._raw_saved_self`."""

    __module__ = "torch._C._autograd"

    def __init__(self, node: Node, position: int) -> None:
        self._node, self._position = node, position

    def register_hooks(self, pack_hook: Any, unpack_hook: Any) -> None:
        """Replace the tensor by what `pack_hook` makes of it, until `unpack_hook` makes a tensor of that again.

        Raises:
            RuntimeError: it has hooks already, or a backward pass has freed it.
        """
        from ..autograd import saving

        node, i = self._node, self._position
        if node.saved is FREED:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the"
                " graph are freed when you call .backward() or autograd.grad()."
            )
        item = node.saved[i]
        if item.__class__ is saving.Packed:
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of"
                " hooks is allowed at a time."
            )
        tensor = item if isinstance(item, Tensor) else new_tensor(item)
        packed = saving.Packed(tensor, (pack_hook, unpack_hook))
        node.saved = (*node.saved[:i], packed, *node.saved[i + 1 :])
        record: Any = node.op
        if not isinstance(record, saving.PackedRecord):
            node.op = saving.packed_record(record)  # type: ignore[assignment]


def read(op: Op, node: Node, attribute: str) -> Any:
    """The value of `node._saved_…`, or the `SavedTensor` of `node._raw_saved_…`.

    Raises:
        AttributeError: the node has no such value.
        RuntimeError: a backward pass has freed it, or it was written into since.
    """
    raw = attribute.startswith("_raw")
    name = attribute.removeprefix("_raw").removeprefix("_saved_")
    fixed = _FIXED.get((op.node_name, name))
    if fixed is not None and not raw:
        return fixed
    own = _ours(op, name)
    kept = op.saved_names()
    if own in kept:
        position = kept.index(own)
        return SavedTensor(node, position) if raw else _tensor(node, position, own == "out")
    from .link import _info

    info = ["shapes", "dtypes", *op.params] if op.variadic else _info(op)
    owner, _, what = own.rpartition("_")
    if what == "shape" and own not in info and owner in kept and not raw:
        return tuple(_tensor(node, kept.index(owner), False).shape)
    if raw or own not in info:
        raise AttributeError(f"'{op.node_name}' object has no attribute '{attribute}'")
    return _plain(node.info[info.index(own)])


def _ours(op: Op, name: str) -> str:
    """Our name of what torch calls `name`."""
    own = _OWN.get(op.node_name, {}).get(name)
    if own is not None:
        return own
    if name == "result":
        return "out"
    if name.endswith("_sym_sizes"):
        owner = name.removesuffix("_sym_sizes")
        return _ours(op, owner) + "_shape"
    if name in op.inputs or name in op.params:
        return name
    position = _POSITIONS.get(name)
    if position is not None and position < len(op.edge_names):
        return op.edge_names[position]
    own = _PARAMETERS.get(name, name)
    return "i0" if own == "index" and "i0" in op.inputs else own


def _tensor(node: Node, position: int, is_output: bool) -> Any:
    """A saved tensor, checked against later writes."""
    if node.saved is FREED:
        freed(node)
    item = node.saved[position]
    if item is None:
        return None
    if isinstance(item, Tensor):
        expected = node.versions[position] if node.versions else 0
        if item._version != expected:
            stale(node, item, position)
        return item
    if not isinstance(item, np.ndarray):
        tensor: Tensor = item.tensor()
        if not is_output:
            return tensor
        item = tensor._data
    out = new_tensor(item)
    out._fn, out._flags, out._vc = node, REQUIRES_GRAD, node.out_version
    return out


def _plain(value: Any) -> Any:
    """A parameter as torch shows it: arrays as tensors, negative integers as unsigned ones."""
    if isinstance(value, np.ndarray):
        return new_tensor(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        return value + 2**64
    return value
