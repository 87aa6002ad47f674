"""Line plots in the terminal. Each character is a Braille pattern, a grid of two by four dots.

Example:
    >>> canvas = Canvas(columns=4, rows=1)
    >>> canvas.line((0, 0), (7, 3))
    >>> canvas.text_rows()
    ['⣀⠤⠒⠉']
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tapegrad.tour.style import Style

# Bit of each dot in a Braille pattern, [row from the top][column].
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_EMPTY_PATTERN = 0x2800

Points = Sequence[tuple[float, float]]


@dataclass
class Canvas:
    """Dots on a grid of `2 * columns` by `4 * rows`; (0, 0) is the lower left one."""

    columns: int
    rows: int
    style: Style = field(default_factory=lambda: Style(enabled=False))
    _patterns: dict[tuple[int, int], int] = field(default_factory=dict)
    _marks: dict[tuple[int, int], str] = field(default_factory=dict)

    def dot(self, x: float, y: float) -> None:
        """Set the dot nearest to (x, y); one outside the grid is not drawn."""
        column, row = round(x), 4 * self.rows - 1 - round(y)
        if 0 <= column < 2 * self.columns and 0 <= row < 4 * self.rows:
            place = row // 4, column // 2
            self._patterns[place] = self._patterns.get(place, 0) | _DOTS[row % 4][column % 2]

    def line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Set all dots on the way from `start` to `end`."""
        steps = max(1, math.ceil(max(abs(end[0] - start[0]), abs(end[1] - start[1]))))
        for step in range(steps + 1):
            part = step / steps
            self.dot(start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))

    def mark(self, x: float, y: float, character: str) -> None:
        """Put a character over whatever is drawn at (x, y)."""
        self._marks[(4 * self.rows - 1 - round(y)) // 4, round(x) // 2] = character

    def text_rows(self) -> list[str]:
        """The picture, a string per row, from the top."""
        return ["".join(self._character(row, column) for column in range(self.columns)) for row in range(self.rows)]

    def _character(self, row: int, column: int) -> str:
        if (row, column) in self._marks:
            return self.style(self._marks[row, column], "points")
        pattern = self._patterns.get((row, column))
        return " " if pattern is None else self.style(chr(_EMPTY_PATTERN + pattern), "curve")


@dataclass(frozen=True)
class Axis:
    """An interval, linear or logarithmic, with the values that are written beside it."""

    low: float
    high: float
    ticks: Sequence[float]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where on the axis `value` lies: 0 at its low end, 1 at its high end."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def chart(
    x_axis: Axis,
    y_axis: Axis,
    style: Style,
    *,
    curve: Points = (),
    points: Points = (),
    x_label: str = "",
    columns: int = 60,
    rows: int = 12,
) -> str:
    """A plot with axes: `curve` drawn as a line, `points` as separate marks.

    Args:
        x_axis, y_axis: the ranges shown; `curve` and `points` are given in their units.
        x_label: written at the right end of the horizontal axis.
        columns, rows: size of the plot proper, in characters.
    """
    canvas = Canvas(columns, rows, style)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return x_axis.place(point[0]) * (2 * columns - 1), y_axis.place(point[1]) * (4 * rows - 1)

    placed = [place(point) for point in curve]
    for start, end in pairwise(placed):
        canvas.line(start, end)
    for point in points:
        canvas.mark(*place(point), "o")

    labels = {rows - 1 - round(y_axis.place(tick) * (rows - 1)): f"{tick:.4g}" for tick in y_axis.ticks}
    margin = max(map(len, labels.values()))
    lines = [
        f"{labels.get(row, ''):>{margin}} {style('┤' if row in labels else '│', 'quiet')}{text}"
        for row, text in enumerate(canvas.text_rows())
    ]
    rule, below = ["─"] * columns, [" "] * (columns + margin + 8)
    for tick in x_axis.ticks:
        column = round(x_axis.place(tick) * (columns - 1))
        rule[column] = "┬"
        label = f"{tick:.4g}"
        left = max(0, margin + 2 + column - len(label) // 2)
        below[left : left + len(label)] = label
    lines.append(" " * (margin + 1) + style("└" + "".join(rule), "quiet") + f" {x_label}")
    lines.append("".join(below).rstrip())
    return "\n".join(lines)
