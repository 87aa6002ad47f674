"""LLVM modules as machine code: compiled for this processor, kept on disk, called from Python."""

from __future__ import annotations

import ctypes
import hashlib
import threading
from typing import Any, Final

import llvmlite.binding as llvm
import numpy as np

from ....kernels import code, disk

_lock: Final = threading.Lock()
_made: Final[dict[str, tuple[Any, int]]] = {}  # by key: the engine that owns the code, and the address of `entry`


class Table(np.ndarray[Any, Any]):
    """Addresses that the machine code reads; it owns what is at these."""

    kept: Any


def callable_of(address: int, words: list[int], kept: Any) -> Any:
    """A Python function `f(*arrays)` that is machine code.

    Args:
        address: of code that CPython calls with the table, a pointer to the arguments, and their number.
        words: the contents of the table.
        kept: what has to live as long as the function.
    """
    table = np.array(words, np.int64).view(Table)
    function, method = code.function_at(address, table)
    table.kept = (kept, method)
    return function


def python_integers() -> int:
    """The address of the function that makes a Python integer."""
    return ctypes.cast(ctypes.pythonapi.PyLong_FromLong, ctypes.c_void_p).value or 0


def entry_of(text: str) -> tuple[Any, int]:
    """The address of `entry` in the machine code for a module's text, and what owns it."""
    with _lock:
        target = code.target()
        key = "w" + hashlib.sha256("\n".join([text, *code.about(target)]).encode()).hexdigest()[:32]
        found = _made.get(key)
        if found is None:
            machine_code = disk.read(key)
            if machine_code is None:
                machine_code = code.compiled(llvm.parse_assembly(text), target)
                disk.write(key, machine_code)
            engine = code.loaded(machine_code, target)
            found = _made[key] = (engine, engine.get_function_address("entry"))
        return found
