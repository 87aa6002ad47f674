"""What generated operator code calls besides the operator's own functions."""

from __future__ import annotations

from functools import cache
from sys import getrefcount
from threading import get_ident
from typing import Any, Final

import numpy as np

from ..autograd import batching, tangents
from ..autograd.batching import Unbatchable
from ..autograd.grad_mode import suspended
from ..autograd.node import FREED, Node, Port, sequence, watch, watchers
from ..autograd.stale import check_out, check_outs, freed, stale
from ..autograd.views import refresh
from ..tensor import blocks
from ..tensor.dtypes import complex64, complex128
from ..tensor.strides import in_order
from ..tensor.tensor import MULTI_VIEW, NO_GRAD_VIEW, REQUIRES_GRAD, VIEW, Tensor, allocate, new_tensor, wrap
from ..tensor.version import version_of
from .op import Op
from .vocabulary import TENSOR, bind, conj, fit

Array = np.ndarray[Any, Any]


def lift(value: Any) -> Any:
    """NumPy returns a scalar where an array of no dimensions is meant; everything else passes."""
    return np.asarray(value) if isinstance(value, np.generic) else value


def attach(node: Node, tensors: list[Tensor], outputs: Any) -> None:
    """Make a node of several outputs the producer of those that are differentiable."""
    node.__dict__["_outputs"] = [(t._data.shape, t._data.dtype) for t in tensors]
    if outputs == "list":
        for i, t in enumerate(tensors):
            t._fn = Port(node, i)
            t._flags |= REQUIRES_GRAD
        return
    which = [i for i, yes in enumerate(outputs) if yes]
    for i in which:
        tensors[i]._fn = node if len(which) == 1 and i == 0 else Port(node, i)
        tensors[i]._flags |= REQUIRES_GRAD


class DeadEnd:
    """The record of an operation whose inputs require gradients that nothing receives: it keeps and computes nothing.

    Such inputs are views made under `no_grad`, which require a gradient because their bases do.
    """

    name = "dead_end"

    def __init__(self, op: Op) -> None:
        self.node_name, self.outputs, self.node_class = op.node_name, op.outputs, op.node_class
        self.read_outputs = None

    def saved_names(self) -> list[str]:
        """Nothing is kept."""
        return []

    def read_saved(self, node: Node, attribute: str) -> Any:
        """Nothing is kept, as in torch."""
        return None

    def backward(self, node: Node, g: Any) -> tuple[None, ...]:
        """No gradients."""
        return (None,) * len(node.edges)

    backward_graph = backward


_ending_of = cache(DeadEnd)  # by operator


def dead_end(op: Op, made: Any, inputs: int) -> None:
    """Record an operation none of whose inputs, of so many, receives the gradient that it requires."""
    node: Any = Node()
    node.op = _ending_of(op)
    node.hooks = node.out_version = node.versions = node.info = None
    node.edges, node.saved, node.seq = (None,) * inputs, (), next(sequence)
    if op.outputs is not None:
        attach(node, made, op.outputs)
    else:
        made._fn, made._flags = node, REQUIRES_GRAD
    if watchers:
        watch(node, made)


def wrap_views(arrays: Any, base: Tensor) -> list[Tensor]:
    """Tensors over several views of one tensor's memory."""
    version = version_of(base)
    root = base if base._view is None else base._view[0]
    kind = NO_GRAD_VIEW if suspended and get_ident() in suspended else MULTI_VIEW
    view = (root, version.n, kind)
    tensors = []
    for array in arrays:
        t = allocate()
        t._data = array
        t._form = t._fn = t._grad = t._x = None
        t._vc, t._view, t._flags = version, view, VIEW
        tensors.append(t)
    return tensors


def output_as_tensor(node: Node, array: Array) -> Tensor:
    """The result that a node saved, as the tensor it was."""
    t = new_tensor(array)
    t._fn, t._flags, t._vc = node, REQUIRES_GRAD, node.out_version
    if tangents.alive and "_tangents" in node.__dict__:
        tangents.share(t, node.__dict__["_tangents"])
    return t


def outputs_as_tensors(node: Node, arrays: tuple[Array, ...]) -> list[Tensor]:
    """The results that a node of several outputs saved, as the tensors they were."""
    tensors = [wrap(array) for array in arrays]
    attach(node, tensors, node.op.outputs)
    if tangents.alive and "_tangents" in node.__dict__:
        for t, held in zip(tensors, node.__dict__["_tangents"], strict=True):
            tangents.share(t, held)
    return tensors


def fit_graph(gradient: Tensor, like: tuple[Any, ...]) -> Tensor:
    """`vocabulary.fit` on tensors, recorded."""
    shape, dtype = like[0], like[1]
    if gradient._data.shape != shape:
        gradient = TENSOR["sum_to"](gradient, shape)
    if gradient._data.dtype is not dtype:
        if gradient._data.dtype.kind == "c" and dtype.kind != "c":
            gradient = TENSOR["real_part"](gradient)
        gradient = TENSOR["to_dtype"](gradient, dtype, None)
    return gradient


def enter_rules(scope: dict[str, Any], op: Any, graph: bool) -> None:
    """Add the operator's rules, over tensors if `graph`, to the namespace of its generated code."""
    for i, rule in enumerate(op.rules.values()):
        scope[f"rule_{i}"] = bind(rule, graph)
    one = fit_graph if graph else fit
    scope["fit"] = one
    scope["fit_all"] = lambda gradients, shapes, dtypes: tuple(
        None if g is None else one(g, (s, d)) for g, s, d in zip(gradients, shapes, dtypes, strict=True)
    )
    scope["conj"] = TENSOR["conj"] if graph else conj
    # a set: a tuple would compare dtypes, at twice the cost of a lookup
    scope["COMPLEX"] = frozenset((complex64, complex128) if graph else (complex64.numpy, complex128.numpy))


SCOPE: Final[dict[str, Any]] = {
    "FREED": FREED,
    "LARGE": blocks.LARGE,
    "Node": Node,
    "Unbatchable": Unbatchable,
    "__name__": None,  # NumPy's floating-point warnings are dropped: see quiet.py
    "asarray": np.asarray,
    "attach": attach,
    "batched_forward": batching.forward,
    "by_the_block": blocks.forward,
    "check_out": check_out,
    "check_outs": check_outs,
    "dead_end": dead_end,
    "freed": freed,
    "generic": np.generic,
    "get_ident": get_ident,
    "getrefcount": getrefcount,
    "in_order": in_order,
    "is_own": blocks.is_own,
    "ndarray": np.ndarray,
    "new": allocate,
    "output_as_tensor": output_as_tensor,
    "outputs_as_tensors": outputs_as_tensors,
    "push": tangents.push,
    "refresh": refresh,
    "sequence": sequence,
    "stale": stale,
    "suspended": suspended,
    "through": blocks.through,
    "version_of": version_of,
    "watch": watch,
    "watchers": watchers,
    "wrap": wrap,
    "wrap_views": wrap_views,
}
