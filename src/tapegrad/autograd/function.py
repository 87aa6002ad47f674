"""`autograd.Function`: operations whose derivative the user writes.

A call makes one node, which is the `ctx` that `forward` and `backward` see.  What `save_for_backward` keeps is held as
input tensors are for any other operation; a result among it is held as its bare array, since the result holds the
node.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ..errors import FreedGraphError, InPlaceError, SavedTensorModifiedError
from ..tensor.rows import running
from ..tensor.tensor import CUSTOM_VIEW, MULTI_VIEW, REQUIRES_GRAD, VIEW, Tensor, new_tensor
from ..tensor.version import Version, version_of
from . import tangents
from .grad_mode import is_grad_enabled, is_recording, no_grad, switch
from .intermediates import is_intermediate, with_node
from .node import FREED, Node, Port, sequence, watch, watchers
from .views import refresh, rewrite


class FunctionCtx:
    """What the static methods of a `Function` get as `ctx`: a place to keep things between forward and backward."""

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors (inputs, results or intermediates) for `backward`, where `ctx.saved_tensors` gives them back.

        Raises:
            TypeError: an argument is neither a tensor nor None.
        """
        self._to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `jvp`."""
        self._saved_for_forward = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say that `forward` wrote into these inputs, each of which must then be returned."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say that these results have no gradient."""
        self._non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (the default) or None for a result that has received no gradient."""
        self._materialize = value


class CustomNode(Node, FunctionCtx):
    """The node of a call of a `Function`, and its `ctx`."""

    __slots__ = ()
    needs_input_grad: tuple[bool, ...]

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What `save_for_backward` kept.

        Raises:
            RuntimeError: a backward pass has freed it, or one of the tensors was written into since.
        """
        level = self.__dict__.get("_jvp_level")
        if level is not None:
            return tuple(None if t is None else tangents.below(t, level) for t in self.saved_for_forward)
        if self.saved is FREED:
            raise FreedGraphError(self.op.node_name)
        return tuple(_unpack(self, i, item) for i, item in enumerate(self.saved or ()))

    saved_variables = saved_tensors

    @property
    def saved_for_forward(self) -> tuple[Tensor | None, ...]:
        """What `save_for_forward` kept; in `jvp`, `saved_tensors` gives it, too."""
        kept: tuple[Tensor | None, ...] = self.__dict__.get("_saved_for_forward", ())
        return kept

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def share_version(self, version: Version) -> None:
        """The node looks its results up through `_out_versions`."""
        self.__dict__.setdefault("_out_versions", {})[0] = version


def _unpack(node: CustomNode, position: int, item: Any) -> Tensor | None:
    """A saved tensor, checked against later writes."""
    if item is None:
        return None
    kind, held, expected = item
    if kind == "tensor":
        if held._version != expected:
            _raise_stale(node, held._data, None, held._version, expected)
        if position in node.__dict__.get("_differentiated_through", ()):
            return with_node(held, node.op.name)
        return held
    if kind == "packed":
        return held.tensor()
    index, array = held
    version = node.__dict__.get("_out_versions", {}).get(index)
    if version is None:
        version = node.__dict__.get("_port_versions", {}).get(index)
    now = 0 if version is None else version.n
    if now != expected:
        _raise_stale(node, array, f"output {index} of {node.op.node_name.removesuffix('Backward')}", now, expected)
    t = new_tensor(array)
    t._vc = version
    if kind == "output":
        t._fn, t._flags = _edge_of_output(node, index), REQUIRES_GRAD
    return t


def _raise_stale(node: Node, array: Any, producer: str | None, version: int, expected: int) -> NoReturn:
    from ..tensor.dtypes import from_numpy_dtype

    raise SavedTensorModifiedError(
        dtype=from_numpy_dtype(array.dtype),
        shape=tuple(array.shape),
        producer=producer,
        version=version,
        expected=expected,
        node=node.op.node_name,
    )


def _edge_of_output(node: CustomNode, index: int) -> Any:
    return Port(node, index) if node.__dict__["_several"] else node


class _FunctionRecord:
    """What the engine asks of a node's operator, for one `Function` class."""

    outputs = None
    pointwise = False

    def __init__(self, function: type[Function]) -> None:
        self.function = function
        self.name = function.__name__
        self.node_name = function.__name__ + "Backward"

    def node_class(self) -> type[Any]:
        return self.function._node_class

    def saved_names(self) -> list[str]:
        return []

    def backward(self, node: Any, g: Any) -> tuple[Any, ...]:
        """On arrays: the user's rule runs on tensors that are not recorded."""
        recording = is_grad_enabled()
        switch(False)
        try:
            grads = self._run(node, g, new_tensor)
        finally:
            switch(recording)
        return tuple(None if t is None else t._data for t in grads)

    def backward_graph(self, node: Any, g: Any) -> tuple[Any, ...]:
        """On tensors: what the user's rule does is recorded."""
        intermediates = node.__dict__.get("_intermediates")
        if intermediates is None:
            return self._run(node, g, lambda tensor: tensor)
        node.__dict__["_differentiated_through"] = intermediates
        try:
            return self._run(node, g, lambda tensor: tensor)
        finally:
            del node.__dict__["_differentiated_through"]

    def _run(self, node: Any, g: Any, wrap: Callable[[Any], Tensor]) -> tuple[Any, ...]:
        parts = g if g.__class__ is list else [g]
        cotangents: list[Tensor | None] = [None] * len(node.__dict__["_results"])
        for index, part in zip(node.__dict__["_differentiable"], parts, strict=False):
            cotangents[index] = (
                None if part is None else wrap(np.asarray(part) if isinstance(part, np.generic) else part)
            )
        if node.__dict__.get("_materialize", True):
            for index, like in enumerate(node.__dict__["_results"]):
                if cotangents[index] is None and like is not None:
                    cotangents[index] = new_tensor(np.zeros(*like))
        grads = self.function._backward_of_user()(node, *cotangents)
        grads = grads if isinstance(grads, (tuple, list)) else (grads,)
        return self._checked(node, tuple(grads))

    def _checked(self, node: Any, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """One gradient per argument, of its shape and dtype; those of the arguments that are tensors are returned."""
        inputs = node.__dict__["_inputs"]  # (shape, dtype) of each argument, None for what is no tensor
        if len(grads) > len(inputs) and all(extra is None for extra in grads[len(inputs) :]):
            grads = grads[: len(inputs)]
        if len(grads) != len(inputs):
            raise RuntimeError(
                f"function {self.node_name} returned an incorrect number of gradients"
                f" (expected {len(inputs)}, got {len(grads)})."
                " backward returns one gradient for each argument of forward after ctx; None for one without gradient."
            )
        edges = iter(node.edges)
        found = []
        for i, (grad, like) in enumerate(zip(grads, inputs, strict=True)):
            if like is None:
                continue
            edge = next(edges)
            if grad is not None and not isinstance(grad, Tensor):
                raise RuntimeError(f"expected Variable or None (got {type(grad).__name__})")
            found.append(None if grad is None or edge is None else self._fitted(grad, like, i))
        return tuple(found)

    def _fitted(self, grad: Tensor, like: tuple[Any, Any], i: int) -> Tensor:
        shape, dtype = like
        if grad._data.shape != shape:
            try:
                broadcasts = np.broadcast_shapes(shape, grad._data.shape) == grad._data.shape
            except ValueError:
                broadcasts = False
            if not broadcasts:
                raise RuntimeError(
                    f"Function {self.node_name} returned an invalid gradient at index {i} - got"
                    f" {list(grad.shape)} but expected shape compatible with {list(shape)}"
                )
            grad = grad.sum_to_size(shape)
        if grad._data.dtype is not dtype:
            from ..tensor.dtypes import from_numpy_dtype

            grad = grad.to(from_numpy_dtype(dtype))
        return grad


class FunctionMeta(type):
    """Makes the class of a Function's nodes along with the Function."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        names: dict[str, Any] = {"__slots__": (), "__module__": "torch.autograd.function", "_forward_cls": cls}
        cls._node_class = type(name + "Backward", (CustomNode,), names)
        cls._record = _FunctionRecord(cls)  # type: ignore[arg-type]


class Function(metaclass=FunctionMeta):
    """Base class of operations with a derivative of their own.

    Subclasses define static methods `forward(ctx, *args)`, or `forward(*args)` with `setup_context(ctx, inputs,
    output)`, and `backward(ctx, *grad_outputs)`, which returns one gradient per argument.  They are called by `apply`.

    >>> import tapegrad as torch
    >>> class Square(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * grad
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> Square.apply(x).backward()
    >>> x.grad
    tensor(6.)
    """

    _node_class: type[Any]
    _record: _FunctionRecord
    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should"
            " invoke them on the class itself. Instantiating an autograd function will raise an error in a future"
            " version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd"
            " function with static forward method. Write MyFunction.apply(x) instead of MyFunction()(x)."
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result; define this."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Keep what `backward` needs, where `forward` has no `ctx`."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return the gradient of each argument; define this."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with"
            " backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Return the tangent of each result, for forward mode."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @classmethod
    def _has_jvp(cls) -> bool:
        return cls.jvp is not Function.jvp

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> Any:
        """Compute all rows inside of `vmap`; return the results and, in their structure, where the rows are in them.

        Args:
            info: has `batch_size` and `randomness`.
            in_dims: for each argument the dimension of its rows, or None.
            args: the arguments of `forward`.
        """
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap static method or set"
            " generate_vmap_rule=True."
        )

    @classmethod
    def _backward_of_user(cls) -> Any:
        own_vjp, own_backward = cls.vjp is not Function.vjp, cls.backward is not Function.backward
        if own_vjp and own_backward:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement"
                " one of them."
            )
        return cls.vjp if own_vjp else cls.backward

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` and record the call as one operation."""
        if running:
            from ..func.custom import apply

            return apply(cls, args, kwargs)
        return cls._applied(*args, **kwargs)

    @classmethod
    def _applied(cls, *args: Any, **kwargs: Any) -> Any:
        ctx: Any = object.__new__(cls._node_class)
        ctx.op, ctx.hooks, ctx.out_version, ctx.versions, ctx.info = cls._record, None, None, None, None
        tensors = [a for a in args if isinstance(a, Tensor)]
        for t in tensors:
            if t._flags & VIEW:
                refresh(t)
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and bool(a._flags & REQUIRES_GRAD) for a in args)
        recording = is_recording() and any(ctx.needs_input_grad)
        versions = [0 if t._vc is None else t._vc.n for t in tensors]
        with no_grad(), tangents.paused():
            if cls.setup_context is Function.setup_context:
                result = cls.forward(ctx, *args, **kwargs)
            else:
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)
        several = isinstance(result, tuple)
        results = list(result) if several else [result]
        ctx.__dict__["_inputs"] = [(a._data.shape, a._data.dtype) if isinstance(a, Tensor) else None for a in args]
        ctx.edges = tuple((t if t._fn is None else t._fn) if t._flags & REQUIRES_GRAD else None for t in tensors)
        ctx.seq = next(sequence)
        if watchers and recording:
            watch(ctx)
        results = _own_results(ctx, results, tensors, versions, recording)
        _save(ctx, results, recording, tensors)
        if tangents.alive and tangents.enabled():
            from .custom_tangents import push_through_function

            push_through_function(cls, ctx, args, results)
        return tuple(results) if several else results[0]


def _own_results(
    ctx: CustomNode, results: list[Any], inputs: list[Tensor], versions: list[int], recording: bool
) -> list[Any]:
    """Make the call's node the producer of its results."""
    space = ctx.__dict__
    dirty = {id(t) for t in space.pop("_dirty", ())}
    constant = {id(t) for t in space.pop("_non_differentiable", ())}
    owned = []
    for result in results:
        if isinstance(result, Tensor):
            result = _own(result, inputs, id(result) in dirty, recording)
        owned.append(result)
    space["_results"] = [(r._data.shape, r._data.dtype) if isinstance(r, Tensor) else None for r in owned]
    wanted = [
        i
        for i, (own, given) in enumerate(zip(owned, results, strict=True))
        if isinstance(own, Tensor) and id(given) not in constant and own.dtype.category >= 2
    ]
    space["_differentiable"], space["_several"] = wanted, len(wanted) > 1
    space["_outputs"] = [space["_results"][i] for i in wanted]
    if not recording:
        return owned
    views = sum(isinstance(r, Tensor) and r._view is not None for r in owned)
    for number, i in enumerate(wanted):
        _attach(ctx, owned[i], number, id(results[i]) in dirty, MULTI_VIEW if views > 1 else CUSTOM_VIEW)
    return owned


def _own(result: Tensor, inputs: list[Tensor], dirty: bool, recording: bool) -> Tensor:
    """The tensor to return for a result: itself, or a view of it if it is an input that was passed through."""
    is_input = any(result is t for t in inputs)
    if dirty:
        if recording and result._flags & REQUIRES_GRAD and result._fn is None:
            raise InPlaceError(
                "a leaf Variable that requires grad has been used in an in-place operation.",
                "Found: mark_dirty names a leaf. Apply the function to a result, as in f.apply(x * 1).",
            )
        version_of(result).n += 1
    elif is_input and recording:
        version = version_of(result)
        view = new_tensor(result._data)
        base = result if result._view is None else result._view[0]
        view._vc, view._view, view._flags = version, (base, version.n, CUSTOM_VIEW), VIEW
        return view
    return result


def _attach(ctx: CustomNode, t: Tensor, number: int, dirty: bool, view_kind: int) -> None:
    edge = Port(ctx, number) if ctx.__dict__["_several"] else ctx
    if dirty and t._view is not None:
        rewrite(t, ctx)
        return
    t._fn = edge
    t._flags |= REQUIRES_GRAD
    if t._view is not None:
        t._view = (t._view[0], t._vc.n, view_kind)
    if t._vc is not None:
        ctx.__dict__.setdefault("_out_versions", {})[number] = t._vc


def _save(ctx: CustomNode, results: list[Any], recording: bool, inputs: list[Tensor]) -> None:
    """Take over what `save_for_backward` was given."""
    ctx.saved = ()
    to_save = ctx.__dict__.pop("_to_save", None)
    if to_save is None or not recording:
        return
    wanted = ctx.__dict__["_differentiable"]
    items: list[Any] = []
    for position, t in enumerate(to_save):
        if t is None:
            items.append(None)
            continue
        if not isinstance(t, Tensor):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {position} is of type {type(t).__name__}."
                " Keep other things as attributes: ctx.k = k."
            )
        number = next((n for n, i in enumerate(wanted) if results[i] is t), None)
        if number is not None:
            items.append(("output", (number, t._data), 0 if t._vc is None else t._vc.n))
        elif any(r is t for r in results):
            items.append(("constant", (-1, t._data), 0))
        else:
            items.append(("tensor", t, 0 if t._vc is None else t._vc.kept))
            if is_intermediate(t, inputs):
                ctx.__dict__.setdefault("_intermediates", set()).add(position)
    ctx.saved = tuple(items)
    if watchers:
        from .saving import pack_for_function

        pack_for_function(ctx)


def once_differentiable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a `backward` whose result cannot be differentiated again: doing so raises instead of being wrong."""

    @functools.wraps(function)
    def wrapper(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            result = function(ctx, *grads)
        if not is_grad_enabled() or not any(isinstance(g, Tensor) and g.requires_grad for g in grads):
            return result
        several = isinstance(result, tuple)
        error = _DelayedError("trying to differentiate twice a function that was marked with @once_differentiable")
        tensors = [r if r is None else error.attach(r) for r in (result if several else (result,))]
        return tuple(tensors) if several else tensors[0]

    return wrapper


class _DelayedError:
    """The record of a node that raises when a gradient reaches it."""

    outputs = None
    name = "delayed_error"
    node_name = "DelayedError"

    def __init__(self, message: str) -> None:
        self.message = message

    def node_class(self) -> type[Any]:
        return Node

    def saved_names(self) -> list[str]:
        return []

    def attach(self, t: Tensor) -> Tensor:
        """A tensor of the same values that this node has produced."""

        node: Any = Node()
        node.op, node.edges, node.saved, node.versions, node.info = self, (), (), None, None
        node.hooks, node.out_version, node.seq = None, None, next(sequence)
        out = new_tensor(t._data)
        out._fn, out._flags = node, REQUIRES_GRAD
        return out

    def backward(self, node: Node, g: Any) -> NoReturn:
        raise RuntimeError(self.message)

    backward_graph = backward


class InplaceFunction(Function):
    """An older base class; `inplace` is kept as an attribute."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """An older base class, of functions with nested arguments; as in torch, its instances can no longer be called."""

    def forward_extended(self, *input: Any) -> None:
        """What subclasses used to define in place of `forward`."""
        raise NotImplementedError

    def backward_extended(self, *grad_output: Any) -> None:
        """What subclasses used to define in place of `backward`."""
        raise NotImplementedError


# torch's names of what is one class here: `ctx` and the node of a call, and the base of Function.
BackwardCFunction = CustomNode
_SingleLevelFunction = Function

__all__ = [
    "BackwardCFunction",
    "Function",
    "FunctionCtx",
    "FunctionMeta",
    "InplaceFunction",
    "NestedIOFunction",
    "once_differentiable",
]
