"""Collating, and loaders in the same process."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import OrderedDict, UserDict, namedtuple
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.utils.data import DataLoader, IterableDataset, TensorDataset, default_collate, default_convert

Pair = namedtuple("Pair", "a b")


def test_containers_keep_their_types() -> None:
    made = default_collate([Pair(OrderedDict(x=1), [1.0]), Pair(OrderedDict(x=2), [3.0])])
    assert type(made) is Pair
    assert type(made.a) is OrderedDict
    assert made.a["x"].tolist() == [1, 2]
    assert made.b[0].tolist() == [1.0, 3.0]
    assert made.b[0].dtype == torch.float64


def test_mappings_that_cannot_be_copied_become_dictionaries() -> None:
    made = default_collate([MappingProxyType({"x": 1})] * 2)
    assert type(made) is MappingProxyType
    assert made["x"].tolist() == [1, 1]
    named = default_collate([UserDict(x=1)] * 2)
    assert type(named) is UserDict


def test_arrays_of_texts_are_no_tensors() -> None:
    texts = np.array(["a", "b"])
    assert default_convert(texts) is texts
    with pytest.raises(TypeError, match="^default_collate: batch must contain tensors, .* found <U1"):
        default_collate([texts])


def test_lists_of_different_lengths_are_refused_and_the_lengths_named() -> None:
    with pytest.raises(RuntimeError, match=r"^each element in list of batch should be of equal size: .* \[1, 2\]"):
        default_collate([[1], [1, 2]])


def test_a_collated_batch_is_part_of_the_graph() -> None:
    x = torch.ones(2, requires_grad=True)
    default_collate([x, x * 2]).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_the_same_seed_gives_the_same_order() -> None:
    loader = DataLoader(range(20), 3, shuffle=True)
    torch.manual_seed(5)
    first = [batch.tolist() for batch in loader]
    again = [batch.tolist() for batch in loader]
    torch.manual_seed(5)
    assert [batch.tolist() for batch in loader] == first != again


def test_a_loader_has_the_length_of_its_sampler() -> None:
    dataset = TensorDataset(torch.arange(10))
    loaders = DataLoader(dataset, 4), DataLoader(dataset, 4, drop_last=True), DataLoader(dataset, None)
    assert [len(loader) for loader in loaders] == [3, 2, 10]


def test_two_passes_at_a_time_do_not_disturb_each_other() -> None:
    loader = DataLoader(range(3))
    assert [(int(a), int(b)) for a in loader for b in loader] == [(a, b) for a in range(3) for b in range(3)]


def test_an_iterable_dataset_that_gives_more_than_its_length_is_warned_of() -> None:
    class Long(IterableDataset[int]):
        def __len__(self) -> int:
            return 1

        def __iter__(self) -> Any:
            return iter(range(2))

    loader = DataLoader(Long(), batch_size=None)
    assert len(loader) == 1
    with pytest.warns(UserWarning, match="^Length of IterableDataset .* was reported to be 1"):
        assert list(loader) == [0, 1]


def test_what_depends_on_other_options_cannot_be_set() -> None:
    loader = DataLoader(range(3))
    with pytest.raises(ValueError, match="^batch_size attribute should not be set after DataLoader is initialized"):
        loader.batch_size = 3


def test_pinning_memory_warns_and_goes_on() -> None:
    with pytest.warns(UserWarning, match="^'pin_memory' argument is set as true but no accelerator is found"):
        assert [int(batch) for batch in DataLoader(range(2), pin_memory=True)] == [0, 1]


def test_a_loader_can_be_pickled_and_its_iterator_not() -> None:
    loader = pickle.loads(pickle.dumps(DataLoader(range(3), 2)))
    assert [batch.tolist() for batch in loader] == [[0, 1], [2]]
    with pytest.raises(NotImplementedError):
        pickle.dumps(iter(loader))


def test_a_profile_shows_the_fetching_of_batches() -> None:
    with torch.autograd.profiler.profile() as found:
        list(DataLoader(range(2)))
    names = [event.name for event in found.function_events]
    assert names.count("enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__") == 3


def test_multiprocessing_is_loaded_when_there_are_workers() -> None:
    code = "import sys, tapegrad.utils.data as d; list(d.DataLoader([1])); sys.exit('multiprocessing' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
