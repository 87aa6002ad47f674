"""How many columns of a terminal a text takes: a Chinese character takes two.

Example:
    >>> width("a梯度")
    5
    >>> pad("梯度", 6) + "|"
    '梯度  |'
"""

import unicodedata


def is_wide(character: str) -> bool:
    """Whether a terminal gives this character two columns."""
    return unicodedata.east_asian_width(character) in "WF"


def width(text: str) -> int:
    """Columns that `text` takes, escape sequences excluded: pass it text without any."""
    return sum(0 if unicodedata.combining(c) else 1 + is_wide(c) for c in text)


def pad(text: str, columns: int) -> str:
    """`text`, filled up with spaces to `columns`."""
    return text + " " * (columns - width(text))
