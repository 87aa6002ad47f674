"""Kernels of pointwise expressions: NumPy's bits, whatever the numbers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tapegrad.kernels import expressions, find, using
from tapegrad.kernels.expressions import Expression
from tapegrad.tensor.steps import Program, record

Array = np.ndarray[Any, Any]
F32 = np.dtype(np.float32)

FUNCTIONS: dict[str, Callable[[Array, Array], Any]] = {
    "arithmetic": lambda a, b: a * b + a / b - (2 - a),
    "signs": lambda a, b: np.absolute(-a) * np.square(b),
    "roots": lambda a, b: np.reciprocal(np.sqrt(a)) + b,
    "extrema": lambda a, b: np.maximum(np.minimum(a, b), np.minimum(b, 0)),
    "a choice": lambda a, b: np.where(a <= 0, 0, b),
    "masks": lambda a, b: np.where(((a > 0) & (b < 1)) | ~(a != b), a, b),
    "logic": lambda a, b: np.where(np.logical_not(np.logical_or(np.isnan(a), a >= b)), a, 1.5),
    "a mask that comes out": lambda a, b: (a == b) | (a < b),
    "numbers of NumPy's": lambda a, b: a * np.ones((), a.dtype) + a.dtype.type(0.1),
}


def special(seed: int, kind: Any, count: int = 500) -> Array:
    """Numbers, half of them zeros of both signs, infinities, NaN, very small and very large ones."""
    random = np.random.default_rng(seed)
    x = random.standard_normal(count).astype(kind)
    few = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 1e38, -1e38, 1.0, -1.0], kind)
    places = random.random(count) < 0.5
    x[places] = random.choice(few, count)[places]
    return x


def program_of(function: Callable[[Array, Array], Any], kind: Any = np.float32) -> Program:
    few = np.ones(16, kind)
    found = record(lambda a, b: (function(a, b),), (few, few + 1), ())
    assert found is not None
    return found


def expression_of(function: Callable[[Array, Array], Any], kind: Any = np.float32, **named: Any) -> Expression:
    found = program_of(function, kind).expression(named.get("repeated", (False, False)), named.get("over"))
    assert found is not None
    return found


def in_python(found: Expression) -> Callable[..., Any]:
    """A kernel's text, run as it stands."""
    space: dict[str, Any] = {}
    exec(expressions.texts[found.kernel.module], space)
    kernel: Callable[..., Any] = space["kernel"]
    return kernel


def assert_same_bits(x: Array, y: Array) -> None:
    """Equal, signs of zeros included; of NaN nobody promises the sign."""
    np.testing.assert_array_equal(x, y, strict=True)
    if x.dtype.kind == "f":
        number = ~np.isnan(x)
        np.testing.assert_array_equal(np.signbit(x[number]), np.signbit(y[number]))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_compiled_expression_gives_numpys_bits(name: str, kind: Any) -> None:
    pytest.importorskip("numba")
    a, b = special(0, kind), special(1, kind)
    with np.errstate(all="ignore"):
        expected = FUNCTIONS[name](a, b)
    found = expression_of(FUNCTIONS[name], kind)
    made = np.empty_like(expected)
    with using("always"):
        kernel = find(found.kernel, found.dtype, a.size)
        assert kernel is not None
        kernel(a, b, made, *found.numbers, 0, a.size)
    assert_same_bits(made, expected)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "numbers of NumPy's"])
def test_the_text_says_what_the_function_does(name: str) -> None:
    a, b = special(0, np.float32, 100), special(1, np.float32, 100)
    with np.errstate(all="ignore"):
        expected = FUNCTIONS[name](a, b)
        made = np.empty_like(expected)
        found = expression_of(FUNCTIONS[name])
        in_python(found)(a, b, made, *found.numbers, 0, a.size)
    assert_same_bits(made, expected)


def test_only_the_places_that_were_asked_for_are_written() -> None:
    a, b, made = np.ones(10, np.float32), np.ones(10, np.float32), np.zeros(10, np.float32)
    found = expression_of(lambda a, b: a + b + a)
    in_python(found)(a, b, made, *found.numbers, 3, 7)
    np.testing.assert_array_equal(made, [0, 0, 0, 3, 3, 3, 3, 0, 0, 0])


def test_a_repeated_element_is_given_as_a_number() -> None:
    b, made = np.arange(4, dtype=np.float32), np.empty(4, np.float32)
    found = expression_of(lambda a, b: a * b - a, repeated=(True, False))
    in_python(found)(b, made, *found.numbers, 2.5, 0, 4)
    np.testing.assert_array_equal(made, [-2.5, 0, 2.5, 5])


def test_a_result_may_be_written_over_the_first_input() -> None:
    a, b = np.arange(4, dtype=np.float32), np.full(4, 2, np.float32)
    found = expression_of(lambda a, b: a * b - a, over=0)
    in_python(found)(a, b, *found.numbers, 0, 4)
    np.testing.assert_array_equal(a, [0, 1, 2, 3])


def test_programs_that_differ_in_numbers_share_their_kernel() -> None:
    one, other = expression_of(lambda a, b: a * 0.5 + b), expression_of(lambda a, b: a * 3 + b)
    assert one.kernel is other.kernel
    assert (one.numbers, other.numbers) == ([0.5], [3.0])
    assert expression_of(lambda a, b: a * 0.5 - b).kernel is not one.kernel


UNSUITED: dict[str, Callable[[Array, Array], Any]] = {
    "a single call, which NumPy does as fast": lambda a, b: a + b,
    "another type": lambda a, b: (a * np.float64(2)) + b,
    "an integer that is no float": lambda a, b: a * (2**60 + 1) + b,
    "another function": lambda a, b: np.arctan2(a, b) + 1,
    "a mask as a number": lambda a, b: (a > b) * b,
}


@pytest.mark.parametrize("name", UNSUITED)
def test_other_programs_are_no_kernels(name: str) -> None:
    assert program_of(UNSUITED[name]).expression((False, False), None) is None


def test_half_precision_has_no_kernels() -> None:
    assert program_of(lambda a, b: a * b + a, np.float16).expression((False, False), None) is None


def test_there_are_not_more_kernels_than_a_process_should_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = expression_of(lambda a, b: a * b * a)
    monkeypatch.setattr(expressions, "_MOST", len(expressions._kernels))
    assert program_of(lambda a, b: a * b * a * b / a / b).expression((False, False), None) is None
    assert expression_of(lambda a, b: a * b * a).kernel is kept.kernel
