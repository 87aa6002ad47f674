"""Distances, similarities and normalisation to unit length."""

from __future__ import annotations

from typing import Any

from ...ops.norms import vector_norm_dims
from ...ops.scaling import shifted
from ...tensor.tensor import Tensor

_norm = vector_norm_dims.twin("norms", node="NormBackward1")  # the older operator's name, which torch's graph has here


def normalize(
    input: Tensor,
    p: float = 2.0,
    dim: int | tuple[int, ...] = 1,
    eps: float = 1e-12,
    out: Tensor | None = None,
) -> Tensor:
    """x / max(‖x‖_p, eps), the norm taken over `dim`."""
    from ...linalg import vector_norm

    x: Any = input
    denominator = vector_norm(input, p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return x / denominator if out is None else x.div(denominator, out=out)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last dimension."""
    difference = shifted(x1 - x2, eps)
    if difference._data.dtype.kind not in "fcV":
        difference = difference.float()
    return _norm.call(difference, p, (difference.ndim - 1,), keepdim, None)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 · x2 / (max(‖x1‖, eps) · max(‖x2‖, eps)), over a dimension."""
    from ...autograd.grad_mode import no_grad
    from ...linalg import vector_norm
    from ...ops.expanding import broadcast_tensors
    from ...ops.pointwise import result_type

    kind = result_type(x1, x2)
    a: Any
    b: Any
    a, b = broadcast_tensors(x1.to(kind), x2.to(kind))
    norms = []
    for x in (a, b):
        n: Any = vector_norm(x, 2, dim, keepdim=True).clone()
        with no_grad():
            n.clamp_(min=eps)
        norms.append(n)
    return ((a / norms[0]) * (b / norms[1])).sum(dim)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos for targets 1, max(0, cos - margin) for targets -1."""
    from ...ops.selection import where
    from ...tensor.likes import zeros_like
    from .losses import _reduce, _reduction

    reduction = _reduction(reduction, size_average, reduce)
    if target.ndim > 1:
        raise RuntimeError("cosine_embedding_loss: 0D or 1D target tensor expected, multi-target not supported")
    dim = target.ndim
    x, y, t = _any(input1), _any(input2), _any(target)
    epsilon = 1e-12
    product = (x * y).sum(dim)
    cos = product / ((x.square().sum(dim) + epsilon) * (y.square().sum(dim) + epsilon)).sqrt()
    zeros = zeros_like(cos)
    return _reduce(where(t == 1, 1 - cos, zeros) + where(t == -1, (cos - margin).clamp_min(0), zeros), reduction)


def _any(t: Tensor) -> Any:
    return t


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin + d(anchor, positive) - d(anchor, negative)).

    Raises:
        ValueError: `margin` is not positive.
    """
    from ...ops.selection import minimum
    from .losses import _reduce, _reduction

    reduction = _reduction(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got:"
            f" anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near = _any(pairwise_distance(anchor, positive, p, eps))
    far = _any(pairwise_distance(anchor, negative, p, eps))
    if swap:
        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    return _reduce((margin + near - far).clamp_min(0), reduction)


__all__ = ["cosine_embedding_loss", "cosine_similarity", "normalize", "pairwise_distance", "triplet_margin_loss"]
