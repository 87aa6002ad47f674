"""Choosing between elements."""

from __future__ import annotations

import numpy as np

import tapegrad as torch
from tapegrad.ops.vocabulary import RAW
from tapegrad.tensor import choosing


def test_rules_choose_by_the_bit_where_arrays_are_long() -> None:
    assert torch.where(torch.tensor([True]), 1.0, 2.0) == 1  # the module of `where` is there
    assert RAW["where"] is choosing.where


def test_gradients_of_a_long_choice_go_where_elements_came_from() -> None:
    random = np.random.default_rng(0)
    mask = random.random(50_000) > 0.5
    x, y = (torch.from_numpy(random.random(50_000, np.float32)).requires_grad_() for _ in range(2))
    g = torch.from_numpy(random.random(50_000, np.float32))
    torch.where(torch.from_numpy(mask), x, y).backward(g)
    assert x.grad is not None and y.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), np.where(mask, g.numpy(), 0))
    np.testing.assert_array_equal(y.grad.numpy(), np.where(mask, 0, g.numpy()))
