"""Graphs of every kind die when nobody holds them, without the garbage collector."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.utils.checkpoint import checkpoint


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Cube(torch.autograd.Function):
    """Keeps an input, an output, and an attribute that is neither."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = x**3
        ctx.save_for_backward(x, y)
        ctx.half = x / 2
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, _ = ctx.saved_tensors
        return 3 * x * x * g


class Several(torch.autograd.Function):
    """Two outputs, both saved, in the form with setup_context."""

    @staticmethod
    def forward(x: Any) -> Any:
        return x * 2, x * 3

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*output)

    @staticmethod
    def backward(ctx: Any, a: Any, b: Any) -> Any:
        return a * 2 + b * 3


def written_into(x: Any) -> Any:
    y = x * 2
    y[0].mul_(3)
    y.view(-1)[1:].add_(1)
    return y


def with_hooks(x: Any) -> Any:
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    y.grad_fn.register_prehook(lambda grads: None)
    y.grad_fn.register_hook(lambda inputs, outputs: None)
    y.grad_fn.metadata["note"] = "text"
    return y * y


def packed(x: Any) -> Any:
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.numpy(force=True), torch.from_numpy):
        return (x * x).exp()


def looked_at(x: Any) -> Any:
    y = (x * x).exp()
    node = y.grad_fn
    while node.next_functions:
        node = node.next_functions[0][0]
    assert node.variable is x
    return y


def profiled(x: Any) -> Any:
    with torch.profiler.profile(record_shapes=True, with_stack=True):
        return (x * x).exp()


def under_anomaly_mode(x: Any) -> Any:
    with torch.autograd.set_detect_anomaly(True):
        return (x * x).exp()


GRAPHS = [
    lambda x: (x * x).exp().softmax(0),
    lambda x: Cube.apply(x),
    lambda x: sum(Several.apply(x)),
    written_into,
    with_hooks,
    packed,
    looked_at,
    profiled,
    under_anomaly_mode,
    lambda x: checkpoint(lambda t: (t * t).exp(), x, use_reentrant=False),
    lambda x: checkpoint(lambda t: (t * t).exp(), x, use_reentrant=True),
    lambda x: torch.autograd.grad((x**3).sum(), x, create_graph=True)[0],
    lambda x: torch.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)[0],
    lambda x: torch.stack(x.unbind()).max(0)[0] + x.sort()[0],
]
IDS = ["operators", "function", "several outputs", "writes", "hooks", "packed", "looked at", "profiled", "anomaly mode",
       "checkpoint", "reentrant checkpoint", "second derivative", "second derivative of a function",
       "several results"]  # fmt: skip


@pytest.mark.parametrize("make", GRAPHS, ids=IDS)
def test_a_graph_dies_with_its_result(make: Any) -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = make(x)
    node, leaf = weakref.ref(y.grad_fn), weakref.ref(x)
    del y
    assert node() is None
    del x
    assert leaf() is None


@pytest.mark.parametrize("make", GRAPHS, ids=IDS)
def test_a_graph_dies_after_a_backward_pass(make: Any) -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = make(x)
    y.sum().backward()
    assert x.grad is not None
    node, leaf = weakref.ref(y.grad_fn), weakref.ref(x)
    del y
    assert node() is None
    del x
    assert leaf() is None


def test_values_saved_are_given_up_by_a_backward_pass() -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    held = weakref.ref(y)
    del y
    assert held() is not None
    z.backward()
    assert held() is None


def test_a_pass_that_failed_holds_nothing() -> None:
    class Failing(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise ValueError("no")

    x = torch.ones(3, requires_grad=True)
    y = Failing.apply(x * 2)
    with pytest.raises(ValueError, match="no"):
        y.sum().backward()
    node, leaf = weakref.ref(y.grad_fn), weakref.ref(x)
    del y, x
    assert node() is None
    assert leaf() is None


def test_gradients_of_a_hook_that_was_removed_are_free() -> None:
    seen: list[Any] = []
    x = torch.ones(3, requires_grad=True)
    handle = x.register_hook(lambda g: seen.append(weakref.ref(g)))
    x.sum().backward()
    handle.remove()
    assert seen[0]() is None


def test_a_graph_of_another_thread_dies_with_its_result() -> None:
    made: list[Any] = []
    x = torch.ones(3, requires_grad=True)

    def make() -> None:
        made.append((x * x).exp())

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    node = weakref.ref(made[0].grad_fn)
    made.pop().sum().backward()
    assert node() is None


@pytest.mark.parametrize("kind", ["operators", "function", "views"])
def test_a_long_graph_is_dropped_without_overflowing_the_stack(kind: str) -> None:
    steps = {"operators": lambda t: t + 1, "function": Cube.apply, "views": lambda t: t.view(-1)}
    x = torch.zeros(1, requires_grad=True)
    y = x * 1
    for _ in range(50_000):
        y = steps[kind](y)
    node = weakref.ref(y.grad_fn)
    del y
    assert node() is None
