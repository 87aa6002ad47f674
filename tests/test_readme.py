"""The READMEs say the same in both languages, and their example prints what they show."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = ["README.md", "README.zh-CN.md"]


def blocks(name: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page: language and text."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_both_languages_show_the_same_code_and_output() -> None:
    english, chinese = (
        [(language, re.sub(r"  +#.*", "", text)) for language, text in blocks(name)] for name in READMES
    )
    assert english == chinese


def test_both_languages_have_the_same_sections_and_links() -> None:
    for pattern in (r"^(#+) ", r"\]\(((?!README)[^)]+)\)"):
        english, chinese = (re.findall(pattern, (ROOT / name).read_text("utf-8"), re.MULTILINE) for name in READMES)
        assert english == [link.replace("docs/zh/", "docs/") for link in chinese]


@pytest.mark.parametrize("page", [*READMES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_linked_files_exist(page: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_the_session_prints_what_is_shown() -> None:
    (session,) = [text for language, text in blocks("README.md") if language == "python" and text.startswith(">>>")]
    test = doctest.DocTestParser().get_doctest(session, {}, "README.md", "README.md", 0)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


def test_the_example_prints_what_is_shown(tmp_path: Path) -> None:
    (_, example), (_, output) = blocks("README.md")[1:3]
    (tmp_path / "thermometer.py").write_text(example, encoding="utf-8")
    command = [sys.executable, "-m", "tapegrad", "run", str(tmp_path / "thermometer.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (output, "")


def test_the_error_shown_is_the_error_raised(tmp_path: Path) -> None:
    (tmp_path / "lacking.py").write_text("import torch.fx\ntorch.fx.symbolic_trace", encoding="utf-8")
    command = [sys.executable, "-m", "tapegrad", "run", str(tmp_path / "lacking.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] + "\n" == blocks("README.md")[-1][1]


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    commands = re.findall(r"^make (\w+)", blocks("README.md")[0][1], flags=re.MULTILINE)
    assert commands == ["tour", "test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{command}: " in makefile for command in commands)
