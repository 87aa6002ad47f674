"""Files that hold whole models: what `weights_only=False` adds to what a file may name.

PyTorch then runs whatever the file says.  Here the file is still not a program: it may name classes of modules,
distributions and transforms which the running program has imported already, operators such as `torch.tanh`, functions
of `nn.functional`, `functools.partial` of all these, and a module's own `forward`.  Loading calls none of them.  An
instance is made empty, without asking its class, and given its attributes; it must be of a class that leaves all of
this to torch's classes.  No code but tapegrad's runs.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from importlib import import_module
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final, cast

from ..distributions import Distribution, Transform
from ..nn import functional
from ..nn.modules.module import Module
from ..ops.deferred import load_all
from ..ops.op import TABLE
from ..torch_names import modules
from .allowed import is_allowed_by_user
from .malformed import need
from .rebuilding import set_attributes
from .unpickling import Machine, NeedsCode, UnsafeGlobal

# What `call` knows. None of these can be called, as a file may leave them in a model: `getattr` would lead anywhere.
_PARTIAL: Final = object()
_METHOD: Final = object()  # getattr, as pickle writes methods
_OPERATORS: Final = object()  # the class that has torch's functions as static methods
_TOOLS: Final = {
    ("functools", "partial"): _PARTIAL,
    ("builtins", "getattr"): _METHOD,
    ("__builtin__", "getattr"): _METHOD,
    ("torch._C", "_VariableFunctionsClass"): _OPERATORS,
}
_KINDS: Final = (Module, Distribution, Transform)
# What Python would call of a class while an instance gets its attributes, is put into a set, or dies.
_SPECIAL: Final = ("__setstate__", "__del__", "__getattribute__", "__setattr__", "__hash__", "__eq__")


class ModelMachine(Machine):
    """Runs the pickle of a whole model."""

    def named(self, module: str, name: str) -> Any:
        """What a name means: also a class of a model.

        Raises:
            pickle.UnpicklingError: loading it could run code.
        """
        known = _TOOLS.get((module, name))
        if known is not None:
            return known
        try:
            return super().named(module, name)
        except UnsafeGlobal as refusal:
            found = _in_torch(module, name) if module.partition(".")[0] == "torch" else _imported(module, name)
            if found is not None:
                return found
            raise _needs_code(f"{module}.{name} is none") from refusal

    def call(self, function: Any, arguments: Any) -> Any:
        """The result of a function that may be called; a partial is made, and not called."""
        if function is _PARTIAL:
            need(isinstance(arguments, tuple) and len(arguments) == 1 and _may_be_called(arguments[0]), "a partial")
            return partial(arguments[0])
        if function is _METHOD:
            need(isinstance(arguments, tuple) and len(arguments) == 2, "a method")
            owner, name = arguments
            return _operator(name) if owner is _OPERATORS else _forward_of(owner, name)
        return super().call(function, arguments)

    def make(self, cls: Any, arguments: Any, keywords: Any = None) -> Any:
        """An instance of a class; of a model's class without attributes."""
        if _is_built_here(cls) and arguments == () and not keywords:
            _check_instances_of(cls)
            return object.__new__(cls)
        return super().make(cls, arguments, keywords)

    def build(self, made: Any, state: Any) -> None:
        """Give an object its state."""
        if type(made) is partial:
            self._charge_for(state)
            need(isinstance(state, tuple) and len(state) == 4, "the state of a partial")
            function, arguments, keywords, attributes = state
            need(_may_be_called(function) and type(arguments) is tuple and not attributes, "the state of a partial")
            need(keywords is None or (type(keywords) is dict and all(type(k) is str for k in keywords)), "keywords")
            cast(Any, made).__setstate__((function, arguments, keywords or {}, None))
        elif _is_built_here(type(made)):
            self._charge_for(state)
            need(isinstance(state, dict) and all(type(key) is str for key in state), "the state of a model")
            if isinstance(made, Module):
                made.__setstate__(state)
            else:
                set_attributes(made, state)
        else:
            super().build(made, state)


def _is_of_models(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, _KINDS)


def _may_be_called(thing: Any) -> bool:
    """Whether a partial may hold it: a class of models, a function that a file may name, a module, or a partial."""
    return _is_of_models(thing) or isinstance(thing, (FunctionType, MethodType, Module, partial))


def _is_built_here(cls: Any) -> bool:
    return _is_of_models(cls) and not is_allowed_by_user(cls)


def _check_instances_of(cls: type) -> None:
    """See that making an instance runs no code of others.

    Raises:
        NeedsCode: the class has special methods of its own.
    """
    ours = ("tapegrad", "torch")
    strangers = [base for base in cls.__mro__ if base is not object and base.__module__.partition(".")[0] not in ours]
    for base in strangers:
        for name in _SPECIAL:
            if name in vars(base):
                raise _needs_code(f"{cls.__module__}.{cls.__qualname__} has a {name} of its own")


def _forward_of(module: Any, name: Any) -> MethodType:
    """The method `forward` of a module, which may be kept as an attribute while another one stands in for it."""
    need(isinstance(module, Module) and name == "forward", "a method other than a module's forward")
    found = next((vars(base)[name] for base in type(module).__mro__ if name in vars(base)), None)
    need(isinstance(found, FunctionType), "a method")
    return MethodType(cast(FunctionType, found), module)


def _needs_code(why: str) -> NeedsCode:
    return NeedsCode(
        "weights_only=False would run whatever code the file contains, which tapegrad never does. It builds only"
        " modules and distributions, of classes that the program has imported and that leave their pickling to torch;"
        f" {why}. A class that the file needs can be allowed by torch.serialization.add_safe_globals([TheClass]). To"
        " convert a file that holds a whole model, load it once with PyTorch and save model.state_dict()."
    )


def _imported(module: str, name: str) -> Any:
    """A class of a model in a module that the program has imported; nothing is imported for a file."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        # As it stands there: looking up attributes could run code, or import what is lazy.
        if isinstance(found, type):
            found = type.__getattribute__(found, "__dict__").get(part)
        else:
            found = object.__getattribute__(found, "__dict__").get(part) if isinstance(found, ModuleType) else None
    return found if _is_of_models(found) else None


def _operator(name: Any) -> Any:
    """One of torch's operators, such as `torch.tanh`; not any other function, which might read or write files."""
    from .. import ops

    load_all()
    found = vars(ops).get(name) if type(name) is str and name in TABLE else None
    need(isinstance(found, FunctionType), "a function that is no operator")
    return found


def _in_torch(module: str, name: str) -> Any:
    """A class of a model, an operator or a function of `nn.functional`, that is torch's."""
    load_all()
    if module == "torch" and name in TABLE:
        return _operator(name)
    if module in ("torch.nn.functional", "torch._C._nn"):
        found = vars(functional).get(name)
        public = name in modules()["torch.nn.functional"] and not name.startswith("_")
        return found if public and isinstance(found, FunctionType) else None
    if not module.startswith(("torch.nn.modules.", "torch.distributions.")) or module not in modules():
        return None
    with suppress(ModuleNotFoundError):
        found = getattr(import_module("tapegrad" + module.removeprefix("torch")), name, None)
        return found if _is_of_models(found) else None
    return None
