"""Reductions of segments: neighbouring elements along a dimension, taken together by length or offset."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from ..errors import ShapeError
from ..tensor import dtypes
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import FLOAT, Array
from ..tensor.tensor import Tensor, new_tensor
from .accepts import not_implemented
from .groups import combine_rows
from .op import operator
from .pointwise import tensors_of
from .vocabulary import reshaped, where, word

Shape = tuple[int, ...]

# By name: the ufunc that reduces, and what it begins with.
_REDUCTIONS: Final[dict[str, tuple[np.ufunc, float]]] = {
    "sum": (np.add, 0),
    "mean": (np.add, 0),
    "prod": (np.multiply, 1),
    "max": (np.maximum, -math.inf),
    "min": (np.minimum, math.inf),
}


def _rows(x: Any, places: Array) -> Any:
    """The array as (rows, elements of a row), of which `places` tells the segments."""
    return x.reshape(places.size, -1)


@operator(node="SegmentSumBackward0")
def segment_sum(x: Array, /, places: Array, shape: Shape) -> Array:
    """The sums of the rows of each segment.

    Args:
        places: by row of x, the number of its segment in `shape`; -1 for none.
        shape: of the result, whose leading dimensions count the segments.
    """
    return _accumulated(np.add, 0, x, places, shape)


@operator(node="SegmentSpreadBackward0")
def segment_spread(x: Array, /, places: Array, shape: Shape) -> Array:
    """By row of the result, the element of its segment; 0 for rows of none: the adjoint of `segment_sum`."""
    flat = x.reshape(-1, math.prod(shape) // max(places.size, 1))
    spread = flat[np.maximum(places, 0)] if flat.size else np.zeros((places.size, flat.shape[1]), x.dtype)
    return np.where((places >= 0)[:, None], spread, x.dtype.type(0)).reshape(shape)


segment_sum.with_rules(x=lambda g, x_shape, places, shape: segment_spread(g, places, x_shape)).linear_in("x")
segment_spread.with_rules(x=lambda g, x_shape, places, shape: segment_sum(g, places, x_shape)).linear_in("x")


def _accumulated(ufunc: np.ufunc, start: float, x: Array, places: Array, shape: Shape) -> Array:
    rows = _rows(x, places) if places.size else x.reshape(0, 1)
    width = rows.shape[1] if places.size else 1
    found = np.full((math.prod(shape) // max(width, 1), width), start, x.dtype)
    inside = places >= 0
    if not inside.all():
        rows, places = rows[inside], places[inside]
    combine_rows(ufunc, found, places, rows)
    return found.reshape(shape)


def _counts(places: Array, segments: int) -> Array:
    return np.bincount(places[places >= 0], minlength=segments)


@operator(name="segments_reduced", node="SegmentReduceBackward0")
def segments_reduced(
    x: Array, /, reduce: str, places: Array, shape: Shape, segments: int, initial: float | None
) -> Array:
    """The sum, mean, product, largest or smallest of the rows of each segment."""
    ufunc, start = _REDUCTIONS[reduce]
    if initial is not None:
        start = initial
    y = _accumulated(ufunc, start, x, places, shape)
    if reduce == "mean":
        counts = _counts(places, segments)
        wide = y.reshape(segments, -1)
        empty = math.nan if initial is None else initial
        wide = np.where((counts > 0)[:, None], wide / np.maximum(counts, 1)[:, None].astype(x.dtype), empty)
        y = wide.astype(x.dtype).reshape(shape)
    return y


def _others(x: Array, places: Array, shape: Shape, initial: float | None) -> Array:
    """By element, the product of the others of its segment."""
    start = 1 if initial is None else initial
    zero = x == 0
    product = _accumulated(np.multiply, start, np.where(zero, x.dtype.type(1), x), places, shape)
    zeros = _accumulated(np.add, 0, zero.astype(x.dtype), places, shape)
    whole, number = (segment_spread.forward(y, places, x.shape) for y in (product, zeros))
    others: Array = np.where(number - zero > 0, x.dtype.type(0), np.where(zero, whole, whole / np.where(zero, 1, x)))
    return others


def _sizes(g: Array, places: Array, segments: int) -> Array:
    """The number of rows of each segment, at least 1, in a shape that broadcasts to that of the rows."""
    return np.maximum(_counts(places, segments), 1)[:, None].astype(g.dtype)


word(
    "others_of_segment",
    raw=_others,
    tensor=lambda x, places, shape, initial: new_tensor(_others(x._data, places, shape, initial)),
)
word(
    "sizes_of_segments",
    raw=_sizes,
    tensor=lambda g, places, segments: new_tensor(_sizes(g._data, places, segments)),
)


@segments_reduced.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, reduce: Any, places: Any, shape: Any, segments: Any, initial: Any) -> Any:
    """x ← g of its segment: for mean divided by its length, for prod times the others, for max and min shared among
    equals
    """
    if reduce == "sum":
        return segment_spread(g, places, x_shape)
    if reduce == "mean":
        each = reshaped(g, (segments, -1)) / sizes_of_segments(g, places, segments)  # type: ignore[name-defined]  # noqa: F821 - a word
        return segment_spread(reshaped(each, shape), places, x_shape)
    if reduce == "prod":
        return segment_spread(g, places, x_shape) * others_of_segment(x, places, shape, initial)  # type: ignore[name-defined]  # noqa: F821 - a word
    # Equal largest elements share the gradient evenly.
    found = where((x == segment_spread(out, places, x_shape)) | (x != x), x * 0 + 1, x * 0)
    found = where(x != x, 1, found)
    share = segment_sum(found, places, shape)
    return segment_spread(g / where(share == 0, 1, share), places, x_shape) * found


def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Tensor:
    """Reduce segments of a dimension.

    Args:
        data: floating-point numbers.
        reduce: "sum", "mean", "prod", "max" or "min".
        lengths: of the segments, one after another; of the shape of `data` up to `axis`, where it counts segments.
        offsets: instead of lengths, where segments begin, and where the last one ends.
        axis: the dimension, the last of `lengths` or `offsets`.
        unsafe: do not check the lengths.
        initial: what each reduction begins with; the result of an empty segment.

    Returns:
        The shape of `data`, with the number of segments at `axis`.

    Raises:
        RuntimeError: lengths do not add up to the size of the dimension, or are not given.

    >>> import tapegrad as torch
    >>> torch.segment_reduce(torch.tensor([1.0, 2.0, 3.0]), "sum", lengths=torch.tensor([2, 1]))
    tensor([3., 3.])
    """
    tensors_of("segment_reduce", data=data)
    if reduce not in _REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported yet.")
    given = offsets if offsets is not None else lengths
    if given is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    axis = wrap_dim(axis, data.ndim)
    _check(data, given, axis, "offsets" if offsets is not None else "lengths")
    bounds = given._data if offsets is not None else _bounds_of(data, given, axis, unsafe)
    size = data._data.shape[axis]
    outside = data._data.shape[:axis]
    count = bounds.shape[-1] - 1
    places = _places(bounds.reshape(-1, count + 1), size, count)
    shape = (*outside, count, *data._data.shape[axis + 1 :])
    start = None if initial is None else float(initial)
    return segments_reduced.call(data, reduce, places, shape, count * math.prod(outside), start)


def _check(data: Tensor, given: Tensor, axis: int, name: str) -> None:
    if data._data.ndim < given._data.ndim:
        raise ShapeError(f"Expected data.dim() >= {name}_value.dim() to be true, but got false.")
    if axis != given._data.ndim - 1:
        raise ShapeError(f"segment_reduce(): Expected axis to be the last dimension of {name} but got {axis}.")
    if data.dtype.category != FLOAT:
        raise not_implemented("_segment_reduce_cpu", data.dtype)
    if given.dtype not in (dtypes.int64, dtypes.int32):
        raise not_implemented(f"_segment_reduce_{name}_cpu_kernel1", given.dtype)


def _bounds_of(data: Tensor, lengths: Tensor, axis: int, unsafe: bool) -> Array:
    """The offsets of segments of given lengths."""
    each = lengths._data
    if not unsafe:
        if (each < 0).any():
            raise RuntimeError("lengths contains negative value!")
        if (each.sum(-1) != data._data.shape[axis]).any():
            raise RuntimeError(
                "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when"
                " !unsafe."
            )
    return np.concatenate([np.zeros((*each.shape[:-1], 1), each.dtype), each.cumsum(-1)], -1)


def _places(bounds: Array, size: int, count: int) -> Array:
    """By row of `data`, the number of its segment, counted over all lines; -1 for rows of none.

    Args:
        bounds: the offsets of each line, (lines, count + 1).
        size: the number of rows of a line.
    """
    row = np.arange(size)
    places = np.stack([np.searchsorted(line, row, "right") - 1 for line in bounds]) if len(bounds) else row[:0]
    inside = (places >= 0) & (places < count)
    return np.where(inside, places + np.arange(len(bounds))[:, None] * count, -1).reshape(-1)


_segment_reduce = segment_reduce  # torch's private name of it

METHODS: dict[str, Any] = {}

__all__ = ["_segment_reduce", "segment_reduce"]
