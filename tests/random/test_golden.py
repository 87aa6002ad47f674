"""Numbers recorded from PyTorch 2.13.0 on the CPU after `manual_seed(42)`."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import pytest

import tapegrad as torch

FEW: dict[str, tuple[Callable[[], Any], list[float]]] = {
    "rand": (lambda: torch.rand(3), [0.8822692632675171, 0.9150039553642273, 0.38286375999450684]),
    "rand float64": (
        lambda: torch.rand(3, dtype=torch.float64),
        [0.05815448596142969, 0.06291016742457756, 0.12358607277440903],
    ),
    "randn": (lambda: torch.randn(3), [0.33669036626815796, 0.12880940735340118, 0.23446236550807953]),
    "randn float64": (
        lambda: torch.randn(3, dtype=torch.float64),
        [0.33669035438385886, 0.1288094051365897, 0.23446236336153173],
    ),
    "randn, first of a block": (
        lambda: torch.randn(18)[:4],
        [1.9269152879714966, 1.4872840642929077, -0.4973975419998169, 0.439589262008667],
    ),
    "randn float64, end of a tail": (
        lambda: torch.randn(18, dtype=torch.float64)[-3:],
        [0.855215961472287, 0.2494118796915765, 0.2615836907112959],
    ),
    "randint": (lambda: torch.randint(100, (6,)), [42, 67, 76, 14, 26, 35]),
    "randint of 40 bits": (lambda: torch.randint(0, 2**40, (2,)), [441507790259, 395924837646]),
    "randperm": (lambda: torch.randperm(8), [6, 3, 0, 7, 2, 1, 4, 5]),
    "bernoulli_": (lambda: torch.zeros(8).bernoulli_(0.5), [1, 1, 1, 1, 0, 1, 0, 0]),
    "uniform_": (
        lambda: torch.zeros(3).uniform_(-1, 1),
        [0.7645385265350342, 0.8300079107284546, -0.23427248001098633],
    ),
    "exponential_": (
        lambda: torch.zeros(3).exponential_(),
        [0.05991401523351669, 0.06497612595558167, 0.13191677629947662],
    ),
    "cauchy_": (lambda: torch.zeros(3).cauchy_(), [-5.412487506866455, -4.993700981140137, -2.4448742866516113]),
    "log_normal_": (
        lambda: torch.zeros(3).log_normal_(),
        [5.330157279968262, 3.5170366764068604, 4.3445611000061035],
    ),
    "geometric_": (lambda: torch.zeros(6).geometric_(0.2), [13, 13, 10, 14, 3, 4]),
    "multinomial": (lambda: torch.multinomial(torch.tensor([1.0, 2, 3, 4]), 3), [3, 1, 2]),
    "multinomial with replacement": (
        lambda: torch.multinomial(torch.tensor([1.0, 2, 3, 4]), 6, replacement=True),
        [0, 0, 1, 0, 2, 2],
    ),
    "poisson": (lambda: torch.poisson(torch.tensor([0.5, 3, 30, 300])), [0, 1, 18, 299]),
    "binomial": (lambda: torch.binomial(torch.tensor([5.0, 50, 500]), torch.tensor([0.3, 0.5, 0.9])), [0, 18, 464]),
}

# CRC-32 of the bytes of 100,003 elements.
MANY: dict[str, tuple[Callable[[], Any], int]] = {
    "rand": (lambda: torch.rand(100_003), 0x9A8737F7),
    "randn": (lambda: torch.randn(100_003), 0x10F2FB4D),
    "uniform_": (lambda: torch.zeros(100_003).uniform_(-0.1, 0.1), 0xD4E9ACB3),
    "randint": (lambda: torch.randint(1000, (100_003,)), 0xE2108790),
    "randperm": (lambda: torch.randperm(100_003), 0x0A309BA4),
    "bernoulli_": (lambda: torch.zeros(100_003).bernoulli_(0.3), 0x0656F441),
}


@pytest.mark.parametrize("draw", FEW)
def test_a_few_numbers_are_torchs(draw: str) -> None:
    torch.manual_seed(42)
    call, expected = FEW[draw]
    # The C library's functions may differ in the last bit from one machine to the next.
    assert call().tolist() == pytest.approx(expected, rel=1e-15 if "float64" in draw else 0, abs=0)


@pytest.mark.parametrize("draw", MANY)
def test_a_hundred_thousand_numbers_are_torchs(draw: str) -> None:
    torch.manual_seed(42)
    call, expected = MANY[draw]
    assert zlib.crc32(call().numpy().tobytes()) == expected


def test_the_state_after_some_draws_is_torchs() -> None:
    torch.manual_seed(42)
    torch.rand(1000)
    assert zlib.crc32(torch.get_rng_state().numpy().tobytes()) == 0x64BB6057


def test_a_printed_sample_is_torchs() -> None:
    torch.manual_seed(0)
    assert repr(torch.randn(3, 4)) == (
        "tensor([[ 1.5410, -0.2934, -2.1788,  0.5684],\n"
        "        [-1.0845, -1.3986,  0.4033,  0.8380],\n"
        "        [-0.7193, -0.4033, -0.5966,  0.1820]])"
    )
