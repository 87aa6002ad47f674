"""Executes the cells of a notebook in this process and prints their results as a terminal can."""

from __future__ import annotations

import ast
import linecache
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from tapegrad import foreign
from tapegrad.cli import program
from tapegrad.cli.notebook.magics import to_python
from tapegrad.torch_alias import explain_missing_method

IMAGES = {"_repr_png_": "image/png", "_repr_jpeg_": "image/jpeg", "_repr_svg_": "image/svg+xml"}


def run(path: str, sources: Sequence[str], arguments: Sequence[str]) -> int:
    """Execute the cells; returns 0, or 1 after an exception, whose traceback names the cell."""
    sys.argv[:] = [path, *arguments]
    folder, name = os.path.split(os.path.abspath(path))
    os.chdir(folder)
    program.replace_script_folder(folder)
    os.environ["MPLBACKEND"] = "module://tapegrad.cli.notebook.figures"
    namespace = vars(program.new_main_module())
    namespace["display"] = display
    foreign.look_at("\n".join(sources))
    for number, source in enumerate(sources, start=1):
        try:
            _run_cell(source, f"{name}, cell {number}", namespace)
        except Exception as error:
            error.__traceback__ = program.without_runner(error.__traceback__)
            explain_missing_method(error)
            traceback.print_exception(error)  # reads linecache, which the interpreter's own report does not
            return 1
        finally:
            if figures := sys.modules.get("tapegrad.cli.notebook.figures"):
                figures.flush()  # a figure appears below the cell that drew it, shown or not
    return 0


def display(*values: object) -> None:
    """Print values as the results of cells: text, or a note in place of an image."""
    for value in values:
        images = ", ".join(sorted(set(_images(value))))
        print(f"[{images}]" if images else repr(value))


def _run_cell(source: str, filename: str, namespace: dict[str, Any]) -> None:
    # For tracebacks and inspect.getsource. No modification time: such an entry is never checked against a file.
    linecache.cache[filename] = (len(source), None, f"{source}\n".splitlines(keepends=True), filename)
    tree, skipped = to_python(source, filename)
    for line in skipped:
        print(f"{filename}: skipped {line}", file=sys.stderr)
    result = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        last = tree.body.pop()
        assert isinstance(last, ast.Expr)
        result = ast.Expression(last.value)
    exec(compile(tree, filename, "exec", dont_inherit=True), namespace)
    if result is not None:
        value = namespace["_"] = eval(compile(result, filename, "eval", dont_inherit=True), namespace)
        if value is not None:
            display(value)


def _images(value: object) -> Iterator[str]:
    """The kinds of image that the value has for a notebook, by IPython's protocol."""
    if isinstance(value, type):
        return
    if hasattr(value, "_repr_mimebundle_"):
        bundle = value._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        yield from (kind for kind in data or () if kind.startswith("image/"))
    for method, kind in IMAGES.items():
        if getattr(value, method, None) is not None and getattr(value, method)() is not None:
            yield kind
