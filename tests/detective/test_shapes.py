"""`check_shapes` reports broadcasts that are regretted, with their line, and no others."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.detective import BroadcastWarning
from tapegrad.nn import functional as F

N = 4


@pytest.fixture(autouse=True)
def _off_at_the_end() -> Iterator[None]:
    yield
    torch.check_shapes(False)


REGRETTED: dict[str, Callable[[], Any]] = {
    "a prediction (n, 1) minus a target (n,)": lambda: torch.zeros(N, 1) - torch.zeros(N),
    "the other way round": lambda: torch.zeros(N) - torch.zeros(N, 1),
    "an accuracy": lambda: (torch.zeros(N, 1) == torch.zeros(N)).float().mean(),
    "a product": lambda: torch.mul(torch.ones(N), torch.ones(N, 1)),
    "l1_loss": lambda: F.l1_loss(torch.zeros(N, 1), torch.zeros(N)),
    "mse_loss": lambda: F.mse_loss(torch.zeros(N, 1), torch.zeros(N)),
    "a loss module": lambda: torch.nn.SmoothL1Loss()(torch.zeros(N, 1), torch.zeros(N)),
    "a batch of columns": lambda: torch.zeros(N, N, 1) * torch.zeros(N, N),
    "rows minus their means": lambda: (lambda x: x - x.mean(1))(torch.rand(N, N)),
    "rows divided by their sums": lambda: (lambda x: x / x.sum(dim=-1))(torch.rand(N, N)),
    "rows minus their maxima": lambda: (lambda x: x - x.max(dim=1)[0])(torch.rand(N, N)),
    "a batch minus its means over the middle axis": lambda: (lambda x: x - x.mean(1))(torch.rand(3, 3, N)),
}

MEANT: dict[str, Callable[[], Any]] = {
    "equal shapes": lambda: torch.zeros(N, 1) - torch.zeros(N, 1),
    "a scalar": lambda: torch.zeros(N, 1) - torch.tensor(1.0),
    "a tensor of one element": lambda: torch.zeros(N, 1) - torch.zeros(1),
    "a bias": lambda: torch.zeros(N, 3) + torch.zeros(3),
    "a square matrix and a bias": lambda: torch.zeros(N, N) + torch.zeros(N),
    "an outer product": lambda: torch.zeros(N, 1) * torch.zeros(1, N),
    "an outer product of different lengths": lambda: torch.zeros(N, 1) * torch.zeros(3),
    "an axis added in the line": lambda: torch.zeros(N)[:, None] - torch.ones(N),
    "an axis added by unsqueeze": lambda: torch.zeros(N).unsqueeze(-1) - torch.ones(N),
    "an axis added by view": lambda: torch.zeros(N).view(-1, 1) - torch.ones(N),
    "rows minus their means, with keepdim": lambda: (lambda x: x - x.mean(1, keepdim=True))(torch.rand(N, N)),
    "columns minus their means": lambda: (lambda x: x - x.mean(0))(torch.rand(N, N)),
    "a symmetric matrix and its degrees": lambda: (lambda x: (x + x.T) / (x + x.T).sum(1))(torch.rand(N, N)),
    "degrees of a symmetric matrix": lambda: (lambda x: x / x.sum(1))(torch.ones(N, N)),
    "means of another matrix": lambda: torch.rand(3, N) - torch.rand(N, N).mean(1),
    "what the library itself broadcasts": lambda: torch.distributions.constraints.interval(
        torch.zeros(N, 1), torch.ones(N, 1)
    ).check(torch.ones(N)),
    "a Python number": lambda: torch.zeros(N, 1) - 2,
}


@pytest.mark.parametrize("make", REGRETTED.values(), ids=REGRETTED.keys())
def test_a_regretted_broadcast_is_reported_with_its_line(make: Callable[[], Any]) -> None:
    with torch.check_shapes(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
    found = [w for w in caught if w.category is BroadcastWarning]
    assert len(found) == 1
    assert found[0].filename == __file__
    assert found[0].lineno == inspect.getsourcelines(make)[1]


@pytest.mark.parametrize("make", MEANT.values(), ids=MEANT.keys())
def test_a_broadcast_that_is_meant_is_not_reported(make: Callable[[], Any]) -> None:
    with torch.check_shapes(error=True):
        make()


def test_all_pairs_of_one_tensor_are_meant() -> None:
    x = torch.zeros(N)
    column = x.unsqueeze(1)
    with torch.check_shapes(error=True):
        column - x


def test_an_error_is_raised_on_demand() -> None:
    with torch.check_shapes(error=True), pytest.raises(RuntimeError, match=r"broadcasts shapes \(4, 1\) and \(4,\)"):
        torch.zeros(N, 1) - torch.zeros(N)


def test_it_is_a_switch() -> None:
    torch.check_shapes(error=True)
    with pytest.raises(RuntimeError):
        torch.zeros(N, 1) - torch.zeros(N)
    torch.check_shapes(False)
    assert (torch.zeros(N, 1) - torch.zeros(N)).shape == (N, N)


def test_contexts_nest() -> None:
    with torch.check_shapes(error=True):
        with torch.check_shapes(False):
            torch.zeros(N, 1) - torch.zeros(N)
        with pytest.raises(RuntimeError):
            torch.zeros(N, 1) - torch.zeros(N)


def test_nothing_is_left_on_the_functions() -> None:
    code = torch.Tensor.__sub__.__code__
    with torch.check_shapes():
        assert torch.Tensor.__sub__.__code__ is not code
    assert torch.Tensor.__sub__.__code__ is code
