"""Behaviours: small programs that must do the same with both libraries.

Each is a function of `torch` that returns what it saw: tensors, numbers, strings, nested as it likes. An exception is a
result too: its type and first sentence are compared. Every function in the modules of this folder that takes one
argument called `torch` is a behaviour.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import warnings
from collections.abc import Callable
from typing import Any

Behaviour = Callable[[Any], Any]


# torch's warnings about what its own code does.
OF_ITSELF = ("`torch.jit.script` is deprecated", "Attempted to insert a get_attr Node")


def all_behaviours() -> list[tuple[str, Behaviour]]:
    """(name, function) of every behaviour."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        space = importlib.import_module(f"{__name__}.{module.name}")
        for name, function in vars(space).items():
            if inspect.isfunction(function) and list(inspect.signature(function).parameters) == ["torch"]:
                found.append((f"{module.name}.{name}", function))
    return found


def first_sentence(error: BaseException) -> str:
    """A message up to the end of its first sentence; a full stop inside of a number or name does not end it."""
    text = str(error).split("\n")[0]
    return re.split(r"(?<=[a-z)\]])[.:;] ", text)[0].rstrip(".")


def observe(lib: Any, behaviour: Behaviour) -> Any:
    """What a behaviour returns with a library, made comparable."""
    lib.manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = plain(lib, behaviour(lib))
        except Exception as error:
            kinds = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
            result = ("raises", kinds[0], first_sentence(error))
    warned = [(w.category.__name__, first_sentence(Warning(str(w.message)))) for w in caught]
    warned = [(kind, text) for kind, text in warned if not text.startswith(OF_ITSELF)]
    return result, warned


def plain(lib: Any, x: Any) -> Any:
    """Tensors as (dtype, values, flags), nodes as names, everything else as it is."""
    if isinstance(x, lib.Tensor):
        values = x.detach().tolist()
        return ("tensor", str(x.dtype), tuple(x.shape), rounded(values), x.requires_grad,
                x.grad_fn.name() if x.grad_fn is not None else None)  # fmt: skip
    if isinstance(x, (list, tuple)):
        return [plain(lib, item) for item in x]
    if isinstance(x, dict):
        return {key: plain(lib, value) for key, value in x.items()}
    if isinstance(x, float):
        return rounded(x)
    if isinstance(x, (bool, int, str, complex, type(None))):
        return x
    if hasattr(x, "next_functions"):
        return ("node", x.name(), [n.name() if n else None for n, _ in x.next_functions])
    return str(x)


def rounded(x: Any) -> Any:
    """Numbers to four digits: the libraries may sum in another order."""
    if isinstance(x, list):
        return [rounded(item) for item in x]
    if isinstance(x, complex):
        return complex(rounded(x.real), rounded(x.imag))
    return float(f"{x:.4g}") if isinstance(x, float) else x
