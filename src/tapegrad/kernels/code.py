"""LLVM modules as machine code for this processor, and machine code as Python functions."""

from __future__ import annotations

import ctypes
from typing import Any, Final

import llvmlite
import llvmlite.binding as llvm

from ..version import __version__

# Where an array keeps the address of its elements: first thing behind what all Python objects begin with.
DATA: Final = object.__basicsize__
_METH_FASTCALL: Final = 0x80


class Method(ctypes.Structure):
    """CPython's PyMethodDef; has to live as long as the function that is made of it."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


def function_at(address: int, owner: Any) -> tuple[Any, Method]:
    """A Python function that is machine code, and what has to live as long as it does.

    Args:
        address: of code that CPython calls with the owner, a pointer to the arguments, and their number.
    """
    method = Method(b"kernel", address, _METH_FASTCALL, None)
    make = ctypes.pythonapi["PyCFunction_NewEx"]
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    return make(ctypes.byref(method), owner, None), method


def target() -> Any:
    """A compiler for this processor."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    triple = llvm.Target.from_default_triple()
    return triple.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3)


def about(target: Any) -> list[str]:
    """What machine code depends on besides its text: the processor itself among others."""
    features = llvm.get_host_cpu_features().flatten()
    return [__version__, llvmlite.__version__, str(llvm.llvm_version_info), target.triple,
            llvm.get_host_cpu_name(), features]  # fmt: skip


def compiled(module: Any, target: Any) -> bytes:
    """The machine code of a parsed module.

    Raises:
        RuntimeError: it is no valid module.
    """
    module.verify()
    options = llvm.create_pipeline_tuning_options(3)
    options.loop_vectorization = options.slp_vectorization = True
    builder = llvm.create_pass_builder(target, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(target.emit_object(module))


def loaded(code: bytes, target: Any) -> Any:
    """An engine that owns machine code which can be called: `get_function_address` says where a function lies."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


__all__ = ["DATA", "about", "compiled", "function_at", "loaded", "target"]
