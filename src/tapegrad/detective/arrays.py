"""The arrays in gradients, and those that nodes have saved."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.node import FREED, Node
from ..tensor.coordinates import Coordinates


def arrays_of(grad: Any) -> list[Any]:
    """The arrays of a gradient, which may be one, several, a tensor, or sparse (then its values)."""
    parts = grad if isinstance(grad, list) else [grad]
    arrays = [getattr(p, "_data", p) for p in parts if p is not None]
    arrays = [a.values if isinstance(a, Coordinates) else a for a in arrays]
    return [np.asarray(a) for a in arrays if isinstance(a, (np.ndarray, np.generic))]


def finite(array: Any) -> bool:
    """Whether all elements are finite."""
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def zero(array: Any) -> bool:
    """Whether all elements are 0."""
    return not array.any()


def kept_by(node: Node) -> dict[str, Any]:
    """The arrays that a node saved for its derivative, and its parameters, by name."""
    from ..ops.link import _info

    found: dict[str, Any] = {}
    op: Any = node.op
    if node.saved is not FREED and hasattr(op, "saved_names"):
        for name, item in zip(op.saved_names(), node.saved or (), strict=False):
            array = getattr(item, "_data", item)
            if isinstance(array, np.ndarray):
                found[name] = array
    if node.info is not None and hasattr(op, "rules") and not getattr(op, "variadic", False):
        found.update(zip(_info(op), node.info, strict=False))
    return found
