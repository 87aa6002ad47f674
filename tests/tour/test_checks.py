"""The checks of the tutorials' gradients against their formulas."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad
from tapegrad.tour import checks, lessons
from tapegrad.tour.checks import CHECKS, Check
from tapegrad.tour.running import Session, torch_is_tapegrad


def check_of(gradient: Any, by_hand: Any) -> checks.Outcome:
    return checks.run(Check("g", "formula", lambda v: gradient, lambda v: by_hand), {})


def test_a_difference_of_rounding_passes() -> None:
    outcome = check_of(tapegrad.tensor([1.0, 1000.0]), np.array([1.0, 1000.0001]))
    assert outcome.passed
    assert outcome.difference == pytest.approx(1e-4)


@pytest.mark.parametrize(
    "by_hand",
    [
        pytest.param([1.0, 1001.0], id="another number"),
        pytest.param([1000.0, 1.0], id="another order"),
        pytest.param([1.0, 1000.0, 0.0], id="another shape"),
        pytest.param([1.0, float("nan")], id="not a number"),
    ],
)
def test_a_gradient_that_differs_fails(by_hand: list[float]) -> None:
    assert not check_of(tapegrad.tensor([1.0, 1000.0]), by_hand).passed


def test_a_missing_gradient_fails() -> None:
    assert not check_of(None, [1.0]).passed


def test_double_precision_is_held_to_its_own_rounding() -> None:
    assert not check_of(tapegrad.tensor([1.0], dtype=tapegrad.float64), [1.0 + 1e-7]).passed
    assert check_of(tapegrad.tensor([1.0], dtype=tapegrad.float32), [1.0 + 1e-7]).passed


def test_every_check_belongs_to_a_cell_that_exists() -> None:
    cells = {(lesson.number, cell.id) for lesson in lessons.load("en") for cell in lesson.cells if cell.kind == "code"}
    assert set(CHECKS) <= cells


def gradients_asked_for(source: str) -> bool:
    return any(call in source for call in (".backward(", "autograd.grad("))


# Cells that ask for a gradient and leave none behind: they show an error, or that there is no gradient, or keep it to
# themselves.
WITHOUT_A_GRADIENT = {
    (4, "mistake-1"),
    (4, "mended-1"),
    (4, "mistake-2"),
    (4, "tempting"),
    (4, "mistake-3"),
    (4, "mistake-4"),
    (5, "training"),
}


def test_every_cell_that_shows_a_gradient_has_a_check() -> None:
    asking = {
        (lesson.number, cell.id)
        for lesson in lessons.load("en")
        for cell in lesson.cells
        if cell.kind == "code" and gradients_asked_for(cell.source)
    }
    assert asking - WITHOUT_A_GRADIENT == set(CHECKS)


Formula = Callable[[checks.Variables], Any]


@pytest.mark.parametrize("number", range(1, 6))
def test_every_check_notices_a_wrong_gradient(number: int) -> None:
    """Each check of a tutorial passes on the tutorial's own variables; of a gradient a thousandth off, it fails."""
    lesson = next(lesson for lesson in lessons.load("en") if lesson.number == number)
    session = Session(lesson)
    with torch_is_tapegrad():
        for cell in lesson.cells:
            if cell.id == "long-run":
                break  # no gradient is shown from here on
            if cell.kind == "code":
                assert session.run(cell, lambda line: None) is None
            for check in CHECKS.get((number, cell.id), []):
                assert checks.run(check, session.variables).passed

                def shifted(variables: checks.Variables, found: Formula = check.found) -> Any:
                    return found(variables) * 1.001 + 0.001

                wrong = Check(check.gradient, check.formula, shifted, check.by_hand)
                assert not checks.run(wrong, session.variables).passed
