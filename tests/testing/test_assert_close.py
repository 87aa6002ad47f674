"""torch.testing: tensors compared, and made at random."""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.testing import _comparison


def test_close_tensors_pass_without_a_word() -> None:
    assert torch.testing.assert_close(torch.ones(2), torch.ones(2) + 1e-6) is None


def test_the_text_names_the_worst_elements() -> None:
    a, b = torch.tensor([[1.0, 2.0], [3.0, 40.0]]), torch.tensor([[1.0, 1.0], [3.0, 44.0]])
    with pytest.raises(AssertionError) as error:
        torch.testing.assert_close(a, b)
    assert str(error.value) == (
        "Tensor-likes are not close!\n\n"
        "Mismatched elements: 2 / 4 (50.0%)\n"
        "Greatest absolute difference: 4.0 at index (1, 1) (up to 1e-05 allowed)\n"
        "Greatest relative difference: 1.0 at index (0, 1) (up to 1.3e-06 allowed)"
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64])
def test_default_tolerances_are_a_line_between_close_and_not(dtype: torch.dtype) -> None:
    rtol, atol = _comparison.default_tolerances(dtype)
    e = torch.ones(1, dtype=torch.complex128 if dtype.is_complex else torch.float64)
    inside, outside = e + 0.9 * (rtol + atol), e + 1.1 * (rtol + atol)
    torch.testing.assert_close(inside, e, rtol=rtol, atol=atol)
    with pytest.raises(AssertionError, match="not close"):
        torch.testing.assert_close(outside, e, rtol=rtol, atol=atol)


def test_the_place_in_nested_containers_is_named() -> None:
    with pytest.raises(AssertionError, match=r"The failure occurred for item \['a'\]\[1\]"):
        torch.testing.assert_close({"a": [1, 2]}, {"a": [1, 3]})


def test_a_comparison_leaves_the_tensors_alone() -> None:
    x, y = torch.ones(2, requires_grad=True), torch.zeros(2)
    with pytest.raises(AssertionError):
        torch.testing.assert_close(x * 1, y)
    assert x.grad is None
    assert y._version == 0


def test_dividing_by_zero_does_not_warn() -> None:
    with pytest.raises(AssertionError, match=r"Greatest relative difference: inf at index \(1,\)"):
        torch.testing.assert_close(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 0.0]))
    with pytest.raises(AssertionError, match="Relative difference: inf"):
        torch.testing.assert_close(1, 0)


@pytest.mark.parametrize(
    ("actual", "expected", "error"),
    [
        (torch.tensor(1), 1, TypeError),
        ("a", "a", TypeError),
        (np.ones(1), torch.ones(1), TypeError),
        ([1], [1, 2], AssertionError),
        ({"a": 1}, {"b": 1}, AssertionError),
        (True, 1, AssertionError),
        (None, 0, AssertionError),
    ],
)
def test_things_of_two_kinds_are_refused(actual: Any, expected: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        torch.testing.assert_close(actual, expected)


def test_keys_of_several_types_are_listed() -> None:
    with pytest.raises(AssertionError, match=r"Additional keys in the actual mapping: \[1, 'a'\]"):
        torch.testing.assert_close({"a": 1, 1: 1}, {})


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.float16, torch.float64, torch.complex64])
def test_random_tensors_stay_within_their_bounds(dtype: torch.dtype) -> None:
    x = torch.testing.make_tensor(50, dtype=dtype, device="cpu", low=2, high=5)
    parts = torch.view_as_real(x) if dtype.is_complex else x
    assert x.dtype is dtype
    assert parts.min() >= 2
    assert parts.max() < 5 or dtype is torch.float16


def test_random_tensors_may_lie_apart_in_memory() -> None:
    x = torch.testing.make_tensor(2, 3, dtype=torch.float32, device="cpu", noncontiguous=True)
    assert not x.is_contiguous()
    assert x.shape == (2, 3)


def test_random_tensors_can_be_without_zeros() -> None:
    x = torch.testing.make_tensor(20, dtype=torch.int64, device="cpu", low=0, high=2, exclude_zero=True)
    assert bool((x == 1).all())


def test_the_whole_range_of_a_type_can_be_drawn() -> None:
    for dtype in (torch.float32, torch.float64):
        x = torch.testing.make_tensor(50, dtype=dtype, device="cpu", low=-math.inf, high=math.inf)
        assert bool(x.isfinite().all())
        assert x.abs().max() > torch.finfo(dtype).max / 4


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(torch.testing.__path__)])
def test_examples_run_as_printed(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(f"tapegrad.testing.{name}"))
    assert failed == 0
