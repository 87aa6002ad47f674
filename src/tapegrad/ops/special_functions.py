"""Bessel functions and orthogonal polynomials that torch.special has without derivatives.

These are reached through `tapegrad.special` only, which loads this module.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..tensor.dtypes import Array
from .accepts import Accepts
from .bessel import i0_values, i1_values
from .frames import Example, comparison, unary
from .lazy import scipy_special

_PLAIN = "biuf"  # torch computes these in single and double precision only

# -- Bessel functions -------------------------------------------------------------------------------------------------


def _without_infinity(name: str) -> Any:
    """A function of SciPy for which torch has no value at infinity."""
    function = scipy_special(name)

    def forward(x: Array) -> Array:
        return np.where(np.isinf(x), math.nan, function(x))

    return forward


_airy = scipy_special("airy")


def _airy_ai(x: Array) -> Array:
    """Ai(x), which vanishes above 103.892; torch has no value at infinity."""
    y = np.where(np.isinf(x), math.nan, _airy(x)[0])
    return np.where((x > 103.892) & (x < math.inf), np.zeros_like(x), y)


def _spherical_j0(x: Array) -> Array:
    """sin(x)/x, 1 at 0, 0 at infinity."""
    x2 = x * x
    near = 1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42 * (1 - x2 / 72 * (1 - x2 / 110 * (1 - x2 / 156)))))
    return np.where(np.isinf(x), np.zeros_like(x), np.where(np.abs(x) < 0.5, near, np.sin(x) / x))


def _bessel(name: str, forward: Any, doc: str, example: Example) -> Any:
    return unary(name, forward, None, kernel=Accepts(f"{name}_cpu", _PLAIN), doc=doc, example=example)


airy_ai = _bessel(
    "airy_ai",
    _airy_ai,
    "The Airy function Ai.",
    example=("torch.special.airy_ai(torch.tensor([0.5, 1.0]))", "tensor([0.2317, 0.1353])"),
)
bessel_j0 = _bessel(
    "bessel_j0",
    _without_infinity("j0"),
    "The Bessel function of the first kind, of order 0.",
    example=("torch.special.bessel_j0(torch.tensor([0.5, 1.0]))", "tensor([0.9385, 0.7652])"),
)
bessel_j1 = _bessel(
    "bessel_j1",
    _without_infinity("j1"),
    "The Bessel function of the first kind, of order 1.",
    example=("torch.special.bessel_j1(torch.tensor([0.5, 1.0]))", "tensor([0.2423, 0.4401])"),
)
bessel_y0 = _bessel(
    "bessel_y0",
    _without_infinity("y0"),
    "The Bessel function of the second kind, of order 0.",
    example=("torch.special.bessel_y0(torch.tensor([0.5, 1.0]))", "tensor([-0.4445,  0.0883])"),
)
bessel_y1 = _bessel(
    "bessel_y1",
    _without_infinity("y1"),
    "The Bessel function of the second kind, of order 1.",
    example=("torch.special.bessel_y1(torch.tensor([0.5, 1.0]))", "tensor([-1.4715, -0.7812])"),
)
modified_bessel_i0 = _bessel(
    "modified_bessel_i0",
    i0_values,
    "The modified Bessel function of the first kind, of order 0.",
    example=("torch.special.modified_bessel_i0(torch.tensor([0.5, 1.0]))", "tensor([1.0635, 1.2661])"),
)
modified_bessel_i1 = _bessel(
    "modified_bessel_i1",
    i1_values,
    "The modified Bessel function of the first kind, of order 1.",
    example=("torch.special.modified_bessel_i1(torch.tensor([0.5, 1.0]))", "tensor([0.2579, 0.5652])"),
)
modified_bessel_k0 = _bessel(
    "modified_bessel_k0",
    scipy_special("k0"),
    "The modified Bessel function of the second kind, of order 0.",
    example=("torch.special.modified_bessel_k0(torch.tensor([0.5, 1.0]))", "tensor([0.9244, 0.4210])"),
)
modified_bessel_k1 = _bessel(
    "modified_bessel_k1",
    scipy_special("k1"),
    "The modified Bessel function of the second kind, of order 1.",
    example=("torch.special.modified_bessel_k1(torch.tensor([0.5, 1.0]))", "tensor([1.6564, 0.6019])"),
)
scaled_modified_bessel_k0 = _bessel(
    "scaled_modified_bessel_k0",
    scipy_special("k0e"),
    "exp(x) · modified_bessel_k0(x).",
    example=("torch.special.scaled_modified_bessel_k0(torch.tensor([0.5, 1.0]))", "tensor([1.5241, 1.1445])"),
)
scaled_modified_bessel_k1 = _bessel(
    "scaled_modified_bessel_k1",
    scipy_special("k1e"),
    "exp(x) · modified_bessel_k1(x).",
    example=("torch.special.scaled_modified_bessel_k1(torch.tensor([0.5, 1.0]))", "tensor([2.7310, 1.6362])"),
)
spherical_bessel_j0 = _bessel(
    "spherical_bessel_j0",
    _spherical_j0,
    "The spherical Bessel function of the first kind, of order 0.",
    example=("torch.special.spherical_bessel_j0(torch.tensor([0.5, 1.0]))", "tensor([0.9589, 0.8415])"),
)

# -- orthogonal polynomials -------------------------------------------------------------------------------------------

Step = Callable[[Array, Array, Array, int], Array]


def _by_recurrence(second: Callable[[Array], Array], step: Step, limit: dict[str, int] | None = None) -> Any:
    """The forward function of a family of polynomials: P0 = 1, P1 = second(x), P(k+1) = step(x, Pk, P(k-1), k).

    Degrees are rounded towards zero; a negative one gives 0.  Beyond `limit`, by dtype, torch gives NaN.
    """

    def forward(x: Array, n: Array) -> Array:
        degrees = np.where(np.isfinite(n), np.trunc(n), -1)
        known = degrees if limit is None else np.where(degrees > limit[x.dtype.name], -1, degrees)
        before, now = np.ones_like(x), second(x)
        value = np.where(known == 0, before, np.where(known == 1, now, np.zeros_like(x)))
        for k in range(1, int(np.max(all_rows(known), initial=0))):
            before, now = now, step(x, now, before, k)
            value = np.where(known == k + 1, now, value)
        return value if limit is None else np.where(known != degrees, math.nan, value)

    return forward


def _doubled(x: Array, now: Array, before: Array, k: int) -> Array:
    return 2 * x * now - before


def _doubled_shifted(x: Array, now: Array, before: Array, k: int) -> Array:
    return 2 * (2 * x - 1) * now - before


def _hermite_h(x: Array, now: Array, before: Array, k: int) -> Any:
    return 2 * x * now - 2 * k * before


def _hermite_he(x: Array, now: Array, before: Array, k: int) -> Any:
    return x * now - k * before


def _laguerre(x: Array, now: Array, before: Array, k: int) -> Any:
    return ((2 * k + 1 - x) * now - k * before) / (k + 1)


def _legendre(x: Array, now: Array, before: Array, k: int) -> Any:
    return ((2 * k + 1) * x * now - k * before) / (k + 1)


_HERMITE_LIMIT = {"float32": 128, "float64": 512}


def _polynomial(name: str, second: Callable[[Array], Array], step: Step, doc: str, example: Example) -> Any:
    limit = _HERMITE_LIMIT if name.startswith("hermite") else None
    return comparison(
        name,
        _by_recurrence(second, step, limit),
        kernel=Accepts(f"{name}_cpu", _PLAIN),
        doc=f"{doc}  The second argument is the degree.",
        example=example,
        result="same",
        integers="float",
        first_numbers=True,
    )


chebyshev_polynomial_t = _polynomial(
    "chebyshev_polynomial_t",
    lambda x: x,
    _doubled,
    "Chebyshev polynomials of the first kind.",
    example=("torch.special.chebyshev_polynomial_t(torch.tensor([0.5, 1.0]), 3)", "tensor([-1.,  1.])"),
)
chebyshev_polynomial_u = _polynomial(
    "chebyshev_polynomial_u",
    lambda x: 2 * x,
    _doubled,
    "Chebyshev polynomials of the second kind.",
    example=("torch.special.chebyshev_polynomial_u(torch.tensor([0.5, 1.0]), 3)", "tensor([-1.,  4.])"),
)
chebyshev_polynomial_v = _polynomial(
    "chebyshev_polynomial_v",
    lambda x: 2 * x - 1,
    _doubled,
    "Chebyshev polynomials of the third kind.",
    example=("torch.special.chebyshev_polynomial_v(torch.tensor([0.5, 1.0]), 3)", "tensor([-1.,  1.])"),
)
chebyshev_polynomial_w = _polynomial(
    "chebyshev_polynomial_w",
    lambda x: 2 * x + 1,
    _doubled,
    "Chebyshev polynomials of the fourth kind.",
    example=("torch.special.chebyshev_polynomial_w(torch.tensor([0.5, 1.0]), 3)", "tensor([-1.,  7.])"),
)
shifted_chebyshev_polynomial_t = _polynomial(
    "shifted_chebyshev_polynomial_t",
    lambda x: 2 * x - 1,
    _doubled_shifted,
    "Chebyshev polynomials of the first kind, of 2x - 1.",
    example=("torch.special.shifted_chebyshev_polynomial_t(torch.tensor([0.5, 1.0]), 3)", "tensor([-0., 1.])"),
)
shifted_chebyshev_polynomial_u = _polynomial(
    "shifted_chebyshev_polynomial_u",
    lambda x: 2 * (2 * x - 1),
    _doubled_shifted,
    "Chebyshev polynomials of the second kind, of 2x - 1.",
    example=("torch.special.shifted_chebyshev_polynomial_u(torch.tensor([0.5, 1.0]), 3)", "tensor([-0., 4.])"),
)
shifted_chebyshev_polynomial_v = _polynomial(
    "shifted_chebyshev_polynomial_v",
    lambda x: 2 * (2 * x - 1) - 1,
    _doubled_shifted,
    "Chebyshev polynomials of the third kind, of 2x - 1.",
    example=("torch.special.shifted_chebyshev_polynomial_v(torch.tensor([0.5, 1.0]), 3)", "tensor([1., 1.])"),
)
shifted_chebyshev_polynomial_w = _polynomial(
    "shifted_chebyshev_polynomial_w",
    lambda x: 2 * (2 * x - 1) + 1,
    _doubled_shifted,
    "Chebyshev polynomials of the fourth kind, of 2x - 1.",
    example=("torch.special.shifted_chebyshev_polynomial_w(torch.tensor([0.5, 1.0]), 3)", "tensor([-1.,  7.])"),
)
hermite_polynomial_h = _polynomial(
    "hermite_polynomial_h",
    lambda x: 2 * x,
    _hermite_h,
    "The physicists' Hermite polynomials.",
    example=("torch.special.hermite_polynomial_h(torch.tensor([0.5, 1.0]), 3)", "tensor([-5., -4.])"),
)
hermite_polynomial_he = _polynomial(
    "hermite_polynomial_he",
    lambda x: x,
    _hermite_he,
    "The probabilists' Hermite polynomials.",
    example=("torch.special.hermite_polynomial_he(torch.tensor([0.5, 1.0]), 3)", "tensor([-1.3750, -2.0000])"),
)
laguerre_polynomial_l = _polynomial(
    "laguerre_polynomial_l",
    lambda x: 1 - x,
    _laguerre,
    "Laguerre polynomials.",
    example=("torch.special.laguerre_polynomial_l(torch.tensor([0.5, 1.0]), 3)", "tensor([-0.1458, -0.6667])"),
)
legendre_polynomial_p = _polynomial(
    "legendre_polynomial_p",
    lambda x: x,
    _legendre,
    "Legendre polynomials.",
    example=("torch.special.legendre_polynomial_p(torch.tensor([0.5, 1.0]), 3)", "tensor([-0.4375,  1.0000])"),
)

__all__ = [
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "chebyshev_polynomial_t",
    "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w", "hermite_polynomial_h",
    "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p", "modified_bessel_i0",
    "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1", "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v", "shifted_chebyshev_polynomial_w", "spherical_bessel_j0",
]  # fmt: skip
