"""A thread that does one thing after the other and ends with the process."""

from __future__ import annotations

import atexit
import os
import queue
import threading
import weakref
from collections.abc import Callable
from typing import Any

_all: weakref.WeakSet[Worker] = weakref.WeakSet()


class Worker:
    """One thread, started when there is something to do.

    A process that is forked has none of its parent's threads.  Its worker is a new one, unless the parent's was at
    work at that moment: then locks of the compiler may be held for ever, and nothing is done any more.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._ended = self._at_work = False
        self._registered = False
        self._begin()
        _all.add(self)

    def _begin(self) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def submit(self, task: Callable[[], None]) -> None:
        """Do something later."""
        with self._lock:
            if self._ended:
                return
            self._tasks.put(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
                if not self._registered:
                    atexit.register(self._end)
                    self._registered = True

    def _work(self) -> None:
        tasks: Any = self._tasks
        while (task := tasks.get()) is not None and not self._ended:
            self._at_work = True
            try:
                task()
            finally:
                self._at_work = False

    def _end(self) -> None:
        """Leave the rest undone; wait for what is being compiled, which must not outlive the interpreter."""
        self._ended = True
        self._tasks.put(None)
        if self._thread is not None:
            self._thread.join()

    @property
    def ended(self) -> bool:
        """Whether nothing is done any more."""
        return self._ended

    def after_fork(self) -> None:
        """In the new process."""
        self._ended = self._ended or self._at_work
        self._begin()


def _after_fork() -> None:
    for worker in list(_all):
        worker.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

__all__ = ["Worker"]
