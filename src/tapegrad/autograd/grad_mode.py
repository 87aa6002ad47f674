"""Whether operations are recorded: `no_grad`, `enable_grad`, `set_grad_enabled`, each per thread.

`suspended` holds the identities of the threads that do not record at the moment.  It is empty almost always, so the
question costs an operation one truth test.  A thread in inference mode does not record, whatever `enable_grad` says to
it; `inference` remembers what it said.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from threading import get_ident
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

suspended: Final[set[int]] = set()
inference: Final[dict[int, bool]] = {}


class _ThreadEnd:
    """Dies with its thread and takes the thread's identity, which may be given out again, off the list."""

    def __init__(self) -> None:
        self.ident = get_ident()

    def __del__(self) -> None:
        suspended.discard(self.ident)
        inference.pop(self.ident, None)


_at_thread_end: Final = threading.local()


def is_grad_enabled() -> bool:
    """Whether operations of this thread are being recorded.

    >>> import tapegrad as torch
    >>> with torch.no_grad():
    ...     torch.is_grad_enabled()
    False
    """
    return not suspended or get_ident() not in suspended or inference.get(get_ident(), False)


def is_recording() -> bool:
    """Whether operations of this thread are being recorded; in inference mode they are not, whatever was enabled."""
    return not suspended or get_ident() not in suspended


def in_inference_mode() -> bool:
    """Whether this thread is inside of `inference_mode`."""
    return get_ident() in inference


def switch(enabled: bool) -> None:
    """Turn recording on or off in this thread."""
    if inference and get_ident() in inference:
        inference[get_ident()] = enabled
    elif enabled:
        suspended.discard(get_ident())
    else:
        if not hasattr(_at_thread_end, "mark"):
            _at_thread_end.mark = _ThreadEnd()
        suspended.add(get_ident())


class GradMode:
    """A context manager, also usable as a decorator, that records or not as `_mode` says."""

    _mode: bool
    _stack: list[bool]

    def __init__(self) -> None:
        self._stack = []

    def __enter__(self) -> None:
        self._stack.append(is_grad_enabled())
        switch(self._mode)

    def __exit__(self, *exc: object) -> None:
        switch(self._stack.pop())

    def clone(self) -> GradMode:
        """A fresh context of the same kind, for one call of a decorated function."""
        return type(self)()

    def __call__(self, function: F) -> F:
        """Decorate a function, a generator function (its mode holds while it runs, not between) or a class."""
        if inspect.isclass(function):
            setattr(function, "__init__", self(function.__init__))  # noqa: B010 - a plain assignment is refused by mypy
            return function
        if inspect.isgeneratorfunction(function):
            return _wrap_generator(self, function)  # type: ignore[return-value]

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]


def _wrap_generator(mode: GradMode, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with mode.clone():
            generator = function(*args, **kwargs)
            step: Callable[[], Any] = functools.partial(next, generator)
        while True:
            try:
                with mode.clone():
                    item = step()
            except StopIteration as stop:
                return stop.value
            try:
                sent = yield item
            except GeneratorExit:
                with mode.clone():
                    generator.close()
                raise
            except BaseException as error:
                step = functools.partial(generator.throw, error)
            else:
                step = functools.partial(generator.send, sent)

    return wrapper


class _NoArguments(GradMode):
    """Modes that also work as a bare decorator: `@no_grad` as well as `@no_grad()`."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        if function is None:
            return super().__new__(cls)
        return cls()(function)


class no_grad(_NoArguments):
    """Results of operations inside do not require gradients, whatever the inputs.

    >>> import tapegrad as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     (w * 2).requires_grad
    False
    """

    _mode = False


class enable_grad(_NoArguments):
    """Operations inside are recorded, also within `no_grad`."""

    _mode = True


class set_grad_enabled(GradMode):
    """Record or not, from this call on; as a context manager, until its end.

    Args:
        mode: True to record operations.
    """

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self._mode = bool(mode)
        self._before = is_grad_enabled()
        switch(self._mode)

    def __enter__(self) -> None:
        self._stack.append(self._before)
        switch(self._mode)

    def __call__(self, function: F) -> F:
        switch(self._before)
        return super().__call__(function)

    def clone(self) -> GradMode:
        return set_grad_enabled(self._mode)

    def __repr__(self) -> str:
        return f"set_grad_enabled(mode={self._mode})"


def __getattr__(name: str) -> Any:
    """torch has these here, too."""
    if name in ("inference_mode", "set_multithreading_enabled"):
        from . import inference

        return getattr(inference, name)
    raise AttributeError(f"module 'torch.autograd.grad_mode' has no attribute {name!r}", name=name)
