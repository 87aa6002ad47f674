"""The gamma function's kin: lgamma and its derivatives, the incomplete gamma functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import FLOATS, TO_FLOAT, Accepts
from .exponential import exp, log
from .frames import binary, of_tensors, unary
from .in_place import in_place_of
from .lazy import scipy_special
from .op import operator
from .refusal import no_derivative

_psi, _zeta = scipy_special("psi"), scipy_special("zeta")

_gammaln = scipy_special("gammaln")


# Of the series of log Γ(2 + d) in d, from d on: 1 - γ, then (-1)^k (ζ(k) - 1) / k.
_BESIDE_TWO = (
    0.42278433509846713, 0.3224670334241132, -0.0673523010531981, 0.020580808427784546, -0.007385551028673986,
    0.0028905103307415234, -0.001192753911703261, 0.0005096695247430425, -0.00022315475845357939,
    9.945751278180853e-05, -4.492623673813314e-05, 2.050721277567069e-05, -9.439488275268397e-06,
    4.374866789907488e-06, -2.039215753801366e-06, 9.55141213040742e-07, -4.492469198764566e-07,
    2.1207184805554665e-07, -1.0043224823968099e-07, 4.7698101693639804e-08, -2.2711094608943164e-08,
    1.0838659214896955e-08, -5.183475041970047e-09, 2.4836745438024785e-09, -1.1921401405860912e-09,
    5.731367241678862e-10, -2.7595228851242334e-10,
)  # fmt: skip


def _beside_zeros(x: Array) -> Array:
    """log Γ(x) from 1/2 to 5/2: it is zero at 1 and 2, where SciPy's has an absolute error of 1e-16."""
    below = x < 1.5
    d = np.minimum(np.maximum(x - np.where(below, 1.0, 2.0), -0.5), 0.5)
    total = _BESIDE_TWO[-1] * d
    for c in _BESIDE_TWO[-2::-1]:
        total = (total + c) * d
    return np.where(below, total - np.log1p(d), total)


def _lgamma(x: Array) -> Array:
    """log |Γ(x)|; infinite at both infinities."""
    y = np.where(np.isinf(x), math.inf, _gammaln(x))
    if x.dtype.itemsize < 8:  # SciPy computes these in double precision
        return y
    size = np.abs(x)
    y = np.where(size < 1e-300, -np.log(size), y)  # where SciPy's is infinite
    return np.where(np.abs(x - 1.5) < 1, _beside_zeros(x), y)


lgamma = unary(
    "lgamma",
    _lgamma,
    lambda g, x: g * digamma(x),
    kernel=Accepts("lgamma_vml_cpu", TO_FLOAT),
    doc="The logarithm of |Γ(x)|.",
    example=("torch.lgamma(torch.tensor([1.0, 4.0]))", "tensor([0.0000, 1.7918])"),
)


def _digamma(x: Array) -> Array:
    """Γ'(x) / Γ(x): at ±0 the infinities of either side, no value at the other poles."""
    pole = np.where(x == 0, np.copysign(math.inf, -x), math.nan).astype(x.dtype)
    return np.where((x <= 0) & (np.floor(x) == x), pole, _psi(x))


def _trigamma(x: Array) -> Array:
    """The second derivative of lgamma, by its asymptotic series from 6 on, and reflection below 1/2."""
    small = x < 0.5
    y = np.where(small, 1 - x, x)
    total = np.zeros_like(x)
    for _ in range(6):
        total = total + 1 / (y * y)
        y = y + 1
    z = 1 / (y * y)
    total = total + (1 + 1 / (2 * y) + z * (1 / 6 - z * (1 / 30 - z * (1 / 42)))) / y
    sine = np.sin(np.multiply(x, math.pi))
    return np.where(small, math.pi * math.pi / (sine * sine) - total, total)


def zeta_values(a: Array, b: Array) -> Array:
    """The sum of (b + k)^-a over k ≥ 0; torch has no value at b = ∞ and for a < 1."""
    return np.where((b == math.inf) | (a < 1), math.nan, _zeta(a, b))


@operator(node="PolygammaBackward0", pointwise=True)
def polygamma_at(x: Array, /, n: int) -> Array:
    """The (n + 1)-th derivative of lgamma."""
    if n == 0:
        return _digamma(x)
    if n == 1:
        return _trigamma(x)
    sign = 1.0 if n % 2 else -1.0
    factorial = float(math.factorial(n)) if n <= 170 else math.inf
    return sign * factorial * zeta_values(np.full_like(x, n + 1), x)


polygamma_at.with_rules(x=lambda g, x, n: g * polygamma_at(x, n + 1))
polygamma_at.integers, polygamma_at.kernel, polygamma_at.public_name = (
    "float",
    Accepts("polygamma", TO_FLOAT),
    "polygamma",
)
_polygamma_written = polygamma_at.twin("in place", node="PolygammaBackward1")

digamma: Any = unary(
    "digamma",
    _digamma,
    lambda g, x: g * polygamma_at(x, 1),
    kernel=Accepts("digamma", TO_FLOAT),
    doc="The derivative of lgamma.",
    example=("torch.digamma(torch.tensor([1.0, 4.0]))", "tensor([-0.5772,  1.2561])"),
)


def _check_order(n: Any) -> int:
    if not isinstance(n, int):
        raise wrong_argument("polygamma", "n", 1, n, "int")
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n. Found: n = {n}.")
    return n


def polygamma(n: int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The (n + 1)-th derivative of lgamma; n = 0 is digamma.

    Raises:
        RuntimeError: n is negative.

    >>> import tapegrad as torch
    >>> torch.polygamma(1, torch.tensor([1.0, 0.5]))
    tensor([1.6449, 4.9348])
    """
    return pointwise.apply(polygamma_at, pointwise.tensors_of("polygamma", input=input), (_check_order(n),), out)


def _polygamma_method(self: Tensor, n: int) -> Tensor:
    """The (n + 1)-th derivative of lgamma."""
    return polygamma(n, self)


def _polygamma_(self: Tensor, n: int) -> Tensor:
    """In-place form of `polygamma`."""
    return pointwise.in_place(_polygamma_written, self, params=(_check_order(n),))


@operator(name="mvlgamma", pointwise=True)
def _mvlgamma(x: Array, /, p: int) -> Array:
    """The logarithm of the multivariate gamma function of dimension p."""
    total = np.zeros_like(x)
    for j in range(p):
        total = total + lgamma.op.forward(x - j / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


@_mvlgamma.rule("x")
def _(g: Any, x: Any, p: Any) -> Any:
    """x ← g·Σ_j digamma(x - j/2), j < p"""
    total = digamma(x)
    for j in range(1, p):
        total = total + digamma(x - j / 2)
    return g * total


_mvlgamma.integers, _mvlgamma.kernel = "float", Accepts("mvlgamma", TO_FLOAT)


def _check_dimension(p: Any) -> int:
    if not isinstance(p, int):
        raise wrong_argument("mvlgamma", "p", 2, p, "int")
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1. Found: p = {p}.")
    return p


def mvlgamma(input: Tensor, p: int, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the multivariate gamma function: p(p-1)/4·log π plus the sum of lgamma(x - j/2), j < p.

    Raises:
        RuntimeError: p is not positive.

    >>> import tapegrad as torch
    >>> torch.mvlgamma(torch.tensor([2.0]), 2)
    tensor([0.4516])
    """
    return pointwise.apply(_mvlgamma, pointwise.tensors_of("mvlgamma", input=input), (_check_dimension(p),), out)


def _mvlgamma_(self: Tensor, p: int) -> Tensor:
    """In-place form of `mvlgamma`."""
    return pointwise.in_place(_mvlgamma, self, params=(_check_dimension(p),))


# -- the incomplete gamma functions -----------------------------------------------------------------------------------

igamma = of_tensors(
    binary(
        "igamma",
        scipy_special("gammainc"),
        a=lambda g: no_derivative("igamma: input"),
        b=lambda g, a, b: g * exp((a - 1) * log(b) - b - lgamma(a)),
        kernel=Accepts("igamma_cpu", FLOATS),
        doc="The lower incomplete gamma function of `other`, of parameter `input`, divided by Γ(input).",
        example=("torch.igamma(torch.tensor([2.0]), torch.tensor([1.0]))", "tensor([0.2642])"),
    )
)
igammac = of_tensors(
    binary(
        "igammac",
        scipy_special("gammaincc"),
        a=lambda g: no_derivative("igammac: input"),
        b=lambda g, a, b: -g * exp((a - 1) * log(b) - b - lgamma(a)),
        kernel=Accepts("igammac_cpu", FLOATS),
        doc="The upper incomplete gamma function of `other`, of parameter `input`, divided by Γ(input).",
        example=("torch.igammac(torch.tensor([2.0]), torch.tensor([1.0]))", "tensor([0.7358])"),
    )
)

METHODS = {
    "digamma": digamma,
    "digamma_": in_place_of(digamma),
    "igamma": igamma,
    "igamma_": in_place_of(igamma),
    "igammac": igammac,
    "igammac_": in_place_of(igammac),
    "lgamma": lgamma,
    "lgamma_": in_place_of(lgamma),
    "mvlgamma": mvlgamma,
    "mvlgamma_": _mvlgamma_,
    "polygamma": _polygamma_method,
    "polygamma_": _polygamma_,
}

__all__ = ["digamma", "igamma", "igammac", "lgamma", "mvlgamma", "polygamma"]
