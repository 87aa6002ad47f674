"""Notebooks under `tapegrad run`: reading them, and the choice of what executes their cells.

`cells.py` executes them in this process and needs nothing but Python; with `--save`, `saving.py` lets a Jupyter kernel
do it, which gives results the form that notebooks keep them in.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["NotebookError", "code_cells", "main"]


class NotebookError(ValueError):
    """The file is no notebook that Python could run."""


def main(path: str, arguments: Sequence[str], save: Path | None) -> int:
    """Run the cells of a notebook in order, print their results, and return the exit code.

    The cells run in the notebook's folder, as in Jupyter. An exception ends the run with its traceback.
    """
    try:
        sources = code_cells(path)
    except NotebookError as error:
        print(f"tapegrad run: {path}: {error}", file=sys.stderr)
        return 2
    if save is not None:
        from tapegrad.cli.notebook import saving

        return saving.run_and_save(path, arguments, save)

    from tapegrad.cli.notebook import cells

    return cells.run(path, sources, arguments)


def code_cells(path: str | os.PathLike[str]) -> list[str]:
    """The sources of the code cells, without blank ones (which no notebook program runs or numbers).

    Raises:
        NotebookError: the file is not JSON, not a notebook of format 4 (since 2015), or not in Python.
    """
    try:
        notebook: Any = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # from the decoding of UTF-8 or of JSON
        raise NotebookError(f"not a notebook: {error}") from None
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        raise NotebookError("not a notebook: it has no entry 'nbformat'")
    if notebook["nbformat"] < 4 or "cells" not in notebook:
        raise NotebookError(f"notebook format {notebook['nbformat']}, expected 4: open and save it in Jupyter")
    metadata = notebook.get("metadata", {})
    language = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name")
    if language not in (None, "python"):
        raise NotebookError(f"its cells are in {language}, expected Python")
    sources = ("".join(cell.get("source", "")) for cell in notebook["cells"] if cell.get("cell_type") == "code")
    return [source for source in sources if source.strip()]
