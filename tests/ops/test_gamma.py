"""The gamma function's kin where general formulas lose digits or overflow."""

from __future__ import annotations

import math

import mpmath
import pytest

import tapegrad as torch


@pytest.mark.parametrize("x", [math.nextafter(1, 0), 1 + 2**-30, 1.4, math.nextafter(2, 0), 2 + 2**-40, 2.3, 0.5001])
def test_lgamma_keeps_its_digits_beside_its_zeros(x: float) -> None:
    with mpmath.workdps(50):
        exact = mpmath.loggamma(mpmath.mpf(x))
    found = torch.lgamma(torch.tensor([x], dtype=torch.float64)).item()
    assert abs(found - exact) <= 4 * math.ulp(float(exact))


def test_lgamma_of_the_smallest_numbers_is_finite() -> None:
    found = torch.lgamma(torch.tensor([5e-324, -1e-310], dtype=torch.float64)).tolist()
    assert found == pytest.approx([744.4400719213812, 713.8013788281542], rel=1e-15)


def test_lgamma_at_poles_zeros_and_infinities() -> None:
    x = torch.tensor([0.0, -0.0, -3.0, 1.0, 2.0, math.inf, -math.inf], dtype=torch.float64)
    assert torch.lgamma(x).tolist() == [math.inf, math.inf, math.inf, 0.0, 0.0, math.inf, math.inf]
    assert torch.lgamma(torch.tensor([math.nan], dtype=torch.float64)).isnan().all()


def test_polygamma_of_an_order_whose_factorial_overflows() -> None:
    found = torch.polygamma(171, torch.tensor([1.0, 3.0], dtype=torch.float64)).tolist()
    assert found == [math.inf, math.inf]
