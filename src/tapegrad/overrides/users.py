"""`__torch_function__` for functions of the user's own, as torch's Python functions use it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from ..tensor.torch_function import classes_off, modes, modes_off, not_next
from .asking import PythonOverridable, asked_among, tensors_among
from .catalogue import catalogue
from .stack import active_mode


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether anybody is to be asked about a call with these arguments: a class of one of them, or a mode.

    Raises:
        TypeError: not a sequence.

    >>> import tapegrad as torch
    >>> class Length(torch.Tensor): ...
    >>> torch.overrides.has_torch_function((torch.ones(1), torch.ones(1).as_subclass(Length)))
    True
    >>> torch.overrides.has_torch_function((torch.ones(1), 2))
    False
    """
    try:
        values = tuple(relevant_args)
    except TypeError:
        raise TypeError(f"expected a sequence: found {type(relevant_args).__name__}") from None
    thread = get_ident()
    if thread in not_next:
        not_next.remove(thread)
        return False
    if modes and active_mode(thread) is not None:
        return True
    return thread not in classes_off and bool(asked_among(v for v in values if type(v) not in (tuple, list)))


def has_torch_function_unary(tensor: Any) -> bool:
    """`has_torch_function` for one argument."""
    return has_torch_function((tensor,))


def has_torch_function_variadic(*args: Any) -> bool:
    """`has_torch_function` for the arguments given."""
    return has_torch_function(args)


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """What those who are asked give for `public_api(*args, **kwargs)`.

    Args:
        public_api: the function that the user called.
        relevant_args: the arguments whose classes are asked.

    Raises:
        TypeError: nobody is there to be asked, or nobody has an answer.
    """
    thread = get_ident()
    known = catalogue().get(public_api)  # type: ignore[call-overload]
    name = f"{public_api.__module__}.{public_api.__name__}" if known is None else known.name
    function = PythonOverridable(public_api, name, None)
    mode = active_mode(thread) if modes else None
    found = tensors_among(v for v in relevant_args if type(v) not in (tuple, list))
    return function.ask(mode, found, args, (kwargs,))


def wrap_torch_function(
    dispatcher: Callable[..., Iterable[Any]],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function that is to be overridable.

    Args:
        dispatcher: takes the function's arguments and returns those whose classes are asked.

    >>> import tapegrad as torch
    >>> @torch.overrides.wrap_torch_function(lambda a: (a,))
    ... def double(a):
    ...     return a + a
    >>> class Never(torch.Tensor):
    ...     @classmethod
    ...     def __torch_function__(cls, func, types, args=(), kwargs=None):
    ...         return f"no {func.__name__}"
    >>> double(torch.ones(1)), double(torch.ones(1).as_subclass(Never))
    (tensor([2.]), 'no double')
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(wrapped, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return wrapped

    return decorate


def redispatch_function(func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
    """Call `func` without asking anybody about it, but about the functions that it calls, if it is Python in torch."""
    thread = get_ident()
    not_next.add(thread)
    try:
        return func(*args, **(kwargs or {}))
    finally:
        not_next.discard(thread)


@contextmanager
def enable_reentrant_dispatch() -> Iterator[None]:
    """For torch's C++ half; nothing has to be done here."""
    yield


@contextmanager
def enable_torch_function() -> Iterator[None]:
    """A context in which classes and modes are asked, also within one that switches this off."""
    thread = get_ident()
    before = [(off, off.pop(thread)) for off in (classes_off, modes_off) if thread in off]
    try:
        yield
    finally:
        for off, count in before:
            off[thread] = count


def is_tensor_like(inp: Any) -> bool:
    """Whether an object is a tensor, or stands for one: it has a `__torch_function__`.

    >>> import tapegrad as torch
    >>> torch.overrides.is_tensor_like(torch.ones(1)), torch.overrides.is_tensor_like(1)
    (True, False)
    """
    return hasattr(inp, "__torch_function__")
