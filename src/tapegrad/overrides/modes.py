"""Modes: objects that are asked about every function within a `with` block, whatever its arguments are."""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import Any

from .stack import pop_mode, push
from .switch import install


class TorchFunctionMode:
    """A context in which this object's `__torch_function__` is asked about every torch function.

    It is asked before classes are, about functions that make tensors too, and not about the functions that it calls
    itself: those go to the mode around it.  Per thread; modes nest.

    >>> import tapegrad as torch
    >>> class Spy(torch.overrides.TorchFunctionMode):
    ...     def __torch_function__(self, func, types, args=(), kwargs=None):
    ...         print(func.__name__)
    ...         return func(*args, **(kwargs or {}))
    >>> with Spy():
    ...     total = torch.ones(2).sum()
    ones
    sum
    """

    __module__ = "torch.overrides"

    def __init__(self) -> None:
        pass

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError

    def __enter__(self) -> Any:
        push_mode(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pop_mode()

    @classmethod
    def push(cls, *args: Any, **kwargs: Any) -> Any:
        """An instance; older programs wrote `with Mode.push():`."""
        warnings.warn(
            "`Mode.push()` is no longer necessary and can be replaced with just `with Mode()`",
            UserWarning,
            stacklevel=2,
        )
        return cls(*args, **kwargs)


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that changes nothing."""

    __module__ = "torch.overrides"

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


def push_mode(mode: Any) -> None:
    """Have a mode asked first in this thread."""
    install()
    push(mode)
