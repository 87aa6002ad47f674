"""One pass through a `DataLoader` in the same process, and what all passes have in common."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from ...autograd.profiler import record_function
from ._utils.fetch import _DatasetKind
from .sampler import drawn_seed

if TYPE_CHECKING:
    from .dataloader import DataLoader

T_co = TypeVar("T_co", covariant=True)


class _BaseDataLoaderIter(Generic[T_co]):
    """An iterator over a loader's batches; `_next_data` is for subclasses to define.

    Every pass draws one number from the loader's generator, the base seed of workers, whether there are any or not.
    """

    def __init__(self, loader: DataLoader[T_co]) -> None:
        self._dataset = loader.dataset
        self._dataset_kind = loader._dataset_kind
        self._IterableDataset_len_called = loader._IterableDataset_len_called
        self._auto_collation = loader._auto_collation
        self._drop_last = loader.drop_last
        self._index_sampler = loader._index_sampler
        self._num_workers = loader.num_workers
        self._warn_of_pinning(loader)
        self._pin_memory = False
        self._timeout = loader.timeout
        self._collate_fn = loader.collate_fn
        self._sampler_iter: Iterator[Any] | None = iter(self._index_sampler)
        self._base_seed = drawn_seed(loader.generator)
        self._persistent_workers = loader.persistent_workers
        self._num_yielded = 0
        self._profile_name = f"enumerate(DataLoader)#{type(self).__name__}.__next__"

    @staticmethod
    def _warn_of_pinning(loader: DataLoader[T_co]) -> None:
        if not loader.pin_memory:
            return
        if loader.pin_memory_device:
            warnings.warn(
                "pin_memory_device is deprecated, the current accelerator will be used as the device,"
                f"ignore pin_memory_device='{loader.pin_memory_device}'.",
                stacklevel=6,
            )
        warnings.warn(
            "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be"
            " used.",
            stacklevel=6,
        )

    def __iter__(self) -> Iterator[T_co]:
        return self

    def _reset(self, loader: DataLoader[T_co], first_iter: bool = False) -> None:
        self._sampler_iter = iter(self._index_sampler)
        self._num_yielded = 0
        self._IterableDataset_len_called = loader._IterableDataset_len_called

    def _next_index(self) -> Any:
        assert self._sampler_iter is not None
        return next(self._sampler_iter)

    def _next_data(self) -> Any:
        raise NotImplementedError

    def __next__(self) -> T_co:
        with record_function(self._profile_name):
            data = self._next_data()
        self._num_yielded += 1
        expected = self._IterableDataset_len_called
        if expected is not None and self._num_yielded > expected and self._dataset_kind == _DatasetKind.Iterable:
            self._warn_of_length(expected)
        return data

    def _warn_of_length(self, expected: int) -> None:
        message = (
            f"Length of IterableDataset {self._dataset} was reported to be {expected}(when accessing len(dataloader)),"
            f" but {self._num_yielded} samples have been fetched. "
        )
        if self._num_workers > 0:
            message += (
                "For multiprocessing data-loading, this could be caused by not properly configuring the IterableDataset"
                " replica at each worker: each has a copy of the dataset and gives all its samples, unless __iter__"
                " asks get_worker_info() which it is."
            )
        warnings.warn(message, stacklevel=3)

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __getstate__(self) -> NoReturn:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter[T_co]):
    """Makes each batch when it is asked for."""

    def __init__(self, loader: DataLoader[T_co]) -> None:
        super().__init__(loader)
        if self._timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._dataset_fetcher = _DatasetKind.create_fetcher(
            self._dataset_kind, self._dataset, self._auto_collation, self._collate_fn, self._drop_last
        )

    def _next_data(self) -> Any:
        return self._dataset_fetcher.fetch(self._next_index())
