"""What a worker process of a `DataLoader` does."""

from __future__ import annotations

import multiprocessing
import os
import queue
import random
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from ...._utils import ExceptionWrapper
from ....random.generator import manual_seed
from ....settings import set_num_threads
from . import MP_STATUS_CHECK_INTERVAL, transport, worker
from .fetch import _BaseDatasetFetcher, _DatasetKind
from .worker import WorkerInfo, _generate_state, _IterableDatasetStopIteration, _ResumeIteration


@dataclass(frozen=True)
class Job:
    """All that a worker has to know."""

    kind: int
    dataset: Any
    auto_collation: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool
    base_seed: int
    init_fn: Callable[[int], None] | None
    worker_id: int
    num_workers: int

    def fetcher(self) -> _BaseDatasetFetcher:
        """A new round through the dataset."""
        return _DatasetKind.create_fetcher(
            self.kind, self.dataset, self.auto_collation, self.collate_fn, self.drop_last
        )


ends_of_this_process: weakref.WeakSet[Connection] = weakref.WeakSet()
"""The loaders' ends of all connections to workers.

A forked worker inherits copies of those that exist by then. It closes them: a connection is at its end, for whoever
waits at the other side, when all copies are closed.
"""


def work(job: Job, connection: Connection) -> None:
    """The worker process: answers tasks, which are pairs (number, index), until the connection is closed."""
    for inherited in list(ends_of_this_process):
        inherited.close()
    try:
        _work(job, connection)
    except (KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        pass  # Ctrl-C reaches the main process, too; and if nobody listens any more, there is nothing left to do


def _work(job: Job, connection: Connection) -> None:
    set_num_threads(1)
    seed = job.base_seed + job.worker_id
    random.seed(seed)
    manual_seed(seed)
    np.random.seed(_generate_state(job.base_seed, job.worker_id))
    worker._worker_info = WorkerInfo(job.worker_id, job.num_workers, seed, job.dataset)

    tasks = _received_tasks(connection)
    where = f"in DataLoader worker process {job.worker_id}"
    fetcher: _BaseDatasetFetcher | None = None
    failure: ExceptionWrapper | None = None
    ended = False  # whether an IterableDataset has come to its end: the main process then expects no more answers
    try:
        if job.init_fn is not None:
            job.init_fn(job.worker_id)
        fetcher = job.fetcher()
    except Exception:
        failure = ExceptionWrapper(where=where)
    while (task := tasks.get()) is not None:
        if isinstance(task, _ResumeIteration):
            transport.send(connection, (task, None))
            fetcher, ended = job.fetcher(), False
            continue
        if ended:
            continue
        number, index = task
        data: Any
        if failure is not None:
            data, failure = failure, None
        else:
            try:
                assert fetcher is not None, "the worker could not be set up"
                data = fetcher.fetch(index)
            except StopIteration:
                if job.kind == _DatasetKind.Iterable:
                    data, ended = _IterableDatasetStopIteration(job.worker_id), True
                else:
                    data = ExceptionWrapper(where=where)
            except Exception:
                data = ExceptionWrapper(where=where)
        _answer(connection, number, data, where)
        del data, index, task  # what they hold is not needed while the worker waits


def _answer(connection: Connection, number: int, data: Any, where: str) -> None:
    """Send a batch or an exception; what cannot be pickled is an exception itself."""
    try:
        transport.send(connection, (number, data))
        return
    except OSError:
        raise
    except Exception:
        replacement = ExceptionWrapper(where=where)
    if isinstance(data, ExceptionWrapper):  # its type is one that the main process cannot find by name
        kind = data.exc_type
        replacement, data.exc_type = data, RuntimeError
        replacement.where += f" ({kind.__qualname__} cannot be pickled, so this is a RuntimeError)"
    transport.send(connection, (number, replacement))


def _received_tasks(connection: Connection) -> queue.SimpleQueue[Any]:
    """A queue of the tasks that arrive, with None at the end of the connection.

    A thread takes them off the connection at once: the main process never waits for a worker to accept a task, while
    that worker waits for the main process to accept a batch.
    """
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def take() -> None:
        try:
            while True:
                tasks.put(connection.recv())
        except (EOFError, OSError):
            tasks.put(None)
        _end_with_the_main_process()

    threading.Thread(target=take, name="tapegrad-tasks", daemon=True).start()
    return tasks


def _end_with_the_main_process() -> None:
    """End this process, in the midst of whatever it does, if the main process is dead and so cannot end it."""
    main = multiprocessing.parent_process()
    if main is not None:
        main.join(MP_STATUS_CHECK_INTERVAL)
        if not main.is_alive():
            threading.Event().wait(MP_STATUS_CHECK_INTERVAL)  # for the batch at hand to be finished, and files closed
            os._exit(1)
