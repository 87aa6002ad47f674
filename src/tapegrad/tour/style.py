"""Colours, and when to use them.

Example:
    >>> Style(enabled=False)("x", "good")
    'x'
    >>> Style(enabled=True)("x", "good")
    '\\x1b[32mx\\x1b[0m'
"""

import os
from dataclasses import dataclass
from typing import Literal, TextIO

ColorChoice = Literal["auto", "always", "never"]

# The 16 colours every terminal has, so that the reader's own theme decides how they look.
_CODES = {
    "title": "1;36",
    "heading": "1",
    "code": "36",
    "bold": "1",
    "emphasis": "3",
    "quiet": "2",
    "good": "32",
    "bad": "1;31",
    "keyword": "35",
    "string": "32",
    "number": "33",
    "comment": "2",
    "definition": "1;34",
    "builtin": "36",
    "curve": "34",
    "points": "33",
}


@dataclass(frozen=True)
class Style:
    """Wraps text in a terminal's colour codes, or, where colours are off, leaves it alone."""

    enabled: bool

    def __call__(self, text: str, name: str) -> str:
        """`text` in the colour called `name`; 'plain' is no colour.

        Each line is coloured by itself: pagers forget a colour where a line ends.
        """
        if not self.enabled or name == "plain":
            return text
        return "\n".join(f"\x1b[{_CODES[name]}m{line}\x1b[0m" if line else "" for line in text.split("\n"))


def wants_color(choice: ColorChoice, stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`.

    'always' and 'never' are obeyed. 'auto' means yes on a terminal, unless `NO_COLOR` (https://no-color.org) is set
    or the terminal is a dumb one.
    """
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
