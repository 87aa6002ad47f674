"""Tasks in processes of their own: one that dies or hangs costs that task, never the run."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import resource
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Work = Callable[[int], dict[str, Any]]
_MEMORY = 8 * 2**30


class TimeLimit(BaseException):
    """Time is up.  No Exception, so that nobody's `except Exception` swallows it."""


class Budget:
    """The time for one operator, check and dtype: so many seconds of the processor, or four times these on the clock.

    Attributes:
        left, spent: seconds of the processor.
    """

    _TIMERS = ((signal.ITIMER_PROF, signal.SIGPROF, 1), (signal.ITIMER_REAL, signal.SIGALRM, 4))

    def __init__(self, seconds: float) -> None:
        self.left, self.spent = seconds, 0.0

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        def ring(*_: Any) -> None:
            raise TimeLimit

        before = [signal.signal(number, ring) for _, number, _ in self._TIMERS]
        for timer, _, factor in self._TIMERS:
            signal.setitimer(timer, factor * max(self.left, 1e-3))
        start = time.process_time()
        try:
            yield
        finally:
            for timer, _, _ in self._TIMERS:
                signal.setitimer(timer, 0)
            for (_, number, _), handler in zip(self._TIMERS, before, strict=True):
                signal.signal(number, handler)
            took = time.process_time() - start
            self.left, self.spent = self.left - took, self.spent + took


def first_line(error: BaseException) -> str:
    """An error's type, and the first line of its message."""
    text = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {text}"[:200]


def _work_off(pipe: int, tasks: list[int], work: Work, loud: bool) -> None:
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    if not loud:
        faulthandler.disable()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
    with os.fdopen(pipe, "w") as out:
        for task in tasks:
            print(json.dumps([task, None]), file=out, flush=True)
            try:
                result = work(task)
            except Exception as error:  # a fault of these modules: to be seen, but not the end of the run
                if loud:
                    raise
                result = {"crash": "comparison: " + first_line(error)}
            print(json.dumps([task, result]), file=out, flush=True)


class _Worker:
    def __init__(self, tasks: list[int], work: Work, loud: bool) -> None:
        self.tasks, self.since, self.rest = list(tasks), time.monotonic(), b""
        self.now: int | None = None
        self.pipe, end = os.pipe()
        sys.stdout.flush()
        with warnings.catch_warnings():
            # Python 3.12 warns of threads in the parent; those of BLAS are idle, and the child takes no lock of theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if not self.pid:
            code = 1
            try:
                os.close(self.pipe)
                _work_off(end, tasks, work, loud)
                code = 0
            finally:
                os._exit(code)
        os.close(end)

    def read(self) -> tuple[bool, list[tuple[int, Any]]]:
        """(the worker has ended, the results that arrived)"""
        data = os.read(self.pipe, 1 << 20)
        *lines, self.rest = (self.rest + data).split(b"\n")
        arrived = []
        for line in lines:
            task, result = json.loads(line)
            self.now, self.since = task, time.monotonic()
            if result is not None:
                self.now = None
                self.tasks.remove(task)
                arrived.append((task, result))
        return not data, arrived

    def end(self) -> str:
        """How the process ended."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self.pipe)
        return f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"


def run(
    tasks: Iterable[int], work: Work, jobs: int = 1, seconds: float = 600, loud: bool = False
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (task, its result) as they come; {'crash': why} for a task whose worker died, or took too long.

    Args:
        tasks: numbers.
        work: called with each; returns what JSON can hold.
        jobs: how many processes at once.
        seconds: how long one task may take.
        loud: let workers print, and raise.
    """
    todo = list(tasks)
    live: dict[int, _Worker] = {}

    def start(part: list[int]) -> None:
        worker = _Worker(part, work, loud)
        live[worker.pipe] = worker

    for i in range(min(jobs, len(todo))):
        start(todo[i::jobs])
    while live:
        ready, _, _ = select.select(list(live), [], [], 1.0)
        for pipe, worker in list(live.items()):
            ended = False
            if pipe in ready:
                ended, arrived = worker.read()
                yield from arrived
            elif worker.now is not None and time.monotonic() - worker.since > seconds:
                os.kill(worker.pid, signal.SIGKILL)
                ended = True
            if ended:
                why = worker.end()
                del live[pipe]
                if worker.tasks:
                    lost = worker.now if worker.now is not None else worker.tasks[0]
                    worker.tasks.remove(lost)
                    yield lost, {"crash": f"worker died ({why})"}
                    if worker.tasks:
                        start(worker.tasks)
