"""Masks: brought to the shape of their tensor, and applied to it; and the dimensions of a reduction."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.expanding import broadcast_to
from ..ops.selection import where
from ..ops.truth import any
from ..tensor import dtypes
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import COMPLEX, FLOAT, dtype
from ..tensor.numeric_info import iinfo
from ..tensor.tensor import Tensor, new_tensor

# What leaves a result as it is: by operation, a number, or "low" and "high" for the ends of the type's range.
_NEUTRAL: dict[str, Any] = {
    "sum": 0, "cumsum": 0, "mean": 0, "prod": 1, "cumprod": 1, "median": math.nan,
    "amax": "low", "argmax": "low", "softmax": "low", "log_softmax": "low", "logsumexp": "low", "logaddexp": "low",
    "amin": "high", "argmin": "high", "softmin": "high",
}  # fmt: skip


def neutral(operation: str, kind: dtype, ord: Any = 2) -> Tensor:
    """The value that an operation of a type does not take notice of, as a tensor of no dimensions.

    Raises:
        NotImplementedError: there is none.
    """
    value: Any = math.inf if ord == -math.inf else 0
    if operation not in ("norm", "normalize"):
        value = _NEUTRAL[operation]
    if value in ("low", "high"):
        if kind is dtypes.bool_:
            named = {"softmax": "amax", "log_softmax": "amax", "softmin": "amin"}.get(operation, operation)
            raise NotImplementedError(f"identity of {named} on {kind} input")
        if kind.category == FLOAT or (operation in ("logsumexp", "logaddexp") and kind.category == COMPLEX):
            value = -math.inf if value == "low" else math.inf
        else:
            limits = iinfo(kind)
            value = limits.min if value == "low" else limits.max
    return new_tensor(np.array(value).astype(kind.numpy))


def input_mask(input: Tensor, mask: Tensor) -> Tensor:
    """The mask in the shape of the tensor, as truth values.

    Raises:
        IndexError: the mask has more dimensions than the tensor.
        RuntimeError: it does not broadcast to the tensor's shape.
    """
    if mask.shape != input.shape:
        if mask.ndim > input.ndim:
            raise IndexError(
                "_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)"
            )
        mask = broadcast_to(mask, input.shape).clone()
    return mask if mask.dtype is dtypes.bool_ else mask.bool()


def filled(operation: str, input: Tensor, mask: Tensor | None, ord: Any = 2) -> Tensor:
    """The tensor, with the value neutral to an operation where the mask is False."""
    if mask is None:
        return input
    return where(input_mask(input, mask), input, neutral(operation, input.dtype, ord))


def dims_of(dim: Any, ndim: int) -> tuple[int, ...]:
    """The dimensions of a reduction, counted from the front; None and () stand for all.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: one is given twice.
    """
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(ndim))
    if isinstance(dim, str):
        raise TypeError("'>=' not supported between instances of 'str' and 'int': dim must be an integer")
    given = (dim,) if hasattr(dim, "__index__") else tuple(dim)
    for d in given:
        if given.count(d) > 1:
            raise RuntimeError(f"dim={d} appears multiple times in the list of dims")
    if ndim == 0:
        for d in given:
            wrap_dim(d, 0)
        return ()
    return tuple([wrap_dim(d, ndim) for d in given])


def one_dim(dim: Any, ndim: int) -> int:
    """The dimension of an operation over one; of several given, the first."""
    dims = dims_of(dim, ndim)
    return dims[0] if dims else 0


def summed_in(kind: dtype) -> dtype:
    """The type of a sum or a product of elements of a type: int64 for integers."""
    return dtypes.int64 if kind.category < FLOAT else kind


# -- by torch's private names, which its tests and users of other reductions call -------------------------------------


def _input_mask(input: Tensor, *args: Any, mask: Tensor | None = None, **kwargs: Any) -> Tensor:
    """The mask of a masked operation's input, in its shape.

    Raises:
        ValueError: there is no mask.
    """
    if mask is None:
        raise ValueError("_input_mask requires explicit mask")
    return input_mask(input, mask)


def _output_mask(op: Callable[..., Any], input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Where the result of a masked operation is defined: of a reduction, where anything was selected.

    Raises:
        ValueError: the operation is not a masked one.
    """
    name = op.__name__
    mask = _input_mask(input, *args, mask=kwargs.get("mask"))
    if name in ("softmax", "log_softmax", "softmin", "normalize", "cumsum", "cumprod"):
        return mask
    if name not in ("sum", "prod", "amax", "amin", "argmax", "argmin", "mean", "median", "norm", "var", "std",
                    "logsumexp"):  # fmt: skip
        raise ValueError(f"_output_mask expected masked operation (got {name})")
    rest = args[1:] if name == "norm" else args
    dim = rest[0] if rest else kwargs.get("dim", -1 if name == "median" else None)
    keepdim = builtins.bool(kwargs.get("keepdim", False))
    for d in sorted(dims_of(dim, input.ndim), reverse=True):
        mask = any(mask, d, keepdim)
    return mask


def _combine_input_and_mask(op: Callable[..., Any], input: Tensor, mask: Tensor | None, *args: Any) -> Tensor:
    """The tensor, with the value neutral to a masked operation where the mask is False."""
    return filled(op.__name__, input, mask, args[0] if args else 2)
