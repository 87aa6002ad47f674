"""No function is much less exact than torch's; `python -m conformance.accuracy` measures with more arguments."""

from __future__ import annotations

import pytest
import torch as real

import tapegrad as ours

from .accuracy.functions import FAMILIES, Function
from .accuracy.measuring import exact, grid, worst

FUNCTIONS = [function for functions in FAMILIES.values() for function in functions]
COUNT = 12

_NOT_NORMAL = "results smaller than the smallest normal number; SciPy's lose their last digits, and then vanish"
_RECURRENCE = "torch's recurrence; here each product is rounded before it is added"
# (function, dtype): (how many units are allowed, why more than torch needs)
EXCEPTIONS = {
    ("erfc", "float64"): (2e5, _NOT_NORMAL),
    ("special.log_ndtr", "float64"): (1e8, _NOT_NORMAL),
    ("lgamma of negative numbers", "float64"): (40, "SciPy's reflection, whose absolute error is 4e-16"),
    ("special.hermite_polynomial_h", "float64"): (15, _RECURRENCE),
    ("special.hermite_polynomial_h", "float32"): (15, _RECURRENCE),
    ("special.hermite_polynomial_he", "float32"): (15, _RECURRENCE),
    ("special.legendre_polynomial_p", "float32"): (150, _RECURRENCE),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_the_largest_error_is_like_torchs(function: Function, dtype: str) -> None:
    arguments = grid(function, COUNT, dtype)
    values = exact(function, arguments)
    (mine, at), (theirs, _) = (worst(function, library, arguments, values) for library in (ours, real))
    allowed, _ = EXCEPTIONS.get((function.name, dtype), (0.0, ""))
    assert mine <= max(4.0, 1.5 * theirs, allowed), f"at {at}"


def test_exceptions_name_functions_that_are_measured() -> None:
    assert {name for name, _ in EXCEPTIONS} <= {function.name for function in FUNCTIONS}
