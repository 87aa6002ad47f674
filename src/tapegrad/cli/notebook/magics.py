"""What notebooks hold besides Python: `%magic`, `!command`, `%%cell magic`, `object?`. Here it becomes plain Python.

A line is taken for one of these only where Python itself cannot read the cell, so that a `%` or `!` in the middle of an
expression or a string stays what it is.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

# Indentation, the target of an assignment, and the magic or command; or a request for help, before or after the name.
_LINE = re.compile(r"(?P<indent>\s*)(?:(?P<target>[\w., ]+)=\s*)?(?P<magic>[%!].*)$")
_HELP = re.compile(r"(?P<indent>\s*)(?:\?{1,2}[\w.*%]+|[\w.*%]+\?{1,2})\s*$")

SILENT = ("%matplotlib", "%config", "%load_ext", "%autoreload", "%reload_ext")
"""Magics that set up a notebook program. On a terminal there is nothing they would change, so nothing is said."""

RUN_BODY = ("%%time", "%%capture", "%%prun")
"""Cell magics whose cell does its work all the same."""


class Cell(NamedTuple):
    """A cell that Python can run: its tree, and what was left out of it."""

    tree: ast.Module
    skipped: list[str]


def to_python(source: str, filename: str) -> Cell:
    """Parse a cell, replacing what is not Python by statements that do nothing.

    Raises:
        SyntaxError: as Python's own, for a cell that is neither.

    Example:
        >>> cell = to_python("%matplotlib inline\\n!pip install torch\\nx = 7 % 4", "example")
        >>> ast.unparse(cell.tree), cell.skipped
        ('pass\\npass\\nx = 7 % 4', ['!pip install torch'])
    """
    skipped: list[str] = []
    lines = source.split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        if lines[first].split()[0] not in RUN_BODY:
            return Cell(ast.Module(body=[], type_ignores=[]), [f"{lines[first].strip()} and its cell"])
        lines[first] = ""
    while True:
        try:
            # not ast.parse, whose frame would be the last of the traceback
            tree = compile("\n".join(lines), filename, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
            assert isinstance(tree, ast.Module)
            return Cell(tree, skipped)
        except SyntaxError as error:
            # Python names the first line that it cannot read.
            at = (error.lineno or 1) - 1
            replacement = _without_magic(lines[at]) if at < len(lines) else None
            if replacement is None:
                raise
            if not lines[at].strip().startswith(SILENT) and not replacement.startswith("#"):
                skipped.append(lines[at].strip())
            lines[at] = replacement.removeprefix("#")


def _without_magic(line: str) -> str | None:
    """The line as Python, behind a # if it still does all it says; None if it holds no magic."""
    if found := _LINE.match(line):
        indent, target, magic = found["indent"], found["target"], found["magic"]
        if target:
            return f"{indent}{target.strip()} = []"  # a command gives the lines that it printed
        if magic.startswith("%time "):
            return f"#{indent}{magic.removeprefix('%time ').lstrip()}"
        return f"{indent}pass"
    return f"{found['indent']}pass" if (found := _HELP.match(line)) else None
