"""Writes docs/ecosystem.md, in both languages: published packages, and how many of their own tests pass on tapegrad.

    python conformance/ecosystem.py RESULTS.json...

A file of results comes from `conformance/packages.py --json`, or from another runner that writes the same: for each
suite how many of the tests that pass with torch pass with tapegrad, and the commonest reasons for the others.  Of a
suite in several files the last counts.  Figures come from these files only; no code of a package is kept here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ecosystem_words import CHINESE, ENGLISH, Words
from packages import packages

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {DOCS / "ecosystem.md": ENGLISH, DOCS / "zh" / "ecosystem.md": CHINESE}


class Row(NamedTuple):
    """A package and how it fared."""

    name: str
    passed: int
    of: int
    why: list[tuple[str, int]]


def rows_of(files: Iterable[Path]) -> list[Row]:
    """The rows of the files, by name."""
    rows: dict[str, Row] = {}
    for path in files:
        for name, suite in json.loads(path.read_text(encoding="utf-8"))["suites"].items():
            if "of" in suite:
                rows[name] = Row(name, suite["passed"], suite["of"], [(text, n) for text, n in suite["why"]])
    return sorted(rows.values())


def page(rows: Sequence[Row], words: Words) -> str:
    """The text of the page in a language."""
    further = {package.name: package for package in packages()[1]}
    about = {name: package.about for name, package in further.items()} | words.about
    head = f"| {' | '.join(words.columns)} | |\n|---|---:|---:|---|\n"
    parts = [words.header, words.suites, head]
    parts += [_row(row, row.name, about) for row in rows if row.name not in further]
    parts += [words.further, head]
    parts += [_row(row, f"{row.name} {further[row.name].version}", about) for row in rows if row.name in further]
    incomplete = [row for row in rows if row.passed < row.of]
    if incomplete:
        parts.append(words.incomplete)
    for row in incomplete:
        cause = words.causes.get(row.name, "")
        text = words.missing.format(name=row.name, n=row.of - row.passed, of=row.of, cause=cause)
        parts.append(text.rstrip(" ") + "\n\n")
        parts += [f"- {n} × `{_one_line(text)}`\n" for text, n in row.why[:6]]
    return "".join(parts)


def _row(row: Row, title: str, about: Mapping[str, str]) -> str:
    return f"| {title} | {row.passed} | {row.of} | {about.get(row.name, '')} |\n"


def _one_line(text: str) -> str:
    return " ".join(text.replace("`", "'").replace("|", "/").split())[:160]


def main() -> None:
    """Write the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=Path)
    options = parser.parse_args()
    rows = rows_of(options.results)
    for path, words in PAGES.items():
        path.write_text(page(rows, words), encoding="utf-8")
        print(f"wrote {path.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
