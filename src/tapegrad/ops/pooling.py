"""Pooling: the largest elements of windows, and the averages."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import VIEW, Tensor, new_tensor
from .accepts import not_implemented
from .op import operator
from .patches import Ints
from .pooling_kernels import added_at, largest_by_two
from .positions import added_elements, picked_elements
from .resampling import Taps, resampled
from .window_maxima import adaptive_ranges, adaptive_windows, largest, largest_of_regular, maxima_of_regular

_adaptive_max = {n: picked_elements.twin(f"adaptive{n}", node=f"AdaptiveMaxPool{n}DBackward0") for n in (2, 3)}
_fractional = {n: picked_elements.twin(f"fractional{n}", node=f"FractionalMaxPool{n}DBackward0") for n in (2, 3)}
_avg_pool = {n: resampled.twin(f"avg{n}", node=f"AvgPool{n}DBackward0") for n in (2, 3)}
_adaptive_avg = {n: resampled.twin(f"adaptive_avg{n}", node=f"AdaptiveAvgPool{n}DBackward0") for n in (2, 3)}


# -- records -----------------------------------------------------------------------------------------------------------


@operator(name="placed_elements", node="MaxUnpool2DBackward0")
def placed_elements(x: Array, /, places: Array, shape: Ints) -> Array:
    """Zeros of a shape, with each element of x put at its position."""
    y = np.zeros(prod(shape), x.dtype)
    y[places.reshape(-1)] = x.reshape(-1)
    return y.reshape(shape)


placed_elements.linear_in("x").with_rules(x=lambda g, places: picked_elements(g, places))


@operator(name="max_pool_gradient", node="MaxPool2DWithIndicesBackwardBackward0")
def max_pool_gradient(x: Array, /, places: Array, shape: Ints, apart: bool) -> Array:
    """Zeros of a shape, with each element of x added at its position; if `apart`, no two have the same."""
    found = added_at(x, places, shape)
    if found is not None:
        return found
    return (placed_elements if apart else added_elements).forward(x, places, shape)


max_pool_gradient.linear_in("x").with_rules(x=lambda g, places: picked_elements(g, places))

_max_pool = {
    n: picked_elements.twin(f"max{n}", node=f"MaxPool{n}DWithIndicesBackward0").with_rules(
        x=lambda g, x_shape, places: max_pool_gradient(g, places, x_shape, False)
    )
    for n in (2, 3)
}
# Of windows that do not meet, each place gets one gradient, which is written there rather than added up.
_max_pool_apart = {
    n: picked_elements.twin(f"max{n}, apart", node=f"MaxPool{n}DWithIndicesBackward0").with_rules(
        x=lambda g, x_shape, places: max_pool_gradient(g, places, x_shape, True)
    )
    for n in (2, 3)
}


@operator(name="found_elements", node="MaxPool2DWithIndicesBackward0")
def found_elements(x: Array, /, places: Array, values: Array) -> Array:
    """The elements of x at some positions, which are known."""
    return values


found_elements.with_rules(x=lambda g, x_shape, places: max_pool_gradient(g, places, x_shape, True))


# -- sizes -------------------------------------------------------------------------------------------------------------


def numbers(function: str, name: str, value: Any, dims: int) -> Ints:
    """One number for each dimension, from one for all."""
    values = tuple(int(v) for v in value) if isinstance(value, (tuple, list)) else (int(value),)
    if len(values) == 1:
        return values * dims
    if len(values) != dims:
        either = "" if function == "avg_pool3d" else "either "
        omitted = "omitted, " if name == "stride" else ""
        what = f"must {either}be {omitted}a single int,"
        raise RuntimeError(f"{function}: {name} {what} or a tuple of {('two', 'three')[dims - 2]} ints")
    return values


def pooled_size(n: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> int:
    """The number of windows in a dimension."""
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    out = (room + (stride - 1 if ceil else 0)) // stride + 1
    # The last window has to begin inside of the input or of the padding before it.
    return out - 1 if ceil and (out - 1) * stride >= n + padding else out


# What torch's messages call the dimensions of a window, and what they say of a padding that is too large.
_MAX_FUNCTION = "max_pool3d_with_indices_out_cpu_template"
_LETTERS = {2: "HW", 3: "THW"}
_PAD_TOO_LARGE = {
    2: "padW = {pad[1]}, padH = {pad[0]}, kW = {kernel[1]}, kH = {kernel[0]}",
    3: "kT: {kernel[0]} kW: {kernel[2]} kH: {kernel[1]} padT: {pad[0]} padW: {pad[2]} padH: {pad[1]}",
}


def _each(prefix: str, values: Ints) -> str:
    """'kH: 2 kW: 3', as torch's messages show the sizes of a window."""
    return " ".join(f"{prefix}{letter}: {v}" for letter, v in zip(_LETTERS[len(values)], values, strict=True))


def window_sizes(
    function: str, x: Tensor, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil: bool
) -> Ints:
    """The numbers of windows, checked.

    Raises:
        RuntimeError: a size is not positive, the padding too large, or the input empty or smaller than a window.
    """
    shape, dims = x._data.shape, len(kernel)
    for s, p, k, d in zip(stride, padding, kernel, dilation, strict=True):
        if s == 0:
            raise RuntimeError("stride should not be zero")
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > int(((k - 1) * d + 1) / 2):
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and"
                f" dilation={d}"
            )
    for what, prefix, values in (
        ("kernel size", "k", kernel),
        ("stride", "d", stride),
        ("dilation", "dilation", dilation),
    ):
        if min(values) <= 0:
            raise RuntimeError(f"{what} should be greater than zero, but got {_each(prefix, values)}")
    wrong = len(shape) not in (dims + 1, dims + 2)
    if wrong and dims == 3:
        raise RuntimeError(f"non-empty {dims + 1}D or {dims + 2}D (batch mode) tensor expected for input")
    if wrong or 0 in shape[1 if len(shape) == dims + 2 else 0 :]:
        if dims == 3:
            raise RuntimeError(
                f"{function}(): Expected input's non-batch dimensions to have positive length, but input has a shape of"
                f" {list(shape)} and non-batch dimension 0 has length zero!"
            )
        raise RuntimeError(
            f"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with optional 0 dim batch size for input, but"
            f" got:{list(shape)}"
        )
    if any(p > k // 2 for p, k in zip(padding, kernel, strict=True)):
        found = _PAD_TOO_LARGE[dims].format(pad=padding, kernel=kernel)
        raise RuntimeError(f"pad should be smaller than or equal to half of kernel size, but got {found}")
    size = shape[-dims:]
    out = tuple([pooled_size(*options, ceil) for options in zip(size, kernel, stride, padding, dilation, strict=True)])
    if min(out) < 1:
        if function == "avg_pool3d" and any(n < k for n, k in zip(size, kernel, strict=True)):
            image, window = _each("", size), _each("k", kernel)
            raise RuntimeError(f"input image ({image}) smaller than kernel size ({window})")
        found = "x".join(str(n) for n in shape[-dims - 1 :])
        wanted = "x".join(str(n) for n in (shape[-dims - 1], *(max(n, 0) for n in out)))
        raise RuntimeError(f"Given input size: ({found}). Calculated output size: ({wanted}). Output size is too small")
    return out


# -- the largest elements ----------------------------------------------------------------------------------------------


def pooled(op: Any, x: Tensor, places: Array, dims: int) -> tuple[Tensor, Tensor]:
    """The elements at positions in planes, and the positions as a tensor."""
    plane = prod(x._data.shape[-dims:])
    lead = places.shape[: places.ndim - dims]
    base = (np.arange(prod(lead)) * plane).reshape(*lead, *(1,) * dims)
    return op.call(x, places + base), new_tensor(places)


def _check_ordered(name: str, x: Tensor) -> None:
    if x._data.dtype.kind in "bc":
        raise not_implemented(name, x.dtype)


def max_pool(
    x: Tensor, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil: bool, positions: bool
) -> tuple[Tensor, Tensor | None]:
    """The largest elements of windows in the last dimensions, and their positions in the planes if asked for."""
    dims = len(kernel)
    out = window_sizes(_MAX_FUNCTION, x, kernel, stride, padding, dilation, ceil)
    _check_ordered(f"max_pool{dims}d", x)
    found = largest_by_two(x._data, kernel, stride, padding, dilation, out)
    if found is not None:
        return _found(x, *found, positions)
    if not positions and not x._flags & ~VIEW and x._data.__class__ is np.ndarray:
        return new_tensor(maxima_of_regular(x._data, kernel, stride, padding, dilation, out)), None
    apart = all(s > (k - 1) * d for k, s, d in zip(kernel, stride, dilation, strict=True))
    record = _max_pool_apart if apart else _max_pool
    return pooled(record[dims], x, largest_of_regular(x._data, kernel, stride, padding, dilation, out), dims)


def _found(x: Tensor, values: Array, places: Array, positions: bool) -> tuple[Tensor, Tensor | None]:
    """What a kernel found: the largest elements, and their positions in x, which users get as positions in planes."""
    y = found_elements.call(x, places, values)
    if not positions:
        return y, None
    lines, wide = x._data.shape[-2:]
    return y, new_tensor(places % (lines * wide))


def adaptive_max_pool(x: Tensor, out: Ints) -> tuple[Tensor, Tensor]:
    """The largest elements of adaptive windows in the last dimensions."""
    dims = len(out)
    _check_ordered(f"adaptive_max_pool{dims}d", x)
    size = x._data.shape[-dims:]
    if 0 not in out and not any(n % m for n, m in zip(size, out, strict=True)):  # then windows are equal
        kernel = tuple([n // m for n, m in zip(size, out, strict=True)])
        places = largest_of_regular(x._data, kernel, kernel, (0,) * dims, (1,) * dims, out)
        return pooled(_adaptive_max[dims], x, places, dims)
    windows = [adaptive_windows(n, m) for n, m in zip(size, out, strict=True)]
    if 0 in out:
        empty = np.zeros((*x._data.shape[:-dims], *out), np.int64)
        return pooled(_adaptive_max[dims], x, empty, dims)
    return pooled(_adaptive_max[dims], x, largest(x._data, windows), dims)


def fractional_max_pool(x: Tensor, kernel: Ints, out: Ints, samples: Array) -> tuple[Tensor, Tensor]:
    """The largest elements of windows at random distances (Graham, Fractional Max-Pooling, 2014).

    Args:
        samples: numbers in [0, 1), shape (N, C, dimensions), in the order of the dimensions.
    """
    dims, data = len(kernel), x._data
    lead, size = data.shape[: data.ndim - dims], data.shape[data.ndim - dims :]
    samples = samples.reshape(*lead, dims)
    positions: list[Array] = []
    for d in range(dims):
        u = samples[..., d, None]
        if out[d] > 1:
            step = samples.dtype.type(size[d] - kernel[d]) / samples.dtype.type(out[d] - 1)
            first = ((np.arange(out[d], dtype=samples.dtype) + u) * step).astype(np.int64) - (u * step).astype(np.int64)
        else:
            first = np.zeros((*lead, 1), np.int64)
        first[..., -1] = size[d] - kernel[d]
        positions.append(first)
    best = where = None
    flat = data.reshape(*lead, prod(size))
    for tap in np.ndindex(*kernel):
        at: Any = 0
        for d in range(dims):
            shape = (*lead, *(1,) * d, out[d], *(1,) * (dims - d - 1))
            at = at * size[d] + (positions[d] + tap[d]).reshape(shape)
        candidate = np.take_along_axis(flat, at.reshape(*lead, prod(out)), -1).reshape(at.shape)
        if best is None or where is None:
            best, where = candidate, at
            continue
        better = (candidate > best) | (candidate != candidate)
        best, where = np.where(better, candidate, best), np.where(better, at, where)
    assert where is not None
    return pooled(_fractional[dims], x, where, dims)


# -- averages ----------------------------------------------------------------------------------------------------------


def avg_pool(
    x: Tensor, kernel: Ints, stride: Ints, padding: Ints, ceil: bool, include_pad: bool, divisor: int | None
) -> Tensor:
    """The averages of windows in the last dimensions."""
    dims = len(kernel)
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    out = window_sizes(f"avg_pool{dims}d", x, kernel, stride, padding, (1,) * dims, ceil)
    data = x._data
    if data.dtype.kind not in "fV" and not (data.dtype == np.int64 or data.dtype.kind == "c"):
        raise not_implemented(f"avg_pool{dims}d", x.dtype)
    size = data.shape[data.ndim - dims :]
    sums, counts = _window_sums(size, out, kernel, stride, padding, include_pad, divisor, data.dtype.kind != "i")
    maps = tuple([(data.ndim - dims + d, taps) for d, taps in enumerate(sums)])
    if data.dtype.kind != "i":
        return _avg_pool[dims].call(x, maps)
    total = resampled.forward(data, maps)
    return new_tensor(np.trunc(total / counts).astype(np.int64))


@lru_cache(maxsize=64)
def _window_sums(
    size: Ints, out: Ints, kernel: Ints, stride: Ints, padding: Ints, include_pad: bool, divisor: int | None,
    divided: bool,
) -> tuple[list[Taps], Array]:  # fmt: skip
    """The sums of windows by dimension, divided or not, and what to divide them by."""
    sums = []
    divide_by: Any = np.ones((), np.int64)
    for d, (n, m, k, s, p) in enumerate(zip(size, out, kernel, stride, padding, strict=True)):
        first = np.arange(m) * s - p
        last = np.minimum(first + k, n + p)
        count = last - first
        first, last = np.maximum(first, 0), np.minimum(last, n)
        if not include_pad:
            count = last - first
        if divisor is not None:
            count = np.full(m, divisor if d == 0 else 1)
        divide_by = divide_by[..., None] * count
        sums.append(Taps.ranges(n, first, last, 1 / np.where(count == 0, 1, count) if divided else None))
    return sums, divide_by


@lru_cache(maxsize=64)
def _adaptive_means(n: int, out: int) -> Taps:
    """The means of adaptive windows of a dimension."""
    first, last = adaptive_ranges(n, out)
    return Taps.ranges(n, first, last, 1 / np.maximum(last - first, 1))


def adaptive_avg_pool(x: Tensor, out: Ints) -> Tensor:
    """The averages of adaptive windows in the last dimensions."""
    dims = len(out)
    data: Any = x
    if x._data.dtype.kind not in "fVc":
        raise not_implemented(f"adaptive_avg_pool{dims}d", x.dtype)
    if all(n == 1 for n in out) and dims > 1:
        return data.mean(tuple(range(-dims, 0)), keepdim=True)
    first = x._data.ndim - dims
    maps = tuple([(first + d, _adaptive_means(x._data.shape[first + d], m)) for d, m in enumerate(out)])
    return _adaptive_avg[dims].call(x, maps)


# -- unpooling ---------------------------------------------------------------------------------------------------------


_unpool = {2: placed_elements, 3: placed_elements.twin("3d", node="MaxUnpool3DBackward0")}


def max_unpool(x: Tensor, indices: Tensor, size: Ints) -> Tensor:
    """Elements put back to where max pooling found them, with zeros elsewhere."""
    dims = len(size)
    index = indices._data
    if index.dtype != np.int64:
        raise RuntimeError(f"elements in indices should be type int64 but got: {scalar_type_name(indices.dtype)}")
    if index.shape != x._data.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(x._data.shape)}) but got indices"
            f" tensor with shape: {list(index.shape)}"
        )
    plane = prod(size)
    bad = (index < 0) | (index >= plane)
    if all_rows(bad).any():
        raise RuntimeError(
            f"Found an invalid max index: {int(all_rows(index)[all_rows(bad)].flat[0])} (output volumes are of size"
            f" {'x'.join(str(n) for n in size)})"
        )
    lead = index.shape[: index.ndim - dims]
    base = (np.arange(prod(lead)) * plane).reshape(*lead, *(1,) * dims)
    return _unpool[dims].call(x, index + base, (*lead, *size))


METHODS: dict[str, Any] = {}

__all__: list[str] = []
