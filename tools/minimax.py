"""Write the polynomials of `tapegrad.compile.vector_math`: minimax fits, and constants in parts.

    python tools/minimax.py            writes src/tapegrad/compile/vector_math/coefficients.py
    python tools/minimax.py --errors   prints each fit's largest relative error instead, in units in the last place

Needs mpmath. A fit is found by Remez's exchange algorithm in 60 digits (E. W. Cheney, *Introduction to Approximation
Theory*, 2nd ed., 1982, chapter 3). The first coefficients, whose rounding matters most, are rounded one after the other
and the rest fitted again to what that left (J.-M. Muller, *Elementary Functions*, 3rd ed., 2016, section 4.6).
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mpmath import mp, mpf

mp.dps = 60
FILE = Path(__file__).parent.parent / "src/tapegrad/compile/vector_math/coefficients.py"
PRECISION = {"float64": 53, "float32": 24}
ONE_BY_ONE = 4  # so many coefficients are rounded one after the other

# mpmath has no type hints: these are numbers of 60 digits.
Number = Any
Function = Callable[[Number], Number]


def rounded(value: Number, form: str) -> float:
    """The number of that format nearest to `value`."""
    double = float(value)
    return double if form == "float64" else float(struct.unpack("f", struct.pack("f", double))[0])


def parts(value: Number, count: int, form: str) -> tuple[float, ...]:
    """`value` as a sum of numbers of that format, largest first."""
    result: list[float] = []
    for _ in range(count):
        result.append(rounded(value, form))
        value -= mpf(result[-1])
    return tuple(result)


def horner(coefficients: list[Number], x: Number) -> Number:
    """The polynomial at x, lowest coefficient first."""
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def remez(f: Function, weight: Function, low: Number, high: Number, degree: int) -> list[Number]:
    """The polynomial whose largest `weight(x) * |f(x) - p(x)|` on [low, high] is least, lowest coefficient first."""
    count = degree + 2
    size = 24 * count
    # Close together near the ends, as the extrema are; off the ends by a hair, where f may be 0/0.
    angles = [mp.pi * (i + mpf("1e-3")) / size for i in range(size)]
    grid = [(low + high) / 2 - (high - low) / 2 * mp.cos(angle) for angle in angles]
    weights = [abs(weight(x)) for x in grid]
    targets = [w * f(x) for w, x in zip(weights, grid, strict=True)]
    chosen = [round(i * (size - 1) / (count - 1)) for i in range(count)]
    for _ in range(15):
        rows = [[weights[i] * grid[i] ** k for k in range(degree + 1)] + [(-1) ** n] for n, i in enumerate(chosen)]
        solution = mp.lu_solve(mp.matrix(rows), mp.matrix([targets[i] for i in chosen]))
        coefficients = [solution[k] for k in range(degree + 1)]
        errors = [t - w * horner(coefficients, x) for t, w, x in zip(targets, weights, grid, strict=True)]
        extrema: list[int] = []  # the largest error between two changes of sign
        for i, error in enumerate(errors):
            if not extrema or errors[extrema[-1]] * error < 0:
                extrema.append(i)
            elif abs(error) > abs(errors[extrema[-1]]):
                extrema[-1] = i
        while len(extrema) > count:
            sizes = [abs(errors[i]) for i in extrema]
            least = sizes.index(min(sizes))
            if 0 < least < len(extrema) - 1 and len(extrema) >= count + 2:
                del extrema[least - 1 : least + 1]  # a pair, so that signs go on alternating
            else:
                extrema.pop(0 if sizes[0] < sizes[-1] else -1)
        sizes = [abs(errors[i]) for i in extrema]
        if len(extrema) < count or max(sizes) < min(sizes) * mpf("1.01"):
            break
        chosen = extrema
    return coefficients


@dataclass(frozen=True)
class Fit:
    """A polynomial for `f` on [low, high].

    `weight` says how much the polynomial's absolute error adds to the relative error of the function that it is for.
    """

    about: str
    f: Function
    weight: Function
    low: Number
    high: Number
    degrees: dict[str, int]

    def coefficients(self, form: str) -> tuple[float, ...]:
        """Rounded to the format, lowest first."""
        f, degree = cache(self.f), self.degrees[form]
        done: list[float] = []
        while True:
            fixed, start = [mpf(c) for c in done], len(done)
            rest = remez(
                lambda x, fixed=fixed, start=start: (f(x) - horner(fixed, x)) / x**start,
                lambda x, start=start: self.weight(x) * x**start,
                self.low,
                self.high,
                degree - start,
            )
            if start == min(ONE_BY_ONE, degree):
                return (*done, *(rounded(c, form) for c in rest))
            done.append(rounded(rest[0], form))

    def error(self, form: str, coefficients: tuple[float, ...]) -> float:
        """The function's largest relative error, in units of 2**-p where p is the format's precision."""
        exact = [mpf(c) for c in coefficients]
        grid = [self.low + (self.high - self.low) * (i + mpf("0.5")) / 500 for i in range(500)]
        return float(max(abs(self.weight(x) * (self.f(x) - horner(exact, x))) for x in grid) * 2 ** PRECISION[form])


def odd(name: str, interval: str, f: Function, high: Number, degrees: dict[str, int]) -> Fit:
    """For an odd function with f(x) = x + O(x³), in z = x² up to `high`: f(x) = x + x³·p(x²)."""
    return Fit(
        f"({name}(x)/x - 1)/x² in x², {interval}",
        lambda z: (f(mp.sqrt(z)) / mp.sqrt(z) - 1) / z,
        lambda z: z * mp.sqrt(z) / f(mp.sqrt(z)),
        mpf(0),
        high,
        degrees,
    )


SPLIT = mpf("3.5")  # of Shepherd and Laframboise's t: about the best for both formats


@cache
def erfcx_in_t(t: Number) -> Number:
    """(1 + 2x)·exp(x²)·erfc(x) where t = (x - SPLIT)/(x + SPLIT)."""
    x = SPLIT * (1 + t) / (1 - t)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


LN2 = mp.log(2)
HALF_LN2 = LN2 / 2 * mpf("1.0001")  # a little beyond the interval: the reduced argument is rounded
ATANH_END = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.0001")
QUARTER_PI = mp.pi / 4 * mpf("1.01")
FITS = {
    "EXPM1": Fit(
        "(exp(r) - 1 - r)/r², |r| ≤ ln(2)/2",
        lambda r: (mp.expm1(r) - r) / r**2,
        lambda r: r**2 / mp.expm1(r),
        -HALF_LN2,
        HALF_LN2,
        {"float64": 9, "float32": 4},
    ),
    "EXP2": Fit(
        "(2**r - 1)/r, |r| ≤ 1/2",
        lambda r: mp.expm1(r * LN2) / r,
        lambda r: r * mpf(2) ** -r,
        mpf("-0.5001"),
        mpf("0.5001"),
        {"float64": 11, "float32": 5},
    ),
    "ATANH": Fit(
        "(2·atanh(s)/s - 2)/s² in s², |s| ≤ (√2 - 1)/(√2 + 1)",
        lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z,
        lambda z: z / 2,
        mpf(0),
        ATANH_END,
        {"float64": 6, "float32": 2},
    ),
    "ATANH_TAIL": Fit(
        "(atanh(s)/s - 1 - s²/3)/s⁴ in s², |s| ≤ (√2 - 1)/(√2 + 1)",
        lambda z: (mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 1 - z / 3) / z**2,
        lambda z: z**2,
        mpf(0),
        ATANH_END,
        {"float64": 8},
    ),
    "LOG2_SHORT": Fit(
        "2·log2(e)·atanh(s)/s in s², to 2**-38",
        lambda z: 2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) / LN2,
        lambda z: LN2 / 2,
        mpf(0),
        ATANH_END,
        {"float64": 4},
    ),
    "EXP2_SHORT": Fit(
        "(2**r - 1)/r, |r| ≤ 1/2, to 2**-33",
        lambda r: mp.expm1(r * LN2) / r,
        lambda r: r * mpf(2) ** -r,
        mpf("-0.5001"),
        mpf("0.5001"),
        {"float64": 6},
    ),
    "SINH": odd("sinh", "|x| ≤ 1", mp.sinh, mpf(1), {"float64": 7, "float32": 3}),
    "SIN": odd("sin", "|x| ≤ π/4", mp.sin, QUARTER_PI**2, {"float64": 5, "float32": 3}),
    "COS": Fit(
        "(cos(r) - 1 + r²/2)/r⁴ in r², |r| ≤ π/4",
        lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
        lambda z: z**2 / mp.cos(mp.sqrt(z)),
        mpf(0),
        QUARTER_PI**2,
        {"float64": 5, "float32": 2},
    ),
    "ASIN": odd("asin", "|x| ≤ 1/2", mp.asin, mpf("0.2501"), {"float64": 12, "float32": 4}),
    "ATAN": odd(
        "atan", "|x| ≤ tan(π/8)", mp.atan, mp.tan(mp.pi / 8) ** 2 * mpf("1.0001"), {"float64": 10, "float32": 4}
    ),
    "ERF": Fit(
        "erf(x)/x - 1 in x², |x| ≤ 0.84",
        lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1,
        lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)),
        mpf(0),
        mpf("0.7057"),
        {"float64": 11, "float32": 5},
    ),
    "ERFCX": Fit(
        "(1 + 2x)·exp(x²)·erfc(x) in t = (x - 3.5)/(x + 3.5), 0 ≤ x ≤ 28",
        erfcx_in_t,
        lambda t: 1 / erfcx_in_t(t),
        mpf(-1),
        (28 - SPLIT) / (28 + SPLIT),
        {"float64": 22},
    ),
    "ERFCX_TO_10": Fit(
        "the same, 0 ≤ x ≤ 10.2, where float32 ends",
        erfcx_in_t,
        lambda t: 1 / erfcx_in_t(t),
        mpf(-1),
        (mpf("10.2") - SPLIT) / (mpf("10.2") + SPLIT),
        {"float32": 10},
    ),
}
PARTS = {
    "LN2_PARTS": ("ln(2)", LN2, {"float64": 2, "float32": 2}),
    "LOG2_E_PARTS": ("log2(e)", 1 / LN2, {"float64": 2, "float32": 2}),
    "LOG10_E_PARTS": ("log10(e)", mp.log10(mp.e), {"float64": 2, "float32": 2}),
    "LOG10_2_PARTS": ("log10(2)", mp.log10(2), {"float64": 2, "float32": 2}),
    "HALF_PI_PARTS": ("π/2", mp.pi / 2, {"float64": 3, "float32": 3}),
    "THIRD_PARTS": ("1/3", mpf(1) / 3, {"float64": 2}),
}


def table(name: str, about: str, values: dict[str, tuple[float, ...]]) -> str:
    """One dictionary of the module, with the comment above it."""
    lines = [f"# {about}", f"{name}: Final[Table] = {{"]
    for form, numbers in values.items():
        lines += [f'    "{form}": (', *(f"        {number!r}," for number in numbers), "    ),"]
    return "\n".join([*lines, "}"]) + "\n"


HEADER = '''"""Coefficients, lowest first, and constants in parts, largest first. Written by tools/minimax.py."""

from __future__ import annotations

from typing import Final

Table = dict[str, tuple[float, ...]]

'''


def main() -> None:
    """Write the module, or print how good the fits are."""
    fits = {name: {form: fit.coefficients(form) for form in fit.degrees} for name, fit in FITS.items()}
    if "--errors" in sys.argv[1:]:
        for name, fit in FITS.items():
            errors = ", ".join(f"{form} {fit.error(form, numbers):.3g}" for form, numbers in fits[name].items())
            print(f"{name:12} {errors}")
        return
    blocks = [table(name, FITS[name].about, values) for name, values in fits.items()]
    for name, (about, value, counts) in PARTS.items():
        blocks.append(table(name, about, {form: parts(value, count, form) for form, count in counts.items()}))
    FILE.write_text(HEADER + "\n".join(blocks))


if __name__ == "__main__":
    main()
