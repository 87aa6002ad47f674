"""Native loops give what NumPy gives, to rounding; they need Numba."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapegrad as torch

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="native code needs Numba, the extra compile"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def loops(monkeypatch: Any) -> None:
    """Loops for small programs, too."""
    choosing = importlib.import_module("tapegrad.compile.native.whole.choosing")
    monkeypatch.setattr(choosing, "in_few_calls", lambda *args: None)


SPECIAL = [0.0, -0.0, 1.0, -1.0, float("nan"), float("inf"), -float("inf"), 1e-40, 3e38, -88.5, 0.5]


def values(*shape: int, dtype: Any = torch.float32, special: bool = False) -> Any:
    """Numbers, the special ones among them if wanted."""
    rng = np.random.default_rng(1)
    a = rng.standard_normal(shape)
    if special:
        a.reshape(-1)[: len(SPECIAL)] = SPECIAL
    return torch.from_numpy(a).to(dtype)


CALLS: dict[str, Callable[[Any], Any]] = {
    "chain": lambda x: (x * x * x.exp() + 1) / (x.abs() + 2) - x,
    "functions": lambda x: x.sin() * x.cos() + x.tanh() + x.expm1() + (x.abs() + 1).log() + x.square().log1p(),
    "extrema": lambda x: torch.maximum(x, x * 2) - torch.minimum(x, -x) + x.clamp(-0.5, 0.5) + x.relu(),
    "where": lambda x: torch.where(x > 0.1, x * 2, x - 1) + torch.where(x != x, 0.0, 1.0) * (x <= 0),
    "rows_and_columns": lambda x: (x - x.mean(1, keepdim=True)) * x[0] + x[:, :1] * 2,
    "softmax": lambda x: torch.softmax(x, -1),
    "log_softmax": lambda x: torch.log_softmax(x, -1),
    "layer_norm": lambda x: torch.nn.functional.layer_norm(x, x.shape[-1:]),
    "norms_in_turn": lambda x: torch.softmax(torch.nn.functional.layer_norm(x, x.shape[-1:]) * 2, -1) * x,
    "reused_in_passes": lambda x: (x.exp() / x.exp().sum(-1, keepdim=True) + x.exp()).tanh(),
    "written_in_place": lambda x: (x * 2).add_(x).mul_(x).sub_(1),
    "sums_of_columns": lambda x: (x * x).sum(0),
    "gelu": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
    "sigmoid": lambda x: torch.sigmoid(x) * x,
    "error_function": lambda x: torch.nn.functional.gelu(x) + torch.erf(x),
    "more_functions": lambda x: x.atan() + x.sinh() * x.cosh() + (x.abs() + 1).log10() + x.asinh() + x.sigmoid(),
    "powers": lambda x: (x.abs() + 0.5) ** 1.7 + x.abs().sqrt() * torch.atan2(x, x + 4),
    "steps": lambda x: x.floor() * x + x.sign() * x.ceil() + x.trunc() + torch.copysign(x, x + 1),
    "masks": lambda x: (~((x > 0.1) & (x < 1)) | (x == 0)).float() * x + x.isnan() * x + (x * (x > 0)),
    "extrema_of_rows": lambda x: (x - x.amin(-1, keepdim=True)) / (x.amax(-1, keepdim=True) + 9),
    "sum_of_all": lambda x: (x * x * x.exp()).sum(),
    "loss": lambda x: -(torch.log_softmax(x, -1) * torch.softmax(x * 2, -1)).sum() / x.shape[0],
}


def close(a: Any, b: Any) -> None:
    a, b = a.detach().numpy(), b.detach().numpy()
    tolerance = 2e-5 if a.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    assert a.dtype == b.dtype


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", CALLS)
def test_native_is_as_eager(name: str, dtype: Any) -> None:
    f = CALLS[name]
    compiled = torch.compile(f, backend="numba")
    for i in range(5):
        x = (values(32, 64, dtype=dtype) + i / 7).requires_grad_()
        y = (values(32, 64, dtype=dtype) + i / 7).requires_grad_()
        expected, found = f(x), compiled(y)
        weights = torch.linspace(-1, 1, expected.numel(), dtype=dtype).reshape(expected.shape)
        (expected * weights).sum().backward()
        (found * weights).sum().backward()
        close(found, expected)
        close(y.grad, x.grad)
    assert "native" in compiled.report()
    assert "kernel(" in compiled.source()


@pytest.mark.parametrize("name", ["chain", "extrema", "where", "functions", "more_functions", "steps", "masks"])
def test_special_values_are_right(name: str) -> None:
    f = CALLS[name]
    compiled = torch.compile(f, backend="numba")
    x = values(20, 20, special=True)
    for _ in range(4):
        close(compiled(x), f(x))
    assert "kernel(" in compiled.source()


@pytest.mark.parametrize(
    "name", ["softmax", "layer_norm", "norms_in_turn", "loss", "sums_of_columns", "sum_of_all", "extrema_of_rows"]
)
def test_bits_are_the_same_for_any_number_of_threads(name: str) -> None:
    f = CALLS[name]

    def bits(threads: int) -> list[bytes]:
        torch.set_num_threads(threads)
        compiled = torch.compile(f, backend="numba")
        for _ in range(4):
            x = values(512, 1024).requires_grad_()
            y = compiled(x)
            y.sum().backward()
        assert "kernel(" in compiled.source()
        return [y.detach().numpy().tobytes(), x.grad.numpy().tobytes()]

    before = torch.get_num_threads()
    try:
        assert bits(1) == bits(2) == bits(5)
    finally:
        torch.set_num_threads(before)


def test_large_work_is_as_eager() -> None:
    weight, bias = values(1024).requires_grad_(), values(1024).requires_grad_()

    def f(x: Any) -> Any:
        return torch.softmax(torch.nn.functional.layer_norm(x, (1024,), weight, bias), -1)

    def gradients(f: Any) -> list[Any]:
        weight.grad = bias.grad = None
        x = values(512, 1024).requires_grad_()
        (f(x) * torch.linspace(-50, 50, 1024)).sum().backward()
        return [x.grad, weight.grad, bias.grad]

    expected, compiled = gradients(f), torch.compile(f, backend="numba")
    for _ in range(4):
        found = gradients(compiled)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=1e-3, atol=1e-4)
    assert "kernel(" in compiled.source()


def test_many_numbers_are_added_up_to_within_rounding() -> None:
    x = values(1 << 18, 4).abs()
    exact = x.numpy().astype(np.float64)
    f = torch.compile(lambda x: ((x * 2 - x).sum(0), (x * 2 - x).sum()), backend="numba")
    for _ in range(4):
        of_columns, total = f(x)
    np.testing.assert_allclose(of_columns.numpy(), exact.sum(0), rtol=3e-7)
    np.testing.assert_allclose(total.item(), exact.sum(), rtol=3e-7)
    assert {"column_sum", "total"} <= set(" ".join(f.calls[0].kernels).split())


def test_softmax_and_its_backward_are_one_loop_each() -> None:
    f = torch.compile(CALLS["softmax"], backend="numba")
    for _ in range(4):
        f(values(40, 40).requires_grad_()).sum().backward()
    assert len(f.calls[0].kernels) == 2


def test_what_an_array_held_is_read_before_it_is_written() -> None:
    total, x = torch.ones(30, 40), values(30, 40)

    def step() -> Any:
        before = torch.softmax(total, -1)
        total.add_(x)
        return before

    f = torch.compile(step, backend="numba")
    for _ in range(6):
        expected, held = torch.softmax(total, -1), total.clone()
        close(f(), expected)
        close(total, held + x)
    assert len(f.calls[0].kernels) == 1


@pytest.mark.parametrize("name", ["softmax", "extrema_of_rows"])
def test_rows_with_nan_and_infinity(name: str) -> None:
    x = values(20, 20)
    x[3, 4], x[5, 6], x[7] = float("nan"), float("inf"), -float("inf")
    compiled = torch.compile(CALLS[name], backend="numba")
    for _ in range(4):
        close(compiled(x), CALLS[name](x))
    assert "kernel(" in compiled.source()


@pytest.mark.parametrize("make", [torch.optim.Adam, torch.optim.SGD], ids=lambda m: m.__name__)
def test_training_is_as_eager(make: Any) -> None:
    def losses(wrap: Any) -> list[float]:
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(20, 30), torch.nn.Tanh(), torch.nn.Linear(30, 20))
        optimizer = make(model.parameters(), 0.01)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        step = wrap(step)
        return [step(values(16, 20) + i, values(16, 20)).item() for i in range(12)]

    made: list[Any] = []

    def compiled(f: Any) -> Any:
        made.append(torch.compile(f, backend="numba"))
        return made[-1]

    np.testing.assert_allclose(losses(compiled), losses(lambda f: f), rtol=1e-4)
    assert "kernel(" in made[0].source()
    assert "swapaxes" not in made[0].source()  # transposed gradients of weights are products the other way round


def test_a_captured_buffer_is_written_into_where_it_lies() -> None:
    total, w = torch.zeros(500), torch.ones(500) * 3

    def step(x: Any) -> Any:
        total.mul_(0.5).add_(w)
        return total * x

    f = torch.compile(step, backend="numba")
    expected = np.zeros(500, np.float32)
    address = total.data_ptr()
    for i in range(6):
        f(values(500) + i)
        expected = expected * np.float32(0.5) + np.float32(3)
    np.testing.assert_allclose(total.numpy(), expected, rtol=1e-6)
    assert total.data_ptr() == address
    assert "kernel(" in f.source()


def test_large_values_are_computed_again_and_not_kept() -> None:
    f = torch.compile(lambda x: x * x * x.exp(), backend="numba")
    for _ in range(4):
        x = values(200, 200).requires_grad_()
        f(x).sum().backward()
    assert "    v0, = saved\n" in f.source()


def test_a_damaged_cache_is_made_again(tmp_path: Path, monkeypatch: Any) -> None:
    from tapegrad.compile.native import building

    monkeypatch.setenv("TAPEGRAD_CACHE", str(tmp_path))

    def run() -> Any:
        building._loaded.clear()
        f = torch.compile(lambda x: x * 3 + x * x, backend="numba")
        for _ in range(4):
            y = f(torch.ones(400))
        assert "kernel(" in f.source()
        return y

    run()
    for file in (tmp_path / "compile").rglob("*"):
        if file.is_file():
            file.write_bytes(b"nonsense" + file.read_bytes()[:3])
    assert run().tolist() == [4.0] * 400


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: Any) -> None:
    from tapegrad.compile.native import building

    monkeypatch.setenv("TAPEGRAD_CACHE", str(tmp_path))
    monkeypatch.setattr(building, "MAX_FILES", 2)
    for i in range(4):
        f = torch.compile(lambda x, i=i: x * (i + 3) + x * x, backend="numba")
        for _ in range(4):
            f(torch.ones(400))
    assert len(list((tmp_path / "compile").glob("k*.py"))) == 2


def test_in_the_background_the_results_stay_and_the_report_says_what_was_chosen() -> None:
    f = torch.compile(lambda x: x.exp() * x.sin() + x)
    x = values(300, 300)
    expected = f(x)
    for _ in range(2000):
        close(f(x), expected)
        if f.calls and ("native" in f.calls[0].tier):
            break
        torch.ones(20000).exp()
    assert "native" in f.report()
