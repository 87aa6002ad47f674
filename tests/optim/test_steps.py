"""Steps of the optimizers: against plain formulas, on all kinds of arrays, recorded and not."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.optim import words

NAMES = ("SGD", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop")
# Options by which as much as possible of each update runs.
OPTIONS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    "Adam": {"amsgrad": True, "weight_decay": 0.1},
    "AdamW": {"weight_decay": 0.1},
    "Adadelta": {"weight_decay": 0.1},
    "Adagrad": {"weight_decay": 0.1, "lr_decay": 0.1},
    "Adamax": {"weight_decay": 0.1},
    "ASGD": {"weight_decay": 0.1, "t0": 1},
    "NAdam": {"weight_decay": 0.1},
    "RAdam": {"weight_decay": 0.1},
    "RMSprop": {"weight_decay": 0.1, "momentum": 0.5, "centered": True},
    "Rprop": {},
}


def make(name: str, params: list[Any], **more: Any) -> Any:
    return getattr(torch.optim, name)(params, lr=0.05, **OPTIONS[name], **more)


def gradient(x: np.ndarray[Any, Any], n: int) -> np.ndarray[Any, Any]:
    result: np.ndarray[Any, Any] = x - 0.3 + np.sin(np.arange(x.size, dtype=x.dtype).reshape(x.shape) + n)
    return result


def run(name: str, start: Any, steps: int = 12, **more: Any) -> np.ndarray[Any, Any]:
    """Where a parameter ends that is given as an array, or as a tensor."""
    p = torch.nn.Parameter(start if isinstance(start, torch.Tensor) else torch.from_numpy(start.copy()))
    optimizer = make(name, [p], **more)
    for n in range(steps):
        p.grad = torch.from_numpy(np.array(gradient(p.detach().numpy(), n)))
        optimizer.step()
    result: np.ndarray[Any, Any] = p.detach().numpy()
    return result


# -- formulas ----------------------------------------------------------------------------------------------------------


def test_sgd_is_its_formula() -> None:
    p, b = 2.0, 0.0
    for n in range(12):
        g = float(gradient(np.array([p]), n)[0]) + 0.1 * p
        b = g if n == 0 else 0.9 * b + g
        p -= 0.05 * (g + 0.9 * b)
    assert run("SGD", np.array([2.0]))[0] == pytest.approx(p, rel=1e-14)


def test_adam_is_its_formula() -> None:
    p, m, v = 2.0, 0.0, 0.0
    for t in range(1, 13):
        g = float(gradient(np.array([p]), t - 1)[0])
        p *= 1 - 0.05 * 0.1
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        p -= 0.05 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
    assert run("AdamW", np.array([2.0]))[0] == pytest.approx(p, rel=1e-13)


def test_rprop_reacts_to_signs_alone() -> None:
    p = torch.nn.Parameter(torch.zeros(4))
    optimizer = torch.optim.Rprop([p], lr=1.0, etas=(0.5, 2.0), step_sizes=(0.25, 3.0))
    for g in ([1.0, 1.0, -5.0, 0.0], [2.0, -1.0, -1.0, 1.0], [9.0, -1.0, -1.0, 1.0]):
        p.grad = torch.tensor(g)
        optimizer.step()
    # steps: 1, 2, 3; 1, none, 0.5; 1, 2, 3; none, 1, 2
    assert p.tolist() == [-6.0, -0.5, 6.0, -3.0]


def test_muon_makes_singular_values_alike() -> None:
    w = torch.nn.Parameter(torch.zeros(6, 4))
    optimizer = torch.optim.Muon([w], lr=1.0, weight_decay=0, adjust_lr_fn="match_rms_adamw")
    torch.manual_seed(0)
    w.grad = torch.randn(6, 4) @ torch.diag(torch.tensor([1.0, 2.0, 4.0, 8.0]))
    optimizer.step()
    values = np.linalg.svd(w.detach().numpy(), compute_uv=False) / (0.2 * math.sqrt(6))
    assert 0.6 < values.min() and values.max() < 1.3


# -- all kinds of arrays -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layout", ["columns", "strided", "reversed rows"])
def test_the_layout_in_memory_does_not_matter(name: str, layout: str) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((4, 6))
    if layout == "columns":
        p = torch.from_numpy(np.asfortranarray(rows))
    elif layout == "strided":
        p = torch.from_numpy(np.repeat(rows, 2, axis=1)[:, ::2])
    else:
        p = torch.from_numpy(np.ascontiguousarray(rows.swapaxes(0, 1))).t()
    np.testing.assert_array_equal(run(name, p), run(name, rows))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_parameters_are_updated_as_small_ones(name: str, dtype: str) -> None:
    """They go through the update by the piece; every element must come out as if it were alone."""
    size = 2 * words.PIECE + 17
    start = np.random.default_rng(0).standard_normal(size).astype(dtype)
    whole = run(name, start, steps=3)
    ends = [slice(0, 40), slice(words.PIECE - 20, words.PIECE + 20), slice(size - 40, size)]
    for part in ends:
        p = torch.nn.Parameter(torch.from_numpy(start[part].copy()))
        optimizer = make(name, [p])
        for n in range(3):
            noise = np.sin(np.arange(size, dtype=dtype) + n)[part]
            x = p.detach().numpy()
            p.grad = torch.from_numpy((x - 0.3 + noise).astype(dtype))
            optimizer.step()
        np.testing.assert_array_equal(p.detach().numpy(), whole[part])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("order", ["C", "F", "strided"])
def test_large_parameters_of_any_layout(name: str, order: str) -> None:
    rng = np.random.default_rng(0)
    start = rng.standard_normal((300, 500)).astype("f")
    p = torch.from_numpy(np.repeat(start, 2, axis=0)[::2] if order == "strided" else np.array(start, order=order))
    np.testing.assert_array_equal(run(name, p, steps=2), run(name, start, steps=2))


@pytest.mark.parametrize("name", NAMES)
def test_real_and_imaginary_parts_are_parameters_of_their_own(name: str) -> None:
    start = np.array([1 + 2j, -0.5 + 0.25j, 3 - 1j])
    pairs = start.view(float).reshape(-1, 2)
    p, q = torch.nn.Parameter(torch.from_numpy(start.copy())), torch.nn.Parameter(torch.from_numpy(pairs.copy()))
    first, second = make(name, [p]), make(name, [q])
    for n in range(5):
        g = gradient(q.detach().numpy(), n)
        q.grad = torch.from_numpy(g)
        p.grad = torch.from_numpy(g.reshape(-1).view(complex))
        first.step()
        second.step()
    np.testing.assert_array_equal(p.detach().numpy().view(float).reshape(-1, 2), q.detach().numpy())


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_that_is_expanded_cannot_be_written_into(name: str) -> None:
    p = torch.zeros(1).expand(3).requires_grad_()
    p.grad = torch.ones(3)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to a single memory"):
        make(name, [p]).step()


@pytest.mark.parametrize("name", NAMES)
def test_no_warning_where_numbers_are_not_finite(name: str) -> None:
    p = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
    optimizer = make(name, [p])
    for value in (float("inf"), float("nan"), 3e38, 0.0):
        p.grad = torch.full((3,), value)
        optimizer.step()  # a warning would be an error


# -- states ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_states_do_not_share_memory_with_scratch_or_gradients(name: str) -> None:
    p = torch.nn.Parameter(torch.ones(3))
    optimizer = make(name, [p])
    p.grad = torch.tensor([1.0, 2.0, 3.0])
    optimizer.step()
    arrays = [t._data for t in (p, p.grad, *optimizer.state[p].values())]
    arrays += list(words._scratch.memory.values())
    for i, a in enumerate(arrays):
        assert not any(np.shares_memory(a, b) for b in arrays[:i])


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_only_read(name: str) -> None:
    p = torch.nn.Parameter(torch.ones(3))
    p.grad = torch.tensor([1.0, 2.0, 3.0])
    p.grad._data.flags.writeable = False
    make(name, [p], maximize=True).step()
    assert p.grad.tolist() == [1.0, 2.0, 3.0]


def test_steps_in_two_threads_do_not_mix_up_their_scratch() -> None:
    expected = [run("Adam", np.full(1000, float(i)), steps=200) for i in range(4)]
    found: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda i=i: found.__setitem__(i, run("Adam", np.full(1000, float(i)), steps=200)))
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, end in enumerate(expected):
        np.testing.assert_array_equal(found[i], end)


# -- recorded steps ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_recorded_steps_compute_the_same(name: str) -> None:
    """Adam counts its steps in single precision then, as in torch."""
    w = torch.tensor([1.0, -0.5, 2.0], dtype=torch.float64, requires_grad=True)
    p = w.clone()
    optimizer = make(name, [p], differentiable=True)
    for n in range(4):
        p.grad = torch.from_numpy(gradient(p.detach().numpy(), n))
        optimizer.step()
    expected = run(name, np.array([1.0, -0.5, 2.0]), steps=4)
    np.testing.assert_allclose(p.detach().numpy(), expected, rtol=1e-4 if "Adam" in name else 1e-12)
    p.sum().backward()
    assert bool(w.grad.isfinite().all())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Rprop"])  # whose steps do not depend on the values
def test_the_derivative_through_steps_is_that_of_differences(name: str) -> None:
    def end(scale: Any) -> Any:
        p = torch.tensor([1.0, -0.5], dtype=torch.float64, requires_grad=True).clone()
        optimizer = make(name, [p], differentiable=True)
        if name == "SGD":  # whose momentum starts cut off from the graph, as in torch
            optimizer.param_groups[0].update(momentum=0, nesterov=False)
        for n in range(3):
            p.grad = scale * torch.tensor([1.0 + n, -2.0], dtype=torch.float64) + 0.5
            optimizer.step()
        return (p * torch.tensor([1.0, 3.0], dtype=torch.float64)).sum()

    scale = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    end(scale).backward()
    h = 1e-5
    high, low = (end(torch.tensor(0.7 + s, dtype=torch.float64)).item() for s in (h, -h))
    assert scale.grad.item() == pytest.approx((high - low) / (2 * h), rel=1e-5, abs=1e-8)


def test_a_learning_rate_is_learned_by_gradient() -> None:
    lr = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    p = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True).clone()
    optimizer = torch.optim.SGD([p], lr=lr, differentiable=True)
    p.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    optimizer.step()
    (p**2).sum().backward()
    assert lr.grad.item() == pytest.approx(-2 * (0.7 * 3 + 1.6 * 4))


@pytest.mark.parametrize("name", NAMES)
def test_steps_are_written_into_the_parameter_and_counted(name: str) -> None:
    p = torch.nn.Parameter(torch.ones(3))
    alias, before = p.detach(), p._version
    p.grad = torch.ones(3)
    make(name, [p]).step()
    assert alias.tolist() == p.tolist() != [1.0, 1.0, 1.0]
    assert p._version > before


# -- L-BFGS ------------------------------------------------------------------------------------------------------------


def test_lbfgs_solves_rosenbrock() -> None:
    x = torch.nn.Parameter(torch.tensor([-1.2, 1.0], dtype=torch.float64))
    optimizer = torch.optim.LBFGS([x], max_iter=100, tolerance_change=1e-16, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == pytest.approx(24.2)
    np.testing.assert_allclose(x.detach().numpy(), [1.0, 1.0], atol=1e-6)


def test_lbfgs_of_a_quadratic_needs_few_steps() -> None:
    rng = np.random.default_rng(0)
    a = torch.from_numpy(np.diag([1.0, 3.0, 10.0, 30.0]))
    b = torch.from_numpy(rng.standard_normal(4))
    x = torch.nn.Parameter(torch.zeros(4, dtype=torch.float64))
    optimizer = torch.optim.LBFGS([x], line_search_fn="strong_wolfe", tolerance_change=1e-16)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = x @ a @ x / 2 - b @ x
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(x.detach().numpy(), b.numpy() / [1, 3, 10, 30], atol=1e-8)
    assert optimizer.state[x]["func_evals"] < 40


def test_lbfgs_forgets_the_oldest_steps() -> None:
    x = torch.nn.Parameter(torch.tensor([-1.2, 1.0], dtype=torch.float64))
    optimizer = torch.optim.LBFGS([x], max_iter=30, history_size=3, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
        loss.backward()
        return loss

    optimizer.step(closure)
    assert len(optimizer.state[x]["old_dirs"]) == len(optimizer.state[x]["ro"]) == 3
