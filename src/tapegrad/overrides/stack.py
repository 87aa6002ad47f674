"""The active modes of each thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from ..tensor.torch_function import modes, modes_off


def active_mode(thread: int) -> Any:
    """The mode that is asked first in a thread; None if there is none, or none is to be asked."""
    if thread in modes_off:
        return None
    stack = modes.get(thread)
    return stack[-1] if stack else None


def push(mode: Any) -> None:
    """Have a mode asked first in this thread."""
    modes.setdefault(get_ident(), []).append(mode)


def pop_mode() -> Any:
    """Have the innermost mode of this thread asked no more; returns it."""
    thread = get_ident()
    stack = modes[thread]
    mode = stack.pop()
    if not stack:
        del modes[thread]
    return mode


@contextmanager
def pop_mode_temporarily() -> Iterator[Any]:
    """While a mode answers, the next one is asked."""
    mode = pop_mode()
    try:
        yield mode
    finally:
        push(mode)


def current_mode() -> Any:
    """The innermost mode of this thread; None if there is none."""
    stack = modes.get(get_ident())
    return stack[-1] if stack else None


def current_modes() -> list[Any]:
    """The modes of this thread, the innermost last."""
    return list(modes.get(get_ident(), ()))
