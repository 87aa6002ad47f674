"""The functions whose accuracy is measured, with their exact values by mpmath."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mpmath import mp, mpf

from .arguments import Domain

INF = float("inf")


@dataclass(frozen=True)
class Function:
    """One function.

    Attributes:
        name: torch's.
        call: calls it, as (library, *tensors).
        exact: the exact value, of mpmath's numbers.
        domains: where it is tried, one for each argument.
        floor: of a function that oscillates: where it is smaller than this, errors count in units at this.
    """

    name: str
    call: Callable[..., Any]
    exact: Callable[..., Any]
    domains: tuple[Domain, ...]
    floor: float = 0.0


def _at(path: str) -> Callable[..., Any]:
    """The function under a dotted name of a library."""

    def call(library: Any, *tensors: Any) -> Any:
        return functools.reduce(getattr, path.split("."), library)(*tensors)

    return call


def _ndtr(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def _ndtri(p: Any) -> Any:
    """The root of ndtr(x) = p, by Newton's method on logarithms, which converges from anywhere on its side."""
    if p == 0.5:
        return mpf(0)
    if p > 0.5:
        return -_ndtri(1 - p)
    x = -mp.sqrt(-2 * mp.log(p))
    for _ in range(60):
        tail = _ndtr(x)
        step = mp.log(tail / p) * tail * mp.sqrt(2 * mp.pi) * mp.exp(x * x / 2)
        x -= step
        if abs(step) < abs(x) * mpf(10) ** -40:
            break
    return x


def _log_ndtr(x: Any) -> Any:
    return mp.log1p(-_ndtr(-x)) if x > 0 else mp.log(_ndtr(x))


def _sinc(x: Any) -> Any:
    return mpf(1) if x == 0 else mp.sinpi(x) / (mp.pi * x)


def _spherical_j0(x: Any) -> Any:
    return mpf(1) if x == 0 else mp.sin(x) / x


def _xlogy(x: Any, y: Any) -> Any:
    return mpf(0) if x == 0 else x * mp.log(y)


def _mvlgamma(x: Any, p: int = 3) -> Any:
    return mpf(p * (p - 1)) / 4 * mp.log(mp.pi) + sum(mp.loggamma(x - mpf(j) / 2) for j in range(p))


def _logaddexp(base: Any, a: Any, b: Any) -> Any:
    high, low = max(a, b), min(a, b)
    return high + mp.log1p(mp.power(base, low - high)) / mp.log(base)


def _gelu(x: Any) -> Any:
    return x * _ndtr(x)


def _chebyshev(n: Any, x: Any, first: Any, second: Any) -> Any:
    """The recurrence that all kinds of Chebyshev's polynomials share."""
    before, now = first, second
    if n == 0:
        return before
    for _ in range(int(n) - 1):
        before, now = now, 2 * x * now - before
    return now


def _hermite(x: Any, n: Any, factor: int) -> Any:
    before, now = mpf(0), mpf(1)
    for k in range(int(n)):
        before, now = now, factor * (x * now - k * before)
    return now


def _h(x: Any, n: Any) -> Any:
    return _hermite(x, n, 2)


def _he(x: Any, n: Any) -> Any:
    return _hermite(x, n, 1)


def _shifted(exact: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, n: exact(2 * x - 1, n)


def _t(x: Any, n: Any) -> Any:
    return _chebyshev(n, x, mpf(1), x)


def _u(x: Any, n: Any) -> Any:
    return _chebyshev(n, x, mpf(1), 2 * x)


def _v(x: Any, n: Any) -> Any:
    return _chebyshev(n, x, mpf(1), 2 * x - 1)


def _w(x: Any, n: Any) -> Any:
    return _chebyshev(n, x, mpf(1), 2 * x + 1)


def _one(
    path: str, exact: Callable[..., Any], low: float = -INF, high: float = INF, *near: float, floor: float = 0.0
) -> Function:
    return Function(path, _at(path), exact, (Domain(low, high, near),), floor)


def _two(path: str, exact: Callable[..., Any], first: Domain, second: Domain) -> Function:
    return Function(path, _at(path), exact, (first, second))


_PI = 3.141592653589793
_ANGLES = tuple(k * _PI / 2 for k in (-5, -2, -1, 1, 2, 3, 10, 1000))
_TURNED = 1e15  # sines of larger angles are asked for by nobody

ELEMENTARY = [
    _one("exp", mp.exp, -750, 710, 88, -104),
    _one("exp2", lambda x: mp.power(2, x), -1080, 1024, 128, -150),
    _one("expm1", mp.expm1, -750, 710, 0, 88),
    _one("log", mp.log, 0, INF, 1),
    _one("log2", lambda x: mp.log(x) / mp.log(2), 0, INF, 1),
    _one("log10", lambda x: mp.log(x) / mp.log(10), 0, INF, 1),
    _one("log1p", mp.log1p, -1, INF, 0),
    _one("sqrt", mp.sqrt, 0, INF),
    _one("rsqrt", lambda x: 1 / mp.sqrt(x), 0, INF),
    _one("sin", mp.sin, -_TURNED, _TURNED, *_ANGLES),
    _one("cos", mp.cos, -_TURNED, _TURNED, *_ANGLES),
    _one("tan", mp.tan, -_TURNED, _TURNED, *_ANGLES),
    _one("asin", mp.asin, -1, 1, 0.5),
    _one("acos", mp.acos, -1, 1, 0.5),
    _one("atan", mp.atan, -INF, INF, 1),
    _one("sinh", mp.sinh, -711, 711, 0, 89),
    _one("cosh", mp.cosh, -711, 711, 0, 89),
    _one("tanh", mp.tanh, -INF, INF, 0, 20),
    _one("asinh", mp.asinh, -INF, INF, 0, 1),
    _one("acosh", mp.acosh, 1, INF),
    _one("atanh", mp.atanh, -1, 1, 0),
    _one("sinc", _sinc, -1e3, 1e3, 1, 2, 100, floor=0.01),
    _two("atan2", mp.atan2, Domain(-INF, INF), Domain(-INF, INF)),
    _two("hypot", mp.hypot, Domain(-INF, INF), Domain(-INF, INF)),
    _two("pow", mp.power, Domain(0, INF, (1,)), Domain(-100, 100, (0.5,))),
    _two("logaddexp", functools.partial(_logaddexp, mp.e), Domain(-800, 800), Domain(-800, 800)),
    _two("logaddexp2", functools.partial(_logaddexp, 2), Domain(-800, 800), Domain(-800, 800)),
    _two("xlogy", _xlogy, Domain(-1e6, 1e6), Domain(0, INF, (1,))),
    _two("special.xlog1py", lambda x, y: x * mp.log1p(y), Domain(-1e6, 1e6), Domain(-1, INF, (0,))),
    _one("special.entr", lambda x: -_xlogy(x, x), 0, 1e30, 1),
]

ACTIVATIONS = [
    _one("sigmoid", lambda x: 1 / (1 + mp.exp(-x)), -740, INF, 0, -88, 40),
    _one("logit", lambda x: mp.log(x / (1 - x)), 0, 1, 0.5),
    _one("nn.functional.logsigmoid", lambda x: -mp.log1p(mp.exp(-x)), -INF, 700, 0),
    _one("nn.functional.softplus", lambda x: mp.log1p(mp.exp(x)) if x <= 20 else x, -740, INF, 0, 20),
    _one("nn.functional.silu", lambda x: x / (1 + mp.exp(-x)), -700, INF, 0),
    _one("nn.functional.gelu", _gelu, -37, INF, 0),
    _one("nn.functional.mish", lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), -700, 1e6, 0),
]

PROBABILITY = [
    _one("erf", mp.erf, -INF, INF, 0, 1, 6),
    _one("erfc", mp.erfc, -10, 27, 0, 1, 9),
    _one("erfinv", mp.erfinv, -1, 1, 0, 0.7, -0.7),
    _one("special.erfcx", lambda x: mp.exp(x * x) * mp.erfc(x), -26, 1e8, 0, 1, 50),
    _one("special.ndtr", _ndtr, -38, 10, 0),
    _one("special.ndtri", _ndtri, 0, 1, 0.5, 0.1353352832366127),
    _one("special.log_ndtr", _log_ndtr, -1e6, 38, 0, -1, 5),
]

GAMMA = [
    _one("lgamma", lambda x: mp.re(mp.loggamma(x)), 0, 1e300, 1, 2, 13),
    Function("lgamma of negative numbers", _at("lgamma"), lambda x: mp.re(mp.loggamma(x)),
             (Domain(-50, 0, (-1, -2, -2.4570247382208006)),), 0.1),
    _one("digamma", mp.digamma, 0, 1e300, 1.4616321449683622, 6, floor=0.1),
    Function("digamma of negative numbers", _at("digamma"), mp.digamma,
             (Domain(-50, 0, (-0.5040830082644554, -1.5734984731623905)),), 0.1),
    Function("polygamma(1, x)", lambda t, x: t.polygamma(1, x), lambda x: mp.polygamma(1, x),
             (Domain(-20, 1e15, (0, -1, 1), 1e-100),)),
    Function("polygamma(2, x)", lambda t, x: t.polygamma(2, x), lambda x: mp.polygamma(2, x),
             (Domain(0, 1e15, (1,), 1e-10),)),
    Function("mvlgamma(x, 3)", lambda t, x: t.mvlgamma(x, 3), _mvlgamma, (Domain(1.001, 1e15, (2, 1.5)),)),
    _two("special.gammainc", lambda a, x: mp.gammainc(a, 0, x, regularized=True),
         Domain(1e-3, 300, (1, 20), 1e-3), Domain(1e-6, 400, (1, 20), 1e-6)),
    _two("special.gammaincc", lambda a, x: mp.gammainc(a, x, regularized=True),
         Domain(1e-3, 300, (1, 20), 1e-3), Domain(1e-6, 400, (1, 20), 1e-6)),
    _two("special.zeta", mp.zeta, Domain(1.0001, 50, (2,), 1), Domain(1e-3, 1e3, (1,), 1e-3)),
]  # fmt: skip

_J0 = (2.404825557695773, 5.520078110286311)
_J1 = (3.8317059702075125, 7.015586669815619)
_Y0 = (0.8935769662791676, 3.957678419314858)
_Y1 = (2.197141326031017, 5.429681040794135)
BESSEL = [
    _one("special.bessel_j0", lambda x: mp.besselj(0, x), -1e4, 1e4, 5, *_J0, floor=0.01),
    _one("special.bessel_j1", lambda x: mp.besselj(1, x), -1e4, 1e4, 5, *_J1, floor=0.01),
    _one("special.bessel_y0", lambda x: mp.bessely(0, x), 0, 1e4, 5, *_Y0, floor=0.01),
    _one("special.bessel_y1", lambda x: mp.bessely(1, x), 0, 1e4, 5, *_Y1, floor=0.01),
    _one("special.i0", lambda x: mp.besseli(0, x), -700, 700, 8),
    _one("special.i0e", lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), -1e4, 1e4, 8),
    _one("special.i1", lambda x: mp.besseli(1, x), -700, 700, 8),
    _one("special.i1e", lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), -1e4, 1e4, 8),
    _one("special.modified_bessel_k0", lambda x: mp.besselk(0, x), 0, 700, 2),
    _one("special.modified_bessel_k1", lambda x: mp.besselk(1, x), 0, 700, 2),
    _one("special.scaled_modified_bessel_k0", lambda x: mp.besselk(0, x) * mp.exp(x), 0, 1e4, 2),
    _one("special.scaled_modified_bessel_k1", lambda x: mp.besselk(1, x) * mp.exp(x), 0, 1e4, 2),
    _one("special.airy_ai", mp.airyai, -1000, 100, -2.338107410459767, 2.09, floor=0.01),
    _one("special.spherical_bessel_j0", _spherical_j0, -1e2, 1e2, 0.5, _PI, floor=0.01),
]

_DEGREES = Domain(0, 24, whole=True)
_UNIT = Domain(-1, 1, (0.5,), 1e-5)


def _polynomial(name: str, exact: Callable[..., Any], domain: Domain = _UNIT) -> Function:
    return Function(f"special.{name}", _at(f"special.{name}"), exact, (domain, _DEGREES), 0.1)


def _steep(name: str, exact: Callable[..., Any]) -> Function:
    """A polynomial whose values grow with its degree, so that only small ones have a common scale."""
    domains = (_UNIT, Domain(0, 8, whole=True))
    return Function(f"special.{name}", _at(f"special.{name}"), exact, domains, 10.0)


POLYNOMIALS = [
    *[_polynomial(f"chebyshev_polynomial_{k}", f) for k, f in zip("tuvw", (_t, _u, _v, _w), strict=True)],
    *[
        _polynomial(f"shifted_chebyshev_polynomial_{k}", _shifted(f), Domain(0, 1, (0.5,), 1e-5))
        for k, f in zip("tuvw", (_t, _u, _v, _w), strict=True)
    ],
    _steep("hermite_polynomial_h", _h),
    _steep("hermite_polynomial_he", _he),
    _polynomial("laguerre_polynomial_l", lambda x, n: mp.laguerre(n, 0, x), Domain(0, 40, (1,), 1e-5)),
    _polynomial("legendre_polynomial_p", lambda x, n: mp.legendre(n, x)),
]

FAMILIES = {
    "Elementary functions": ELEMENTARY,
    "Activations": ACTIVATIONS,
    "Probability": PROBABILITY,
    "Gamma functions": GAMMA,
    "Bessel functions": BESSEL,
    "Polynomials, of degree 0 to 24; of Hermite, to 8": POLYNOMIALS,
}
