"""The tour itself: its options, and its way through the tutorials."""

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tapegrad.tour import checks, lessons, thermometers, tree
from tapegrad.tour.highlight import highlight
from tapegrad.tour.lessons import Lesson
from tapegrad.tour.percent import Cell
from tapegrad.tour.prose import render
from tapegrad.tour.running import Session, torch_is_tapegrad
from tapegrad.tour.style import Style, wants_color
from tapegrad.tour.texts import TEXTS
from tapegrad.tour.width import pad, width

_COLUMNS = 88

# After which cells to draw a backward graph, and of which variable.
_GRAPHS = {(2, "forward"): "y", (3, "mean"): "out", (5, "first-gradient"): "loss"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tour.

    Args:
        argv: the command line after `tapegrad tour`; by default that of this process.

    Returns:
        0 if every tutorial ran and every gradient agreed with its formula; 1 if not, or if whoever read the output
        stopped reading, as in `tapegrad tour | head`; 130 after Ctrl-C.
    """
    options = _parser().parse_args(argv)
    try:
        return Tour(options, sys.stdout).run()
    except BrokenPipeError:
        # Python flushes stdout once more as it ends: let that go nowhere, where it cannot fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tapegrad tour",
        description="A guided walk through the tutorials: their code, what it prints when run on tapegrad, and a check "
        "of every gradient against its formula by hand. It ends with a training run and its pictures.",
    )
    parser.add_argument("--lang", choices=lessons.LANGUAGES, default="en", help="English or Chinese (default: en)")
    parser.add_argument("--only", type=int, choices=range(1, 6), metavar="N", help="only tutorial N, from 1 to 5")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--fast", action="store_true", help="only code, output and checks, without the explanations")
    pace.add_argument("--pause", action="store_true", help="wait for Enter after each step, on a terminal")
    parser.add_argument("--no-plot", action="store_true", help="no pictures, neither files nor in the terminal")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        default=Path(tempfile.gettempdir()) / "tapegrad-tour",
        help="folder for the picture (default: tapegrad-tour in the folder for temporary files)",
    )
    parser.add_argument(
        "--color",
        nargs="?",
        const="always",
        default="auto",
        choices=("auto", "always", "never"),
        help="colours even where the output is no terminal (default: auto, which also honours NO_COLOR)",
    )
    return parser


class Tour:
    """One run of the tour, with what it has found out so far."""

    def __init__(self, options: argparse.Namespace, out: TextIO) -> None:
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="replace")  # a terminal without Braille or Chinese shows '?', and the tour goes on
        self._options = options
        self._out = out
        self._style = Style(wants_color(options.color, out))
        self._texts = TEXTS[options.lang]
        self._pauses = options.pause and out.isatty() and sys.stdin.isatty()
        self._outcomes: list[checks.Outcome] = []
        self._raised: list[Lesson] = []

    def run(self) -> int:
        """Walk through the tutorials and sum up; the exit status, as `main` says."""
        start = time.perf_counter()
        self._say(self._style(self._texts["welcome"], "title"))
        self._say()
        self._say(render(self._texts["intro"], _COLUMNS, self._style))
        try:
            with torch_is_tapegrad(), thermometers.drawing_into_files():
                for lesson in lessons.load(self._options.lang):
                    if self._options.only in (None, lesson.number):
                        self._walk(lesson)
        except KeyboardInterrupt:
            self._say("\n" + self._texts["stopped"])
            return 130
        return self._sum_up(time.perf_counter() - start)

    # --- one tutorial ---

    def _walk(self, lesson: Lesson) -> None:
        heading = f"── {lesson.number} · {lesson.title.replace('`', '')} "
        self._say("\n\n" + self._style(heading + "─" * (_COLUMNS - width(heading)), "title"))
        session = Session(lesson)
        for number, cell in enumerate(lesson.cells):
            if cell.kind == "markdown":
                self._explain(cell, is_title=number == 0)
            elif cell.id == "picture":
                completed = self._options.no_plot or self._plot(session, cell)
            else:
                completed = self._perform(lesson, session, cell)
            if cell.kind == "code" and not completed:
                self._raised.append(lesson)
                return

    def _explain(self, cell: Cell, *, is_title: bool) -> None:
        # The title stands in the rule above; the text below it remains.
        text = cell.source.partition("\n")[2].strip("\n") if is_title else cell.source
        if text and not self._options.fast:
            self._say()
            self._say(render(text, _COLUMNS, self._style))

    def _perform(self, lesson: Lesson, session: Session, cell: Cell) -> bool:
        """Show a cell, run it, check its gradients; False if it raised an exception."""
        self._say()
        self._say(_indented(highlight(cell.source, self._style)))
        if not self._run_cell(session, cell):
            return False
        self._check(checks.CHECKS.get((lesson.number, cell.id), []), session)
        name = _GRAPHS.get((lesson.number, cell.id))
        if name is not None:
            self._draw_graph(name, session)
        self._pause()
        return True

    def _run_cell(self, session: Session, cell: Cell) -> bool:
        """Run a cell and show what it prints, or the exception it raises; False if it does."""
        lines_before = "\n"

        def show(line: str) -> None:
            nonlocal lines_before
            self._say(f"{lines_before}  {self._style('│', 'good')} {line}")
            lines_before = ""

        error = session.run(cell, show)
        if error is not None:
            self._say("\n" + self._style("✗ " + self._texts["failed"], "bad"))
            self._say(self._style(_indented(error), "bad"))
        return error is None

    def _check(self, of_cell: list[checks.Check], session: Session) -> None:
        if of_cell:
            self._say()
        for check in of_cell:
            outcome = checks.run(check, session.variables)
            self._outcomes.append(outcome)
            self._say("  " + self._verdict(outcome))

    def _verdict(self, outcome: checks.Outcome) -> str:
        difference = f"{self._texts['difference']} {outcome.difference:.1e}"
        if outcome.difference == float("inf"):
            difference = self._texts["missing"]
        check = outcome.check
        if outcome.passed:
            equation = pad(f"{check.gradient} = {check.formula}", 48)
            return f"{self._style('✓', 'good')} {equation} {self._style(difference, 'quiet')}"
        return self._style(f"✗ {check.gradient} ≠ {check.formula}   {difference}", "bad")

    def _draw_graph(self, name: str, session: Session) -> None:
        self._say()
        self._say("  " + self._style(self._texts["graph"].format(name=name), "quiet"))
        self._say(_indented(tree.draw(session.variables[name].grad_fn, session.variables)))

    # --- the end ---

    def _plot(self, session: Session, cell: Cell) -> bool:
        """Plot the training run in the terminal, then let the tutorial draw it, which it does where matplotlib is."""
        for title, plot in (("loss", thermometers.loss_chart), ("fit", thermometers.fit_chart)):
            self._say("\n  " + self._style(self._texts[title], "heading") + "\n")
            self._say(_indented(plot(session.variables, self._style)))
        if not self._run_cell(session, cell):
            return False
        figure = session.variables.get("figure")
        if figure is None:
            self._say("\n" + render(self._texts["no_matplotlib"], _COLUMNS, self._style))
        else:
            path = thermometers.save_picture(figure, self._options.output)
            self._say("\n" + self._texts["picture"].format(path=path))
        return True

    def _sum_up(self, seconds: float) -> int:
        bad = sum(not outcome.passed for outcome in self._outcomes)
        self._say("\n" + self._style("─" * _COLUMNS, "title"))
        if bad:
            self._say(self._style("✗ " + self._texts["bad"].format(bad=bad, count=len(self._outcomes)), "bad"))
        elif self._outcomes:
            self._say(self._style("✓ " + self._texts["all_good"].format(count=len(self._outcomes)), "good"))
        if self._raised:
            numbers = ", ".join(str(lesson.number) for lesson in self._raised)
            self._say(self._style("✗ " + self._texts["errors"].format(lessons=numbers), "bad"))
        self._say(self._texts["seconds"].format(seconds=seconds))
        folder = lessons.examples_folder() / self._options.lang
        self._say(render(self._texts["scripts"].format(folder=folder), 10 * _COLUMNS, self._style))
        return 1 if bad or self._raised else 0

    def _pause(self) -> None:
        if self._pauses:
            self._out.write("\n" + self._style(self._texts["pause"], "quiet"))
            self._out.flush()
            self._pauses = sys.stdin.readline() != ""  # at the end of the input nobody is there to wait for

    def _say(self, text: str = "") -> None:
        self._out.write(text + "\n")
        self._out.flush()


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())
