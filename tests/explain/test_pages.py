"""The pages on `explain` show what it draws, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import tapegrad as torch

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "explain.md", DOCS / "zh/explain.md"]


def _code(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [part for part in re.findall(r"```python\n(.*?)```", text, re.S) if ">>>" in part]


def test_the_picture_is_that_of_the_first_example() -> None:
    program = "\n".join(line[4:] for line in _code(PAGES[0])[0].splitlines() if line.startswith(">>> "))
    names: dict[str, object] = {"torch": torch}
    exec(program.replace("print(", "explanation = ("), names)
    explanation = names["explanation"]
    assert (DOCS / "pictures/explain.svg").read_text(encoding="utf-8") == explanation.svg()  # type: ignore[attr-defined]


def test_both_languages_have_the_same_examples() -> None:
    assert _code(PAGES[0]) == _code(PAGES[1])
