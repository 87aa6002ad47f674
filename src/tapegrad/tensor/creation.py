"""Tensors from data: numbers, nested sequences, arrays, other tensors, buffers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..once import warn_once
from . import dtypes
from .arguments import type_name
from .casting import as_array, cast
from .device import check_device, check_pinning
from .dtypes import Array, default, from_numpy_dtype
from .outputs import requiring
from .sequences import element_of, from_sequence, infer, is_sequence
from .storage import TypedStorage, UntypedStorage, lent
from .strides import empty_like, keeps_order
from .tensor import Tensor, new_tensor

dtype_ = dtypes.dtype  # `dtype` is the name of an argument below


def tensor(
    data: Any, *, dtype: dtype_ | None = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new tensor with a copy of `data`.

    Args:
        data: a number, nested sequences of numbers (and of 0-d tensors and arrays), an array, or a tensor.
        dtype: the element type; without it, numbers give bool, int64, the default float or complex type, whichever is
            highest among them, and arrays and tensors keep their own.
        device: the CPU.
        requires_grad: whether operations on the result are recorded.

    Raises:
        ValueError: the sequences are ragged.
        TypeError, RuntimeError: something in them is not a number, or does not fit the type.
        RuntimeError: `requires_grad` of integers.

    >>> import tapegrad as torch
    >>> torch.tensor([[1, 2], [3, 4]], dtype=torch.float32)
    tensor([[1., 2.],
            [3., 4.]])
    """
    if dtype is None and data.__class__ is float and device is None and not pin_memory:
        t = new_tensor(as_array(data, default.numpy))
        return requiring(t) if requires_grad else t
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype, "tensor")
    if device is not None or pin_memory:
        check_device(device, "tensor")
        check_pinning(pin_memory)
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or"
            " sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
    t = new_tensor(_copied(data, dtype))
    return requiring(t) if requires_grad else t


def _copied(data: Any, kind: dtype_ | None) -> Array:
    """`data` as an array of its own."""
    if isinstance(data, Tensor):
        array = data._data
    elif isinstance(data, np.ndarray):
        array = _shared(data)
    else:
        return array_from(data, kind)
    target = array.dtype if kind is None else kind.numpy
    if keeps_order(array):
        return array.copy(order="K") if array.dtype is target else cast(array, target)
    made = empty_like(array, target)
    made[...] = cast(array, target)
    return made


def array_from(data: Any, kind: dtype_ | None) -> Array:
    """`data` as an array of torch's inferred dtype, or of `kind`; its own memory if it is an array of that dtype."""
    if isinstance(data, Tensor):
        array = data._data
    elif isinstance(data, np.ndarray):
        array = _shared(data)
    elif isinstance(data, np.generic) and not isinstance(data, (str, bytes)):
        from_numpy_dtype(data.dtype)
        array = np.array(data)
    elif isinstance(data, (UntypedStorage, TypedStorage)):
        array = np.array(data.tolist(), dtypes.I64 if isinstance(data, UntypedStorage) else data.dtype.numpy)
    elif isinstance(data, (list, tuple)) or (is_sequence(data) and not isinstance(data, (str, bytes))):
        return from_sequence(data, kind)
    else:
        found = infer(data) if kind is None else kind
        return as_array(element_of(data, found), found.numpy)
    return array if kind is None or array.dtype is kind.numpy else cast(array, kind.numpy)


def as_tensor(data: Any, dtype: dtype_ | None = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory (and history) where it is a tensor or an array of the right type.

    Args:
        data: what `torch.tensor` takes.
        dtype: the element type, if not that of `data`.

    >>> import numpy as np, tapegrad as torch
    >>> a = np.zeros(2)
    >>> torch.as_tensor(a).fill_(5)
    tensor([5., 5.], dtype=torch.float64)
    >>> a
    array([5., 5.])
    """
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype, "as_tensor")
    check_device(device, "as_tensor")
    if isinstance(data, Tensor):
        return data if dtype is None or data.dtype is dtype else data.to(dtype)
    return new_tensor(array_from(data, dtype))


def asarray(
    obj: Any,
    *,
    dtype: dtype_ | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool | None = None,
) -> Tensor:
    """`obj` as a tensor, sharing memory if possible.

    Args:
        obj: a tensor, an array, a buffer (read as elements of `dtype`), or what `torch.tensor` takes.
        copy: True always copies, False raises where a copy would be needed, None copies where needed.
        requires_grad: whether operations on the result are recorded; that of a tensor `obj` unless given.

    Raises:
        ValueError: `copy=False`, and the data cannot be shared.

    >>> import tapegrad as torch
    >>> torch.asarray([1, 2], dtype=torch.float32)
    tensor([1., 2.])
    """
    check_device(device, "asarray")
    kind = None if dtype is None else dtypes.as_dtype(dtype, "asarray")
    if isinstance(obj, Tensor):
        t = obj
    elif isinstance(obj, np.ndarray):
        t = from_numpy(obj)
    elif isinstance(obj, (bytes, bytearray, memoryview)):
        t = frombuffer(obj, dtype=default.dtype if kind is None else kind)
    else:
        if copy is False:
            raise ValueError(f"can't alias arbitrary sequence into a tensor. Found: {type_name(obj)}")
        t = new_tensor(array_from(obj, kind))
        return requiring(t) if requires_grad else t
    if kind is not None and kind is not t.dtype:
        if copy is False:
            had, wanted = dtypes.scalar_type_name(t.dtype), dtypes.scalar_type_name(kind)
            raise ValueError(f"can't alias tensor with dtype '{had}' into dtype '{wanted}'.")
        t = t.to(kind)
    elif copy:
        t = t.clone()
    if requires_grad is None or requires_grad == t.requires_grad:
        return t
    return t.detach().requires_grad_() if requires_grad else t.detach()


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor that shares the array's memory.

    Raises:
        TypeError: not an array, or of a type that torch does not have.
        ValueError: the array has negative strides, or foreign byte order.

    >>> import numpy as np, tapegrad as torch
    >>> torch.from_numpy(np.arange(3.0))
    tensor([0., 1., 2.], dtype=torch.float64)
    """
    if type(ndarray) is np.ndarray and ndarray.base is None and ndarray.dtype in dtypes._BY_NUMPY:
        return new_tensor(ndarray if ndarray.flags.writeable and ndarray.flags.c_contiguous else _shared(ndarray))
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    return new_tensor(_shared(ndarray))


def _shared(array: Array) -> Array:
    """The array as a plain one that a tensor may hold.

    A read-only array stays read-only, where torch would write into it regardless: writing raises an error.
    """
    from_numpy_dtype(array.dtype)
    if any(stride < 0 for stride in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not"
            " currently supported. (You can probably work around this by making a copy of your array "
            " with array.copy().) "
        )
    if any(stride % array.itemsize for stride in array.strides):
        raise ValueError(
            "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the"
            " memory."
        )
    if not array.flags.writeable:
        warn_once(
            "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means"
            " writing to this tensor will result in undefined behavior. You may want to copy the array to protect its"
            " data or make it writable before converting it to a tensor. This type of warning will be suppressed for"
            " the rest of this program.",
            stacklevel=4,
        )
    return lent(array) if isinstance(array.base, np.ndarray) or type(array) is not np.ndarray else array


def frombuffer(buffer: Any, *, dtype: dtype_, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A tensor of one dimension over the memory of an object with Python's buffer protocol.

    Args:
        buffer: such as a bytearray or an `array.array`.
        dtype: the element type to read the bytes as.
        count: the number of elements; all there are unless given.
        offset: bytes to skip at the start.

    Raises:
        ValueError: the buffer does not hold that many elements, or is no buffer.

    >>> import tapegrad as torch
    >>> torch.frombuffer(bytearray([1, 2, 3]), dtype=torch.uint8)
    tensor([1, 2, 3], dtype=torch.uint8)
    """
    kind = dtypes.as_dtype(dtype, "frombuffer")
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError(f"object does not implement Python buffer protocol. Found: {type_name(buffer)}") from None
    length, size = view.nbytes, kind.itemsize
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1"
        )
    if count < 0 and (length - offset) % size:
        raise ValueError(
            f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of element size"
            f" ({size})"
        )
    if count * size > length - offset:
        raise ValueError(
            f"requested buffer length ({count} * {size} bytes) after offset ({offset} bytes) must not be greater than"
            f" actual buffer length ({length} bytes)"
        )
    if view.readonly:
        warn_once(
            "The given buffer is not writable, and PyTorch does not support non-writable tensors. This means you can"
            " write to the underlying (supposedly non-writable) buffer using the tensor. You may want to copy the"
            " buffer to protect its data or make it writable before converting it to a tensor. This type of warning"
            " will be suppressed for the rest of this program.",
        )
    flat = np.frombuffer(view, np.uint8, -1 if count < 0 else count * size, offset)
    t = new_tensor(flat.view(kind.numpy))
    return requiring(t) if requires_grad else t


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of another library's array, by the DLPack protocol.

    >>> import numpy as np, tapegrad as torch
    >>> torch.from_dlpack(np.ones(2))
    tensor([1., 1.], dtype=torch.float64)
    """
    check_device(device, "from_dlpack")
    if isinstance(ext_tensor, Tensor):
        t = ext_tensor.detach()
    elif hasattr(ext_tensor, "__dlpack__"):
        t = new_tensor(_shared(np.from_dlpack(ext_tensor)))
    else:
        raise RuntimeError(
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you"
            f" might have already constructed a tensor from it once. Found: {type_name(ext_tensor)}"
        )
    return t.clone() if copy else t


def new_tensor_like(
    self: Tensor,
    data: Any,
    *,
    dtype: dtype_ | None = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """A copy of `data` as a tensor of this one's type, unless told: `x.new_tensor([1, 2])`."""
    if isinstance(data, Tensor):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or"
            " sourceTensor.detach().clone().requires_grad_(True), rather than tensor.new_tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
        data = data._data
    kind = self.dtype if dtype is None else dtype
    return tensor(data, dtype=kind, device=device, requires_grad=requires_grad, pin_memory=pin_memory)


METHODS = {"new_tensor": new_tensor_like}

__all__ = ["as_tensor", "asarray", "from_dlpack", "from_numpy", "frombuffer", "tensor"]
