"""Distinct elements, and places in sorted sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import I64, Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .kinds import refuse
from .op import Op, operator
from .outputs import given_out
from .refusal import no_derivative

# -- distinct elements -------------------------------------------------------------------------------------------------


@operator(name="distinct", node="Unique2Backward0")
def _distinct(x: Array, /, places: Any) -> Array:
    """The elements of the flattened tensor at places that were found before."""
    return np.reshape(x, -1)[places]


_distinct.linear_in("x").with_rules(x=lambda g: no_derivative("_unique2"))
_distinct_runs = Op(
    "distinct_runs", _distinct.forward, node="UniqueConsecutiveBackward0", inputs=("x",), params=("places",)
).with_rules(x=lambda g: no_derivative("unique_consecutive"))


@operator(name="distinct_slices", node="UniqueDimBackward0")
def _distinct_slices(x: Array, /, places: Any, dim: int) -> Array:
    """The slices along a dimension at places that were found before."""
    return np.take(x, places, axis=dim)


_distinct_slices.linear_in("x").with_rules(x=lambda g: no_derivative("unique_dim"))


def _answer(y: Tensor, inverse: Array, counts: Array, return_inverse: bool, return_counts: bool) -> Any:
    extras = []
    if return_inverse:
        extras.append(new_tensor(inverse.astype(I64, copy=False)))
    if return_counts:
        extras.append(new_tensor(counts.astype(I64, copy=False)))
    return (y, *extras) if extras else y


def _rows(x: Array, dim: int) -> Array:
    """Each slice along a dimension as a row.

    Raises:
        RuntimeError: the slices are empty.
    """
    if x.size == 0 and any(n == 0 for i, n in enumerate(x.shape) if i != dim):
        raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
    return np.moveaxis(x, dim, 0).reshape(x.shape[dim], x.size // max(x.shape[dim], 1))


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements in ascending order, or the distinct slices along a dimension.

    Args:
        input: any shape; each NaN is distinct from all others.
        sorted: the result is sorted in any case.
        return_inverse: also return, for each element of the input, its place among the distinct ones.
        return_counts: also return how often each occurs.
        dim: compare whole slices along this dimension; elements of the flattened tensor if not given.

    >>> import tapegrad as torch
    >>> torch.unique(torch.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("unique", "input", 1, input)
    x = input._data
    refuse("unique", input, "c")
    if dim is None:
        _, places, inverse, counts = np.unique(
            x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
        )
        y = _distinct.call(input, places)
        return _answer(y, inverse.reshape(x.shape), counts, return_inverse, return_counts)
    dim = wrap_dim(dim, x.ndim)
    rows = _rows(x, dim)
    if rows.shape[0] == 0:
        places = inverse = counts = np.zeros(0, np.int64)
    else:
        order = np.lexsort(rows.T[::-1])
        runs = np.concatenate([[True], (rows[order][1:] != rows[order][:-1]).any(1)])
        places, inverse = order[runs], np.empty(len(order), np.int64)
        inverse[order] = np.cumsum(runs) - 1
        counts = np.bincount(inverse)
    y = _distinct_slices.call(input, places, dim)
    return _answer(y, inverse, counts, return_inverse, return_counts)


def unique_consecutive(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """One element (or slice along a dimension) of each run of equal neighbours; arguments as for `unique`.

    >>> import tapegrad as torch
    >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("unique_consecutive", "input", 1, input)
    x = input._data
    refuse("unique", input, "c")
    if dim is None:
        rows = x.reshape(-1, 1)
    else:
        dim = wrap_dim(dim, x.ndim)
        rows = _rows(x, dim)
    runs = np.ones(rows.shape[0], bool)
    runs[1:] = (rows[1:] != rows[:-1]).any(1)
    places = np.flatnonzero(runs)
    inverse = np.cumsum(runs) - 1
    counts = np.diff(places, append=len(runs))
    if dim is None:
        y, inverse = _distinct_runs.call(input, places), inverse.reshape(x.shape)
    else:
        y = _distinct_slices.call(input, places, dim)
    return _answer(y, inverse, counts, return_inverse, return_counts)


# -- places in sorted sequences ----------------------------------------------------------------------------------------


def _search(bounds: Array, values: Array, right: bool) -> Array:
    """For each value the number of bounds below it (or, if `right`, not above it), line by line.

    A binary search in which, as in torch, whatever does not compare (NaN) lies to the right.
    """
    if bounds.ndim == 1:
        plain = bounds.dtype.kind in "iub" or not (np.isnan(all_rows(bounds)).any() or np.isnan(all_rows(values)).any())
        if plain:
            return np.searchsorted(bounds, values, "right" if right else "left")
        bounds = np.broadcast_to(bounds, (*values.shape[:-1], bounds.shape[0])) if values.ndim else bounds
    low = np.zeros(values.shape, np.int64)
    high = np.full(values.shape, bounds.shape[-1], np.int64)
    while all_rows(low < high).any():
        middle = (low + high) >> 1
        clipped = np.minimum(middle, bounds.shape[-1] - 1)
        at = np.take_along_axis(bounds, clipped, -1) if values.ndim else bounds[clipped]
        after = ~(at > values) if right else ~(at >= values)
        going = low < high
        low = np.where(going & after, middle + 1, low)
        high = np.where(going & ~after, middle, high)
    return low


_WRONG_OUT = (
    "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending on"
    " whether out_int32 flag is True, but we got output tensor's dtype {{found}} and out_int32 flag is {}"
)


def _side(right: bool, side: str | None) -> bool:
    if side is None:
        return right
    if side not in ("left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    return side == "right"


def _places(bounds: Array, values: Any, right: bool, out_int32: bool) -> Tensor:
    array = values._data if isinstance(values, Tensor) else np.asarray(values)
    found = _search(bounds, array, right)
    found = np.asarray(found) if isinstance(found, np.generic) else found
    return new_tensor(found.astype(np.int32 if out_int32 else np.int64, copy=False))


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Where values would have to be put into a sorted sequence to keep it sorted.

    Args:
        sorted_sequence: one dimension; or several, of which all but the last are those of `input`.
        input: the values, a tensor or a number.
        out_int32: return int32 instead of int64.
        right: behind equal elements instead of before them; `side="right"` says the same.
        sorter: indices that sort `sorted_sequence`, if it is not sorted itself.

    Raises:
        RuntimeError: the shapes do not match.

    >>> import tapegrad as torch
    >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 6]))
    tensor([1, 3])
    """
    if not isinstance(sorted_sequence, Tensor):
        raise wrong_argument("searchsorted", "sorted_sequence", 1, sorted_sequence)
    right = _side(right, side)
    refuse("searchsorted_out_cpu", sorted_sequence, "bc")
    bounds = sorted_sequence._data
    values = input._data if isinstance(input, Tensor) else np.asarray(input)
    if bounds.ndim != 1:
        if values.ndim == 0:
            raise RuntimeError(
                "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we"
                f" got boundaries tensor dim({bounds.ndim}) and input value's dim(0) numel(1)"
            )
        if bounds.shape[:-1] != values.shape[:-1]:
            raise RuntimeError(
                "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of"
                " boundaries tensor and input value tensor must match, but we got boundaries tensor"
                f" {list(bounds.shape)} and input value tensor {list(values.shape)}"
            )
    if sorter is not None:
        bounds = np.take_along_axis(bounds, _sorter(sorter, sorted_sequence), -1)
    y = _places(bounds, input, right, out_int32)
    return y if out is None else given_out(out, y, says=_WRONG_OUT.format(out_int32))


def _sorter(sorter: Tensor, bounds: Tensor) -> Array:
    if sorter._data.shape != bounds._data.shape:
        raise RuntimeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor"
            f" {list(bounds._data.shape)}and got sorter tensor {list(sorter._data.shape)}"
        )
    if sorter._data.dtype is not I64:
        raise RuntimeError(
            "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype"
            f" {scalar_type_name(sorter.dtype)}"
        )
    return sorter._data


def bucketize(
    input: Any,
    boundaries: Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The number of the bucket each value falls into, given the sorted boundaries of the buckets.

    Value v is in bucket i if boundaries[i-1] < v ≤ boundaries[i] (or, if `right`, boundaries[i-1] ≤ v < boundaries[i]).

    >>> import tapegrad as torch
    >>> torch.bucketize(torch.tensor([0, 3, 9]), torch.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if not isinstance(boundaries, Tensor):
        raise wrong_argument("bucketize", "boundaries", 2, boundaries)
    if boundaries._data.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries._data.ndim})")
    refuse("searchsorted_out_cpu", boundaries, "bc")
    y = _places(boundaries._data, input, right, out_int32)
    return y if out is None else given_out(out, y, says=_WRONG_OUT.format(out_int32))


METHODS = {
    "unique": unique,
    "unique_consecutive": unique_consecutive,
}

__all__ = ["bucketize", "searchsorted", "unique", "unique_consecutive"]
