"""scatter_reduce and index_reduce: values that meet in one place are summed, multiplied, averaged or compared.

The two differ in how an index names places (element by element, or slice by slice); the arithmetic and the derivatives
are the same, so each is written once over `read` and `combine` of the one or the other.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..errors import DtypeError, OutOfRangeError
from ..once import warn_once
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor
from .gathering import _check_scatter, _gather, _scatter_add, add_along, corner, flat_places, key_along, scatter_value
from .groups import check_not_recorded, combine_rows
from .op import operator
from .rows import add_rows, add_rows_to, check_slices, fill_rows, select_rows
from .slicing import ALL
from .vocabulary import ones_like, phrase, where, word, zeros_like
from .writing import separate_out, write_apart

_UFUNCS: Final = {"prod": np.multiply, "amax": np.maximum, "amin": np.minimum}
_NEUTRAL: Final = {"prod": 1, "sum": 0, "mean": 0}

# -- forward -----------------------------------------------------------------------------------------------------------


def _reduced(x: Array, index: Array, src: Array, dim: int, reduce: str, include_self: bool, by_rows: bool) -> Array:
    check_not_recorded(x, index, src)
    y = np.copy(x, order="C")
    if index.size == 0 or src.size == 0:
        return y
    flat = y.reshape(-1) if y.ndim <= 1 else y
    if by_rows:
        key: Any = np.reshape(index, -1) if y.ndim <= 1 else (*ALL * dim, np.reshape(index, -1))
        src = np.reshape(src, -1) if y.ndim <= 1 else src
    else:
        key, src = key_along(index, dim), corner(src, index.shape)
    if not include_self:
        flat[key] = _NEUTRAL[reduce] if reduce in _NEUTRAL else src
    if reduce in _UFUNCS:
        if y.ndim > 1 and y.__class__ is index.__class__ is src.__class__ is np.ndarray:
            _combine(_UFUNCS[reduce], y, index, src, dim, by_rows)
        else:
            _UFUNCS[reduce].at(flat, key, src)
        return y
    _add(y, index, src, dim, by_rows)
    if reduce == "mean":
        counts = np.full(y.shape, int(include_self), np.int64)
        if not include_self:
            touched = counts.reshape(-1) if y.ndim <= 1 else counts
            untouched = np.ones(y.shape, bool)
            (untouched.reshape(-1) if y.ndim <= 1 else untouched)[key] = False
            counts = np.where(untouched, 1, touched.reshape(y.shape))
        _add(counts, index, np.ones(src.shape, np.int64), dim, by_rows)
        y = y / counts if y.dtype.kind in "fcV" else y // counts
        y = y.astype(x.dtype)
    return y


def _combine(ufunc: np.ufunc, y: Array, index: Array, src: Array, dim: int, by_rows: bool) -> None:
    """Combine values with those in the places of an index; NumPy's `at` is fast with one index into one dimension."""
    if by_rows and dim == 0:
        combine_rows(ufunc, y.reshape(len(y), -1), index.reshape(-1), src.reshape(len(src), -1))
        return
    if by_rows:
        index = np.broadcast_to(index.reshape((-1,) + (1,) * (y.ndim - 1 - dim)), src.shape)
    ufunc.at(y.reshape(-1), flat_places(index, y, dim).reshape(-1), src.reshape(-1))


def _add(y: Array, index: Array, values: Array, dim: int, by_rows: bool) -> None:
    (add_rows if by_rows else add_along)(y, index, values, dim)


# -- derivatives -------------------------------------------------------------------------------------------------------

# What the rules say of places: on arrays as it stands here, on tensors by the operators of the same meaning.


def read_at(x: Any, index: Any, dim: int, by_rows: bool) -> Any:
    """The values in the places of an index."""
    return (select_rows if by_rows else _gather).forward(x, index, dim)


def add_at(x: Any, index: Any, src: Any, dim: int, by_rows: bool) -> Any:
    """Values added in the places of an index."""
    return add_rows_to.forward(x, index, src, dim, 1) if by_rows else _scatter_add.forward(x, index, src, dim)


def zero_at(x: Any, index: Any, dim: int, by_rows: bool) -> Any:
    """Zeros in the places of an index."""
    return (fill_rows if by_rows else scatter_value).forward(x, index, dim, 0)


def reduced_at(x: Any, index: Any, src: Any, dim: int, reduce: str, include_self: bool, by_rows: bool) -> Any:
    """Values combined in the places of an index."""
    return _reduced(x, index, src, dim, reduce, include_self, by_rows)


def as_numbers(mask: Any, like: Any) -> Any:
    """A mask as zeros and ones of a type."""
    return mask.astype(like.dtype)


def _read_tensor(x: Any, index: Any, dim: int, by_rows: bool) -> Any:
    return (select_rows if by_rows else _gather).call(x, index, dim)


def _add_tensor(x: Any, index: Any, src: Any, dim: int, by_rows: bool) -> Any:
    return add_rows_to.call(x, index, src, dim, 1) if by_rows else _scatter_add.call(x, index, src, dim)


def _zero_tensor(x: Any, index: Any, dim: int, by_rows: bool) -> Any:
    return (fill_rows if by_rows else scatter_value).call(x, index, dim, 0)


def _reduce_tensor(x: Any, index: Any, src: Any, dim: int, reduce: str, include_self: bool, by_rows: bool) -> Any:
    return (_index_reduce if by_rows else _scatter_reduce).call(x, index, src, dim, reduce, include_self)


word("read_at", raw=read_at, tensor=_read_tensor)
word("add_at", raw=add_at, tensor=_add_tensor)
word("zero_at", raw=zero_at, tensor=_zero_tensor)
word("reduced_at", raw=reduced_at, tensor=_reduce_tensor)
word("as_numbers", raw=as_numbers, tensor=lambda mask, like: mask.to(like.dtype))


@phrase
def reduced_back(
    g: Any, x: Any, index: Any, src: Any, out: Any, dim: int, reduce: str, include_self: bool, by_rows: bool
) -> Any:
    """The gradients of what was there before and of the values that were combined with it."""
    if reduce == "sum":
        g_x, g_src = g, read_at(g, index, dim, by_rows)
    elif reduce == "mean":
        start = ones_like(g) if include_self else zeros_like(g)
        counts = add_at(start, index, ones_like(src), dim, by_rows)
        counts = where(counts == 0, ones_like(counts), counts)
        g_x = g / counts
        g_src = read_at(g, index, dim, by_rows) / read_at(counts, index, dim, by_rows)
    elif reduce == "prod":
        # The product of the others: divide by the element, but where it is 0 multiply anew without it.
        x1 = where(x == 0, ones_like(x), x)
        g_x = g * reduced_at(x1, index, src, dim, reduce, include_self, by_rows) / x1
        is_zero = src == 0
        zeros = as_numbers(is_zero, src)
        count = read_at(add_at(zeros_like(x), index, zeros, dim, by_rows), index, dim, by_rows)
        single = is_zero & (count == 1)
        without = reduced_at(x, index, where(single, ones_like(src), src), dim, reduce, include_self, by_rows)
        g_src = where(
            single,
            read_at(g * without, index, dim, by_rows),
            read_at(g * out, index, dim, by_rows) / where(is_zero, ones_like(src), src),
        )
    else:  # amax, amin: shared among all that are equal to the result
        x_wins = as_numbers(x == out, x)
        src_wins = as_numbers(src == read_at(out, index, dim, by_rows), src)
        share = g / add_at(x_wins, index, src_wins, dim, by_rows)
        g_x = x_wins * share
        g_src = src_wins * read_at(share, index, dim, by_rows)
    return (g_x if include_self else zero_at(g_x, index, dim, by_rows)), g_src


@operator(constants=("index",), name="scatter_reduced", node="ScatterReduceBackward0")
def _scatter_reduce(x: Array, index: Array, src: Array, /, dim: int, reduce: str, include_self: bool) -> Array:
    return _reduced(x, index, src, dim, reduce, include_self, False)


@_scatter_reduce.rule("x", "src")
def _(g: Any, x: Any, index: Any, src: Any, out: Any, dim: Any, reduce: Any, include_self: Any) -> Any:
    return reduced_back(g, x, index, src, out, dim, reduce, include_self, False)


@operator(constants=("index",), name="index_reduced", node="IndexReduceBackward0")
def _index_reduce(x: Array, index: Array, src: Array, /, dim: int, reduce: str, include_self: bool) -> Array:
    return _reduced(x, index, src, dim, reduce, include_self, True)


@_index_reduce.rule("x", "src")
def _(g: Any, x: Any, index: Any, src: Any, out: Any, dim: Any, reduce: Any, include_self: Any) -> Any:
    return reduced_back(g, x, index, src, out, dim, reduce, include_self, True)


# -- the public functions ----------------------------------------------------------------------------------------------


def scatter_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` with values combined into the places that an index names along a dimension.

    Args:
        index: integers, nowhere longer than `input` (but along `dim`) or `src`.
        reduce: "sum", "prod", "mean", "amax" or "amin".
        include_self: whether what `input` has there takes part.

    Raises:
        RuntimeError: an index is out of range, or shapes or dtypes do not fit.

    >>> import tapegrad as torch
    >>> torch.scatter_reduce(torch.zeros(2), 0, torch.tensor([0, 0, 1]), torch.tensor([1.0, 3.0, 2.0]), "amax")
    tensor([3., 2.])
    """
    dim = _check_scatter_reduce(input, dim, index, src, reduce)
    y = _scatter_reduce.call(input, index, src, dim, reduce, include_self)
    return y if out is None else separate_out(out, y, input, index, src)


def scatter_reduce_(
    self: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """In-place form of `scatter_reduce`."""
    dim = _check_scatter_reduce(self, dim, index, src, reduce)
    return write_apart(_scatter_reduce, self, index, src, dim, reduce, include_self)


def _check_scatter_reduce(x: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str) -> int:
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    dim = wrap_dim(dim, x._data.ndim)
    _check_scatter("scatter", x._data, index._data, src._data, dim)
    kind = x._data.dtype.kind
    if (reduce in ("amax", "amin") and kind == "c") or (reduce == "mean" and kind == "b"):
        raise NotImplementedError(
            f"\"scatter_gather_tensor_cpu_reduce_{reduce}\" not implemented for '{scalar_type_name(x.dtype)}'"
        )
    return dim


def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` with slices combined into those that a vector of integers names along a dimension.

    Args:
        reduce: "prod", "mean", "amax" or "amin".
        include_self: whether what `input` has there takes part.

    >>> import tapegrad as torch
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):  # torch warns that it is new
    ...     torch.index_reduce(torch.ones(2), 0, torch.tensor([0, 0]), torch.tensor([2.0, 3.0]), "prod")
    tensor([6., 1.])
    """
    dim = _check_index_reduce(input, dim, index, source, reduce)
    y = _index_reduce.call(input, index, source, dim, reduce, include_self)
    return y if out is None else separate_out(out, y, input, index, source)


def index_reduce_(
    self: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """In-place form of `index_reduce`."""
    dim = _check_index_reduce(self, dim, index, source, reduce)
    return write_apart(_index_reduce, self, index, source, dim, reduce, include_self)


def _check_index_reduce(x: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str) -> int:
    warn_once("index_reduce() is in beta and the API may change at any time.", stacklevel=4)
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    dim = wrap_dim(dim, x._data.ndim)
    if index._data.ndim > 1:
        raise OutOfRangeError(f"index_reduce_(): Index is supposed to be a vector, but got dim: {index._data.ndim}")
    if index._data.dtype.char not in "lqi":
        raise DtypeError(
            f"index_reduce_(): Expected dtype int32/int64 for index but got: {scalar_type_name(index.dtype)}"
        )
    if x._data.dtype is not source._data.dtype:
        raise DtypeError(
            f"index_reduce_(): self ({scalar_type_name(x.dtype)}) and source ({scalar_type_name(source.dtype)}) must"
            " have the same scalar type"
        )
    check_slices("index_reduce_", x, source, index, dim)
    return dim


METHODS: dict[str, Any] = {
    "index_reduce": index_reduce,
    "index_reduce_": index_reduce_,
    "scatter_reduce": scatter_reduce,
    "scatter_reduce_": scatter_reduce_,
}

__all__ = ["index_reduce", "scatter_reduce"]
