"""Tensors of constants: zeros, ones, any number, nothing in particular; and the identity matrix.

Each function begins with the plain call; what is unusual (`out=`, devices, layouts, `requires_grad=`) comes after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .arguments import shape_of
from .device import check_memory_format, layout, memory_format, preserve_format
from .dtypes import F32, Array, default, numpy_dtype
from .numbers import as_python_number, check_fits, element, number_dtype
from .outputs import finish, requiring
from .strides import contiguous_strides, empty_with_strides
from .strides import empty_like as empty_array_like
from .tensor import Tensor, new_tensor

dtype_ = dtypes.dtype  # `dtype` is the name of an argument below


def _refuse_shape(function: str, shape: tuple[int, ...], itemsize: int) -> RuntimeError:
    """Why NumPy would not make an array of a shape."""
    negative = next((n for n in shape if n < 0), None)
    if negative is not None and function == "zeros":
        return RuntimeError(f"zeros: Dimension size must be non-negative.\n  Found: the shape {shape}.")
    if negative is not None:
        return RuntimeError(f"Trying to create tensor with negative dimension {negative}: {list(shape)}")
    strides = list(contiguous_strides(shape))
    count = 1
    for n in shape:
        count *= n
    if count * itemsize >= 1 << 63:
        return RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={strides}")
    return RuntimeError(
        f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {count * itemsize} bytes,"
        f" for a tensor of shape {shape}."
    )


def _allocate(make: Any, function: str, shape: tuple[int, ...], numpy: np.dtype[Any]) -> Array:
    try:
        return make(shape, numpy)
    except (ValueError, MemoryError, OverflowError):
        raise _refuse_shape(function, shape, numpy.itemsize) from None


def zeros(
    *sizes: Any,
    size: Any = None,
    out: Tensor | None = None,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of zeros.

    Args:
        sizes: the shape, as in `zeros(2, 3)` or `zeros((2, 3))`.
        out: the tensor to write to, instead of a new one.
        dtype: the element type; the default one (`torch.float32`) unless given.
        requires_grad: whether operations on the result are recorded.

    Raises:
        TypeError: the shape is not made of integers.
        RuntimeError: a dimension is negative, or `requires_grad` of integers.

    >>> import tapegrad as torch
    >>> torch.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    if not sizes and size is None:
        raise TypeError('zeros() missing 1 required positional arguments: "size"')
    kind = default.numpy if dtype is None else numpy_dtype(dtype, "zeros")
    array = _allocate(np.zeros, "zeros", shape_of(sizes, "zeros", size), kind)
    if out is None and device is None and layout is None and not pin_memory:
        t = new_tensor(array)
        return requiring(t) if requires_grad else t
    return finish("zeros", array, out, dtype, layout, device, pin_memory, requires_grad)


def ones(
    *sizes: Any,
    size: Any = None,
    out: Tensor | None = None,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of ones; the arguments are those of `zeros`.

    >>> import tapegrad as torch
    >>> torch.ones(3, dtype=torch.int64)
    tensor([1, 1, 1])
    """
    if not sizes and size is None:
        raise TypeError('ones() missing 1 required positional arguments: "size"')
    kind = default.numpy if dtype is None else numpy_dtype(dtype, "ones")
    array = _allocate(np.ones, "ones", shape_of(sizes, "ones", size), kind)
    if out is None and device is None and layout is None and not pin_memory:
        t = new_tensor(array)
        return requiring(t) if requires_grad else t
    return finish("ones", array, out, dtype, layout, device, pin_memory, requires_grad)


def empty(
    *sizes: Any,
    size: Any = None,
    out: Tensor | None = None,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """A tensor whose elements are whatever the memory held; the arguments are those of `zeros`.

    Args:
        memory_format: the order of the dimensions in memory.

    >>> import tapegrad as torch
    >>> torch.empty(2, 3).shape
    torch.Size([2, 3])
    """
    if not sizes and size is None:
        raise TypeError('empty() missing 1 required positional arguments: "size"')
    kind = default.numpy if dtype is None else numpy_dtype(dtype, "empty")
    shape = shape_of(sizes, "empty", size)
    array = _allocate(np.empty, "empty", shape, kind)
    if memory_format is not None:
        if memory_format is preserve_format:
            raise RuntimeError("unsupported memory format Preserve: there is no tensor whose format could be preserved")
        array = empty_array_like(array, kind, check_memory_format(memory_format, "empty"))
    if out is None and device is None and layout is None and not pin_memory:
        t = new_tensor(array)
        return requiring(t) if requires_grad else t
    if out is not None and out.shape == shape and (dtype is None or dtype is out.dtype):
        return out  # what it holds will do
    return finish("empty", array, out, dtype, layout, device, pin_memory, requires_grad)


def full(
    size: Any,
    fill_value: Any,
    *,
    out: Tensor | None = None,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor filled with a number, whose type (bool, int64, the default float or complex) it has unless told.

    Args:
        size: the shape, a tuple or list.
        fill_value: a number, or a tensor of no dimensions.

    Raises:
        RuntimeError: the number is out of the type's range.

    >>> import tapegrad as torch
    >>> torch.full((2,), 7), torch.full((2,), 0.5)
    (tensor([7, 7]), tensor([0.5000, 0.5000]))
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    if type(fill_value) is float and -1e38 < fill_value < 1e38 and dtype is None and default.numpy is F32:
        array = _allocate(np.empty, "full", shape_of((size,), "full"), F32)
        array.fill(fill_value)
        if out is None and device is None and layout is None and not pin_memory:
            t = new_tensor(array)
            return requiring(t) if requires_grad else t
    value = fill_value_of("full", fill_value)
    if dtype is not None:
        kind = dtypes.as_dtype(dtype, "full")
    else:
        kind = number_dtype(value) if out is None else out.dtype
    array = _allocate(np.empty, "full", shape_of((size,), "full"), kind.numpy)
    check_fits(value, kind, array.size == 1)
    array[...] = element(value, kind)
    if out is None and device is None and layout is None and not pin_memory:
        t = new_tensor(array)
        return requiring(t) if requires_grad else t
    return finish("full", array, out, dtype, layout, device, pin_memory, requires_grad)


def fill_value_of(function: str, given: Any) -> Any:
    """The number in a `fill_value=`."""
    value = as_python_number(given)
    if not isinstance(value, (bool, int, float, complex)):
        what = type(given).__name__
        raise TypeError(f"{function}(): argument 'fill_value' (position 2) must be Number, not {what}")
    return value


def eye(
    n: int,
    m: int | None = None,
    *,
    out: Tensor | None = None,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The identity matrix: n rows and m columns (n unless given), ones where row and column are the same.

    >>> import tapegrad as torch
    >>> torch.eye(2, 3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    for position, (name, value) in enumerate((("n", n), ("m", n if m is None else m)), 1):
        if not hasattr(value, "__index__") or isinstance(value, bool):
            what = type(value).__name__
            raise TypeError(f"eye(): argument '{name}' (position {position}) must be int, not {what}")
        if value < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {value}")
    kind = default.numpy if dtype is None else numpy_dtype(dtype, "eye")
    array = np.eye(n, m, dtype=kind)
    if out is None and device is None and layout is None and not pin_memory:
        t = new_tensor(array)
        return requiring(t) if requires_grad else t
    return finish("eye", array, out, dtype, layout, device, pin_memory, requires_grad)


def empty_strided(
    size: Any,
    stride: Any,
    *,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of the given shape and strides (in elements) whose elements are whatever the memory held.

    >>> import tapegrad as torch
    >>> torch.empty_strided((2, 3), (1, 2)).stride()
    (1, 2)
    """
    shape, strides = shape_of((size,), "empty_strided"), shape_of((stride,), "empty_strided")
    kind = default.numpy if dtype is None else numpy_dtype(dtype, "empty_strided")
    if len(shape) != len(strides):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides ({len(strides)})"
        )
    if any(n < 0 for n in shape):
        raise RuntimeError(f"empty_strided: Dimension size must be non-negative.\n  Found: the shape {shape}.")
    if any(s < 0 for s in strides):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}:"
            " strides cannot be negative"
        )
    array = empty_with_strides(shape, strides, kind)
    return finish("empty_strided", array, None, dtype, layout, device, pin_memory, requires_grad)


def empty_permuted(
    size: Any,
    physical_layout: Any,
    *,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A dense tensor whose dimensions lie in memory in the given order, the outermost first.

    >>> import tapegrad as torch
    >>> torch.empty_permuted((2, 3, 4), (1, 2, 0)).stride()
    (1, 8, 2)
    """
    shape, order = shape_of((size,), "empty_permuted"), shape_of((physical_layout,), "empty_permuted")
    if len(shape) != len(order):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) ="
            f" {len(shape)} is not equal to len(physical_layout) = {len(order)}"
        )
    if sorted(order) != list(range(len(shape))):
        twice = next((d for d in order if order.count(d) > 1), None)
        what = "Duplicate dim not allowed" if twice is not None else "Dimension out of range"
        raise RuntimeError(f"{what} in the physical_layout {order} of {len(shape)} dimensions")
    kind = default.numpy if dtype is None else numpy_dtype(dtype, "empty_permuted")
    outermost_first = _allocate(np.empty, "empty_permuted", tuple(shape[d] for d in order), kind)
    array = outermost_first.transpose([order.index(d) for d in range(len(order))])
    return finish("empty_permuted", array, None, dtype, layout, device, pin_memory, requires_grad)


def scalar_tensor(
    s: Any,
    *,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A number as a tensor of no dimensions, of the default type unless told.

    >>> import tapegrad as torch
    >>> torch.scalar_tensor(3)
    tensor(3.)
    """
    return full(
        (),
        s,
        dtype=default.dtype if dtype is None else dtype,
        layout=layout,
        device=device,
        pin_memory=pin_memory,
        requires_grad=requires_grad,
    )


__all__ = [
    "empty",
    "empty_permuted",
    "empty_strided",
    "eye",
    "full",
    "ones",
    "scalar_tensor",
    "zeros",
]
