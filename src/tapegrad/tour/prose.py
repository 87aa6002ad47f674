"""Markdown laid out for a terminal: wrapped to a width in columns, English and Chinese alike.

Example:
    >>> from tapegrad.tour.style import Style
    >>> print(render("Ask for a *gradient* with `backward()`.", 24, Style(enabled=False)))
    Ask for a gradient with
    `backward()`.
"""

import re

from tapegrad.tour import markdown
from tapegrad.tour.style import Style
from tapegrad.tour.width import pad, width

# What must not begin a line, and what must not end one.
_CLOSING = "，。、；：？！”’）》】…—"
_OPENING = "“‘（《【"

# A space; or a word or a single wide character, each with the Chinese punctuation that clings to it.
_WIDE = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"
_ATOM = re.compile(rf"\s+|[{_OPENING}]*{_WIDE}[{_CLOSING}]*|[{_OPENING}]*[^\s\u2e80-\uffef]+[{_CLOSING}]*|.")

Atom = tuple[str, str]  # the name of a style, and text in it


def render(text: str, columns: int, style: Style) -> str:
    """Lay out Markdown in lines of at most `columns` columns (a word longer than that stands alone)."""
    return "\n\n".join(_render(block, columns, style) for block in markdown.blocks(text))


def _render(block: markdown.Block, columns: int, style: Style) -> str:
    if block.kind == "heading":
        return style("▸ " + block.text.lstrip("# ").replace("`", ""), "heading")
    if block.kind == "code":
        return style(block.text, "code")
    if block.kind == "table":
        return _table(block.text, style)
    return "\n".join(_paint(line, style) for line in _lines(block.text, columns, style))


def _spans(text: str, style: Style) -> list[Atom]:
    """The styled parts of a line. Without colours, `code` keeps its backquotes, so that it can be told apart."""
    parts = markdown.spans(text)
    return parts if style.enabled else [(name, f"`{part}`" if name == "code" else part) for name, part in parts]


def _lines(text: str, columns: int, style: Style) -> list[list[Atom]]:
    lines: list[list[Atom]] = [[]]
    used = 0
    for word in _words(_spans(text, style)):
        plain = "".join(part for _, part in word)
        if lines[-1] and used + width(plain.rstrip()) > columns:
            lines.append([])
            used = 0
        if lines[-1] or plain.strip():  # no space at the beginning of a line
            lines[-1].extend(word)
            used += width(plain)
    return lines


def _words(spans: list[Atom]) -> list[list[Atom]]:
    """The parts that a line must not break; where a style ends before a comma, such a part has two styles."""
    words: list[list[Atom]] = [[]]
    for name, part in spans:
        for position, atom in enumerate([part] if name == "code" else _ATOM.findall(part)):
            before = words[-1][-1][1] if words[-1] else " "
            clings = atom[0] in _CLOSING + ",.;:!?)" or (position == 0 and before[-1] in "(" + _OPENING)
            if clings and not before.isspace():
                words[-1].append((name, atom))
            else:
                words.append([(name, atom)])
    return words[1:]


def _paint(line: list[Atom], style: Style) -> str:
    while line and line[-1][1].isspace():
        line = line[:-1]
    return "".join(style(part, name) for name, part in line)


def _table(text: str, style: Style) -> str:
    rows = [[_spans(cell.strip(), style) for cell in line.strip("|").split("|")] for line in text.splitlines()]
    del rows[1]  # the line of dashes below the head
    plain = [["".join(part for _, part in cell) for cell in row] for row in rows]
    sizes = [max(width(row[column]) for row in plain) for column in range(len(rows[0]))]
    lines = [
        "   ".join(
            _paint(cell, style) + pad("", size - width(bare))
            for cell, bare, size in zip(row, bares, sizes, strict=True)
        ).rstrip()
        for row, bares in zip(rows, plain, strict=True)
    ]
    lines.insert(1, style("   ".join("─" * size for size in sizes), "quiet"))
    return "\n".join(lines)
