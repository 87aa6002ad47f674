"""`--save`: a Jupyter kernel executes the notebook, and its outputs are written into a copy."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tapegrad.extras import require

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run_and_save(path: str, arguments: Sequence[str], save: Path) -> int:
    """Execute the notebook at `path`, print each cell's results when it is done, and write the notebook to `save`.

    The file is also written when a cell fails, up to and with its traceback; the exit code is 1 then.
    """
    try:
        nbformat = require("nbformat", "--save")
        nbclient = require("nbclient", "--save")
        require("ipykernel", "--save")
    except ModuleNotFoundError as error:
        print(f"tapegrad run: {error}", file=sys.stderr)
        return 1
    from traitlets.config import Config  # nbclient is made of it

    save = save.absolute()
    notebook = nbformat.read(path, as_version=4)
    folder, name = os.path.split(os.path.abspath(path))
    client = nbclient.NotebookClient(
        notebook,
        kernel_name="python3",  # this Python's own, whatever kernel the notebook was written in
        timeout=None,
        record_timing=False,  # so that a second run writes the same file
        resources={"metadata": {"path": folder}},
        extra_arguments=[f"--IPKernelApp.exec_lines={_preparation([name, *arguments])}"],
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),  # without it, the kernel prints a warning
        on_cell_executed=lambda cell, cell_index, execute_reply: print_outputs(cell.outputs),
    )
    exit_code = 0
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError:
        failed = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.get("execution_count")][-1]
        print(f"{name}, cell {failed.execution_count}, raised the exception above", file=sys.stderr)
        exit_code = 1
    nbformat.write(notebook, save)
    return exit_code


def print_outputs(outputs: Sequence[Any]) -> None:
    """Print a cell's outputs (nbformat's) as `tapegrad run` without `--save` prints them."""
    for output in outputs:
        if output.output_type == "stream":
            print(output.text, end="", file=sys.stderr if output.name == "stderr" else sys.stdout)
        elif output.output_type == "error":
            lines = "\n".join(output.traceback)
            print(lines if sys.stderr.isatty() else _COLOUR.sub("", lines), file=sys.stderr)
        else:
            images = ", ".join(sorted(kind for kind in output.data if kind.startswith("image/")))
            print(f"[{images}]" if images else output.data.get("text/plain", ""))


def _preparation(argv: list[str]) -> str:
    """The line that the kernel runs first."""
    return f"from tapegrad.cli.notebook.kernel import prepare; prepare({argv!r})"
