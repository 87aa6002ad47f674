"""Counts of elements in bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import wrong_argument
from ..tensor import dtypes
from ..tensor.dtypes import I64, Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from . import return_types
from .kinds import refuse
from .outputs import EXPECTED, c_name, given_out, given_outs
from .reductions import max_reduce, min_reduce


def histc(
    input: Tensor,
    bins: int = 100,
    min: float = 0,
    max: float = 0,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """How many elements lie in each of `bins` intervals of equal width from min to max; others are not counted.

    With min = max (the default) the range is that of the elements.

    Raises:
        RuntimeError: no bins, or an empty or infinite range.

    >>> import tapegrad as torch
    >>> torch.histc(torch.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("histc", "input", 1, input)
    x = input._data
    refuse("linspace_cpu", input, "b")
    refuse("aminmax_cpu", input, "c")
    if input.dtype.category != dtypes.FLOAT:
        raise NotImplementedError(f"\"histogram_cpu\" not implemented for '{scalar_type_name(input.dtype)}'")
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    flat = x.reshape(-1)
    low, high = float(min), float(max)
    if low == high and flat.size:
        low, high = float(min_reduce(flat)), float(max_reduce(flat))
    if low == high:
        low, high = low - 1, high + 1
    if not np.isfinite(low) or not np.isfinite(high):
        raise RuntimeError(f"torch.histc: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")
    inside = flat[(flat >= low) & (flat <= high)]
    low_, high_ = inside.dtype.type(low), inside.dtype.type(high)
    places = ((inside - low_) / (high_ - low_) * bins).astype(np.int64)
    counts = np.bincount(np.minimum(places, bins - 1), minlength=bins).astype(x.dtype)
    y = new_tensor(counts)
    says = (
        "torch.histogram: input tensor and hist tensor should have the same dtype, but got input {wanted_c} and hist"
        " {found_c}"
    )
    return y if out is None else given_out(out, y, input, says=says)


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each number from 0 on occurs in a vector of non-negative integers; or the sum of its weights.

    Raises:
        RuntimeError: more than one dimension, a negative number, or weights of another length.

    >>> import tapegrad as torch
    >>> torch.bincount(torch.tensor([1, 1, 3]))
    tensor([0, 2, 0, 1])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("bincount", "input", 1, input)
    x = input._data
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if x.dtype.kind not in "iu":
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{scalar_type_name(input.dtype)}'")
    if x.ndim != 1 or all_rows(x < 0).any():
        raise RuntimeError(
            "bincount only supports 1-d non-negative integral inputs."
            f" The tensor has shape {tuple(x.shape)}" + (f" and smallest element {x.min()}." if x.size else ".")
        )
    if weights is None:
        return new_tensor(np.bincount(x, minlength=minlength).astype(I64, copy=False))
    w = weights._data
    if w.shape != x.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    counts = np.bincount(x, w, minlength)
    return new_tensor(counts.astype(np.float32) if w.dtype == np.float32 else counts)


# -- bins of any width, in any number of dimensions --------------------------------------------------------------------


def _edges(points: Array, bins: Any, range: Any) -> list[Array]:
    """The edges of the bins of each dimension, for points as the rows of a matrix."""
    from ..tensor.spacing import linspace

    found: list[Array] = []
    for d, count in enumerate(bins):
        if isinstance(count, Tensor):
            edges = count._data
            if edges.ndim != 1:
                raise RuntimeError(
                    "torch.histogramdd: bins tensor should have one dimension, but got"
                    f" {edges.ndim} dimensions in the bins tensor for dimension {d}"
                )
            if edges.size == 0:
                raise RuntimeError(
                    "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in the bins"
                    f" tensor for dimension {d}"
                )
            if edges.dtype != points.dtype:
                names = c_name(dtypes.from_numpy_dtype(points.dtype)), c_name(count.dtype)
                raise RuntimeError(
                    "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with"
                    f" dtype {names[0]} and bins for dimension {d} with dtype {names[1]}"
                )
            found.append(edges)
            continue
        if count <= 0:
            raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {count} for dimension {d}")
        low, high = _range(points[:, d], None if range is None else range[2 * d : 2 * d + 2], d)
        found.append(linspace(low, high, count + 1, dtype=dtypes.from_numpy_dtype(points.dtype))._data)
    return found


def _range(x: Array, given: Any, d: int) -> tuple[float, float]:
    """Where the first bin begins and the last one ends."""
    if given is not None:
        low, high = (float(v) for v in given)
    elif x.size:
        low, high = float(x.min()), float(x.max())
    else:
        low, high = 0.0, 1.0
    if not np.isfinite(low) or not np.isfinite(high):
        raise RuntimeError(f"torch.histogramdd: dimension {d}'s range [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {d}"
        )
    return (low - 0.5, high + 0.5) if low == high else (low, high)


def _counted(points: Array, edges: list[Array], weight: Array | None, density: bool) -> Array:
    """The sum of weights of the points in each bin; the last bin of a dimension includes its upper edge."""
    shape = tuple(len(e) - 1 for e in edges)
    inside = np.ones(len(points), bool)
    place = np.zeros(len(points), np.int64)
    for x, e, n in zip(points.T, edges, shape, strict=True):
        inside &= (x >= e[0]) & (x <= e[-1])
        place = place * n + np.minimum(np.searchsorted(e, x, "right") - 1, n - 1)
    counts = np.bincount(place[inside], None if weight is None else weight[inside], int(np.prod(shape)))
    found: Array = counts.reshape(shape).astype(points.dtype)
    if density:
        found = found / found.sum()
        for d, e in enumerate(edges):
            found = found / np.diff(e).reshape([-1 if i == d else 1 for i in range(len(shape))])
    return found


def _check_points(input: Tensor, weight: Tensor | None) -> tuple[Array, Array | None]:
    """The points as rows, and their weights."""
    if input.dtype.category != dtypes.FLOAT:
        raise NotImplementedError(f"\"histogramdd\" not implemented for '{scalar_type_name(input.dtype)}'")
    x = input._data
    if weight is None:
        return x.reshape(-1, x.shape[-1]), None
    if weight._data.shape != x.shape[:-1]:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor"
            f" excluding its innermost dimension, but got input with shape {list(x.shape)} and weight with shape"
            f" {list(weight._data.shape)}"
        )
    if weight._data.dtype is not x.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same"
            f" dtype, but got input({c_name(input.dtype)}), and weight({c_name(weight.dtype)})"
        )
    return x.reshape(-1, x.shape[-1]), weight._data.reshape(-1)


def histogram(
    input: Tensor,
    bins: Any,
    *,
    range: Any = None,
    weight: Tensor | None = None,
    density: bool = False,
    out: Any = None,
) -> Any:
    """How many elements lie in each bin, as a named tuple (hist, bin_edges).

    Args:
        input: floating point, any shape.
        bins: how many bins of equal width, or a tensor of their edges.
        range: where the first begins and the last ends; the range of the elements if not given.
        weight: how much each element counts.
        density: divide by the total and by the widths, so that the integral is 1.

    Raises:
        RuntimeError: no bins, or weights that do not fit.

    >>> import tapegrad as torch
    >>> torch.histogram(torch.tensor([1.0, 2.0, 1.0]), 3, range=(0.0, 3.0)).hist
    tensor([0., 2., 1.])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("histogram", "input", 1, input)
    flat: Any = input.reshape(-1, 1)
    points, weights = _check_points(flat, None if weight is None else weight.reshape(-1))
    edges = _edges(points, (bins,), range)
    hist = new_tensor(_counted(points, edges, weights, density))
    results = tuple.__new__(return_types.histogram, (hist, new_tensor(edges[0])))
    return results if out is None else given_outs(out, results, input, says=EXPECTED)


def histogramdd(
    input: Tensor, bins: Any, range: Any = None, weight: Tensor | None = None, density: bool = False
) -> Any:
    """How many points lie in each box of a grid, as a named tuple (hist, bin_edges).

    Args:
        input: (…, N), the coordinates of the points.
        bins: how many bins in all dimensions, in each (a list), or the edges in each (a list of tensors).
        range: where the bins begin and end in each dimension, 2·N numbers.
        weight: how much each point counts.
        density: divide by the total and by the sizes of the boxes.

    >>> import tapegrad as torch
    >>> torch.histogramdd(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), 2).hist
    tensor([[1., 0.],
            [0., 1.]])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("histogramdd", "input", 1, input)
    x = input._data
    if x.ndim == 0:
        raise IndexError("Dimension specified as -1 but tensor has no dimensions")
    if x.ndim < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    n = x.shape[-1]
    each = [bins] * n if isinstance(bins, int) else list(bins)
    if len(each) != n:
        raise RuntimeError("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    if range is not None and len(range) != 2 * n:
        raise RuntimeError(
            f"torch.histogramdd: for a {n}-dimensional histogram range should have {2 * n} elements, but got"
            f" {len(range)}"
        )
    points, weights = _check_points(input, weight)
    edges = _edges(points, each, range)
    hist = new_tensor(_counted(points, edges, weights, density))
    return tuple.__new__(return_types.histogramdd, (hist, tuple(new_tensor(e) for e in edges)))


METHODS: dict[str, Any] = {"bincount": bincount, "histc": histc, "histogram": histogram}

__all__ = ["bincount", "histc", "histogram", "histogramdd"]
