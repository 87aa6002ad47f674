"""Clipping gradients, by their norm or by their values."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable
from typing import Any

from ...autograd.grad_mode import no_grad
from ...tensor.tensor import Tensor

Tensors = Tensor | Iterable[Tensor]


def _listed(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all elements of several tensors, as if they were one vector.

    Args:
        tensors: a tensor or several.
        norm_type: the order; inf for the largest magnitude.
        error_if_nonfinite: refuse a norm that is nan or infinite.
        foreach: accepted for torch's sake.

    Raises:
        RuntimeError: the norm is not finite and `error_if_nonfinite` is given.
        NotImplementedError: one of them is sparse.

    >>> import tapegrad as torch
    >>> torch.nn.utils.get_total_norm([torch.tensor([3.0]), torch.tensor([4.0])])
    tensor(5.)
    """
    from ...ops.joining import stack
    from ...ops.norms import vector_norm
    from ...tensor.creation import tensor

    listed = _listed(tensors)
    order = float(norm_type)
    if not listed:
        return tensor(0.0)
    if any(t.is_sparse for t in listed):
        raise NotImplementedError(
            "Could not run 'aten::linalg_vector_norm' with arguments from the 'SparseCPU' backend. As in torch, sparse"
            " gradients have to be clipped by hand: grad = grad.coalesce(), and then the norm of grad.values()."
        )
    with no_grad():
        total: Any = vector_norm(stack([vector_norm(t, order) for t in listed]), order)
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(
            f"The total norm of order {order} for gradients from `parameters` is non-finite, so it cannot be clipped."
            " To disable this error and scale the gradients by the non-finite norm anyway, set"
            " `error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale gradients by max_norm / total_norm, in place, if that is less than 1.

    Args:
        parameters: those whose gradients are meant.
        max_norm: the norm to bring them to.
        total_norm: the norm that they have, from `get_total_norm`.
        foreach: accepted for torch's sake.
    """
    grads = [p.grad for p in _listed(parameters) if p.grad is not None]
    total: Any = total_norm
    with no_grad():
        factor = (max_norm / (total + 1e-6)).clamp(max=1.0)
        for grad in grads:
            grad.mul_(factor)


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale the gradients of parameters, in place, so that the norm of all of them is at most `max_norm`.

    Args:
        parameters: those whose gradients are meant.
        max_norm: the largest norm allowed.
        norm_type: the order of the norm; inf for the largest magnitude.
        error_if_nonfinite: refuse a norm that is nan or infinite.
        foreach: accepted for torch's sake.

    Returns:
        The norm before scaling.

    Raises:
        RuntimeError: the norm is not finite and `error_if_nonfinite` is given.

    >>> import tapegrad as torch
    >>> w = torch.zeros(2, requires_grad=True)
    >>> w.grad = torch.tensor([3.0, 4.0])
    >>> torch.nn.utils.clip_grad_norm_(w, 1.0), w.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    listed = _listed(parameters)
    if not listed and isinstance(parameters, types.GeneratorType):
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3)
    grads = [p.grad for p in listed if p.grad is not None]
    total = get_total_norm(grads, norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(listed, max_norm, total, foreach)
    return total


def clip_grad_norm(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The former name of `clip_grad_norm_`."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Bring the elements of gradients, in place, into [-clip_value, clip_value].

    >>> import tapegrad as torch
    >>> w = torch.zeros(2, requires_grad=True)
    >>> w.grad = torch.tensor([3.0, -0.5])
    >>> torch.nn.utils.clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([ 1.0000, -0.5000])
    """
    bound = float(clip_value)
    with no_grad():
        for parameter in _listed(parameters):
            if parameter.grad is not None:
                parameter.grad.clamp_(min=-bound, max=bound)


_get_total_norm, _clip_grads_with_norm_ = get_total_norm, clip_grads_with_norm_

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]
