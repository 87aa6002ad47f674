"""Which functions can be overridden, as torch lists them for tests of classes that do so."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

from ..tensor.tensor import Tensor
from .asking import Factory
from .catalogue import MODULES, all_functions_of, catalogue, module_of
from .python_functions import python_functions


@cache
def get_overridable_functions() -> dict[Any, list[Callable[..., Any]]]:
    """The overridable functions by namespace: a module, `torch.Tensor`, or an attribute with its `__get__`.

    >>> import tapegrad as torch
    >>> torch.add in torch.overrides.get_overridable_functions()[torch]
    True
    """
    known = catalogue()
    found: dict[Any, list[Callable[..., Any]]] = {}
    for module in MODULES:
        if module in ("autograd", "nn.init"):
            continue
        for name, function in all_functions_of(module):
            if function in known and not isinstance(known[function], Factory) and not name.endswith("_"):
                found.setdefault(module_of(module), []).append(function)
    for member in vars(Tensor).values():
        if isinstance(member, FunctionType) and member in known:
            found.setdefault(Tensor, []).append(member)
        elif isinstance(member, property) and member.fget in known:
            found[member] = [member.__get__]
    return found


@cache
def get_ignored_functions() -> set[Callable[..., Any]]:
    """Public functions that are not overridable by a class: those that make tensors, or that no tensor is given to.

    >>> import tapegrad as torch
    >>> torch.zeros in torch.overrides.get_ignored_functions()
    True
    """
    known = catalogue()
    found: set[Callable[..., Any]] = set()
    for module in MODULES:
        if module in ("autograd", "nn.init"):
            continue
        found.update(f for _, f in all_functions_of(module) if isinstance(known.get(f), (Factory, type(None))))
    found.update(f for f in vars(Tensor).values() if isinstance(f, FunctionType) and f not in known)
    return found


@cache
def get_testing_overrides() -> dict[Callable[..., Any], Callable[..., Any]]:
    """For each overridable function a function of the same signature that returns -1.

    >>> import inspect
    >>> import tapegrad as torch
    >>> override = torch.overrides.get_testing_overrides()[torch.Tensor.dim]
    >>> inspect.signature(override), override(torch.ones(1))
    (<Signature (self)>, -1)
    """
    found: dict[Callable[..., Any], Callable[..., Any]] = {}
    for functions in get_overridable_functions().values():
        for function in functions:
            found[function] = _minus_one(function)
    return found


def _minus_one(function: Any) -> Callable[..., Any]:
    def override(*args: Any, **kwargs: Any) -> int:
        return -1

    if isinstance(function, FunctionType):
        parameters = [
            p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(function).parameters.values()
        ]
    else:
        parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    override.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return override


@cache
def get_default_nowrap_functions() -> set[Callable[..., Any]]:
    """What Tensor's own `__torch_function__` leaves as it is: the results are tensors that somebody else made."""
    from ..tensor.subclass import plain_getters

    return plain_getters()


@cache
def _names() -> dict[Any, str]:
    found: dict[Any, str] = {}
    for module in MODULES:
        if module == "autograd":
            continue
        prefix = f"torch.{module}." if module else "torch."
        in_functional = python_functions()["torch.functional"] if not module else {}
        for name, function in all_functions_of(module):
            found.setdefault(function, ("torch.functional." if name in in_functional else prefix) + name)
    for name, member in vars(Tensor).items():
        if isinstance(member, FunctionType):
            found.setdefault(member, f"torch.Tensor.{name}")
        elif isinstance(member, property):
            for part in ("__get__", "__set__"):
                found[getattr(member, part)] = f"torch.Tensor.{name}.{part}"
    return found


def resolve_name(f: Any) -> str | None:
    """The name by which a function is found, from `torch` on; None for a function that is not torch's.

    >>> import tapegrad as torch
    >>> torch.overrides.resolve_name(torch.Tensor.add), torch.overrides.resolve_name(torch.Tensor.shape.__get__)
    ('torch.Tensor.add', 'torch.Tensor.shape.__get__')
    """
    return _names().get(f)


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Whether a function is a method of Tensor, or the `__get__` of an attribute.

    >>> import tapegrad as torch
    >>> torch.overrides.is_tensor_method_or_property(torch.Tensor.add)
    True
    >>> torch.overrides.is_tensor_method_or_property(torch.add)
    False
    """
    return func in _methods() or func.__name__ == "__get__"


@cache
def _methods() -> frozenset[Any]:
    return frozenset(get_overridable_functions()[Tensor])
