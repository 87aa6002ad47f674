"""Weights as magnitude times direction."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .norms import vector_norm_dims
from .op import operator
from .vocabulary import phrase, sqrt, square, summed

_norm = vector_norm_dims.twin("norm", node="NormBackward0")
_norms = vector_norm_dims.twin("norms", node="NormBackward1")


@phrase
def direction_of(v: Any, dims: tuple[int, ...]) -> tuple[Any, Any]:
    """v divided by its norm over dimensions, and the norm."""
    norm = sqrt(summed(square(v), dims, True))
    return v / norm, norm


@operator(name="weight_norm", node="WeightNormInterfaceBackward0")
def weight_norm(v: Array, magnitude: Array, /, dims: tuple[int, ...]) -> Array:
    """v · magnitude / |v|, where the norm is over `dims` and the magnitude has length 1 there."""
    return v * (magnitude / np.sqrt(np.square(v).sum(dims, keepdims=True)))


@weight_norm.rule("v", "magnitude")
def _(g: Any, v: Any, magnitude: Any, dims: Any) -> Any:
    """v ← magnitude/norm(v)·(g - u·Σ g·u), u = v/norm(v)
    magnitude ← Σ g·u
    """
    unit, norm = direction_of(v, dims)
    along = summed(g * unit, dims, True)
    return magnitude / norm * (g - unit * along), along


def weight_normed(v: Tensor, magnitude: Tensor, dim: int = 0) -> Tensor:
    """v · magnitude / |v|, the norm being that of the slices along a dimension, or of everything for -1.

    Args:
        v: the direction, any shape.
        magnitude: length 1 in all dimensions but `dim`; no dimensions for -1.
    """
    x: Any = v
    last = x.dim() - 1
    if dim in (0, last):
        return weight_norm.call(x, magnitude, tuple(i for i in range(last + 1) if i != dim))
    return x * (magnitude / norm_except_dim(v, 2, dim))


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norm of the slices along a dimension, kept as a dimension; over everything for -1.

    >>> import tapegrad as torch
    >>> torch.norm_except_dim(torch.tensor([[3.0, 4.0], [5.0, 12.0]]))
    tensor([[ 5.],
            [13.]])
    """
    x: Any = v
    last = x.dim() - 1
    if dim == -1:
        return _norm.call(x, pow, tuple(range(last + 1)), False, None)
    if dim not in (0, last):
        moved: Any = norm_except_dim(x.transpose(0, dim), pow, 0)
        return moved.transpose(0, dim)
    n = x.size(dim)
    matrix = x.contiguous().view((n, -1) if dim == 0 else (-1, n))
    norms: Any = _norms.call(matrix, pow, (0 if dim else 1,), False, None)
    return norms.view([n if i == dim else 1 for i in range(last + 1)])


METHODS: dict[str, Any] = {}

__all__ = ["norm_except_dim"]
