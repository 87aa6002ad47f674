"""Threads that share work, each on a processor of its own.

A thread that another one wakes may be put on the processor where that one runs, and waits there until the system moves
one of them, some milliseconds later, when most work is done; another processor is idle meanwhile. In virtual machines
this is the rule. So helpers are told to stay away from where the thread runs that has work for them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

_current: Callable[[], int] | None = None


def _find() -> Callable[[], int]:
    """The C library's `sched_getcpu`; what knows nothing where there is none, or no way to place a thread."""
    import ctypes

    try:
        # Without letting go of the interpreter lock, which would take longer than the call.
        found: Any = ctypes.PyDLL(None).sched_getcpu
    except (AttributeError, OSError, TypeError):
        return lambda: -1
    return found if hasattr(os, "sched_setaffinity") else lambda: -1


def current() -> int:
    """The number of the processor that runs the calling thread; -1 if the system does not say."""
    global _current
    if _current is None:
        _current = _find()
    return _current()


def keep_away(thread: int, processor: int) -> None:
    """Have a thread run on the processors that the calling thread may be on, but one, if there are others.

    Args:
        thread: its number in the system, `Thread.native_id`.
    """
    others = os.sched_getaffinity(0) - {processor}
    if others:
        try:
            os.sched_setaffinity(thread, others)
        except OSError:
            pass  # not allowed here


__all__ = ["current", "keep_away"]
