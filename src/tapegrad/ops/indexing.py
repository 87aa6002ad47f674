"""x[…] in all forms.

Integers, slices, None and Ellipsis make views: NumPy takes them all at once, and if the operation is recorded there is
a node for each, as in torch (`x[1, 2]` is two `SelectBackward0` in a chain).  An index with tensors, lists or bools is
walked through as torch does: basic indices first, then one `index` for all tensors.
"""

from __future__ import annotations

from types import EllipsisType, NoneType
from typing import Any, Final

import numpy as np

from ..autograd import tangents
from ..autograd.grad_mode import is_recording, suspended
from ..autograd.node import Node, sequence, watch, watchers
from ..autograd.views import refresh
from ..errors import OutOfRangeError
from ..tensor.creation import array_from
from ..tensor.dtypes import I64, Array
from ..tensor.tensor import (
    DEAD_END,
    NO_GRAD_VIEW,
    PLAIN_VIEW,
    REQUIRES_GRAD,
    TANGENT,
    VIEW,
    Tensor,
    allocate,
    new_tensor,
)
from ..tensor.version import version_of
from . import advanced
from .shape import _alias, _unsqueeze
from .slicing import _select, slice_of

new = allocate
index_one = advanced.index_op(1)

# The classes of indices that make views without a closer look.
BASIC: Final = frozenset((int, slice, NoneType, EllipsisType))


def getitem(self: Tensor, index: Any) -> Tensor:
    """`x[index]`: a view for integers, slices, None and Ellipsis; a copy for tensors, lists and masks.

    Raises:
        IndexError: an index is out of range or of a wrong type, or there are too many.
    """
    kind = index.__class__
    data = self._data
    if kind is int:
        try:
            y = data[index, ...]
        except IndexError:
            raise _select_refused(self, index) from None
    elif kind is slice and index.step is None:
        try:
            y = data[index]
        except (IndexError, TypeError):
            return basic_view(self, (index,), alone=True)
    else:
        return _getitem(self, index)
    # From here on as in `_view_of` and `basic_view`, without their calls.
    t: Tensor = new()
    t._data = y
    t._form = t._grad = t._x = None
    version = self._vc
    if version is None:
        version = version_of(self)
    t._vc = version
    view = self._view
    off = suspended and not is_recording()
    if view is None and not off:
        t._view = (self, version.n, 0)
    else:
        root, _, way = (self, 0, 0) if view is None else view
        t._view = (root, version.n, NO_GRAD_VIEW if off else way)
    flags = self._flags
    if not flags:
        t._fn, t._flags = None, VIEW
        return t
    if flags != REQUIRES_GRAD or off:
        if flags & VIEW:
            refresh(self)
            flags = self._flags
        if not flags & (REQUIRES_GRAD | DEAD_END) or off:
            t._fn, t._flags = None, VIEW
            if flags & TANGENT:
                tangents.push_linear(t, self, lambda tangent: basic_view(tangent, (index,), alone=True))
            return t
    node = Node()
    node.saved = ()
    node.hooks = node.out_version = node.versions = None
    node.edges = ((self if self._fn is None else self._fn) if flags & REQUIRES_GRAD else None,)
    shape = data.shape
    if kind is int:
        node.op, node.info = _select, (0, index if index >= 0 else index + shape[0], shape)
    else:
        start, stop, _ = index.indices(shape[0])
        node.op, node.info = slice_of, (0, start, stop if stop > start else start, 1, shape)
    node.seq = next(sequence)
    if watchers:
        watch(node, t)
    t._fn, t._flags = node, REQUIRES_GRAD | VIEW
    if flags & TANGENT:
        tangents.push_linear(t, self, lambda tangent: basic_view(tangent, (index,), alone=True))
    return t


def _getitem(x: Tensor, index: Any) -> Tensor:
    """`x[index]` for anything but an integer or a slice without a step."""
    kind = index.__class__
    if kind is tuple:
        for item in index:
            if item.__class__ not in BASIC:
                return _indexed(x, index)
        return basic_view(x, index)
    if index is None:
        return _unsqueeze.call(x, 0)
    if kind in BASIC:
        return basic_view(x, (index,), alone=True)
    if kind is Tensor and index._data.dtype is I64 and index._data.ndim and x._data.ndim:
        try:
            return index_one.call(x, index, (True,))
        except IndexError:
            pass  # the long way finds out what is wrong
    return _indexed(x, index)


def _view_of(x: Tensor, y: Array) -> Tensor:
    """A view of a tensor, without a history."""
    t: Tensor = new()
    t._data = y
    t._form = t._fn = t._grad = t._x = None
    version = x._vc
    if version is None:
        version = version_of(x)
    t._vc = version
    view = x._view
    way = NO_GRAD_VIEW if suspended and not is_recording() else PLAIN_VIEW if view is None else view[2]
    t._view = (x if view is None else view[0], version.n, way)
    t._flags = VIEW
    return t


# -- integers, slices, None, Ellipsis ----------------------------------------------------------------------------------


def basic_view(x: Tensor, index: tuple[Any, ...], alone: bool = False) -> Tensor:
    """The view that basic indices make; `alone` if the index was not written as a tuple."""
    t = _view_of(x, _basic(x, index))
    flags = x._flags
    if flags:
        if flags & VIEW:
            refresh(x)
            flags = x._flags
        if flags & (REQUIRES_GRAD | DEAD_END) and (not suspended or is_recording()):
            t._fn = _chain(x, index, alone)
            t._flags |= REQUIRES_GRAD
        if flags & TANGENT:
            tangents.push_linear(t, x, lambda tangent: basic_view(tangent, index, alone))
    return t


def _basic(x: Tensor, index: tuple[Any, ...]) -> Array:
    """The view that basic indices make of an array."""
    data = x._data
    try:
        # Where no dimension is left, NumPy returns a number unless there is an Ellipsis.
        y: Array = data[(*index, ...)] if len(index) == data.ndim and ... not in index else data[index]
    except (IndexError, TypeError, ValueError):
        y = walked_view(x, index)
    if y.__class__ is not np.ndarray and isinstance(y, np.generic):  # integers and None
        y = data[(*index, ...)]
    for item in index:
        if item is None:
            if y.__class__ is np.ndarray and y.flags.c_contiguous and y.dtype.kind != "V":
                return np.ndarray(y.shape, y.dtype, y)  # NumPy gives new dimensions the stride 0, torch does not
        elif item.__class__ is slice and item.step is not None and item.step.__index__() <= 0:
            raise _step_refused(item.step)
    return y


def _step_refused(step: Any) -> ValueError:
    return ValueError(
        "step must be greater than zero\n  There are no views with negative strides: use torch.flip(x, (dim,)) for"
        " reversed order."
        if step.__index__()
        else "slice step cannot be zero"
    )


def _chain(x: Tensor, index: tuple[Any, ...], alone: bool) -> Node:
    """The nodes of basic indexing, one per index that does something; the last of them."""
    first: Any = (x if x._fn is None else x._fn) if x._flags & REQUIRES_GRAD else None
    edge = first
    shape = x._data.shape
    dim = 0
    for item in index:
        kind = item.__class__
        if kind is int:
            op: Any = _select
            info: Any = (dim, item if item >= 0 else item + shape[dim], shape)
            shape = shape[:dim] + shape[dim + 1 :]
        elif kind is slice:
            size = shape[dim]
            start, stop, step = item.indices(size)
            if not alone and not start and stop == size and step == 1 and is_whole(item, size):
                dim += 1
                continue
            if stop < start:
                stop = start
            op, info = slice_of, (dim, start, stop, step, shape)
            if not alone:
                shape = (*shape[:dim], len(range(start, stop, step)), *shape[dim + 1 :])
            dim += 1
        elif item is None:
            op, info = _unsqueeze, (shape,)
            shape = (*shape[:dim], 1, *shape[dim:])
            dim += 1
        else:
            dim += x._data.ndim - sum([other.__class__ in (int, slice) for other in index])
            continue
        node = Node()  # as in `view_node`, without the call
        node.op, node.edges, node.saved, node.info = op, (edge,), (), info
        node.hooks = node.out_version = node.versions = None
        node.seq = next(sequence)
        if watchers:
            watch(node)
        edge = node
    return view_node(_alias, edge, None) if edge is first else edge


def is_whole(item: slice, size: int) -> bool:
    """Whether a slice was written as the whole dimension; one that is so by way of a negative bound has a node."""
    return not item.start and (item.stop is None or item.stop >= size)


def view_node(op: Any, edge: Any, info: Any) -> Node:
    """A node of a view of one tensor; `info` is what `op.record` would put there."""
    node = Node()
    node.op, node.edges, node.saved, node.info = op, (edge,), (), info
    node.hooks = node.out_version = node.versions = None
    node.seq = next(sequence)
    if watchers:
        watch(node)
    return node


def walked_view(x: Tensor, index: tuple[Any, ...]) -> Array:
    """What NumPy refused, dimension by dimension: several ellipses, or an error in torch's words."""
    y = x._data
    given = sum(item.__class__ in (int, slice) for item in index)
    if given > y.ndim:
        if y.ndim == 0 and len(index) == 1:
            if isinstance(index[0], int):
                raise _select_refused(x, 0)
            if x._flags & VIEW:
                refresh(x)  # a view that is out of date is the graver mistake
            raise _slice_of_scalar()
        raise OutOfRangeError(
            f"too many indices for tensor of dimension {y.ndim}\n  Found: {given} indices for the shape {y.shape}."
        )
    dim, missing = 0, y.ndim - given
    for place, item in enumerate(index):
        before: tuple[Any, ...] = (slice(None),) * dim
        if isinstance(item, int):
            if dim >= y.ndim or not -y.shape[dim] <= item < y.shape[dim]:
                raise _out_of_bounds(item, place, y.shape[dim] if dim < y.ndim else 0)
            y = y[(*before, item, ...)]
        elif isinstance(item, slice):
            y = y[(*before, as_slice(item))]
            dim += 1
        elif item is None:
            y = y[(*before, None)]
            dim += 1
        else:
            dim += missing
    return y


def as_slice(item: slice) -> slice:
    """A slice whose bounds are Python integers.

    Raises:
        TypeError: a bound is not an integer.
        ValueError: the step is not positive.
    """
    if item.step is not None and hasattr(item.step, "__index__") and item.step.__index__() <= 0:
        raise _step_refused(item.step)
    bounds = []
    for bound in (item.start, item.stop, item.step):
        if bound is not None and not hasattr(bound, "__index__"):
            raise TypeError("slice indices must be integers or None or have an __index__ method")
        bounds.append(None if bound is None else bound.__index__())
    return slice(*bounds)


def _out_of_bounds(index: int, dim: int, size: int) -> IndexError:
    return OutOfRangeError(
        f"index {index} is out of bounds for dimension {dim} with size {size}"
        + (f"\n  Valid are {-size} to {size - 1}." if size else "\n  The dimension has no elements.")
    )


def _select_refused(x: Tensor, index: int) -> Exception:
    if x._data.ndim == 0:
        return OutOfRangeError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a"
            " 0-dim tensor to a number"
        )
    if not -(2**63) <= index < 2**63:
        return ValueError("Overflow when unpacking long long")
    return _out_of_bounds(index, 0, x._data.shape[0])


def _slice_of_scalar() -> IndexError:
    return OutOfRangeError("slice() cannot be applied to a 0-dim tensor.")


# -- tensors, lists, masks ---------------------------------------------------------------------------------------------


def _indexed(x: Tensor, index: Any) -> Tensor:
    """`x[index]` where something in the index is more than an integer, a slice, None or Ellipsis."""
    result, tensors = walk(x, as_tuple(index), keep_full_slices=not isinstance(index, tuple))
    if tensors:
        return advanced.index(result, tensors)
    return _alias.call(x) if result is x else result


def as_tuple(index: Any) -> tuple[Any, ...]:
    """The index as a tuple; a list of slices, lists or tensors counts as one, as it long has in torch."""
    if isinstance(index, tuple):
        return index
    if isinstance(index, (Tensor, np.ndarray)) or not _is_sequence(index) or len(index) >= 32:
        return (index,)
    items = [index[i] for i in range(len(index))]
    if not any(
        item is None or item is ... or isinstance(item, (slice, Tensor, np.ndarray)) or _is_sequence(item)
        for item in items
    ):
        return (index,)
    import warnings

    warnings.warn(
        "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use"
        " x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index,"
        " x[torch.tensor(seq)], which will result either in an error or a different result",
        UserWarning,
        stacklevel=4,
    )
    return tuple(items)


def _is_sequence(value: Any) -> bool:
    return hasattr(value, "__len__") and hasattr(value, "__getitem__") and not isinstance(value, dict)


def walk(x: Tensor, index: tuple[Any, ...], keep_full_slices: bool) -> tuple[Tensor, list[Tensor | None]]:
    """Apply the basic indices; return the view they make and the tensors to index it with, by dimension."""
    items = [_as_index(item) for item in index]
    given = sum(map(_dims_taken, items))
    if given > x._data.ndim:
        if x._data.ndim == 0 and len(items) == 1 and isinstance(items[0], int):
            raise _select_refused(x, 0)
        raise OutOfRangeError(f"too many indices for tensor of dimension {x._data.ndim}")
    missing = x._data.ndim - given
    result, tensors, dim = x, [], 0
    covered = 0  # how many dimensions the list of tensors stands for
    for place, item in enumerate(items):
        if isinstance(item, bool):
            result = _unsqueeze.call(result, dim)
            item = new_tensor(np.zeros(1 if item else 0, np.int64))
        if isinstance(item, Tensor):
            tensors += [None] * (dim - covered) + [item]
            dim += _dims_taken(item)
            covered = dim
        elif isinstance(item, int):
            size = result._data.shape[dim] if dim < result._data.ndim else 0
            if not -size <= item < size:
                raise _out_of_bounds(item, place, size)
            result = _select.call(result, dim, item if item >= 0 else item + size)
        elif isinstance(item, slice):
            size = result._data.shape[dim]
            start, stop, step = item.indices(size)
            if keep_full_slices or start or stop != size or step != 1 or not is_whole(item, size):
                result = slice_of.call(result, dim, start, max(start, stop), step)
            dim += 1
        elif item is None:
            result = _unsqueeze.call(result, dim)
            dim += 1
        else:
            dim += missing
    return result, tensors


def _dims_taken(item: Any) -> int:
    """How many dimensions of the indexed tensor an index stands for."""
    if isinstance(item, Tensor):
        return item._data.ndim if item._data.dtype.kind == "b" or item._data.dtype.char == "B" else 1
    return int(isinstance(item, (int, slice)) and not isinstance(item, bool))


def _as_index(item: Any) -> Any:
    """One index as a bool, an integer, a slice of integers, None, Ellipsis or a tensor with dimensions.

    Raises:
        IndexError: it is none of these.
    """
    if item is None or item is ... or isinstance(item, int):
        return item
    if isinstance(item, slice):
        return as_slice(item)
    if isinstance(item, np.ndarray):
        item = new_tensor(item)
    if isinstance(item, Tensor):
        kind = item._data.dtype
        if item._data.ndim or (item._data.__class__ is not np.ndarray and kind.kind in "iu"):  # or of each row its own
            return item
        if kind.kind == "b" or kind.char == "B":
            return bool(item._data)
        if kind.kind in "iu":
            return int(item._data)
        raise OutOfRangeError(
            f"tensors used as indices must be long, int, byte or bool tensors\n  Found: a tensor of {item.dtype}."
        )
    if isinstance(item, (np.bool_, np.integer)):
        return item.item()
    if isinstance(item, str):
        raise TypeError("new(): invalid data type 'str'\n  A tensor has no named parts: index it with numbers.")
    if _is_sequence(item):
        return _sequence_as_tensor(item)
    if hasattr(item, "__index__"):
        return item.__index__()
    raise OutOfRangeError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got"
        f" {type(item).__name__})"
    )


def _sequence_as_tensor(sequence: Any) -> Tensor:
    """A list of numbers as a tensor of indices; numbers with a point lose what stands behind it."""
    array = array_from(sequence, None)
    if array.dtype.kind not in "ib" or array.size == 0:
        array = array.astype(np.int64)
    return new_tensor(array)


METHODS: dict[str, Any] = {"__getitem__": getitem}

__all__: list[str] = []
