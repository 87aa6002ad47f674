"""Packages whose names are loaded when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def names_of(package: str, where: Mapping[str, str | None]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's `__getattr__` and `__dir__`.

    Args:
        package: its full name.
        where: for each name the module of the package that has it; None for the name of a module.

    Returns:
        The two functions.  What the first finds becomes the package's own, and is not asked for again.

    >>> attribute, listed = names_of("tapegrad.autograd", {"Function": "function", "graph": None})
    >>> attribute("Function").__name__
    'Function'
    >>> "graph" in listed()
    True
    >>> attribute("Funktion")
    Traceback (most recent call last):
        ...
    AttributeError: module 'tapegrad.autograd' has no attribute 'Funktion'
    """

    def attribute(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)
        module = where[name]
        found = import_module(f"{package}.{module or name}")
        value = found if module is None else getattr(found, name)
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *where})

    return attribute, listed
