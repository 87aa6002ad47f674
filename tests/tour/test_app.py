"""The tour as a whole."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tapegrad.tour import checks, lessons, main
from tapegrad.tour.checks import Check
from tapegrad.tour.lessons import Lesson
from tapegrad.tour.percent import parse
from tapegrad.tour.texts import TEXTS


@pytest.fixture(scope="module", params=lessons.LANGUAGES)
def tour(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The language of a tour, and all it prints."""
    folder = tmp_path_factory.mktemp("tour")
    command = [sys.executable, "-m", "tapegrad", "tour", "--lang", request.param, "--output", str(folder)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return request.param, done.stdout


def test_every_tutorial_is_walked_through(tour: tuple[str, str]) -> None:
    language, output = tour
    titles = re.findall(r"^── (\d) · (.+?) ─+$", output, re.MULTILINE)
    assert titles == [(str(lesson.number), lesson.title.replace("`", "")) for lesson in lessons.load(language)]


def test_every_gradient_agrees_with_its_formula(tour: tuple[str, str]) -> None:
    language, output = tour
    count = sum(map(len, checks.CHECKS.values()))
    assert len(re.findall(r"^  ✓ .+ = .+ \d\.\de[-+]\d\d$", output, re.MULTILINE)) == count
    assert "✓ " + TEXTS[language]["all_good"].format(count=count) in output
    assert "✗" not in output


def test_every_code_cell_is_shown(tour: tuple[str, str]) -> None:
    language, output = tour
    for lesson in lessons.load(language):
        for cell in lesson.cells:
            if cell.kind == "code" and cell.id != "picture":
                assert "\n".join(f"  {line}".rstrip() for line in cell.source.splitlines()) in output


def test_the_training_run_arrives_and_is_plotted(tour: tuple[str, str]) -> None:
    language, output = tour
    assert "tensor([  5.3671, -17.3012], requires_grad=True)" in output
    for plot in ("loss", "fit"):
        assert TEXTS[language][plot] in output
    assert len(re.findall("[\u2801-\u28ff]", output)) > 100  # Braille patterns


def test_graphs_are_drawn_from_the_real_nodes(tour: tuple[str, str]) -> None:
    assert "  MeanBackward0\n  └─ MulBackward0\n     ├─ MulBackward0\n" in tour[1]


def test_nothing_is_colored_where_no_terminal_reads(tour: tuple[str, str]) -> None:
    assert "\x1b" not in tour[1]


def test_only_one_tutorial_in_color_without_explanations(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "2", "--fast", "--color"]) == 0
    output = capsys.readouterr().out
    assert "\x1b[35mwith\x1b[0m torch.no_grad():" in output
    assert "\x1b[32m✓\x1b[0m x.grad = 2x·eˣ + x²·eˣ" in output
    assert "cotangent of ones" not in output
    assert re.findall(r"── (\d) ·", output) == ["2"]


def test_the_picture_is_saved_where_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="without matplotlib there is no picture to save")
    folder = tmp_path / "new" / "folder"
    assert main(["--only", "5", "--fast", "--output", str(folder)]) == 0
    picture = folder / "thermometers.png"
    assert f"Picture: {picture}" in capsys.readouterr().out
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_the_tour_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)  # makes its import fail
    assert main(["--only", "5", "--fast"]) == 0
    output = capsys.readouterr().out
    assert "`pip install 'tapegrad[viz]'`" in output
    assert "Picture:" not in output


def test_no_plot_draws_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "5", "--fast", "--no-plot", "--output", str(tmp_path)]) == 0
    assert not re.search("[\u2801-\u28ff]", capsys.readouterr().out)
    assert list(tmp_path.iterdir()) == []


def test_a_gradient_that_disagrees_is_shown_in_red_and_fails_the_tour(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Check("x.grad", "3", lambda v: v["x"].grad, lambda v: np.full((2, 2), 3.0))
    monkeypatch.setitem(checks.CHECKS, (3, "mean-grad"), [wrong])  # type: ignore[arg-type]  # a dict, shown as a Mapping
    assert main(["--only", "3", "--fast", "--color"]) == 1
    output = capsys.readouterr().out
    assert "\x1b[1;31m✗ x.grad ≠ 3   max |difference| 1.5e+00\x1b[0m" in output
    assert "✗ 1 of 7 gradients do not agree with their formulas." in output


def test_a_cell_that_raises_ends_its_tutorial_and_fails_the_tour(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = parse('# %% [markdown] id="t"\n# # 1 · Broken\n# %% id="a"\n1 / 0\n# %% id="b"\nprint("unreached")\n')
    fine = parse('# %% [markdown] id="t"\n# # 2 · Fine\n# %% id="a"\nprint("reached")\n')
    broken = [Lesson(1, "Broken", Path("broken.py"), cells), Lesson(2, "Fine", Path("fine.py"), fine)]
    monkeypatch.setattr(lessons, "load", lambda language: broken)
    assert main([]) == 1
    output = capsys.readouterr().out
    assert "ZeroDivisionError: division by zero" in output
    assert "│ unreached" not in output
    assert "│ reached" in output
    assert "Tutorials that raised an error: 1." in output


def test_ctrl_c_ends_the_tour_with_its_own_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = parse('# %% [markdown] id="t"\n# # 1 · Stop\n# %% id="a"\nraise KeyboardInterrupt\n')
    monkeypatch.setattr(lessons, "load", lambda language: [Lesson(1, "Stop", Path("stop.py"), cells)])
    assert main([]) == 130
    assert "The tour was stopped." in capsys.readouterr().out


def test_a_reader_who_leaves_early_causes_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "tapegrad", "tour", "--only", "1"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "prompts"), [("\n" * 99, 9), ("\n\n", 3), ("", 1)], ids=["always", "twice", "never"])
def test_pause_waits_for_enter_after_each_step_as_long_as_somebody_answers(
    monkeypatch: pytest.MonkeyPatch, typed: str, prompts: int
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert main(["--only", "1", "--pause"]) == 0
    assert terminal.getvalue().count(TEXTS["en"]["pause"]) == prompts


def test_pause_does_not_wait_where_nobody_can_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert main(["--only", "1", "--pause"]) == 0
    assert TEXTS["en"]["pause"] not in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--only", "6"], ["--lang", "de"], ["--fast", "--pause"]])
def test_an_option_that_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


def test_both_languages_have_the_same_texts_with_the_same_gaps() -> None:
    english, chinese = TEXTS["en"], TEXTS["zh"]
    assert english.keys() == chinese.keys()
    for name in english:
        assert sorted(re.findall(r"{\w+", english[name])) == sorted(re.findall(r"{\w+", chinese[name]))
