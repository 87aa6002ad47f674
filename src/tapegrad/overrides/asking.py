"""Asking the arguments' classes and the active modes what a function is to return.

torch asks in two ways, and so do we:

- functions that are C++ in torch (`Overridable`) hand on the arguments as they were given, and name only the types
  that override anything;
- those that are Python there (`PythonOverridable`, listed in `python_functions.py`) hand on every argument, the
  tensors by position and the rest by name, and name all types of tensors, `torch.Tensor` included.

The order is torch's: the innermost mode first; then the arguments' classes from left to right, subclasses before the
classes they derive from, each once.  The first answer that is not NotImplemented is the result.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable
from threading import get_ident
from typing import Any, Final

from ..tensor.dtypes import dtype
from ..tensor.size import Size
from ..tensor.tensor import Parameter, Tensor
from ..tensor.torch_function import (
    DISABLED,
    DisableTorchFunction,
    DisableTorchFunctionSubclass,
    classes_off,
    modes,
    not_next,
)
from .stack import active_mode, pop_mode_temporarily

# Classes whose objects need no look: nobody else is asked about them, and nothing is in them.
PLAIN: Final = frozenset((Tensor, Parameter, int, float, bool, complex, str, type(None), dtype, Size))


def asked_among(values: Iterable[Any]) -> list[Any]:
    """The values whose classes override functions, one per class, in the order in which they are asked.

    Lists and tuples among the values are looked into, one level deep.
    """
    found: list[Any] = []
    for value in values:
        kind = value.__class__
        if kind in PLAIN:
            continue
        if kind is tuple or kind is list:
            for item in value:
                if item.__class__ not in PLAIN:
                    _enter(found, item, plain_too=False)
        else:
            _enter(found, value, plain_too=False)
    return found


def tensors_among(values: Iterable[Any]) -> list[Any]:
    """As `asked_among`, but plain tensors count as well, as they do in functions that are Python in torch."""
    found: list[Any] = []
    for value in values:
        for item in value if value.__class__ in (tuple, list) else (value,):
            if item.__class__ is Tensor or item.__class__ not in PLAIN:
                _enter(found, item, plain_too=True)
    return found


def _enter(found: list[Any], value: Any, plain_too: bool) -> None:
    """Add a value in its place, if its class overrides functions and is not there yet."""
    kind = type(value)
    handler = getattr(kind, "__torch_function__", None)
    if handler is None or handler is DISABLED or (kind is Tensor and not plain_too):
        return
    for other in found:
        if type(other) is kind:
            return
    for place, other in enumerate(found):
        if issubclass(kind, type(other)):
            found.insert(place, value)
            return
    found.append(value)


class Overridable:
    """A function about which others are asked, one that is C++ in torch.

    Attributes:
        raw: the function that computes.
        public: what the user knows it by, and those who are asked get as `func`.
        name: torch's full name in messages.
    """

    __slots__ = ("name", "public", "raw")

    def __init__(self, public: Any, name: str) -> None:
        self.raw: Any = None
        self.public, self.name = public, name

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of the function for these arguments, from whoever gives one."""
        thread = get_ident()
        if thread in not_next:
            not_next.remove(thread)
            with DisableTorchFunction():
                return self.raw(*args, **kwargs)
        mode = active_mode(thread) if modes else None
        found = [] if thread in classes_off else self.asked(args, kwargs)
        if mode is None and not found:
            return self.raw(*args, **kwargs)
        rest = (kwargs,) if kwargs else ()
        return self.ask(mode, found, args, rest)

    def asked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """The arguments whose classes are asked."""
        found = asked_among(args)
        if kwargs:
            for value in asked_among(kwargs.values()):
                _enter(found, value, plain_too=False)
        return found

    def ask(self, mode: Any, found: list[Any], args: tuple[Any, ...], rest: tuple[Any, ...]) -> Any:
        """The first answer; `rest` holds the keyword arguments, if they are handed on."""
        types = self.types(found, args)
        if mode is not None:
            with pop_mode_temporarily():
                answer = mode.__torch_function__(self.public, types, args, *rest)
            if answer is not NotImplemented:
                return answer
        for value in found:
            handler = value.__torch_function__
            if getattr(handler, "__self__", None) is value:
                _warn_of_plain_method()
            answer = handler(self.public, types, args, *rest)
            if answer is not NotImplemented:
                return answer
        raise self.nobody_answers(mode, found)

    def types(self, found: list[Any], args: tuple[Any, ...]) -> tuple[type[Any], ...]:
        """The types that those who are asked are told of."""
        return tuple([type(value) for value in found])

    def nobody_answers(self, mode: Any, found: list[Any]) -> TypeError:
        lines = [] if mode is None else [f"  - mode object {mode!r}"]
        lines += [f"  - tensor subclass {type(value)!r}" for value in found]
        return TypeError(
            f"Multiple dispatch failed for '{self.name}'; all __torch_function__ handlers returned NotImplemented:\n\n"
            + "\n".join(lines)
            + "\n\nReturn super().__torch_function__(func, types, args, kwargs) for functions that are not meant to"
            " differ."
        )


class Getter(Overridable):
    """The `__get__`, `__set__` or `__delete__` of an attribute of Tensor: its type is always among those named."""

    __slots__ = ()

    def types(self, found: list[Any], args: tuple[Any, ...]) -> tuple[type[Any], ...]:
        return super().types(found, args) or (type(args[0]),)


class Factory(Overridable):
    """A function that makes tensors of something else: modes are asked, classes are not."""

    __slots__ = ()

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        thread = get_ident()
        mode = active_mode(thread) if modes else None
        if mode is not None:
            return self.ask(mode, [], args, (kwargs,) if kwargs else ())
        with DisableTorchFunctionSubclass():
            return self.raw(*args, **kwargs)


# Parameters that torch's functions do not have, or only by another name; handed on if they are given. The second:
# what one function does not hand on though it has it.
_NOT_TORCHS: Final = frozenset(("axis", "context", "copy", "grad_variables", "keepdims", "return_scalar"))
_KEPT_BACK: Final = {"torch.nn.functional.l1_loss": "weight"}


class PythonOverridable(Overridable):
    """A function that is Python in torch.

    Attributes:
        by_position: how many of its arguments are handed on by position; None for all.
    """

    __slots__ = ("_signature", "by_position")

    def __init__(self, public: Any, name: str, by_position: int | None) -> None:
        super().__init__(public, name)
        self.by_position = by_position
        self._signature: inspect.Signature | None = None

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        thread = get_ident()
        if thread in not_next:
            not_next.remove(thread)
            return self.raw(*args, **kwargs)
        mode = active_mode(thread) if modes else None
        found = [] if thread in classes_off else self.asked(args, kwargs)
        if mode is None and not found:
            return self.raw(*args, **kwargs)
        args, kwargs = self.normalized(args, kwargs)
        found = [] if thread in classes_off else tensors_among((*args, *kwargs.values()))
        return self.ask(mode, found, args, (kwargs,))

    def types(self, found: list[Any], args: tuple[Any, ...]) -> tuple[type[Any], ...]:
        return tuple([type(value) for value in found or tensors_among(args)])

    def normalized(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """All arguments, defaults included: the first by position, the others by name."""
        if self._signature is None:
            self._signature = inspect.signature(self.raw)
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:
            self.raw(*args, **kwargs)  # says what is wrong
            raise
        bound.apply_defaults()
        bound.arguments.pop(_KEPT_BACK.get(self.name, ""), None)
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            kind = self._signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                positional += value
            elif kind is inspect.Parameter.VAR_KEYWORD:
                named |= value
            elif kind is not inspect.Parameter.KEYWORD_ONLY and (
                self.by_position is None or len(positional) < self.by_position
            ):
                positional.append(value)
            elif name not in _NOT_TORCHS or value is not self._signature.parameters[name].default:
                named[name] = value
        return tuple(positional), named

    def nobody_answers(self, mode: Any, found: list[Any]) -> TypeError:
        types = [type(value) for value in found]
        message = f"no implementation found for '{self.name}' on types that implement __torch_function__: {types}"
        return TypeError(message if mode is None else f"{message} nor in mode {mode!r}")


class AutogradFunction(PythonOverridable):
    """`torch.autograd.grad` and `backward`, whose tensors are handed on as tuples."""

    __slots__ = ()

    def normalized(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The tensors as tuples, and all other arguments by name."""
        positional, named = super().normalized(args, kwargs)
        if named.get("allow_unused", True) is None:
            named["allow_unused"] = named["materialize_grads"]
        return tuple([tuple(x) if isinstance(x, (tuple, list)) else (x,) for x in positional]), named


class Symbol:
    """An operator symbol, such as `Tensor.__add__`: a TypeError means that the other operand may try.

    Wraps the overridable that stands for it, which has torch's name for the function: `add`.
    """

    __slots__ = ("form",)

    def __init__(self, form: Overridable) -> None:
        self.form = form

    @property
    def raw(self) -> Any:
        """The function that computes."""
        return self.form.raw

    @raw.setter
    def raw(self, function: Any) -> None:
        self.form.raw = function

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return self.form(args, kwargs)
        except TypeError:
            return NotImplemented


def _warn_of_plain_method() -> None:
    warnings.warn(
        "Defining your `__torch_function__` as a plain method is deprecated and will be an error in future, please"
        " define it as a classmethod.",
        UserWarning,
        stacklevel=5,
    )
