"""functional, gradcheck, anomaly mode, edges, saved-tensor hooks, checkpointing: beside torch's behaviour."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.autograd import functional, graph, observing
from tapegrad.autograd.node import watchers
from tapegrad.utils.checkpoint import CheckpointError, checkpoint


@pytest.fixture
def without_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def rosenbrock(x: torch.Tensor) -> torch.Tensor:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


# -- functional -------------------------------------------------------------------------------------------------------


def test_hessian_is_the_jacobian_of_the_gradient() -> None:
    x = torch.tensor([0.5, 1.0, -1.5, 2.0], dtype=torch.float64)

    def gradient(x: torch.Tensor) -> torch.Tensor:
        return functional.jacobian(rosenbrock, x, create_graph=True)

    hessian = functional.hessian(rosenbrock, x).numpy()
    np.testing.assert_allclose(hessian, functional.jacobian(gradient, x).numpy())
    np.testing.assert_allclose(hessian, hessian.T)


def test_products_agree_with_the_whole_matrices() -> None:
    x = torch.tensor([0.5, 1.0, -1.5], dtype=torch.float64)
    v = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)

    def f(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.exp() * x.sum(), x.prod().reshape(1)])

    whole = functional.jacobian(f, x)
    u = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    np.testing.assert_allclose(functional.jvp(f, x, v)[1].numpy(), (whole @ v).numpy())
    np.testing.assert_allclose(functional.vjp(f, x, u)[1].numpy(), (u @ whole).numpy())
    hessian = functional.hessian(rosenbrock, x)
    np.testing.assert_allclose(functional.hvp(rosenbrock, x, v)[1].numpy(), (hessian @ v).numpy())
    np.testing.assert_allclose(functional.vhp(rosenbrock, x, v)[1].numpy(), (v @ hessian).numpy())


def test_a_function_that_raises_leaves_recording_as_it_was() -> None:
    def fails(x: torch.Tensor) -> torch.Tensor:
        raise KeyError("no")

    with torch.no_grad():
        with pytest.raises(KeyError):
            functional.jacobian(fails, torch.ones(2))
        assert not torch.is_grad_enabled()


# -- gradcheck --------------------------------------------------------------------------------------------------------


def test_gradcheck_puts_the_input_back_when_the_function_raises() -> None:
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)

    def fails_below_one(x: torch.Tensor) -> torch.Tensor:
        if x[0].item() < 1:
            raise KeyError("no")
        return x * x

    with pytest.raises(KeyError):
        torch.autograd.gradcheck(fails_below_one, x)
    assert x.tolist() == [1.0, 2.0]


def test_gradcheck_in_fast_mode_shows_the_whole_jacobians() -> None:
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: torch.Tensor) -> torch.Tensor:
            return g * 3

    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 0 with respect to input 0,") as caught:
        torch.autograd.gradcheck(Wrong.apply, x, fast_mode=True)
    assert "[3., 0.]" in str(caught.value)
    assert "[2.0000, 0.0000]" in str(caught.value)


# -- anomaly mode -----------------------------------------------------------------------------------------------------


def test_anomaly_mode_shows_no_frames_of_the_library_at_the_end() -> None:
    x = torch.zeros(2, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        y = torch.nn.functional.softmax(x, 0) * x.sqrt()
    lines = y.grad_fn.metadata["traceback_"]
    assert __file__ in lines[-1]
    assert "softmax(x, 0) * x.sqrt()" in lines[-1]


def test_anomaly_mode_leaves_nothing_behind() -> None:
    def divide_by_zero() -> None:
        with torch.autograd.set_detect_anomaly(True):
            ((x * 0) / x).sum().backward()

    x = torch.zeros(2, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(RuntimeError, match="returned nan values in its 1th output"):
            divide_by_zero()
    assert str(caught[0].message).startswith("Error detected in DivBackward0")
    assert "anomaly" not in observing.reasons
    assert not watchers
    assert x.grad is None


# -- saved tensors ----------------------------------------------------------------------------------------------------


def test_hooks_hold_nothing_after_backward(without_gc: None) -> None:
    x = torch.ones(2, requires_grad=True)
    alive = []

    def pack(t: torch.Tensor) -> torch.Tensor:
        copy = t.detach().clone()
        alive.append(weakref.ref(copy))
        return copy

    with graph.saved_tensors_hooks(pack, lambda t: t):
        y = (x * x).exp()
    y.sum().backward()
    assert len(alive) == 3
    assert not any(copy() for copy in alive)


def test_graphs_with_packed_tensors_die_by_reference_counting(without_gc: None) -> None:
    x = torch.ones(2, requires_grad=True)
    with graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        y = (x * 2).exp().sin()
    ref = weakref.ref(y.grad_fn)
    del y
    assert ref() is None


def test_hooks_belong_to_their_thread() -> None:
    seen: list[str] = []

    def other_thread() -> None:
        torch.ones(2, requires_grad=True).exp()

    with graph.saved_tensors_hooks(lambda t: seen.append("packed") or t, lambda t: t):
        thread = threading.Thread(target=other_thread)
        thread.start()
        thread.join()
    assert seen == []


def test_hooks_that_raise_leave_no_hooks_behind() -> None:
    with pytest.raises(ZeroDivisionError):
        with graph.saved_tensors_hooks(lambda t: 1 / 0, lambda t: t):
            torch.ones(2, requires_grad=True).sin()
    assert not watchers
    torch.ones(2, requires_grad=True).sin().sum().backward()


def test_hooks_cover_operators_of_several_results_and_of_sequences() -> None:
    x = torch.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=torch.float64, requires_grad=True)

    def f(x: torch.Tensor) -> torch.Tensor:
        values, _ = x.sort()
        return torch.cat([values * x, x.cumprod(0)]).prod() + x[x > 1].exp().sum()

    (plain,) = torch.autograd.grad(f(x), x)
    with graph.saved_tensors_hooks(lambda t: t.detach().clone(), lambda t: t):
        y = f(x)
    (packed,) = torch.autograd.grad(y, x)
    np.testing.assert_array_equal(packed.numpy(), plain.numpy())


def test_writes_into_views_work_with_hooks() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with graph.saved_tensors_hooks(lambda t: t.detach().clone(), lambda t: t):
        y = x * 1
        y[1:].mul_(y[:2].detach().clone())
        z = y.exp()
    z.sum().backward()
    expected = np.exp([1.0, 2.0, 6.0]) * [1.0, 1.0, 2.0]
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-6)


# -- checkpointing ----------------------------------------------------------------------------------------------------


def test_a_checkpointed_part_keeps_no_intermediate_values(without_gc: None) -> None:
    kept: list[Any] = []

    def part(x: torch.Tensor) -> torch.Tensor:
        y = x.exp()
        kept.append(weakref.ref(y._data))
        return (y * y).sin()

    z = checkpoint(part, torch.ones(2, requires_grad=True), use_reentrant=False)
    assert kept[0]() is None
    z.sum().backward()
    assert kept[1]() is None


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointed_graphs_die_by_reference_counting(reentrant: bool, without_gc: None) -> None:
    x = torch.ones(2, requires_grad=True)
    y = checkpoint(lambda x: (x * x).exp(), x, use_reentrant=reentrant)
    ref = weakref.ref(y.grad_fn)
    y.sum().backward()
    del y
    assert ref() is None


def test_a_changed_recomputation_leaves_gradients_alone() -> None:
    calls: list[int] = []

    def part(x: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return x.exp().sin() if len(calls) == 1 else x.exp()

    x = torch.ones(2, requires_grad=True)
    with pytest.raises(CheckpointError, match="A different number of tensors was saved"):
        checkpoint(part, x, use_reentrant=False).sum().backward()
    assert x.grad is None


# -- edges and passes -------------------------------------------------------------------------------------------------


def test_an_edge_without_a_known_shape_needs_a_cotangent() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    edge = graph.GradientEdge(y.grad_fn, 0)
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar outputs"):
        torch.autograd.grad(edge, x)
    assert torch.autograd.grad(edge, x, torch.ones(2))[0].tolist() == [2.0, 2.0]


def test_hooks_on_several_gradients_work_in_threads() -> None:
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    seen: list[Any] = []
    handle = graph.register_multi_grad_hook((x, y), lambda grads: seen.append([g.tolist() for g in grads]))
    (x * y).sum().backward()
    with handle:
        (x * y * 2).sum().backward()
    (x * y).sum().backward()
    assert seen == [[[1.0, 1.0], [1.0, 1.0]], [[2.0, 2.0], [2.0, 2.0]]]


# -- import -----------------------------------------------------------------------------------------------------------


def test_importing_the_package_loads_none_of_this() -> None:
    program = "import sys, tapegrad; print(*[m for m in sys.modules if m.startswith('tapegrad.')])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    for name in ("functional", "gradient_checks", "anomaly_mode", "saving", "multi_hooks", "inference"):
        assert "tapegrad.autograd." + name not in loaded
    assert "tapegrad.utils" not in loaded


def test_gradcheck_is_the_function_however_it_is_imported() -> None:
    from tapegrad.autograd.gradcheck import GradcheckError, gradcheck

    assert torch.autograd.gradcheck is gradcheck
    assert issubclass(GradcheckError, RuntimeError)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradcheck(torch.exp, torch.ones(2, dtype=torch.float64, requires_grad=True))
