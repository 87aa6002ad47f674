"""The tape and the engine: size, lifetime, threads, failure."""

from __future__ import annotations

import gc
import sys
import threading
import tracemalloc
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad import errors


@pytest.fixture
def without_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_chain_of_100_000_operations_goes_backward() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = y * 1.0 + 0.0
    y.backward()
    assert x.grad.item() == 1.0


def test_a_graph_of_a_million_nodes_is_dropped_without_overflowing_the_stack() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = -y
    del y
    assert x.grad is None


def test_a_graph_dies_without_the_garbage_collector(without_gc: None) -> None:
    x = torch.ones(3, requires_grad=True)
    saved_input, saved_output, view = x * x, x.exp(), x[1:]
    for y in (saved_input, saved_output, view, saved_output.detach(), torch.softmax(x, 0)):
        (y * 1).sum()
    split = list(x.split(1))
    nodes = [weakref.ref(t.grad_fn) for t in (saved_input, saved_output, view, split[0])]
    del saved_input, saved_output, view, y, split
    assert [node() for node in nodes] == [None] * 4


def test_10_000_training_iterations_keep_memory_flat_without_the_garbage_collector(without_gc: None) -> None:
    torch.manual_seed(0)
    w = torch.randn(3, 1, requires_grad=True)
    x, t = torch.randn(8, 3), torch.randn(8, 1)

    def iterate(times: int) -> None:
        for _ in range(times):
            loss = ((torch.tanh(x @ w) - t) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w.sub_(0.01 * w.grad)
            w.grad = None

    iterate(200)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    iterate(10_000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 10_000


def test_threads_add_to_a_shared_leaf_without_losing_anything() -> None:
    w = torch.zeros(100, requires_grad=True)

    def work() -> None:
        for _ in range(200):
            (w * 1.0).sum().backward()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert w.grad.tolist() == [800.0] * 100


def test_a_thread_that_ends_with_recording_off_does_not_pass_it_on() -> None:
    seen: list[bool] = []
    for _ in range(5):
        for body in (lambda: torch.set_grad_enabled(False), lambda: seen.append(torch.is_grad_enabled())):
            thread = threading.Thread(target=body)
            thread.start()
            thread.join()
    assert seen == [True] * 5


def test_an_exception_in_a_rule_leaves_every_gradient_as_it_was() -> None:
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    a = w * 2
    y = (x * 3 + (a * a).exp()).sum()
    with torch.no_grad():
        a.add_(1)
    x.grad = torch.zeros(2)
    with pytest.raises(errors.SavedTensorModifiedError):
        y.backward()
    assert x.grad.tolist() == [0.0, 0.0]
    assert w.grad is None


def test_floating_point_events_are_silent_in_every_thread_and_under_any_filter() -> None:
    problems: list[BaseException] = []

    def work() -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                x = torch.tensor([0.0, -1.0, 1e30], requires_grad=True)
                for y in (1 / x, torch.log(x), torch.sqrt(x), x * 1e30, torch.exp(x), x**-2.5, x / 0.0, x.std()):
                    y.sum().backward()
        except BaseException as error:  # handed to the test's thread
            problems.append(error)

    work()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert problems == []


def test_numpys_own_warnings_are_left_alone() -> None:
    torch.log(torch.tensor([0.0]))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.log(np.zeros(1))


def test_a_gradient_that_nobody_else_holds_is_taken_over() -> None:
    x = torch.ones(1000, requires_grad=True)
    seen: list[Any] = []
    y = x * 2.0
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append(inputs[0].data_ptr()))
    y.sum().backward()
    assert [x.grad.data_ptr()] == seen


@pytest.mark.parametrize("kind", ["sum", "view", "expanded"])
def test_a_leaf_never_shares_its_gradient_with_another_tensor(kind: str) -> None:
    x, y = torch.ones(2, 2, requires_grad=True), torch.ones(2, 2, requires_grad=True)
    cotangent = torch.ones(2, 2)
    if kind == "sum":
        (x + y).backward(cotangent)
    elif kind == "view":
        (x.t() + y.reshape(4).view(2, 2)).backward(cotangent)
    else:
        (x.sum() + y.sum()).backward()
    x.grad.fill_(7)
    assert y.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert cotangent.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_messages_name_what_was_found_and_what_to_write() -> None:
    with pytest.raises(errors.NonScalarError, match=r"(?s)scalar outputs.*shape \(2,\).*sum\(\)"):
        (torch.ones(2, requires_grad=True) * 2).backward()
    with pytest.raises(errors.NoGradientError, match="train nothing"):
        torch.ones(2).sum().backward()


@pytest.mark.parametrize("name", [n for n in vars(errors) if n.endswith("Error") and n != "AutogradError"])
def test_every_error_is_the_builtin_that_torch_raises(name: str) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, (RuntimeError, IndexError))
