"""docs/operators.md is what its command writes now, and its formulas are those of the rules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_the_page_of_operators_is_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools/operators_page.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"run python tools/operators_page.py\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    "row",
    [
        "| **mul** `MulBackward0`",
        "a ← `g·b`<br>b ← `g·a` | the same rule | direct",
        "x ← `g·(−rsqrt(1 − x·x))`",
        "`scaled(mm(g, bᵀ), alpha)`",
    ],
)
def test_the_page_has_the_formula_of_the_rule(row: str) -> None:
    assert row in (ROOT / "docs/operators.md").read_text(encoding="utf-8")
