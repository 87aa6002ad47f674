"""Diagonals and triangles of matrices."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np

from ..errors import OutOfRangeError
from ..tensor import dtypes
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import Array, numpy_dtype
from ..tensor.tensor import Tensor, new_tensor
from .op import operator
from .outputs import EXPECTED, given_out
from .shape import _reshape
from .strided import as_strided
from .view_copies import as_copy, copying
from .writing import write_result

Ints = tuple[int, ...]

_SMALL: Final = 4096  # elements of a matrix whose triangle is remembered

# -- diagonals ---------------------------------------------------------------------------------------------------------


def _writable_diagonal(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    y = x.diagonal(offset, dim1, dim2)
    if x.flags.writeable:  # NumPy gives it out for reading only
        y.flags.writeable = True
    return y


@operator(view=True, name="diagonal")
def _diagonal(x: Array, /, offset: int, dim1: int, dim2: int) -> Array:
    return _writable_diagonal(x, offset, dim1, dim2)


@operator(node="DiagonalBackwardBackward0")
def diagonal_backward(x: Array, /, shape: Ints, offset: int, dim1: int, dim2: int) -> Array:
    """Zeros of a shape, with `x` on a diagonal."""
    z = np.zeros(shape, x.dtype)
    _writable_diagonal(z, offset, dim1, dim2)[...] = x
    return z


_diagonal.with_rules(x=lambda g, x_shape, offset, dim1, dim2: diagonal_backward(g, x_shape, offset, dim1, dim2))
diagonal_backward.linear_in("x").with_rules(x=lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2))


def _two_dims(ndim: int, dim1: int, dim2: int) -> tuple[int, int]:
    a, b = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return a, b


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A diagonal of the matrices that two dimensions make, as the last dimension; a view.

    Args:
        offset: 0 for the main diagonal, positive above it, negative below.

    >>> import tapegrad as torch
    >>> torch.diagonal(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    a, b = _two_dims(input._data.ndim, dim1, dim2)
    return _diagonal.call(input, offset, a, b)


@operator(name="diag_embed")
def _diag_embed(x: Array, /, offset: int, dim1: int, dim2: int) -> Array:
    n = x.shape[-1] + abs(offset)
    shape = list(x.shape[:-1])
    for dim in sorted((dim1, dim2)):
        shape.insert(dim, n)
    y = np.zeros(shape, x.dtype)
    _writable_diagonal(y, offset, dim1, dim2)[...] = x
    return y


_diag_embed.linear_in("x").with_rules(x=lambda g, offset, dim1, dim2: diagonal(g, offset, dim1, dim2))


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices, in two new dimensions, with the last dimension of `input` on a diagonal and zeros elsewhere.

    >>> import tapegrad as torch
    >>> torch.diag_embed(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = input._data.ndim
    if ndim == 0:
        raise OutOfRangeError(f"Dimension out of range (expected to be in range of [-1, 0], but got {dim1})")
    a, b = _two_dims(ndim + 1, dim1, dim2)
    return _diag_embed.call(input, offset, a, b)


def diag(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """The diagonal of a matrix, as a copy; or for a vector, the matrix with that diagonal.

    >>> import tapegrad as torch
    >>> torch.diag(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = input._data.ndim
    if ndim == 1:
        y = diag_embed(input, diagonal)
    elif ndim == 2:
        y = as_copy(_diagonal.call(input, diagonal, 0, 1))
    else:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    return y if out is None else given_out(out, y, input, says=EXPECTED)


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix with all elements of `input` on a diagonal."""
    return diag_embed(_reshape(input, (-1,)), offset)


def fill_diagonal_(self: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Fill the main diagonal, where all indices are equal, in place.

    Args:
        fill_value: a number.
        wrap: for a tall matrix, begin another diagonal a row after the end of the one before.

    >>> import tapegrad as torch
    >>> torch.zeros(2, 2).fill_diagonal_(1)
    tensor([[1., 0.],
            [0., 1.]])
    """
    shape = self._data.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    size, stride, offset = min(shape), sum(self.stride()), self.storage_offset()
    as_strided(self, (size,), (stride,), offset).fill_(fill_value)
    height, width = shape[:2]
    if wrap and len(shape) == 2 and height > width + 1:
        step = width + 1
        rest = -(-self._data.size // step) - size
        begin = offset + self.stride()[0] * step
        as_strided(self, (rest,), (stride,), begin).fill_(fill_value)
    return self


# -- triangles ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _outside(triangle: Any, rows: int, columns: int, diagonal: int) -> Array:
    """Where a matrix is zero of which `np.tril` or `np.triu` gives the triangle."""
    mask: Array = ~triangle(np.ones((rows, columns), bool), diagonal)
    return mask


def _triangle(triangle: Any, x: Array, diagonal: int) -> Array:
    if x.__class__ is not np.ndarray or x.ndim != 2 or x.size > _SMALL:
        found: Array = triangle(x, diagonal)
        return found
    y = x.copy()
    np.putmask(y, _outside(triangle, *x.shape, diagonal), 0)
    return y


@operator(name="tril")
def _tril(x: Array, /, diagonal: int) -> Array:
    return _triangle(np.tril, x, diagonal)


_tril.linear_in("x").with_rules(x=lambda g, diagonal: tril(g, diagonal))


@operator(name="triu")
def _triu(x: Array, /, diagonal: int) -> Array:
    return _triangle(np.triu, x, diagonal)


_triu.linear_in("x").with_rules(x=lambda g, diagonal: triu(g, diagonal))


def _check_matrices(function: str, x: Tensor) -> None:
    if x._data.ndim < 2:
        raise RuntimeError(f"{function}: input tensor must have at least 2 dimensions")


def tril(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """The elements of matrices on and below a diagonal; zeros elsewhere.

    >>> import tapegrad as torch
    >>> torch.tril(torch.ones(2, 3))
    tensor([[1., 0., 0.],
            [1., 1., 0.]])
    """
    _check_matrices("tril", input)
    y = _tril.call(input, diagonal)
    return y if out is None else given_out(out, y, input, says=EXPECTED)


def triu(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """The elements of matrices on and above a diagonal; zeros elsewhere."""
    _check_matrices("triu", input)
    y = _triu.call(input, diagonal)
    return y if out is None else given_out(out, y, input, says=EXPECTED)


def tril_(self: Tensor, diagonal: int = 0) -> Tensor:
    """In-place form of `tril`."""
    _check_matrices("tril", self)
    return write_result(_tril, self, diagonal)


def triu_(self: Tensor, diagonal: int = 0) -> Tensor:
    """In-place form of `triu`."""
    _check_matrices("triu", self)
    return write_result(_triu, self, diagonal)


def _indices(function: str, mask: Any, row: int, col: int, offset: int, dtype: Any) -> Tensor:
    for name, n in (("row", row), ("col", col)):
        if n < 0:
            raise RuntimeError(f"{name} must be non-negative, got{n}")
    kind = numpy_dtype(dtypes.int64 if dtype is None else dtype)
    if kind.char not in "lqi":
        found = dtypes.scalar_type_name(dtypes.from_numpy_dtype(kind))
        raise NotImplementedError(f"\"{function}\" not implemented for '{found}'")
    return new_tensor(np.array(mask(np.ones((row, col), bool), offset).nonzero(), kind))


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None, **_: Any
) -> Tensor:
    """The indices of the elements on and below a diagonal of a matrix, as two rows.

    >>> import tapegrad as torch
    >>> torch.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _indices("tril_indices", np.tril, row, col, offset, dtype)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None, **_: Any
) -> Tensor:
    """The indices of the elements on and above a diagonal of a matrix, as two rows."""
    return _indices("triu_indices", np.triu, row, col, offset, dtype)


for _op in (_tril, _triu):
    _op.in_order = True

METHODS: dict[str, Any] = {
    "diag": diag,
    "diag_embed": diag_embed,
    "diagflat": diagflat,
    "diagonal": diagonal,
    "fill_diagonal_": fill_diagonal_,
    "tril": tril,
    "tril_": tril_,
    "triu": triu,
    "triu_": triu_,
}

diagonal_copy = copying("diagonal_copy", diagonal)

__all__ = [
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_copy",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
]
