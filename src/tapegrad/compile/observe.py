"""Which code of the user's runs in a call, and which names of globals, attributes and modules it reads.

A call is watched instruction by instruction (`sys.settrace`), so that what stands in a branch that is not taken does
not count.  Only frames of the user's are looked at: tapegrad's own code, NumPy's and that of the standard library are
taken for functions of what they are given.
"""

from __future__ import annotations

import dis
import gc
import sys
import sysconfig
from pathlib import Path
from types import CodeType
from typing import Any, Final

import numpy as np

from .places import PACKAGE

_LIBRARY: Final = sysconfig.get_paths()["stdlib"]
_TRUSTED: Final = (PACKAGE, str(Path(np.__file__).parent), "<tapegrad", "<frozen")
_GLOBALS: Final = frozenset(("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"))
_STORES: Final = frozenset(("STORE_GLOBAL", "DELETE_GLOBAL"))


class Observed:
    """What was seen in one or several calls.

    Attributes:
        names: for each namespace of globals (by id): it, and the names that were read.
        attributes: all names of attributes; `set_attributes` those that are set.
        modules: names of modules that were imported.
        codes: the code that ran.
        cells: for each code, the free variables read.
        stores: names of globals that were assigned.
    """

    def __init__(self) -> None:
        self.names: dict[int, tuple[dict[str, Any], set[str]]] = {}
        self.attributes: set[str] = set()
        self.set_attributes: set[str] = set()
        self.modules: set[str] = set()
        self.codes: dict[CodeType, set[str]] = {}
        self.stores: set[str] = set()

    def size(self) -> int:
        """How much was seen; grows when something new is."""
        return len(self.attributes) + len(self.modules) + len(self.codes) + sum(len(n) for _, n in self.names.values())


def is_user_code(file: str) -> bool:
    """Whether code of a file is looked at."""
    if file.startswith(_TRUSTED):
        return False
    return not (file.startswith(_LIBRARY) and "-packages" not in file)


def _is_generated(module: Any) -> bool:
    """Whether code without a file belongs to tapegrad or NumPy, such as the methods of a dataclass."""
    return isinstance(module, str) and module.split(".")[0] in ("tapegrad", "numpy")


def _is_import(frame: Any) -> bool:
    """Whether a frame runs because a module is being imported."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


_instructions: Final[dict[CodeType, dict[int, tuple[str, Any]]]] = {}


def _table(code: CodeType) -> dict[int, tuple[str, Any]]:
    found = _instructions.get(code)
    if found is None:
        found = {}
        for i in dis.get_instructions(code):
            name = i.opname
            if name.startswith(("LOAD_GLOBAL", "LOAD_NAME", "LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "LOAD_DEREF",
                                "DELETE_ATTR", "LOAD_SUPER", "IMPORT", "STORE_GLOBAL", "DELETE_GLOBAL", "STORE_DEREF",
                                "LOAD_CLASSDEREF", "LOAD_FROM_DICT", "LOAD_CLOSURE")):  # fmt: skip
                found[i.offset] = (name, i.argval)
        _instructions[code] = found
    return found


class Observer:
    """A context manager: watch what runs in this thread.

    Python collects no garbage meanwhile: finalizers and callbacks of that are not the function's code.
    """

    def __init__(self, observed: Observed) -> None:
        self.observed = observed

    def __enter__(self) -> Observer:
        self._before, self._collects = sys.gettrace(), gc.isenabled()
        gc.disable()
        sys.settrace(self._call)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.settrace(self._before)
        if self._collects:
            gc.enable()

    def _call(self, frame: Any, event: str, arg: Any) -> Any:
        code = frame.f_code
        if not is_user_code(code.co_filename) or _is_generated(frame.f_globals.get("__name__")):
            return None
        if code not in self.observed.codes and _is_import(frame):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        seen = self.observed
        table = _table(code)
        free = seen.codes.setdefault(code, set())
        namespace = frame.f_globals
        names = seen.names.setdefault(id(namespace), (namespace, set()))[1]

        def local(frame: Any, event: str, arg: Any) -> Any:
            if event == "opcode":
                found = table.get(frame.f_lasti)
                if found is not None:
                    name, what = found
                    if name in _GLOBALS:
                        names.add(what)
                    elif name in _STORES:
                        seen.stores.add(what)
                    elif name.endswith("DEREF") or name == "LOAD_CLOSURE":
                        free.add(what)
                    elif name == "IMPORT_NAME":
                        seen.modules.add(what)
                    else:
                        seen.attributes.add(what)
                        if name == "STORE_ATTR":
                            seen.set_attributes.add(what)
            return local

        return local
