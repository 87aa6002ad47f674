"""Custom Functions that save what is neither an input nor an output (pytorch issue 104040)."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch

WARNING = "saved a tensor that is neither one of its inputs nor one of its outputs"


class Square(torch.autograd.Function):
    """x² by way of 2x, whose dependence on x the second derivative does not see."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        twice = x * 2
        ctx.save_for_backward(twice)
        return twice**2 / 4

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (twice,) = ctx.saved_tensors
        return twice * g


def composed(function: Any, x: Any) -> Any:
    return function.apply(x * x).sum()


def test_the_missing_part_of_a_second_derivative_by_grad_is_reported() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(composed(Square, x), x, create_graph=True)
    with pytest.warns(UserWarning, match=f"Square {WARNING}"):
        torch.autograd.grad(g.sum(), x)


def test_the_missing_part_of_a_second_derivative_by_backward_is_reported() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(composed(Square, x), x, create_graph=True)
    with pytest.warns(UserWarning, match=WARNING):
        g.sum().backward()


def test_the_first_derivative_is_right_and_silent() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(composed(Square, x), x, create_graph=True)
    assert g.tolist() == [4.0, 32.0]


def test_a_second_derivative_that_is_not_asked_for_is_not_reported() -> None:
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    y = (Square.apply(x * x) * w).sum()
    (g,) = torch.autograd.grad(y, w, create_graph=True)
    g.sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]


def saving(make: Any) -> Any:
    """A Function that multiplies by a saved tensor, which `make` makes of the input."""

    class Factor(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            factor = make(x)
            ctx.save_for_backward(factor)
            return x * factor

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0]

    return Factor


@pytest.mark.parametrize(
    "make",
    [
        lambda x: (x > 1).float(),
        lambda x: x > 1,
        lambda x: torch.sign(x - 2),
        lambda x: torch.tensor([0.0, 2.0]),
        lambda x: torch.tensor([2, 3]),
        lambda x: x,
    ],
    ids=["mask", "truth values", "sign", "dropout", "integers", "input"],
)
def test_programs_known_to_be_right_are_silent(make: Any) -> None:
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(composed(saving(make), x), x, create_graph=True)
    torch.autograd.grad(g.sum(), x)


def test_outputs_marked_non_differentiable_are_silent() -> None:
    class Noisy(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            noise = torch.rand_like(x)
            ctx.mark_non_differentiable(noise)
            ctx.save_for_backward(noise)
            return x * noise, noise

        @staticmethod
        def backward(ctx: Any, g: Any, _: Any) -> Any:
            return g * ctx.saved_tensors[0]

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(Noisy.apply(x * x)[0].sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)
    assert second.shape == (2,)


def test_constant_inputs_and_parameters_from_outside_are_silent() -> None:
    w = torch.tensor([2.0, 3.0], requires_grad=True)

    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, c: Any) -> Any:
            ctx.save_for_backward(c, w)
            return x * c * w

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            c, w = ctx.saved_tensors
            return g * c * w, None

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = Scaled.apply(x * x, torch.tensor([5.0, 7.0])).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    (by_w,) = torch.autograd.grad(g.sum(), w)
    assert by_w.tolist() == [10.0, 28.0]


def test_a_recorded_pass_returns_no_history_that_is_only_intermediates() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    assert not g.requires_grad
    with pytest.warns(UserWarning, match="create_graph=True will create a reference cycle"):
        Square.apply(x).sum().backward(create_graph=True)
    assert not x.grad.requires_grad


def test_intermediates_can_be_given_to_numpy_in_a_recorded_backward() -> None:
    class ByNumPy(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            e = x.exp()
            ctx.save_for_backward(e)
            return e * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return torch.from_numpy((ctx.saved_tensors[0] * 1).numpy()) * g

    x = torch.zeros(2, requires_grad=True)
    (g,) = torch.autograd.grad(ByNumPy.apply(x).sum(), x, create_graph=True)
    assert g.tolist() == [1.0, 1.0]


def test_writes_into_intermediates_are_still_noticed() -> None:
    kept = []

    class Leaky(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            e = x.exp()
            kept.append(e)
            ctx.save_for_backward(e)
            return e * 1

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return ctx.saved_tensors[0] * g

    x = torch.zeros(2, requires_grad=True)
    y = Leaky.apply(x).sum()
    kept[0].add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.autograd.grad(y, x, create_graph=True)
