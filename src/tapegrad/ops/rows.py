"""index_select, index_add and their kin: a vector of integers names slices along a dimension."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import DtypeError, OutOfRangeError, ShapeError, wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import I64, Array, scalar_type_name
from ..tensor.numbers import as_python_number, check_fits, element, factor_of
from ..tensor.strides import copy_like
from ..tensor.tensor import Tensor, new_tensor
from .gathering import check_range, in_range
from .groups import check_not_recorded, combine_rows, pays
from .op import operator
from .slicing import ALL
from .vocabulary import expand, reshaped, sum_to, word
from .writing import separate_out, write_anywhere, write_apart

Ints = tuple[int, ...]

# -- index_select ------------------------------------------------------------------------------------------------------


@operator(constants=("index",), node="IndexSelectBackward0")
def select_rows(x: Array, index: Array, /, dim: int) -> Array:
    if x.ndim == 0:
        return np.reshape(x, -1).take(np.reshape(index, -1)).reshape(())
    return x.take(np.reshape(index, -1), axis=dim)


@operator(constants=("index",))
def rows_back(x: Array, index: Array, /, shape: Ints, dim: int) -> Array:
    """The transpose of index_select: zeros of a shape, to which slices are added."""
    z = np.zeros(shape, x.dtype)
    add_rows(z, index, x, dim)
    return z


select_rows.linear_in("x").with_rules(x=lambda g, index, x_shape, dim: rows_back(g, index, x_shape, dim))
rows_back.linear_in("x").with_rules(x=lambda g, index, dim: select_rows(g, index, dim))


word(
    "index_select",
    raw=lambda x, dim, index: select_rows.forward(x, index, dim),
    tensor=lambda x, dim, index: select_rows.call(x, index, dim),
)


def add_rows(z: Array, index: Array, values: Array, dim: int) -> None:
    """`z[index] += values` along a dimension, in the order of the index; `z` is contiguous."""
    check_not_recorded(z, index, values)
    index = np.reshape(index, -1)
    if z.ndim <= 1:
        np.add.at(z.reshape(-1), index, np.reshape(values, -1))
        return
    shape = z.shape
    inner = prod(shape[dim + 1 :])
    if (
        prod(shape[:dim]) == 1
        and values.__class__ is index.__class__ is z.__class__ is np.ndarray
        and pays(values.size, inner)
    ):
        combine_rows(np.add, z.reshape(shape[dim], inner), index, values.reshape(-1, inner))
        return
    # np.add.at is fast with one index into one dimension only
    outer = np.arange(prod(shape[:dim]))[:, None, None] * (shape[dim] * inner)
    places = outer + (index * inner)[:, None] + np.arange(inner)
    np.add.at(z.reshape(-1), places.reshape(-1), np.reshape(values, -1))


def _check_vector(function: str, index: Tensor, kinds: str = "lqi", text: str = "int32 or int64") -> None:
    if index._data.ndim > 1:
        raise OutOfRangeError(f"{function}(): Index is supposed to be a vector")
    if index._data.dtype.char not in kinds:
        raise DtypeError(f"{function}(): Expected dtype {text} for index", "Convert the index: index.long().")


def index_select(input: Tensor, dim: int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The slices of `input` that a vector of integers names along a dimension.

    Raises:
        IndexError: an index is out of range.

    >>> import tapegrad as torch
    >>> torch.index_select(torch.tensor([[1, 2], [3, 4]]), 0, torch.tensor([1, 1]))
    tensor([[3, 4],
            [3, 4]])
    """
    if not isinstance(index, Tensor):
        raise wrong_argument("index_select", "index", 2, index)
    dim = wrap_dim(dim, input._data.ndim)
    if out is None and index._data.dtype is I64 and index._data.ndim == 1 and index._data.size and input._data.ndim:
        if in_range(index._data, input._data.shape[dim]):
            return select_rows.call(input, index, dim)
    _check_vector("index_select", index)
    if input._data.ndim == 0 and index._data.size != 1:
        raise RuntimeError(f"index_select(): Index to scalar can have only 1 value, got {index._data.size} value(s)")
    at = all_rows(index._data)
    size = input._data.shape[dim] if input._data.ndim else 1
    if at.size and (at.min() < 0 or at.max() >= size):
        wrong = at[(at < 0) | (at >= size)].flat[0]
        if size == 0 and input._data.ndim > 1:
            raise RuntimeError("index_select(): self indexing axis dim should be positive")
        if input._data.ndim > 1 and (dim == 1 or not input._data.size):  # where torch has a kernel of its own
            raise RuntimeError(f"INDICES element is out of DATA bounds, id={wrong} axis_dim={size}")
        raise OutOfRangeError(f"index out of range in self\n  Found: {wrong} for dimension {dim} of size {size}.")
    y = select_rows.call(input, index, dim)
    says = "index_select(): self and result must have the same scalar type"
    return y if out is None else separate_out(out, y, input, index, says=says)


# -- index_add ---------------------------------------------------------------------------------------------------------


@operator(constants=("index",), node="IndexAddBackward0")
def add_rows_to(x: Array, index: Array, source: Array, /, dim: int, alpha: Any) -> Array:
    y = np.copy(x, order="C")
    add_rows(y, index, source if alpha == 1 else source * alpha, dim)
    return y


add_rows_to.linear_in("x", "source", jointly=True).with_rules(
    x=lambda g: g,
    source=lambda g, index, dim, alpha, source: reshaped(select_rows(g, index, dim) * alpha, source.shape),
)


def _check_index_add(x: Tensor, dim: int, index: Tensor, source: Tensor) -> int:
    if index._data.ndim > 1:
        raise OutOfRangeError(f"index_add_(): Index is supposed to be a vector, but got dim: {index._data.ndim}")
    if index._data.dtype.char not in "lqi":
        raise DtypeError("index_add_(): Expected dtype int32/int64 for index but got: " + scalar_type_name(index.dtype))
    if x._data.dtype is not source._data.dtype:
        raise DtypeError(
            f"index_add_(): self ({scalar_type_name(x.dtype)}) and source ({scalar_type_name(source.dtype)}) must have"
            " the same scalar type"
        )
    dim = wrap_dim(dim, x._data.ndim)
    check_slices("index_add_", x, source, index, dim)
    return dim


def check_slices(function: str, x: Tensor, source: Tensor, index: Tensor, dim: int) -> None:
    """Refuse a source whose slices do not fit those that an index names, or an index that is out of range."""
    n, m = index._data.size, source._data.shape[dim] if source._data.ndim else 1
    if n != m:
        raise ShapeError(
            f"{function}(): Number of indices ({n}) should be equal to source.size(dim): ({m}), for dim: {dim}"
        )
    _check_others(function, x, source, dim)
    check_range(index._data, x._data.shape[dim] if x._data.ndim else 1, dim)


def _check_others(function: str, x: Tensor, source: Tensor, dim: int) -> None:
    a, b = x._data.shape, source._data.shape
    if len(a) and len(b) and a[:dim] + a[dim + 1 :] != b[:dim] + b[dim + 1 :]:
        raise ShapeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape ="
            f" {list(a)} source.shape = {list(b)}",
            f"{function} takes slices along dimension {dim}; in all others the sizes have to agree.",
        )


def index_add(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    *,
    alpha: Any = 1,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` with `alpha` times the slices of `source` added to those that a vector of integers names.

    >>> import tapegrad as torch
    >>> torch.index_add(torch.zeros(3), 0, torch.tensor([0, 0, 2]), torch.ones(3))
    tensor([2., 0., 1.])
    """
    dim = _check_index_add(input, dim, index, source)
    check_fits(alpha, input.dtype)
    y = add_rows_to.call(input, index, source, dim, factor_of(alpha, input.dtype))
    return y if out is None else separate_out(out, y, input, index, source)


def index_add_(self: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """In-place form of `index_add`."""
    dim = _check_index_add(self, dim, index, source)
    check_fits(alpha, self.dtype)
    return write_apart(add_rows_to, self, index, source, dim, factor_of(alpha, self.dtype))


# -- index_copy, index_fill --------------------------------------------------------------------------------------------


@operator(constants=("index",), node="IndexFillBackward0")
def fill_rows(x: Array, index: Array, /, dim: int, value: Any) -> Array:
    y = copy_like(x, x)
    if y.ndim == 0:
        y[...] = value if index.size else y
    else:
        y[ALL * dim + (np.reshape(index, -1),)] = value
    return y


fill_rows.with_rules(x=lambda g, index, dim: fill_rows(g, index, dim, 0))


@operator(constants=("index",), node="IndexCopyBackward0")
def copy_rows(x: Array, index: Array, source: Array, /, dim: int) -> Array:
    y = np.copy(x, order="C")
    if y.ndim == 0:
        y[...] = np.reshape(source, ())
    else:
        y[ALL * dim + (np.reshape(index, -1),)] = source
    return y


copy_rows.linear_in("x", "source", jointly=True).with_rules(
    x=lambda g, index, dim: fill_rows(g, index, dim, 0),
    source=lambda g, index, dim, source: (
        expand(select_rows(g, index, dim), source.shape) if source.ndim else reshaped(select_rows(g, index, dim), ())
    ),
)


def each_once(index: Any) -> Any:
    """The indices in order, each once."""
    return np.unique(index)


word("each_once", raw=each_once, tensor=lambda index: new_tensor(np.unique(index._data)))


@operator(constants=("index",), node="IndexFillBackward1")
def fill_rows_with(x: Array, index: Array, value: Array, /, dim: int) -> Array:
    return fill_rows.forward(x, index, dim, value)


fill_rows_with.linear_in("x", "value", jointly=True).with_rules(
    x=lambda g, index, dim: fill_rows(g, index, dim, 0),
    value=lambda g, index, dim: sum_to(select_rows(g, each_once(index), dim), ()),
)


def _check_index_copy(x: Tensor, dim: int, index: Tensor, source: Tensor) -> int:
    dim = wrap_dim(dim, x._data.ndim)
    if index._data.ndim > 1:
        raise OutOfRangeError(f"index_copy_(): Index should have dimension 1 or 0 (got {index._data.ndim})")
    n, m = index._data.size, source._data.shape[dim] if source._data.ndim else 1
    if source._data.ndim == 0 and n != 1:
        raise OutOfRangeError(f"index_copy_(): When source is scalar, index should have one element (got {n})")
    if x._data.ndim and source._data.ndim and x._data.ndim != source._data.ndim:
        raise OutOfRangeError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source"
            f" dimensionality ({source._data.ndim}), destination dimensionality ({x._data.ndim})"
        )
    if index._data.dtype is not I64:
        raise DtypeError(f"index_copy_(): Expected a long tensor for index, but got {scalar_type_name(index.dtype)}")
    if x._data.dtype is not source._data.dtype:
        raise DtypeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self)"
            f" {scalar_type_name(x.dtype)} and (source) {scalar_type_name(source.dtype)}"
        )
    _check_others("index_copy_", x, source, dim)
    if source._data.ndim and n != m:
        raise OutOfRangeError(f"index_copy_(): Number of indices ({n}) should be equal to source.size(dim) ({m})")
    at, size = all_rows(index._data), x._data.shape[dim] if x._data.ndim else 1
    if n and (at.min() < 0 or at.max() >= size):
        wrong = at[(at < 0) | (at >= size)].flat[0]
        raise OutOfRangeError(f"index_copy_(): index {wrong} is out of bounds for dimension {dim} with size {size}")
    return dim


def index_copy(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` in which the slices that a vector of integers names are those of `source`.

    >>> import tapegrad as torch
    >>> torch.index_copy(torch.zeros(3), 0, torch.tensor([2, 0]), torch.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    dim = _check_index_copy(input, dim, index, source)
    y = copy_rows.call(input, index, source, dim)
    return y if out is None else separate_out(out, y, input, index, source)


def index_copy_(self: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """In-place form of `index_copy`."""
    return write_apart(copy_rows, self, index, source, _check_index_copy(self, dim, index, source))


def _filled(x: Tensor, dim: int, index: Tensor, value: Any, run: Any) -> Tensor:
    if not isinstance(index, Tensor):
        raise wrong_argument("index_fill", "index", 2, index)
    dim = wrap_dim(dim, x._data.ndim)
    if isinstance(value, Tensor) and value._data.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with"
            f" {value._data.ndim} dimension(s)."
        )
    if index._data.dtype is not I64:
        raise OutOfRangeError("index_fill_(): Expected dtype int64 for index.\n  Convert the index: index.long().")
    if index._data.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    at, size = all_rows(index._data), x._data.shape[dim] if x._data.ndim else 1
    if at.size and size == 0:
        raise RuntimeError(f"index_fill_(): index {at.flat[0]} points into dimension {dim}, which has no elements")
    if at.size and (at.min() < -size or at.max() >= size):
        wrong = at[(at < -size) | (at >= size)].flat[0]
        raise OutOfRangeError(f"index {wrong} is out of bounds for dimension {dim} with size {size}")
    if isinstance(value, Tensor):
        if value._data.dtype is not x._data.dtype:
            if value._data.dtype.kind == "c":
                raise DtypeError("index_fill_(): Converting complex Scalar to non-complex type is not supported")
            check_fits(value.item(), x.dtype)
            value = value.to(x.dtype)
        return run(fill_rows_with, x, index, value, dim)
    number = as_python_number(value)
    if not isinstance(number, (bool, int, float, complex)):
        raise wrong_argument("index_fill", "value", 3, value, "Number")
    check_fits(number, x.dtype)
    return run(fill_rows, x, index, dim, element(number, x.dtype))


def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of `input` in which the slices that a vector of integers names are filled with a value.

    >>> import tapegrad as torch
    >>> torch.index_fill(torch.zeros(3), 0, torch.tensor([0, 2]), 1)
    tensor([1., 0., 1.])
    """
    return _filled(input, dim, index, value, lambda op, *args: op.call(*args))


def index_fill_(self: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """In-place form of `index_fill`."""
    return _filled(self, dim, index, value, write_anywhere)


fill_rows.public_name = fill_rows_with.public_name = "index_fill_"

METHODS: dict[str, Any] = {
    "index_add": index_add,
    "index_add_": index_add_,
    "index_copy": index_copy,
    "index_copy_": index_copy_,
    "index_fill": index_fill,
    "index_fill_": index_fill_,
    "index_select": index_select,
}

__all__ = ["index_add", "index_copy", "index_fill", "index_select"]
