"""The tables: what was measured beside what is asked, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chinese import CHINESE
from measuring import Ratio

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
Table = tuple[str, list[str], list[list[str]]]  # its heading, the columns' headings, the rows


def time_text(seconds: float) -> str:
    """Seconds in a unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def ratio_text(ratio: Ratio | None, asked: float | None = None) -> str:
    """A ratio with its spread, and beside it what is asked; bold where it is not reached."""
    if ratio is None:
        return ""
    text = f"{ratio.value:.2f} ± {ratio.spread:.2f}" if ratio.spread else f"{ratio.value:.2f}"
    if asked is None:
        return text
    return f"{text} (≤ {asked:g})" if round(ratio.value, 2) <= asked else f"**{text}** (≤ {asked:g})"


def markdown(table: Table, chinese: bool = False) -> str:
    """A table under its heading."""
    translated = (lambda text: CHINESE.get(text, text)) if chinese else (lambda text: text)
    heading, columns, rows = table
    lines = [[translated(text) for text in columns], ["---", *["---:"] * (len(columns) - 1)]]
    lines += [[translated(row[0]), *row[1:]] for row in rows]
    return f"### {translated(heading)}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def put(page: Path, text: str) -> None:
    """Replace what stands between the marks of a page."""
    old = page.read_text(encoding="utf-8")
    page.write_text(f"{old.split(BEGIN)[0]}{BEGIN}\n\n{text}\n{END}{old.split(END)[1]}", encoding="utf-8")


def write(where: str, tables: Sequence[Table], root: Path) -> None:
    """Write benchmarks/RESULTS.md, and the tables of the documentation's pages on performance.

    Args:
        where: on what was measured, in a sentence that needs no translation.
    """
    english = "\n".join(markdown(table) for table in tables)
    root.joinpath("benchmarks/RESULTS.md").write_text(
        "# Measured\n\nWritten by `make bench`. What is measured and how, and what the tables say, is in"
        " [the documentation](../docs/performance.md). Ratio: our time ÷ theirs, median of the rounds ± half of their"
        f" middle half; in brackets what is asked, bold where it is missed.\n\n{where}\n\n{english}",
        encoding="utf-8",
    )
    put(root / "docs/performance.md", f"{where}\n\n{english}")
    chinese = "\n".join(markdown(table, chinese=True) for table in tables)
    put(root / "docs/zh/performance.md", f"{where}\n\n{chinese}")
