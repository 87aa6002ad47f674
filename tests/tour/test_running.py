"""Running a tutorial's cells."""

import sys
from pathlib import Path

import pytest

import tapegrad
from tapegrad.tour.lessons import Lesson
from tapegrad.tour.percent import parse
from tapegrad.tour.running import LineWriter, Session, torch_is_tapegrad


def lesson_of(script: str) -> Lesson:
    return Lesson(1, "title", Path("lesson.py"), parse(script))


def test_lines_are_handed_on_as_they_are_completed() -> None:
    lines: list[str] = []
    writer = LineWriter(lines.append)
    writer.write("one\ntw")
    assert lines == ["one"]
    writer.write("o\n\nthree")
    assert lines == ["one", "two", ""]
    writer.finish()
    writer.finish()
    assert lines == ["one", "two", "", "three"]


def test_cells_share_their_variables() -> None:
    lesson = lesson_of('# %% id="a"\nx = 1\n# %% id="b"\nprint(x, end="")\n')
    session, lines = Session(lesson), []
    for cell in lesson.cells:
        assert session.run(cell, lines.append) is None
    assert lines == ["1"]
    assert session.variables["x"] == 1


def test_an_exception_comes_back_as_a_traceback_with_the_line_of_the_script() -> None:
    lesson = lesson_of('# %% id="a"\n\n\nprint("before")\n1 / 0\n')
    lines: list[str] = []
    error = Session(lesson).run(lesson.cells[0], lines.append)
    assert lines == ["before"]
    assert error is not None
    assert error.splitlines()[0] == "Traceback (most recent call last):"
    assert 'File "lesson.py", line 5, in <module>' in error
    assert error.endswith("ZeroDivisionError: division by zero")
    assert "running.py" not in error


def test_a_broken_pipe_is_not_the_cells_error() -> None:
    def show(line: str) -> None:
        raise BrokenPipeError

    lesson = lesson_of('# %% id="a"\nprint()\n')
    with pytest.raises(BrokenPipeError):
        Session(lesson).run(lesson.cells[0], show)


def test_torch_is_tapegrad_inside_the_block_only() -> None:
    with torch_is_tapegrad():
        import torch
        import torch.nn.functional as F

        assert torch is tapegrad
        assert F is tapegrad.nn.functional
    assert "torch" not in sys.modules


def test_an_alias_that_was_there_before_stays() -> None:
    from tapegrad.torch_alias import install_as_torch, uninstall_torch_alias

    install_as_torch()
    try:
        with torch_is_tapegrad():
            pass
        assert sys.modules["torch"] is tapegrad
    finally:
        uninstall_torch_alias()
