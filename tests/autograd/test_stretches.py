"""Several large pointwise nodes that go through the cache together: as if each had run alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.autograd import hooks, observing, stretches
from tapegrad.tensor import blocks

Array = np.ndarray[Any, Any]
SIZE = blocks.LARGE + 50_000
F = torch.nn.functional


@pytest.fixture
def lengths(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of each stretch that is made, how many gradients come out of it."""
    found: list[int] = []
    run = stretches.run

    def noting(*args: Any) -> Any:
        result = run(*args)
        if result is not None:
            found.append(len(result[0]))
        return result

    monkeypatch.setattr(stretches, "run", noting)
    # In a process that has used these there are none.
    monkeypatch.delitem(sys.modules, "tapegrad.func.levels", raising=False)
    monkeypatch.setattr(hooks, "leaf_hooks_exist", False)
    monkeypatch.setattr(observing, "reasons", set())
    return found


def leaf(seed: int = 0, kind: Any = np.float32) -> Any:
    values = np.random.default_rng(seed).random(SIZE).astype(kind) + kind(0.5)
    return torch.tensor(values, requires_grad=True)


def alone(monkeypatch: pytest.MonkeyPatch, step: Callable[[], list[Any]]) -> list[Any]:
    """What a step gives if each node runs alone."""
    with monkeypatch.context() as patch:
        patch.setattr(stretches, "run", lambda *args: None)
        return step()


STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "two ways to a leaf": lambda a, b: a**2 * torch.exp(a),
    "two leaves": lambda a, b: torch.exp(a * b) + torch.tanh(a) * b,
    "the same twice": lambda a, b: (a * b) * (a * b),
    "a sum": lambda a, b: (a + b) + (a + a),
    "a choice": lambda a, b: torch.where(a > b, a * b, torch.relu(a - 1)),
    "numbers": lambda a, b: (a * 3 + 1).sqrt() / 2 - b,
    "a long chain": lambda a, b: chain(a, b),
    "broadcasting on the way": lambda a, b: torch.exp(a * 2) * (b.sum() + 1),
    "a view on the way": lambda a, b: torch.exp((a * 2).reshape(-1, 1000)) * 3,
}


def chain(a: Any, b: Any) -> Any:
    for _ in range(40):
        a = a * b * 0.9 + 0.1
    return a


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_gradients_are_those_of_single_nodes(
    name: str, kind: Any, lengths: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def step() -> list[Any]:
        a, b = leaf(0, kind), leaf(1, kind)
        y = STEPS[name](a, b)
        y.backward(torch.ones_like(y))
        y = STEPS[name](a, b) * 2  # once more, into gradients that are there
        y.backward(torch.ones_like(y))
        return [None if x.grad is None else x.grad.numpy() for x in (a, b)]

    expected = alone(monkeypatch, step)
    assert not lengths
    for x, y in zip(step(), expected, strict=True):
        if y is not None:
            np.testing.assert_array_equal(x, y, strict=True)
    assert lengths


def test_a_gradient_of_the_users_is_not_written_over(lengths: list[int]) -> None:
    a = leaf()
    g = torch.ones(SIZE)
    (a.exp() * 2).backward(g)
    assert lengths and (g.numpy() == 1).all()


def test_leaves_do_not_share_memory(lengths: list[int]) -> None:
    a, b = leaf(), leaf(1)
    ((a + b).exp() + 1).backward(torch.ones(SIZE))
    assert lengths
    assert not np.shares_memory(a.grad.numpy(), b.grad.numpy())


def test_saved_values_are_freed_and_kept_as_asked(lengths: list[int]) -> None:
    a = leaf()
    y = a.exp() * a
    y.backward(torch.ones(SIZE), retain_graph=True)
    once = a.grad.numpy().copy()
    y.backward(torch.ones(SIZE))
    assert len(lengths) == 2
    np.testing.assert_array_equal(a.grad.numpy(), once + once)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward(torch.ones(SIZE))


def test_a_value_that_was_written_to_is_noticed(lengths: list[int]) -> None:
    a = leaf()
    e = a.exp()
    y = (e * 2).sqrt()
    with torch.no_grad():
        e.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward(torch.ones(SIZE))
    assert a.grad is None


def test_hooks_see_the_gradients_in_between(lengths: list[int]) -> None:
    a = leaf()
    seen = []
    e = a.exp()
    e.register_hook(lambda g: seen.append(g.numpy().copy()))
    (e * 3 * 2).backward(torch.ones(SIZE))
    assert (seen[0] == 6).all()
    np.testing.assert_allclose(a.grad.numpy(), 6 * np.exp(a.detach().numpy()), rtol=1e-6)


def test_hooks_on_saved_values_run_once(lengths: list[int]) -> None:
    unpacked = []

    def unpack(x: Any) -> Any:
        unpacked.append(1)
        return x

    a = leaf()
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x, unpack):
        y = a.exp() * 2
    y.backward(torch.ones(SIZE))
    assert len(unpacked) == 1


def test_a_leafs_hook_may_write_to_what_other_rules_have_read() -> None:
    a, b = leaf(), leaf(1)
    values = b.detach().numpy().copy()
    y = (a * b) * 2

    def update(p: Any) -> None:
        with torch.no_grad():
            p.zero_()

    b.register_post_accumulate_grad_hook(update)
    y.backward(torch.ones(SIZE))
    np.testing.assert_array_equal(a.grad.numpy(), 2 * values)


def test_small_and_single_nodes_run_alone(lengths: list[int]) -> None:
    kept = leaf()
    x = torch.ones(100, requires_grad=True)
    (x.exp() * 2).backward(torch.ones(100))
    kept.exp().backward(torch.ones(SIZE))
    assert not lengths
