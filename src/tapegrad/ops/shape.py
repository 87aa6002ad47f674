"""Views and rearrangements: reshape, transpose, expand and their kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.arguments import shape_of, wrap_dim
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .op import operator
from .vocabulary import reshaped, sum_to, swap


@operator(name="transpose", view=True)
def _transpose(x: Array, /, dim0: int, dim1: int) -> Array:
    return np.swapaxes(x, dim0, dim1)


_transpose.with_rules(x=lambda g, dim0, dim1: swap(g, dim0, dim1))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:  # noqa: A002 - torch's name
    """Exchange two dimensions; a view.

    Raises:
        IndexError: there is no such dimension.

    >>> import tapegrad as torch
    >>> torch.transpose(torch.arange(6).reshape(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    ndim = input._data.ndim
    if ndim == 0:
        wrap_dim(dim0, 0), wrap_dim(dim1, 0)
        return _view_as_is(input)
    return _transpose(input, wrap_dim(dim0, ndim), wrap_dim(dim1, ndim))  # type: ignore[no-any-return]


def t(input: Tensor) -> Tensor:  # noqa: A002 - torch's name
    """The transpose of a matrix; a vector or scalar is returned as it is."""
    ndim = input._data.ndim
    if ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D. Use x.mT or x.transpose(-2, -1)."
        )
    return _t.call(input) if ndim == 2 else _view_as_is(input)  # type: ignore[no-any-return]


@operator(name="t", view=True)
def _t(x: Array, /) -> Array:
    return x.T


_t.with_rules(x=lambda g: swap(g, 0, 1))


@operator(name="alias", view=True)
def _alias(x: Array, /) -> Array:
    return x.view()


_alias.with_rules(x=lambda g: g)


def _view_as_is(x: Tensor) -> Tensor:
    return _alias(x)  # type: ignore[no-any-return]


@operator(name="view", view=True)
def _view(x: Array, /, shape: tuple[int, ...]) -> Array:
    return np.reshape(x, shape)


_view.with_rules(x=lambda g, x_shape: reshaped(g, x_shape))


@operator(name="expand", view=True)
def _expand(x: Array, /, shape: tuple[int, ...]) -> Array:
    y = np.broadcast_to(x, shape)
    y.flags.writeable = x.flags.writeable
    return y


_expand.with_rules(x=lambda g, x_shape: sum_to(g, x_shape))


METHODS = {"t": t, "transpose": transpose}

__all__ = ["t", "transpose"]
