"""The examples in the documentation run as printed, and its two languages say the same."""

from __future__ import annotations

import doctest
import importlib
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import tapegrad
from tapegrad import torch_alias
from tools.links import broken_links

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.fixture(autouse=True)
def no_alias_stays() -> Iterator[None]:
    """A page tells how to have `import torch` give tapegrad; the next test shall not have it so."""
    before = set(sys.modules)
    yield
    torch_alias.uninstall_torch_alias()
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "torch":
            del sys.modules[name]


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


CHINESE = re.compile("[\u4e00-\u9fff]")
FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TRANSLATED = sorted((ROOT / "docs/zh").rglob("*.md"))


def _both(page: Path) -> tuple[str, str]:
    """The texts of the English page and of the Chinese one."""
    english = ROOT / "docs" / page.relative_to(ROOT / "docs/zh")
    return english.read_text(encoding="utf-8"), page.read_text(encoding="utf-8")


def _same_word(english: str, chinese: str) -> bool:
    return english == chinese or CHINESE.search(chinese) is not None


def _tokens(source: str) -> list[str]:
    """The tokens of Python source, without comments."""
    skipped = (tokenize.COMMENT, tokenize.NL)
    return [
        token.string for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type not in skipped
    ]


def _assert_same_code(english: str, chinese: str) -> None:
    """The same program up to comments, strings that are translated, and what these print."""
    parser = doctest.DocTestParser()
    examples, translated = parser.get_examples(english), parser.get_examples(chinese)
    assert len(examples) == len(translated)
    for example, other in zip(examples, translated, strict=True):
        tokens, others = _tokens(example.source), _tokens(other.source)
        assert len(tokens) == len(others)
        assert all(map(_same_word, tokens, others)), other.source
        assert _same_word(example.want, other.want), other.want


def _assert_same_lines(english: str, chinese: str) -> None:
    """The same lines up to comments; a line that is translated begins with the same word."""
    lines, others = ([re.sub(r" +#.*", "", line) for line in text.splitlines()] for text in (english, chinese))
    assert len(lines) == len(others)
    for line, other in zip(lines, others, strict=True):
        assert line == other or (CHINESE.search(other) and line.split()[0] == other.split()[0]), other


def test_both_languages_have_the_same_pages() -> None:
    english = {page.relative_to(ROOT / "docs") for page in PAGES if page not in TRANSLATED}
    assert {page.relative_to(ROOT / "docs/zh") for page in TRANSLATED} == english


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_chinese_page_has_the_code_of_the_english_one(page: Path) -> None:
    english, chinese = map(FENCE.findall, _both(page))
    assert [language for language, _ in chinese] == [language for language, _ in english]
    for (_, text), (_, translated) in zip(english, chinese, strict=True):
        if ">>>" in text:
            _assert_same_code(text, translated)
        else:
            _assert_same_lines(text, translated)


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_chinese_page_has_the_headings_and_tables_of_the_english_one(page: Path) -> None:
    english, chinese = (_outline(FENCE.sub("", text)) for text in _both(page))
    assert chinese == english


def test_packages_are_described_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "conformance")
    words = importlib.import_module("ecosystem_words")
    further = tomllib.loads((ROOT / "conformance/packages.toml").read_text(encoding="utf-8"))["package"]
    names = {*words.ENGLISH.about, *(package["name"] for package in further)}
    assert set(words.CHINESE.about) >= names
    assert set(words.CHINESE.causes) == set(words.ENGLISH.causes)


def _outline(text: str) -> list[tuple[str, int]]:
    """Headings with their level, rows of tables with the number of their cells."""
    return [
        (line[0], line.partition(" ")[0].count("#") if line[0] == "#" else line.replace("\\|", "").count("|"))
        for line in text.splitlines()
        if line.startswith(("#", "|"))
    ]
