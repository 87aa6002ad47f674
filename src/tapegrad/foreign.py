"""Noticing programs that define classes which stand for tensors without deriving from Tensor.

When such a class is defined, nothing of tapegrad runs.  So the text of a program is looked at: that of the script that
is run, and under the name torch (`torch_alias.py`) that of each module before it is imported.  If it defines a
`__torch_function__`, torch's functions ask from then on (`overrides/switch.py`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from typing import Final

_DEFINITION: Final = rb"(?m)^\s+(def\s+__torch_function__\b|__torch_function__\s*[:=])"

_noticed = False


def look_at(source: str | bytes) -> None:
    """Have torch's functions ask if a program's text defines `__torch_function__`."""
    global _noticed
    text = source.encode(errors="replace") if isinstance(source, str) else source
    if not _noticed and b"__torch_function__" in text and re.search(_DEFINITION, text):
        _noticed = True
        from .overrides.switch import install

        install()


def look_at_file(path: str) -> None:
    """`look_at` for a file; one that cannot be read is for others to complain about."""
    if _noticed or not path.endswith(".py"):
        return
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError:
        return
    look_at(text)


def look_at_module(name: str, path: Sequence[str] | None) -> None:
    """`look_at` for a module that is about to be imported, found by name and its package's path."""
    if _noticed or name.partition(".")[0] in sys.stdlib_module_names:
        return
    spec = PathFinder.find_spec(name, path)
    if spec is not None and spec.origin is not None:
        look_at_file(spec.origin)


def look_at_main() -> None:
    """`look_at` for the script that Python runs, if it runs one."""
    look_at_file(getattr(sys.modules.get("__main__"), "__file__", None) or "")
