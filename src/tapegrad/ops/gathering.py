"""gather and scatter: an index tensor says, element by element, where along a dimension a value is or goes.

For an index of shape (n, m) and dim = 1 the places are (i, index[i, j]).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import DtypeError, ShapeError, wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import I64, Array
from ..tensor.numbers import as_python_number, check_fits, element
from ..tensor.tensor import Tensor, new_tensor
from .op import operator
from .refusal import NO_NODE, no_formula
from .vocabulary import word
from .writing import separate_out, write_apart

Ints = tuple[int, ...]

largest = np.maximum.reduce
_UNSIGNED = np.dtype(np.uint64)

# -- places ------------------------------------------------------------------------------------------------------------


def key_along(index: Array, dim: int) -> Any:
    """The key with which NumPy finds the places of an index along a dimension."""
    ndim = index.ndim
    if ndim <= 1:
        return index
    return tuple(
        [
            index if d == dim else np.arange(n).reshape((1,) * d + (n,) + (1,) * (ndim - d - 1))
            for d, n in enumerate(index.shape)
        ]
    )


def corner(x: Array, shape: Ints) -> Array:
    """The first elements of an array along each dimension, as many as a shape says."""
    return x if x.shape == shape else x[tuple([slice(n) for n in shape])]


def padded(x: Array, shape: Ints) -> Array:
    """The transpose of `corner`: an array in the corner of zeros of a shape."""
    if x.shape == shape:
        return x
    z = np.zeros(shape, x.dtype)
    corner(z, x.shape)[...] = x
    return z


@operator
def corner_of(x: Array, /, shape: Ints) -> Array:
    """`corner` as an operator."""
    return corner(x, shape)


@operator
def padded_to(x: Array, /, shape: Ints) -> Array:
    """`padded` as an operator."""
    return padded(x, shape)


corner_of.linear_in("x").with_rules(x=lambda g, x_shape: padded_to(g, x_shape))
padded_to.linear_in("x").with_rules(x=lambda g, x_shape: corner_of(g, x_shape))


# -- gather ------------------------------------------------------------------------------------------------------------


@operator(constants=("index",), name="gathered", node="GatherBackward0")
def _gather(x: Array, index: Array, /, dim: int) -> Array:
    if x.ndim <= 1 or index.size == 0:
        return np.reshape(x, -1)[index]
    if x.__class__ is index.__class__ is np.ndarray and x.flags.c_contiguous:
        return x.ravel().take(flat_places(index, x, dim))
    return x[key_along(index, dim)]


@operator(constants=("index",))
def gathered_back(x: Array, index: Array, /, shape: Ints, dim: int) -> Array:
    """The transpose of gather: zeros of a shape, to which the elements of `x` are added."""
    z = np.zeros(shape, x.dtype)
    add_along(z, index, x, dim)
    return z


# As in torch, what is needed for its shape alone is kept, and must not be written into.
_gather.linear_in("x").with_rules(x=lambda g, x, index, dim: gathered_back(g, index, x.shape, dim))
gathered_back.linear_in("x").with_rules(x=lambda g, index, dim: gather(g, dim, index))

word(
    "gather",
    raw=lambda x, dim, index: _gather.forward(x, index, dim),
    tensor=lambda x, dim, index: _gather.call(x, index, dim),
)


def add_along(z: Array, index: Array, values: Array, dim: int) -> None:
    """Add values to the places of an index, in the order of the index; `z` is contiguous."""
    if index.size == 0:
        return
    places = index if z.ndim <= 1 else flat_places(index, z, dim)
    # np.add.at is fast with one index into one dimension only
    np.add.at(z.reshape(-1), np.reshape(places, -1), np.reshape(values, -1))


def flat_places(index: Array, x: Array, dim: int) -> Array:
    """The places of an index along a dimension of a contiguous array, among all of its elements.

    Raises:
        IndexError: the index is longer than the array in another dimension.
    """
    if index.ndim == 2:
        rows, width = index.shape
        height, step = x.shape
        if dim:
            if rows > height:
                raise IndexError(f"an index of shape {index.shape} for an array of shape {x.shape}")
            return index if rows == 1 else index + np.arange(0, rows * step, step)[:, None]
        if width > step:
            raise IndexError(f"an index of shape {index.shape} for an array of shape {x.shape}")
        places = index if step == 1 else index * step
        return places if width == 1 else places + np.arange(width)
    steps = [s // x.itemsize for s in x.strides]
    base = np.zeros((1,) * index.ndim, np.int64)
    for d, n in enumerate(index.shape):
        if d != dim and n > x.shape[d]:
            raise IndexError(f"an index of shape {index.shape} for an array of shape {x.shape}")
        if d != dim and n > 1:
            base = base + (np.arange(n) * steps[d]).reshape((-1,) + (1,) * (index.ndim - d - 1))
    return base + (index if steps[dim] == 1 else index * steps[dim])


def gather(
    input: Tensor,
    dim: int,
    index: Tensor,
    *,
    sparse_grad: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The elements of `input` at `index` along a dimension: `out[i, j] = input[i, index[i, j]]` for dim = 1.

    Args:
        index: integers, with as many dimensions as `input`, nowhere longer than it but along `dim`; the result has this
            shape.
        sparse_grad: has no effect; gradients are dense.

    Raises:
        RuntimeError: an index is out of range, or the shapes do not fit.

    >>> import tapegrad as torch
    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    x, at = input._data, index._data
    dim = wrap_dim(dim, x.ndim)
    if out is None and at.dtype is I64 and at.size and at.ndim == x.ndim != 0 and in_range(at, x.shape[dim]):
        try:
            return _gather.call(input, index, dim)
        except IndexError:
            pass  # the long way finds out what is wrong
    if at.size == 0:  # torch does not look at the type, or the number of dimensions, of an index without elements
        y: Tensor = _gather.call(input, new_tensor(at.astype(I64)), dim)
    else:
        _check_index("gather", at, x.shape, dim)
        y = _gather.call(input, index, dim)
    return y if out is None else separate_out(out, y, input, index)


def _check_index(function: str, index: Array, shape: Ints, dim: int) -> None:
    """Refuse an index that does not fit a tensor of a shape."""
    if index.dtype.char not in "lqi":
        raise DtypeError(f"{function}(): Expected dtype int32/int64 for index", "Convert the index: index.long().")
    if index.size == 0:
        return
    _check_ndim(index.ndim, len(shape), "input")
    for d, n in enumerate(index.shape):
        if d != dim and n > shape[d]:
            raise ShapeError(
                f"Size does not match at dimension {d} expected index {list(index.shape)} to be no larger than self"
                f" {list(shape)} apart from dimension {dim}"
            )
    check_range(index, shape[dim] if shape else 1, dim)


def _check_ndim(ours: int, theirs: int, whose: str) -> None:
    if max(ours, 1) != max(theirs, 1):
        raise ShapeError(f"Index tensor must have the same number of dimensions as {whose} tensor")


def in_range(index: Array, size: int) -> bool:
    """Whether all of an index, which has elements, lies in 0 … size - 1."""
    # Negative numbers are large ones when they are taken for unsigned.
    places = (index if index.__class__ is np.ndarray else all_rows(index)).view(_UNSIGNED)
    if places.size <= 1000:  # where it is faster to look for the largest than to reduce
        return bool(places.item(places.argmax()) < size)
    return bool(largest(places, None) < size)


def check_range(index: Array, size: int, dim: int, error: type[Exception] = RuntimeError) -> None:
    """Refuse indices outside of 0 … size - 1."""
    index = all_rows(index)
    if index.size and (index.min() < 0 or index.max() >= size):
        wrong = index[(index < 0) | (index >= size)]
        raise error(f"index {wrong.flat[0]} is out of bounds for dimension {dim} with size {size}")


# -- scatter -----------------------------------------------------------------------------------------------------------


@operator(constants=("index",), node="ScatterBackward1")
def scatter_value(x: Array, index: Array, /, dim: int, value: Any) -> Array:
    """A copy of x with one value at the places of an index."""
    y = np.copy(x, order="C")
    if index.size:
        flat = y.reshape(-1) if y.ndim <= 1 else y
        flat[key_along(index, dim)] = value
    return y


scatter_value.with_rules(x=lambda g, index, dim: scatter_value(g, index, dim, 0))


@operator(constants=("index",), name="scatter_source", node="ScatterBackward0")
def _scatter(x: Array, index: Array, src: Array, /, dim: int) -> Array:
    y = np.copy(x, order="C")
    if index.size:
        flat = y.reshape(-1) if y.ndim <= 1 else y
        flat[key_along(index, dim)] = corner(src, index.shape)
    return y


_scatter.linear_in("x", "src", jointly=True).with_rules(
    x=lambda g, index, dim: scatter_value(g, index, dim, 0),
    src=lambda g, index, dim, src_shape: padded_to(gather(g, dim, index), src_shape),
)


@operator(constants=("index",), name="scatter_combined", node=NO_NODE)
def _scatter_combined(x: Array, index: Array, src: Array, /, dim: int, reduce: str) -> Array:
    y = np.copy(x, order="C")
    src = corner(src, index.shape) if src.ndim else np.broadcast_to(src, index.shape)
    if reduce == "add":
        add_along(y, index, src, dim)
    elif index.size:
        np.multiply.at(y.reshape(-1) if y.ndim <= 1 else y, key_along(index, dim), src)
    return y


_scatter_combined.with_rules(x=lambda g: no_formula("scatter"), src=lambda g: no_formula("scatter"))
_scatter_combined_number = _scatter_combined.twin("number", constants=("index", "src"))


@operator(constants=("index",), name="scatter_added", node="ScatterAddBackward0")
def _scatter_add(x: Array, index: Array, src: Array, /, dim: int) -> Array:
    y = np.copy(x, order="C")
    add_along(y, index, corner(src, index.shape), dim)
    return y


_scatter_add.linear_in("x", "src", jointly=True).with_rules(
    x=lambda g: g,
    src=lambda g, index, dim, src_shape: padded_to(gather(g, dim, index), src_shape),
)


def _check_scatter(function: str, x: Array, index: Array, src: Array | None, dim: int) -> None:
    if index.dtype.char not in "lqi" and index.size:
        raise DtypeError(f"{function}(): Expected dtype int32/int64 for index", "Convert the index: index.long().")
    if src is not None and src.dtype is not x.dtype:
        raise DtypeError(
            "scatter(): Expected self.dtype to be equal to src.dtype",
            f"Found: {x.dtype} and {src.dtype}. Convert the source: src.to(x.dtype).",
        )
    if index.size == 0:
        return
    _check_ndim(index.ndim, x.ndim, "self")
    for d, n in enumerate(index.shape):
        if src is not None and 0 < src.ndim <= d:
            wrap_dim(d, src.ndim)
        if (d != dim and n > x.shape[d]) or (src is not None and src.ndim and n > src.shape[d]):
            if src is not None:
                _check_ndim(index.ndim, src.ndim, "src")
            fits = f"Expected index {list(index.shape)} to be no larger than self {list(x.shape)}"
            fits += f" apart from dimension {dim}"
            if src is not None:
                fits += f" and to be no larger size than src {list(src.shape)}"
            raise ShapeError(fits)
    if src is not None:
        _check_ndim(index.ndim, src.ndim, "src")
    check_range(index, x.shape[dim] if x.shape else 1, dim)


def _scattered(function: str, x: Any, dim: int, index: Any, src: Any, reduce: str | None, run: Any) -> Tensor:
    """Pick the record for a call of scatter or scatter_, and `run` it."""
    if not isinstance(index, Tensor):
        raise wrong_argument(function, "index", 2, index)
    dim = wrap_dim(dim, x._data.ndim)
    if reduce is not None and reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if isinstance(src, Tensor):
        _check_scatter("scatter", x._data, index._data, src._data, dim)
        if reduce is None:
            return run(_scatter, x, index, src, dim)
        warnings.warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future PyTorch"
            " release. Use torch.scatter_reduce instead for more reduction options.",
            UserWarning,
            stacklevel=3,
        )
        return run(_scatter_combined, x, index, src, dim, reduce)
    number = as_python_number(src)
    if not isinstance(number, (bool, int, float, complex)):
        raise TypeError(
            f"{function}() received an invalid combination of arguments - got {type(src).__name__} for what to put in,"
            " but expected a Tensor src or a number value"
        )
    check_fits(number, x.dtype)
    value = element(number, x.dtype)
    _check_scatter("scatter", x._data, index._data, None, dim)
    if reduce is None:
        return run(scatter_value, x, index, dim, value)
    return run(_scatter_combined_number, x, index, new_tensor(value), dim, reduce)


def _one_source(src: Any, value: Any) -> Any:
    if (src is None) == (value is None):
        raise TypeError("scatter() takes either a tensor src or a number value")
    return value if src is None else src


def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` with values put in along a dimension: `out[i, index[i, j]] = src[i, j]` for dim = 1.

    Args:
        index: integers, nowhere longer than `input` (but along `dim`) or `src`.
        src: a tensor of `input`'s dtype, or a number.
        reduce: "add" or "multiply" instead of replacing; there is no derivative then.

    Raises:
        RuntimeError: an index is out of range, or shapes or dtypes do not fit.

    >>> import tapegrad as torch
    >>> torch.scatter(torch.zeros(2, 3), 1, torch.tensor([[2], [0]]), 5)
    tensor([[0., 0., 5.],
            [5., 0., 0.]])
    """
    y = _scattered("scatter", input, dim, index, _one_source(src, value), reduce, lambda op, *args: op.call(*args))
    return y if out is None else separate_out(out, y, input, index)


def scatter_(
    self: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None
) -> Tensor:
    """In-place form of `scatter`."""
    return _scattered("scatter_", self, dim, index, _one_source(src, value), reduce, write_apart)


def scatter_add(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of `input` with values added along a dimension: `out[i, index[i, j]] += src[i, j]` for dim = 1.

    >>> import tapegrad as torch
    >>> torch.scatter_add(torch.zeros(3), 0, torch.tensor([0, 0, 2]), torch.ones(3))
    tensor([2., 0., 1.])
    """
    dim = wrap_dim(dim, input._data.ndim)
    _check_scatter("scatter", input._data, index._data, src._data, dim)
    y = _scatter_add.call(input, index, src, dim)
    return y if out is None else separate_out(out, y, input, index, src)


def scatter_add_(self: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """In-place form of `scatter_add`."""
    dim = wrap_dim(dim, self._data.ndim)
    _check_scatter("scatter", self._data, index._data, src._data, dim)
    return write_apart(_scatter_add, self, index, src, dim)


METHODS: dict[str, Any] = {
    "gather": gather,
    "scatter": scatter,
    "scatter_": scatter_,
    "scatter_add": scatter_add,
    "scatter_add_": scatter_add_,
}

__all__ = ["gather", "scatter", "scatter_add"]
