"""Datasets, what combines and divides them, and samplers."""

from __future__ import annotations

import pytest

import tapegrad as torch
from tapegrad.utils.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    random_split,
)


class Count(IterableDataset[int]):
    def __iter__(self):
        return iter(range(3))


def test_a_dataset_without_methods_says_what_to_implement() -> None:
    with pytest.raises(NotImplementedError, match="^Subclasses of Dataset should implement __getitem__."):
        Dataset()[0]


def test_rows_of_tensors_come_as_tuples() -> None:
    dataset = TensorDataset(torch.arange(6).view(3, 2), torch.arange(3))
    rows, number = dataset[2]
    assert (rows.tolist(), number.item(), len(dataset)) == ([4, 5], 2, 3)


def test_tensors_of_different_sizes_are_refused_and_their_sizes_named() -> None:
    with pytest.raises(AssertionError, match=r"^Size mismatch between tensors: .* \[2, 3\]"):
        TensorDataset(torch.ones(2), torch.ones(3))


def test_stacked_datasets_ask_for_whole_batches_where_they_can() -> None:
    class Together:
        def __len__(self) -> int:
            return 3

        def __getitems__(self, indices: list[int]) -> list[str]:
            return [f"{i} of {len(indices)}" for i in indices]

    stacked = StackDataset(a=Together(), b="xyz")
    assert stacked.__getitems__([0, 2]) == [{"a": "0 of 2", "b": "x"}, {"a": "2 of 2", "b": "z"}]


def test_a_sum_of_datasets_is_one_after_the_other() -> None:
    first, second = TensorDataset(torch.zeros(2)), TensorDataset(torch.ones(1))
    joined = first + second
    assert isinstance(joined, ConcatDataset)
    assert [joined[i][0].item() for i in (0, 1, 2, -1)] == [0, 0, 1, 1]
    assert isinstance(Count() + Count(), ChainDataset)
    assert list(Count() + Count()) == [0, 1, 2] * 2


def test_fractions_are_rounded_down_and_the_rest_handed_out() -> None:
    assert [len(part) for part in random_split(range(11), [0.5, 0.3, 0.2])] == [6, 3, 2]


def test_splits_hold_every_sample_once() -> None:
    parts = random_split(range(20), [5, 15])
    assert sorted(x for part in parts for x in part) == list(range(20))


def test_a_subset_of_a_subset_asks_for_whole_batches() -> None:
    class Together(TensorDataset):
        asked = 0

        def __getitems__(self, indices: list[int]) -> list[int]:
            Together.asked += 1
            return indices

    inner = Subset(Together(torch.arange(9)), [8, 7, 6])
    assert Subset(inner, [2, 0]).__getitems__([0, 1]) == [6, 8]
    assert Together.asked == 1


def test_random_samplers_give_each_index_once() -> None:
    assert sorted(RandomSampler(range(50))) == list(range(50))
    assert sorted(SubsetRandomSampler([4, 4, 2])) == [2, 4, 4]


def test_more_samples_than_there_are_come_in_rounds() -> None:
    drawn = list(RandomSampler(range(4), num_samples=10))
    assert [sorted(drawn[:4]), sorted(drawn[4:8])] == [[0, 1, 2, 3]] * 2
    assert len(set(drawn[8:])) == 2


def test_a_sampler_goes_on_with_its_own_generator() -> None:
    generator = torch.Generator().manual_seed(0)
    sampler = RandomSampler(range(100), generator=generator)
    first = list(sampler)
    assert list(sampler) != first
    generator.manual_seed(0)
    assert list(sampler) == first


def test_a_weight_of_zero_is_never_drawn() -> None:
    assert set(WeightedRandomSampler([0.0, 1.0, 1.0], 100)) == {1, 2}
    assert sorted(WeightedRandomSampler([1.0, 1.0, 1.0], 3, replacement=False)) == [0, 1, 2]


def test_a_last_small_batch_is_kept_or_dropped() -> None:
    assert list(BatchSampler("abcde", 2, False)) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(BatchSampler("abcde", 2, True)) == [["a", "b"], ["c", "d"]]
    assert [len(BatchSampler("abcde", 2, drop)) for drop in (False, True)] == [3, 2]


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_replicas_share_a_dataset_evenly(drop_last: bool, shuffle: bool) -> None:
    shares = [list(DistributedSampler(range(10), 4, rank, shuffle, drop_last=drop_last)) for rank in range(4)]
    assert [len(share) for share in shares] == [2 if drop_last else 3] * 4
    everything = [index for share in shares for index in share]
    assert len(set(everything)) == (8 if drop_last else 10)


def test_an_epoch_changes_the_order_of_replicas() -> None:
    sampler = DistributedSampler(range(30), 2, 0)
    first = list(sampler)
    sampler.set_epoch(1)
    assert list(sampler) != first


def test_the_number_of_replicas_has_no_default_without_a_group() -> None:
    with pytest.raises(RuntimeError, match="^Requires distributed package to be available"):
        DistributedSampler(range(3))
