"""Sums of short vectors: their plans, and the memory that these share."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.ops import vector_sums
from tapegrad.ops.summation import _row_total
from tapegrad.ops.vector_sums import LONGEST, vector_sum

LANES = {"f4": 8, "f8": 4}


def some(n: int, kind: str) -> np.ndarray:
    rng = np.random.default_rng(n)
    return (rng.standard_normal(n) * 10 ** rng.uniform(-2, 3, n)).astype(kind)


@pytest.mark.parametrize("kind", LANES)
def test_sums_by_a_plan_are_those_of_the_steps_it_stands_for(kind: str) -> None:
    for n in [*range(1, 200), 255, 256, 257, 511, 512, 513, 1000, 2047, LONGEST]:
        x = some(n, kind)
        wanted = _row_total(x, n, LANES[kind])
        assert vector_sum(x, n, LANES[kind]) == wanted, n
        assert vector_sum(x, n, LANES[kind]) == wanted, n  # the memory is clean again


def test_a_sum_is_of_the_dtype_of_the_vector() -> None:
    for kind, lanes in LANES.items():
        for n in (1, 5, 40, 600):
            assert vector_sum(np.ones(n, kind), n, lanes).dtype == kind


def test_infinities_and_nan_do_not_stay_in_the_memory() -> None:
    x = np.ones(100, "f4")
    for bad in (np.inf, -np.inf, np.nan):
        y = x.copy()
        y[50] = bad
        np.testing.assert_equal(vector_sum(y, 100, 8), np.float32(bad))
        assert vector_sum(x, 100, 8) == 100


def test_no_more_plans_are_kept_than_said() -> None:
    for n in range(16, 16 + 2 * vector_sums._KEPT):
        vector_sum(np.ones(n, "f4"), n, 8)
    assert len(vector_sums._plans) <= vector_sums._KEPT


def test_threads_add_up_in_memory_of_their_own() -> None:
    vectors = [some(1000, "f4") * k for k in range(1, 5)]
    wanted = [vector_sum(x, 1000, 8) for x in vectors]
    wrong: list[int] = []

    def add(k: int) -> None:
        for _ in range(300):
            if vector_sum(vectors[k], 1000, 8) != wanted[k]:
                wrong.append(k)

    threads = [threading.Thread(target=add, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_sum_does_not_change_with_later_ones() -> None:
    first = torch.arange(1000.0).sum()
    torch.ones(1000).sum()
    assert first.item() == 499500
