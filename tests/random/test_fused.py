"""a·b + c with one rounding, against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tapegrad.random.fused import fused32, fused32_exact, fused64

RNG = np.random.default_rng(0)


def rounded(value: Fraction, dtype: type[np.floating]) -> float:
    """The number of a type nearest to a fraction; of two equally near ones the even one."""
    start = dtype(float(value))
    near = [float(np.nextafter(start, dtype(-np.inf))), float(start), float(np.nextafter(start, dtype(np.inf)))]
    whole = np.int32 if dtype is np.float32 else np.int64
    return min(near, key=lambda x: (abs(Fraction(x) - value), int(dtype(x).view(whole)) & 1))


def exact(a: np.ndarray, b: float, c: float, dtype: type[np.floating]) -> list[float]:
    return [rounded(Fraction(x) * Fraction(b) + Fraction(c), dtype) for x in a.tolist()]


@pytest.mark.parametrize(("b", "c"), [(3.42, -1.71), (0.2, -0.1), (1.7, 0.0), (1.0, 0.3), (1e-3, 1e3), (0.5, 1e-9)])
def test_float64_is_rounded_once(b: float, c: float) -> None:
    a = RNG.random(500)
    assert fused64(a, b, c).tolist() == exact(a, b, c, np.float64)


@pytest.mark.parametrize(("b", "c"), [(3.42, -1.71), (0.2, -0.1), (1.7, 0.0), (1e-3, 1e3), (0.5, 1e-9)])
def test_float32_is_rounded_once(b: float, c: float) -> None:
    a = RNG.random(500).astype(np.float32)
    b, c = np.float32(b), np.float32(c)
    assert fused32_exact(a, b, c).tolist() == exact(a, float(b), float(c), np.float32)
    assert fused32(a, np.float64(b), c).tolist() == exact(a, float(b), float(c), np.float32)


def test_float32_survives_a_sum_that_lies_halfway_in_float64() -> None:
    """1 + 2⁻²⁴ + 2⁻⁷⁷: float64 drops the last term, and what is left rounds to 1 instead of 1 + 2⁻²³."""
    a = np.float32([2.0**-24 * (1 + 2.0**-23), 2.0**-24 * (1 - 2.0**-24)])
    b, c = np.float32(1 + 2.0**-23), np.float32(1)
    assert fused32_exact(a, b, c).tolist() == exact(a, float(b), float(c), np.float32)


def test_float64_survives_a_tie_of_the_inner_sum() -> None:
    a = np.array([1 + 2.0**-52, 1 - 2.0**-53, 1 + 2.0**-30])
    for b, c in ((1 - 2.0**-53, 2.0**-106), (1 + 2.0**-52, -(2.0**-104)), (1 + 2.0**-30, 2.0**53), (1.5, 2.0**-54)):
        assert fused64(a, b, c).tolist() == exact(a, b, c, np.float64)


def test_a_negative_zero_becomes_positive_as_in_hardware() -> None:
    assert not np.signbit(fused64(np.array([-0.0]), 2.0, 0.0)).any()
    assert not np.signbit(fused32(np.float32([-0.0]), np.float64(2.0), np.float32(0))).any()
