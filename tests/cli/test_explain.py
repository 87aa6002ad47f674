"""`tapegrad explain`: a program's passes, in the form that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Run

PROGRAM = """\
import sys
import torch

w = torch.tensor([1.0, 2.0], requires_grad=True)
for step in range(3):
    loss = (w * step).sum()
    loss.backward()
print("gradient", w.grad, sys.argv[1:])
"""


@pytest.fixture
def program(tmp_path: Path) -> str:
    (tmp_path / "train.py").write_text(PROGRAM, encoding="utf-8")
    return "train.py"


def test_the_passes_are_printed_after_what_the_program_prints(tapegrad_command: Run, program: str) -> None:
    done = tapegrad_command("explain", program, "--lr", "1")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "gradient tensor([3., 3.]) ['--lr', '1']"
    heads = [line for line in lines if line.startswith("The backward pass of")]
    assert [head[21:49] for head in heads] == [f"loss (train.py:7, pass {i}): v" for i in (1, 2, 3)]
    assert [line.split() for line in lines].count(["3", "w.grad", "[2,", "2]"]) == 1
    assert done.stderr == "tapegrad explain: 3 backward passes of 3\n"


@pytest.mark.parametrize(
    ("name", "begins", "said"),
    [
        ("page.html", "<!doctype html>", "3 backward passes of 3 in page.html"),
        ("a.svg", "<svg ", "1 backward pass of 3 in a.svg (choose one with --backward N)"),
        ("a.dot", "digraph ", "1 backward pass of 3 in a.dot (choose one with --backward N)"),
        ("a.txt", "The backward pass of", "3 backward passes of 3 in a.txt"),
    ],
)
def test_the_suffix_of_the_output_says_its_kind(
    tapegrad_command: Run, program: str, tmp_path: Path, name: str, begins: str, said: str
) -> None:
    done = tapegrad_command("explain", "--output", name, program)
    assert (done.returncode, done.stderr) == (0, f"tapegrad explain: {said}\n")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_json_holds_all_passes_and_of_a_chosen_one_that_alone(
    tapegrad_command: Run, program: str, tmp_path: Path
) -> None:
    assert tapegrad_command("explain", "--format", "json", program).returncode == 0
    several = json.loads((tmp_path / "train.json").read_text(encoding="utf-8"))
    assert [call["nodes"][-1]["gradient"]["text"] for call in several["calls"]] == ["[0, 0]", "[1, 1]", "[2, 2]"]
    done = tapegrad_command("explain", "--backward", "2", "-o", "second.json", program)
    assert done.stderr == "tapegrad explain: backward pass 2 of 3 in second.json\n"
    (chosen,) = [json.loads((tmp_path / "second.json").read_text(encoding="utf-8"))]
    assert chosen["nodes"][-1]["gradient"]["text"] == "[1, 1]"
    assert chosen["nodes"][0]["source"]["text"] == "loss = (w * step).sum()"


def test_what_a_failing_program_did_is_written_and_the_failure_reported(tapegrad_command: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(PROGRAM + "raise SystemExit(7)\n", encoding="utf-8")
    done = tapegrad_command("explain", "-o", "a.txt", "bad.py")
    assert done.returncode == 7
    assert (tmp_path / "a.txt").exists()
    (tmp_path / "worse.py").write_text(PROGRAM + "1 / 0\n", encoding="utf-8")
    done = tapegrad_command("explain", "worse.py")
    assert done.returncode == 1
    assert done.stdout.count("The backward pass of") == 3
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "tapegrad/cli" not in done.stderr.replace("\\", "/")


def test_a_program_without_a_pass_is_told_so(tapegrad_command: Run, program: str, tmp_path: Path) -> None:
    (tmp_path / "none.py").write_text("import torch\n", encoding="utf-8")
    done = tapegrad_command("explain", "none.py")
    said = "tapegrad explain: the program made no backward pass: there is nothing to explain\n"
    assert (done.returncode, done.stderr) == (1, said)
    done = tapegrad_command("explain", "--backward", "9", program)
    said = "tapegrad explain: the program made 3 backward passes, so there is no number 9\n"
    assert (done.returncode, done.stderr) == (1, said)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to run"),
        (["none.py"], "can't open file 'none.py': no such file"),
        (["--backward", "0", "train.py"], "0 is no number of a pass: they are counted from 1"),
        (["-o", "a.png", "train.py"], "'a.png' has none of the suffixes"),
    ],
)
def test_mistakes_are_named(tapegrad_command: Run, program: str, arguments: list[str], message: str) -> None:
    done = tapegrad_command("explain", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
