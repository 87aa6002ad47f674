"""Properties of draws on raw arrays that hold for every seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tapegrad.random import boxmuller, continuous, discrete, rejection
from tapegrad.random.categorical import multinomial
from tapegrad.random.layout import empty_like, memory_order, write
from tapegrad.random.permutation import permutation, shuffled, shuffled_inside_out
from tapegrad.random.selection import largest
from tapegrad.random.stream import Stream

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
I64 = np.dtype(np.int64)
N = 40_000

# name -> (draw, mean, standard deviation)
MOMENTS: dict[str, tuple[Callable[[Stream], Any], float, float]] = {
    "uniform": (lambda s: continuous.uniform(s, (N,), F32, -1, 3), 1, 4 / math.sqrt(12)),
    "uniform float64": (lambda s: continuous.uniform(s, (N,), F64, -1, 3), 1, 4 / math.sqrt(12)),
    "normal": (lambda s: continuous.normal(s, (N,), F32, 3, 2), 3, 2),
    "normal float64": (lambda s: continuous.normal(s, (N,), F64, 3, 2), 3, 2),
    "normal of a tensor with gaps": (lambda s: continuous.normal(s, (N,), F32, 3, 2, contiguous=False), 3, 2),
    "log_normal": (
        lambda s: continuous.log_normal(s, (N,), F64, 0, 0.5),
        math.exp(0.125),
        math.sqrt((math.exp(0.25) - 1) * math.exp(0.25)),
    ),
    "exponential": (lambda s: continuous.exponential(s, (N,), F32, 2), 0.5, 0.5),
    "integers": (lambda s: discrete.integers(s, (N,), I64, -2, 9), 2, math.sqrt(80 / 12)),
    "bernoulli": (lambda s: discrete.bernoulli(s, (N,), F32, 0.3), 0.3, math.sqrt(0.21)),
    "geometric": (lambda s: discrete.geometric(s, (N,), F32, 0.25), 4, math.sqrt(12)),
    "poisson of a small rate": (lambda s: rejection.poisson(s, np.full(N, 3.0)), 3, math.sqrt(3)),
    "poisson of a large rate": (lambda s: rejection.poisson(s, np.full(N, 40.0)), 40, math.sqrt(40)),
    "binomial by gaps": (lambda s: rejection.binomial(s, np.full(N, 20.0), np.full(N, 0.8)), 16, math.sqrt(3.2)),
    "binomial by rejection": (lambda s: rejection.binomial(s, np.full(N, 90.0), np.full(N, 0.4)), 36, math.sqrt(21.6)),
}


@pytest.mark.parametrize("draw", MOMENTS)
def test_mean_and_deviation_are_those_of_the_distribution(draw: str) -> None:
    call, mean, deviation = MOMENTS[draw]
    values = call(Stream(123)).astype(float)
    # five standard errors; the seed is fixed, so this passes always or never
    assert abs(values.mean() - mean) < 5 * deviation / math.sqrt(N)
    assert abs(values.std() / deviation - 1) < 0.05


def test_quartiles_of_cauchy_are_one_sigma_from_the_median() -> None:
    values = continuous.cauchy(Stream(1), (N,), F64, 10, 2)
    np.testing.assert_allclose(np.quantile(values, [0.25, 0.5, 0.75]), [8, 10, 12], atol=0.1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_uniforms_never_reach_the_upper_bound(dtype: type) -> None:
    high = 1 + 4 * float(np.finfo(dtype).eps)
    values = continuous.uniform(Stream(2), (20_000,), np.dtype(dtype), 1.0, high)
    assert set(values.tolist()) == {1 + i * float(np.finfo(dtype).eps) for i in range(4)}


def test_single_normals_and_blocks_follow_box_and_muller() -> None:
    u = Stream(6).uniform64(16)
    radius = np.sqrt(-2 * np.log(1 - u[:8]))
    expected = np.concatenate([radius * np.cos(2 * np.pi * u[8:]), radius * np.sin(2 * np.pi * u[8:])])
    np.testing.assert_allclose(continuous.normal(Stream(6), (16,), F64), expected, rtol=1e-13)
    radius = np.sqrt(-2 * np.log1p(-u[1::2]))
    pairs = np.stack([radius * np.cos(2 * np.pi * u[::2]), radius * np.sin(2 * np.pi * u[::2])], axis=1)
    np.testing.assert_allclose(continuous.normal(Stream(6), (15,), F64), pairs.ravel()[:15], rtol=1e-13)


def test_the_float32_kernel_is_accurate() -> None:
    u = Stream(8).uniform32(16 * 5000).reshape(-1, 16)
    # as far as the sine's argument, 2π u₂, is itself rounded
    wide = u.astype(F64)
    boxmuller.blocks(u, 0.0, 1.0)
    boxmuller.blocks(wide, 0.0, 1.0)
    np.testing.assert_allclose(u, wide, atol=3e-6)


def test_extreme_uniforms_give_finite_normals() -> None:
    extremes = np.float32([0, 2.0**-24, 0.25, 0.5, 0.75, 1 - 2.0**-24, 0.125, 0.875])
    u = np.stack([np.concatenate([np.roll(extremes, i), extremes]) for i in range(8)])
    boxmuller.blocks(u, 0.0, 1.0)
    assert np.isfinite(u).all()
    assert np.abs(u).max() < 6
    assert not np.signbit(u[u == 0]).any()


def test_a_mean_shifts_and_a_deviation_of_zero_leaves_only_it() -> None:
    assert (continuous.normal(Stream(1), (40,), F32, 2.5, 0.0) == 2.5).all()
    assert (continuous.normal(Stream(1), (4,), F64, 2.5, 0.0) == 2.5).all()


@pytest.mark.parametrize("n", [0, 1, 2, 511, 512, 513, 5000])
def test_a_permutation_has_every_number_once(n: int) -> None:
    np.testing.assert_array_equal(np.sort(permutation(Stream(n), n, I64)), np.arange(n))


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100, 1000])
def test_the_shuffle_without_a_loop_is_that_with_one(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(20):
        targets = np.array([rng.integers(i, n) for i in range(n - 1)], np.int64)
        places = list(range(n))
        for i, j in enumerate(targets.tolist()):
            places[i], places[j] = places[j], places[i]
        assert shuffled(targets).tolist() == places


@pytest.mark.parametrize("n", [1, 2, 3, 10, 100, 1000])
def test_the_inside_out_shuffle_without_a_loop_is_that_with_one(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(20):
        sources = np.array([rng.integers(0, i + 1) for i in range(n)], np.int64)
        places: list[int] = []
        for i, j in enumerate(sources.tolist()):
            places.append(i)
            places[i] = places[j]
            places[j] = i
        assert shuffled_inside_out(sources).tolist() == places


def test_permutations_of_three_are_equally_likely() -> None:
    stream = Stream(3)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(6000):
        order = tuple(permutation(stream, 3, I64).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert all(abs(count - 1000) < 5 * math.sqrt(1000 * 5 / 6) for count in counts.values())


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("dtype", [F32, F64])
def test_categories_come_as_often_as_their_weights_say(dtype: np.dtype, replacement: bool) -> None:
    weights = np.array([1, 0, 2, 3, 4], dtype)
    first = multinomial(Stream(4), np.tile(weights, (N, 1)), 2, replacement)[:, 0]
    counts = np.bincount(first, minlength=5)
    assert counts[1] == 0
    np.testing.assert_allclose(counts / N, weights / 10, atol=0.015)


def test_without_replacement_every_category_with_weight_comes_before_those_without() -> None:
    drawn = multinomial(Stream(4), np.tile(np.float32([0, 1, 0, 2, 3]), (50, 1)), 5, False)
    assert (np.sort(drawn, axis=1) == np.arange(5)).all()
    assert (np.sort(drawn[:, :3], axis=1) == [1, 3, 4]).all()


@pytest.mark.parametrize("weights", [[-1.0, 2], [np.nan, 1], [np.inf, 1], [0.0, 0]])
@pytest.mark.parametrize("replacement", [False, True])
def test_weights_that_are_no_distribution_are_refused(weights: list[float], replacement: bool) -> None:
    with pytest.raises(RuntimeError, match="probability|distribution"):
        multinomial(Stream(1), np.float32(weights), 2, replacement)


def test_the_largest_are_found_in_order_and_nan_first() -> None:
    values = np.array([3.0, np.nan, 7.0, -1.0, 7.5])
    assert largest(values, 3).tolist() == [1, 4, 2]
    assert largest(values, 5).tolist() == [1, 4, 2, 0, 3]


@pytest.mark.parametrize(("n", "k"), [(5, 1), (5, 5), (100, 1), (100, 60), (1000, 3), (1000, 999)])
def test_the_largest_of_equal_values_are_the_largest(n: int, k: int) -> None:
    for seed in range(10):
        values = np.random.default_rng(seed).integers(0, 6, n).astype(np.float32)
        found = largest(values, k)
        assert len(set(found.tolist())) == k
        np.testing.assert_array_equal(values[found], np.sort(values)[::-1][:k])


def test_values_go_to_memory_in_its_order() -> None:
    for array in (np.zeros((2, 3)).T, np.zeros((2, 3, 4)).transpose(1, 2, 0), np.zeros((4, 6))[::2, ::3]):
        write(array, np.arange(array.size))
        ordered = array.transpose(memory_order(array))
        assert ordered.ravel().tolist() == list(range(array.size))
        assert list(ordered.strides) == sorted(ordered.strides, reverse=True)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 0, 2), (2, 1, 0)])
def test_an_empty_twin_keeps_the_order_of_dimensions(order: tuple[int, ...]) -> None:
    array = np.zeros((2, 3, 4), np.float32).transpose(order)
    twin = empty_like(array[::2], F64)
    assert twin.shape == array[::2].shape
    assert memory_order(twin) == memory_order(array)
    assert twin.flags.forc or twin.transpose(memory_order(twin)).flags.c_contiguous
