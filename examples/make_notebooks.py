"""Write the notebooks of the tutorials from their scripts: `python examples/make_notebooks.py`.

Each script `examples/LANGUAGE/N_name.py` is in percent format and the only source; the notebook beside it holds the
same cells, without outputs. Run this after changing a script; a test fails until it has been run.
"""

import json
from pathlib import Path
from typing import Any

from tapegrad.tour.markdown import unwrapped
from tapegrad.tour.percent import Cell, parse

HERE = Path(__file__).resolve().parent


def scripts() -> list[Path]:
    """The scripts of all tutorials, in all languages."""
    return sorted(HERE.glob("*/[0-9]_*.py"))


def notebook(script: Path) -> str:
    """The text of the notebook that belongs to `script`, in nbformat 4.5."""
    content = {
        "cells": [_cell(cell) for cell in parse(script.read_text(encoding="utf-8"))],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _cell(cell: Cell) -> dict[str, Any]:
    text = unwrapped(cell.source) if cell.kind == "markdown" else cell.source
    common = {"cell_type": cell.kind, "id": cell.id, "metadata": {}, "source": text.splitlines(keepends=True)}
    return common if cell.kind == "markdown" else {**common, "execution_count": None, "outputs": []}


def main() -> None:
    """Write every notebook beside its script."""
    for script in scripts():
        script.with_suffix(".ipynb").write_text(notebook(script), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
