"""Kernels as machine code: compiled by Numba once per machine, and loaded from disk without it in later processes.

Numba translates a kernel to LLVM's language.  Two functions are put around it that CPython can call with nothing in
between: one that holds the interpreter lock while the kernel works, for small work, and one that lets go of it.  What
LLVM makes of this module is an object file that needs nothing but CPython and the C library, and so can be loaded by
llvmlite alone, which takes a tenth of the time that it takes to import Numba.

A file's name is a digest of all that it depends on: the sources that are read here, versions, and the processor.
"""

from __future__ import annotations

import ctypes
import hashlib
import math
import types as python_types
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from ..quiet import over
from . import code, disk, expressions, words

HOLDING, LETTING_GO = "holding", "letting_go"
_REALS: Final = {"f": np.float32, "d": np.float64}
_PYTHON: Final = (
    "PyErr_BadArgument", "PyErr_Occurred", "PyEval_RestoreThread", "PyEval_SaveThread", "PyFloat_AsDouble",
    "PyLong_AsLongLong", "PyLong_FromLongLong", "Py_IncRef",
)  # fmt: skip
_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_POINTER: Final = _I8.as_pointer()
_kept: Final[list[Any]] = []  # what loaded kernels need as long as the process lives

Functions = tuple[Any, Any]  # that holds the interpreter lock, and that lets go of it


class Unsupported(Exception):
    """This machine has no kernels."""


@cache
def _target() -> Any:
    """The compiler; CPython's functions are made known to it, which not all systems would find."""
    for name in _PYTHON:
        llvm.add_symbol(name, ctypes.cast(ctypes.pythonapi[name], ctypes.c_void_p).value)
    return code.target()


@cache
def _common() -> bytes:
    """A digest of what all kernels depend on."""
    here = Path(__file__).parent
    sources = [here / name for name in ("foundry.py", "words.py", "tile_code.py")]
    sources.append(here.parent / "compile/native/elements.py")
    sources += sorted((here.parent / "compile/vector_math").glob("*.py"))
    digest = hashlib.sha256("\n".join([np.__version__, *code.about(_target())]).encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.digest()


def _file(module: str, name: str, char: str) -> str:
    """The name of a kernel's file."""
    made = expressions.texts.get(module)
    source = (Path(__file__).parent / f"{module}.py").read_bytes() if made is None else made.encode()
    digest = hashlib.sha256(_common() + source + f"\n{name} {char}".encode()).hexdigest()
    return f"e{digest[:32]}"


def from_disk(module: str, name: str, char: str) -> Functions | None:
    """A kernel of an earlier process; None if there is none.

    Args:
        module, name: of the kernel's function, in this package.
        char: "f" for single precision, "d" for double.
    """
    found = disk.read(_file(module, name, char))
    return None if found is None else _functions(found)


def made(module: str, name: str, char: str) -> Functions:
    """A kernel, compiled by Numba and kept on disk.

    Raises:
        ImportError: there is no Numba.
        Unsupported: there are no kernels for this processor.
    """
    found = code.compiled(_module(module, name, char), _target())
    disk.write(_file(module, name, char), found)
    return _functions(found)


def _functions(found: bytes) -> Functions:
    engine = code.loaded(found, _target())
    pairs = [code.function_at(engine.get_function_address(f"tapegrad_{way}"), None) for way in (HOLDING, LETTING_GO)]
    _kept.append((engine, [method for _, method in pairs]))
    return pairs[0][0], pairs[1][0]


# -- by Numba ----------------------------------------------------------------------------------------------------------


def _module(module: str, name: str, char: str) -> Any:
    """The kernel and what is put around it, in one module of LLVM."""
    from numba import types
    from numba.core import compiler, registry
    from numba.core.compiler_lock import global_compiler_lock

    source = _source(module)
    real = {"f": types.float32, "d": types.float64}[char]
    kinds = {
        "Reals": types.CPointer(real), "Doubles": types.CPointer(types.float64), "Bytes": types.CPointer(types.uint8),
        "Integers": types.CPointer(types.int64), "int": types.int64, "float": types.float64, "None": types.none,
    }  # fmt: skip
    function = getattr(source, name)
    *given, result = function.__annotations__.values()
    flags = compiler.Flags()
    flags.no_cpython_wrapper = flags.no_cfunc_wrapper = flags.noalias = True
    flags.nrt = False
    flags.error_model = "numpy"
    with global_compiler_lock:
        made = compiler.compile_extra(
            registry.cpu_target.typing_context, registry.cpu_target.target_context,
            over(function, _namespace(source, _REALS[char])), tuple([kinds[kind] for kind in given]), kinds[result],
            flags, {},
        )  # fmt: skip
    whole = llvm.parse_assembly(made.library.get_llvm_str())
    whole.link_in(llvm.parse_assembly(_wrappers(made.fndesc.llvm_func_name, given, result, char)))
    for part in (*whole.functions, *whole.global_variables):
        if not part.is_declaration and part.name not in (f"tapegrad_{HOLDING}", f"tapegrad_{LETTING_GO}"):
            part.linkage = "internal"  # what only others of the module use can go when that is inlined
    return whole


def _source(module: str) -> python_types.ModuleType:
    """A module of this package, or one made of a text for an expression."""
    made = expressions.texts.get(module)
    if made is None:
        return import_module(f"tapegrad.kernels.{module}")
    source = python_types.ModuleType(f"tapegrad.kernels.{module}")
    exec(made, vars(source))
    return source


def _namespace(source: python_types.ModuleType, real: Any) -> dict[str, Any]:
    """A module's globals for compiled kernels: its own functions as Numba's, and words as what they stand for."""
    from numba import njit

    from ..compile.native import elements
    from ..compile.vector_math import FUNCTIONS, exponential, table
    from ..compile.vector_math.formats import DOUBLE, SINGLE
    from . import tile_code

    if not FUNCTIONS:
        raise Unsupported("the processor has no fused multiply-add")
    space = dict(vars(source))
    for name, value in list(space.items()):
        if isinstance(value, python_types.FunctionType) and value.__module__ == source.__name__:
            space[name] = njit(error_model="numpy")(over(value, space))
    meanings: dict[str, Any] = {name: FUNCTIONS[name][real] for name in words.FUNCTIONS}
    single = "added", "fused", "larger", "nan_seen", "prefetch", "smaller"
    meanings |= {name: getattr(elements, name) for name in single}
    meanings |= {name: getattr(tile_code, name) for name in tile_code.__all__}
    form = DOUBLE if real is np.float64 else SINGLE
    meanings["decay"] = table.unary(exponential.decay, form, None)
    meanings |= {"infinity": real(np.inf), "real": real, "sqrt": math.sqrt}
    space |= {name: meaning for name, meaning in meanings.items() if name in space}  # which its functions see, too
    return space


def _wrappers(native: str, given: list[str], result: str, char: str) -> str:
    """The text of the two functions that CPython calls: arguments to numbers and pointers, and the result back."""
    module = ir.Module("tapegrad.kernels")
    real = {"f": ir.FloatType(), "d": ir.DoubleType()}[char]
    kinds = {"Reals": real.as_pointer(), "Doubles": ir.DoubleType().as_pointer(), "Bytes": _POINTER,
             "Integers": _I64.as_pointer(), "int": _I64, "float": ir.DoubleType()}  # fmt: skip
    place = _I64 if result == "int" else _POINTER  # of the result, which Numba's functions write to memory
    kernel = ir.Function(
        module,
        ir.FunctionType(_I32, [place.as_pointer(), _POINTER.as_pointer(), *[kinds[kind] for kind in given]]),
        native,
    )
    signatures = {
        "PyErr_BadArgument": (_I32, []), "PyErr_Occurred": (_POINTER, []), "PyEval_RestoreThread": (ir.VoidType(), 1),
        "PyEval_SaveThread": (_POINTER, []), "PyFloat_AsDouble": (ir.DoubleType(), 1), "PyLong_AsLongLong": (_I64, 1),
        "PyLong_FromLongLong": (_POINTER, [_I64]), "Py_IncRef": (ir.VoidType(), 1),
    }  # fmt: skip
    python = {
        name: ir.Function(module, ir.FunctionType(gives, [_POINTER] if takes == 1 else takes), name)
        for name, (gives, takes) in signatures.items()
    }
    for way in (HOLDING, LETTING_GO):
        entry_type = ir.FunctionType(_POINTER, [_POINTER, _POINTER.as_pointer(), _I64])
        entry = ir.Function(module, entry_type, f"tapegrad_{way}")
        none, arguments, count = entry.args
        b = ir.IRBuilder(entry.append_basic_block())
        with b.if_then(b.icmp_signed("!=", count, _I64(len(given))), likely=False):
            b.call(python["PyErr_BadArgument"], [])
            b.ret(_POINTER(None))
        values = []
        for k, kind in enumerate(given):
            x = b.load(b.gep(arguments, [_I64(k)]))
            if kind in ("int", "float"):
                values.append(b.call(python["PyLong_AsLongLong" if kind == "int" else "PyFloat_AsDouble"], [x]))
            else:
                data = b.load(b.bitcast(b.gep(x, [_I64(code.DATA)]), _POINTER.as_pointer()))
                values.append(b.bitcast(data, kinds[kind]))
        if {"int", "float"} & set(given):
            wrong = b.call(python["PyErr_Occurred"], [])
            with b.if_then(b.icmp_unsigned("!=", b.ptrtoint(wrong, _I64), _I64(0)), likely=False):
                b.ret(_POINTER(None))
        out = b.alloca(place)
        state = b.call(python["PyEval_SaveThread"], []) if way == LETTING_GO else None
        status = b.call(kernel, [out, _POINTER.as_pointer()(None), *values])
        if state is not None:
            b.call(python["PyEval_RestoreThread"], [state])
        with b.if_then(b.icmp_signed("!=", status, _I32(0)), likely=False):  # raised, which a kernel may not
            b.call(python["PyErr_BadArgument"], [])
            b.ret(_POINTER(None))
        if result == "int":
            b.ret(b.call(python["PyLong_FromLongLong"], [b.load(out)]))
        else:
            b.call(python["Py_IncRef"], [none])
            b.ret(none)
    return str(module)


__all__ = ["Functions", "Unsupported", "from_disk", "made"]
