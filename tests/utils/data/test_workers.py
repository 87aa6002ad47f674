"""Loaders with worker processes: order, seeds, failures."""

from __future__ import annotations

import pickle
import random
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.utils.data import DataLoader, Dataset, IterableDataset, RandomSampler, TensorDataset, get_worker_info
from tapegrad.utils.data._utils.worker import _generate_state

# Since Python 3.12 a fork warns if NumPy's BLAS has threads.
pytestmark = pytest.mark.filterwarnings(r"ignore:This process \(pid=.* is multi-threaded:DeprecationWarning")


class Draws(Dataset[Any]):
    """Samples that are random numbers."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> Any:
        return torch.rand(1).item(), random.random(), np.random.rand()


class Shared(IterableDataset[int]):
    """Numbers that the workers share out among themselves."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Any:
        info = get_worker_info()
        assert info is not None
        return iter(range(info.id, self.count, info.num_workers))


def loader(dataset: Any, *args: Any, **kwargs: Any) -> DataLoader[Any]:
    return DataLoader(dataset, *args, **{"num_workers": 2, "multiprocessing_context": "fork"} | kwargs)


def test_batches_come_in_the_order_of_the_sampler() -> None:
    dataset = TensorDataset(torch.arange(50))
    generator = torch.Generator()
    orders = []
    for workers in (0, 1, 2):
        sampler = RandomSampler(dataset, generator=generator.manual_seed(1))
        batches = DataLoader(dataset, 4, sampler=sampler, num_workers=workers)
        orders.append([batch.tolist() for (batch,) in batches])
    assert orders[0] == orders[1] == orders[2]
    assert sorted(i for batch in orders[0] for i in batch) == list(range(50))


def test_workers_draw_other_numbers_than_each_other_and_the_same_for_a_seed() -> None:
    torch.manual_seed(7)
    first = list(loader(Draws(), None))
    torch.manual_seed(7)
    again = list(loader(Draws(), None))
    assert first == again
    assert len({sample for samples in first for sample in samples}) == 36


def test_numpys_seed_is_that_of_a_seed_sequence() -> None:
    # For base seed 2**40 + 5 and worker 3, as torch has it.
    assert _generate_state(2**40 + 5, 3).tolist() == [3453014069, 1603536151, 2410470037, 3509082754]


def test_persistent_workers_go_on_and_others_start_again() -> None:
    torch.manual_seed(0)
    persistent = loader(Draws(), None, persistent_workers=True)
    first, second = list(persistent), list(persistent)
    assert first != second
    pids = [worker.pid for worker in iter(persistent)._workers]
    assert [worker.pid for worker in iter(persistent)._workers] == pids
    persistent._iterator._shutdown_workers()


def test_a_pass_that_was_left_does_not_show_in_the_next() -> None:
    persistent = loader(range(40), 2, persistent_workers=True, prefetch_factor=4)
    for batch in persistent:
        assert batch.tolist() == [0, 1]
        break
    assert [batch[0].item() for batch in persistent] == list(range(0, 40, 2))
    persistent._iterator._shutdown_workers()


@pytest.mark.parametrize("prefetch", [1, 2, 5])
@pytest.mark.parametrize("persistent", [False, True])
def test_workers_share_an_iterable_dataset(prefetch: int, persistent: bool) -> None:
    shared = loader(Shared(11), 2, prefetch_factor=prefetch, persistent_workers=persistent)
    for _ in range(2):
        assert sorted(int(x) for batch in shared for x in batch) == list(range(11))
    if persistent:
        shared._iterator._shutdown_workers()


def test_batches_may_come_in_any_order_without_loss() -> None:
    found = [int(x) for batch in loader(range(30), 4, in_order=False) for x in batch]
    assert sorted(found) == list(range(30))


def test_an_exception_comes_by_its_type_with_the_workers_traceback() -> None:
    class Failing(Draws):
        def __getitem__(self, index: int) -> Any:
            return {}[f"sample {index}"]

    iterator = iter(loader(Failing()))
    with pytest.raises(KeyError) as caught:
        next(iterator)
    text = str(caught.value)
    assert text.startswith("Caught KeyError in DataLoader worker process 0.\nOriginal Traceback (most recent call")
    assert text.endswith("KeyError: 'sample 0'\n")
    assert 'return {}[f"sample {index}"]' in text


def test_the_samples_after_a_failure_still_come() -> None:
    class Failing(Draws):
        def __getitem__(self, index: int) -> int:
            if index == 1:
                raise ValueError("no")
            return index

    iterator = iter(loader(Failing(), None))
    assert next(iterator) == 0
    with pytest.raises(ValueError, match="in DataLoader worker process 1"):
        next(iterator)
    assert list(iterator) == list(range(2, 12))


def test_an_init_function_that_fails_is_an_exception_of_the_first_batch() -> None:
    def init(worker: int) -> None:
        raise OSError(f"worker {worker}")

    with pytest.raises(OSError, match="Caught OSError in DataLoader worker process 0"):
        next(iter(loader(Draws(), worker_init_fn=init)))


def test_the_main_process_is_no_worker() -> None:
    assert get_worker_info() is None
    assert list(loader(Shared(3), None))
    assert get_worker_info() is None


def test_a_sampler_that_fails_ends_the_pass_with_its_exception() -> None:
    def indices() -> Any:
        yield from range(6)
        raise LookupError("no more")

    iterator = iter(loader(range(9), sampler=indices()))
    with pytest.raises(LookupError, match="no more"):
        list(iterator)


def test_arguments_that_cannot_be_pickled_are_warned_of_and_raised() -> None:
    with (
        pytest.warns(UserWarning, match="^Got pickle error when attempting to start a worker Process"),
        pytest.raises((AttributeError, pickle.PicklingError), match="pickle"),
    ):
        iter(loader(range(3), collate_fn=lambda x: x, multiprocessing_context="spawn"))


def test_a_dead_worker_does_not_keep_the_others_batches() -> None:
    iterator = iter(loader(range(20), None, prefetch_factor=2))
    assert next(iterator) == 0
    iterator._workers[1].kill()
    iterator._workers[1].join()
    with pytest.raises(RuntimeError, match=r"^DataLoader worker \(pid\(s\) \d+\) exited unexpectedly"):
        list(iterator)
    iterator._shutdown_workers()
