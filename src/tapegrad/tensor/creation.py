"""Tensors from data, ranges and constants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtypes
from .arguments import shape_of
from .device import check_device
from .dtypes import Array, default, dtype, from_numpy_dtype, numpy_dtype
from .outputs import requiring
from .tensor import Tensor, new_tensor

# -- from data ----------------------------------------------------------------------------------------------------------


def tensor(
    data: Any, *, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new tensor with a copy of `data`: a number, nested sequences of numbers, an array or a tensor.

    Args:
        data: the values. Floats become the default dtype, integers int64; arrays keep their type.
        dtype: the element type, if not inferred.
        requires_grad: whether operations on the result are recorded.

    Raises:
        ValueError: the sequences are ragged.
        RuntimeError: `requires_grad` on integers.

    >>> import tapegrad as torch
    >>> torch.tensor([[1, 2], [3, 4]], dtype=torch.float32)
    tensor([[1., 2.],
            [3., 4.]])
    """
    check_device(device)
    array = array_from(data, dtype)
    t = new_tensor(array.copy() if array is getattr(data, "_data", data) else array)
    return requiring(t) if requires_grad else t


def array_from(data: Any, kind: dtype | None) -> Array:
    """`data` as an array of torch's inferred dtype, or of `kind`; the array itself if it is one already."""
    if isinstance(data, Tensor):
        array = data._data
    elif isinstance(data, np.ndarray):
        array = data
        if array.dtype not in dtypes._BY_NUMPY:
            from_numpy_dtype(array.dtype)
    elif isinstance(data, np.generic):
        array = np.asarray(data)
    elif isinstance(data, (bool, int, float, complex)):
        return _number(data, kind)
    elif isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        array = _from_sequence(data, kind)
    elif hasattr(data, "__array__"):
        array = np.array(data)
    elif isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    elif hasattr(data, "__len__") and hasattr(data, "__getitem__"):
        array = _from_sequence([data[i] for i in range(len(data))], kind)
    else:
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    return array if kind is None or array.dtype is numpy_dtype(kind) else array.astype(numpy_dtype(kind))


def _number(value: Any, kind: dtype | None) -> Array:
    if kind is not None:
        target = numpy_dtype(kind)
        if isinstance(value, int) and not isinstance(value, bool) and target.kind in "iu":
            info = np.iinfo(target)
            if not info.min <= value <= info.max:
                if -(2**63) <= value < 2**63:
                    return np.array(value & (2 ** (8 * target.itemsize) - 1), f"u{target.itemsize}").view(target)
                raise RuntimeError("Overflow when unpacking long: the value does not fit into 64 bits")
        if isinstance(value, complex) and target.kind != "c":
            raise TypeError(f"value cannot be converted to type {from_numpy_dtype(target)._name} without overflow")
        if isinstance(value, float) and target.kind in "iu":
            value = int(value) if math.isfinite(value) else -(2 ** (8 * target.itemsize - 1))
        return np.array(value).astype(target)
    if isinstance(value, bool):
        return np.array(value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise RuntimeError("Overflow when unpacking long long: the value does not fit into 64 bits")
        return np.array(value, np.int64)
    return np.array(value, default.complex_numpy if isinstance(value, complex) else default.numpy)


def _from_sequence(data: Sequence[Any], kind: dtype | None) -> Array:
    """Nested sequences as an array: shape from the first elements, checked; the dtype of the highest category."""
    shape = _shape_of_sequence(data)
    flat: list[Any] = []
    _flatten(data, shape, 0, flat)
    if kind is None:
        target = _infer(flat)
    else:
        target = numpy_dtype(kind)
    if flat and any(type(value) not in (int, float, bool, complex) for value in flat):
        flat = [value.item() if isinstance(value, (Tensor, np.generic, np.ndarray)) else value for value in flat]
    if target.kind in "iu" and any(type(value) is not int for value in flat):
        flat = [int(value) for value in flat]
    if not flat:
        return np.empty(shape, target)
    try:
        array = np.array(flat, target if target.kind != "V" else np.float64)
    except OverflowError:
        return np.array([_number(value, from_numpy_dtype(target)) for value in flat], target).reshape(shape)
    return array.astype(target).reshape(shape) if array.dtype != target else array.reshape(shape)


def _is_sequence(value: Any) -> bool:
    if isinstance(value, (Tensor, np.ndarray)):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _shape_of_sequence(data: Any) -> tuple[int, ...]:
    shape = []
    while _is_sequence(data):
        shape.append(len(data))
        if len(data) == 0:
            break
        data = data[0]
    return tuple(shape)


def _flatten(data: Any, shape: tuple[int, ...], depth: int, flat: list[Any]) -> None:
    if depth == len(shape):
        if _is_sequence(data):
            raise ValueError(f"too many dimensions: a sequence at dimension {depth} where a number was expected")
        if isinstance(data, (str, bytes)):
            raise ValueError(f"too many dimensions '{type(data).__name__}'")
        if data is None:
            raise RuntimeError("Could not infer dtype of NoneType")
        flat.append(data)
        return
    if not _is_sequence(data):
        raise TypeError(f"expected a sequence of length {shape[depth]} at dim {depth}, got {type(data).__name__}")
    if len(data) != shape[depth]:
        raise ValueError(f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})")
    if isinstance(data, (Tensor, np.ndarray)):
        array = data._data if isinstance(data, Tensor) else data
        flat.extend(array.reshape(-1)[i] for i in range(array.size))
        return
    for item in data:
        _flatten(item, shape, depth + 1, flat)


def _infer(flat: list[Any]) -> np.dtype[Any]:
    kinds = {type(value) for value in flat}
    if not kinds:
        return default.numpy
    if kinds <= {int}:
        return dtypes.I64
    if kinds <= {bool}:
        return dtypes.B8
    if kinds <= {int, float, bool}:
        return default.numpy if float in kinds else dtypes.I64
    best: dtypes.dtype | None = None
    for value in flat:
        one = (
            from_numpy_dtype(value._data.dtype if isinstance(value, Tensor) else value.dtype)
            if isinstance(value, (Tensor, np.generic, np.ndarray))
            else from_numpy_dtype(_number(value, None).dtype)
            if isinstance(value, (bool, int, float, complex))
            else None
        )
        if one is None:
            raise RuntimeError(f"Could not infer dtype of {type(value).__name__}")
        best = one if best is None else dtypes.promote_types(best, one)
    assert best is not None
    return best.numpy


def as_tensor(data: Any, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """`data` as a tensor, without a copy where it is a tensor or array of the right type.

    >>> import numpy as np, tapegrad as torch
    >>> a = np.zeros(2)
    >>> t = torch.as_tensor(a)
    >>> t[0] = 5
    >>> a
    array([5., 0.])
    """
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None or data.dtype is dtype else data.to(dtype)  # type: ignore[attr-defined, no-any-return]
    return new_tensor(array_from(data, dtype))


asarray = as_tensor


def from_numpy(array: Array) -> Tensor:
    """A tensor that shares the array's memory.

    Raises:
        TypeError: not an array, or of a type that torch does not have.
        ValueError: the array has negative strides or foreign byte order.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    if array.dtype not in dtypes._BY_NUMPY:
        from_numpy_dtype(array.dtype)
    if any(s < 0 for s in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not"
            " currently supported. (You can probably work around this by making a copy of your array "
            " with array.copy().) "
        )
    return new_tensor(array)


def legacy_tensor(*args: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`torch.Tensor(...)`: an uninitialised tensor of a shape, or a copy of data in the default dtype."""
    check_device(device)
    kind = default.dtype if dtype is None else dtype
    if not args:
        return new_tensor(np.empty(0, kind.numpy))
    first = args[0]
    if len(args) == 1 and isinstance(first, Tensor):
        return first.detach() if first.dtype is kind else new_tensor(first._data.astype(kind.numpy))
    if len(args) == 1 and (
        isinstance(first, np.ndarray) or (isinstance(first, (list, tuple)) and type(first).__name__ != "Size")
    ):
        return new_tensor(np.array(array_from(first, kind)))
    return new_tensor(np.zeros(shape_of(args), kind.numpy))


__all__ = ["as_tensor", "asarray", "from_numpy", "tensor"]
