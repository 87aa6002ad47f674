"""Images read at any places, by interpolation: grid_sample.

For each dimension, a place has *taps*: neighbours with weights, and the derivatives of the weights by the coordinate.
The value there is the sum over all combinations of taps.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import new_tensor
from .interpolation import cubic_weights
from .op import operator
from .positions import added_elements, picked_elements
from .vocabulary import matmul, reshaped, swap, word

Ints = tuple[int, ...]
Tap = tuple[Array, Array, Array, Array]  # index, weight, its derivative by the grid's coordinate, whether it is inside

BILINEAR, NEAREST, BICUBIC = "bilinear", "nearest", "bicubic"


def _reflected(at: Array, n: int, align: bool) -> tuple[Array, Array]:
    """Coordinates thrown back at the borders, and the derivative of that."""
    low, high = (0.0, float(n - 1)) if align else (-0.5, n - 0.5)
    span = high - low
    if span == 0:
        return np.zeros_like(at), np.zeros_like(at)
    off = at - low
    away = np.abs(off)
    extra = np.fmod(away, span)
    even = np.floor(away / span) % 2 == 0
    slope = np.where(even, 1.0, -1.0) * np.where(off < 0, -1.0, 1.0)
    return np.where(even, extra, span - extra) + low, slope.astype(at.dtype)


def _clipped(at: Array, n: int) -> tuple[Array, Array]:
    """Coordinates moved to the nearest element, and the derivative of that."""
    inside = (at > 0) & (at < n - 1)
    return np.clip(at, 0, n - 1), inside.astype(at.dtype)


def _padded(at: Array, n: int, padding: str, align: bool) -> tuple[Array, Array | float]:
    if padding == "zeros":
        return at, 1.0
    slope: Array | float = 1.0
    if padding == "reflection":
        at, slope = _reflected(at, n, align)
    at, inside = _clipped(at, n)
    return at, slope * inside


def _inside(index: Array, weight: Array, slope: Array, n: int) -> Tap:
    valid = (index >= 0) & (index < n)
    return np.where(valid, index, 0).astype(np.int64), weight, slope, valid


def taps_of(coordinate: Array, n: int, mode: str, padding: str, align: bool) -> list[Tap]:
    """The taps of one dimension of n elements, for coordinates from -1 to 1."""
    step = (n - 1) / 2 if align else n / 2
    at = (coordinate + 1) * coordinate.dtype.type(step) - (0 if align else coordinate.dtype.type(0.5))
    one, zero = np.ones_like(at), np.zeros_like(at)
    if mode == BICUBIC:
        low = np.floor(at)
        t = at - low
        weights = cubic_weights(t)
        slopes = _cubic_slopes(t) * step
        found = []
        for k in range(4):
            index, _ = _padded(low + (k - 1), n, padding, align)
            found.append(_inside(index, weights[..., k], slopes[..., k], n))
        return found
    at, slope = _padded(at, n, padding, align)
    if mode == NEAREST:
        return [_inside(np.rint(at), one, zero, n)]
    low = np.floor(at)
    t = at - low
    factor = slope * one * at.dtype.type(step)
    return [_inside(low, 1 - t, -factor, n), _inside(low + 1, t, factor, n)]


def _cubic_slopes(t: Array, a: float = -0.75) -> Array:
    """The derivatives of `cubic_weights` by t."""

    def near(x: Array) -> Array:
        return (3 * (a + 2) * x - 2 * (a + 3)) * x

    def far(x: Array) -> Array:
        return (3 * a * x - 10 * a) * x + 8 * a

    return np.stack((far(t + 1), near(t), -near(1 - t), -far(2 - t)), -1)


def _all_taps(x: Array, grid: Array, mode: str, padding: str, align: bool) -> tuple[Ints, list[list[Tap]]]:
    size = x.shape[2:]
    dims = len(size)
    flat = grid.reshape(grid.shape[0], -1, dims)
    taps = [taps_of(flat[..., dims - 1 - d], size[d], mode, padding, align) for d in range(dims)]
    return size, taps


def _corners(size: Ints, taps: list[list[Tap]]) -> Iterator[tuple[Array, tuple[Tap, ...], Array]]:
    """For each combination of taps: positions in the plane, the taps, and whether all are inside."""
    for corner in product(*taps):
        at: Any = 0
        valid: Any = True
        for n, (index, _, _, inside) in zip(size, corner, strict=True):
            at, valid = at * n + index, valid & inside
        yield at, corner, valid


def _weight(corner: tuple[Tap, ...], valid: Array, slope_of: int | None = None) -> Array:
    """The product of the weights; of one dimension, the derivative."""
    weight: Any = valid
    for d, tap in enumerate(corner):
        weight = weight * (tap[2] if d == slope_of else tap[1])
    return weight


@operator(name="grid_sampler", node="GridSampler2DBackward0")
def grid_sampler(x: Array, grid: Array, /, mode: str, padding: str, align: bool) -> Array:
    """The values (N, C, *out) of images (N, C, *size) at the places (N, *out, dimensions)."""
    size, taps = _all_taps(x, grid, mode, padding, align)
    n, c = x.shape[:2]
    table, base = _pixels(x), _first_pixels(n, size)
    y = np.zeros((n * prod(grid.shape[1:-1]), c), x.dtype)
    for at, corner, valid in _corners(size, taps):
        y += table.take((base + at).reshape(-1), 0) * _weight(corner, valid).astype(x.dtype, copy=False).reshape(-1, 1)
    return np.ascontiguousarray(np.swapaxes(y.reshape(n, -1, c), 1, 2)).reshape(n, c, *grid.shape[1:-1])


def _pixels(x: Array) -> Array:
    """Images (N, C, *size) as one row of channels for each pixel, so that what is read together lies together."""
    n, c = x.shape[:2]
    return np.ascontiguousarray(np.swapaxes(x.reshape(n, c, -1), 1, 2)).reshape(-1, c)


def _first_pixels(n: int, size: Ints) -> Array:
    """The number of each image's first pixel, (N, 1)."""
    return np.arange(n)[:, None] * prod(size)


def sampler_gradients(
    g: Array, x: Array, grid: Array, mode: str, padding: str, align: bool, needs: Any
) -> tuple[Array, Array]:
    """The gradients of the images and of the places; zeros where not needed."""
    size, taps = _all_taps(x, grid, mode, padding, align)
    n, c = x.shape[:2]
    table, rows, base = _pixels(x), _pixels(g), _first_pixels(n, size)
    by_x = np.zeros(table.shape, x.dtype)
    by_grid = np.zeros((n, len(rows) // max(n, 1), len(size)), x.dtype)
    channels = np.arange(c)
    for at, corner, valid in _corners(size, taps):
        place = (base + at).reshape(-1)
        if needs[0]:
            values = rows * _weight(corner, valid).astype(x.dtype, copy=False).reshape(-1, 1)
            # NumPy's `at` is fast with one index into one dimension
            np.add.at(by_x.reshape(-1), (place[:, None] * c + channels).reshape(-1), values.reshape(-1))
        if needs[1]:
            along = np.einsum("pc,pc->p", table.take(place, 0), rows).reshape(n, -1)
            for d in range(len(size)):
                by_grid[..., len(size) - 1 - d] += along * _weight(corner, valid, d)
    by_x = np.ascontiguousarray(np.swapaxes(by_x.reshape(n, prod(size), c), 1, 2))
    return by_x.reshape(x.shape), by_grid.reshape(grid.shape)


# Under create_graph, weights are tensors: polynomials in `off`, the grid minus itself, which is 0 and carries the
# derivatives. What they are multiplied with is a constant at this place.


def _polynomials(tap: Tap, beyond: tuple[Any, Any] | None, off: Any) -> tuple[Any, Any]:
    """A weight and its derivative, as tensors."""
    _, weight, slope, _ = tap
    by_weight: Any = new_tensor(weight) + new_tensor(slope) * off
    by_slope: Any = new_tensor(slope)
    if beyond is not None:
        second, third = new_tensor(beyond[0]), new_tensor(beyond[1])
        by_weight = by_weight + (second / 2 + third / 6 * off) * off * off
        by_slope = by_slope + (second + third / 2 * off) * off
    return by_weight, by_slope


def _cubic_curvatures(t: Array, step: float, a: float = -0.75) -> list[tuple[Array, Array]]:
    """The second and third derivatives of the cubic weights by the grid's coordinate."""
    two, three, one = step * step, step * step * step, np.ones_like(t)
    near, far = (6 * (a + 2), 2 * (a + 3)), (6 * a, 10 * a)
    found = []
    for (m, c), x, sign in ((far, t + 1, 1), (near, t, 1), (near, 1 - t, -1), (far, 2 - t, -1)):
        found.append(((m * x - c) * two, sign * m * three * one))
    return found


def recorded_gradients(g: Any, x: Any, grid: Any, mode: str, padding: str, align: bool, needs: Any) -> tuple[Any, Any]:
    """`sampler_gradients` made of operators that can be differentiated."""
    from .joining import stack

    size, taps = _all_taps(x._data, grid._data, mode, padding, align)
    n, c = x.shape[:2]
    dims, plane = len(size), prod(size)
    flat = grid.reshape(n, -1, dims)
    off = flat - flat.detach()
    polynomials = []
    for d in range(dims):
        beyond: list[Any] = [None] * len(taps[d])
        if mode == BICUBIC:
            step = (size[d] - 1) / 2 if align else size[d] / 2
            at = (flat._data[..., dims - 1 - d] + 1) * step - (0 if align else 0.5)
            beyond = _cubic_curvatures(at - np.floor(at), step)
        polynomials.append(
            [_polynomials(tap, more, off[..., dims - 1 - d]) for tap, more in zip(taps[d], beyond, strict=True)]
        )
    rows = g.reshape(n, c, -1)
    base = (np.arange(n * c) * plane).reshape(n, c, 1)
    by_x: Any = 0
    by_grid: list[Any] = [0] * dims
    for (at, _, valid), parts in zip(_corners(size, taps), product(*polynomials), strict=True):
        places = np.where(valid[:, None], base + at[:, None], -1)
        if needs[0]:
            weight = prod([part[0] for part in parts[1:]], start=parts[0][0])
            by_x = by_x + added_elements(rows * weight.unsqueeze(1), places, tuple(x.shape))
        if needs[1]:
            along = (picked_elements(x, places) * rows).sum(1)
            for d in range(dims):
                factors = [part[1] if e == d else part[0] for e, part in enumerate(parts)]
                by_grid[d] = by_grid[d] + prod(factors, start=along)
    return by_x, stack(by_grid[::-1], -1).reshape(tuple(grid.shape)) if needs[1] else None


word("sampler_gradients", raw=sampler_gradients, tensor=recorded_gradients)


@grid_sampler.rule("x", "grid")
def _(g: Any, x: Any, grid: Any, mode: Any, padding: Any, align: Any, needs: Any) -> Any:
    """x ← Σ w·g, w the weights of the elements around each point
    grid ← Σ g·x·∂w/∂grid
    """
    by_x, by_grid = sampler_gradients(g, x, grid, mode, padding, align, needs)
    return by_x if needs[0] else None, by_grid if needs[1] else None


SAMPLERS = {2: grid_sampler, 3: grid_sampler.twin("3d", node="GridSampler3DBackward0")}


@operator(name="affine_places", node="AffineGridGeneratorBackward0", constants=("base",))
def affine_places(theta: Array, base: Array, /, out: Ints) -> Array:
    """The places of `out` that affine matrices (N, d, d + 1) map the homogeneous coordinates (n, d + 1) to."""
    return np.matmul(base, theta.swapaxes(1, 2)).reshape(theta.shape[0], *out, theta.shape[1])


affine_places.linear_in("theta")


@affine_places.rule("theta")
def _(g: Any, base: Any, theta_shape: Any) -> Any:
    rows = reshaped(g, (theta_shape[0], base.shape[0], theta_shape[1]))
    return matmul(swap(rows, 1, 2), base)


METHODS: dict[str, Any] = {}

__all__: list[str] = []
