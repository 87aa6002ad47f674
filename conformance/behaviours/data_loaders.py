"""torch.utils.data: loaders and their workers."""

from __future__ import annotations

import importlib
import os
import random
import signal
from typing import Any

import numpy as np

from .attempts import attempts
from .data import Numbers, counting, data_of, randomness, seen


def without_pid(x: Any) -> Any:
    """Numbers of processes taken out of texts."""
    if isinstance(x, list):
        return [without_pid(item) for item in x]
    return " ".join("N" if word.strip("(),").isdigit() else word for word in x.split(" ")) if isinstance(x, str) else x


# --- loaders ---


def batches(torch: Any) -> Any:
    Loader = data_of(torch).DataLoader
    dataset = data_of(torch).TensorDataset(torch.arange(7), torch.rand(7, 2))
    loaders = [Loader(dataset), Loader(dataset, 3), Loader(dataset, 3, drop_last=True), Loader(dataset, None),
               Loader(dataset, sampler=[2, 0]), Loader(dataset, batch_sampler=[[1, 2], [0]])]  # fmt: skip
    return [(list(loader), len(loader)) for loader in loaders]


def shuffled_batches(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(Numbers(9), 4, shuffle=True)
    return list(loader), list(loader), torch.rand(1)


def shuffled_batches_by_a_generator(torch: Any) -> Any:
    generator = torch.Generator().manual_seed(5)
    loader = data_of(torch).DataLoader(Numbers(9), 4, shuffle=True, generator=generator)
    return list(loader), list(loader), torch.rand(1, generator=generator), torch.rand(1)


def two_passes_at_once(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(Numbers(4), 2, shuffle=True)
    return [(a, b) for a in loader for b in loader]


def randomness_of_samples(torch: Any) -> Any:
    random.seed(0)
    np.random.seed(0)
    loader = data_of(torch).DataLoader(randomness(torch), 3, shuffle=True)
    return list(loader), list(loader)


def samples_asked_for_at_once(torch: Any) -> Any:
    class Together(Numbers):
        def __getitems__(self, indices: Any) -> Any:
            return [(index, len(indices)) for index in indices]

    Loader = data_of(torch).DataLoader
    return list(Loader(Together(5), 2)), list(Loader(Together(2), None))


def collate_function_of_ones_own(torch: Any) -> Any:
    Loader = data_of(torch).DataLoader
    return list(Loader(Numbers(5), 2, collate_fn=str)), list(Loader(Numbers(2), None, collate_fn=str))


def iterable_batches(torch: Any) -> Any:
    Loader = data_of(torch).DataLoader
    loaders = [Loader(counting(torch, 7, 7), 3), Loader(counting(torch, 7, 7), 3, drop_last=True),
               Loader(counting(torch, 3, 3), None)]  # fmt: skip
    return [(len(loader), list(loader)) for loader in loaders], attempts(lambda: len(Loader(counting(torch), 2)))


def iterable_longer_than_it_says(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(counting(torch, 3, 1), None)
    return len(loader), len(list(loader))


def loader_attributes(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(Numbers(3), 2, num_workers=1)
    kinds = [type(x).__name__ for x in (loader.sampler, loader.batch_sampler, loader._index_sampler)]
    return (loader.batch_size, loader.prefetch_factor, loader.num_workers, loader.timeout, loader.pin_memory, kinds,
            loader.collate_fn.__name__, loader.multiprocessing_context, loader.in_order, loader.generator,
            loader._auto_collation, loader._dataset_kind, loader.drop_last, loader.persistent_workers)  # fmt: skip


def attributes_that_are_fixed(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(Numbers(3))
    loader.collate_fn = str
    names = ["batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"]
    return list(loader), attempts(*(lambda name=name: setattr(loader, name, None) for name in names))


def options_refused(torch: Any) -> Any:
    Loader = data_of(torch).DataLoader
    options: list[dict[str, Any]] = [
        {"num_workers": -1}, {"timeout": -1}, {"prefetch_factor": 2}, {"num_workers": 1, "prefetch_factor": -1},
        {"persistent_workers": True}, {"sampler": [0], "shuffle": True}, {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_sampler": [[0]], "shuffle": True}, {"batch_sampler": [[0]], "drop_last": True},
        {"batch_size": None, "drop_last": True}, {"batch_size": 0}, {"batch_size": 1.5}, {"drop_last": 1},
        {"multiprocessing_context": "fork"}, {"num_workers": 1, "multiprocessing_context": "thread"},
        {"num_workers": 1, "multiprocessing_context": 3}]  # fmt: skip
    return attempts(*(lambda o=o: type(Loader(Numbers(3), **o)).__name__ for o in options))


def options_refused_for_iterables(torch: Any) -> Any:
    Loader = data_of(torch).DataLoader
    options: list[dict[str, Any]] = [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}, {"shuffle": False}]
    return attempts(*(lambda o=o: len(list(Loader(counting(torch), **o))) for o in options))


def timeout_without_workers(torch: Any) -> Any:
    iter(data_of(torch).DataLoader(Numbers(3), timeout=1))


def random_order_of_nothing(torch: Any) -> Any:
    Loader = data_of(torch).DataLoader
    return list(Loader([])), attempts(lambda: Loader([], shuffle=True))


def pinned_memory(torch: Any) -> Any:
    return list(data_of(torch).DataLoader(Numbers(2), pin_memory=True))


def pinned_memory_of_a_device(torch: Any) -> Any:
    return list(data_of(torch).DataLoader(Numbers(2), pin_memory=True, pin_memory_device="cuda"))


def more_workers_than_processors(torch: Any) -> Any:
    data_of(torch).DataLoader(Numbers(2), num_workers=4000)


def iterators(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(Numbers(3), 2)
    iterator = iter(loader)
    return (type(iterator).__name__, len(iterator), iter(iterator) is iterator, next(iterator), next(iterator),
            next(iterator, "end"), next(iterator, "end"), seen(iterator.__getstate__))  # fmt: skip


def samples_that_fail(torch: Any) -> Any:
    return list(data_of(torch).DataLoader(Numbers(3), sampler=["a", 1], collate_fn=lambda x: x[0] + 1))


def names_that_others_import(torch: Any) -> Any:
    where = torch.__name__ + ".utils.data"
    names = {"dataloader": "_BaseDataLoaderIter _SingleProcessDataLoaderIter _MultiProcessingDataLoaderIter "
             "_DatasetKind _InfiniteConstantSampler default_collate default_convert get_worker_info DataLoader",
             "_utils.collate": "default_collate default_convert default_collate_fn_map collate collate_tensor_fn "
             "np_str_obj_array_pattern default_collate_err_msg_format", "_utils": "ExceptionWrapper "
             "MP_STATUS_CHECK_INTERVAL IS_WINDOWS", "_utils.fetch": "_MapDatasetFetcher _IterableDatasetFetcher",
             "_utils.worker": "WorkerInfo get_worker_info _worker_info", "dataset": "Dataset IterableDataset Subset "
             "random_split", "sampler": "Sampler RandomSampler BatchSampler", "distributed": "DistributedSampler",
             "backward_compatibility": "worker_init_fn", "_utils.pin_memory": "pin_memory"}  # fmt: skip
    return [[m, n] for m, some in names.items() for n in some.split()
            if not hasattr(importlib.import_module(f"{where}.{m}"), n)]  # fmt: skip


def wrapped_exceptions(torch: Any) -> Any:
    wrapper = data_of(torch)._utils.ExceptionWrapper

    class TwoArguments(Exception):
        def __init__(self, a: Any, b: Any) -> None:
            super().__init__(a, b)

    class Message(Exception):
        message = "here"

        def __init__(self, message: str = "") -> None:
            super().__init__(message)

    found = []
    for error in (KeyError("k"), ValueError("v"), TwoArguments(1, 2), Message("m")):
        try:
            raise error
        except Exception:
            caught = wrapper(where="somewhere")
        found.append(seen(caught.reraise, lines=2))
    return found


# --- workers ---


def workers_give_the_same_order(torch: Any) -> Any:
    dataset = data_of(torch).TensorDataset(torch.arange(11), torch.rand(11, 2))
    loader = data_of(torch).DataLoader(dataset, 2, shuffle=True, num_workers=2)
    return list(loader), list(loader), torch.rand(1)


def randomness_in_workers(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(randomness(torch), 2, shuffle=True, num_workers=2)
    return list(loader), list(loader), torch.rand(1)


def randomness_in_workers_by_a_generator(torch: Any) -> Any:
    generator = torch.Generator().manual_seed(2**40)
    loader = data_of(torch).DataLoader(randomness(torch), 2, num_workers=1, generator=generator)
    return list(loader), list(loader), torch.rand(1)


def randomness_in_persistent_workers(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(randomness(torch), 2, shuffle=True, num_workers=2, persistent_workers=True)
    return list(loader), list(loader), iter(loader) is iter(loader)


def persistent_workers_after_a_break(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(Numbers(9), 2, num_workers=2, persistent_workers=True)
    return next(iter(loader)), list(loader), list(loader)


def single_samples_from_workers(torch: Any) -> Any:
    return list(data_of(torch).DataLoader(randomness(torch, 3), None, num_workers=2))


def iterables_in_workers(torch: Any) -> Any:
    Loader = data_of(torch).DataLoader
    options: list[dict[str, Any]] = [{"batch_size": 2}, {"batch_size": 2, "drop_last": True}, {"batch_size": None},
                                     {"batch_size": 4, "persistent_workers": True}]  # fmt: skip
    return [[list(loader), list(loader)] for loader in (Loader(counting(torch), num_workers=2, **o) for o in options)]


def iterables_in_workers_of_different_length(torch: Any) -> Any:
    class Uneven(data_of(torch).IterableDataset):
        def __iter__(self) -> Any:
            return iter(range(10) if data_of(torch).get_worker_info().id else range(100, 101))

    return [list(data_of(torch).DataLoader(Uneven(), 2, num_workers=n, prefetch_factor=p)) for n, p in ((2, 1), (2, 3))]


def iterables_that_workers_do_not_share_out(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(counting(torch, 2, 2, shared=False), None, num_workers=2)
    return len(loader), sorted(loader)


def worker_info(torch: Any) -> Any:
    class Asking(Numbers):
        def __getitem__(self, index: int) -> Any:
            info = data_of(torch).get_worker_info()
            return info.id, info.num_workers, info.dataset is self, info.seed == torch.initial_seed()

    loader = data_of(torch).DataLoader(Asking(4), None, num_workers=2)
    return list(loader), data_of(torch).get_worker_info()


def worker_info_is_read_only(torch: Any) -> Any:
    class Asking(Numbers):
        def __getitem__(self, index: int) -> Any:
            info = data_of(torch).get_worker_info()
            return repr(info).replace(repr(self), "dataset"), seen(lambda: setattr(info, "id", 3))

    return list(data_of(torch).DataLoader(Asking(1), None, num_workers=1))


def worker_init_function(torch: Any) -> Any:
    def init(worker: int) -> None:
        data_of(torch).get_worker_info().dataset.count = 100 + worker
        torch.manual_seed(worker)

    class Telling(Numbers):
        def __getitem__(self, index: int) -> Any:
            return self.count, torch.rand(1)

    return list(data_of(torch).DataLoader(Telling(4), None, num_workers=2, worker_init_fn=init))


def worker_init_function_that_fails(torch: Any) -> Any:
    def init(worker: int) -> None:
        raise ValueError("no")

    return seen(lambda: list(data_of(torch).DataLoader(Numbers(4), num_workers=2, worker_init_fn=init)), 2)


def failures_in_workers(torch: Any) -> Any:
    class Failing(Numbers):
        def __getitem__(self, index: int) -> Any:
            if index == 2:
                raise self.error
            return index

    found = []
    for error in (KeyError("k"), ValueError("two\nlines"), IndexError(3), StopIteration(), UnicodeDecodeError(
            "utf-8", b"a", 0, 1, "why"), OSError(2, "gone"), NotImplementedError(), AssertionError("a")):  # fmt: skip
        dataset = Failing(5)
        dataset.error = error
        iterator = iter(data_of(torch).DataLoader(dataset, num_workers=1))
        found.append([seen(lambda it=iterator: next(it), lines=2) for _ in range(6)])
    return [[[str(x)] if isinstance(x, BaseException) else x for x in some] for some in found]


def traceback_of_a_worker_shows_the_line(torch: Any) -> Any:
    class Failing(Numbers):
        def __getitem__(self, index: int) -> Any:
            raise LookupError("in this line")

    try:
        list(data_of(torch).DataLoader(Failing(1), num_workers=1))
    except LookupError as error:
        lines = str(error).rstrip().split("\n")
        return lines[:2], lines[-1], any("raise LookupError" in line for line in lines)


def worker_that_exits(torch: Any) -> Any:
    class Exiting(Numbers):
        def __getitem__(self, index: int) -> Any:
            os._exit(3)

    return without_pid(seen(lambda: list(data_of(torch).DataLoader(Exiting(2), num_workers=1)))[:2])


def worker_that_is_killed(torch: Any) -> Any:
    class Dying(Numbers):
        def __getitem__(self, index: int) -> Any:
            os.kill(os.getpid(), signal.SIGKILL)

    return without_pid(seen(lambda: list(data_of(torch).DataLoader(Dying(2), num_workers=1)))[:2])


def batches_in_any_order(torch: Any) -> Any:
    loader = data_of(torch).DataLoader(Numbers(9), 2, num_workers=2, in_order=False)
    return sorted(batch.tolist() for batch in loader)


def what_workers_are_called(torch: Any) -> Any:
    iterator = iter(data_of(torch).DataLoader(Numbers(2), num_workers=2))
    found = type(iterator).__name__, len(iterator._workers), all(w.daemon for w in iterator._workers), len(iterator)
    return found, list(iterator), [w.is_alive() for w in iterator._workers], next(iterator, "end")


def batches_can_be_written_into(torch: Any) -> Any:
    dataset = data_of(torch).TensorDataset(torch.zeros(4, 20000))
    found = []
    for (batch,) in data_of(torch).DataLoader(dataset, 2, num_workers=1):
        batch += 1
        found.append((batch.sum(), batch.is_contiguous(), batch.requires_grad))
    return found


def parameters_and_strides_from_workers(torch: Any) -> Any:
    class Kinds(Numbers):
        def __getitem__(self, index: int) -> Any:
            big = torch.arange(20000.0).view(100, 200)
            return (
                big.t(),
                big[3],
                torch.ones(2, requires_grad=True),
                torch.empty(0),
                torch.tensor(5),
                torch.ones(2).half(),
            )

    (found,) = data_of(torch).DataLoader(Kinds(1), None, num_workers=1)
    return [(x.shape, x.stride(), x.dtype, x.requires_grad, x.sum()) for x in found]


def deprecated_init_function(torch: Any) -> Any:
    importlib.import_module(torch.__name__ + ".utils.data.backward_compatibility").worker_init_fn(0)
