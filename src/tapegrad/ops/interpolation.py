"""Interpolation on regular grids: each dimension is a sparse linear map (see resampling.py)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor, new_tensor
from .resampling import Taps, resampled

_kept = lru_cache(maxsize=64)  # models ask for the same maps in each step

_CUBIC = -0.75  # Keys' parameter, as in torch; with antialias it is -0.5, as in Pillow


def source_scale(n: int, out: int, align_corners: bool, scale: float | None) -> float:
    """The distance, in the input, of two neighbours in the result."""
    if align_corners:
        return (n - 1) / (out - 1) if out > 1 else 0.0
    return 1.0 / scale if scale is not None and scale > 0 else n / max(out, 1)


@_kept
def _nearest(n: int, out: int, scale: float | None, exact: bool, kind: Any) -> Taps:
    # In single precision, as torch does: it decides where a quotient falls on an integer.
    step = np.float32(1.0 / scale) if scale is not None and scale > 0 else np.float32(n) / np.float32(max(out, 1))
    at = np.arange(out, dtype=np.float32)
    at = (at + np.float32(0.5)) * step if exact else at * step
    return Taps.single(n, np.minimum(np.floor(at).astype(np.int64), n - 1))


def _source(n: int, out: int, align: bool, scale: float | None, kind: Any, cubic: bool) -> Array:
    step = kind.type(source_scale(n, out, align, scale))
    at = np.arange(out, dtype=kind)
    if align:
        return at * step
    half = kind.type(0.5)
    at = step * (at + half) - half
    return at if cubic else np.maximum(at, 0)


@_kept
def _linear(n: int, out: int, align: bool, scale: float | None, kind: Any) -> Taps:
    if n == out and scale is None:
        return Taps.single(n, np.arange(n))
    at = _source(n, out, align, scale, kind, False)
    low = np.minimum(np.floor(at).astype(np.int64), n - 1)
    part = np.clip(at - low, 0, 1)
    index = np.stack((low, np.minimum(low + 1, n - 1)), 1)
    return Taps.table(n, index, np.stack((1 - part, part), 1).astype(np.float64))


def cubic_weights(t: Array, a: float = _CUBIC) -> Array:
    """The weights of the elements at -1, 0, 1 and 2, for places t in [0, 1), along a new last dimension."""

    def near(x: Array) -> Array:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Array) -> Array:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return np.stack((far(t + 1), near(t), near(1 - t), far(2 - t)), -1)


@_kept
def _cubic(n: int, out: int, align: bool, scale: float | None, kind: Any) -> Taps:
    at = _source(n, out, align, scale, kind, True)
    low = np.floor(at).astype(np.int64)
    index = np.clip(low[:, None] + np.arange(-1, 3), 0, n - 1)
    return Taps.table(n, index, cubic_weights((at - low).astype(np.float64)))


@_kept
def _antialiased(n: int, out: int, align: bool, scale: float | None, cubic: bool) -> Taps:
    """A filter that is widened when the result is smaller than the input."""
    step = source_scale(n, out, align, scale)
    reach = (2.0 if cubic else 1.0) * max(step, 1.0)
    inverse = 1.0 / step if step >= 1.0 else 1.0
    centre = step * (np.arange(out) + 0.5)
    first = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    last = np.minimum((centre + reach + 0.5).astype(np.int64), n)
    taps = Taps.ranges(n, first, last, None)
    counts = np.diff(taps.starts)
    owner = np.repeat(np.arange(out), counts)
    x = np.abs((taps.index - centre[owner] + 0.5) * inverse)
    if cubic:
        a = -0.5
        weight = np.where(
            x < 1, ((a + 2) * x - (a + 3)) * x * x + 1, np.where(x < 2, ((x - 5) * x + 8) * x * a - 4 * a, 0)
        )
    else:
        weight = np.maximum(1 - x, 0)
    total = np.bincount(owner, weight, out)
    taps.weight = weight / np.where(total == 0, 1, total)[owner]
    return taps


def _bytes_resampled(x: Array, maps: list[tuple[int, Taps]]) -> Array:
    """Images of bytes, computed in whole numbers and rounded after each dimension, the last one first, as torch does.

    Weights are 16-bit integers, with as many binary places as the largest of them allows.
    """
    for dim, taps in reversed(maps):
        if taps.weight is None:
            x = taps.apply(x, dim)
            continue
        owner = np.repeat(np.arange(taps.n_out), np.diff(taps.starts))
        weights = np.zeros((taps.n_out, taps.n_in))
        np.add.at(weights, (owner, taps.index), taps.weight)
        places = next(p for p in range(22) if int(0.5 + weights.max() * 2 ** (p + 1)) >= 1 << 15 or p == 21)
        whole = np.trunc(weights * 2.0**places + np.copysign(0.5, weights))
        sums = np.moveaxis(x, dim, -1) @ whole.T  # exact: floats that are integers below 2^53
        rounded = np.floor((sums + 2.0 ** (places - 1)) / 2.0**places)
        x = np.moveaxis(np.clip(rounded, 0, 255).astype(np.uint8), -1, dim)
    return x


_NAMES = {
    "nearest": "Nearest", "nearest-exact": "NearestExact", "linear": "Linear", "bilinear": "Bilinear",
    "trilinear": "Trilinear", "bicubic": "Bicubic",
}  # fmt: skip


def upsampled(
    x: Tensor, out: tuple[int, ...], mode: str, align: bool, scales: list[float | None], antialias: bool
) -> Tensor:
    """The last dimensions of a tensor, interpolated to another size."""
    dims, data = len(out), x._data
    kind = data.dtype if data.dtype.kind == "f" and data.dtype.itemsize >= 4 else np.dtype(np.float32)
    smooth_bytes = data.dtype == np.uint8 and mode in ("bilinear", "bicubic")
    if smooth_bytes:
        kind = np.dtype(np.float64)
    maps = []
    for d, m in enumerate(out):
        axis = data.ndim - dims + d
        n, scale = data.shape[axis], scales[d]
        if mode.startswith("nearest"):
            taps = _nearest(n, m, scale, mode == "nearest-exact", kind)
        elif antialias:
            taps = _antialiased(n, m, align, scale, mode == "bicubic")
        elif mode == "bicubic":
            taps = _cubic(n, m, align, scale, kind)
        else:
            taps = _linear(n, m, align, scale, kind)
        maps.append((axis, taps))
    if smooth_bytes:
        return new_tensor(_bytes_resampled(data, maps))
    name = f"Upsample{_NAMES[mode]}{dims}D{'Aa' if antialias else ''}Backward0"
    return resampled.twin(name, node=name).call(x, tuple(maps))


METHODS: dict[str, Any] = {}

__all__: list[str] = []
