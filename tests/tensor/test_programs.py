"""Programs that are kept: one for each function and for all else that its calls follow from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapegrad.tensor import programs

X = np.ones(100, np.float32)


def scaled(x: Any, factor: Any, edge: Any = None) -> tuple[Any, ...]:
    return (x * factor if edge is None else x + factor,)


def of(*rest: Any, x: Any = X, function: Any = scaled) -> Any:
    return programs.of(function, (x,), rest, function.__code__)


def result(program: Any, x: Any = X) -> Any:
    made = np.empty_like(x)
    program.run([x], [made], [])
    return made[0]


def test_a_program_is_made_once() -> None:
    assert of(2.0) is of(2.0) is not None


@pytest.mark.parametrize(("one", "other"), [(2.0, 3.0), (2.0, 2), (0.0, -0.0), (1, True), (0, False)])
def test_numbers_are_told_apart(one: Any, other: Any) -> None:
    assert of(one) is not of(other)


def test_dtypes_are_told_apart() -> None:
    assert of(2.0) is not of(2.0, x=X.astype(np.float64))


def test_functions_of_equal_code_are_told_apart() -> None:
    def function(f: Any) -> Any:
        return lambda x: (f(x),)

    one, other = programs.of(function(np.sqrt), (X,), (), np.sqrt), programs.of(function(np.exp), (X,), (), np.exp)
    assert one is not None and other is not None
    assert result(one) == 1 and result(other) == np.exp(np.float32(1))


def test_edges_count_as_there_or_not() -> None:
    import tapegrad as torch

    leaf = torch.ones(2, requires_grad=True)
    assert of(2.0, leaf) is of(2.0, leaf.exp().grad_fn)
    assert result(of(2.0, leaf)) == 3 and result(of(2.0, None)) == 2


def test_what_else_is_given_is_not_kept() -> None:
    def first(x: Any, factors: list[float]) -> tuple[Any, ...]:
        return (x * factors[0],)

    factors = [2.0]
    assert result(programs.of(first, (X,), (factors,), first)) == 2
    factors[0] = 3.0
    assert result(programs.of(first, (X,), (factors,), first)) == 3


def test_functions_without_a_program_are_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def total(x: Any) -> tuple[Any, ...]:
        return (np.add.reduce(x),)

    assert programs.of(total, (X,), (), total) is None
    monkeypatch.setattr(programs, "record", None)
    assert programs.of(total, (X,), (), total) is None


def test_not_more_programs_are_kept_than_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_kept", {})
    monkeypatch.setattr(programs, "_MOST", 4)
    for n in range(10):
        of(float(n))
        assert len(programs._kept) <= 4
