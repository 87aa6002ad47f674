"""The dimensions in another order: transpose, permute, movedim and their kin; all of them views."""

from __future__ import annotations

import warnings
from typing import Any

from ..tensor.arguments import shape_of, wrap_dim
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .op import operator
from .shape import _alias
from .vocabulary import permuted, swap

Ints = tuple[int, ...]


@operator(name="transpose", view=True)
def _transpose(x: Array, /, dim0: int, dim1: int) -> Array:
    return x.swapaxes(dim0, dim1) if x.ndim else x.view()


_transpose.with_rules(x=lambda g, dim0, dim1: swap(g, dim0, dim1) if g.ndim else g)


@operator(name="t", view=True)
def _t(x: Array, /) -> Array:
    return x.T if x.ndim == 2 else x.view()


_t.with_rules(x=lambda g: swap(g, 0, 1) if g.ndim == 2 else g)


@operator(name="permute", view=True)
def _permute(x: Array, /, dims: Ints) -> Array:
    return x.transpose(dims)


@_permute.rule("x")
def _(g: Any, dims: Any) -> Any:
    return permuted(g, tuple([dims.index(i) for i in range(len(dims))]))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions; a view.

    Raises:
        IndexError: there is no such dimension.

    >>> import tapegrad as torch
    >>> torch.transpose(torch.arange(6).reshape(2, 3), 0, 1).shape
    torch.Size([3, 2])
    """
    ndim = input._data.ndim
    if dim0.__class__ is dim1.__class__ is int and 0 <= dim0 < ndim and 0 <= dim1 < ndim:
        return _transpose.call(input, dim0, dim1)
    return _transpose.call(input, wrap_dim(dim0, ndim), wrap_dim(dim1, ndim))


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Exchange two dimensions: `transpose` by NumPy's name."""
    return transpose(input, axis0, axis1)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions: another name of `transpose`."""
    return transpose(input, dim0, dim1)


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a view of the same shape for a vector or a tensor of no dimensions."""
    check_matrix(input)
    return _t.call(input)


def check_matrix(x: Tensor) -> None:
    """Refuse a tensor that has more dimensions than `t` exchanges."""
    ndim = x._data.ndim
    if ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D\n  Use x.mT or x.transpose(-2, -1)."
        )


_ALL_DIMS = [set(range(ndim)) for ndim in range(9)]


def permute(input: Tensor, dims: Any) -> Tensor:
    """Put the dimensions into another order; a view.

    Raises:
        RuntimeError: `dims` does not name every dimension once.

    >>> import tapegrad as torch
    >>> torch.permute(torch.zeros(2, 3, 4), (2, 0, 1)).shape
    torch.Size([4, 2, 3])
    """
    if not isinstance(dims, tuple):
        dims = shape_of((dims,), "permute")
    ndim = input._data.ndim
    if len(dims) == ndim and ndim and set(dims) == _ALL_DIMS[ndim if ndim < 9 else 0]:
        return _permute.call(input, dims)
    dims = shape_of((dims,), "permute")
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired"
            f" ordering of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(dims)}"
        )
    order = tuple([d if 0 <= d < ndim else wrap_dim(d, ndim) for d in dims])
    if len(set(order)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _permute.call(input, order)


def _permute_method(self: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """Put the dimensions into another order; a view."""
    if not order and dims is None:
        raise TypeError('permute() missing 1 required positional arguments: "dims"')
    return permute(self, shape_of(order, "permute", dims))


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions to other places; the others keep their order.

    >>> import tapegrad as torch
    >>> torch.movedim(torch.zeros(2, 3, 4), 0, -1).shape
    torch.Size([3, 4, 2])
    """
    froms = (source,) if isinstance(source, int) else tuple(source)
    tos = (destination,) if isinstance(destination, int) else tuple(destination)
    if len(froms) != len(tos):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(froms)} dims) should contain the same number"
            f" of dims as destination ({list(tos)} dims)"
        )
    ndim = input._data.ndim
    a, b = [wrap_dim(d, ndim) for d in froms], [wrap_dim(d, ndim) for d in tos]
    for which, given, dims in (("source", froms, a), ("destination", tos, b)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{which}` ({list(given)})")
    if ndim == 0:
        return _alias.call(input)
    others = iter([d for d in range(ndim) if d not in a])
    order = tuple([a[b.index(place)] if place in b else next(others) for place in range(ndim)])
    return _permute.call(input, order)


def moveaxis(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions to other places: `movedim` by NumPy's name."""
    return movedim(input, source, destination)


def adjoint(input: Tensor) -> Tensor:
    """The conjugate transpose of each matrix."""
    _check_matrices(input, "adjoint()")
    y = transpose(input, -2, -1) if input._data.ndim else input
    return y.conj() if y._data.dtype.kind == "c" else y


def _check_matrices(x: Tensor, what: str) -> None:
    if x._data.ndim == 1:
        raise RuntimeError(
            f"tensor.{what} is only supported on matrices or batches of matrices. Got 1-D tensor."
            "\n  A vector has no other orientation; x[:, None] makes a column of it."
        )


def _reversed(self: Tensor) -> Tensor:
    """The dimensions in reverse order; for matrices, the transpose."""
    ndim = self._data.ndim
    if ndim != 2:
        warnings.warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will"
            " throw an error in a future release. Consider `x.mT` to transpose batches of matrices or"
            " `x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
            UserWarning,
            stacklevel=2,
        )
    return _permute.call(self, tuple(range(ndim - 1, -1, -1)))


def _matrix_transpose(self: Tensor) -> Tensor:
    """The transpose of each matrix, that is, of the last two dimensions."""
    _check_matrices(self, "mT")
    ndim = self._data.ndim
    return _transpose.call(self, ndim - 2, ndim - 1) if ndim else self


def _conjugate_transpose(self: Tensor) -> Tensor:
    """The conjugate transpose of a matrix."""
    ndim = self._data.ndim
    if ndim not in (0, 2):
        batches = " For batches of matrices, consider using tensor.mH" if ndim > 2 else ""
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {ndim}-D tensor.{batches}")
    return adjoint(self)


def _batch_conjugate_transpose(self: Tensor) -> Tensor:
    """The conjugate transpose of each matrix."""
    _check_matrices(self, "mH")
    return adjoint(self)


METHODS: dict[str, Any] = {
    "H": property(_conjugate_transpose),
    "T": property(_reversed),
    "adjoint": adjoint,
    "mH": property(_batch_conjugate_transpose),
    "mT": property(_matrix_transpose),
    "moveaxis": moveaxis,
    "movedim": movedim,
    "permute": _permute_method,
    "swapaxes": swapaxes,
    "swapdims": swapdims,
    "t": t,
    "transpose": transpose,
}

__all__ = [
    "adjoint",
    "moveaxis",
    "movedim",
    "permute",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
]
