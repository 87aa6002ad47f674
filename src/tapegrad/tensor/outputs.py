"""What functions that make tensors do at their end, with the arguments that they have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .device import check_device, check_layout, check_pinning
from .dtypes import Array
from .tensor import REQUIRES_GRAD, Tensor, new_tensor
from .version import version_of


def finish(
    function: str,
    array: Array,
    out: Tensor | None,
    dtype: Any,
    layout: Any,
    device: Any,
    pin_memory: bool,
    requires_grad: bool,
) -> Tensor:
    """The array as a tensor, with the arguments that factories have in common."""
    check_device(device, function)
    check_layout(layout, function)
    check_pinning(pin_memory)
    t = new_tensor(array) if out is None else write(out, array, dtype, function)
    return requiring(t) if requires_grad else t


def requiring(t: Tensor) -> Tensor:
    """A new tensor, made to require a gradient.

    Raises:
        RuntimeError: it does not hold floating-point or complex numbers.
    """
    if t._data.dtype.kind not in "fc" and t.dtype.category < dtypes.FLOAT:
        from ..errors import integer_requires_grad

        raise integer_requires_grad(t, says="Only Tensors of floating point and complex dtype")
    t._flags |= REQUIRES_GRAD
    return t


def write(out: Any, array: Array, dtype: Any, function: str) -> Tensor:
    """Write what a factory made into the tensor given as `out=`, which takes the array's shape.

    Raises:
        RuntimeError: `dtype=` was given too, and is not that of `out`.
    """
    if not isinstance(out, Tensor):
        raise TypeError(f"{function}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if dtype is not None:
        kind = dtypes.as_dtype(dtype)
        if kind is not out.dtype:
            named = dtypes.scalar_type_name(kind), dtypes.scalar_type_name(out.dtype)
            raise RuntimeError(
                f"dtype {named[0]} does not match dtype of out parameter ({named[1]}): leave one of the two away"
            )
    version_of(out).n += 1  # an inference tensor refuses
    if out._data.shape != array.shape:
        out._data, out._form = np.empty(array.shape, out._data.dtype), None
    out._data[...] = array
    return out
