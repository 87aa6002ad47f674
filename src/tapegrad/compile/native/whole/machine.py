"""LLVM modules as machine code: compiled for this processor, kept on disk, called from Python."""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from ....version import __version__
from ..building import folder

MAX_FILES: Final = 500
_SEAL: Final = 32  # bytes of the digest before the machine code
_lock: Final = threading.Lock()
_made: Final[dict[str, tuple[Any, int]]] = {}  # by key: the engine that owns the code, and the address of `entry`
_METH_FASTCALL: Final = 0x80


class _Method(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


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
    method = _Method(b"kernel", address, _METH_FASTCALL, None)
    table.kept = (kept, method)
    make = ctypes.pythonapi["PyCFunction_NewEx"]
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    return make(ctypes.byref(method), table, None)


def python_integers() -> int:
    """The address of the function that makes a Python integer."""
    return ctypes.cast(ctypes.pythonapi.PyLong_FromLong, ctypes.c_void_p).value or 0


def entry_of(text: str) -> tuple[Any, int]:
    """The address of `entry` in the machine code for a module's text, and what owns it."""
    with _lock:
        target = _target()
        key = hashlib.sha256("\n".join([text, *_about(target)]).encode()).hexdigest()[:32]
        found = _made.get(key)
        if found is None:
            code = _read(key)
            if code is None:
                code = _compiled(text, target)
                _write(key, code)
            engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
            engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
            engine.finalize_object()
            found = _made[key] = (engine, engine.get_function_address("entry"))
        return found


def _target() -> Any:
    """A compiler for this processor."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    triple = llvm.Target.from_default_triple()
    return triple.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3)


def _about(target: Any) -> list[str]:
    """What machine code depends on besides its text: the processor itself among others."""
    features = llvm.get_host_cpu_features().flatten()
    return [__version__, llvmlite.__version__, str(llvm.llvm_version_info), target.triple,
            llvm.get_host_cpu_name(), features]  # fmt: skip


def _compiled(text: str, target: Any) -> bytes:
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(3)
    options.loop_vectorization = options.slp_vectorization = True
    builder = llvm.create_pass_builder(target, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(target.emit_object(module))


# -- on disk -----------------------------------------------------------------------------------------------------------


def _read(key: str) -> bytes | None:
    """Machine code from an earlier process; None if there is none, or what there is was damaged."""
    try:
        whole = (folder() / f"w{key}.o").read_bytes()
    except OSError:
        return None
    code = whole[_SEAL:]
    return code if hashlib.sha256(code).digest() == whole[:_SEAL] else None


def _write(key: str, code: bytes) -> None:
    """Keep machine code; written aside and moved, so that no other process sees a half."""
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        _tidy(place)
        handle, aside = tempfile.mkstemp(dir=place, suffix=".part")
        with os.fdopen(handle, "wb") as out:
            out.write(hashlib.sha256(code).digest() + code)
        os.replace(aside, place / f"w{key}.o")
    except OSError:
        pass  # a folder that cannot be written to: compiled again next time


def _tidy(place: Path) -> None:
    """Remove the oldest when there are too many."""
    files = sorted(place.glob("w*.o"), key=lambda f: f.stat().st_mtime)
    for file in files[: max(0, len(files) - MAX_FILES + 1)]:
        file.unlink(missing_ok=True)
