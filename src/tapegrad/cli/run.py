"""`tapegrad run`: runs a script, a notebook or a module in which `import torch` gives tapegrad."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tapegrad.torch_alias import install_as_torch

DESCRIPTION = """\
Runs a program written for torch. `import torch`, and every import of a torch submodule, gives tapegrad; all else is as
with plain python: arguments, exit code, tracebacks, standard input, worker processes. What torch has and tapegrad lacks
fails by its torch name when it is first used.
"""

EXAMPLES = """\
examples:
  tapegrad run train.py --epochs 5         as python train.py --epochs 5
  tapegrad run -m mypackage.train          as python -m mypackage.train
  tapegrad run -m pytest tests             a package's own tests, on tapegrad
  tapegrad run lesson.ipynb                a notebook's cells in order, their results printed
  tapegrad run lesson.ipynb --save out.ipynb
                                           the same, and the results written into a copy of the notebook
                                           (needs pip install 'tapegrad[notebook]')
"""


def main(arguments: Sequence[str]) -> int:
    """Run the program; returns its exit code. An exception that ends the program is raised out of here, for Python to
    report it, as in any program (`program.reported_as_by_python` sees to the traceback)."""
    options, target, rest = parsed(_parser(), arguments)
    if not options.module and target.endswith(".ipynb"):  # takes the option on either side of the file
        options, rest = _save_option().parse_known_args(rest, options)
    elif options.save is not None:
        _parser().error("--save takes the results of a notebook: FILE.ipynb")
    return launch("run", target, rest, as_module=options.module, save=options.save)


def parsed(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> tuple[argparse.Namespace, str, list[str]]:
    """The options of a command that runs a program, the program, and the program's arguments; exits without one."""
    options = parser.parse_args(arguments)
    target, *rest = options.program or [""]
    if target == "--":
        target, *rest = rest or [""]
    if not target:
        parser.error("nothing to run: give a FILE.py, a FILE.ipynb or -m MODULE")
    return options, target, rest


def launch(command: str, target: str, rest: Sequence[str], *, as_module: bool, save: Path | None = None) -> int:
    """Run a program under the alias; returns its exit code, and lets an exception that ends it through.

    Args:
        command: the command that does so, named in messages.
        target, rest: the file, or with `as_module` the module, and its arguments.
        save: where to write a notebook's results.
    """
    if not as_module and not os.path.isfile(target):
        print(f"tapegrad {command}: can't open file {target!r}: {_why_not_a_file(target)}", file=sys.stderr)
        return 2

    from tapegrad.cli import program

    try:
        install_as_torch()
    except RuntimeError as error:  # a start-up file of this Python has imported torch
        print(f"tapegrad {command}: {error}", file=sys.stderr)
        return 1
    program.alias_in_child_processes()
    with program.reported_as_by_python():
        if not as_module and target.endswith(".ipynb"):
            from tapegrad.cli import notebook

            return notebook.main(target, rest, save=save)
        if as_module:
            program.run_module(target, rest)
        else:
            program.run_script(target, rest)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        parents=[_save_option()],
        prog="tapegrad run",
        usage="tapegrad run [--save OUT.ipynb] (FILE.py | FILE.ipynb | -m MODULE) [arguments of the program ...]",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-m", dest="module", action="store_true", help="run a module, found as python -m finds it")
    parser.add_argument("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _save_option() -> argparse.ArgumentParser:
    option = argparse.ArgumentParser(prog="tapegrad run", add_help=False, allow_abbrev=False)
    option.add_argument("--save", metavar="OUT.ipynb", type=Path, help="write a notebook's results into OUT.ipynb")
    return option


def _why_not_a_file(target: str) -> str:
    if os.path.isdir(target):
        return "it is a folder; a package runs with -m"
    return "no such file"
