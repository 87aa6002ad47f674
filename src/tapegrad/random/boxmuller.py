"""Normal numbers from uniform ones (Box and Muller, 1958), with PyTorch's roundings.

From two uniforms u₁, u₂ in [0, 1) come two independent normals,

    √(−2 log(1 − u₁)) · cos(2π u₂)   and   √(−2 log(1 − u₁)) · sin(2π u₂).

PyTorch fills tensors of 16 elements and more in blocks of 16: the first eight uniforms of a block are the u₁, the other
eight the u₂; the first eight results are the cosines. Fewer elements, and tensors with gaps, get one pair at a time, in
float64, the sine kept for the next call (`serial`).

The float32 kernel of PyTorch on x86 (AVX2) evaluates logarithm, sine and cosine with the polynomials of the Cephes
library, S. L. Moshier, in single precision. Its results differ from correctly rounded ones by a few units in the last
place, and by far more near the zeros of cosine and sine, so the same polynomials are evaluated here with the same
roundings: products that feed a sum are fused (see `fused`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import libm
from .fused import fused32, fused64
from .stream import Stream

Array = np.ndarray[Any, Any]

BLOCK = 16
# Up to so many single normals, a loop in Python is faster than NumPy.
_FEW = 32
# This many blocks at a time: the temporaries of the float32 kernel then stay in the L2 cache.
_BLOCKS_AT_ONCE = 1024

_F = np.float32
_TWO_PI = 2.0 * math.pi


def _single(*values: float) -> list[np.float64]:
    """Constants of a single-precision kernel, rounded to float32 and kept as float64."""
    return [np.float64(_F(value)) for value in values]


# Cephes logf: log(1 + x) = x − x²/2 + x³ P(x) on √½ ≤ 1 + x < √2, and log 2 in two parts.
_LOG = _single(
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
_LOG2_HIGH, _LOG2_LOW = np.float64(0.693359375), _F(-2.12194440e-4)
_SQRT_HALF = _F(0.707106781186547524)

# Cephes cosf and sinf on |x| ≤ π/4: 1 − x²/2 + x⁴ C(x²) and x + x³ S(x²). Each row has a coefficient of both.
_COS_SIN = [
    np.array(_single(cosine, sine)).reshape(2, 1)
    for cosine, sine in (
        (2.443315711809948e-5, -1.9515295891e-4),
        (-1.388731625493765e-3, 8.3321608736e-3),
        (4.166664568298827e-2, -1.6666654611e-1),
    )
]
# −π/4 in three parts for the reduction of the argument, and the signs of cosine and sine in each quadrant.
_MINUS_QUARTER_PI = _single(-0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8)
_FOUR_OVER_PI = _F(1.27323954473516)
_SIGNS = np.array([[1, -1, -1, 1], [1, 1, -1, -1]], np.float32)


def _polynomial(x: Array, coefficients: list[Any], narrow: Array) -> None:
    """Evaluate a polynomial by Horner's rule with fused multiply-adds in single precision, into `narrow`.

    A fused step is a product and a sum in float64, where the product is exact, rounded to float32 by passing through
    `narrow`. (The sum is thus rounded twice, which matters to one operand in 2²⁹.)

    Args:
        x: float64 holding float32 values
        coefficients: float64 holding float32 values, that of the highest power first
        narrow: float32, of the shape of the result
    """
    y = x * coefficients[0]
    y += coefficients[1]
    for coefficient in coefficients[2:]:
        narrow[...] = y
        y[...] = narrow
        y *= x
        y += coefficient
    narrow[...] = y


def _log32(x: Array) -> Array:
    """Natural logarithm of float32 `x` in (0, 1], normal numbers only."""
    # x = m · 2^e with √½ ≤ m < √2, then x ← m − 1.
    x, integer_exponent = np.frexp(x)
    exponent = integer_exponent.astype(np.float32)
    small = x < _SQRT_HALF
    exponent -= small
    x += x * small
    x -= _F(1)
    square = x * x
    y = np.empty_like(x)
    _polynomial(x.astype(np.float64), _LOG, y)
    y *= x
    y = fused32(square.astype(np.float64), y, exponent * _LOG2_LOW)
    square *= _F(0.5)
    y -= square
    x += y
    return fused32(exponent, _LOG2_HIGH, x)


def _cos_sin32(angle: Array) -> Array:
    """Cosine and sine, in two rows, of the row of float32 `angle` in [0, 2π]."""
    # The multiple of π/2 nearest to the angle, counted in quarters of π, is taken off in three steps.
    octant = (angle * _FOUR_OVER_PI).astype(np.int32)
    octant += 1
    octant &= -2
    quarters = octant.astype(np.float64)
    x = angle
    for part in _MINUS_QUARTER_PI:
        x = fused32(quarters, part, x)

    # Rows: cosine, sine. The last step of each polynomial multiplies by x² and x.
    narrow = np.empty((2, len(x)), np.float32)
    last_factor = np.empty((2, len(x)))
    rest = np.empty_like(narrow)
    square = x * x
    last_factor[0] = square
    last_factor[1] = x
    np.multiply(square, _F(-0.5), out=rest[0])
    rest[1] = x
    _polynomial(last_factor[:1], _COS_SIN, narrow)
    narrow *= square
    both = fused32(last_factor, narrow, rest)
    both[0] += _F(1)

    # In every second quadrant the two change places.
    octant >>= 1
    octant &= 3
    result = np.where(octant & 1, both[::-1], both)
    result *= _SIGNS[:, octant]
    return result


def _blocks32(uniform: Array, mean: float, std: float) -> None:
    """Turn float32 uniforms of shape (blocks, 16) into normals, in place."""
    for start in range(0, len(uniform), _BLOCKS_AT_ONCE):
        pairs = uniform[start : start + _BLOCKS_AT_ONCE].reshape(-1, 2, 8).transpose(1, 0, 2)
        first, second = pairs.reshape(2, -1)
        radius = np.sqrt(_F(-2) * _log32(_F(1) - first))
        normals = _cos_sin32(_F(_TWO_PI) * second)
        normals *= radius
        if std == 1.0:
            normals += _F(mean)
        else:
            normals = fused32(normals, np.float64(_F(std)), _F(mean))
        pairs[...] = normals.reshape(pairs.shape)


def _blocks64(uniform: Array, mean: float, std: float) -> None:
    """Turn float64 uniforms of shape (blocks, 16) into normals, in place."""
    radius = np.sqrt(-2.0 * libm.log(1.0 - uniform[:, :8], exact=True))
    angle = _TWO_PI * uniform[:, 8:]
    uniform[:, :8] = fused64(radius * libm.cos(angle), std, mean)
    uniform[:, 8:] = fused64(radius * libm.sin(angle), std, mean)


def blocks(uniform: Array, mean: float, std: float) -> None:
    """Turn uniforms in [0, 1) into normals, in place.

    Args:
        uniform: float32 or float64 of shape (blocks, 16), C-contiguous.
        mean: added to every normal
        std: standard deviation, ≥ 0
    """
    (_blocks32 if uniform.dtype == np.float32 else _blocks64)(uniform, mean, std)


def serial(stream: Stream, count: int) -> Array | list[float]:
    """Standard normals the way torch draws them one at a time, cosine and sine in turn.

    Args:
        count: even
    """
    if count > _FEW:
        uniform = stream.uniform64(count)
        radius = np.sqrt(-2.0 * libm.log1p(-uniform[1::2], exact=True))
        angle = _TWO_PI * uniform[0::2]
        return np.stack([radius * libm.cos(angle), radius * libm.sin(angle)], axis=1).ravel()
    words = stream.words(2 * count).tolist()
    normals: list[float] = []
    for i in range(0, 2 * count, 4):
        first = ((words[i] & 0x1FFFFF) << 32 | words[i + 1]) * 2.0**-53
        second = ((words[i + 2] & 0x1FFFFF) << 32 | words[i + 3]) * 2.0**-53
        length = math.sqrt(-2.0 * math.log1p(-second))
        normals += (length * math.cos(_TWO_PI * first), length * math.sin(_TWO_PI * first))
    return normals
