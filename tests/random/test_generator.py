"""Generators, the default generator and what manages them."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import tapegrad as torch


def test_the_same_seed_gives_the_same_numbers() -> None:
    g = torch.Generator()
    assert g.manual_seed(1) is g
    first = torch.rand(5, generator=g).tolist()
    assert torch.rand(5, generator=g).tolist() != first
    assert torch.rand(5, generator=g.manual_seed(1)).tolist() == first


def test_a_generator_does_not_touch_the_default_one() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    torch.rand(5, generator=torch.Generator())
    torch.randn(5, generator=torch.Generator())
    assert before.tolist() == torch.get_rng_state().tolist()


def test_manual_seed_seeds_and_returns_the_default_generator() -> None:
    assert torch.manual_seed(12) is torch.default_generator
    assert torch.initial_seed() == torch.default_generator.initial_seed() == 12
    assert torch.random.manual_seed is torch.manual_seed


def test_seeds_of_the_system_differ() -> None:
    g = torch.Generator()
    seeds = {g.seed() for _ in range(4)}
    assert len(seeds) == 4
    assert g.initial_seed() in seeds
    assert torch.seed() == torch.initial_seed()


@pytest.mark.parametrize(("seed", "initial"), [(-1, 2**64 - 1), (-(2**63), 2**63), (2**64 - 1, 2**64 - 1)])
def test_negative_seeds_count_from_the_top(seed: int, initial: int) -> None:
    assert torch.Generator().manual_seed(seed).initial_seed() == initial


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_a_seed_of_more_than_64_bits_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="Overflow when unpacking long long"):
        torch.manual_seed(seed)


def test_a_state_can_be_put_back() -> None:
    torch.manual_seed(3)
    torch.randn(3)
    state = torch.get_rng_state()
    assert state.dtype is torch.uint8
    assert state.shape == (5056,)
    numbers = torch.randn(20).tolist()
    torch.set_rng_state(state)
    assert torch.randn(20).tolist() == numbers


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))])
def test_copies_continue_where_the_original_was(duplicate) -> None:
    g = torch.Generator().manual_seed(4)
    torch.randn(3, generator=g)
    twin = duplicate(g)
    assert torch.randn(7, generator=g).tolist() == torch.randn(7, generator=twin).tolist()
    assert twin.initial_seed() == 4


def test_fork_rng_leaves_no_trace_of_what_was_drawn() -> None:
    torch.manual_seed(5)
    with torch.random.fork_rng():
        torch.manual_seed(77)
        torch.rand(3)
    inside = torch.rand(2).tolist()
    torch.manual_seed(5)
    assert torch.rand(2).tolist() == inside
    assert torch.initial_seed() == 5


def test_fork_rng_decorates() -> None:
    @torch.random.fork_rng()
    def draw() -> list[float]:
        return torch.rand(2).tolist()

    torch.manual_seed(6)
    assert draw() == draw() == torch.rand(2).tolist()


def test_fork_rng_refuses_devices_that_are_not_there() -> None:
    with pytest.raises(AssertionError, match="not compiled with CUDA"), torch.random.fork_rng(devices=[0]):
        pass


def test_only_the_cpu_has_a_generator() -> None:
    assert torch.Generator("cpu").device == torch.Generator(torch.device("cpu")).device == torch.device("cpu")
    with pytest.raises(RuntimeError, match="Cannot get CUDA generator"):
        torch.Generator("cuda")


@pytest.mark.parametrize("bad", [[1], None, np.zeros(5056, np.uint8), b""])
def test_a_state_must_be_a_tensor(bad: object) -> None:
    with pytest.raises(TypeError, match="expected a torch.ByteTensor, but got"):
        torch.set_rng_state(bad)


def test_a_bad_state_changes_nothing() -> None:
    torch.manual_seed(8)
    before = torch.get_rng_state().tolist()
    for bad in (torch.zeros(5056, dtype=torch.uint8), torch.zeros(3, dtype=torch.uint8)):
        with pytest.raises(RuntimeError):
            torch.set_rng_state(bad)
    assert torch.get_rng_state().tolist() == before


def test_numpys_generators_are_loaded_with_the_first_draw() -> None:
    program = (
        "import sys, tapegrad; tapegrad.manual_seed(1); tapegrad.Generator()\n"
        "assert 'numpy.random' not in sys.modules\n"
        "tapegrad.rand(1)\n"
        "assert 'numpy.random' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
