"""torch.compile beside torch's: results, gradients, node names, and the errors of what cannot be captured whole."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch

import tapegrad

TIMES = 8

FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "pointwise": lambda t, x: x * x * x.exp(),
    "softmax": lambda t, x: t.softmax(x, -1),
    "layer_norm": lambda t, x: t.nn.functional.layer_norm(x, (3,)),
    "matrix_product": lambda t, x: x @ x.t(),
    "indexing": lambda t, x: x[:, 1] * x[0, 2],
    "reductions": lambda t, x: (x - x.mean(0)).std() + x.amax(),
    "two_results": lambda t, x: (x.sin() * x, x.cos()),
    "dictionary": lambda t, x: {"a": x + 1, "b": [x * 2]},
}


def leaves(x: Any, kind: Any) -> list[Any]:
    """The tensors of a result."""
    if isinstance(x, kind):
        return [x]
    return [t for part in (x.values() if isinstance(x, dict) else x) for t in leaves(part, kind)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients_are_torchs(name: str) -> None:
    def run(t: Any, compile: Any) -> list[Any]:
        f = compile(lambda x: FUNCTIONS[name](t, x))
        for i in range(TIMES):
            x = (t.arange(6, dtype=t.float64).reshape(2, 3) / 5 + i).requires_grad_()
            found = leaves(f(x), t.Tensor)
            sum(y.sum() for y in found).backward()
        return [*[y.tolist() for y in found], x.grad.tolist(), [type(y.grad_fn).__name__ for y in found]]

    torch._dynamo.reset()
    *expected, nodes = run(torch, lambda f: torch.compile(f, backend="aot_eager"))
    *got, own = run(tapegrad, lambda f: tapegrad.compile(f, backend="numpy"))
    assert own == nodes == ["CompiledFunctionBackward"] * len(nodes)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(torch.tensor(a), torch.tensor(b))


REFUSED: dict[str, Callable[[Any], Any]] = {
    "branch": lambda x: x if x.sum() > 0 else -x,
    "print": lambda x: (print(x), x)[1],
}


@pytest.mark.parametrize("name", REFUSED)
def test_fullgraph_refuses_in_torchs_words(name: str) -> None:
    def refusal(t: Any) -> tuple[str, str, str]:
        f = t.compile(REFUSED[name], fullgraph=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(RuntimeError) as error:
                f(t.ones(3))
        kind = type(error.value)
        return kind.__module__, kind.__name__, str(error.value).split("\n")[0]

    torch._dynamo.reset()
    assert refusal(tapegrad) == refusal(torch)


def test_a_step_with_an_optimizer_trains_as_torch_does() -> None:
    def losses(t: Any, compile: Any) -> list[float]:
        w = t.linspace(-1, 1, 6, dtype=t.float64).reshape(3, 2).requires_grad_()
        optimizer = t.optim.Adam([w], lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = ((x @ w) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        f = compile(step)
        return [f(t.ones(4, 3, dtype=t.float64) * (i + 1)).item() for i in range(8)]

    expected = losses(torch, lambda f: f)
    got = losses(tapegrad, lambda f: tapegrad.compile(f, backend="numpy"))
    torch.testing.assert_close(torch.tensor(got), torch.tensor(expected))


def test_what_is_no_function_is_refused_in_torchs_words() -> None:
    with pytest.raises(AssertionError) as ours:
        tapegrad.compile(3)
    with pytest.raises(AssertionError) as theirs:
        torch.compile(3, backend="eager")
    assert str(ours.value) == str(theirs.value)
