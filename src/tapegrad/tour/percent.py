"""Scripts in percent format: a Python file that is also a notebook.

A line `# %%` starts a code cell, `# %% [markdown]` a cell of text whose lines are comments. Each cell carries an
`id="…"`, which stays the same from version to version and in every language, so that a notebook made from the script
changes only where the script did.

Example:
    >>> code, text = parse('# %% id="sum"\\n1 + 1\\n\\n# %% [markdown] id="why"\\n# Because.\\n')
    >>> code
    Cell(id='sum', kind='code', source='1 + 1', line=2)
    >>> text.source
    'Because.'
"""

import re
from dataclasses import dataclass
from typing import Literal

_MARKER = re.compile(r'# %%(?P<markdown> \[markdown\])? id="(?P<id>[\w-]+)"')


@dataclass(frozen=True)
class Cell:
    """One cell: its `id`, its `kind`, its text without marker and outer blank lines, and the line it starts on."""

    id: str
    kind: Literal["code", "markdown"]
    source: str
    line: int


def parse(script: str) -> list[Cell]:
    """Split a script into its cells.

    Args:
        script: the text of a whole file; it begins with a cell marker.

    Raises:
        ValueError: if the text does not begin with a marker, a marker has no id, or two cells share one.
    """
    markers: list[tuple[int, re.Match[str]]] = []
    lines = script.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("# %%"):
            marker = _MARKER.fullmatch(line)
            if marker is None:
                raise ValueError(
                    f"line {number + 1}: expected '# %% id=\"…\"' or '# %% [markdown] id=\"…\"', got {line!r}"
                )
            markers.append((number, marker))
    if not markers or markers[0][0] != 0:
        raise ValueError("a script in percent format begins with a cell marker, '# %% id=\"…\"'")

    ends = [number for number, _ in markers[1:]] + [len(lines)]
    cells = [
        _cell(marker, lines[start + 1 : end], start + 2) for (start, marker), end in zip(markers, ends, strict=True)
    ]
    ids = [cell.id for cell in cells]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"cell ids must differ, but these occur more than once: {', '.join(twice)}")
    return cells


def _cell(marker: re.Match[str], lines: list[str], first_line: int) -> Cell:
    while lines and not lines[0].strip():
        lines, first_line = lines[1:], first_line + 1
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if marker["markdown"]:
        text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
        return Cell(marker["id"], "markdown", text, first_line)
    return Cell(marker["id"], "code", "\n".join(lines), first_line)
