"""How functions come to cast within a region: once, when the first region for the CPU is entered.

The functions listed in `lists.py` are then switched: the *code* of each function object is exchanged for code that
casts the arguments in threads that are in a region, and what it ran until then goes on as another function. So every
reference to the function casts, whenever and wherever it was made. Programs that enter no region pay nothing; those
that do pay a truth test in the listed functions outside of regions.

`torch.overrides` switches functions in the same way (`overrides/switch.py`). Whoever comes first: what a class or a
mode overrides is asked about before anything is cast, as in torch.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from threading import Lock, get_ident
from types import CodeType, FunctionType
from typing import Any

from ..autograd.grad_mode import is_grad_enabled
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
    """Have a function cast its arguments as a policy says."""
    while isinstance(function, FunctionType) and "_override" in (function.__kwdefaults__ or {}):
        function = (function.__kwdefaults__ or {})["_raw"]  # behind those who are asked
    if not isinstance(function, FunctionType) or "_casting" in (function.__kwdefaults__ or {}):
        return
    code = function.__code__
    raw = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    raw.__kwdefaults__, raw.__annotations__ = function.__kwdefaults__, function.__annotations__

    def cast(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        thread = get_ident()
        if thread not in casting or kwargs.get("out") is not None:
            return raw(*args, **kwargs)
        args, kwargs = policy(args, kwargs)
        casting.discard(thread)  # what the function calls is part of it
        try:
            return raw(*args, **kwargs)
        finally:
            casting.add(thread)

    asking = _asking_code(len(code.co_freevars)).replace(co_name=code.co_name, co_qualname=code.co_qualname)
    function.__kwdefaults__ = {**(function.__kwdefaults__ or {}), "_cast": cast, "_raw": raw, "_casting": casting}
    function.__code__ = asking
    function.__dict__.setdefault("__wrapped__", raw)  # the signature is found there


@cache
def _asking_code(cells: int) -> CodeType:
    """The code that asks whether to cast, for a function with so many variables from around it.

    What it uses comes as defaults of its own, as the namespace is that of the function it is put into.
    """
    names = ", ".join(f"cell_{i}" for i in range(cells))
    scope: dict[str, Any] = {}
    source = f"""\
def around({names}):
    def asking(*args, _cast, _raw, _casting, **kwargs):
        if 0: {names or None}
        if _casting: return _cast(args, kwargs)
        return _raw(*args, **kwargs)
    return asking
"""
    exec(compile(source, "<tapegrad autocast>", "exec"), scope)
    code: CodeType = scope["around"](*range(cells)).__code__
    return code


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
