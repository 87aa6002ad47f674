"""Tensors of constants whose shape or type is that of another: `zeros_like(x)`, `x.new_zeros(2)`."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .arguments import shape_of
from .device import check_memory_format, layout, memory_format
from .dtypes import numpy_dtype
from .factories import empty_strided, fill_value_of, full
from .numbers import check_fits, element
from .outputs import finish
from .strides import empty_like as empty_array_like
from .tensor import Tensor

dtype_ = dtypes.dtype  # `dtype` is the name of an argument below


def _like(
    function: str,
    input: Any,
    dtype: Any,
    layout: layout | None,
    device: Any,
    pin_memory: bool,
    requires_grad: bool,
    memory_format: memory_format | None,
) -> Tensor:
    """An uninitialised tensor of another's shape and, unless told, type and layout."""
    if not isinstance(input, Tensor):
        raise TypeError(f"{function}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    kind = input._data.dtype if dtype is None else numpy_dtype(dtype, function)
    format = check_memory_format(memory_format, function)
    array = empty_array_like(input._data, kind, format)
    return finish(function, array, None, None, layout, device, pin_memory, requires_grad)


def empty_like(
    input: Tensor,
    *,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """A tensor of the shape and type of another whose elements are whatever the memory held.

    Args:
        input: the other tensor.
        dtype: another element type.
        memory_format: the order of dimensions in memory; the other tensor's unless told.
    """
    return _like("empty_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format)


def zeros_like(
    input: Tensor,
    *,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """A tensor of zeros of the shape and type of another; the arguments are those of `empty_like`.

    >>> import tapegrad as torch
    >>> torch.zeros_like(torch.tensor([1, 2]))
    tensor([0, 0])
    """
    t = _like("zeros_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format)
    t._data.fill(0)
    return t


def ones_like(
    input: Tensor,
    *,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """A tensor of ones of the shape and type of another; the arguments are those of `empty_like`.

    >>> import tapegrad as torch
    >>> torch.ones_like(torch.tensor([1, 2]), dtype=torch.float32)
    tensor([1., 1.])
    """
    t = _like("ones_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format)
    t._data.fill(1)
    return t


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """A tensor of the shape and type of another, filled with a number; the arguments are those of `empty_like`.

    >>> import tapegrad as torch
    >>> torch.full_like(torch.tensor([1, 2]), 7)
    tensor([7, 7])
    """
    value = fill_value_of("full_like", fill_value)
    t = _like("full_like", input, dtype, layout, device, pin_memory, requires_grad, memory_format)
    check_fits(value, t.dtype, t._data.size == 1)
    t._data[...] = element(value, t.dtype)
    return t


# -- methods of a tensor --------------------------------------------------------------------------------------------


def _new_shape(function: str, sizes: tuple[Any, ...], size: Any) -> tuple[int, ...]:
    if not sizes and size is None:
        raise TypeError(f'{function}() missing 1 required positional arguments: "size"')
    shape = shape_of(sizes, function, size)
    for n in shape:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(shape)}")
    return shape


def new_empty(
    self: Tensor,
    *sizes: Any,
    size: Any = None,
    dtype: dtype_ | None = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: layout | None = None,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of this one's type, unless told, and a given shape; its elements are whatever the memory held."""
    kind = self._data.dtype if dtype is None else numpy_dtype(dtype, "new_empty")
    array = np.empty(_new_shape("new_empty", sizes, size), kind)
    return finish("new_empty", array, None, None, layout, device, pin_memory, requires_grad)


def new_zeros(
    self: Tensor,
    *sizes: Any,
    size: Any = None,
    dtype: dtype_ | None = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: layout | None = None,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of zeros of this one's type, unless told.

    >>> import tapegrad as torch
    >>> torch.tensor([1, 2]).new_zeros(3)
    tensor([0, 0, 0])
    """
    kind = self._data.dtype if dtype is None else numpy_dtype(dtype, "new_zeros")
    array = np.zeros(_new_shape("new_zeros", sizes, size), kind)
    return finish("new_zeros", array, None, None, layout, device, pin_memory, requires_grad)


def new_ones(
    self: Tensor,
    *sizes: Any,
    size: Any = None,
    dtype: dtype_ | None = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: layout | None = None,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of ones of this one's type, unless told."""
    kind = self._data.dtype if dtype is None else numpy_dtype(dtype, "new_ones")
    array = np.ones(_new_shape("new_ones", sizes, size), kind)
    return finish("new_ones", array, None, None, layout, device, pin_memory, requires_grad)


def new_full(
    self: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: dtype_ | None = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: layout | None = None,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of this one's type, unless told, filled with a number.

    >>> import tapegrad as torch
    >>> torch.tensor([1.5]).new_full((2,), 7)
    tensor([7., 7.])
    """
    return full(
        size,
        fill_value,
        dtype=self.dtype if dtype is None else dtype,
        device=device,
        requires_grad=requires_grad,
        layout=layout,
        pin_memory=pin_memory,
    )


def new_empty_strided(
    self: Tensor,
    size: Any,
    stride: Any,
    dtype: dtype_ | None = None,
    layout: layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of this one's type, unless told, and the given shape and strides, not initialised."""
    return empty_strided(
        size,
        stride,
        dtype=self.dtype if dtype is None else dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
        pin_memory=pin_memory,
    )


METHODS = {
    "new_empty": new_empty,
    "new_empty_strided": new_empty_strided,
    "new_full": new_full,
    "new_ones": new_ones,
    "new_zeros": new_zeros,
}

__all__ = ["empty_like", "full_like", "ones_like", "zeros_like"]
