"""Which names of torch a source file uses, read off its syntax tree: nothing is run or imported.

`import torch.nn.functional as F` makes `F.relu` a use of `torch.nn.functional.relu`; so do `from torch.nn import
functional as F` and `torch.nn.functional.relu` itself. What a program reaches in other ways (`getattr(torch, name)`)
is not seen.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Use", "uses_in", "uses_in_file"]


class Use(NamedTuple):
    """One place where a name is used."""

    name: str
    """The full name, as 'torch.nn.Linear'; or '.coalesce' for an attribute of something unknown."""

    line: int
    """The number of the line; of a notebook's, counted through its cells of code."""

    optional: bool
    """Whether the program expects that the name may be missing: it stands in a `try` with a second way."""


def uses_in_file(path: Path) -> list[Use]:
    """The uses in a source file or notebook.

    Raises:
        SyntaxError: it is not Python.
        OSError: it cannot be read.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    return uses_in(_code_of_notebook(text) if path.suffix == ".ipynb" else text)


def uses_in(source: str) -> list[Use]:
    """The uses in a program's text.

    Raises:
        SyntaxError: it is not Python.

    >>> [use.name for use in uses_in("import torch.nn as nn; layer = nn.Linear(2, 3)")]
    ['torch.nn', 'torch.nn.Linear']
    """
    reader = _Reader()
    reader.visit(ast.parse(source))
    return reader.uses


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.uses: list[Use] = []
        self._meaning: dict[str, str] = {}  # names in the program -> names of torch
        self._tries = 0

    def _note(self, name: str, node: ast.AST) -> None:
        self.uses.append(Use(name, getattr(node, "lineno", 0), self._tries > 0))

    def visit_Import(self, node: ast.Import) -> None:
        for item in node.names:
            if item.name.partition(".")[0] == "torch":
                self._note(item.name, node)
                self._meaning[item.asname or "torch"] = item.name if item.asname else "torch"

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level or not node.module or node.module.partition(".")[0] != "torch":
            return
        for item in node.names:
            if item.name == "*":
                self._note(node.module, node)
                continue
            full = f"{node.module}.{item.name}"
            self._note(full, node)
            self._meaning[item.asname or item.name] = full

    def visit_Attribute(self, node: ast.Attribute) -> None:
        full = self._full_name(node)
        if full is not None:
            self._note(full, node)
            return
        self._note(f".{node.attr}", node)
        self.visit(node.value)

    def _full_name(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self._meaning.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self._full_name(node.value)
            return None if owner is None else f"{owner}.{node.attr}"
        return None

    def visit_Try(self, node: ast.Try) -> None:
        second_way = any(_catches_absence(handler) for handler in node.handlers)
        self._tries += second_way
        for part in node.body:
            self.visit(part)
        self._tries -= second_way
        for other in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(other)

    def visit_If(self, node: ast.If) -> None:
        # Under TYPE_CHECKING nothing runs, but names of annotations get their meaning there.
        asks = {ast.unparse(part) for part in ast.walk(node.test) if isinstance(part, (ast.Name, ast.Attribute))}
        tests_presence = asks & {"TYPE_CHECKING", "typing.TYPE_CHECKING", "hasattr"}
        self._tries += bool(tests_presence)
        for part in node.body:
            self.visit(part)
        self._tries -= bool(tests_presence)
        self.visit(node.test)
        for part in node.orelse:
            self.visit(part)


def _catches_absence(handler: ast.ExceptHandler) -> bool:
    kinds = "" if handler.type is None else ast.unparse(handler.type)
    return not kinds or any(name in kinds for name in ("ImportError", "ModuleNotFound", "AttributeError", "Exception"))


def _code_of_notebook(text: str) -> str:
    def cells() -> Iterator[str]:
        for cell in json.loads(text).get("cells", []):
            if cell.get("cell_type") == "code":
                lines = "".join(cell["source"]).splitlines()
                if lines and lines[0].startswith("%%"):
                    continue
                yield "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in lines)

    return "\n".join(cells())
