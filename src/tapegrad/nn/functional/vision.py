"""Images read at any places, and the places of affine transformations."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from ...ops.grid_sampling import SAMPLERS, affine_places
from ...tensor.tensor import Tensor, new_tensor


def _warn_corners() -> None:
    warnings.warn(
        "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify"
        " align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.",
        UserWarning,
        stacklevel=3,
    )


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The images at the places of a grid.

    Args:
        input: shape (N, C, H, W) or (N, C, D, H, W).
        grid: places (x, y) or (x, y, z) from -1 to 1, shape (N, *out, dimensions).
        mode: "bilinear", "nearest" or "bicubic" (of two dimensions only).
        padding_mode: what is outside: "zeros", "border" (the nearest element) or "reflection".
        align_corners: -1 and 1 are the centres of the outermost elements; else their outer borders.

    Returns:
        Shape (N, C, *out).

    Raises:
        ValueError: no such mode.
        RuntimeError: the shapes or dtypes do not fit.
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got:"
            f" '{padding_mode}'"
        )
    if align_corners is None:
        _warn_corners()
    xs, gs = input._data.shape, grid._data.shape
    if xs[0] != gs[0]:
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes"
            f" {list(xs)} and grid with sizes {list(gs)}"
        )
    if gs[-1] != len(xs) - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {len(xs) - 2} in last dimension, but got grid with sizes"
            f" {list(gs)}"
        )
    if len(xs) not in (4, 5) or len(gs) != len(xs):
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes"
            f" {list(xs)} and grid with sizes {list(gs)}"
        )
    if len(xs) == 5 and mode == "bicubic":
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    for i, n in enumerate(xs[2:], 2):
        if n == 0:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes"
                f" {list(xs)} with dimension {i} being empty"
            )
    return SAMPLERS[len(xs) - 2].call(input, grid, mode, padding_mode, bool(align_corners))


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The places, for `grid_sample`, that affine transformations map the elements of images to.

    Args:
        theta: shape (N, 2, 3) or (N, 3, 4).
        size: that of the images, (N, C, H, W) or (N, C, D, H, W).
        align_corners: as in `grid_sample`.

    Returns:
        Shape (N, H, W, 2) or (N, D, H, W, 3).

    Raises:
        ValueError: `theta` does not fit the size, or is not floating point.
        NotImplementedError: another number of dimensions.
    """
    if align_corners is None:
        _warn_corners()
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    shape, dims = tuple(int(n) for n in size), len(size) - 2
    if dims not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size"
            f" {tuple(size)}."
        )
    if theta.dim() != 3 or theta._data.shape[1:] != (dims, dims + 1):
        raise ValueError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size {tuple(size)}. Got"
            f" {theta.shape}."
        )
    if min(shape) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {tuple(size)}")
    if align_corners and min(shape[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This is"
            " not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            UserWarning,
            stacklevel=2,
        )
    kind = theta._data.dtype
    out = shape[2:]
    base = np.ones((*out, dims + 1), kind)
    for d, n in enumerate(out):
        line = np.linspace(-1, 1, n, dtype=kind) if n > 1 else np.zeros(1, kind)
        if not align_corners:
            line = line * kind.type((n - 1) / n)
        base[..., dims - 1 - d] = line.reshape(-1, *(1,) * (dims - 1 - d))
    return affine_places.call(theta, new_tensor(base.reshape(-1, dims + 1)), out)


__all__ = ["affine_grid", "grid_sample"]
