"""torch.func without vmap: nesting, what is recorded, what is left behind."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.autograd import tangents
from tapegrad.func import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, per_sample_grad, vjp


def f(x: Any) -> Any:
    return (x.sin() * x.exp()).sum()


X = torch.tensor([0.3, -0.7, 1.1], dtype=torch.float64)
D = torch.tensor([1.0, 0.5, -2.0], dtype=torch.float64)


def close(a: Any, b: Any) -> None:
    torch.testing.assert_close(a, b)


def by_reverse(f: Any) -> Any:
    return lambda x: (grad(f)(x) * D).sum()


def by_forward(f: Any) -> Any:
    return lambda x: jvp(f, (x,), (D,))[1]


def by_vjp(f: Any) -> Any:
    return lambda x: (vjp(f, x)[1](torch.ones((), dtype=torch.float64))[0] * D).sum()


def by_linearize(f: Any) -> Any:
    return lambda x: linearize(f, x)[1](D)


WAYS = [by_reverse, by_forward, by_vjp]


@pytest.mark.parametrize("outer", [*WAYS, by_linearize])
@pytest.mark.parametrize("inner", WAYS)
def test_second_directional_derivative_is_the_same_in_every_order(outer: Any, inner: Any) -> None:
    exact = (2 * X.cos() * X.exp() * D * D).sum()  # (sin x exp x)'' = 2 cos x exp x
    close(outer(inner(f))(X), exact)


@pytest.mark.parametrize("a", WAYS)
@pytest.mark.parametrize("b", WAYS)
@pytest.mark.parametrize("c", WAYS)
def test_third_directional_derivative_is_the_same_in_every_order(a: Any, b: Any, c: Any) -> None:
    exact = (2 * (X.cos() - X.sin()) * X.exp() * D**3).sum()
    close(a(b(c(f)))(X), exact)


@pytest.mark.parametrize("outer", [jacrev, jacfwd])
@pytest.mark.parametrize("inner", [jacrev, jacfwd])
def test_hessian_in_every_combination(outer: Any, inner: Any) -> None:
    close(outer(inner(f))(X), torch.diag(2 * X.cos() * X.exp()))
    close(hessian(f)(X), torch.diag(2 * X.cos() * X.exp()))


def test_levels_of_differentiation_are_kept_apart() -> None:
    def shifted(x: Any) -> Any:
        _, slope = jvp(lambda y: x * y, (torch.tensor(2.0),), (torch.tensor(1.0),))
        return x * slope

    assert grad(shifted)(torch.tensor(3.0)).item() == 6.0
    assert jvp(shifted, (torch.tensor(3.0),), (torch.tensor(1.0),))[1].item() == 6.0


def test_captured_tensors_count_as_constants() -> None:
    def inner(x: Any) -> Any:
        return grad(lambda y: x * y * y)(x)  # 2·x·y at y = x: 2·x²

    assert grad(inner)(torch.tensor(3.0)).item() == 12.0


def test_nothing_is_recorded_for_constants() -> None:
    value = grad_and_value(f)(X)[1]
    assert not value.requires_grad
    assert not grad(f)(X).requires_grad
    assert not jacrev(torch.sin)(X).requires_grad


def test_result_is_recorded_if_something_outside_is_behind_it() -> None:
    w = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    gradient = grad(lambda x: (w * x**2).sum())(X)
    gradient.sum().backward()
    close(w.grad, (2 * X).sum())


def test_leaves_of_the_caller_are_untouched() -> None:
    x = X.clone().requires_grad_()
    grad(f)(x)
    jacrev(torch.sin)(x)
    assert x.grad is None
    assert x.is_leaf


def test_no_graph_outlives_its_transform() -> None:
    seen = []

    def watched(x: Any) -> Any:
        y = x.exp()
        seen.append(weakref.ref(y.grad_fn))
        return y.sum()

    gc.disable()
    try:
        grad(watched)(X)
        hessian(watched)(X)
        jvp(watched, (X.clone().requires_grad_(),), (D,))
        assert [ref() for ref in seen] == [None] * len(seen)
    finally:
        gc.enable()


@pytest.mark.parametrize("transform", [lambda f: grad(f)(X), lambda f: jvp(f, (X,), (D,)), lambda f: vjp(f, X)])
def test_an_error_inside_leaves_modes_and_levels_as_they_were(transform: Any) -> None:
    def failing(x: Any) -> Any:
        raise LookupError("mine")

    with torch.no_grad():
        with pytest.raises(LookupError, match="mine"):
            transform(failing)
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()
    assert tangents.alive == []


def test_a_custom_function_without_jvp_goes_forward_by_its_backward() -> None:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 3 * ctx.saved_tensors[0] ** 2 * g

    value, tangent = jvp(Cube.apply, (X,), (D,))
    close(value, X**3)
    close(tangent, 3 * X**2 * D)


def test_tangents_survive_writes_into_views() -> None:
    def written(x: Any) -> Any:
        y = torch.zeros(2, 3, dtype=torch.float64)
        y[1] = x * 2
        y[1, 0] *= x[1]
        row = y[1]
        row += 1
        return y.sum()

    close(jvp(written, (X,), (D,))[1], (grad(written)(X) * D).sum())


def test_per_sample_gradients_are_those_of_the_samples() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 3))
    x, y = torch.randn(6, 4), torch.tensor([0, 2, 1, 1, 0, 2])
    found = per_sample_grad(net, torch.nn.functional.cross_entropy)(x, y)
    for i in range(6):
        net.zero_grad()
        torch.nn.functional.cross_entropy(net(x[i : i + 1]), y[i : i + 1]).backward()
        for name, p in net.named_parameters():
            close(found[name][i], p.grad)


def test_per_sample_gradients_see_later_training_steps() -> None:
    net = torch.nn.Linear(2, 1)
    gradients = per_sample_grad(net, torch.nn.functional.mse_loss)
    x, y = torch.ones(3, 2), torch.zeros(3, 1)
    before = gradients(x, y)["bias"]
    with torch.no_grad():
        net.bias.add_(1)
    close(gradients(x, y)["bias"], before + 2)
