"""torch.utils.data: datasets, samplers, collating, loaders and their workers."""

from __future__ import annotations

import collections
import importlib
import os
import random
import signal
from collections.abc import Callable
from typing import Any

import numpy as np

from .attempts import attempts


def data_of(lib: Any) -> Any:
    return importlib.import_module(lib.__name__ + ".utils.data")


def seen(call: Callable[[], Any], lines: int = 1) -> Any:
    """What a call returns, or the types of its error and the error's causes, and first lines of the messages."""
    try:
        return call()
    except Exception as error:
        found = []
        while error is not None:
            found.append([type(error).__name__, str(error).split("\n")[:lines]])
            error = error.__cause__
        return found


def without_pid(x: Any) -> Any:
    """Numbers of processes taken out of texts."""
    if isinstance(x, list):
        return [without_pid(item) for item in x]
    return " ".join("N" if word.strip("(),").isdigit() else word for word in x.split(" ")) if isinstance(x, str) else x


class Numbers:
    """0, 1, 2, …: a dataset, though no class of either library."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        return index


def randomness(torch: Any, count: int = 7) -> Any:
    """A dataset, the samples of which say which random numbers came next."""

    class Random(data_of(torch).Dataset):
        def __len__(self) -> int:
            return count

        def __getitem__(self, index: int) -> Any:
            return index, torch.rand(2), random.random(), np.random.rand()

    return Random()


def counting(torch: Any, count: int = 9, length: int | None = None, shared: bool = True) -> Any:
    """An IterableDataset of numbers, which workers share out among themselves or not."""

    class Counting(data_of(torch).IterableDataset):
        def __repr__(self) -> str:
            return "Counting()"

        def __iter__(self) -> Any:
            info = data_of(torch).get_worker_info() if shared else None
            return iter(range(count)) if info is None else iter(range(info.id, count, info.num_workers))

    if length is not None:
        Counting.__len__ = lambda self: length
    return Counting()


# --- datasets ---


def abstract_dataset(torch: Any) -> Any:
    dataset = data_of(torch).Dataset()
    return attempts(lambda: dataset[0], lambda: len(dataset), lambda: iter(data_of(torch).IterableDataset()))


def tensor_dataset(torch: Any) -> Any:
    dataset = data_of(torch).TensorDataset(torch.arange(6).view(3, 2), torch.rand(3))
    return len(dataset), dataset[1], dataset[-1], dataset[[0, 2]], dataset[:2]


def tensor_dataset_of_different_sizes(torch: Any) -> Any:
    data_of(torch).TensorDataset(torch.ones(3), torch.ones(2))


def stacked_datasets(torch: Any) -> Any:
    Stack = data_of(torch).StackDataset
    both, named = Stack(Numbers(3), "abc"), Stack(n=Numbers(3), s="abc")
    return len(both), both[1], named[2], both.__getitems__([0, 2]), named.__getitems__([1, 0])


def stacked_datasets_refused(torch: Any) -> Any:
    Stack = data_of(torch).StackDataset
    return attempts(Stack, lambda: Stack(Numbers(2), "abc"), lambda: Stack(a=Numbers(2), b="abc"),
                    lambda: Stack("a", b="b"))  # fmt: skip


def stacked_datasets_that_answer_for_batches(torch: Any) -> Any:
    class Wrong(Numbers):
        def __getitems__(self, indices: Any) -> Any:
            return [0]

    return data_of(torch).StackDataset(Wrong(3), "abc").__getitems__([0, 1])


def joined_datasets(torch: Any) -> Any:
    joined = data_of(torch).ConcatDataset(["ab", [10, 20, 30], "c"])
    return len(joined), [joined[i] for i in range(-6, 6)], joined.cumulative_sizes


def joined_datasets_by_addition(torch: Any) -> Any:
    dataset = data_of(torch).TensorDataset(torch.arange(2))
    both = dataset + dataset
    return type(both).__name__, len(both), both[3], type(counting(torch) + counting(torch)).__name__


def joined_datasets_refused(torch: Any) -> Any:
    Concat = data_of(torch).ConcatDataset
    return attempts(lambda: Concat([]), lambda: Concat([counting(torch)]), lambda: Concat(["ab"])[-3])


def old_spelling(torch: Any) -> Any:
    return data_of(torch).ConcatDataset(["ab"]).cummulative_sizes


def chained_datasets(torch: Any) -> Any:
    Chain = data_of(torch).ChainDataset
    chain = Chain([counting(torch, 2, 2), counting(torch, 3, 3)])
    return list(chain), len(chain), attempts(lambda: list(Chain([counting(torch, 1), Numbers(2)])))


def subset(torch: Any) -> Any:
    part = data_of(torch).Subset(data_of(torch).TensorDataset(torch.arange(5)), [4, 2, 0])
    return len(part), part[1], part[[0, 2]], part.__getitems__([2, 1])


def subset_with_a_method_missing(torch: Any) -> Any:
    class Shifted(data_of(torch).Subset):
        def __getitem__(self, index: int) -> Any:
            return super().__getitem__(index) + 1

    Shifted(Numbers(3), [0])


def splits(torch: Any) -> Any:
    split = data_of(torch).random_split
    parts = [split(Numbers(10), lengths) for lengths in ([3, 7], [0.5, 0.5], [0.33, 0.33, 0.34], [10], [0, 10])]
    return [[list(part.indices) for part in some] for some in parts]


def splits_by_a_generator(torch: Any) -> Any:
    parts = data_of(torch).random_split(Numbers(30), [0.3, 0.3, 0.4], torch.Generator().manual_seed(42))
    return [list(part) for part in parts], torch.rand(1)


def splits_refused(torch: Any) -> Any:
    split = data_of(torch).random_split
    return attempts(lambda: split(Numbers(5), [2, 2]), lambda: split(Numbers(5), [1.5, -0.5]),
                    lambda: split(Numbers(5), [0.5, 0.6]))  # fmt: skip


def empty_split(torch: Any) -> Any:
    return [len(part) for part in data_of(torch).random_split(Numbers(2), [0.4, 0.4, 0.2])]


# --- samplers ---


def sequential_sampler(torch: Any) -> Any:
    sampler = data_of(torch).SequentialSampler("abc")
    return list(sampler), len(sampler), attempts(lambda: list(data_of(torch).Sampler()))


def random_sampler(torch: Any) -> Any:
    Random = data_of(torch).RandomSampler
    samplers = [Random(Numbers(5)), Random(Numbers(5), num_samples=12), Random(Numbers(5), num_samples=3),
                Random(Numbers(5), num_samples=10)]  # fmt: skip
    return [(list(s), list(s), len(s)) for s in samplers], torch.rand(1)


def random_sampler_with_replacement(torch: Any) -> Any:
    Random = data_of(torch).RandomSampler
    samplers = [Random(Numbers(5), True), Random(Numbers(5), True, 70), Random(Numbers(9), True, 64)]
    return [list(s) for s in samplers], torch.rand(1)


def random_sampler_with_a_generator(torch: Any) -> Any:
    generator = torch.Generator().manual_seed(7)
    sampler = data_of(torch).RandomSampler(Numbers(6), generator=generator)
    return list(sampler), list(sampler), torch.rand(1, generator=generator)


def random_sampler_refused(torch: Any) -> Any:
    Random = data_of(torch).RandomSampler
    return attempts(lambda: Random([]), lambda: Random("ab", replacement=1), lambda: Random("ab", num_samples=0),
                    lambda: Random("ab", num_samples=1.0))  # fmt: skip


def subset_random_sampler(torch: Any) -> Any:
    sampler = data_of(torch).SubsetRandomSampler([3, 1, 4, 1, 5])
    return list(sampler), len(sampler), torch.rand(1)


def weighted_sampler(torch: Any) -> Any:
    Weighted = data_of(torch).WeightedRandomSampler
    return list(Weighted([0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 5)), list(Weighted(torch.tensor([0.9, 0.4, 2]), 3, False)), (
        list(Weighted([1, 2, 3], 4, generator=torch.Generator().manual_seed(3))))  # fmt: skip


def weighted_sampler_refused(torch: Any) -> Any:
    Weighted = data_of(torch).WeightedRandomSampler
    return attempts(lambda: Weighted([1.0], 0), lambda: Weighted([1.0], True), lambda: Weighted([1.0], 1, 1),
                    lambda: Weighted([[1.0]], 1))  # fmt: skip


def batch_sampler(torch: Any) -> Any:
    Batch = data_of(torch).BatchSampler
    samplers = [Batch(range(7), 3, False), Batch(range(7), 3, True), Batch(range(6), 3, True), Batch("ab", 4, True)]
    return [(list(s), len(s)) for s in samplers]


def batch_sampler_refused(torch: Any) -> Any:
    Batch = data_of(torch).BatchSampler
    return attempts(lambda: Batch("ab", 0, True), lambda: Batch("ab", True, True), lambda: Batch("ab", 1, 0),
                    lambda: Batch("ab", 1.0, True), lambda: len(Batch(iter("ab"), 1, True)))  # fmt: skip


def distributed_sampler(torch: Any) -> Any:
    Distributed = data_of(torch).DistributedSampler
    found = []
    for size, replicas, drop_last, shuffle in [(7, 3, False, True), (7, 3, True, True), (2, 5, False, False),
                                               (6, 3, True, False), (2, 5, True, False)]:  # fmt: skip
        for rank in range(replicas):
            sampler = Distributed(Numbers(size), replicas, rank, shuffle, 5, drop_last)
            first = list(sampler)
            sampler.set_epoch(2)
            found.append((first, list(sampler), len(sampler)))
    return found


def distributed_sampler_of_no_such_rank(torch: Any) -> Any:
    data_of(torch).DistributedSampler(Numbers(3), 2, 2)


# --- collating ---

Point = collections.namedtuple("Point", "x y")


def collated_numbers(torch: Any) -> Any:
    collate = data_of(torch).default_collate
    return [collate(x) for x in ([1, 2], [1.5, 2.5], [True, False], [1, 2.5], (3, 4), [2**40, 1])]


def collated_numpy(torch: Any) -> Any:
    collate = data_of(torch).default_collate
    return [collate(x) for x in (
        [np.float32(1), np.float32(2)], [np.int8(1), np.int8(2)], [np.ones(2), np.zeros(2)], [np.bool_(True)] * 2,
        [np.arange(3, dtype=np.uint8)] * 2)]  # fmt: skip


def collated_tensors(torch: Any) -> Any:
    collate = data_of(torch).default_collate
    return collate([torch.ones(2), torch.zeros(2)]), collate([torch.tensor(1), torch.tensor(2)]), collate(
        [torch.ones(1, requires_grad=True), torch.zeros(1)])  # fmt: skip


def collated_tensors_of_different_shapes(torch: Any) -> Any:
    data_of(torch).default_collate([torch.ones(2), torch.ones(3)])


def collated_texts(torch: Any) -> Any:
    collate = data_of(torch).default_collate
    return collate(["a", "bc"]), [str(x) for x in collate([b"a", b"bc"])], collate(("a", "b"))


def collated_containers(torch: Any) -> Any:
    collate = data_of(torch).default_collate
    named = collate([Point(1, 2.0), Point(3, 4.0)])
    ordered = collate([collections.OrderedDict(b=1, a=2)] * 2)
    return (type(named).__name__, list(named), type(ordered).__name__, list(ordered), collate([(1, "a"), (2, "b")]),
            collate([[1, {"k": 2.0}], [3, {"k": 4.0}]]), collate([{"a": 1}, {"a": 2, "b": 3}]))  # fmt: skip


def collated_mappings_of_other_types(torch: Any) -> Any:
    collate = data_of(torch).default_collate
    default = collate([collections.defaultdict(list, a=1)] * 2)
    return type(default).__name__, dict(default), default.default_factory is list, collate([range(2), range(2)])


def collating_refused(torch: Any) -> Any:
    collate = data_of(torch).default_collate
    return attempts(lambda: collate([object()]), lambda: collate([None, None]), lambda: collate([[1], [1, 2]]),
                    lambda: collate([np.array(["a"])]), lambda: collate([{1, 2}]), lambda: collate([{"a": 1}, {}]),
                    lambda: collate([]), lambda: collate([{"a": object()}]))  # fmt: skip


def collating_with_a_map_of_ones_own(torch: Any) -> Any:
    collate = importlib.import_module(torch.__name__ + ".utils.data._utils.collate").collate
    functions = {int: lambda batch, *, collate_fn_map: sum(batch), (str, bytes): lambda batch, *, collate_fn_map: "t"}
    return collate([(1, "a", True), (2, "b", True)], collate_fn_map=functions), attempts(
        lambda: collate([1.5], collate_fn_map=functions))  # fmt: skip


def converted(torch: Any) -> Any:
    convert = data_of(torch).default_convert
    point = convert(Point(np.array(0), [np.ones(1)]))
    return ([convert(x) for x in (0, "a", 1.5, np.float32(2), np.array([1, 2]), [np.ones(1)], (np.ones(1), 2),
                                  {"a": np.zeros(1)}, None, range(2))],
            type(point).__name__, list(point), str(convert(np.array(["a"])).dtype))  # fmt: skip


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


def worker_that_takes_too_long(torch: Any) -> Any:
    class Slow(Numbers):
        def __getitem__(self, index: int) -> Any:
            signal.pause()

    iterator = iter(data_of(torch).DataLoader(Slow(2), num_workers=1, timeout=0.3))
    try:
        return seen(lambda: next(iterator))
    finally:
        for worker in iterator._workers:
            worker.kill()


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
