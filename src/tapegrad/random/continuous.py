"""Draws from continuous distributions, as raw arrays: uniform, normal, log-normal, exponential, Cauchy.

Each function takes a stream, a shape and a NumPy dtype (float16, bfloat16, float32, float64; uniform and normal take
complex ones too) and returns a fresh C-contiguous array. How many words of the stream a draw uses, and how they become
numbers, is torch's for a tensor of that shape and dtype.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import boxmuller, libm
from .fused import fused32_exact, fused64
from .stream import Stream

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
DType = np.dtype[Any]

F32 = np.dtype(np.float32)
F64 = np.dtype(np.float64)


def narrow(values: Array, dtype: DType) -> Array:
    """`values` as `dtype`; float16 and bfloat16 are rounded from float32, also where `values` is float64."""
    if values.dtype == dtype:
        return values
    if dtype.itemsize == 2 and values.dtype != F32 and dtype.kind not in "iu":
        values = values.astype(F32)
    return values.astype(dtype)


def _real_parts(dtype: DType) -> DType:
    return F32 if dtype == np.complex64 else F64


def uniform(stream: Stream, shape: Shape, dtype: DType, low: float = 0.0, high: float = 1.0) -> Array:
    """Uniform numbers in [low, high): 53 random bits each for float64, 24 for the narrower types.

    >>> uniform(Stream(0), (2,), F32)
    array([0.4962566, 0.7682218], dtype=float32)
    """
    if dtype.kind == "c":
        return uniform(stream, (*shape, 2), _real_parts(dtype), low, high).view(dtype)[..., 0]
    count = math.prod(shape)
    if dtype is F32 and low == 0.0 and high == 1.0:
        with stream.lock:
            values = stream.uniform32(count)
        return values if len(shape) == 1 else values.reshape(shape)
    if dtype == F64:
        with stream.lock:
            values = stream.uniform64(count)
        if low != 0.0 or high != 1.0:
            values = fused64(values, high - low, low)
            values[values == high] = low
        return values.reshape(shape)
    with stream.lock:
        values = stream.uniform32(count)
    if low != 0.0 or high != 1.0:
        narrow_low = np.float32(low)
        values = fused32_exact(values, np.float32(high) - narrow_low, narrow_low)
    values = narrow(values, dtype)
    # Rounding can reach the upper bound, which is not part of the interval.
    values[values == dtype.type(high)] = dtype.type(low)
    return values.reshape(shape)


def _serial_normals(stream: Stream, count: int) -> Array:
    """Standard normals in float64, drawn one at a time: a spare one first, then pairs."""
    if stream.spare_normal is None and count and count % 2 == 0:
        with stream.lock:
            if stream.spare_normal is None:  # still
                return np.array(boxmuller.serial(stream, count), F64)
    out = np.empty(count)
    with stream.lock:
        start = 0
        if count and stream.spare_normal is not None:
            out[0] = stream.spare_normal
            stream.spare_normal = None
            start = 1
        missing = count - start
        if missing:
            normals = boxmuller.serial(stream, missing + missing % 2)
            out[start:] = normals[:missing]
            if missing % 2:
                stream.spare_normal = float(normals[-1])
    return out


def _block_normals(stream: Stream, count: int, dtype: DType, mean: float, std: float) -> Array:
    """At least 16 normals in blocks of 16; a last, incomplete block is replaced by 16 more that end with the array."""
    wide = dtype == F64
    draw = stream.uniform64 if wide else stream.uniform32
    whole = count - count % boxmuller.BLOCK
    with stream.lock:
        if whole == count:
            values = draw(count)
        elif wide or dtype == F32:
            # A uniform is drawn for every element, also for those that the last block then replaces.
            values = draw(count)
            values = np.concatenate([values[:whole], draw(boxmuller.BLOCK)])
        else:
            values = draw(whole + boxmuller.BLOCK)
    boxmuller.blocks(values.reshape(-1, boxmuller.BLOCK), mean, std)
    values = narrow(values, dtype)
    if whole < count:
        values[count - boxmuller.BLOCK : count] = values[whole:].copy()
    return values[:count]


def normal(
    stream: Stream, shape: Shape, dtype: DType, mean: float = 0.0, std: float = 1.0, *, contiguous: bool = True
) -> Array:
    """Normal numbers with the given mean and standard deviation (≥ 0).

    Args:
        contiguous: whether the tensor to be filled is contiguous; torch fills one that is not value by value.

    >>> normal(Stream(0), (2,), F32)
    array([ 1.5409961, -0.2934289], dtype=float32)
    """
    if dtype.kind == "c":
        # The variance is that of the complex number: half of it belongs to each part.
        parts = normal(stream, (*shape, 2), _real_parts(dtype), mean, std / math.sqrt(2.0), contiguous=contiguous)
        return parts.view(dtype)[..., 0]
    count = math.prod(shape)
    if count >= boxmuller.BLOCK and contiguous:
        return _block_normals(stream, count, dtype, mean, std).reshape(shape)
    normals = _serial_normals(stream, count)
    if std != 1.0 or mean != 0.0:
        normals = fused64(normals, std, mean)
    return (normals.astype(F32) if dtype is F32 else narrow(normals, dtype)).reshape(shape)


def log_normal(stream: Stream, shape: Shape, dtype: DType, mean: float = 1.0, std: float = 2.0) -> Array:
    """exp of normal numbers; `mean` and `std` (> 0) are those of the normal ones."""
    normals = fused64(_serial_normals(stream, math.prod(shape)), std, mean)
    with np.errstate(over="ignore"):
        return narrow(libm.exp(normals, exact=dtype == F64), dtype).reshape(shape)


def _uniform64(stream: Stream, shape: Shape) -> Array:
    with stream.lock:
        return stream.uniform64(math.prod(shape)).reshape(shape)


def exponential(stream: Stream, shape: Shape, dtype: DType, rate: float = 1.0) -> Array:
    """Exponential numbers with density rate · exp(−rate · x)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return narrow((-1.0 / rate) * libm.log1p(-_uniform64(stream, shape), exact=dtype == F64), dtype)


def cauchy(stream: Stream, shape: Shape, dtype: DType, median: float = 0.0, sigma: float = 1.0) -> Array:
    """Cauchy numbers with density σ / (π (σ² + (x − median)²))."""
    tangent = libm.tan(math.pi * (_uniform64(stream, shape) - 0.5), exact=dtype == F64)
    with np.errstate(over="ignore"):
        return narrow(fused64(tangent, sigma, median), dtype)
