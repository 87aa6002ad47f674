"""When work is done by kernels, and when by NumPy.

Loading kernels takes 30 to 60 ms, so a process that does little never does.  Whoever has work that a kernel could do
asks for it by `find`, which counts the elements and answers None until there have been `LIMIT`.  Only counts decide, so
a program takes the same way and gives the same bits each time that it runs.  From a quarter of the limit on, a thread
loads what has been asked for; at the limit, a kernel that is on disk is waited for.  One that is not, since no process
of this machine has needed it before, is compiled in the background, and used when it is there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from .background import Worker
    from .foundry import Functions

LIMIT: Final = 1 << 24
CALL: Final = 1 << 11  # what a call counts for besides: about what calls of NumPy cost whatever the size
LONG: Final = 1 << 14  # elements from which a kernel lets go of the interpreter lock

Mode = Literal["usual", "off", "always"]


class Kernel:
    """A kernel by its name; its module is loaded when it has to be compiled.

    Args:
        module: the module of this package that the function is in.
        name: the function.
    """

    __slots__ = ("asked", "module", "name", "ready")

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name
        self.ready: dict[str, Functions] = {}  # by the character of the dtype
        self.asked: set[str] = set()
        _all.append(self)

    def __repr__(self) -> str:
        return f"<kernel {self.module}.{self.name}>"


_all: Final[list[Kernel]] = []
_MODES: Final[dict[str, Mode]] = {"": "usual", "0": "off", "off": "off", "always": "always"}
_mode: Mode = _MODES.get(os.environ.get("TAPEGRAD_KERNELS", "").lower(), "usual")
_counted = 0
_wanted: list[tuple[Kernel, str]] = []  # asked for, but not yet loaded
_loaded: Final[dict[tuple[Kernel, str], Functions | None]] = {}  # before the limit
_begun: Final[set[tuple[Kernel, str]]] = set()  # left to the worker to compile
_loading = threading.Lock()


def find(kernel: Kernel, dtype: np.dtype[Any], elements: int) -> Callable[..., Any] | None:
    """A kernel as a compiled function, or None if NumPy shall do the work.

    Args:
        dtype: of the arrays; there are kernels for single and double precision.
        elements: how many the work is on.  They are counted.

    Returns:
        A function of the kernel's arguments, which must be as the kernel says: plain ndarrays, C-contiguous, aligned,
        of the right dtype.  Nothing is checked.
    """
    found = kernel.ready.get(dtype.char)
    if found is not None:
        return found[elements >= LONG]
    return None if _mode == "off" else _asked(kernel, dtype.char, elements)


def _asked(kernel: Kernel, char: str, elements: int) -> Callable[..., Any] | None:
    """`find` for a kernel that is not ready."""
    global _counted
    if char not in "fd":
        return None
    if _mode == "always":
        from . import foundry

        with _loading:
            place = kernel.module, kernel.name, char
            found = kernel.ready[char] = foundry.from_disk(*place) or foundry.made(*place)
        return found[elements >= LONG]
    _counted += elements + CALL
    if _counted >= LIMIT:
        return _at_limit(kernel, char, elements)
    if char not in kernel.asked:
        kernel.asked.add(char)
        _wanted.append((kernel, char))
    if _wanted and _counted >= LIMIT // 4 and _available():
        worker().submit(_load_wanted)
    return None


@cache
def worker() -> Worker:
    """The thread that loads and compiles."""
    from .background import Worker

    return Worker("tapegrad.kernels")


@cache
def _has_llvm() -> bool:
    from importlib.util import find_spec

    return find_spec("llvmlite") is not None


def _available() -> bool:
    """Whether there is what loads kernels; if not, nothing is asked again."""
    global _mode
    if not _has_llvm() or worker().ended:
        _mode = "off"
    return _mode != "off"


def _load_wanted() -> None:
    """In the background: load what is on disk of what has been asked for."""
    while _wanted:
        kernel, char = _wanted.pop()
        _load(kernel, char)


def _load(kernel: Kernel, char: str) -> Functions | None:
    """A kernel from disk; None if there is none."""
    with _loading:
        if (kernel, char) not in _loaded:
            try:
                from . import foundry

                _loaded[kernel, char] = foundry.from_disk(kernel.module, kernel.name, char)
            except Exception:  # sources that cannot be read, a processor that LLVM does not know
                _loaded[kernel, char] = None
        return _loaded[kernel, char]


def _at_limit(kernel: Kernel, char: str, elements: int) -> Callable[..., Any] | None:
    """A kernel that is on disk, at once; otherwise it is compiled, once."""
    if (kernel, char) in _begun or not _available():
        return None
    found = _load(kernel, char)
    if found is None:
        _begun.add((kernel, char))
        worker().submit(lambda: _make(kernel, char))
        return None
    kernel.ready[char] = found
    return found[elements >= LONG]


def _make(kernel: Kernel, char: str) -> None:
    """In the background: compile a kernel."""
    try:
        from . import foundry

        kernel.ready[char] = foundry.made(kernel.module, kernel.name, char)
    except Exception:  # no Numba, or one that differs from those we know: NumPy goes on doing the work
        pass


@contextmanager
def using(mode: Mode) -> Iterator[None]:
    """Have kernels never ("off") or always, compiled when first asked for ("always"); for tests.

    Under "always" errors are raised that otherwise mean that NumPy does the work.
    """
    global _mode
    before, ready = _mode, [dict(kernel.ready) for kernel in _all]
    if mode == "off":
        for kernel in _all:
            kernel.ready.clear()
    _mode = mode
    try:
        yield
    finally:
        _mode = before
        for kernel, functions in zip(_all, ready, strict=False):
            kernel.ready.clear()
            kernel.ready.update(functions)


def _after_fork() -> None:
    """What was being loaded or compiled is not in the new process."""
    global _loading
    _loading = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

__all__ = ["Kernel", "find", "using"]
