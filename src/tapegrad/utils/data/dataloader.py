"""`DataLoader`: batches of a dataset's samples, made in this process or in workers."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar, cast

from ..._utils import cpu_count
from ...random.generator import Generator
from ._iterators import _BaseDataLoaderIter, _SingleProcessDataLoaderIter
from ._utils.collate import default_collate, default_convert
from ._utils.fetch import _DatasetKind
from ._utils.worker import get_worker_info
from .dataset import Dataset, IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "DataLoader", "_BaseDataLoaderIter", "_DatasetKind", "_SingleProcessDataLoaderIter", "default_collate",
    "default_convert", "get_worker_info",
]  # fmt: skip

T_co = TypeVar("T_co", covariant=True)

# What cannot be changed once the loader is made, as other attributes depend on it.
_FIXED = frozenset({"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"})


class _InfiniteConstantSampler(Sampler[None]):
    """None for ever: the sampler of a dataset without indices."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader(Generic[T_co]):
    """An iterable over batches of a dataset; each `iter()` is one pass through it.

    Args:
        dataset: a `Dataset`, an `IterableDataset`, or any object with indices and a length.
        batch_size: samples per batch. None: no batches; samples are given one by one.
        shuffle: take them in random order, a new one in each pass.
        sampler: an iterable of indices that gives the order.
        batch_sampler: an iterable of lists of indices; instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
        num_workers: how many processes make the batches; 0 for this one.
        collate_fn: makes a batch of a list of samples; `default_collate` by default (`default_convert`, of one sample,
            without batches).
        pin_memory: taken for torch's sake; there is no accelerator.
        drop_last: leave out a last batch that is smaller.
        timeout: how many seconds to wait for a batch from a worker; 0 for no limit.
        worker_init_fn: called in each worker, with its number, when it has been seeded.
        multiprocessing_context: how to start workers: "fork", "spawn", "forkserver", or a context of multiprocessing.
        generator: draws the order, and the base seed of the workers; the default generator for None.
        prefetch_factor: how many batches each worker makes ahead; 2 by default, if there are workers.
        persistent_workers: keep the workers from one pass to the next.
        pin_memory_device: taken for torch's sake.
        in_order: return batches in the order of the sampler; False to return them as they come from the workers.

    Raises:
        ValueError: options that contradict each other or are out of range.

    A worker that raises has its exception raised here, by its type, with the worker's traceback in the message. One
    that dies makes a RuntimeError. The loader ends its workers at the end of a pass, when the iterator is no longer
    referred to, or when Python ends.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> loader = DataLoader(range(5), batch_size=2, shuffle=True)
    >>> len(loader), list(loader)
    (3, [tensor([1, 4]), tensor([2, 3]), tensor([0])])
    """

    dataset: Any
    batch_size: int | None
    num_workers: int
    pin_memory: bool
    drop_last: bool
    timeout: float
    sampler: Any
    pin_memory_device: str
    prefetch_factor: int | None
    _iterator: Any
    __initialized = False
    __multiprocessing_context: Any

    def __init__(
        self,
        dataset: Dataset[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler[Any] | Iterable[Any] | None = None,
        batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order

        if isinstance(dataset, IterableDataset):
            self._dataset_kind = _DatasetKind.Iterable
            _check_no_order(shuffle, sampler, batch_sampler)
        else:
            self._dataset_kind = _DatasetKind.Map
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            if self._dataset_kind == _DatasetKind.Iterable:
                sampler = _InfiniteConstantSampler()
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)  # type: ignore[arg-type]  # says that it needs len
            else:
                sampler = SequentialSampler(dataset)  # type: ignore[arg-type]
        if batch_size is not None:
            # The indices may be of any kind: only the dataset has to understand them.
            batch_sampler = BatchSampler(cast("Iterable[Any]", sampler), batch_size, drop_last)

        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler: Any = batch_sampler
        self.generator = generator
        if collate_fn is None:
            collate_fn = default_collate if self._auto_collation else default_convert
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        self.__initialized = True
        self._IterableDataset_len_called: int | None = None
        self._iterator = None
        self.check_worker_number_rationality()

    def __setattr__(self, attr: str, val: Any) -> None:
        if self.__initialized and attr in _FIXED:
            raise ValueError(f"{attr} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(attr, val)

    @property
    def multiprocessing_context(self) -> Any:
        """How workers are started: a context of multiprocessing; None for the program's default."""
        return self.__multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, multiprocessing_context: Any) -> None:
        if multiprocessing_context is not None:
            multiprocessing_context = _checked_context(multiprocessing_context, self.num_workers)
        self.__multiprocessing_context = multiprocessing_context

    def _get_iterator(self) -> Any:
        if self.num_workers == 0:
            return _SingleProcessDataLoaderIter(self)
        from ._workers import _MultiProcessingDataLoaderIter

        self.check_worker_number_rationality()
        return _MultiProcessingDataLoaderIter(self)

    def __iter__(self) -> Any:
        if not self.persistent_workers or self.num_workers == 0:
            return self._get_iterator()
        if self._iterator is None:
            self._iterator = self._get_iterator()
        else:
            self._iterator._reset(self)
        return self._iterator

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        """Gives the index of each task: a list of indices if there are batches."""
        return self.batch_sampler if self._auto_collation else self.sampler

    def __len__(self) -> int:
        """The number of batches; of an IterableDataset, what its own length leads to expect."""
        if self._dataset_kind == _DatasetKind.Map:
            return len(self._index_sampler)
        samples: int = len(self.dataset)
        self._IterableDataset_len_called = samples
        if self.batch_size is None:
            return samples
        return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Warn if there are to be more workers than processors that this process may use."""
        processors = cpu_count()
        if not self.num_workers or (processors is not None and self.num_workers <= processors):
            return
        if processors is None:
            found = "DataLoader is not able to compute a suggested max number of worker in current system."
        else:
            cpuset = "" if hasattr(os, "sched_getaffinity") else " (`cpuset` is not taken into account)"
            found = (
                f"Our suggested max number of worker in current system is {processors}{cpuset}, which is smaller than"
                " what this DataLoader is going to create."
            )
        warnings.warn(
            f"This DataLoader will create {self.num_workers} worker processes in total. {found} Please be aware that"
            " excessive worker creation might get DataLoader running slow or even freeze, lower the worker number to"
            " avoid potential slowness/freeze if necessary.",
            stacklevel=3,
        )


def _check_workers(num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool) -> None:
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing."
            "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_no_order(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    """Refuse what gives an order to an IterableDataset, which has its own."""
    prefix = "DataLoader with IterableDataset: expected unspecified"
    if shuffle not in {False, None}:
        raise ValueError(f"{prefix} shuffle option, but got shuffle={shuffle}")
    if sampler is not None:
        raise ValueError(f"{prefix} sampler option, but got sampler={sampler}")
    if batch_sampler is not None:
        raise ValueError(f"{prefix} batch_sampler option, but got batch_sampler={batch_sampler}")


def _checked_context(context: Any, num_workers: int) -> Any:
    import multiprocessing
    from multiprocessing.context import BaseContext

    if num_workers <= 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got"
            f" num_workers={num_workers}"
        )
    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {methods!r}, but got"
                f" multiprocessing_context={context!r}"
            )
        context = multiprocessing.get_context(context)
    if not isinstance(context, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start method,"
            f" but got multiprocessing_context={context}"
        )
    return context


def __getattr__(name: str) -> Any:
    """What needs multiprocessing, the import of which takes some time."""
    if name == "_MultiProcessingDataLoaderIter":
        from . import _workers

        return _workers._MultiProcessingDataLoaderIter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
