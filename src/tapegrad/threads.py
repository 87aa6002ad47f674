"""Work on large arrays by several threads: NumPy lets go of Python's lock inside of its loops.

The work comes in numbered blocks whose bounds follow from sizes alone, never from the number of threads, and each
thread takes the next block that nobody has taken.  So results are the same to the bit however many threads there are,
and a thread that the system does not run costs nothing: nobody waits for one that has not begun.

The helpers are started when first needed and wait on a queue each.  Only one piece of work has them at a time; what
comes meanwhile, from another thread or from within a block, is done by its own thread alone.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from .processors import current, keep_away
from .settings import get_num_threads

_helpers: list[Any] = []  # the queues of the helpers, one each
_numbers: list[int] = []  # the system's numbers of their threads
_kept_away_from = -1  # the processor that these are not on
_in_use = threading.Lock()


class _Job:
    """One piece of work, from when its blocks are given out until all helpers have left it."""

    __slots__ = ("at_work", "closed", "count", "error", "left", "lock", "numbers", "work")

    def __init__(self, work: Callable[[int], object], count: int) -> None:
        self.work: Any = work
        self.count, self.numbers = count, itertools.count()
        self.error: BaseException | None = None
        self.closed, self.at_work = False, 0
        self.lock, self.left = threading.Lock(), threading.Lock()

    def take(self) -> None:
        """Do blocks until none is left."""
        work, count, numbers = self.work, self.count, self.numbers
        while (number := next(numbers)) < count and self.error is None:
            work(number)

    def help(self, context: Context) -> None:
        """Do blocks in a helper, unless the work is over already."""
        with self.lock:
            if self.closed:
                return
            self.at_work += 1
            if self.at_work == 1:
                self.left.acquire()
        try:
            context.run(self.take)
        except BaseException as error:
            self.error = error
        with self.lock:
            self.at_work -= 1
            if self.at_work == 0:
                self.left.release()

    def close(self) -> None:
        """Let no more helpers in, and wait for those at work."""
        with self.lock:
            self.closed = True
        with self.left:
            self.work = None  # what it holds is nobody else's any more


def _helper(queue: Any) -> None:
    while True:
        job, context = queue.get()
        job.help(context)
        del job, context


def _start(count: int) -> None:
    """Have so many helpers."""
    from queue import SimpleQueue

    global _kept_away_from

    _kept_away_from = -1  # nor are the new ones
    while len(_helpers) < count:
        queue: Any = SimpleQueue()
        thread = threading.Thread(target=_helper, args=(queue,), name="tapegrad", daemon=True)
        thread.start()
        _helpers.append(queue)
        _numbers.append(thread.native_id or 0)


def _make_room() -> None:
    """Have the helpers elsewhere than the calling thread."""
    global _kept_away_from
    processor = current()
    if processor != _kept_away_from:
        for number in _numbers:
            keep_away(number, processor)
        _kept_away_from = processor


def run(work: Callable[[int], object], count: int) -> None:
    """Call `work` with the numbers from 0 to `count` - 1, in `get_num_threads()` threads.

    Context variables, such as those of `numpy.errstate`, are the caller's in each thread.

    Raises:
        BaseException: the first that a block raises; blocks not begun by then are left out.

    >>> import numpy as np
    >>> x = np.zeros(3)
    >>> def work(i):
    ...     x[i] = i
    >>> run(work, 3)
    >>> x
    array([0., 1., 2.])
    """
    helpers = min(get_num_threads(), count) - 1
    if helpers <= 0 or not _in_use.acquire(blocking=False):
        for number in range(count):
            work(number)
        return
    try:
        job = _Job(work, count)
        try:
            if len(_helpers) < helpers:
                _start(helpers)
            _make_room()
            for queue in _helpers[:helpers]:
                queue.put((job, copy_context()))
            job.take()
        except BaseException as error:
            job.error = error
        finally:
            job.close()
    finally:
        _in_use.release()
    if job.error is not None:
        try:
            raise job.error
        finally:
            del job  # whose error's traceback leads back here


def _after_fork() -> None:
    """A new process has none of the threads that its parent had."""
    global _in_use, _kept_away_from
    _helpers.clear()
    _numbers.clear()
    _kept_away_from = -1
    _in_use = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

__all__ = ["run"]
