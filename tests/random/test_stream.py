"""The twister and the stream: one sequence of words, however it is cut into draws."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tapegrad.random.stream import STATE_BYTES, Stream
from tapegrad.random.twister import MersenneTwister


def words_of_numpy(seed: int, count: int) -> np.ndarray:
    """The same words by NumPy's public, older interface."""
    return np.frombuffer(np.random.RandomState(seed).bytes(4 * count), "<u4")


@pytest.mark.parametrize("seed", [0, 1, 5489, 2**32 - 1])
def test_the_words_are_those_of_mt19937(seed: int) -> None:
    np.testing.assert_array_equal(MersenneTwister(seed).words(3000), words_of_numpy(seed, 3000))


def test_only_the_lower_32_bits_of_a_seed_count() -> None:
    np.testing.assert_array_equal(MersenneTwister(2**40 + 7).words(5), MersenneTwister(7).words(5))


@pytest.mark.parametrize("cuts", [[1] * 1300, [623, 1, 1, 624, 3], [624, 624], [625, 5000, 2], [0, 10, 0, 50_000, 700]])
def test_the_cuts_between_draws_do_not_matter(cuts: list[int]) -> None:
    twister = MersenneTwister(3)
    pieces = [twister.words(count).copy() for count in cuts]
    np.testing.assert_array_equal(np.concatenate(pieces), words_of_numpy(3, sum(cuts)))


@pytest.mark.parametrize("before", [0, 1, 300, 623, 624, 625, 1248, 5000])
def test_a_restored_twister_continues(before: int) -> None:
    twister = MersenneTwister(9)
    twister.words(before)
    other = MersenneTwister(1)
    other.restore(twister.key(), twister.index)
    np.testing.assert_array_equal(other.words(2000), twister.words(2000))


def test_uniforms_are_multiples_of_the_last_bit_below_one() -> None:
    narrow, wide = Stream(1).uniform32(1000), Stream(1).uniform64(1000)
    assert narrow.dtype == np.float32
    assert (narrow * 2**24 % 1 == 0).all()
    assert (wide * 2**53 % 1 == 0).all()
    for uniform in (narrow, wide):
        assert 0 <= uniform.min() < 0.01
        assert 0.99 < uniform.max() < 1


@pytest.mark.parametrize("before", [0, 1, 624, 625])
def test_a_state_brings_back_words_seed_and_spare_normals(before: int) -> None:
    stream = Stream(17)
    stream.words(before)
    stream.spare_normal, stream.spare_float_normal = 0.25, -1.5
    state = stream.state()
    assert state.dtype == np.uint8
    assert state.shape == (STATE_BYTES,)
    other = Stream(0)
    other.set_state(state)
    assert (other.initial_seed, other.spare_normal, other.spare_float_normal) == (17, 0.25, -1.5)
    np.testing.assert_array_equal(other.state(), state)
    np.testing.assert_array_equal(other.words(700), stream.words(700))


def test_seeding_drops_the_spare_normal() -> None:
    stream = Stream(1)
    stream.spare_normal = 1.0
    stream.seed(1)
    np.testing.assert_array_equal(stream.state(), Stream(1).state())


@pytest.mark.parametrize(("byte", "value"), [(8, 0), (9, 9), (12, 0), (16, 200)])
def test_a_state_with_impossible_counters_is_refused(byte: int, value: int) -> None:
    state = Stream(1).state()
    state[byte] = value
    with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
        Stream(1).set_state(state)


def test_a_state_of_another_size_is_refused() -> None:
    with pytest.raises(RuntimeError, match="size 5056 but found the input RNG state size to be 5048"):
        Stream(1).set_state(np.zeros(5048, np.uint8))


def test_a_copy_is_independent() -> None:
    stream = Stream(4)
    stream.words(10)
    copy = stream.copy()
    np.testing.assert_array_equal(copy.words(5), stream.words(5))
    copy.words(1)
    assert not np.array_equal(copy.state(), stream.state())


def test_threads_get_disjoint_parts_of_the_sequence() -> None:
    import tapegrad as torch

    g = torch.Generator().manual_seed(5)
    drawn: list[float] = []

    def draw() -> None:
        for _ in range(200):
            drawn.extend(torch.rand(7, dtype=torch.float64, generator=g).tolist())

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(drawn) == sorted(Stream(5).uniform64(4 * 200 * 7).tolist())
