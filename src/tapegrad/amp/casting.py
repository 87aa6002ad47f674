"""How functions come to cast within a region: once, when the first region for the CPU is entered.

The functions listed in `lists.py` then get a layer (`exchange.py`) that casts the arguments in threads that are in a
region. So every reference to the function casts, whenever and wherever it was made. Programs that enter no region pay
nothing; those that do pay a truth test in the listed functions outside of regions.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from threading import Lock, get_ident
from types import FunctionType
from typing import Any

from ..autograd.grad_mode import is_grad_enabled
from ..exchange import CASTING, has, put
from ..tensor.dtypes import dtype, float32, float64
from ..tensor.tensor import VIEW, Tensor
from . import lists
from .state import casting, settings

Policy = Callable[[Any, Any], tuple[Any, Any]]

_lock = Lock()
_done = False


def install() -> None:
    """Switch the listed functions; nothing happens the second time."""
    global _done
    if _done:
        return
    with _lock:
        if not _done:
            for policy, names in _policies():
                for name in names:
                    switch(find(name), policy)
            _done = True


def _policies() -> list[tuple[Policy, list[str]]]:
    return [
        (_lower, lists.LOWER),
        (_float32, lists.FLOAT32),
        (_widest, lists.WIDEST),
        (_unchanged, lists.UNCHANGED),
        (_einsum, ["einsum"]),
        (_pad, ["nn.functional.pad"]),
    ]


def find(name: str) -> Any:
    """A function by its dotted name in tapegrad; None if there is none."""
    import tapegrad

    found: Any = tapegrad
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def switch(function: Any, policy: Policy) -> None:
    """Have a function cast its arguments as a policy says; one that does already goes on as before."""
    if not isinstance(function, FunctionType) or has(function, CASTING):
        return

    def cast(raw: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        thread = get_ident()
        if thread not in casting or kwargs.get("out") is not None:
            return raw(*args, **kwargs)
        args, kwargs = policy(args, kwargs)
        casting.discard(thread)  # what the function calls is part of it
        try:
            return raw(*args, **kwargs)
        finally:
            casting.add(thread)

    put(function, CASTING, _cast=cast, _casting=casting)


# -- policies ----------------------------------------------------------------------------------------------------------


def _lower(args: Any, kwargs: Any) -> tuple[Any, Any]:
    to = settings.dtypes["cpu"]
    return _each(args, kwargs, lambda x: _lowered(x, to))


def _float32(args: Any, kwargs: Any) -> tuple[Any, Any]:
    return _each(args, kwargs, lambda x: x if x.dtype is float32 else x.to(float32))


def _widest(args: Any, kwargs: Any) -> tuple[Any, Any]:
    to = settings.dtypes["cpu"]
    kinds = {x.dtype for x in _tensors((*args, *kwargs.values())) if x.is_floating_point()}
    if float64 in kinds:
        return args, kwargs
    if float32 in kinds:
        return _float32(args, kwargs)
    if kinds - {to}:
        raise RuntimeError(
            "Unexpected floating ScalarType in at::autocast::prioritize. Found: "
            f"{', '.join(sorted(map(str, kinds)))} in a region of {to}."
        )
    return args, kwargs


def _unchanged(args: Any, kwargs: Any) -> tuple[Any, Any]:
    return args, kwargs


def _einsum(args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Lower precision for sums of products, which torch computes by `bmm`."""
    equation = args[0] if args else None
    if isinstance(equation, str):
        inputs, _, output = equation.replace(" ", "").partition("->")
        labels = inputs.replace(",", "").replace("...", "")
        if "->" in equation:
            summed = bool(set(labels) - set(output))
        else:
            summed = any(labels.count(label) > 1 for label in labels)
        if "," not in inputs or not summed:
            return args, kwargs
    return _lower(args, kwargs)


def _pad(args: Any, kwargs: Any) -> tuple[Any, Any]:
    """float32 for padding with what is there already."""
    mode = kwargs.get("mode", args[2] if len(args) > 2 else "constant")
    return _float32(args, kwargs) if mode in ("reflect", "replicate") else (args, kwargs)


# -- arguments ---------------------------------------------------------------------------------------------------------


def _each(args: Any, kwargs: Any, cast: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The arguments with all tensors cast that may be: those of floating point but double precision."""
    return tuple([_cast(x, cast) for x in args]), {key: _cast(x, cast) for key, x in kwargs.items()}


def _cast(x: Any, cast: Callable[[Any], Any]) -> Any:
    if isinstance(x, Tensor):
        return cast(x) if x.is_floating_point() and x.dtype is not float64 else x
    if x.__class__ is list or x.__class__ is tuple:
        return x.__class__([_cast(item, cast) for item in x])
    return x


def _tensors(values: Any) -> list[Any]:
    nested = [x if isinstance(x, (list, tuple)) else [x] for x in values]
    return [x for x in itertools.chain.from_iterable(nested) if isinstance(x, Tensor)]


def _lowered(x: Any, to: dtype) -> Any:
    """A tensor in a region's precision; parameters are cast once per region."""
    if x.dtype is to:
        return x
    keep = settings.use_cache and x._flags & 1 and x._fn is None and not x._flags & VIEW and is_grad_enabled()
    if not keep or x.dtype is not float32:
        return x.to(to)
    key = (id(x), to)
    found = settings.cache.get(key)
    if found is None:
        found = settings.cache[key] = (x, x.to(to))
    return found[1]
