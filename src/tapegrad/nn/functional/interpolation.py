"""Images of another size, by interpolation."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ...ops.interpolation import upsampled
from ...tensor.tensor import Tensor
from .pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

_SMOOTH = ("linear", "bilinear", "bicubic", "trilinear")
_BY_DIMS = {
    1: ("nearest", "nearest-exact", "linear", "area"),
    2: ("nearest", "nearest-exact", "bilinear", "bicubic", "area"),
    3: ("nearest", "nearest-exact", "trilinear", "area"),
}
_AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """The tensor with other sizes of its last dimensions, by interpolation.

    Args:
        input: shape (N, C, *size), with one to three dimensions of size.
        size: the new sizes, or
        scale_factor: their ratios to the old ones.
        mode: "nearest", "nearest-exact", "area", and by the number of dimensions "linear", "bilinear", "bicubic" or
            "trilinear".
        align_corners: the outermost elements keep their places; else elements are squares that fill the same area.
        recompute_scale_factor: use the ratio of the sizes, which are whole numbers, in place of the factor given.
        antialias: average over as much as an element of the result covers, for "bilinear" and "bicubic".

    Raises:
        ValueError: options that exclude each other, or do not fit the dimensions.
        NotImplementedError: no such mode for this number of dimensions.

    >>> import tapegrad as torch
    >>> torch.nn.functional.interpolate(torch.tensor([[[1.0, 3.0]]]), scale_factor=2, mode="linear")
    tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    """
    if align_corners is not None and mode not in _SMOOTH:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    align = bool(align_corners)
    dims = input.dim() - 2
    sizes = list(input.shape[2:])
    out, factors = _sizes(input, sizes, size, scale_factor, dims)
    if recompute_scale_factor is not None and recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if mode == "area" and out is None:
        recompute_scale_factor = True
    if out is None:
        assert factors is not None
        out = [math.floor(float(n * f)) for n, f in zip(sizes, factors, strict=True)]
        if recompute_scale_factor:
            factors = None
    if antialias and not (mode in ("bilinear", "bicubic") and input.ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input"
        )
    _check_mode(input, mode, dims)
    if min(out) < 1 or min(sizes) < 1:
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input (size: {sizes}) output (size: {out})"
        )
    if mode == "area":
        return _AREA[dims](input, out)
    scales: list[float | None] = [None] * dims if factors is None else list(factors)
    return upsampled(input, tuple(out), mode, align, scales, antialias)


def _sizes(
    x: Tensor, sizes: list[int], size: Any, factor: Any, dims: int
) -> tuple[list[int] | None, list[float] | None]:
    """The sizes asked for, or the factors."""
    if size is not None and factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None:
        if isinstance(size, (list, tuple)):
            if len(size) != dims:
                raise ValueError(
                    "Input and output must have the same number of spatial dimensions, but got input with spatial"
                    f" dimensions of {sizes} and output size of {size}. Please provide input tensor in (N, C, d1, d2,"
                    " ...,dK) format and output size in (o1, o2, ...,oK) format."
                )
            if not all(isinstance(n, int) for n in size):
                raise TypeError(
                    f"expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got"
                    f" size with types {[type(n) for n in size]}"
                )
            return list(size), None
        return [size] * dims, None
    if isinstance(factor, (list, tuple)):
        if len(factor) != dims:
            raise ValueError(
                "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial"
                f" dimensions of {sizes} and scale_factor of shape {factor}. Please provide input tensor in (N, C, d1,"
                " d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
            )
        return None, [float(f) for f in factor]
    return None, [float(factor)] * dims


def _check_mode(x: Tensor, mode: str, dims: int) -> None:
    if dims in _BY_DIMS and mode in _BY_DIMS[dims]:
        return
    if dims in _BY_DIMS and mode in _SMOOTH:
        needs = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}[mode]
        raise NotImplementedError(f"Got {dims + 2}D input, but {mode} mode needs {needs}D input")
    raise NotImplementedError(
        "Input Error: Only 3D, 4D and 5D input Tensors supported (got"
        f" {x.dim()}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area |"
        f" nearest-exact (got {mode})"
    )


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """The older name of `interpolate`."""
    _warn_old("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The older name of `interpolate` with mode="nearest"."""
    _warn_old("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The older name of `interpolate` with mode="bilinear" and align_corners=True."""
    _warn_old("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def _warn_old(name: str) -> None:
    warnings.warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", UserWarning, stacklevel=3
    )


__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]
