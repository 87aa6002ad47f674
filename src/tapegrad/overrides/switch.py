"""Putting the functions that ask in place: once, when somebody is there to be asked.

A torch function costs nothing for `__torch_function__` as long as no class or mode of the program defines it.  Then
every overridable function, method and attribute is switched: the *code* of its function object is exchanged for code
that asks first, and what it ran until then goes on as another function, `raw`.  The objects stay the same, so that
`from torch import add` of long ago asks too, and a table by function, which programs keep for their overrides, is right
whenever it was made.

When the switch is thrown:
    - when the first instance of a subclass of Tensor that is asked is made (`tensor.subclass.admit`),
    - when a mode is entered (`modes.py`),
    - when `torch.overrides` is imported,
    - when a program that defines `__torch_function__` for classes that are no tensors is run or imported
      (`watching.py`), and when an operator meets an object of such a class.
"""

from __future__ import annotations

import linecache
from functools import cache
from threading import Lock
from types import CodeType, FunctionType
from typing import Any

from ..tensor.torch_function import in_place, modes
from ..twins import twin
from .asking import PLAIN

_lock = Lock()


def install() -> None:
    """Switch all overridable functions; nothing happens the second time."""
    if in_place:
        return
    with _lock:
        if in_place:
            return
        from .catalogue import catalogue

        for function, override in catalogue().items():
            switch(function, override)
        in_place.append(True)


def switch(function: FunctionType, override: Any) -> None:
    """Have a function ask from now on; `override.raw` becomes what it was."""
    raw = override.raw = twin(function)
    code = function.__code__
    asking = _asking_code(len(code.co_freevars)).replace(co_name=code.co_name, co_qualname=code.co_qualname)
    function.__kwdefaults__ = {
        **(function.__kwdefaults__ or {}),  # for calls in other threads, up to the next line
        "_override": override, "_raw": raw, "_plain": PLAIN, "_modes": modes,
    }  # fmt: skip
    function.__code__ = asking
    function.__wrapped__ = raw  # type: ignore[attr-defined]  # the signature is found there


@cache
def _asking_code(cells: int) -> CodeType:
    """The code that asks, for a function of so many variables from around it: a function's code must have as many.

    What it uses comes as defaults of its own, as the namespace is that of the function it is put into.
    """
    names = ", ".join(f"cell_{i}" for i in range(cells))
    scope: dict[str, Any] = {}
    source = f"""\
def around({names}):
    def asking(*args, _override, _raw, _plain, _modes, **kwargs):
        if 0: {names or None}
        for arg in args:
            if arg.__class__ not in _plain: break
        else:
            if not kwargs and not _modes: return _raw(*args)
        return _override(args, kwargs)
    return asking
"""
    # `warnings` does not count the frames of files so named as callers: a warning names the user's line as before.
    file = f"<tapegrad asking {cells}: skipped by warnings, as importlib._bootstrap is>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), scope)
    code: CodeType = scope["around"](*range(cells)).__code__
    return code
