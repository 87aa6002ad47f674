"""Sums of large arrays: to the bit as NumPy adds them, by a kernel and without, in any number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.kernels import sums, using
from tapegrad.ops import large_sums

Array = np.ndarray[Any, Any]


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """So many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def uneven(count: int, kind: Any = np.float32) -> Array:
    """Numbers of several magnitudes, whose sum depends on the order of additions."""
    random = np.random.default_rng(count)
    return (random.standard_normal(count) * 10.0 ** random.integers(-3, 4, count)).astype(kind)


@pytest.mark.parametrize("count", [8, 9, 127, 128, 129, 136, 255, 256, 257, 300, 511, 512, 513, 1000, 4097])
@pytest.mark.parametrize("begin", [0, 3])
def test_the_kernel_adds_as_numpy_does(count: int, begin: int) -> None:
    x = uneven(begin + count)
    found = np.empty(128, np.float32)
    sums.pairwise(x, begin, count, np.empty(256, np.int64), found)
    assert found[0] == np.add.reduce(x[begin:])


@pytest.mark.parametrize("count", [large_sums.PART, large_sums.PART + 1, 2 * large_sums.PART + 12_345])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_halves_are_those_of_numpy(count: int, kind: Any, threads: int) -> None:
    x = uneven(count, kind)
    with using("off"):
        found = large_sums.total(x)
    assert found == np.add.reduce(x, None) and found.dtype == kind


@pytest.mark.parametrize("count", [33_000, 100_001, 3 * large_sums.PART + 12_345])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_compiled_kernel_adds_as_numpy_does(count: int, kind: Any, threads: int) -> None:
    pytest.importorskip("numba")
    x = uneven(count, kind)
    with using("always"):
        found = large_sums.total(x)
    assert found == np.add.reduce(x, None) and found.dtype == kind


def test_of_several_dimensions_the_elements_are_one_row() -> None:
    x = uneven(150 * 300 * 100).reshape(150, 300, 100)
    for array in (x, x[:, ::2], x.transpose(2, 0, 1)):
        assert large_sums.total(array) == np.add.reduce(array, None)


def test_what_is_no_number_stays() -> None:
    x = uneven(100_000)
    x[77_777] = np.nan
    assert np.isnan(large_sums.total(x))
    x[77_777] = np.inf
    assert large_sums.total(x) == np.inf
    x[11] = -np.inf
    assert np.isnan(large_sums.total(x))


def test_sums_and_means_of_tensors_are_these() -> None:
    x = uneven(200_000)
    assert torch.tensor(x).sum().item() == np.add.reduce(x, None)
    assert torch.tensor(x).mean().item() == np.add.reduce(x, None) / np.float32(x.size)
