"""The command `tapegrad`: one module per command, each with a `main(arguments)` that returns the exit code.

A command's module is imported when the command is called, so that each starts as fast as it can.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["main"]


class Command(NamedTuple):
    """A command: the module whose `main` it is, and its line in the overview."""

    module: str
    summary: str


COMMANDS = {
    "run": Command("tapegrad.cli.run", "run a script, notebook or module that says `import torch`"),
    "check": Command("tapegrad.cli.check", "list the names of torch that a program uses and tapegrad lacks"),
    "explain": Command("tapegrad.cli.explain", "run a program and show where its gradients come from"),
    "tour": Command("tapegrad.tour", "a guided walk through autograd, on real numbers"),
    "info": Command("tapegrad.cli.info", "versions, extras, threads: what to put into a bug report"),
}

OVERVIEW = f"""\
usage: tapegrad COMMAND ...

PyTorch's autograd in Python over NumPy.

commands:
{chr(10).join(f"  {name:<7} {command.summary}" for name, command in COMMANDS.items())}

examples:
  tapegrad tour                        see what it does, in less than 20 seconds
  tapegrad run train.py --epochs 5     run code written for torch, unchanged
  tapegrad run lesson.ipynb            the same for a notebook
  tapegrad explain train.py            where its gradients come from, as text or as a page
  tapegrad run --help                  more about one command

options:
  -h, --help     show this text
  --version      show the version
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line `tapegrad ARGUMENTS...` (default: the process's own) and return its exit code.

    >>> main(["rnu", "train.py"])
    2
    """
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if command in COMMANDS:
        exit_code: int = importlib.import_module(COMMANDS[command].module).main(rest)
        return exit_code
    if command in ("-h", "--help", "help"):
        print(OVERVIEW, end="")
        return 0
    if command == "--version":
        from tapegrad.version import own

        print(f"tapegrad {own}")
        return 0
    print(f"tapegrad: {_unknown(command)}", file=sys.stderr)
    return 2


def _unknown(command: str) -> str:
    """What was found, and what to write instead."""
    import difflib
    import os

    if command.endswith((".py", ".ipynb")) or os.path.isfile(command):
        return f"{command!r} is no command. To run a file: tapegrad run {command}"
    if command.startswith("-"):
        return f"there is no option {command!r}; `tapegrad --help` lists what there is"
    similar = difflib.get_close_matches(command, COMMANDS, n=1)
    hint = f" Did you mean `tapegrad {similar[0]}`?" if similar else ""
    return f"there is no command {command!r}.{hint} The commands: {', '.join(COMMANDS)}"
