"""No function is much less exact than torch's; `python -m conformance.accuracy` measures with more arguments."""

from __future__ import annotations

import pytest
import torch as real

import tapegrad as ours

from .accuracy.exceptions import EXCEPTIONS
from .accuracy.functions import FAMILIES, Function
from .accuracy.measuring import exact, grid, worst

FUNCTIONS = [function for functions in FAMILIES.values() for function in functions]
COUNT = 12


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
