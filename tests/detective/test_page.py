"""docs/broken-programs.md is what its command writes now, and docs/debugging.md explains all causes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .broken_programs import PROGRAMS

ROOT = Path(__file__).parents[2]


def test_the_page_of_broken_programs_is_current() -> None:
    command = [sys.executable, ROOT / "tools/broken_programs_page.py", "--check"]
    assert subprocess.run(command, check=False).returncode == 0, "run python tools/broken_programs_page.py"


@pytest.mark.parametrize("page", ["docs/debugging.md", "docs/zh/debugging.md"])
def test_every_cause_of_the_table_is_explained(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {program.cause for program in PROGRAMS if program.question in ("why", "find_nan")}
    assert not sorted(cause for cause in named if f"`{cause}`" not in text)
