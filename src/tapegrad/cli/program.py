"""Runs a program in this process as if Python had been started with it.

The program gets a `__main__` module, `sys.argv` and `sys.path[0]` of its own, and when an exception ends it, Python
reports that exception as it would have: without the frames of the runner.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType

from tapegrad import foreign, torch_alias

_runner = sys.modules["__main__"]
"""The `__main__` that the program's replaces: kept, because functions of it are still to return."""

_COMMANDS = os.path.join(os.path.dirname(__file__), "")

TORCH_PATH = os.path.abspath(os.path.join(_COMMANDS, os.pardir, "torch_path"))
"""The folder with a package `torch` that is tapegrad, for the Pythons that the program starts."""


def run_script(path: str, arguments: Sequence[str]) -> None:
    """Run a source file, as `python path arguments...` does."""
    sys.argv[:] = [path, *arguments]
    path = os.path.abspath(path)
    replace_script_folder(os.path.dirname(os.path.realpath(path)))
    main = new_main_module()
    main.__file__ = path
    main.__loader__ = SourceFileLoader("__main__", path)
    with io.open_code(path) as file:
        source = file.read()
    foreign.look_at(source)
    code = compile(source, path, "exec", dont_inherit=True)
    exec(code, vars(main))


def run_module(name: str, arguments: Sequence[str]) -> None:
    """Run a module, as `python -m name arguments...` does."""
    import runpy

    sys.argv[:] = ["-m", *arguments]
    replace_script_folder(os.getcwd())
    new_main_module()
    # The very function that the interpreter calls for -m. The public run_module() uses a __main__ of its own, which it
    # takes away when the program's last line has run: too early for threads, exit handlers and pickle.
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def new_main_module() -> ModuleType:
    """Put a new module `__main__` in place, with what Python's own has in it."""
    main = sys.modules["__main__"] = ModuleType("__main__")
    vars(main).update(__builtins__=builtins, __annotations__={}, __cached__=None)
    return main


def replace_script_folder(folder: str) -> None:
    """Make `folder` the first entry of sys.path, instead of the folder that `tapegrad` itself was started from."""
    if not sys.flags.safe_path:  # python -P: no such entry
        sys.path[0] = folder


def alias_in_child_processes() -> None:
    """Let Pythons that the program starts (multiprocessing workers, subprocesses) find tapegrad as torch too.

    They are new interpreters, which nothing of this process reaches but its environment. multiprocessing also hands
    them this process's sys.path, so the folder stands where PYTHONPATH's folders do, in both.
    """
    others = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = TORCH_PATH + (os.pathsep + others if others else "")
    sys.path.insert(0 if sys.flags.safe_path else 1, TORCH_PATH)


@contextlib.contextmanager
def reported_as_by_python() -> Iterator[None]:
    """Let an exception that leaves this block end the process, its traceback starting in the program.

    The exception goes on, so that the interpreter chooses the exit code (and for a KeyboardInterrupt sends itself
    SIGINT) as it does for any program. Only its last step, the call of sys.excepthook, gets the shorter traceback.
    """
    try:
        yield
    except SystemExit:
        raise
    except BaseException as error:
        ending, traceback = error, without_runner(error.__traceback__)
        torch_alias.explain_missing_method(error)
        report = sys.excepthook  # Python's, or one that the program has set

        def excepthook(kind: type[BaseException], value: BaseException, whole: TracebackType | None) -> None:
            if value is ending:
                sys.last_traceback = whole = value.__traceback__ = traceback
            report(kind, value, whole)

        sys.excepthook = excepthook
        raise


def without_runner(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback without this command's own frames at its top, and without the alias's at its bottom.

    An attribute that tapegrad lacks is then reported where the program asks for it.
    """
    while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith(_COMMANDS):
        traceback = traceback.tb_next
    entry = traceback
    while entry is not None:
        if entry.tb_next is not None and entry.tb_next.tb_frame.f_code.co_filename == torch_alias.__file__:
            entry.tb_next = None
        entry = entry.tb_next
    return traceback
