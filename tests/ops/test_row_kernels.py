"""Softmax and layer norm of large arrays, by NumPy by the block of rows, are those of the formula."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.kernels import using
from tapegrad.ops import row_kernels
from tapegrad.tensor import blocks

from ..thread_counts import same_for_any_number_of_threads

Array = np.ndarray[Any, Any]
F = torch.nn.functional

SHAPES = [(700, 401), (3, 150, 700), (70_000, 4), (35, 9000)]


@pytest.fixture(autouse=True)
def kernels_called(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The row kernels that did their work."""
    called: list[str] = []

    def watched(name: str) -> Any:
        kernel = getattr(row_kernels, name)

        def calling(*args: Any, **kwargs: Any) -> Any:
            found = kernel(*args, **kwargs)
            if found is not None:
                called.append(name)
            return found

        return calling

    for name in row_kernels.__all__:
        monkeypatch.setattr(row_kernels, name, watched(name))
    with using("off"):
        yield called


def results(function: Callable[..., Any], *arrays: Array) -> list[Array]:
    """The value, and the gradients of a sum with uneven weights."""
    leaves = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
    y = function(*leaves)
    weights = np.random.default_rng(9).standard_normal(tuple(y.shape))
    y.backward(torch.from_numpy(weights).to(y.dtype))
    return [y.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves if leaf.grad is not None]]


def some(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape) * 3 + 1


def plain_softmax(x: Any) -> Any:
    e = (x - x.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)


def plain_layer_norm(x: Any, weight: Any, bias: Any) -> Any:
    off = x - x.mean(-1, keepdim=True)
    return off / ((off * off).mean(-1, keepdim=True) + 1e-5).sqrt() * weight + bias


FORMULAS: dict[str, tuple[Callable[..., Any], Callable[..., Any], int]] = {
    "softmax": (lambda x: x.softmax(-1), plain_softmax, 0),
    "log_softmax": (lambda x: x.log_softmax(-1), lambda x: plain_softmax(x).log(), 0),
    "normalized": (lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), plain_layer_norm, 2),
}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("name", FORMULAS)
def test_values_and_gradients_are_those_of_the_formula(
    name: str, kind: str, shape: tuple[int, ...], kernels_called: list[str]
) -> None:
    function, formula, vectors = FORMULAS[name]
    arrays = [some(*shape), *[some(shape[-1]) for _ in range(vectors)]]
    expected = results(formula, *arrays)
    assert not kernels_called
    found = results(function, *[a.astype(kind) for a in arrays])
    assert name in kernels_called and name + ("_gradients" if vectors else "_gradient") in kernels_called
    for got, wanted in zip(found, expected, strict=True):
        size = np.abs(wanted).max()
        assert got.dtype == kind
        np.testing.assert_allclose(got / size, wanted / size, rtol=0, atol=2e-5 if kind == "f4" else 2e-12)


@pytest.mark.parametrize("name", FORMULAS)
def test_results_are_the_same_for_any_number_of_threads(name: str) -> None:
    function, _, vectors = FORMULAS[name]
    arrays = [some(700, 400).astype("f4"), *[some(400).astype("f4") for _ in range(vectors)]]
    same_for_any_number_of_threads(lambda: results(function, *arrays))


def test_only_the_gradients_that_are_needed_are_computed(kernels_called: list[str]) -> None:
    x, w, b = some(700, 400), some(400), some(400)
    by_all = results(lambda x, w, b: F.layer_norm(x, (400,), w, b), x, w, b)[1:]
    weight, bias = torch.from_numpy(w), torch.from_numpy(b)
    by_x = results(lambda x: F.layer_norm(x, (400,), weight, bias), x)[1]
    data = torch.from_numpy(x)
    by_weight = results(lambda w: F.layer_norm(data, (400,), w, bias), w)[1]
    by_bias = results(lambda b: F.layer_norm(data, (400,), weight, b), b)[1]
    alone = results(lambda x: F.layer_norm(x, (400,)), x)[1]
    assert kernels_called.count("normalized_gradients") == 5
    for got, wanted in zip((by_x, by_weight, by_bias), by_all, strict=True):
        np.testing.assert_array_equal(got, wanted)
    np.testing.assert_allclose(
        alone, results(lambda x: plain_layer_norm(x, torch.ones(400), torch.zeros(400)), x)[1], rtol=1e-9, atol=1e-12
    )


def test_normalising_over_several_dimensions(kernels_called: list[str]) -> None:
    x, w, b = some(100, 60, 50), some(60, 50), some(60, 50)
    found = results(lambda x, w, b: F.layer_norm(x, (60, 50), w, b), x, w, b)
    rows = results(lambda x, w, b: plain_layer_norm(x, w, b), x.reshape(100, -1), w.reshape(-1), b.reshape(-1))
    assert "normalized_gradients" in kernels_called
    for got, wanted in zip(found[1:], rows[1:], strict=True):
        np.testing.assert_allclose(got.reshape(wanted.shape), wanted, rtol=1e-9, atol=1e-9)


def test_rows_that_are_infinite_or_not_numbers(kernels_called: list[str]) -> None:
    x = some(700, 400).astype("f4")
    x[0], x[1, 3], x[2, 5], x[3] = -np.inf, np.inf, np.nan, 1e38
    large, small = torch.softmax(torch.from_numpy(x), -1).numpy(), torch.softmax(torch.from_numpy(x[:4]), -1).numpy()
    assert kernels_called == ["softmax"]
    np.testing.assert_allclose(large[:4], small, rtol=1e-6)
    assert np.isnan(large).all(axis=1).nonzero()[0].tolist() == [0, 1, 2]


def test_safe_softmax_gives_zeros_for_rows_of_nothing() -> None:
    x = some(4, 300, 300).astype("f4")
    x[:, 0] = -np.inf
    out = row_kernels.softmax(x, safe=True)
    assert out is not None and (out[:, 0] == 0).all()
    np.testing.assert_allclose(out[:, 1:].sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    "x",
    [
        torch.ones(blocks.LARGE + 1),  # one row
        torch.ones(400, 700).T,
        torch.ones(700, 400, dtype=torch.float16),
    ],
    ids=["one row", "transposed", "half"],
)
def test_other_tensors_are_computed_whole(x: torch.Tensor, kernels_called: list[str]) -> None:
    y = x.softmax(-1)
    assert not kernels_called
    np.testing.assert_allclose(y.double().sum(-1).numpy(), 1, rtol=2e-3)


def test_gradients_of_gradients_are_computed_in_steps(kernels_called: list[str]) -> None:
    x = torch.from_numpy(some(700, 400)).requires_grad_()
    (g,) = torch.autograd.grad((x.softmax(-1) ** 2).sum(), x, create_graph=True)
    assert "softmax_gradient" not in kernels_called
    (second,) = torch.autograd.grad((g * g).sum(), x)
    few = x.detach()[:5].clone().requires_grad_()
    (h,) = torch.autograd.grad((few.softmax(-1) ** 2).sum(), few, create_graph=True)
    (expected,) = torch.autograd.grad((h * h).sum(), few)
    np.testing.assert_allclose(second[:5].numpy(), expected.numpy(), rtol=1e-9, atol=1e-15)


def test_compiled_and_mapped_functions_take_large_arrays() -> None:
    x = torch.from_numpy(some(700, 400))

    def gradient(x: torch.Tensor) -> torch.Tensor:
        leaf = x.detach().requires_grad_()
        (F.layer_norm(leaf, (400,)).softmax(-1) * leaf).sum().backward()
        assert leaf.grad is not None
        return leaf.grad

    expected = gradient(x).numpy()
    compiled = torch.compile(gradient, backend="numpy")
    for _ in range(4):
        np.testing.assert_allclose(compiled(x).numpy(), expected, rtol=1e-9, atol=1e-12)
    mapped = torch.func.vmap(torch.func.grad(lambda row: (F.layer_norm(row, (400,)).softmax(-1) * row).sum()))(x)
    np.testing.assert_allclose(mapped.numpy(), expected, rtol=1e-9, atol=1e-12)
