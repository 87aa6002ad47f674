"""Functions written to break a capture give, as machine code from the first program on, what they give as written."""

from __future__ import annotations

import functools
import importlib.util
import math
import warnings
from typing import Any

import pytest

import tapegrad as torch

from .scenarios import SCENARIOS
from .test_scenarios import seen

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="machine code needs LLVM, which comes with Numba"
)


def is_near(a: Any, b: Any) -> bool:
    """Whether what is seen is the same, numbers to rounding."""
    if isinstance(a, str) and isinstance(b, str) and a != b:
        try:
            x, y = float(a), float(b)
        except ValueError:
            return False
        return math.isclose(x, y, rel_tol=5e-5, abs_tol=1e-5)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(is_near(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SCENARIOS)
def test_machine_code_is_as_written(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = seen(SCENARIOS[name], lambda f: f)
        compiled = seen(SCENARIOS[name], functools.partial(torch.compile, backend="numba"))
    assert len(plain) == len(compiled)
    for i, (expected, found) in enumerate(zip(plain, compiled, strict=True)):
        assert is_near(found, expected), f"value {i}: {found} is not {expected}"
