"""Sorting, and the largest, smallest and middle elements of lines.

Values come with the indices they had; the gradient goes back there.  All sorts are stable; NaN counts as the largest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import F32, Array
from ..tensor.strides import copy_like, in_order
from ..tensor.tensor import Tensor, new_tensor
from . import return_types
from .extrema import count_true, make_tuple
from .kinds import refuse
from .lines import along, put_lines, take_lines
from .op import Op, operator
from .outputs import EXPECTED, given_out, given_outs
from .reductions import add_reduce, chosen, unreduced
from .vocabulary import where

# -- order -------------------------------------------------------------------------------------------------------------


def order_of(x: Array, dim: int, descending: bool) -> Array:
    """The indices that sort each line, equal elements in the order they have."""
    if not x.ndim:
        return np.zeros((), np.int64)
    if x.dtype.kind == "V" or x.dtype.name == "bfloat16":
        x = x.astype(F32)
    if not descending:
        return x.argsort(dim, "stable")
    turned = (slice(None),) * dim + (slice(None, None, -1),)
    return (x.shape[dim] - 1 - x[turned].argsort(dim, "stable"))[turned]


def _no_complex(name: str, input: Tensor) -> None:
    if input._data.dtype.kind == "c":
        raise RuntimeError(f" {name} does not support complex dtypes on CPU. Complex numbers have no order.")


# -- sort --------------------------------------------------------------------------------------------------------------


@operator(name="sorted_lines", node="SortBackward0")
def sort_lines(x: Array, /, index: Array, dim: int) -> Array:
    """The elements in the order of `index`."""
    return copy_like(along(x, index, dim), x) if x.ndim else np.copy(x)


sort_lines.linear_in("x").with_rules(x=lambda g, x_shape, index, dim: put_lines(g, index, x_shape, dim, True))
_stable = sort_lines.twin("stable", node="SortBackward1")
_topk = take_lines.twin("topk", node="TopkBackward0")


def _pair(kind: Any, values: Tensor, index: Array, out: Any, input: Tensor) -> Any:
    """The named tuple (values, indices)."""
    results = make_tuple(kind, (values, new_tensor(index if kind is return_types.sort else in_order(index))))
    return results if out is None else given_outs(out, results, input, says=_WRONG_OUT.get(kind.__name__, EXPECTED))


# What torch says if the tensors given as `out=` have other dtypes than the results.
_WRONG_OUT = {
    "kthvalue": "output values must be of same type as input",
    "median": "Expected tensor for 'values' to have the same type as tensor for argument #2 'self'; but type"
    " torch.{found}Tensor does not equal torch.{wanted}Tensor (while checking arguments for median)",
    "mode": "expected scalar type '{wanted}' but got '{found}' for values output",
}


def sort(
    input: Tensor,
    dim: Any = -1,
    descending: bool = False,
    stable: bool | None = None,
    *,
    out: Any = None,
    axis: Any = None,
) -> Any:
    """Each line along a dimension sorted, with the indices, as a named tuple (values, indices).

    Args:
        input: any shape; NaN counts as the largest.
        dim: the dimension.
        descending: largest first.
        stable: equal elements keep their order; they do in any case.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: complex numbers.

    >>> import tapegrad as torch
    >>> torch.sort(torch.tensor([3.0, 1.0, 2.0]))
    torch.return_types.sort(
    values=tensor([1., 2., 3.]),
    indices=tensor([1, 2, 0]))
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("sort", "input", 1, input)
    dim = wrap_dim(dim if axis is None else axis, input._data.ndim)
    _no_complex("Sort", input)
    index = order_of(input._data, dim, descending)
    op = sort_lines if stable is None else _stable
    return _pair(return_types.sort, op.call(input, index, dim), copy_like(index, input._data), out, input)


def argsort(
    input: Tensor,
    dim: Any = -1,
    descending: bool = False,
    stable: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
) -> Tensor:
    """The indices that sort each line along a dimension.

    >>> import tapegrad as torch
    >>> torch.argsort(torch.tensor([3.0, 1.0, 2.0]), descending=True)
    tensor([0, 2, 1])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("argsort", "input", 1, input)
    dim = wrap_dim(dim if axis is None else axis, input._data.ndim)
    _no_complex("Sort", input)
    y = new_tensor(copy_like(order_of(input._data, dim, descending), input._data))
    return y if out is None else given_out(out, y, input, says=EXPECTED)


def msort(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The tensor sorted along its first dimension.

    >>> import tapegrad as torch
    >>> torch.msort(torch.tensor([3.0, 1.0, 2.0]))
    tensor([1., 2., 3.])
    """
    y: Tensor = sort(input, 0)[0]
    return y if out is None else given_out(out, y, input, says=EXPECTED)


def topk(
    input: Tensor,
    k: int,
    dim: Any = -1,
    largest: bool = True,
    sorted: bool = True,
    *,
    out: Any = None,
    axis: Any = None,
) -> Any:
    """The k largest (or smallest) elements of each line along a dimension, in order, with their indices.

    Among equal elements those with the smaller index come first.

    Raises:
        RuntimeError: the lines have fewer than k elements.

    >>> import tapegrad as torch
    >>> torch.topk(torch.tensor([3.0, 1.0, 2.0]), 2).values
    tensor([3., 2.])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("topk", "input", 1, input)
    x = input._data
    dim = wrap_dim(dim if axis is None else axis, x.ndim)
    length = x.shape[dim] if x.ndim else 1
    k = k.__index__()
    if not 0 <= k <= length:
        raise RuntimeError(
            f"selected index k out of range. There are {length} elements in dimension {dim}, and k is {k}."
        )
    if x.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU")
    _no_complex("topk", input)
    index = order_of(x, dim, largest)
    if x.ndim:
        index = index[(slice(None),) * dim + (slice(None, k),)]
    return _pair(return_types.topk, _topk.call(input, index, dim, True), index, out, input)


# -- one element of each line ------------------------------------------------------------------------------------------


@operator(name="line_element", node="KthvalueBackward0")
def pick_line(x: Array, /, index: Array, dim: int, keepdim: bool) -> Array:
    """One element of each line; `index` is where it is, with `dim` kept."""
    if not x.ndim:
        return np.copy(x)
    y = along(x, index, dim)
    return y if keepdim else np.squeeze(y, dim)


pick_line.linear_in("x").with_rules(
    x=lambda g, x_shape, index, dim: put_lines(unreduced(g, x_shape, (dim,)), index, x_shape, dim, True)
)
_median_line = pick_line.twin("median", node="MedianBackward1")
_nanmedian_line = pick_line.twin("nanmedian", node="NanmedianBackward1")
_mode_line = pick_line.twin("mode", node="ModeBackward0")


def _picked(name: str, op: Op, input: Tensor, index: Array, dim: int, keepdim: bool, out: Any) -> Any:
    values = op.call(input, index, dim, keepdim)
    return _pair(
        getattr(return_types, name), values, index if keepdim else index.reshape(values._data.shape), out, input
    )


def _line(name: str, input: Any, dim: Any) -> int:
    """The dimension, checked not to be empty."""
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    if not hasattr(dim, "__index__"):
        raise TypeError(f"{name}(): argument 'dim' (position 2) must be int, not {type(dim).__name__}")
    x = input._data
    at: int = wrap_dim(dim, x.ndim)
    if x.ndim and x.shape[at] == 0:
        raise IndexError(f"{name}(): Expected reduction dim {at} to have non-zero size.")
    return at


def _at(order: Array, place: Any, dim: int) -> Array:
    """The entry of each line at a place (a number or one per line), with the dimension kept."""
    if not order.ndim:
        return order
    if isinstance(place, int):
        return order[(slice(None),) * dim + (slice(place, place + 1),)]
    return np.take_along_axis(order, place, dim)


def kthvalue(
    input: Tensor,
    k: int,
    dim: Any = -1,
    keepdim: bool = False,
    *,
    out: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Any:
    """The k-th smallest element of each line along a dimension, counted from 1, with its index.

    Raises:
        RuntimeError: the lines have fewer than k elements.

    >>> import tapegrad as torch
    >>> torch.kthvalue(torch.tensor([3.0, 1.0, 2.0]), 2).values
    tensor(2.)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = dim if axis is None else axis, keepdim if keepdims is None else keepdims
    dim = _line("kthvalue", input, dim)
    x = input._data
    refuse("kthvalue_cpu", input, "bc")
    length = x.shape[dim] if x.ndim else 1
    if not 1 <= k <= length:
        raise RuntimeError(
            f"kthvalue(): selected number k out of range for dimension {dim}. There are {length} elements, and k is"
            f" {k}."
        )
    if out is not None and any(np.may_share_memory(o._data, x) for o in out):
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single"
            " memory location. Please clone() the tensor before performing the operation."
        )
    index = _at(order_of(x, dim, False), k - 1, dim)
    return _picked("kthvalue", pick_line, input, index, dim, keepdim, out)


# -- the median --------------------------------------------------------------------------------------------------------


@operator(node="MedianBackward0")
def median_all(x: Array, /) -> Array:
    """The lower median of all elements; NaN if there is one."""
    return _middle(x.reshape(-1), False)


@operator(node="NanmedianBackward0")
def nanmedian_all(x: Array, /) -> Array:
    """The lower median of the elements that are not NaN."""
    return _middle(x.reshape(-1), True)


def _middle(x: Array, skip_nan: bool) -> Array:
    if x.size == 0:
        return np.array(np.nan if x.dtype.kind == "f" else np.iinfo(x.dtype).min, x.dtype)
    return x[_median_place(x, np.argsort(x, kind="stable"), 0, skip_nan)[0]]


def _median_place(x: Array, order: Array, dim: int, skip_nan: bool) -> Array:
    """Where the lower median of each line is, with `dim` kept."""
    length = x.shape[dim]
    if x.dtype.kind not in "fV":
        return _at(order, (length - 1) // 2, dim)
    count = add_reduce(x == x, dim, np.int64, None, True)
    if skip_nan:
        place = np.where(count > 0, (count - 1) // 2, 0)
    else:  # the first NaN, which sorts right behind the numbers
        place = np.where(count < length, count, (length - 1) // 2)
    return _at(order, place, dim)


def _evenly_among_equals(g: Any, x: Any, out: Any) -> Any:
    mask = (x == out) | ((x != x) & (out != out))
    return where(mask, g / count_true(mask, None, g), 0)


median_all.with_rules(x=_evenly_among_equals)
nanmedian_all.with_rules(x=_evenly_among_equals)


def _median(name: str, ops: tuple[Op, Op], input: Any, dim: Any, keepdim: bool, out: Any) -> Any:
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    x = input._data
    refuse("median_cpu" if dim is None else "median_out", input, "bc")
    if dim is None:
        y = ops[0].call(input)
        return y if out is None else given_out(out, y, input)
    dim = _line(name, input, dim)
    order = order_of(x, dim, False)
    index = _median_place(x, order, dim, name == "nanmedian") if x.ndim else order
    return _picked(name, ops[1], input, index, dim, keepdim, out)


def median(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Any:
    """The median: of two middle elements the lower one; NaN if there is one.

    Over everything the result is a tensor, and equal elements share the gradient; over a dimension it is a named tuple
    (values, indices).

    >>> import tapegrad as torch
    >>> torch.median(torch.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    """
    dim, keepdim = chosen("median", dim, axis, keepdim, keepdims)
    return _median("median", (median_all, _median_line), input, dim, keepdim, out)


def nanmedian(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Any:
    """The median of the elements that are not NaN; NaN only if there are none.

    >>> import tapegrad as torch
    >>> torch.nanmedian(torch.tensor([4.0, torch.nan, 3.0]))
    tensor(3.)
    """
    dim, keepdim = chosen("nanmedian", dim, axis, keepdim, keepdims)
    return _median("nanmedian", (nanmedian_all, _nanmedian_line), input, dim, keepdim, out)


# -- the mode ----------------------------------------------------------------------------------------------------------


def _mode_index(x: Array, dim: int) -> Array:
    """Where the most frequent element of each line is: the last place of the smallest such element."""
    x = np.moveaxis(x, dim, -1)
    order = x.argsort(-1, "stable")
    s = np.take_along_axis(x, order, -1)
    places = np.arange(x.shape[-1])
    new = np.concatenate([np.ones_like(s[..., :1], dtype=bool), s[..., 1:] != s[..., :-1]], -1)
    starts = np.maximum.accumulate(np.where(new, places, 0), -1)
    end = np.argmax(places - starts, -1, keepdims=True)  # the first place where the longest run is complete
    return np.moveaxis(np.take_along_axis(order, end, -1), -1, dim)


def mode(
    input: Tensor,
    dim: Any = -1,
    keepdim: bool = False,
    *,
    out: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Any:
    """The most frequent element of each line along a dimension (the smallest of several), with its last index.

    >>> import tapegrad as torch
    >>> torch.mode(torch.tensor([3.0, 1.0, 3.0]))
    torch.return_types.mode(
    values=tensor(3.),
    indices=tensor(2))
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = dim if axis is None else axis, keepdim if keepdims is None else keepdims
    dim = _line("mode", input, dim)
    refuse("mode_cpu", input, "c")
    x = input._data
    index = _mode_index(x, dim) if x.ndim else np.zeros((), np.int64)
    return _picked("mode", _mode_line, input, index, dim, keepdim, out)


for _op in (pick_line, _median_line, _nanmedian_line, _mode_line, _topk):
    _op.in_order = True

METHODS = {
    "argsort": argsort,
    "kthvalue": kthvalue,
    "median": median,
    "mode": mode,
    "msort": msort,
    "nanmedian": nanmedian,
    "sort": sort,
    "topk": topk,
}

__all__ = ["argsort", "kthvalue", "median", "mode", "msort", "nanmedian", "sort", "topk"]
