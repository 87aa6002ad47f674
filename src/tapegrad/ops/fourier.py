"""The discrete Fourier transform: complex to complex, real to complex, complex to real.

All of `torch.fft` is composed of the three records below, as in torch.  They are linear, and the gradient of each is
another of them: that of a complex transform is the transform in the other direction, of the same scale.

A real signal of n elements has a spectrum with conjugate symmetry, of which only the first n // 2 + 1 elements are kept
("one-sided").  All of them but the first (and the last, if n is even) stand for two, which is where the factors 2 and
1/2 in the gradients come from.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..tensor.dtypes import Array
from .op import operator
from .vocabulary import real_part

Ints = tuple[int, ...]

# How a transform is scaled, as torch's nodes show it: not at all, by 1/√n, by 1/n; and what NumPy calls this.
UNSCALED: Final = 0
BY_ROOT: Final = 1
BY_SIZE: Final = 2
_FORWARD: Final = ("backward", "ortho", "forward")
_INVERSE: Final = ("forward", "ortho", "backward")


def _arranged(x: Any, dim: Ints, last: bool) -> tuple[Any, Ints, Ints]:
    """The array as a transform is computed: the dimensions over which it goes last, the others as they lie in memory.

    It decides the strides of the result, which are torch's.

    Args:
        last: the last of `dim` has to stay the last.

    Returns:
        The array, its dimensions of the transform, and the order that undoes the rearrangement.
    """
    strides, every = x.strides, tuple(range(x.ndim))
    given = (dim[:-1], dim[-1:]) if last else (dim, ())
    inside = sorted(given[0], key=lambda d: -strides[d])
    batch = sorted(set(every) - set(dim), key=lambda d: -strides[d])
    order = (*batch, *inside, *given[1])
    x = x.transpose(order)
    steps = [strides[d] for d in order]
    if steps != sorted(steps, reverse=True):
        x = x.copy()  # NumPy's result lies in memory as its argument does
    return x, every[len(batch) :], tuple(sorted(every, key=order.__getitem__))


@operator(name="fft_c2c", node="FftC2CBackward0")
def fft_c2c(x: Array, /, dim: Ints, normalization: int, forwards: bool) -> Array:
    """The transform of complex numbers over the dimensions `dim`."""
    if not dim:
        return x.copy()
    x, axes, back = _arranged(x, dim, False)
    transform: Any = np.fft.fftn if forwards else np.fft.ifftn
    norm = (_FORWARD if forwards else _INVERSE)[normalization]
    return transform(x, axes=axes, norm=norm).transpose(back)


@operator(name="fft_r2c", node="FftR2CBackward0")
def fft_r2c(x: Array, /, dim: Ints, normalization: int, onesided: bool) -> Array:
    """The transform of real numbers over the dimensions `dim`; one-sided in the last of them."""
    x, axes, back = _arranged(x, dim, onesided)
    transform: Any = np.fft.rfftn if onesided else np.fft.fftn
    return transform(x, axes=axes, norm=_FORWARD[normalization]).transpose(back)


@operator(name="fft_c2r", node="FftC2RBackward0")
def fft_c2r(x: Array, /, dim: Ints, normalization: int, last_size: int) -> Array:
    """The inverse transform of a spectrum that is one-sided in the last of the dimensions `dim`, which is real."""
    x, axes, back = _arranged(x, dim, True)
    sizes = (*[x.shape[axis] for axis in axes[:-1]], last_size)
    transform: Any = np.fft.irfftn
    return transform(x, sizes, axes, _INVERSE[normalization]).transpose(back)


@operator(name="fft_interior", node="FftInteriorBackward0")
def fft_interior(x: Array, /, dim: int, size: int, factor: float) -> Array:
    """A one-sided spectrum of a signal of `size` elements, with what stands for two of its elements times a factor."""
    weights = np.full(x.shape[dim], factor, x.real.dtype)
    weights[0] = 1
    if size % 2 == 0:
        weights[-1] = 1
    return x * weights.reshape(-1, *[1] * (x.ndim - dim - 1))


@fft_r2c.rule("x")
def _(g: Any, x_shape: Ints, dim: Ints, normalization: int, onesided: bool) -> Any:
    """x ← real(fft(g)); of a half spectrum irfft(g), the columns that stand for two halved"""
    if not onesided:
        return real_part(fft_c2c(g, dim, normalization, False))
    size = x_shape[dim[-1]]
    return fft_c2r(fft_interior(g, dim[-1], size, 0.5), dim, normalization, size)


@fft_c2r.rule("x")
def _(g: Any, dim: Ints, normalization: int, last_size: int) -> Any:
    return fft_interior(fft_r2c(g, dim, normalization, True), dim[-1], last_size, 2.0)


fft_c2c.with_rules(x=lambda g, dim, normalization, forwards: fft_c2c(g, dim, normalization, not forwards))
fft_interior.with_rules(x=lambda g, dim, size, factor: fft_interior(g, dim, size, factor))

for _record in (fft_c2c, fft_r2c, fft_c2r, fft_interior):
    _record.linear_in("x")

METHODS: dict[str, Any] = {}

__all__: list[str] = []
