"""Writing whole tensors in place: `fill_`, `zero_`, `copy_`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import batching
from ..autograd.views import before_write, check_write, refresh, wrote
from ..errors import ShapeError, broadcast_error, overlapping_write, read_only
from ..tensor import dtypes
from ..tensor.casting import cast, warn_of_lost_imaginary_part
from ..tensor.dtypes import F32, Array
from ..tensor.numbers import as_python_number, check_fits, element
from ..tensor.strides import overlaps_itself
from ..tensor.tensor import VIEW, Tensor, new_tensor
from ..tensor.version import version_of
from .op import operator
from .overlaps import check_not_shifted, same_elements
from .vocabulary import fit, zeros_like


@operator(node="FillBackward0")
def fill_number(x: Array, /, value: Any) -> Array:
    """An array of x's shape and dtype, filled with a number."""
    return np.full_like(x, value)


fill_number.with_rules(x=lambda g: zeros_like(g))


@operator(node="FillBackward1")
def fill_tensor(x: Array, value: Array, /) -> Array:
    """An array of x's shape and dtype, filled with the element of an array of no dimensions."""
    return np.full_like(x, value)


fill_tensor.linear_in("x", "value", jointly=True).with_rules(
    x=lambda g: zeros_like(g), value=lambda g, value_dtype: fit(g, ((), value_dtype))
)


@operator(name="copy", node="torch::autograd::CopyBackwards")
def _copy(x: Array, src: Array, /) -> Array:
    """An array of x's shape and dtype with the elements of `src`."""
    y = np.empty_like(x)
    y[...] = src
    return y


_copy.linear_in("x", "src", jointly=True).with_rules(
    x=lambda g: zeros_like(g),
    src=lambda g, src_shape, src_dtype: fit(g, (src_shape, src_dtype)),
)

# torch names the nodes of the in-place forms differently.
_fill_number_ = fill_number.twin("in place", node="FillBackward2")
_fill_tensor_ = fill_tensor.twin("in place", node="FillBackward3")
_zero_ = fill_number.twin("zero", node="ZeroBackward0")


def _write(self: Tensor, values: Any) -> None:
    """Write an array, or a number that fits; memory that may not be written to is refused by name."""
    target = self._data
    if values.__class__ is not float and values.dtype is not target.dtype:
        values = cast(values, target.dtype)
    try:
        target[...] = values
    except ValueError:
        if self._data.flags.writeable:
            raise
        raise read_only() from None


def zero_(self: Tensor) -> Tensor:
    """Set all elements to 0, in place.

    >>> import tapegrad as torch
    >>> x = torch.ones(2)
    >>> x.zero_()
    tensor([0., 0.])
    """
    if self._flags:
        return _fill_recorded(self, _zero_, np.zeros((), self._data.dtype))
    try:
        self._data.fill(0)
    except ValueError:
        raise read_only() from None
    version = self._vc
    if version is None:
        version = version_of(self)
    version.n += 1
    return self


def fill_(self: Tensor, value: Any) -> Tensor:
    """Set all elements to a number, in place.

    Args:
        value: a number, or a tensor of no dimensions; gradients flow into the latter.

    Raises:
        RuntimeError: the number is out of the range of the tensor's type, or `value` has dimensions.

    >>> import tapegrad as torch
    >>> torch.zeros(2).fill_(3)
    tensor([3., 3.])
    """
    if type(value) is float and not self._flags and -1e38 < value < 1e38 and self._data.dtype is F32:
        _write(self, value)
        version_of(self).n += 1
        return self
    if isinstance(value, Tensor):
        return _fill_with_tensor(self, value)
    number = as_python_number(value)
    if not isinstance(number, (bool, int, float, complex)):
        raise TypeError(
            f"fill_() received an invalid combination of arguments - got ({type(value).__name__}), but expected a"
            " number or a Tensor of no dimensions"
        )
    kind = self.dtype
    check_fits(number, kind, self._data.size == 1)
    if self._flags:
        return _fill_recorded(self, _fill_number_, element(number, kind))
    _write(self, element(number, kind))
    version_of(self).n += 1
    return self


def _fill_recorded(self: Tensor, op: Any, value: Any) -> Tensor:
    check_write(self)
    was = before_write(self, keep=False)
    _write(self, value)
    result = new_tensor(self._data)
    op.record(result, was, value)
    wrote(self, result)
    return self


def _fill_with_tensor(self: Tensor, value: Tensor) -> Tensor:
    if value._data.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value._data.ndim} dimensions."
            " Write x.copy_(value) to copy a tensor of any shape."
        )
    check_write(self, value)
    if overlaps_itself(self._data):
        raise overlapping_write()
    if batching.running:
        batching.make_room(self, value)
    was = before_write(self, keep=False)
    if value._flags & VIEW:
        refresh(value)
    _write(self, value._data)
    result = new_tensor(self._data)
    if self._flags or value._flags:
        _fill_tensor_.record(result, was, value)
    wrote(self, result)
    return self


def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Copy the elements of `src` into this tensor, broadcasting and converting them; returns this tensor.

    Args:
        src: a tensor whose shape broadcasts to this one's, or a number.
        non_blocking: without meaning on the CPU.

    Raises:
        RuntimeError: the shapes do not fit, or autograd cannot follow the write.

    >>> import tapegrad as torch
    >>> torch.zeros(2, 3, dtype=torch.int64).copy_(torch.tensor([1.5, 2.5, 3.5]))
    tensor([[1, 2, 3],
            [1, 2, 3]])
    """
    if not isinstance(src, Tensor):
        number = as_python_number(src)
        if not isinstance(number, (bool, int, float, complex)):
            raise TypeError(f"copy_(): argument 'other' (position 1) must be Tensor, not {type(src).__name__}")
        src = new_tensor(np.asarray(number))
    if self._flags:
        check_write(self, src)
    if batching.running:
        batching.make_room(self, src)
    tracked = (self._flags or src._flags) and self.dtype.category >= dtypes.FLOAT
    was = before_write(self, keep=False) if tracked else None
    if src._flags & VIEW:
        refresh(src)  # which may fail, and then nothing was written
    _copy_elements(self, src._data)
    if was is None:
        version_of(self).n += 1
        return self
    result = new_tensor(self._data)
    _copy.record(result, was, src)
    wrote(self, result)
    return self


def _copy_elements(self: Tensor, values: Array) -> None:
    target = self._data
    if values.shape != target.shape:
        try:
            shape = np.broadcast_shapes(values.shape, target.shape)
        except ValueError:
            raise broadcast_error(target.shape, values.shape) from None
        if shape != target.shape:
            raise ShapeError(
                f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(shape)}",
                "copy_ cannot enlarge its tensor: the source has to broadcast to the target's shape.",
            )
    if overlaps_itself(target):
        if same_elements(target, values):
            return
        raise overlapping_write()
    if values.dtype.kind == "c":
        warn_of_lost_imaginary_part(values.dtype, target.dtype)
    check_not_shifted(target, values)
    _write(self, values)


def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor of the shape and type of another, filled with a number; its gradient for `input` is 0.

    >>> import tapegrad as torch
    >>> torch.fill(torch.zeros(2), 3)
    tensor([3., 3.])
    """
    if isinstance(value, Tensor):
        if value._data.ndim:
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value._data.ndim} dimensions."
            )
        return fill_tensor(input, value)
    number = as_python_number(value)
    check_fits(number, input.dtype, input._data.size == 1)
    return fill_number(input, element(number, input.dtype))


METHODS = {"copy_": copy_, "fill_": fill_, "zero_": zero_}

__all__ = ["fill", "fill_", "zero_"]
