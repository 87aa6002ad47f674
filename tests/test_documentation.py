"""The examples in the documentation run as printed."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import tapegrad

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_examples_of_the_page_run_as_printed(page: Path) -> None:
    flags = doctest.ELLIPSIS
    failed, _ = doctest.testfile(
        str(page), module_relative=False, globs={"torch": tapegrad}, optionflags=flags, encoding="utf-8"
    )
    assert failed == 0
