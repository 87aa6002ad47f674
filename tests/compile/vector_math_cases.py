"""What the functions of `tapegrad.compile.vector_math` are measured against, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import numba
import numpy as np
from mpmath import mp
from scipy import special

from tapegrad.compile.vector_math import FUNCTIONS

Array = np.ndarray[Any, Any]
DIGITS = 50
BITS = {"float32": np.uint32, "float64": np.uint64}
HALF_PI = mpmath.workdps(400)(lambda: +mp.pi / 2)()


def alike(x: Array, rng: np.random.Generator) -> Array:
    """Numbers a little smaller than x."""
    return x * rng.uniform(0.8, 1.0, x.size)


def exponents(x: Array, rng: np.random.Generator) -> Array:
    """Powers to which x is about a finite number of float64."""
    with np.errstate(divide="ignore"):
        return np.nan_to_num(rng.uniform(-1080, 1030, x.size) / np.log2(x.astype(np.float64)))


@dataclass(frozen=True)
class Case:
    """A function's exact values, the interval they are asked for, where it matters most, and where its parts meet."""

    exact: Callable[..., Any]
    low: float = -np.inf  # beyond, results are 0, infinite or NaN
    high: float = np.inf
    centre: float = 4.0  # half of the arguments are smaller than this
    edges: tuple[float, ...] = ()
    second: Callable[[Array, np.random.Generator], Array] | None = None  # for some: arguments that suit the first

    @property
    def arity(self) -> int:
        """How many arguments."""
        return 1 if self.second is None else 2

    def arguments(self, dtype: str, count: int, seed: int = 0) -> tuple[Array, ...]:
        """About `count` finite numbers: of all magnitudes, near 0, and next to where the function's parts meet."""
        rng = np.random.default_rng(seed)
        x = self.spread(dtype, count, rng)
        if self.second is None:
            near = np.concatenate([neighbours(edge, dtype) for edge in (0.0, 1.0, *self.edges)])
            return (self.within(np.concatenate([x, near, -near])),)
        y = self.spread(dtype, count, rng)
        with np.errstate(over="ignore"):
            suiting = self.second(x[: count // 2], rng).astype(dtype)
        y[: count // 2] = np.where(np.isfinite(suiting), suiting, 1.0)
        return x, y

    def spread(self, dtype: str, count: int, rng: np.random.Generator) -> Array:
        """Half of them random bits, which is all magnitudes; half even in an interval around 0."""
        bits = rng.integers(0, np.iinfo(BITS[dtype]).max, 16 * count, BITS[dtype], endpoint=True).view(dtype)
        bits = self.within(bits)[: count // 2]
        even = rng.uniform(max(self.low, -self.centre), min(self.high, self.centre), count - bits.size).astype(dtype)
        return rng.permutation(np.concatenate([bits, even]))

    def within(self, x: Array) -> Array:
        """Those that are in the interval."""
        finite = x[np.isfinite(x)]
        wide = finite.astype(np.float64)
        return finite[(wide >= self.low) & (wide <= self.high)]


def neighbours(x: float, dtype: str, count: int = 4) -> Array:
    """The numbers around x."""
    middle = np.array(x, dtype)
    if x == 0:
        return np.arange(count, dtype=BITS[dtype]).view(dtype)
    return (middle.view(BITS[dtype]) + np.arange(-count, count).astype(BITS[dtype])).view(dtype)


def near_multiples(count: int) -> tuple[float, ...]:
    """The float32 and float64 numbers next to multiples of π/2, small and large: most digits of the sine cancel."""
    multiples = [*range(1, count), *(3 * 7**k for k in range(3, 40)), *(2**k for k in range(7, 120))]
    return tuple(kind(HALF_PI * k).item() for k in multiples for kind in (lambda v: np.float64(float(v)), np.float32))


TURNS = (2.0**30, 2.0**17, *near_multiples(40))
OVERFLOW, UNDERFLOW = 709.782712893384, -745.1332191019412
OVERFLOW_SINGLE, UNDERFLOW_SINGLE = 88.72284, -103.97208
CASES = {
    "exp": Case(mp.exp, -800, 720, 30, (OVERFLOW, UNDERFLOW, OVERFLOW_SINGLE, UNDERFLOW_SINGLE, -708.4, -87.4, 0.3465)),
    "exp2": Case(lambda x: mp.mpf(2) ** x, -1100, 1030, 30, (1024, -1075, -1022, 128, -126, -149, 0.5)),
    "expm1": Case(mp.expm1, -800, 720, 3, (OVERFLOW, OVERFLOW_SINGLE, 0.3465, -0.3465, -37.5, -17.3)),
    "expit": Case(lambda x: 1 / (1 + mp.exp(-x)), -800, 800, 20, (UNDERFLOW, UNDERFLOW_SINGLE, 709, 88)),
    "sinh": Case(mp.sinh, -720, 720, 3, (710.4758600739439, 89.41598)),
    "cosh": Case(mp.cosh, -720, 720, 3, (710.4758600739439, 89.41598)),
    "tanh": Case(mp.tanh, -800, 800, 3, (0.17, 9.01, 19.06, 22)),
    "log": Case(mp.log, 5e-324, np.inf, 4, (0.5**0.5, 2**0.5)),
    "log2": Case(lambda x: mp.log(x) / mp.log(2), 5e-324, np.inf, 4, (0.5**0.5, 2**0.5, 2, 8, 1024)),
    "log10": Case(mp.log10, 5e-324, np.inf, 4, (0.5**0.5, 2**0.5, 10, 100, 1000)),
    "log1p": Case(mp.log1p, np.nextafter(-1.0, 0), np.inf, 1.5, (0.5**0.5 - 1, 2**0.5 - 1, 2.0**30, 2.0**60)),
    "arcsinh": Case(mp.asinh, edges=(2.0**28, 2.0**13)),
    "arccosh": Case(mp.acosh, 1.0, np.inf, 4, (2.0**28, 2.0**13)),
    "arctanh": Case(mp.atanh, -1.0, 1.0),
    "sin": Case(mp.sin, centre=100.0, edges=TURNS),
    "cos": Case(mp.cos, centre=100.0, edges=TURNS),
    "tan": Case(mp.tan, centre=100.0, edges=TURNS),
    "arcsin": Case(mp.asin, -1.0, 1.0, edges=(0.5,)),
    "arccos": Case(mp.acos, -1.0, 1.0, edges=(0.5,)),
    "arctan": Case(mp.atan, edges=(0.41421356, 2.41421356)),
    "erf": Case(mp.erf, -30, 30, 2, (0.84, 5.9)),
    "erfc": Case(mp.erfc, -30, 28, 5, (0.84, 10.05, 26.54, 27.2)),
    "arctan2": Case(mp.atan2, second=alike),
    "hypot": Case(lambda x, y: mp.sqrt(x * x + y * y), second=alike),
    "power": Case(lambda x, y: x**y, 0.0, second=exponents),
    "logaddexp": Case(lambda a, b: mp.log(mp.exp(a) + mp.exp(b)), 0.0, 1e4, second=alike),
    "logaddexp2": Case(lambda a, b: mp.log(2**a + 2**b) / mp.log(2), 0.0, 1e4, second=alike),
}

# Close to 0, where their two terms cancel, these are as far off as NumPy's; the cases have positive arguments only.
CANCELLING = {"logaddexp", "logaddexp2"}


@cache
def loop(name: str, dtype: str) -> Any:
    """The function over a whole array, compiled."""
    f = FUNCTIONS[name][np.dtype(dtype).type]
    if CASES[name].arity == 2:

        @numba.njit
        def run(x: Array, y: Array, out: Array) -> None:
            for i in range(x.size):
                out[i] = f(x[i], y[i])
    else:

        @numba.njit
        def run(x: Array, out: Array) -> None:
            for i in range(x.size):
                out[i] = f(x[i])

    return run


def applied(name: str, *arguments: Array) -> Array:
    """The function of every element."""
    out = np.empty_like(arguments[0])
    loop(name, arguments[0].dtype.name)(*arguments, out)
    return out


def worst(name: str, dtype: str, count: int, seed: int = 0) -> tuple[float, tuple[float, ...]]:
    """(the largest error in units in the last place of the exact value, where it is)"""
    case, info = CASES[name], np.finfo(dtype)
    arguments = case.arguments(dtype, count, seed)
    results = applied(name, *arguments)
    largest, at = 0.0, (np.nan,)
    with mpmath.workdps(DIGITS), np.errstate(over="ignore"):
        beyond = mp.mpf(2) ** info.maxexp  # an infinite result counts as the first number that is too large
        for result, *point in zip(results, *arguments, strict=True):
            exact = case.exact(*(mp.mpf(float(x)) for x in point))
            exact, found = (max(-beyond, min(beyond, mp.mpf(value))) for value in (exact, float(result)))
            unit = np.spacing(np.minimum(abs(np.dtype(dtype).type(float(exact))), info.max))
            error = np.inf if np.isnan(result) else float(abs(found - exact) / float(unit))
            if error > largest:
                largest, at = error, tuple(map(float, point))
    return largest, at


def reference(name: str) -> Callable[..., Any]:
    """NumPy's or SciPy's ufunc of that name."""
    if name == "expit":  # SciPy's is 0 where the value is subnormal
        return lambda x: np.where(x < -40, np.exp(x), special.expit(x))
    return getattr(np, name, None) or getattr(special, name)


def worst_in_float32(name: str, step: int) -> tuple[float, tuple[float, ...]]:
    """(the largest error among every `step`-th float32 number, where it is), beside NumPy's float64."""
    x = np.arange(0, 2**32, step, dtype=np.uint32).view(np.float32)
    x = x[np.isfinite(x)]
    arguments = (x,) if CASES[name].arity == 1 else (x, np.random.default_rng(0).permutation(x))
    with np.errstate(all="ignore"):
        results = applied(name, *arguments)
        exact = reference(name)(*(a.astype(np.float64) for a in arguments))
        nearest = exact.astype(np.float32)
        errors = abs(results.astype(np.float64) - exact) / np.spacing(abs(nearest))
    right = (results == nearest) & ~np.isfinite(results)  # an overflow
    errors[right | (np.isnan(results) & np.isnan(nearest))] = 0.0
    at = int(np.argmax(np.nan_to_num(errors, nan=np.inf)))
    return float(np.nan_to_num(errors[at], nan=np.inf)), tuple(float(a[at]) for a in arguments)
