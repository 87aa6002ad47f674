"""Function objects of their own over code that another function has, too.

In torch `torch.erf`, `torch.special.erf` and `Tensor.erf` are three objects, which programs that override functions
tell apart (`tapegrad.overrides`).  Here they are one piece of code, and three function objects over it.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import FunctionType
from typing import Any, Final

# The attribute of a function whose code is made when it is first called: all functions that will be given the code.
LATER: Final = "_given_code_later"


def twin(function: FunctionType, name: str | None = None) -> FunctionType:
    """Another function object over the same code, under a name of its own if one is given.

    >>> def double(x): return 2 * x
    >>> twice = twin(double, "twice")
    >>> twice(3), twice.__name__, twice.__code__ is double.__code__, twice is double
    (6, 'twice', True, False)
    """
    code, namespace = function.__code__, function.__globals__
    made = FunctionType(code, namespace, name or function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__doc__, made.__module__, made.__qualname__ = function.__doc__, function.__module__, function.__qualname__
    made.__annotations__ = function.__annotations__
    made.__dict__.update(function.__dict__)
    if LATER in made.__dict__:
        made.__dict__[LATER].append(made)
    return made


def twins(namespace: dict[str, Any], names: Iterable[str], prefix: str = "") -> dict[str, FunctionType]:
    """Twins of those of the names in a module that are functions; their names are these, after a prefix."""
    functions = {name: namespace[name] for name in names}
    return {name: twin(f, prefix + name) for name, f in functions.items() if isinstance(f, FunctionType)}
