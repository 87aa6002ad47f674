"""Sizes and Python numbers that differ from call to call: one program serves them all, where it can."""

from __future__ import annotations

import json
import math
import pickle
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.nn import functional as F

SIZES = (5, 7, 9, 20, 3, 1, 100, 0, 64, 300)


def randn(*shape: int, grad: bool = True) -> Any:
    """Random numbers that want a gradient."""
    return torch.randn(*shape).requires_grad_(grad)


def compiled(f: Any, **options: Any) -> Any:
    """A function compiled without native code."""
    return torch.compile(f, backend="numpy", **options)


def same_as_eager(f: Any, g: Any, arguments: list[Any]) -> None:
    """Results, gradients and random numbers of a call are those of the function as it is written."""
    twins = [x.detach().clone().requires_grad_(x.requires_grad) if hasattr(x, "grad") else x for x in arguments]
    state = torch.get_rng_state()
    expected = f(*arguments)
    after = torch.get_rng_state()
    torch.set_rng_state(state)
    found = g(*twins)
    assert torch.equal(torch.get_rng_state(), after)
    assert found.dtype is expected.dtype
    if expected.requires_grad:
        expected.sum().backward()
        found.sum().backward()
    np.testing.assert_array_equal(found.detach().numpy(), expected.detach().numpy(), strict=True)
    for x, y in zip(arguments, twins, strict=True):
        if getattr(x, "grad", None) is not None:
            np.testing.assert_array_equal(y.grad.numpy(), x.grad.numpy(), strict=True)


def sizes_of(g: Any) -> list[list[str]]:
    """For each program the names of the numbers that may differ."""
    return [list(call.plan.atoms) for call in g.calls]


# -- sizes -------------------------------------------------------------------------------------------------------------

torch.manual_seed(0)
MODEL = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
LAYER = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
NORM = torch.nn.BatchNorm1d(4, track_running_stats=False)
ANY_SIZE: dict[str, tuple[Callable[..., Any], Callable[[int], list[Any]]]] = {
    "pointwise": (lambda x: x * x * x.exp(), lambda n: [randn(n)]),
    "sum": (lambda x: (x * x).sum(), lambda n: [randn(n, 6)]),
    "mean": (lambda x: x.mean(), lambda n: [randn(n, 6)]),
    "mean_of_rows": (lambda x: x.mean(0) * 2, lambda n: [randn(n, 6)]),
    "softmax": (lambda x: x.softmax(-1), lambda n: [randn(n, 6)]),
    "softmax_over_it": (lambda x: x.softmax(0) * x, lambda n: [randn(n, 6)]),
    "layer_norm": (lambda x: F.layer_norm(x, (6,)), lambda n: [randn(n, 6)]),
    "batch_norm": (lambda x: NORM(x), lambda n: [randn(n + 2, 4)]),
    "perceptron": (lambda x: MODEL(x), lambda n: [randn(n, 4)]),
    "square_error": (lambda x, y: F.mse_loss(MODEL(x), y), lambda n: [randn(n, 4), randn(n, 3)]),
    "cross_entropy": (
        lambda x, y: F.cross_entropy(MODEL(x), y), lambda n: [randn(n + 2, 4), torch.arange(n + 2) % 3]
    ),
    "transformer_batch": (lambda x: LAYER(x), lambda n: [randn(n + 2, 5, 8)]),
    "transformer_length": (lambda x: LAYER(x), lambda n: [randn(3, n % 40 + 2, 8)]),
    "attention": (lambda x: F.scaled_dot_product_attention(x, x, x), lambda n: [randn(n + 2, 2, 3, 4)]),
    "viewed": (lambda x: x.view(x.shape[0], 6) * x.size(0), lambda n: [randn(n, 2, 3)]),
    "viewed_with_a_free_size": (lambda x: x.view(-1, 6).sum(0), lambda n: [randn(n, 2, 3)]),
    "flattened": (lambda x: x.flatten() * 2, lambda n: [randn(n, 2, 3)]),
    "turned": (lambda x: x.t().contiguous() @ x, lambda n: [randn(n, 4)]),
    "new_zeros": (lambda x: torch.zeros(x.shape[0], 4) + x, lambda n: [randn(n, 4)]),
    "joined": (lambda x, y: torch.cat([x, y, x]), lambda n: [randn(n, 4), randn(n + 3, 4)]),
    "stacked": (lambda x: torch.stack([x, x * 2], 1), lambda n: [randn(n, 4)]),
    "dropout": (lambda x: F.dropout(x, 0.5), lambda n: [randn(n, 4)]),
    "extremes": (lambda x: x.max(1).values + x.amin(1), lambda n: [randn(n, 4)]),
    "number_of_elements": (lambda x: x.sum() / x.numel(), lambda n: [randn(n + 2, 4)]),
    "length_is_branched_on": (lambda x: x * 2 if x.shape[0] > 8 else x * 3, lambda n: [randn(n, 4)]),
    "two_sizes_that_must_be_equal": (lambda x, y: x + y, lambda n: [randn(n, 4), randn(n, 4)]),
}  # fmt: skip


@pytest.mark.parametrize("name", ANY_SIZE)
def test_one_program_serves_many_sizes(name: str) -> None:
    f, make = ANY_SIZE[name]
    g = compiled(f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in SIZES:
            same_as_eager(f, g, make(n))
    assert any("n0" in names for names in sizes_of(g))
    assert len(g.calls) <= 5
    assert not g.dropped


CERTAIN_SIZES: dict[str, tuple[Callable[..., Any], Callable[[int], list[Any]]]] = {
    "counted_with_range": (lambda x: sum(x[0] * i for i in range(len(x))), lambda n: [randn(n + 1, 2)]),
    "looked_up": (lambda x: x * [1.0, 2.0, 2.0][x.shape[0] % 3], lambda n: [randn(n, 2)]),
    "rounded": (lambda x: x * math.floor(math.sqrt(x.shape[0])), lambda n: [randn(n, 2)]),
    "smaller_one": (lambda x: x * min(x.shape[0], 8), lambda n: [randn(n, 2)]),
    "rows_left_out": (lambda x: x[:10] * 2, lambda n: [randn(n, 2)]),
    "printed": (lambda x: x * len(f"{x.shape[0]}"), lambda n: [randn(n, 2)]),
    "mask_of_one_size": (lambda x: x * (MASK if x.shape[0] == 7 else 2), lambda n: [randn(n, 2)]),
    "divided": (lambda x: x * (x.shape[0] // 2), lambda n: [randn(n, 2)]),
    "key_of_a_dictionary": (lambda x: x * {5: 2.0, 7: 3.0}.get(x.shape[0], 4.0), lambda n: [randn(n, 2)]),
    "chunked": (lambda x: sum(part.sum() for part in x.chunk(3)), lambda n: [randn(n + 1, 2)]),
    "convolved": (lambda x: F.conv1d(x, torch.ones(2, 1, 3)), lambda n: [randn(n + 1, 1, 8)]),
    "looked_at_by_row": (lambda x: sum(row * 2 for row in x), lambda n: [randn(n % 9 + 2, 2)]),
}
MASK = torch.ones(7, 2) * 5


@pytest.mark.parametrize("name", CERTAIN_SIZES)
def test_what_depends_on_a_size_in_other_ways_is_never_wrong(name: str) -> None:
    f, make = CERTAIN_SIZES[name]
    g = compiled(f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in (*SIZES, 6, 7, 7, 8, 9):
            same_as_eager(f, g, make(n))


@pytest.mark.parametrize("name", CERTAIN_SIZES)
def test_nor_if_all_sizes_may_differ_from_the_start(name: str) -> None:
    f, make = CERTAIN_SIZES[name]
    g = compiled(f, dynamic=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in (5, 5, 5, 6, 7, 8, 20):
            same_as_eager(f, g, make(n))


def test_a_size_differs_once_it_has_differed() -> None:
    g = compiled(lambda x: x * 2)
    for n in (4, 4, 4):
        g(torch.ones(n, 3))
    assert sizes_of(g) == [[]]
    for n in (5, 6, 7):
        g(torch.ones(n, 3))
    assert sizes_of(g) == [["n0"]]
    assert "args[0]: float32 [n0, 3]" in g.report()


def test_what_makes_a_size_certain_is_reported_with_its_line() -> None:
    def f(x: Any) -> Any:
        return sum(x * i for i in range(x.shape[0]))  # this line

    g = compiled(f)
    for n in (3, 3, 4, 4):
        g(torch.ones(n, 2))
    (line,) = [line for line in g.report().splitlines() if "n0 is 4" in line]
    assert "is needed as a plain number at line" in line
    assert "# this line" in line


@pytest.mark.parametrize("name", ["pointwise", "softmax"])
def test_native_loops_serve_any_size(name: str) -> None:
    pytest.importorskip("numba")
    f = ANY_SIZE[name][0]
    g = torch.compile(f, backend="numba")
    for n in (400, 500, 600, 700):
        x = (torch.linspace(-1, 1, n * 6).reshape(n, 6)).requires_grad_()
        y = x.detach().clone().requires_grad_()
        found, expected = g(x), f(y)
        (found * found).sum().backward()
        (expected * expected).sum().backward()
        np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-4, atol=1e-5)
    assert [(list(call.plan.atoms), call.tier) for call in g.calls] == [(["n0"], "native")]
    assert "kernel(" in g.source()


def test_dynamic_false_makes_a_program_per_size() -> None:
    g = compiled(lambda x: x * 2, dynamic=False)
    for n in (4, 4, 4, 5, 5, 5, 6, 6, 6):
        g(torch.ones(n, 3))
    assert sizes_of(g) == [[], [], []]


def test_dynamic_true_makes_one_for_all_sizes_at_once() -> None:
    g = compiled(lambda x: x * 2, dynamic=True)
    for _ in range(4):
        g(torch.ones(4, 3))
    assert sizes_of(g) == [["n0", "n1"]]
    assert g(torch.ones(9, 5)).shape == (9, 5)
    assert len(g.calls) == 1


def test_a_program_for_any_size_is_not_made_anew() -> None:
    g = compiled(lambda x: x * 2)
    for n in range(2, 60):
        g(torch.ones(n, 3))
    assert len(g.calls) == 1


def test_shapes_that_do_not_fit_are_refused_as_ever() -> None:
    g = compiled(lambda x, y: x + y)
    for n in (4, 4, 5, 6):
        g(torch.ones(n), torch.ones(n))
    with pytest.raises(RuntimeError, match="The size of tensor a"):
        g(torch.ones(8), torch.ones(9))
    assert g(torch.ones(8), torch.ones(1)).shape == (8,)


def test_second_derivatives_for_any_size() -> None:
    g = compiled(lambda x: (x**3).sum())
    for n in (3, 4, 5, 6):
        x = torch.arange(float(n), requires_grad=True)
        (first,) = torch.autograd.grad(g(x), x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), x)
        assert torch.equal(second, 6 * x.detach())
    assert sizes_of(g) == [["n0"]]


def test_unused_results_get_zeros_of_the_right_size() -> None:
    g = compiled(lambda x: (x * 2, x.sum(1)))
    for n in (3, 4, 5, 6):
        x = randn(n, 2)
        g(x)[1].sum().backward()
        assert torch.equal(x.grad, torch.ones(n, 2))
    assert ["n0"] in sizes_of(g)


def test_sizes_that_are_returned_are_plain_numbers() -> None:
    g = compiled(lambda x: (x * 2, x.shape[0], x.shape, x.shape[0] * 1.5))
    for n in (3, 4, 5, 6, 7):
        _, size, shape, more = g(torch.ones(n, 2))
        assert type(size) is int
        assert type(shape) is torch.Size
        assert json.dumps([size, *shape, more]) == f"[{n}, {n}, 2, {n * 1.5}]"
        assert pickle.loads(pickle.dumps(shape)) == (n, 2)
    assert sizes_of(g) == [["n0"]]


def test_nothing_is_left_of_numbers_that_differ() -> None:
    seen: list[Any] = []
    options = {"scale": 2.0}

    def f(x: Any, k: Any) -> Any:
        if not seen:
            seen.append((x.shape[0], k, options["scale"]))
        return x * k * options["scale"]

    g = compiled(f)
    for n in range(3, 9):
        options["scale"] = n / 2
        assert torch.equal(g(torch.ones(n), n), torch.full((n,), n * n / 2))
    assert [type(x) for x in seen[0]] == [int, int, float]
    assert type(options["scale"]) is float


def test_other_threads_make_arrays_as_ever_while_sizes_are_watched() -> None:
    stop = threading.Event()
    wrong: list[Any] = []

    def eager() -> None:
        while not stop.is_set():
            x = torch.zeros(7, 3) + torch.arange(3)
            if not (x.sum() == 21 and type(x._data) is np.ndarray and type(x.shape[0]) is int):
                wrong.append(x)

    thread = threading.Thread(target=eager)
    thread.start()
    for k in range(8):
        g = compiled(lambda x, k=k: torch.zeros(x.shape[0], 3) + x.sum(0) * k)
        for n in (4, 4, 5, 6):
            g(torch.ones(n, 3))
        assert sizes_of(g) == [["n0"]]
    stop.set()
    thread.join()
    assert not wrong
    assert np.zeros.__module__ == "numpy"


# -- Python numbers ----------------------------------------------------------------------------------------------------

FLOATS = (1.5, 2.5, 3.0, -0.0, 7.25, 2.5, 100.0, -1.0, 0.0, float("nan"), float("inf"), 1e300)
WHOLE = (1, 2, 3, 0, 7, -5, 100, 2**40, True)
NUMBERS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "times": (lambda x, k: x * k, FLOATS),
    "times_whole": (lambda x, k: x * k, WHOLE),
    "minus": (lambda x, k: k - x, FLOATS),
    "divided": (lambda x, k: x / k, FLOATS),
    "divided_by": (lambda x, k: k / x, WHOLE),
    "temperature": (lambda x, k: torch.softmax(x / (1 + k), 0), FLOATS),
    "scaled_sum": (lambda x, k: torch.add(x, x, alpha=k), (*FLOATS[:-1], 1e38)),
    "branched_on": (lambda x, k: x * 2 if k > 2 else x * 3, FLOATS),
    "computed_with": (lambda x, k: x * (1 - 0.9 ** (abs(k) % 7 + 1)) + k * 2 / 3, FLOATS),
    "step_counter": (lambda x, k: x * (k % 3) + (k // 2), WHOLE),
    "compared": (lambda x, k: (x > k).float(), FLOATS),
    "clamped": (lambda x, k: x.clamp(max=k), FLOATS),
    "power": (lambda x, k: x.abs() ** k, FLOATS),
    "slope": (lambda x, k: F.leaky_relu(x, k), FLOATS),
    "integers": (lambda x, k: (x * 10).int() * k, WHOLE[:7]),
    "filled": (lambda x, k: torch.full((5,), k) * x, FLOATS[:8]),
    "index": (lambda x, k: x.detach()[k] * 2, (0, 1, 2, 3, 4, -1, 1)),
    "counted": (lambda x, k: sum(x * i for i in range(k)) + x, (1, 2, 3, 0, 2)),
    "logarithm": (lambda x, k: x * math.floor(math.log2(k)), (2, 3, 5, 9, 17, 4)),
    "text": (lambda x, k: x * len(str(k)), (2, 3, 55, 9, 17, 4)),
    "kind": (lambda x, k: x * (2 if isinstance(k, int) else 3), (2, 3, 55, 9.0, 17, 4.5)),
    "several": (lambda x, k: x * k[0] + k[1] * k[0], ((1.0, 2.0), (2.0, 2.0), (3.0, 5.0), (4.0, 6.0))),
}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.filterwarnings("ignore")
def test_numbers_that_differ_give_what_they_give_as_written(name: str) -> None:
    f, values = NUMBERS[name]
    g = compiled(f)
    for value in values:
        if not (name == "divided" and value == 0):
            same_as_eager(f, g, [randn(5), value])


def test_a_factor_beyond_the_type_is_refused_though_others_have_a_program() -> None:
    g = compiled(lambda x, k: torch.add(x, x, alpha=k))
    for k in (1.5, 2.5, 3.0, -1.0, 7.25):
        g(randn(5), k)
    with pytest.raises(RuntimeError, match="without overflow"):
        g(randn(5), 1e300)


@pytest.mark.parametrize("name", ["times", "temperature", "minus", "scaled_sum", "clamped", "several"])
def test_numbers_become_inputs_after_the_second_value(name: str) -> None:
    f, values = NUMBERS[name]
    g = compiled(f)
    for value in values[:3]:
        g(torch.ones(5), value)
    (program,) = g.calls
    run = program.run
    assert program.plan.atoms
    for value in values[3:5]:
        g(torch.ones(5), value)
    assert [call.run for call in g.calls] == [run]


@pytest.mark.parametrize("make", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "Rprop"])
def test_a_learning_rate_that_is_scheduled_does_not_make_programs(make: str) -> None:
    def losses(wrap: Any) -> list[float]:
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
        optimizer = getattr(torch.optim, make)(model.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        f = wrap(step)
        found = []
        for i in range(12):
            found.append(f(torch.ones(4, 3) * i, torch.ones(4, 1)).item())
            scheduler.step()
        assert type(optimizer.param_groups[0]["lr"]) is float
        return found

    made: list[Any] = []

    def wrapped(f: Any) -> Any:
        made.append(compiled(f))
        return made[0]

    assert losses(wrapped) == losses(lambda f: f)
    assert [next(iter(call.plan.atoms.values()))[0] for call in made[0].calls] == ["place"]


def test_only_one_thread_at_a_time_captures_and_the_others_go_on() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(x: Any) -> Any:
        inside.set()
        go_on.wait(10)
        return x * 2

    slow_one, quick = compiled(slow), compiled(lambda x: x * 3)
    thread = threading.Thread(target=lambda: slow_one(torch.ones(2)))
    thread.start()
    assert inside.wait(10)
    assert quick(torch.ones(2)).tolist() == [3.0, 3.0]  # and does not wait for the other
    go_on.set()
    thread.join()
