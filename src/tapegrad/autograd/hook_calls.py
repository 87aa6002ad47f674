"""Calling users' hooks during a backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..tensor.tensor import Tensor, wrap
from .deposits import accumulate, accumulate_graph, accumulating
from .grad_mode import is_grad_enabled, switch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .node import Node, NodeHooks


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


def through(functions: Iterable[Any], grad: Any, graph: bool) -> Any:
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


def through_tuple(functions: Iterable[Any], grad: Any, graph: bool) -> Any:
    """Pass a leaf's gradient through the hooks of its AccumulateGrad, which take and return tuples."""
    tensors: Any = (_as_tensor(grad, graph),)
    for function in list(functions):
        result = _call(function, tensors, graph=graph)
        tensors = tensors if result is None else result
    return _as_gradient(tensors[0], graph)


def before_node(node: Node, grad: Any, graph: bool) -> Any:
    """Run what comes before a node: hooks on its outputs, its own pre-hooks, retained gradients."""
    hooks = node.hooks
    assert hooks is not None
    parts = grad if grad.__class__ is list else [grad]
    for number, functions in hooks.tensor.items():
        if number < len(parts) and parts[number] is not None:
            parts[number] = through(functions.values(), parts[number], graph)
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
    with accumulating:
        if graph:
            accumulate_graph(tensor, grad)
        else:
            accumulate(tensor, grad, owned=False)


def after_node(hooks: NodeHooks, grads: Any, grad: Any, graph: bool) -> Any:
    """Run a node's hooks on the gradients it has computed."""
    outputs = tuple(_as_tensor(p, graph) for p in (grad if grad.__class__ is list else [grad]))
    inputs = tuple(_as_tensor(p, graph) for p in grads)
    for function in list(hooks.post.values()):
        result = _call(function, inputs, outputs, graph=graph)
        if result is not None:
            inputs = result if isinstance(result, tuple) else (result,)
    return tuple(_as_gradient(p, graph) for p in inputs)


def after_accumulation(leaf: Tensor, hooks: Any, grad: Any, graph: bool) -> None:
    for function in list(hooks.accumulate_post.values()):
        _call(function, (), (_as_tensor(grad, graph),), graph=graph)
    for function in list(hooks.after.values()):
        _call(function, leaf, graph=graph)
