"""Sums and means of floating-point numbers: the same bits as torch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch as real

import tapegrad as ours


@pytest.fixture(autouse=True)
def one_thread() -> None:
    real.set_num_threads(1)


def numbers(dtype: str, *shape: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) * 10 ** rng.uniform(-2, 3, shape)).astype(dtype)


LENGTHS = [
    *range(140),
    255,
    256,
    257,
    511,
    512,
    543,
    544,
    1000,
    1023,
    1024,
    1999,
    2047,
    2048,
    2049,
    4096,
    5000,
    16384,
    32767,
    32768,
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", LENGTHS)
def test_vectors_sum_to_the_same_bits(n: int, dtype: str) -> None:
    for seed in range(3):
        x = numbers(dtype, n, seed=seed)
        for name in ("sum", "mean"):
            expected, got = getattr(real.from_numpy(x), name)(), getattr(ours.from_numpy(x), name)()
            assert got.numpy().tobytes() == expected.numpy().tobytes() or np.isnan(expected.item())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sum_of_negative_zeros_is_zero_without_a_sign(dtype: str) -> None:
    for n in LENGTHS:
        x = np.full(n, -0.0, dtype)
        assert ours.from_numpy(x).sum().numpy().tobytes() == real.from_numpy(x).sum().numpy().tobytes(), n


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("dim", [0, 1])
def test_matrices_sum_to_the_same_bits(dim: int, dtype: str) -> None:
    rng = np.random.default_rng(0)
    for seed in range(300):
        x = numbers(dtype, *rng.integers(1, 120, 2), seed=seed)
        expected, got = real.from_numpy(x).sum(dim), ours.from_numpy(x).sum(dim)
        assert np.array_equal(got.numpy(), expected.numpy()), x.shape


@pytest.mark.parametrize("dims", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)])
def test_sums_over_dimensions_of_a_cube(dims: tuple[int, ...]) -> None:
    for seed in range(20):
        x = numbers("float32", 7, 9, 33, seed=seed)
        expected, got = real.from_numpy(x).sum(dims), ours.from_numpy(x).sum(dims)
        np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=1e-4, atol=1e-3)
        if dims not in {(1,), (0, 2)}:  # reductions between two kept dimensions run in NumPy's order
            assert np.array_equal(got.numpy(), expected.numpy()), dims
