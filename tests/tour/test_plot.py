"""Plots in the terminal."""

import pytest

from tapegrad.tour.plot import Axis, Canvas, chart
from tapegrad.tour.style import Style

PLAIN = Style(enabled=False)


@pytest.mark.parametrize(
    ("x", "y", "pattern"),
    [(0, 0, "⡀"), (1, 0, "⢀"), (0, 1, "⠄"), (1, 1, "⠠"), (0, 2, "⠂"), (1, 2, "⠐"), (0, 3, "⠁"), (1, 3, "⠈")],
)
def test_each_dot_has_its_place_in_the_pattern(x: int, y: int, pattern: str) -> None:
    canvas = Canvas(1, 1)
    canvas.dot(x, y)
    assert canvas.text_rows() == [pattern]


def test_dots_in_one_character_add_up() -> None:
    canvas = Canvas(1, 1)
    for x in range(2):
        canvas.line((x, 0), (x, 3))
    assert canvas.text_rows() == ["⣿"]


@pytest.mark.parametrize("place", [(-1, 0), (4, 0), (0, -1), (0, 8)])
def test_what_lies_outside_is_not_drawn(place: tuple[int, int]) -> None:
    canvas = Canvas(2, 2)
    canvas.dot(*place)
    assert canvas.text_rows() == ["  ", "  "]


def test_a_mark_covers_the_line_below_it() -> None:
    canvas = Canvas(3, 1)
    canvas.line((0, 0), (5, 0))
    canvas.mark(2, 0, "o")
    assert canvas.text_rows() == ["⣀o⣀"]


@pytest.mark.parametrize(("value", "place"), [(1, 0.0), (10, 0.5), (100, 1.0)])
def test_a_logarithmic_axis_gives_each_power_of_ten_the_same_room(value: float, place: float) -> None:
    assert Axis(1, 100, [], logarithmic=True).place(value) == pytest.approx(place)


def test_ticks_stand_at_their_values() -> None:
    lines = chart(
        Axis(0, 20, [0, 10, 20]), Axis(-5, 5, [-5, 0, 5]), PLAIN, columns=21, rows=5, x_label="t"
    ).splitlines()
    assert [line[:4] for line in lines[:5]] == [" 5 ┤", "   │", " 0 ┤", "   │", "-5 ┤"]
    assert lines[5] == "   └┬─────────┬─────────┬ t"
    assert lines[6] == "    0        10        20"


def test_a_curve_goes_through_its_points() -> None:
    text = chart(
        Axis(0, 1, [0]), Axis(0, 1, [0]), PLAIN, curve=[(0, 0), (1, 1)], points=[(0, 0), (1, 1)], columns=8, rows=4
    )
    rows = [line.partition("│")[2] or line.partition("┤")[2] for line in text.splitlines()[:4]]
    assert [row.index(next(c for c in row if c != " ")) for row in rows] == [6, 4, 2, 0]
    assert rows[0][7] == rows[3][0] == "o"
