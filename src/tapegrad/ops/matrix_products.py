"""`a @ b` for tensors of any dimensions, composed of the products in products.py as torch composes it."""

from __future__ import annotations

from math import prod as size_of
from typing import Any

import numpy as np

from ..errors import ShapeError, broadcast_error
from ..tensor.dtypes import F32, F64, Array
from ..tensor.tensor import Parameter, Tensor, wrap
from ..tensor.version import version_of
from .expanding import _expand
from .op import operator
from .outputs import EXPECTED, given_out
from .products import bmm, cannot_multiply, dot, dot_, matmul_of, mm, mm_, mv, not_tensors
from .shape import _unsafe_view as unsafe_view
from .shape import _view
from .vocabulary import reshaped


@operator(name="squeeze_in_place", node="SqueezeBackward4")
def _without_first(x: Array, /) -> Array:
    return x[0]


_without_first.linear_in("x").with_rules(x=lambda g, x_shape: reshaped(g, x_shape))


def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The matrix product `input @ other`; dimensions before the last two broadcast.

    - vector · vector -> a tensor of no dimensions
    - (n, m) · (m) -> (n), and (m) · (m, p) -> (p)
    - (…, n, m) · (…, m, p) -> (…, n, p)

    Raises:
        RuntimeError: the shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> torch.tensor([[1.0, 2.0], [3.0, 4.0]]) @ torch.tensor([1.0, 1.0])
    tensor([3., 7.])
    """
    try:
        a, b = input._data, other._data
    except AttributeError:
        raise not_tensors("matmul", ("input", input), ("other", other)) from None
    if out is not None:
        return given_out(out, matmul(input, other), input, other, says=EXPECTED)
    n, m = a.ndim, b.ndim
    if n < 3 and m < 3:
        kind = a.dtype
        plain = kind is b.dtype and (kind is F32 or kind is F64)  # all that can be wrong then is a length
        if n == 2 and m == 2:
            if plain:
                try:
                    return mm_.call(input, other)
                except ValueError:
                    pass
            return mm(input, other)
        if n == 1 and m == 1:
            if plain:
                try:
                    return dot_.call(input, other)
                except ValueError:
                    pass
            return dot(input, other)
        if n == 2 and m == 1:
            return mv(input, other)
    if n == 0 or m == 0:
        raise ShapeError(
            f"both arguments to matmul need to be at least 1D, but they are {n}D and {m}D",
            "For the product with a number write a * b.",
        )
    if n == 1 and m == 2:
        if a.shape[0] != b.shape[0]:
            raise cannot_multiply((1, a.shape[0]), b.shape)
        product: Tensor = _without_first.call(mm(input.unsqueeze(0), other))
        version_of(product).n += 1  # a view in place, which counts as a write
        return product
    return _stacked(input, other)


def _stacked(x: Tensor, y: Tensor) -> Tensor:
    """The product where at least one side has more than two dimensions."""
    a, b = x._data, y._data
    if not x._flags and not y._flags and a.dtype is b.dtype and a.dtype.kind in "fciu":
        try:
            return wrap(matmul_of(a, b))
        except ValueError:
            pass  # the steps below find out what is wrong
    if a.ndim == 3 and b.ndim == 3 and a.shape[0] != b.shape[0]:
        if a.shape[0] == 1 and x.requires_grad:
            x = x.squeeze(0)
        elif b.shape[0] == 1 and y.requires_grad:
            y = y.squeeze(0)
    if y._data.ndim <= 2 and _folds(x, y):
        return _folded(x, y)
    if (x._data.ndim == 2 and x.requires_grad) or (x._data.ndim == 1 and _folds(y.mT, x)):
        flat = _folded(y.mT, x.t() if x._data.ndim == 2 else x)
        return flat.mT.contiguous() if x._data.ndim == 2 else flat
    return _broadcast(x, y)


def _folds(large: Tensor, small: Tensor) -> bool:
    """Whether to multiply one tall matrix instead of many: if `small` needs a gradient, or if it takes no copy."""
    if small.requires_grad or not large._data.size:
        return True
    shape, strides = large._data.shape, large._data.strides
    return all(strides[i] == strides[i + 1] * shape[i + 1] for i in range(len(shape) - 2))


def _folded(large: Tensor, small: Tensor) -> Tensor:
    """The product with all but the last dimension of `large` made one."""
    *front, last = large._data.shape
    flat = _reshaped(large, (size_of(front), last))
    if small._data.ndim == 1:
        return unsafe_view.call(mv(flat, small), tuple(front))
    return unsafe_view.call(mm(flat, small), (*front, small._data.shape[1]))


def _reshaped(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """`x.reshape(shape)`, straight to the view where there is one."""
    if x._data.flags.c_contiguous:
        return _view.call(x, shape)
    return x.reshape(shape)


def _broadcast(x: Tensor, y: Tensor) -> Tensor:
    """The product of two stacks of matrices, brought to the same dimensions in front."""
    a, b = x._data.shape, y._data.shape
    left = (1, *a) if len(a) == 1 else a
    right = (*b, 1) if len(b) == 1 else b
    front = left[:-2]
    if front != right[:-2]:
        try:
            front = np.broadcast_shapes(front, right[:-2])
        except ValueError:
            raise broadcast_error(front, right[:-2]) from None
    one: Any = x.unsqueeze(0) if len(a) == 1 else x
    two: Any = y.unsqueeze(-1) if len(b) == 1 else y
    size = size_of(front)
    one = _reshaped(_expand.call(one, front + left[-2:]), (size, *left[-2:]))
    two = _reshaped(_expand.call(two, front + right[-2:]), (size, *right[-2:]))
    product = bmm(one, two)
    shape = front + (left[-2:-1] if len(a) > 1 else ()) + (right[-1:] if len(b) > 1 else ())
    return unsafe_view.call(product, shape)


def _matmul_symbol(self: Tensor, other: Any) -> Any:
    """`x @ other`."""
    kind = other.__class__
    if kind is Tensor or kind is Parameter or isinstance(other, Tensor):
        return matmul(self, other)
    return NotImplemented


def _rmatmul_symbol(self: Tensor, other: Any) -> Any:
    """`other @ x`."""
    return matmul(other, self) if isinstance(other, Tensor) else NotImplemented


METHODS = {"__matmul__": _matmul_symbol, "__rmatmul__": _rmatmul_symbol, "matmul": matmul}

__all__ = ["matmul"]
