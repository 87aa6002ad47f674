"""Public names of torch, found in another library that has the same names."""

from __future__ import annotations

import builtins
import functools
import types
from collections.abc import Iterator
from typing import Any

import torch

SPACES = (
    "", "Tensor", "nn.functional", "linalg", "fft", "special", "nn", "masked", "signal.windows", "nn.utils.rnn",
    "autograd", "random", "optim", "optim.lr_scheduler",
)  # fmt: skip


class Missing(AttributeError):
    """The library has no such public name."""


def last(x: Any) -> str:
    """The last part of a dotted name: 'float64' of torch.float64."""
    return str(x).rsplit(".", 1)[-1]


def real(path: str) -> Any:
    """What torch has under a dotted name."""
    return functools.reduce(getattr, path.split("."), torch) if path else torch


@functools.cache
def public_paths() -> dict[int, tuple[str, Any]]:
    """The dotted name of each public callable of torch, by its id; the callable is kept, so that the id stays its."""
    found: dict[int, tuple[str, Any]] = {}
    for space in SPACES:
        home = real(space)
        for name in dir(home):
            try:
                value = getattr(home, name)
            except Exception:  # an attribute that only instances have
                continue
            module = getattr(value, "__module__", None) or "torch"  # functions in C have none
            if callable(value) and module.split(".")[0] == "torch":
                found.setdefault(id(value), (f"{space}.{name}" if space else name, value))
    return found


def _names_in(code: types.CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_in(constant)
    yield from code.co_names


class Names:
    """The public names of one library."""

    def __init__(self, module: Any) -> None:
        self.m = module
        self._rebuilt: dict[Any, Any] = {}

    def get(self, path: str) -> Any:
        """What the library has under a dotted name.

        Raises:
            Missing: nothing.
        """
        home = self.m
        for part in path.split("."):
            try:
                home = getattr(home, part)
            except AttributeError:
                raise Missing(f"no {path}") from None
        return home

    def bind(self, fn: Any) -> Any:
        """This library's counterpart of a callable of torch.

        Public functions go by their name.  The database's own functions, such as `lambda x: torch.foo(x.clone())`,
        are made anew from their code, with the library in the place of torch wherever they name it.
        """
        if isinstance(fn, types.ModuleType):
            if fn is torch:
                return self.m
            ours = fn.__name__.startswith("torch.") and "testing" not in fn.__name__
            return self.get(fn.__name__.removeprefix("torch.")) if ours else fn
        if not callable(fn):
            return fn
        if id(fn) in public_paths():
            return self.get(public_paths()[id(fn)][0])
        if isinstance(fn, functools.partial):
            keywords = {name: self.bind(value) for name, value in fn.keywords.items()}
            return functools.partial(self.bind(fn.func), *map(self.bind, fn.args), **keywords)
        if isinstance(fn, (torch._ops.OpOverload, torch._ops.OpOverloadPacket)):
            name = str(fn).removeprefix("aten.").split(".")[0]
            return self.get(f"ops.aten.{name}" if hasattr(self.m, "ops") else name)
        if isinstance(fn, types.FunctionType) and (fn.__module__ or "").startswith("torch.testing"):
            return self._rebuilt.get(fn) or self._rebuild(fn)
        return fn

    def _rebuild(self, fn: types.FunctionType) -> Any:
        if fn.__name__ == "wrapper_set_seed":  # both libraries are seeded before each call anyway
            return lambda op, *args, **kwargs: op(*args, **kwargs)
        scope: dict[str, Any] = {"__builtins__": builtins, "__name__": fn.__module__}
        cells = tuple(types.CellType() for _ in fn.__closure__ or ())
        made = self._rebuilt[fn] = types.FunctionType(fn.__code__, scope, fn.__name__, fn.__defaults__, cells)
        made.__kwdefaults__ = fn.__kwdefaults__
        try:
            for name in set(_names_in(fn.__code__)) & fn.__globals__.keys():
                scope[name] = self.bind(fn.__globals__[name])
            for cell, old in zip(cells, fn.__closure__ or (), strict=True):
                cell.cell_contents = self.bind(old.cell_contents)
        except Missing:
            del self._rebuilt[fn]
            raise
        return made
