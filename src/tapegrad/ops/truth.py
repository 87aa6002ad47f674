"""Whether all or any elements are true, and how many are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..tensor.dtypes import I64, Array
from ..tensor.strides import in_order
from ..tensor.tensor import Tensor, wrap
from .outputs import given_out
from .reductions import add_reduce, check_keepdim, chosen, dims_of

any_reduce: Callable[..., Array] = np.logical_or.reduce
all_reduce: Callable[..., Array] = np.logical_and.reduce


def _dims(dim: Any, ndim: int) -> tuple[int, ...] | None:
    """As NumPy takes them; unlike in sums, an empty sequence stands for no dimension."""
    if dim is None:
        return None
    return () if isinstance(dim, (tuple, list)) and not dim else dims_of(dim, ndim)


def _truth(name: str, reduce: Any, input: Any, dim: Any, keepdim: bool, out: Any) -> Tensor:
    try:
        x = input._data
    except AttributeError:
        raise wrong_argument(name, "input", 1, input) from None
    check_keepdim(name, keepdim)
    y = reduce(x, _dims(dim, x.ndim), bool, None, keepdim)
    if x.dtype.kind == "u" and x.dtype.itemsize == 1:  # torch answers uint8 with uint8
        y = y.astype(x.dtype)
    if out is None:
        return wrap(in_order(y))
    says = None if out._data.dtype.kind == "u" else f"{name} only supports bool tensor for result, got: {{found}}"
    return given_out(out, wrap(y), input, says=says)


def all(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Whether all elements are true (not zero), overall or along dimensions; true of no elements.

    >>> import tapegrad as torch
    >>> torch.all(torch.tensor([[True, False], [True, True]]), dim=0)
    tensor([ True, False])
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("all", dim, axis, keepdim, keepdims)
    return _truth("all", all_reduce, input, dim, keepdim, out)


def any(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Whether any element is true (not zero), overall or along dimensions; false of no elements.

    >>> import tapegrad as torch
    >>> torch.any(torch.tensor([[0, 2], [0, 0]]), dim=1)
    tensor([ True, False])
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("any", dim, axis, keepdim, keepdims)
    return _truth("any", any_reduce, input, dim, keepdim, out)


def count_nonzero(input: Tensor, dim: Any = None, *, axis: Any = None) -> Tensor:
    """The number of elements that are not zero, overall or along dimensions, as int64.

    >>> import tapegrad as torch
    >>> torch.count_nonzero(torch.tensor([[0, 2], [3, 4]]), dim=0)
    tensor([1, 2])
    """
    dim, _ = chosen("count_nonzero", dim, axis, False, None)
    x = input._data
    return wrap(in_order(add_reduce(x != 0, None if dim is None else dims_of(dim, x.ndim), I64)))


METHODS = {"all": all, "any": any, "count_nonzero": count_nonzero}

__all__ = ["all", "any", "count_nonzero"]
