"""Random functions inside of `vmap`; conformance compares their numbers with torch's."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch

X = torch.ones(3, 4)
F = torch.nn.functional

DRAWS = {
    "rand": lambda x: torch.rand(4),
    "rand of a size": lambda x: torch.rand(size=(4,)),
    "rand of a number": lambda x: torch.rand(()),
    "randn": lambda x: torch.randn((20,)),
    "randint": lambda x: torch.randint(0, 1000, (4,)),
    "randperm": lambda x: torch.randperm(20),
    "rand_like": torch.rand_like,
    "randn_like": lambda x: torch.randn_like(input=x),
    "randint_like": lambda x: torch.randint_like(x, 1000),
    "normal": lambda x: torch.normal(torch.zeros(4), 1.0),
    "normal of a size": lambda x: torch.normal(0.0, 1.0, (4,)),
    "bernoulli": lambda x: torch.bernoulli(torch.full((20,), 0.5)),
    "multinomial": lambda x: torch.multinomial(torch.ones(20), 5),
    "multinomial of rows": lambda x: torch.multinomial(torch.ones(2, 20), 5),
    "uniform_": lambda x: x.clone().uniform_(),
    "normal_": lambda x: x.clone().normal_(),
    "exponential_": lambda x: x.clone().exponential_(),
    "random_": lambda x: x.clone().random_(1000),
    "bernoulli_": lambda x: x.repeat(5).bernoulli_(0.5),
    "dropout": lambda x: F.dropout(x.repeat(5), 0.5),
    "alpha_dropout": lambda x: F.alpha_dropout(x.repeat(5), 0.5, training=True),
    "dropout2d": lambda x: F.dropout2d(x.expand(2, 8, 1, 4), 0.5),
    "gumbel_softmax": F.gumbel_softmax,
    "rrelu": lambda x: F.rrelu(-x, training=True),
    "fractional_max_pool2d": lambda x: F.fractional_max_pool2d(torch.arange(900.0).view(1, 30, 30), 2, output_size=7),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_random_functions_are_refused_by_default(draw: Any) -> None:
    with pytest.raises(RuntimeError, match="called random operation while in randomness error mode"):
        torch.vmap(draw)(X)


@pytest.mark.filterwarnings("ignore:vmap")
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_same_numbers_for_all_rows(draw: Any) -> None:
    torch.manual_seed(0)
    y = torch.vmap(draw, randomness="same")(X)
    torch.manual_seed(0)
    assert torch.equal(y[0], draw(X[0]))
    assert torch.equal(y[0], y[1]) and torch.equal(y[1], y[2])


@pytest.mark.filterwarnings("ignore:vmap")
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_different_numbers(draw: Any) -> None:
    torch.manual_seed(1)
    y = torch.vmap(draw, randomness="different")(X)
    assert y.shape == (3, *draw(X[0]).shape)
    assert not torch.equal(y[0], y[1]) or not torch.equal(y[1], y[2])


def test_gradients_flow_past_different_numbers() -> None:
    x = X.clone().requires_grad_()
    y = torch.vmap(lambda x: F.dropout(x * 2, 0.5), randomness="different")(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())
    z = X.clone().requires_grad_()
    torch.vmap(lambda z: (z * 2).normal_() * z, randomness="different")(z).sum().backward()
    assert z.grad.abs().sum() > 0


@pytest.mark.filterwarnings("ignore:vmap")
def test_a_function_called_once_per_row_draws_as_told() -> None:
    def f(x: Any) -> Any:
        return torch.rand(2) if x.sum().item() > 0 else x[:2]

    same = torch.vmap(f, randomness="same")(X)
    assert torch.equal(same[0], same[1])
    different = torch.vmap(f, randomness="different")(X)
    assert not torch.equal(different[0], different[1])
    with pytest.raises(RuntimeError, match="randomness error mode"):
        torch.vmap(f)(X)
