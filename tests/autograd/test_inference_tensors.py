"""Tensors made under inference_mode, and the others, which know nothing of it."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.tensor.tensor import allocate, noted

AFTERWARDS = "Inplace update to inference tensor outside InferenceMode is not allowed"


def made_inside() -> Any:
    with torch.inference_mode():
        return torch.ones(3)


@pytest.mark.parametrize(
    "write",
    [
        lambda a: a.add_(1),
        lambda a: a.zero_(),
        lambda a: a.fill_(5.0),
        lambda a: a.exp_(),
        lambda a: a.uniform_(),
        lambda a: a.copy_(torch.zeros(3)),
        lambda a: a.__setitem__(0, 5.0),
        lambda a: a.__setitem__(torch.ones(3) > 0, 5.0),
        lambda a: torch.exp(torch.ones(3), out=a),
        lambda a: a[0].add_(1),
        lambda a: a.view(3).mul_(2),
        lambda a: a.detach().mul_(2),
        lambda a: a.data.mul_(2),
        lambda a: torch.nn.init.zeros_(a),
    ],
)
def test_a_refused_write_changes_nothing(write: Any) -> None:
    a = made_inside()
    with pytest.raises(RuntimeError, match=AFTERWARDS):
        write(a)
    assert a.tolist() == [1.0, 1.0, 1.0]


def test_a_refused_gradient_changes_nothing() -> None:
    w = torch.ones(3, requires_grad=True)
    w.grad = made_inside()
    with pytest.raises(RuntimeError, match=AFTERWARDS):
        w.sum().backward()
    assert w.grad.tolist() == [1.0, 1.0, 1.0]


def test_clones_made_afterwards_are_ordinary() -> None:
    a = made_inside().clone()
    a.add_(1)
    w = torch.ones(3, requires_grad=True)
    (w * a).sum().backward()
    assert not a.is_inference()
    assert a._version == 1
    assert w.grad.tolist() == [2.0, 2.0, 2.0]


def test_tensors_of_the_mode_die_within_it() -> None:
    gc.disable()
    try:
        with torch.inference_mode():
            a = torch.ones(3)
            dead = weakref.ref(a * 2)
            assert dead() is None
            first = weakref.ref(a)
            del a
            assert first() is None
    finally:
        gc.enable()


def test_what_is_noted_does_not_grow_with_the_number_of_operations() -> None:
    with torch.inference_mode():
        a = torch.ones(3)
        for _ in range(2000):
            a = a + 1
        (notes,) = noted.values()
        assert len(notes) < 100


def test_nothing_is_noted_outside_of_the_mode() -> None:
    plain = allocate.func
    with torch.inference_mode():
        assert allocate.func is not plain
        with torch.inference_mode(False):
            assert allocate.func is plain
    assert allocate.func is plain
    assert not noted


def test_the_mode_ends_after_an_error() -> None:
    plain = allocate.func
    a = torch.ones(1)

    def fail() -> None:
        nonlocal a
        with torch.inference_mode():
            a = torch.ones(1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert a.is_inference()
    assert allocate.func is plain
    assert torch.is_grad_enabled()


def test_threads_in_the_mode_do_not_see_each_other() -> None:
    ready, done = threading.Barrier(2), threading.Barrier(2)
    seen: dict[str, Any] = {}

    def infer() -> None:
        with torch.inference_mode():
            ready.wait()
            seen["inside"] = torch.ones(2)
            done.wait()

    def train() -> None:
        ready.wait()
        w = torch.ones(2, requires_grad=True)
        (w * w).sum().backward()
        seen["outside"] = w
        done.wait()

    threads = [threading.Thread(target=run) for run in (infer, train)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen["inside"].is_inference()
    assert not seen["outside"].is_inference()
    assert seen["outside"].grad.tolist() == [2.0, 2.0]


def test_modules_infer_and_train_in_turn() -> None:
    w = torch.ones(2, requires_grad=True)
    for _ in range(3):
        w.grad = None
        (w * w).sum().backward()
        with torch.inference_mode():
            assert (w * w).is_inference()
            w -= 0.25 * w.grad
    assert w.tolist() == [0.125, 0.125]
    assert not w.is_inference()
