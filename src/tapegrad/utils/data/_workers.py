"""One pass through a `DataLoader`, or several, with worker processes.

Each worker has one connection to this process and shares nothing else: no locks and queues between workers, which one
that is killed would leave locked. A worker that ends closes its connection, however it ends, and closing the connection
ends a worker; so neither side waits for one that is gone.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import signal
import time
import warnings
import weakref
from multiprocessing.connection import Connection, wait
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from ..._utils import ExceptionWrapper
from ._iterators import _BaseDataLoaderIter
from ._utils import MP_STATUS_CHECK_INTERVAL as PATIENCE
from ._utils import transport
from ._utils.worker import _IterableDatasetStopIteration, _ResumeIteration
from ._utils.working import Job, ends_of_this_process, work

if TYPE_CHECKING:
    from .dataloader import DataLoader

T_co = TypeVar("T_co", covariant=True)

CHECK_INTERVAL: Final = 1.0
"""Seconds after which workers that have sent nothing are looked at: one may have left its connection to a process that
it started itself."""


class Pool:
    """Worker processes and the connections to them.

    Args:
        context: of multiprocessing, or the module itself.
        jobs: one per worker.

    Attributes:
        stop: ends the workers and waits until they have ended; also called when the pool is collected, and when Python
            ends.
    """

    def __init__(self, context: Any, jobs: list[Job]) -> None:
        self.processes: list[Any] = []
        self.connections: list[Connection] = []
        self.stop = weakref.finalize(self, _stop, os.getpid(), self.processes, self.connections)
        _pools.add(self)
        try:
            self._start(context, jobs)
        except BaseException:
            self.stop()
            raise

    def _start(self, context: Any, jobs: list[Job]) -> None:
        for job in jobs:
            here, there = context.Pipe(duplex=True)
            ends_of_this_process.add(here)
            self.connections.append(here)
            process = context.Process(target=work, args=(job, there))
            process.daemon = True
            try:
                process.start()
            except (TypeError, AttributeError, pickle.PicklingError):
                warnings.warn(
                    "Got pickle error when attempting to start a worker Process. This might be because the worker"
                    " Process arguments are not picklable. Python 3.14+ changed the multiprocessing start method in"
                    " non-Mac POSIX platforms to 'forkserver', which requires the worker Process arguments to be"
                    " picklable. You can also try multiprocessing.set_start_method('fork').",
                    stacklevel=6,
                )
                raise
            finally:
                there.close()
            self.processes.append(process)

    def send(self, worker: int, message: Any) -> None:
        """Send a task. That a worker is gone is noticed when its answer is waited for."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connections[worker].send(message)

    def receive(self, workers: list[int], timeout: float | None) -> Any:
        """The next message of one of some workers; None if none has come in time.

        Raises:
            RuntimeError: one of them has ended.
        """
        numbers = {id(self.connections[worker]): worker for worker in workers}
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = CHECK_INTERVAL if deadline is None else max(0.0, min(CHECK_INTERVAL, deadline - time.monotonic()))
            ready = wait([self.connections[worker] for worker in workers], left)
            if ready:
                connection: Any = ready[0]
                try:
                    return transport.receive(connection)
                except EOFError:
                    self._report([numbers[id(connection)]])
                except KeyboardInterrupt:
                    connection.close()  # half a message may have been read
                    raise
            ended = [worker for worker in workers if not self.processes[worker].is_alive()]
            if ended and not wait([self.connections[worker] for worker in ended], 0):
                self._report(ended)
            if deadline is not None and time.monotonic() >= deadline:
                return None

    def _report(self, workers: list[int]) -> NoReturn:
        """Raise the error about workers that have ended."""
        for worker in workers:
            self.processes[worker].join(PATIENCE)
        pids = ", ".join(str(self.processes[worker].pid) for worker in workers)
        error = RuntimeError(f"DataLoader worker (pid(s) {pids}) exited unexpectedly")
        error.__cause__ = _how_it_ended(self.processes[workers[0]])
        raise error


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _stop_all() -> None:
    for pool in list(_pools):
        pool.stop()


# When Python ends, multiprocessing waits for its processes without a limit, after it has called this.
Finalize(None, _stop_all, exitpriority=100)


def _how_it_ended(process: Any) -> RuntimeError | None:
    """What is known about the end of a process; None if it ended as if all were well."""
    code = process.exitcode
    if not code:
        return None
    if code > 0:
        return RuntimeError(
            f"DataLoader worker (pid {process.pid}) exited unexpectedly with exit code {code}. Details are lost due to"
            " multiprocessing. Rerunning with num_workers=0 may give better error trace."
        )
    text = f"DataLoader worker (pid {process.pid}) is killed by signal: {signal.strsignal(-code) or -code}. "
    if -code == getattr(signal, "SIGBUS", None):
        text += (
            "It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory"
            " limit."
        )
    return RuntimeError(text)


def _stop(owner: int, processes: list[Any], connections: list[Connection]) -> None:
    """End the workers: by closing their connections, then by force."""
    if os.getpid() != owner:
        return  # a copy of the pool in a forked process, to which the workers do not belong
    try:
        for connection in connections:
            connection.close()
        deadline = time.monotonic() + PATIENCE
        for process in processes:
            process.join(max(0.0, deadline - time.monotonic()))
        for process in processes:
            if process.is_alive():
                process.terminate()
        deadline = time.monotonic() + PATIENCE
        for process in processes:
            process.join(max(0.0, deadline - time.monotonic()))
    finally:  # also when Ctrl-C ends the waiting
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join()


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter[T_co]):
    """Hands tasks to workers, some batches ahead, and returns the batches in order.

    Batch i is made by worker i modulo the number of workers, so that a worker's random numbers go to the same batches
    in every run.
    """

    def __init__(self, loader: DataLoader[T_co]) -> None:
        super().__init__(loader)
        self._prefetch_factor: int = loader.prefetch_factor or 0
        if self._prefetch_factor <= 0:
            raise AssertionError("prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter")
        self._in_order = loader.in_order
        self._worker_init_fn = loader.worker_init_fn
        context = loader.multiprocessing_context
        if context is None:
            import multiprocessing as context
        self._pool = Pool(context, [self._job(worker) for worker in range(self._num_workers)])
        self._workers = self._pool.processes
        self._reset(loader, first_iter=True)

    def _job(self, worker_id: int) -> Job:
        return Job(
            self._dataset_kind,
            self._dataset,
            self._auto_collation,
            self._collate_fn,
            self._drop_last,
            self._base_seed,
            self._worker_init_fn,
            worker_id,
            self._num_workers,
        )

    def _reset(self, loader: DataLoader[T_co], first_iter: bool = False) -> None:
        super()._reset(loader, first_iter)
        self._sent = 0  # number of the next task to hand out
        self._next = 0  # number of the next batch to return
        self._worker_of: dict[int, int] = {}  # tasks that no batch has come for
        self._arrived: dict[int, Any] = {}  # batches that have come before their turn
        self._active = [True] * self._num_workers  # whether the worker has samples left, in this pass
        self._tasks_of = [0] * self._num_workers  # batches that the worker owes, or that wait for their turn
        self._turns = itertools.cycle(range(self._num_workers))
        if not first_iter:
            self._resume()
        for _ in range(self._prefetch_factor * self._num_workers):
            self._hand_out()

    def _resume(self) -> None:
        """Have the workers begin a new pass; what they still had to say about the last one is dropped."""
        resumed: set[int | None] = set()
        for worker in range(self._num_workers):
            self._pool.send(worker, _ResumeIteration(worker))
        while len(resumed) < self._num_workers:
            number, _ = self._receive([worker for worker in range(self._num_workers) if worker not in resumed])
            if isinstance(number, _ResumeIteration):
                resumed.add(number.seed)

    def _receive(self, workers: list[int]) -> Any:
        message = self._pool.receive(workers, self._timeout or None)
        if message is None:
            raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
        return message

    def _hand_out(self) -> None:
        """Give the next task to the worker whose turn it is."""
        try:
            index = self._next_index()
        except StopIteration:
            return
        capacity = self._prefetch_factor * self._num_workers // max(1, sum(self._active))
        for worker in itertools.islice(self._turns, self._num_workers):
            if self._active[worker] and (self._in_order or self._tasks_of[worker] < capacity):
                break
        else:
            return
        self._pool.send(worker, (self._sent, index))
        self._worker_of[self._sent] = worker
        self._tasks_of[worker] += 1
        self._sent += 1

    def _next_data(self) -> Any:
        while True:
            # Tasks of workers whose samples have come to an end will not be answered.
            while self._next < self._sent and self._next not in self._arrived and not self._is_awaited(self._next):
                self._worker_of.pop(self._next, None)
                self._next += 1
            if self._next == self._sent:
                if not self._persistent_workers:
                    self._shutdown_workers()
                raise StopIteration
            if self._next in self._arrived:
                worker, data = self._arrived.pop(self._next)
                self._next += 1
                return self._processed(data, worker)
            owing = sorted({worker for worker in self._worker_of.values() if self._active[worker]})
            try:
                number, data = self._receive(owing)
            except RuntimeError:
                self._drop_dead_workers()
                raise
            worker = self._worker_of.pop(number)
            if isinstance(data, _IterableDatasetStopIteration):
                self._active[worker] = False
                self._hand_out()
            elif number == self._next or not self._in_order:
                self._next += number == self._next
                return self._processed(data, worker)
            else:
                self._arrived[number] = (worker, data)

    def _is_awaited(self, number: int) -> bool:
        return number in self._worker_of and self._active[self._worker_of[number]]

    def _processed(self, data: Any, worker: int) -> Any:
        self._tasks_of[worker] -= 1
        self._hand_out()
        if isinstance(data, ExceptionWrapper):
            data.reraise()
        return data

    def _drop_dead_workers(self) -> None:
        for worker, process in enumerate(self._workers):
            if not process.is_alive():
                self._active[worker] = False

    def _shutdown_workers(self) -> None:
        """End the workers, and wait until they have ended."""
        self._pool.stop()
