"""Python code in colour, by the standard library's own tokenizer.

Example:
    >>> from tapegrad.tour.style import Style
    >>> highlight("x = 1  # one", Style(enabled=False))
    'x = 1  # one'
    >>> highlight("return 1", Style(enabled=True))
    '\\x1b[35mreturn\\x1b[0m \\x1b[33m1\\x1b[0m'
"""

import builtins
import io
import keyword
import tokenize

from tapegrad.tour.style import Style

_BUILTINS = frozenset(dir(builtins))
# From Python 3.12 an f-string comes as several tokens; before, as one.
_STRINGS = frozenset(
    getattr(tokenize, name)
    for name in ("STRING", "FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")
    if hasattr(tokenize, name)
)


def highlight(source: str, style: Style) -> str:
    """`source` with colours. Taking the colours away gives back `source`, whatever it is."""
    if not style.enabled:
        return source
    lines = list(io.StringIO(source))  # split where the tokenizer splits, at newlines only
    pieces: list[str] = []
    row, column = 1, 0

    def copy_until(end_row: int, end_column: int, name: str) -> None:
        nonlocal row, column
        while row < end_row:
            pieces.append(_colored(lines[row - 1][column:], name, style))
            row, column = row + 1, 0
        if row == end_row <= len(lines) and end_column > column:
            pieces.append(_colored(lines[row - 1][column:end_column], name, style))
            column = end_column

    before = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.ENDMARKER:
                break
            copy_until(*token.start, "plain")
            copy_until(*token.end, _name(token, before))
            if token.string.strip():
                before = token.string
    except (tokenize.TokenError, SyntaxError):
        pass  # not a whole program: the rest goes out as it is
    copy_until(len(lines) + 1, 0, "plain")
    return "".join(pieces)


def _name(token: tokenize.TokenInfo, before: str) -> str:
    if token.type == tokenize.COMMENT:
        return "comment"
    if token.type in _STRINGS:
        return "string"
    if token.type == tokenize.NUMBER:
        return "number"
    if token.type == tokenize.NAME:
        if keyword.iskeyword(token.string):
            return "keyword"
        is_decorator = before == "@" and token.line.lstrip().startswith("@")  # and not a matrix product
        if is_decorator or before in ("def", "class"):
            return "definition"
        if token.string in _BUILTINS and before != ".":
            return "builtin"
    return "plain"


def _colored(text: str, name: str, style: Style) -> str:
    body = text.rstrip("\n")
    return style(body, name) + text[len(body) :]
