"""The detective's table: the cause of each broken program is named right, and no sound program is accused."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest

import tapegrad as torch
from tapegrad import detective

from . import broken_programs, sound_programs
from .programs import Program

BROKEN, SOUND = broken_programs.PROGRAMS, sound_programs.PROGRAMS

# What may be answered where lines were not recorded: less, but nothing wrong.
_LESS = {
    "no_history",
    "unused",
    "zeroed",
    "nonfinite",
    "freed",
    "no_backward",
    "no_requires_grad",
    "input",
    "is_output",
}


def ask(program: Program, arguments: Any) -> detective.Answer:
    answer: detective.Answer = getattr(detective, program.question)(*arguments)
    return answer


def run(program: Program) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of some of them, too
        return program.run()


@pytest.mark.parametrize("program", BROKEN, ids=lambda p: p.name)
def test_the_cause_is_named_with_its_line(program: Program) -> None:
    with torch.record_lines():
        arguments = run(program)
    answer = ask(program, arguments)
    assert answer.kinds == [program.cause], str(answer)
    if program.line is not None:
        (cause,) = answer.causes
        assert cause.line is not None, str(answer)
        assert (cause.line.file, cause.line.line) == (broken_programs.__file__, program.line), str(answer)


@pytest.mark.parametrize("program", BROKEN, ids=lambda p: p.name)
def test_without_lines_nothing_wrong_is_said(program: Program) -> None:
    answer = ask(program, run(program))
    assert set(answer.kinds) <= {program.cause, *_LESS}, str(answer)


@pytest.mark.parametrize("lines", [True, False], ids=["lines", "no lines"])
@pytest.mark.parametrize("program", SOUND, ids=lambda p: p.name)
def test_no_sound_program_is_accused(program: Program, lines: bool) -> None:
    with torch.check_shapes(error=True):
        if lines:
            with torch.record_lines():
                tensor, loss = run(program)
        else:
            tensor, loss = run(program)
    assert not torch.why(tensor, of=loss), str(torch.why(tensor, of=loss))
    assert not torch.why(tensor)
    if loss is not None:
        assert not torch.find_nan(loss), str(torch.find_nan(loss))
        assert not detective.overwritten(loss)


@pytest.mark.parametrize("program", SOUND, ids=lambda p: p.name)
def test_no_sound_program_is_accused_while_its_graph_is_alive(program: Program, monkeypatch: Any) -> None:
    backward = torch.Tensor.backward
    monkeypatch.setattr(torch.Tensor, "backward", lambda self, *given: backward(self, *given, retain_graph=True))
    tensor, loss = run(program)
    answers = [torch.why(tensor, of=loss)]
    if loss is not None:
        answers += [torch.find_nan(loss), detective.shared(loss), detective.overwritten(loss)]
    assert not any(answers), "\n".join(map(str, answers))


def test_the_table_is_large_enough() -> None:
    assert len(BROKEN) >= 40
    assert len(SOUND) >= 40


def test_every_cause_has_a_cure_and_a_sentence() -> None:
    for program in BROKEN:
        with torch.record_lines():
            arguments = run(program)
        for cause in ask(program, arguments).causes:
            assert cause.text.endswith((".", "?")), cause
            assert cause.cure.endswith("."), cause
        assert inspect.getdoc(program.run)
