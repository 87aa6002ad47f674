"""x[…] = value in all forms: a write into the view that x[…] is, or `index_put_` where an index is a tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batching import Unbatchable
from ..errors import overlapping_write
from ..tensor.dtypes import F32, F64, I64, Array, scalar_type_name
from ..tensor.numbers import check_fits, element
from ..tensor.strides import overlaps_itself
from ..tensor.tensor import REQUIRES_GRAD, TANGENT, Tensor, new_tensor
from ..tensor.version import version_of
from . import advanced
from .expanding import _expand, expanded_shape
from .indexing import BASIC, as_slice, as_tuple, basic_view, is_whole, walk, walked_view
from .shape import _view


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """`x[index] = value`, in place; the value is a number or a tensor that broadcasts to `x[index]`.

    Raises:
        IndexError: as for `x[index]`.
        RuntimeError: shape, dtype or range of the value do not fit, or autograd cannot follow the write.
    """
    if not self._flags and _is_basic(index) and _fits_at_once(self._data, index, value):
        try:
            self._data[index] = value._data if isinstance(value, Tensor) else value
        except (IndexError, TypeError, ValueError, Unbatchable):
            pass  # the long way finds out what is wrong
        else:
            version = self._vc
            if version is None:
                version = version_of(self)
            version.n += 1
            return
    _assign(self, index, value)


def _is_basic(index: Any) -> bool:
    """Whether NumPy takes an index as torch does: integers, and slices without a step."""
    kind = index.__class__
    if kind is tuple:
        for item in index:
            if item.__class__ is not int and (item.__class__ is not slice or item.step is not None):
                return False
        return True
    return kind is int or (kind is slice and index.step is None)


def _fits_at_once(data: Array, index: Any, value: Any) -> bool:
    """Whether a value can be assigned by NumPy without a check of range, type or shared memory."""
    kind, dtype = value.__class__, data.dtype
    if kind is float:
        fits = dtype is F64 or (dtype is F32 and -3e38 < value < 3e38)
    elif kind is int:
        fits = -(2**24) <= value <= 2**24 and (dtype is F32 or dtype is I64 or dtype is F64)
    elif (
        kind is Tensor
        and not value._flags & (REQUIRES_GRAD | TANGENT)
        and (value._view is None or not value.requires_grad)
    ):
        array = value._data
        # NumPy warns of a vector that is written into one element.
        fits = array.dtype is dtype and (array.ndim == 0 or (index.__class__ is not tuple and data.ndim > 1))
        fits = fits and array is not data and (array.ndim == 0 or not np.may_share_memory(array, data))
    else:
        return False
    return fits and data.flags.writeable and 0 not in data.strides


def _assign(x: Tensor, index: Any, value: Any) -> None:
    values = value if isinstance(value, Tensor) else _number_as_tensor(x, value)
    if index is False or (isinstance(index, np.bool_) and not index):
        return
    items: tuple[Any, ...] = (None,) if index is True else as_tuple(index)
    if all(item.__class__ in BASIC for item in items):
        if _takes_all(items, x):
            target = x
            if len(items) > x._data.ndim and any(item is not ... for item in items):
                walked_view(x, items)
        else:
            target = basic_view(x, items)
        _write(target, values)
        return
    target, tensors = walk(x, items, keep_full_slices=False)
    if tensors:
        advanced.put(target, tensors, _without_leading_ones(values))
    else:
        _write(target, values)


def _takes_all(items: tuple[Any, ...], x: Tensor) -> bool:
    """Whether an index is made of full slices and an ellipsis, so that it is the tensor itself."""
    # What stands behind an ellipsis counts from the last dimension.
    skipped = 0
    for i, item in enumerate(items):
        if item is ...:
            skipped = x._data.ndim - len(items)
        elif item.__class__ is not slice or not _is_full(item, x, i + skipped):
            return False
    return True


def _is_full(item: slice, x: Tensor, dim: int) -> bool:
    """Whether a slice takes all of a dimension."""
    if item.start is None and item.stop is None and item.step is None:
        return True
    item = as_slice(item)
    shape = x._data.shape
    return dim < len(shape) and item.indices(shape[dim]) == (0, shape[dim], 1) and is_whole(item, shape[dim])


def _number_as_tensor(x: Tensor, value: Any) -> Tensor:
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (bool, int, float, complex)):
        name = "numpy.ndarray" if isinstance(value, np.ndarray) else type(value).__name__
        raise TypeError(
            f"can't assign a {name} to a torch.{scalar_type_name(x.dtype)}Tensor"
            "\n  Make a tensor of it first: x[i] = torch.tensor(value)."
        )
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("Overflow when unpacking long long")
    check_fits(value, x.dtype)
    return new_tensor(element(value, x.dtype))


def _write(target: Tensor, values: Tensor) -> None:
    """Fill or copy, after leaving out the leading dimensions of size 1 that the target does not have."""
    if values._data.ndim == 0 and target._data.ndim:
        if overlaps_itself(target._data):
            raise overlapping_write()
        target.fill_(values)
        return
    if values._data.shape == target._data.shape:
        target.copy_(values)
        return
    values = _without_leading_ones(values)
    if values._data.shape != target._data.shape:
        shape = expanded_shape(values, target._data.shape)
        values = _expand.call(values, shape)
    target.copy_(values)


def _without_leading_ones(values: Tensor) -> Tensor:
    shape = values._data.shape
    first = next((i for i, n in enumerate(shape) if n != 1), len(shape))
    return _view.call(values, shape[first:]) if first else values


def delitem(self: Tensor, index: Any) -> None:
    """Refused: a tensor's shape does not change."""
    raise TypeError("Tensor does not support deleting items")


METHODS: dict[str, Any] = {"__delitem__": delitem, "__setitem__": setitem}

__all__: list[str] = []
