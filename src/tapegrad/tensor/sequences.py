"""Nested sequences of numbers as arrays, with torch's rules for shape, type and errors.

Most data is lists of plain Python numbers, which is recognised and handed to NumPy level by level.  Whatever is mixed
(0-d tensors, NumPy scalars, arrays among lists, ragged lists) takes the slow way, which knows what torch says to each.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import numpy as np

from . import dtypes
from .arguments import type_name
from .casting import as_array, cast
from .dtypes import B8, FLOAT, I64, Array, default, dtype, from_numpy_dtype, promote_types
from .numbers import fits, number_dtype, warn_of_lost_history
from .tensor import Tensor

_NUMBERS: Final = frozenset((int, float, bool, complex))
_LISTS: Final = frozenset((list, tuple))
_MAX_DIMS: Final = 128

_warned_of_array_lists: list[bool] = []


def from_sequence(data: Any, kind: dtype | None) -> Array:
    """The elements of nested sequences, in the given type or the one torch infers."""
    level = data
    shape: tuple[int, ...] = (len(data),)
    types = set(map(type, level))
    while types and types <= _LISTS and len(shape) < _MAX_DIMS:  # a list that contains itself never ends
        lengths = set(map(len, level))
        if len(lengths) > 1:
            break
        level = list(chain.from_iterable(level))
        shape += (lengths.pop(),)
        types = set(map(type, level))
    if types and types <= _NUMBERS:
        return _from_numbers(level, types, kind).reshape(shape)
    if types == {np.ndarray}:
        found = _from_arrays(level, shape, kind)
        if found is not None:
            return found
    return _from_anything(data, kind)


# -- the common case ------------------------------------------------------------------------------------------------


def _from_numbers(numbers: Sequence[Any], types: set[Any], kind: dtype | None) -> Array:
    """Python numbers as an array of one dimension."""
    if kind is None:
        if complex in types:
            target = default.complex_numpy
        elif float in types:
            target = default.numpy
        else:
            target = I64 if int in types else B8
    else:
        target = kind.numpy
    try:
        if (target.kind == "f" or target.kind == "V") and complex not in types:
            return as_array(numbers, target)
        if (target == I64 and types <= {int, bool}) or target == B8 or target.kind == "c":
            return as_array(numbers, target)
    except (OverflowError, TypeError):
        pass  # the slow way finds the element and says what is wrong
    kind = from_numpy_dtype(target) if kind is None else kind
    return as_array([element_of(value, kind) for value in numbers], target)


def element_of(value: Any, kind: dtype) -> Any:
    """One element of nested sequences as a scalar that NumPy stores in a type.

    Raises:
        TypeError: not a number, or not one of the type's category.
        ValueError: a tensor of several elements, or an integer of more than 64 bits.
        RuntimeError: the number is out of the type's range.
    """
    if isinstance(value, Tensor):
        value = _only_element(value)
    if kind.category == dtypes.BOOL:
        return _truth(value)
    if kind.category == dtypes.COMPLEX:
        return complex(value)
    if kind.category == FLOAT:
        return _real(value)
    if kind is dtypes.uint64 and isinstance(value, float):
        raise TypeError("an integer is required")
    if isinstance(value, (float, np.floating)):
        value = float(value)
    else:
        value = operator.index(value)
        if not -(1 << 63) <= value < (1 << 64 if kind is dtypes.uint64 else 1 << 63):
            raise ValueError(f"Overflow when unpacking long long: {value} does not fit into 64 bits")
    if not fits(value, kind):
        raise RuntimeError(f"value cannot be converted to type {kind._name} without overflow: {value!r}")
    bits = 8 * kind.itemsize
    whole = int(value) & ((1 << bits) - 1)
    return whole - (1 << bits) if kind.is_signed and whole >> (bits - 1) else whole


def _only_element(t: Tensor) -> Any:
    if t._data.size != 1:
        raise ValueError(
            f"only one element tensors can be converted to Python scalars: found a tensor of shape {tuple(t.shape)}."
            " Use torch.stack for a list of tensors."
        )
    if t.requires_grad:
        warn_of_lost_history(stacklevel=3)
    return t.item()


def _truth(value: Any) -> bool:
    return bool(value) if isinstance(value, (bool, float, complex, np.generic)) else bool(operator.index(value))


def _real(value: Any) -> float:
    if isinstance(value, (complex, str, bytes)) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeError(f"must be real number, not {type(value).__name__}")
    return float(value)


# -- lists of arrays ------------------------------------------------------------------------------------------------


def _from_arrays(arrays: Sequence[Array], shape: tuple[int, ...], kind: dtype | None) -> Array | None:
    """A stack of arrays of one shape; None if they are not that."""
    if not _warned_of_array_lists:  # once per process, as in torch
        _warned_of_array_lists.append(True)
        warnings.warn(
            "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to"
            " a single numpy.ndarray with numpy.array() before converting to a tensor.",
            UserWarning,
            stacklevel=5,
        )
    inner = arrays[0].shape
    if not inner or any(array.shape != inner for array in arrays):
        return None
    if kind is None:
        for array in arrays:
            one = from_numpy_dtype(array.dtype)
            kind = one if kind is None else promote_types(kind, one)
    assert kind is not None
    if kind.category < FLOAT and any(array.dtype != kind.numpy for array in arrays):
        return None
    return np.stack([cast(array, kind.numpy) for array in arrays]).reshape(shape + inner)


# -- the general case -----------------------------------------------------------------------------------------------


def is_sequence(value: Any) -> bool:
    """Whether torch reads a value as a sequence: it can be indexed, and is neither a tensor nor a dictionary."""
    if isinstance(value, (str, bytes)):
        return True
    return hasattr(type(value), "__getitem__") and not isinstance(value, (Tensor, dict, np.generic, type))


def _from_anything(data: Any, kind: dtype | None) -> Array:
    shape = _shape_of(data)
    if kind is None:
        kind = infer(data)
    target = kind.numpy
    if 0 in shape:
        return np.empty(shape, target)
    flat: list[Any] = []
    _collect(data, shape, 0, kind, flat)
    return as_array(flat, target).reshape(shape)


def _shape_of(data: Any) -> tuple[int, ...]:
    """The lengths of the first elements, level by level."""
    shape: list[int] = []
    while is_sequence(data):
        shape.append(len(data))
        if len(shape) > _MAX_DIMS:
            raise ValueError(f"too many dimensions '{type(data).__name__}': found a string where numbers were expected")
        if shape[-1] == 0:
            break
        data = data[0]
    return tuple(shape)


def infer(data: Any) -> dtype:
    """The type torch infers for a number, or for nested sequences: the promotion of those of all elements.

    Raises:
        RuntimeError: something is not a number.
        TypeError: there is a string.
    """
    if isinstance(data, (bool, int, float, complex)) and not isinstance(data, np.generic):
        return number_dtype(data)
    if isinstance(data, Tensor):
        return data.dtype
    if isinstance(data, (np.ndarray, np.generic)) and not isinstance(data, (str, bytes)):
        return from_numpy_dtype(data.dtype)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(data)}': a string holds no numbers")
    if not is_sequence(data):
        raise RuntimeError(f"Could not infer dtype of {type_name(data)}")
    found: dtype | None = None
    for i in range(len(data)):
        item = data[i]
        if item is data:
            raise TypeError("new(): self-referential lists are incompatible")
        one = infer(item)
        found = one if found is None else promote_types(found, one)
    return default.dtype if found is None else found


def _collect(data: Any, shape: tuple[int, ...], depth: int, kind: dtype, flat: list[Any]) -> None:
    if depth == len(shape):
        flat.append(element_of(data, kind))
        return
    if not is_sequence(data):
        raise TypeError(
            f"not a sequence: found {type_name(data)} at dim {depth}, beside sequences of length {shape[depth]}"
        )
    if len(data) != shape[depth]:
        raise ValueError(
            f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})."
            " All rows of a tensor have the same length."
        )
    for i in range(shape[depth]):
        _collect(data[i], shape, depth + 1, kind, flat)
