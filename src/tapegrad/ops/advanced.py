"""Indexing with tensors of integers or bools: `index` takes elements out, `index_put` puts elements in.

A *layout* says which dimensions the index tensors stand for: `(False, True)` is x[:, i], `(True, False, True)` is
x[i, :, j].  With it, index tensors form the key that NumPy indexes with; a mask stands for as many dimensions as it
has.
There is a record for every number of index tensors, since each of them is an input.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from math import prod
from typing import Any

import numpy as np

from ..autograd import batching
from ..autograd.batching import mappable
from ..autograd.views import before_write, check_write, refresh, wrote
from ..errors import OutOfRangeError, ShapeError
from ..tensor.casting import cast
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.strides import copy_like, empty_with_strides, merged_strides, overlaps_itself
from ..tensor.tensor import VIEW, Tensor, new_tensor
from .op import Op, register
from .overlaps import check_apart, overlapping_operand
from .vocabulary import fit, word
from .writing import warn_of_expanded

Layout = tuple[bool, ...]
Ints = tuple[int, ...]


def key_of(layout: Layout, indices: Sequence[Array]) -> Any:
    """What to index a NumPy array with."""
    if layout == (True,):
        return indices[0]
    rest = iter(indices)
    return tuple([next(rest) if given else slice(None) for given in layout])


# -- on arrays ---------------------------------------------------------------------------------------------------------


def _taken(x: Any, *indices_and_layout: Any) -> Any:
    *indices, layout = indices_and_layout
    try:
        if len(indices) == 1 and indices[0].dtype.kind == "i":
            y = x.take(indices[0], axis=len(layout) - 1)
        else:
            y = x[key_of(layout, indices)]
    except IndexError:
        return _empty_or_refused(x, layout, indices)
    if not y.size:  # NumPy may have looked at no index
        return _empty_or_refused(x, layout, indices)
    if x.__class__ is np.ndarray and y.ndim > 1:
        for array in (x, *indices):
            if not array.flags.c_contiguous:
                return _laid_out(y, x, layout, indices)
    return y


def _laid_out(y: Array, x: Array, layout: Layout, indices: Sequence[Array]) -> Array:
    """The result `y` of an indexing, its dimensions ordered in memory as those of `x` and of the index tensors."""
    kept: list[int] = []  # strides of the dimensions that are not indexed
    dim = 0
    starts: list[int] = []  # how many of them come before each index
    rest = iter(indices)
    for given in layout:
        if given:
            i = next(rest)
            starts.append(len(kept))
            dim += i.ndim if i.dtype.kind == "b" else 1
        else:
            kept.append(x.strides[dim])
            dim += 1
    kept += x.strides[dim:]
    start = starts[0] if starts[0] == starts[-1] else 0  # indices that are apart come first
    count = y.ndim - len(kept)
    whole = (*kept[:start], *[0] * count, *kept[start:])
    around = (0,) * start, (0,) * (y.ndim - start - count)
    places = [
        (
            *around[0],
            *[0] * (count - i.ndim),
            *[0 if n == 1 else s for n, s in zip(i.shape, i.strides, strict=True)],
            *around[1],
        )
        for i in indices
        if i.dtype.kind != "b"
    ]
    made = empty_with_strides(y.shape, merged_strides(y.shape, whole, *places), y.dtype)
    made[...] = y
    return made


def _added_at(g: Array, *indices_layout_shape: Any) -> Array:
    """Zeros of a shape, to which each element of `g` is added where an index of the same position points."""
    *indices, layout, shape = indices_layout_shape
    if not g.size:  # the indices may be out of range
        return np.zeros(shape, g.dtype)
    if all(index.dtype.kind == "b" for index in indices):  # no place is named twice
        z = np.zeros(shape, g.dtype)
        z[key_of(layout, indices)] = g
        return z
    flat = np.zeros(prod(shape), g.dtype)
    np.add.at(flat, _places(shape, layout, indices).reshape(-1), g.reshape(-1))
    return flat.reshape(shape)


def _places(shape: Ints, layout: Layout, indices: Sequence[Array]) -> Array:
    """Where in flat memory the elements are that index tensors name.

    `np.add.at` with one index tensor into one dimension is many times faster than with any other.
    """
    if layout != (True,) or indices[0].dtype.kind == "b":
        return np.arange(prod(shape)).reshape(shape)[key_of(layout, indices)]
    (rows,) = indices
    width = prod(shape[1:])
    if width == 1:
        return rows
    rows = np.where(rows < 0, rows + shape[0], rows)
    return rows[..., None] * width + np.arange(width)


def _put(x: Array, values: Array, *indices_layout_accumulate: Any) -> Array:
    *indices, layout, accumulate = indices_layout_accumulate
    y = copy_like(x, x)
    _put_into(y, values, layout, indices, accumulate)
    return y


@mappable
def _put_into(x: Array, values: Array, layout: Layout, indices: Sequence[Array], accumulate: bool) -> None:
    """`x[…] = values`, or `+=` such that an element named twice receives both values."""
    key: Any = key_of(layout, indices) if layout else ...
    if not accumulate:
        x[key] = values
    elif x.flags.c_contiguous and layout:
        places = _places(x.shape, layout, indices)
        shape = x[key].shape
        np.add.at(x.reshape(-1), places.reshape(-1), np.broadcast_to(values, shape).reshape(-1))
    else:
        np.add.at(x, key, values)


def _zeroed_at(g: Array, *indices_and_layout: Any) -> Array:
    *indices, layout = indices_and_layout
    z = np.copy(g, order="C")
    z[key_of(layout, indices)] = 0
    return z


# -- the records -------------------------------------------------------------------------------------------------------


def _rule(text: str, n: int) -> Any:
    """A rule over n index tensors, `I` in its text."""
    names = ", ".join(f"i{k}" for k in range(n))
    return eval(text.replace("I", names), {"fit": fit})  # the parameters of a rule are part of its meaning


def _record(name: str, forward: Any, n: int, node: str, before: Ints | tuple[str, ...], params: tuple[str, ...]) -> Op:
    indices = tuple(f"i{k}" for k in range(n))
    return register(Op(f"{name}_{n}", forward, node=node, inputs=(*before, *indices), params=params, constants=indices))


@cache
def index_op(n: int) -> Op:
    """x[…] with n index tensors."""
    op = _record("index", _taken, n, "IndexBackward0", ("x",), ("layout",))
    rule = _rule("lambda g, x_shape, I, layout: added_at(g, I, layout, x_shape)", n)
    rule.__doc__ = "x ← zeros, with g added at the indices"
    return op.linear_in("x").with_rules(x=rule)


@cache
def index_backward_op(n: int) -> Op:
    """The transpose of `index_op`."""
    op = _record("index_backward", _added_at, n, "IndexPutBackward0", ("x",), ("layout", "shape"))
    return op.linear_in("x").with_rules(x=_rule("lambda g, I, layout: taken(g, I, layout)", n))


@cache
def index_put_op(n: int) -> Op:
    """A copy of x with values put in at n index tensors."""
    op = _record("index_put", _put, n, "IndexPutBackward0", ("x", "values"), ("layout", "accumulate"))
    return op.linear_in("x", "values", jointly=True).with_rules(
        x=_rule("lambda g, I, layout, accumulate: g if accumulate else zeroed_at(g, I, layout)", n),
        values=_rule(
            "lambda g, values_shape, values_dtype, I, layout: fit(taken(g, I, layout), (values_shape, values_dtype))", n
        ),
    )


@cache
def zeroed_op(n: int) -> Op:
    """A copy of g with zeros at n index tensors."""
    op = _record("zeroed", _zeroed_at, n, "IndexPutBackward0", ("x",), ("layout",))
    return op.linear_in("x").with_rules(x=_rule("lambda g, I, layout: zeroed_at(g, I, layout)", n))


# The words take a number of index tensors, which Python's own call syntax passes on.
word("taken", raw=_taken, tensor=lambda x, *rest: index_op(len(rest) - 1)(x, *rest))
word("added_at", raw=_added_at, tensor=lambda g, *rest: index_backward_op(len(rest) - 2)(g, *rest))
word("zeroed_at", raw=_zeroed_at, tensor=lambda g, *rest: zeroed_op(len(rest) - 1)(g, *rest))


# -- on tensors --------------------------------------------------------------------------------------------------------


def index(x: Tensor, given: Sequence[Tensor | None]) -> Tensor:
    """`x[…]` with a tensor, or None for a whole dimension, in each place.

    Raises:
        IndexError: an index is out of range, of a wrong type, or the indices do not broadcast.
    """
    layout, indices = checked(x, given)
    try:
        y: Tensor = index_op(len(indices)).call(x, *indices, layout)
    except IndexError:
        if x._flags & VIEW:
            refresh(x)  # a view that is out of date is the graver mistake
        raise
    return y


def index_put_(
    self: Tensor,
    indices: Sequence[Tensor | None],
    values: Tensor,
    accumulate: bool = False,
) -> Tensor:
    """Put values into the elements that index tensors name, in place.

    Args:
        indices: a tensor of integers or bools for each dimension; they broadcast against each other.
        values: of this tensor's dtype; broadcasts to the shape of `self[indices]`.
        accumulate: add instead of replace; elements named more than once receive all their values.

    Raises:
        IndexError: an index is out of range, of a wrong type, or the indices do not broadcast.
        RuntimeError: dtype or shape of the values do not fit, or autograd cannot follow the write.

    >>> import tapegrad as torch
    >>> torch.zeros(3).index_put_((torch.tensor([0, 0, 2]),), torch.ones(3), accumulate=True)
    tensor([2., 0., 1.])
    """
    _check_indices("index_put_", indices, values)
    return put(self, indices, values, accumulate)


def put(self: Tensor, given: Sequence[Tensor | None], values: Tensor, accumulate: bool = False) -> Tensor:
    """`index_put_` without a check of its arguments' types."""
    layout, indices = checked(self, given)
    if batching.running:
        batching.make_room(self, values, *indices)
    x, v = self._data, values._data
    fills = not accumulate and _fills(indices, v)
    if x.dtype is not v.dtype:
        if not fills:
            raise _different_types(self, values)
        v = cast(v, x.dtype)
    if self._flags:
        check_write(self, values)
    if values._flags & VIEW:
        refresh(values)
    if overlaps_itself(x):
        warn_of_expanded("masked_fill_" if fills else "index_put_")
    if fills:
        v = np.copy(v)  # it may lie under the mask
    elif values is self:
        raise overlapping_operand()  # even without elements
    else:
        check_apart(x, v)
    was = before_write(self, keep=False) if self._flags or values._flags else None
    _write(self, v, layout, indices, accumulate)
    if was is None:
        wrote(self)
        return self
    result = new_tensor(x)
    index_put_op(len(indices)).record(result, was, values, *indices, layout, accumulate)
    wrote(self, result)
    return self


def index_put(
    input: Tensor,
    indices: Sequence[Tensor | None],
    values: Tensor,
    accumulate: bool = False,
) -> Tensor:
    """A copy of `input` with values put into the elements that index tensors name; see `Tensor.index_put_`."""
    _check_indices("index_put", indices, values)
    layout, tensors = checked(input, indices)
    v = values._data
    if input._data.dtype is not v.dtype:
        if accumulate or not _fills(tensors, v):
            raise _different_types(input, values)
        v = cast(v, input._data.dtype)
    copy = new_tensor(copy_like(input._data, input._data))
    _write(copy, v, layout, tensors, accumulate)
    if input._flags or values._flags:
        index_put_op(len(tensors)).record(copy, input, values, *tensors, layout, accumulate)
    return copy


def _fills(indices: list[Tensor], values: Array) -> bool:
    """Whether one value is put where one mask is true, which torch takes for `masked_fill_`, whatever its type."""
    return values.size == 1 and len(indices) == 1 and indices[0]._data.dtype.kind == "b"


def _check_indices(function: str, indices: Any, values: Any) -> None:
    if not isinstance(indices, (tuple, list)):
        raise TypeError(
            f"{function}(): argument 'indices' (position 1) must be tuple of Tensors, not {type(indices).__name__}"
        )
    if not isinstance(values, Tensor):
        raise TypeError(f"{function}(): argument 'values' (position 2) must be Tensor, not {type(values).__name__}")


def _different_types(x: Tensor, values: Tensor) -> RuntimeError:
    return RuntimeError(
        "Index put requires the source and destination dtypes match, got"
        f" {scalar_type_name(x.dtype)} for the destination and {scalar_type_name(values.dtype)} for the source."
        f"\n  Convert the values: values.to({x.dtype})."
    )


def _write(x: Tensor, values: Array, layout: Layout, indices: list[Tensor], accumulate: bool) -> None:
    arrays = [i._data for i in indices]
    try:
        if values.ndim > 1 and (not values.size or any(array.dtype.kind == "b" for array in arrays)):
            # NumPy lets any empty array pass, and has an error of its own for masks.
            shape = _taken(x._data, *arrays, layout).shape
            if not _broadcasts(values.shape, shape):
                raise ValueError
        _put_into(x._data, values, layout, arrays, accumulate)
    except (IndexError, TypeError, ValueError):
        shape = _empty_or_refused(x._data, layout, arrays).shape if layout else x._data.shape
        if _broadcasts(values.shape, shape):  # nothing to write, so indices out of range do no harm
            return
        raise ShapeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result of"
            f" shape {list(shape)}"
        ) from None


def _broadcasts(shape: Ints, target: Ints) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def checked(x: Tensor, given: Sequence[Tensor | None]) -> tuple[Layout, list[Tensor]]:
    """The layout and the index tensors of an indexing, masks compared with the dimensions they stand for.

    Raises:
        IndexError: an index is of a wrong type, a mask of a wrong shape, or there are too many.
    """
    shape = x._data.shape
    indices: list[Tensor] = []
    dim = 0
    for i in given:
        if i is None:
            dim += 1
            continue
        kind = i._data.dtype
        if kind.char in "lqi":
            dim += 1
        elif kind.kind == "b" or kind.char == "B":
            if kind.kind != "b":
                i = _as_mask(i)
            for k, n in enumerate(i._data.shape):
                if dim + k >= len(shape) or shape[dim + k] != n:
                    if dim + i._data.ndim > len(shape):
                        raise _too_many(shape)
                    raise OutOfRangeError(
                        f"The shape of the mask {list(i._data.shape)} at index {k} does not match the shape of the"
                        f" indexed tensor {list(shape)} at index {dim + k}"
                    )
            dim += i._data.ndim
        else:
            raise OutOfRangeError(
                f"tensors used as indices must be long, int, byte or bool tensors\n  Found: a tensor of {i.dtype}."
            )
        indices.append(i)
    if dim > len(shape):
        raise _too_many(shape)
    layout = tuple([i is not None for i in given])
    while layout and not layout[-1]:
        layout = layout[:-1]
    return layout, indices


def _too_many(shape: Ints) -> IndexError:
    return OutOfRangeError(f"too many indices for tensor of dimension {len(shape)}")


def _as_mask(i: Tensor) -> Tensor:
    warnings.warn(
        "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
        UserWarning,
        stacklevel=5,
    )
    return new_tensor(i._data != 0)


def _empty_or_refused(x: Array, layout: Layout, indices: Sequence[Array]) -> Array:
    """The result of an indexing that NumPy refuses: torch allows any index where the result has no elements.

    Raises:
        IndexError: the indices do not broadcast, or one is out of range.
    """
    shape = x.shape
    places: list[tuple[int, Array]] = []
    dim, rest = 0, iter(indices)
    for given in layout:
        if not given:
            dim += 1
            continue
        i = next(rest)
        arrays = i.nonzero() if i.dtype.kind == "b" else (i,)
        places += [(dim + k, array) for k, array in enumerate(arrays)]
        dim += len(arrays)
    try:
        common = np.broadcast_shapes(*[array.shape for _, array in places])
    except ValueError:
        raise OutOfRangeError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(str(list(array.shape)) for _, array in places)
        ) from None
    dims = [dim for dim, _ in places]
    others = tuple(n for d, n in enumerate(shape) if d not in dims)
    if prod(common) and any(shape[dim] == 0 for dim in dims):
        raise OutOfRangeError("index is out of bounds for dimension with size 0")
    if prod(common) and prod(others):
        for number, (dim, array) in enumerate(places):  # torch counts the index tensors, not the dimensions
            outside = (array < -shape[dim]) | (array >= shape[dim])
            if outside.any():
                raise OutOfRangeError(
                    f"index {array[outside].flat[0]} is out of bounds for dimension {number} with size {shape[dim]}"
                    + (f"\n  The index is that of dimension {dim} of the tensor." if dim != number else "")
                )
    # An index of 0 has the same effect on the shape; a dimension of size 0 is given one element to point at.
    stand_in = np.zeros(tuple(1 if d in dims else n for d, n in enumerate(shape)), x.dtype)
    key: list[Any] = [slice(None)] * len(shape)
    for dim, array in places:
        key[dim] = np.zeros_like(array)
    return stand_in[tuple(key)]


METHODS: dict[str, Any] = {"index_put": index_put, "index_put_": index_put_}

__all__ = ["index_put", "index_put_"]
