"""The examples in the documentation run as printed."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import tapegrad
from tools.links import broken_links

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_examples_of_the_page_run_as_printed(page: Path) -> None:
    flags = doctest.ELLIPSIS
    failed, _ = doctest.testfile(
        str(page), module_relative=False, globs={"torch": tapegrad}, optionflags=flags, encoding="utf-8"
    )
    assert failed == 0


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p id="here"><a href="b.html#there">x</a><a href="#here">y</a>', encoding="utf-8")
    (tmp_path / "b.html").write_text('<a href="a.html"><a href="c.html"><a href="https://x.org">', encoding="utf-8")
    broken, inside, outside = broken_links(tmp_path)
    assert sorted((str(page), link) for page, link, _ in broken) == [("a.html", "b.html#there"), ("b.html", "c.html")]
    assert (inside, outside) == (4, 1)
