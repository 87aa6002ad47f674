"""Windows that slide along a dimension: `unfold`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .op import operator
from .slicing import ALL

Ints = tuple[int, ...]


@operator(name="unfold", view=True)
def _unfold(x: Array, /, dim: int, size: int, step: int) -> Array:
    if x.ndim == 0:
        return x.reshape(1)[:size]
    if size == 0:  # NumPy has no windows of nothing
        return np.empty((*x.shape[:dim], x.shape[dim] // step + 1, *x.shape[dim + 1 :], 0), x.dtype)
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dim, writeable=x.flags.writeable)
    return windows[(*ALL * dim, slice(None, None, step))]


@operator(node="UnfoldBackwardBackward0")
def unfold_backward(x: Array, /, shape: Ints, dim: int, size: int, step: int) -> Array:
    """Zeros of a shape, to which the elements of windows are added."""
    if not shape:
        return x.reshape(shape) if size else np.zeros(shape, x.dtype)
    z = np.zeros(shape, x.dtype)
    if x.size == 0:
        return z
    reach = (x.shape[dim] - 1) * step + 1
    for i in range(size):  # over the places in a window, of which there are few
        z[(*ALL * dim, slice(i, i + reach, step))] += x[..., i]
    return z


_unfold.with_rules(x=lambda g, x_shape, dim, size, step: unfold_backward(g, x_shape, dim, size, step))
unfold_backward.linear_in("x").with_rules(x=lambda g, dim, size, step: unfold(g, dim, size, step))


def unfold(self: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of `size` elements along a dimension, `step` elements apart, as a new last dimension; a view.

    Raises:
        RuntimeError: the dimension has fewer elements than a window, or `step` is not positive.

    >>> import tapegrad as torch
    >>> torch.arange(5).unfold(0, 3, 1)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    ndim = self._data.ndim
    dim = wrap_dim(dimension, ndim)
    n = self._data.shape[dim] if ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > n:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {n} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return _unfold.call(self, dim, size, step)


METHODS: dict[str, Any] = {"unfold": unfold}

__all__: list[str] = []
