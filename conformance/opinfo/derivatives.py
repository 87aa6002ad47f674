"""Gradients of one call, and gradients of these, as arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from torch.testing._internal.opinfo.core import OpInfo

from .comparing import Mismatch
from .entry import noise
from .sides import Array, Side, Unsupported

# How much looser derivatives are judged than values.
FACTORS = {"grad": 10, "inplace_grad": 10, "gradgrad": 100}

_NO_WRAPPER = OpInfo.__dataclass_fields__["gradcheck_wrapper"].default


def wrapped(info: Any, side: Side, fn: Any) -> Any:
    """The function as the database has it differentiated, such as with an operand made symmetric first."""
    if info.gradcheck_wrapper is _NO_WRAPPER or info.name.startswith("masked."):
        return fn
    return functools.partial(side.bind(info.gradcheck_wrapper), fn)


def _with_one_sign(info: Any, side: Side, out: Any) -> Any:
    """QR with a positive diagonal: conventions about signs must not show in gradients."""
    if info.name not in ("qr", "linalg.qr"):
        return out
    q, r = out
    diagonal = np.diagonal(side.numpy(r), axis1=-2, axis2=-1)
    sign = np.ones(tuple(r.shape)[:-1], diagonal.dtype)
    sign[..., : diagonal.shape[-1]] = np.where(diagonal.real < 0, -1, 1)
    columns = q * side.array(sign[..., None, :]) if np.size(side.numpy(q)) else q
    return columns, r * side.array(sign[..., :, None])


def differentiate(
    info: Any,
    side: Side,
    call: Callable[[], Any],
    sample: Any,
    expected: dict[str, Any] | None,
    mask: Callable[[], Array | None],
    second: bool,
) -> dict[str, Any]:
    """Call, go backward, and with `second` go backward through that.

    Args:
        info: the entry of the database.
        side: the library, whose `memo` holds the operands after the call.
        call: the call.
        sample: what is called with.
        expected: what this function returned for torch; None if this is torch.
        mask: where the result is defined.
        second: whether to differentiate twice.

    Returns:
        Which results require gradients ("flags"), the cotangents given to all of them ("weights"), and the gradients
        of all operands that require them ("grads"); with `second` the second gradients follow, of the operands and
        the cotangents.

    Raises:
        Unsupported: there is nothing to differentiate.
        Mismatch: the results that require gradients are others than torch's.
    """
    out = side.bind(sample.output_process_fn_grad)(call())
    tensors = list(side.tensors(_with_one_sign(info, side, out)))
    leaves = [t for t in side.memo.values() if t.requires_grad]
    flags = [bool(t.requires_grad) for t in tensors]
    if expected is None:
        if not leaves or not any(flags):
            raise Unsupported("nothing to differentiate")
        weights = [noise(i, side.numpy(t)) for i, t in enumerate(tensors)]
        defined = mask()
        if defined is not None:
            weights = [w * defined for w in weights]
    elif flags != expected["flags"]:
        raise Mismatch("requires_grad", f"outputs: {expected['flags']} expected, got {flags}")
    else:
        weights = expected["weights"]
    outs = [t for t, needed in zip(tensors, flags, strict=True) if needed]
    cotangents = [side.array(w, second) for w, needed in zip(weights, flags, strict=True) if needed]
    gradients = _twice(side, outs, leaves, cotangents) if second else _once(side, outs, leaves, cotangents)
    arrays = [None if g is None else side.numpy(g).copy() for g in gradients]
    return {"flags": flags, "weights": weights, "grads": arrays}


def node_names(results: Iterable[Any]) -> set[str]:
    """The names of all nodes behind some tensors, leaves aside."""
    waiting = [t.grad_fn for t in results if t.grad_fn is not None]
    seen = set(waiting)
    while waiting:
        for node, _ in waiting.pop().next_functions:
            if node is not None and node not in seen:
                seen.add(node)
                waiting.append(node)
    return {node.name() for node in seen} - {"torch::autograd::AccumulateGrad"}


def _once(side: Side, outs: list[Any], leaves: list[Any], cotangents: list[Any]) -> list[Any]:
    side.m.autograd.backward(outs, cotangents)
    return [t.grad for t in leaves]


def _twice(side: Side, outs: list[Any], leaves: list[Any], cotangents: list[Any]) -> list[Any]:
    grad = side.m.autograd.grad
    first = list(grad(outs, leaves, cotangents, create_graph=True, allow_unused=True))
    again = [(i, g) for i, g in enumerate(first) if g is not None and g.requires_grad]
    if not again:
        return first + [None] * len(leaves + cotangents)
    weights = [side.array(noise(100 + i, side.numpy(g))) for i, g in again]
    return first + list(grad([g for _, g in again], leaves + cotangents, weights, allow_unused=True))
