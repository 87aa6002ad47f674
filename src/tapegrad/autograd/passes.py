"""`autograd.backward` and `autograd.grad`: arguments checked, then the engine."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import CotangentShapeError, NoGradientError, NonScalarError, RequiresGradError, UnusedInputError
from ..tensor.coordinates import Coordinates
from ..tensor.dtypes import COMPLEX, F32
from ..tensor.tensor import REQUIRES_GRAD, VIEW, Tensor, new_tensor, wrap
from . import engine, tangents
from .batching import settled
from .edges import GradientEdge, engine_edge, shape_of
from .node import Node, Port
from .views import refresh

Tensors = Tensor | Sequence[Tensor]

_ONE_F32 = np.ones((), F32)
_ONE_F32.flags.writeable = False


def tensor_backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensors | None = None,
) -> None:
    """Add d(self)/d(leaf), times `gradient`, to the `.grad` of every leaf that self was computed from.

    Args:
        gradient: the cotangent, of self's shape; may be left out if self has one element.
        retain_graph: keep the saved values for another backward pass; defaults to `create_graph`.
        create_graph: record the backward pass, so that the gradients can be differentiated.
        inputs: accumulate only into these tensors.

    Raises:
        RuntimeError: self does not require a gradient, has several elements and no `gradient` is given, or the graph
            was used up by an earlier pass.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0, 3.0], requires_grad=True)
    >>> (w**2).sum().backward()
    >>> w.grad
    tensor([4., 6.])
    """
    if (
        inputs is None
        and not create_graph
        and self._flags & REQUIRES_GRAD
        and not (self._flags & VIEW or tangents.alive)
    ):
        data = self._data
        if gradient is None:
            if data.dtype is F32 and data.ndim == 0:  # the usual case: a scalar loss
                edge = self._fn
                engine.run_plain((self if edge is None else edge,), (_ONE_F32,), bool(retain_graph))
                return
        elif gradient.__class__ is Tensor and gradient._data.shape == data.shape and gradient._data.dtype is data.dtype:
            edge = self._fn
            engine.run_plain((self if edge is None else edge,), (gradient._data,), bool(retain_graph))
            return
    backward(self, gradient, retain_graph, create_graph, inputs=inputs)


def backward(
    tensors: Tensors,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Tensors | None = None,
) -> None:
    """Add the gradients of the sum of `tensors`, each times its cotangent, to the `.grad` of the leaves.

    Args:
        tensors: the outputs to differentiate.
        grad_tensors: their cotangents; None, or None in a place, for outputs of one element.
        retain_graph: keep the saved values for another backward pass; defaults to `create_graph`.
        create_graph: record the backward pass itself.
        grad_variables: an old name of `grad_tensors`.
        inputs: accumulate only into these tensors.

    Raises:
        RuntimeError: an output does not require a gradient, or a cotangent is missing or of the wrong shape.

    >>> import tapegrad as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.autograd.backward([x.sum(), 2 * x], [None, torch.tensor([1.0, 10.0])])
    >>> x.grad
    tensor([ 3., 21.])
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only"
                " use `grad_tensors`."
            )
        grad_tensors = grad_variables
    wanted = None if inputs is None else _as_tuple(inputs)
    if wanted is not None and len(wanted) == 0:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    outputs = _as_tuple(tensors)
    gradients = _cotangents(outputs, grad_tensors)
    targets = None
    if wanted is not None:
        for t in wanted:
            if isinstance(t, Tensor):
                t.retain_grad()
        targets = {key_of(t): i for i, t in enumerate(wanted)}
    keep = create_graph if retain_graph is None else retain_graph
    if create_graph:
        warnings.warn(
            "Using backward() with create_graph=True will create a reference cycle between the parameter and its"
            " gradient which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid"
            " this. If you have to use this function, make sure to reset the .grad fields of your parameters to None"
            " after use to break the cycle and avoid the leak.",
            UserWarning,
            stacklevel=3,
        )
    engine.run(
        _roots(outputs, gradients, create_graph), keep=keep, graph=create_graph, targets=targets, into_leaves=True
    )


def grad(
    outputs: Tensors,
    inputs: Tensors,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the sum of `outputs`, each times its cotangent, with respect to `inputs`; `.grad` is untouched.

    Args:
        outputs: the tensors to differentiate.
        inputs: the tensors to differentiate by; leaves or not.
        grad_outputs: cotangents, one per output; None for outputs of one element.
        retain_graph: keep the saved values for another pass; defaults to `create_graph`.
        create_graph: record the pass, so that the result can be differentiated again.
        only_inputs: True; kept for old code.
        allow_unused: give None for an input that the outputs do not depend on; defaults to `materialize_grads`.
        is_grads_batched: the first dimension of `grad_outputs` runs over several cotangents.
        materialize_grads: give zeros instead of None for an unused input.

    Returns:
        One gradient per input.

    Raises:
        RuntimeError: an input was not used and that is not allowed; or as for `backward`.

    >>> import tapegrad as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> (dy,) = torch.autograd.grad(x**3, x, create_graph=True)
    >>> torch.autograd.grad(dy, x)
    (tensor(18.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if allow_unused is None:
        allow_unused = materialize_grads
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for"
            " other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    outs, ins = _as_tuple(outputs), _as_tuple(inputs)
    if len(ins) == 0:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if is_grads_batched:
        return _batched_grad(outs, ins, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads)
    gradients = _cotangents(outs, grad_outputs)
    keep = create_graph if retain_graph is None else retain_graph
    roots = _roots(outs, gradients, create_graph)
    for t in ins:
        if t.__class__ is not GradientEdge and not t.requires_grad:
            raise RequiresGradError(
                "One of the differentiated Tensors does not require grad",
                "Set x.requires_grad_() before the output is computed from it: only operations that come after are"
                " recorded.",
            )
    targets: dict[Any, int] = {}
    same: list[tuple[int, int]] = []
    for i, t in enumerate(ins):
        key = key_of(t)
        if key in targets:
            same.append((i, targets[key]))
        else:
            targets[key] = i
    found = engine.run(roots, keep=keep, graph=create_graph, targets=targets, into_leaves=False)
    for i, first in same:
        if first in found:
            found[i] = found[first]
    return tuple(_result(found.get(i), t, i, create_graph, allow_unused, materialize_grads) for i, t in enumerate(ins))


def _result(found: Any, t: Tensor, i: int, graph: bool, allow_unused: bool, materialize: bool) -> Tensor | None:
    if found is None:
        if materialize:
            if not isinstance(t, Tensor):
                raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
            zeros = new_tensor(np.zeros_like(t._data))
            return zeros.requires_grad_() if graph else zeros
        if not allow_unused:
            raise UnusedInputError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. Set"
                " allow_unused=True if this is the desired behavior.",
                "Found: no path of recorded operations leads from it to the outputs. It may have been replaced by a"
                " copy (x = x * 2 makes a new x), cut off by detach() or no_grad, or given requires_grad only after"
                " the output was computed.",
            )
        return None
    if graph or isinstance(found, Tensor):
        return found
    array = found
    if array.__class__ is Coordinates:
        return wrap(array)
    if array.__class__ is not np.ndarray:
        array = np.asarray(found) if isinstance(found, np.generic) else settled(found, getattr(t, "_data", None))
    if isinstance(t, Tensor) and array.dtype is not t._data.dtype:
        array = array.astype(t._data.dtype)
    return new_tensor(array if array.flags.writeable else array.copy())


def _batched_grad(
    outs: tuple[Tensor, ...],
    ins: tuple[Tensor, ...],
    grad_outputs: Any,
    retain_graph: bool | None,
    create_graph: bool,
    allow_unused: bool,
    materialize: bool,
) -> tuple[Any, ...]:
    """One pass for all cotangents; what is missing is filled in without rows, as torch does."""
    from ..func.batched_passes import batched_grad

    keep = create_graph if retain_graph is None else retain_graph
    found = batched_grad(
        outs, ins, _as_tuple(grad_outputs), keep=keep, create_graph=create_graph, allow_unused=allow_unused
    )
    return tuple(
        _result(None, t, i, create_graph, allow_unused, materialize) if g is None else g
        for i, (g, t) in enumerate(zip(found, ins, strict=True))
    )


def _as_tuple(tensors: Any) -> tuple[Any, ...]:
    if isinstance(tensors, (Tensor, GradientEdge)) or not isinstance(tensors, Sequence):
        return (tensors,)
    return tuple(tensors)


def edge_of(t: Tensor | GradientEdge) -> Any:
    """Where a gradient of this tensor enters the tape."""
    if t.__class__ is GradientEdge:
        return engine_edge(t)
    assert isinstance(t, Tensor)
    if t._flags & VIEW:
        refresh(t)
    return t if t._fn is None else t._fn


def key_of(t: Tensor | GradientEdge) -> Any:
    """How the engine's targets name this tensor's edge."""
    edge = edge_of(t)
    if edge.__class__ is Port:
        return (edge.node, edge.index)
    assert isinstance(edge, (Node, Tensor))
    return edge


def _roots(outputs: tuple[Tensor, ...], gradients: list[Any], graph: bool) -> list[tuple[Any, Any]]:
    roots = []
    for i, (t, g) in enumerate(zip(outputs, gradients, strict=True)):
        if t.__class__ is not GradientEdge and not t.requires_grad:
            raise NoGradientError(
                f"element {i} of tensors does not require grad and does not have a grad_fn",
                _why_not_recorded(t),
            )
        # With a level of forward mode alive, the pass runs on tensors, for the tangents that the cotangents may have.
        roots.append((edge_of(t), g if graph or tangents.alive else g._data))
    return roots


def _why_not_recorded(t: Tensor) -> str:
    return (
        f"Found: a tensor without history, so there is nothing to differentiate.{_noted_cut(t)} Make the parameters"
        " with requires_grad=True (or call w.requires_grad_()) before computing the result from them, outside of"
        " torch.no_grad() and without .detach(), .item() or .data on the way. Setting requires_grad on the result"
        " itself would stop this message and train nothing."
    )


def _noted_cut(t: Tensor) -> str:
    """Where the history was cut, if lines were noted."""
    if t._x is None or "step" not in t._x:
        return ""
    from ..detective.cutting import all_cuts
    from ..detective.words import at

    return "".join(f" {cause.text.rstrip('.')}{at(cause.line)}." for cause in all_cuts(t)[:1])


def _output_at(edge: GradientEdge, g: Any) -> Tensor:
    """A stand-in for the output at an edge, of its shape and dtype as far as they are known."""
    like = shape_of(edge)
    if like is None:
        if not isinstance(g, Tensor):
            raise RuntimeError(
                "grad can be implicitly created only for scalar outputs: the shape of the output at this edge is not"
                " known. Pass a cotangent, or take the edge from get_gradient_edge(tensor)."
            )
        return g
    stand_in = new_tensor(np.empty(*like))
    stand_in._flags = REQUIRES_GRAD
    return stand_in


def _cotangents(outputs: tuple[Tensor, ...], given: Any) -> list[Any]:
    """A cotangent for each output; ones where none is given and the output has one element."""
    if given is None:
        cotangents: list[Any] = [None] * len(outputs)
    elif isinstance(given, Tensor):
        cotangents = [given]
    else:
        cotangents = list(given)
    if len(cotangents) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(cotangents)} gradients")
    return [_cotangent(i, t, g) for i, (t, g) in enumerate(zip(outputs, cotangents, strict=True))]


def _cotangent(i: int, t: Any, g: Any) -> Tensor | None:
    if t.__class__ is GradientEdge:
        t = _output_at(t, g)
    if g is None:
        if not t.requires_grad:
            return None
        if t._data.size != 1:
            shape = tuple(t._data.shape)
            raise NonScalarError(
                "grad can be implicitly created only for scalar outputs",
                f"Found: an output of shape {shape}. Reduce it to one number first, y.sum().backward() or"
                f" y.mean().backward(), or pass the cotangent: y.backward(torch.ones({', '.join(map(str, shape))})).",
            )
        if t._data.dtype.kind == "c":
            raise NonScalarError(
                f"grad can be implicitly created only for real scalar outputs but got {t.dtype}",
                "Differentiate a real number computed from it, such as y.abs() or y.real, or pass the cotangent.",
            )
        return new_tensor(np.ones_like(t._data))
    if not isinstance(g, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
    if g._data.shape != t._data.shape:
        raise CotangentShapeError(
            f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} and output[{i}] has a shape of {t.shape}.",
            "A cotangent has one number for each element of the output it belongs to.",
        )
    if g._data.dtype is t._data.dtype:
        return g
    if (g.dtype.category == COMPLEX) != (t.dtype.category == COMPLEX):
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype:"
            f" grad_output[{i}] has a dtype of {g.dtype} and output[{i}] has a dtype of {t.dtype}."
        )
    return g.to(t.dtype)


METHODS = {"backward": tensor_backward}
