"""torch.utils.data: datasets, samplers, collating."""

from __future__ import annotations

import collections
import importlib
import random
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
