"""As much Markdown as the tutorials use: headings, paragraphs, indented code, tables, and `code`, **bold**, *emphasis*.

Example:
    >>> [block.kind for block in blocks("# Title\\n\\nA paragraph\\non two lines.\\n\\n    code")]
    ['heading', 'paragraph', 'code']
    >>> unwrapped("One sentence\\non two lines.")
    'One sentence on two lines.'
"""

import re
from dataclasses import dataclass
from typing import Literal

from tapegrad.tour.width import is_wide

_QUOTES = "“”‘’"
_CHINESE_PUNCTUATION = "，。、；：？！）（》《"

Kind = Literal["heading", "paragraph", "code", "table"]

_SPANS = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<bold>.+?)\*\*|\*(?P<emphasis>[^\s*](?:[^*]*[^\s*])?)\*")


@dataclass(frozen=True)
class Block:
    """A stretch of text between blank lines; a paragraph is on one line, whatever its source was."""

    kind: Kind
    text: str


def blocks(text: str) -> list[Block]:
    """Split Markdown at its blank lines and say what each part is."""
    return [_block(part) for part in re.split(r"\n\s*\n", text.strip("\n"))]


def _block(part: str) -> Block:
    if part.startswith("#"):
        return Block("heading", part)
    if part.startswith("    "):
        return Block("code", part)
    if part.startswith("|"):
        return Block("table", part)
    return Block("paragraph", join_lines(part.splitlines()))


def join_lines(lines: list[str]) -> str:
    """Join the lines of a paragraph by spaces, but by nothing between Chinese characters: there a space would show."""
    joined = lines[0]
    for line in lines[1:]:
        joined += line if _is_seamless(joined[-1], line[0]) else f" {line}"
    return joined


def _is_seamless(before: str, after: str) -> bool:
    if before in _CHINESE_PUNCTUATION or after in _CHINESE_PUNCTUATION:
        return True
    return all(is_wide(character) or character in _QUOTES for character in (before, after))


def unwrapped(text: str) -> str:
    """The same Markdown with each paragraph on a line of its own, as a notebook wants it."""
    return "\n\n".join(block.text for block in blocks(text))


def spans(text: str) -> list[tuple[str, str]]:
    """Split a line into (style, text), the style one of 'plain', 'code', 'bold' and 'emphasis'.

    Example:
        >>> spans("call `backward()` *once*")
        [('plain', 'call '), ('code', 'backward()'), ('plain', ' '), ('emphasis', 'once')]
    """
    found: list[tuple[str, str]] = []
    end = 0
    for match in _SPANS.finditer(text):
        if match.start() > end:
            found.append(("plain", text[end : match.start()]))
        style = str(match.lastgroup)
        found.append((style, match[style]))
        end = match.end()
    if end < len(text):
        found.append(("plain", text[end:]))
    return found
