"""What the user's program calls things: variables, and parameters by the modules that they are in."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from inspect import CO_OPTIMIZED
from types import FrameType
from typing import Any, Final

from ..autograd.node import Node, Port
from ..source_lines import is_ours
from ..tensor.tensor import Tensor

_MOST_ELEMENTS: Final = 32  # of lists whose items are named 'params[0]'
_MOST_FRAMES: Final = 8
_HELD_BY_FRAME: Final = 3  # references: the frame's, a variable's, that of the call which counts them


class Names:
    """Names of leaves, of results, and of modules.

    A tensor is known by the variable that holds it, a parameter by its name in the model; if there are several models,
    with the model's variable in front.  The innermost function's variables come first.
    """

    def __init__(self) -> None:
        self._leaves: dict[int, str] = {}
        self._results: dict[tuple[int, int], str] = {}
        self._parameters: dict[int, tuple[str, str]] = {}
        self._modules: dict[int, str] = {}
        self._kinds: dict[str, str] = {}
        self._kept: list[Any] = []  # so that no id is given to something else

    def add_variables(self, variables: Mapping[str, Any]) -> None:
        """Name the tensors among the variables, and those that they hold."""
        for name, value in _held(variables):
            if isinstance(value, Tensor):
                self._add(name, value)

    def add_models(self, models: Mapping[str, Any]) -> None:
        """Name the modules and parameters of models; those that are part of another are named by that."""
        inside = {id(m) for model in models.values() for m in model.modules() if m is not model}
        own = {name: model for name, model in models.items() if id(model) not in inside}
        distinct = {id(model): name for name, model in reversed(own.items())}
        for name, model in own.items():
            if distinct[id(model)] != name:
                continue
            prefix = f"{name}." if name and len(distinct) > 1 else ""
            self._kept.append(model)
            for path, module in model.named_modules():
                full = (prefix + path).removesuffix(".")
                self._modules.setdefault(id(module), full)
                self._kinds.setdefault(full, type(module).__name__)
            for path, parameter in model.named_parameters():
                full = prefix + path
                self._parameters.setdefault(id(parameter), (full, full.rpartition(".")[0]))
                self._kept.append(parameter)

    def _add(self, name: str, tensor: Tensor) -> None:
        self._kept.append(tensor)
        end = tensor._fn
        if end is None:
            self._leaves.setdefault(id(tensor), name)
        elif isinstance(end, Node):
            self._results.setdefault((id(end), 0), name)
        elif end.__class__ is Port:
            self._results.setdefault((id(end.node), end.index), name)

    def of_leaf(self, leaf: Tensor) -> tuple[str | None, str | None]:
        """The name of a leaf, and the path of the module that it is a parameter of."""
        found = self._parameters.get(id(leaf))
        return found if found is not None else (self._leaves.get(id(leaf)), None)

    def is_of_module(self, leaf: Tensor) -> bool:
        """Whether a leaf belongs to a known module."""
        return id(leaf) in self._parameters

    def of_result(self, node: Node) -> str | None:
        """The name of what a node produced."""
        return next((self._results[id(node), i] for i in range(8) if (id(node), i) in self._results), None)

    def kinds(self) -> dict[str, str]:
        """For modules by path, the names of their classes."""
        return dict(self._kinds)

    def of_module(self, module: Any) -> str | None:
        """The path of a module in its model."""
        return self._modules.get(id(module))


def _held(variables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The values of variables, of short lists and dictionaries among them, and of the attributes of `self`."""
    for name, value in variables.items():
        if name.startswith("__"):
            continue
        yield name, value
        if value.__class__ in (list, tuple) and len(value) <= _MOST_ELEMENTS:
            yield from ((f"{name}[{i}]", item) for i, item in enumerate(value))
        elif value.__class__ is dict and len(value) <= _MOST_ELEMENTS:
            yield from ((f"{name}[{key!r}]", item) for key, item in value.items())
        elif name == "self" and isinstance(getattr(value, "__dict__", None), dict):
            yield from ((f"self.{key}", item) for key, item in vars(value).items())


def names_from(frame: FrameType | None, given: Any, model: Any) -> Names:
    """The names that a program has for its tensors.

    Args:
        frame: where the program is; its variables and those of its callers are read.
        given: names given by the caller, tensors and modules by name.
        model: a module, or modules by name; without it, those among the variables are taken.
    """
    from ..nn.modules.module import Module

    found = Names()
    chosen = dict(given or {})
    found.add_variables({name: value for name, value in chosen.items() if not isinstance(value, Module)})
    models = {name: value for name, value in chosen.items() if isinstance(value, Module)}
    if model is not None:
        models |= model if isinstance(model, Mapping) else {"": model}
    for variables in _scopes(frame):
        found.add_variables(variables)
        if model is None:
            modules = {name: value for name, value in _held(variables) if isinstance(value, Module)}
            models |= {name: value for name, value in modules.items() if name not in models}
    found.add_models(models)
    return found


def _scopes(frame: FrameType | None) -> Iterator[Mapping[str, Any]]:
    """The variables of the functions that are running, innermost first, and of the innermost one's module."""
    found: list[FrameType] = []
    while frame is not None and len(found) < _MOST_FRAMES:
        if not is_ours(frame.f_code.co_filename):
            found.append(frame)
        frame = frame.f_back
    for scope in found:
        yield _variables(scope)
    if found:
        yield found[0].f_globals


def _variables(frame: FrameType) -> Mapping[str, Any]:
    """The variables of a running function.

    Before Python 3.13 a function's `f_locals` is a copy that stays with its frame and would keep everything alive for
    as long as the function runs.  If nobody else (`locals()`, a debugger) has it, it is emptied again; whoever asks
    next gets it filled anew.
    """
    live = frame.f_locals
    found = dict(live)
    is_copy = live.__class__ is dict and frame.f_code.co_flags & CO_OPTIMIZED
    if is_copy and sys.getrefcount(live) == _HELD_BY_FRAME and sys.gettrace() is None:
        live.clear()
    return found
