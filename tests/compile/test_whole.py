"""Small programs as machine code; this needs LLVM, which comes with Numba."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapegrad as torch

from .threads import in_threads

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="machine code needs LLVM, which comes with Numba"
)


def compiled_of(f: Any, *args: Any) -> Any:
    """A function that has become machine code for such arguments."""
    compiled = torch.compile(f, backend="numba")
    for _ in range(4):
        compiled(*args)
    assert "in one call" in compiled.explain(), compiled.report()
    return compiled


def near(a: Any, b: Any) -> None:
    """The same, to rounding."""
    x, y = a.detach().numpy(), b.detach().numpy()
    assert (x.dtype, x.shape) == (y.dtype, y.shape)
    tolerance = 1e-12 if x.dtype == np.float64 else 2e-5
    np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


SPECIAL = [0.0, -0.0, 1.0, -1.0, float("nan"), float("inf"), -float("inf"), 0.5, -2.5, 3.5, 1e-30, 7.0]

REAL: dict[str, Callable[[Any], Any]] = {
    "arithmetic": lambda x: (x * x - 3 * x + 1) / (x + 2) - (-x),
    "exponential": lambda x: x.exp() + x.expm1() + x.exp2() + x.sigmoid() + x.tanh(),
    "logarithm": lambda x: x.abs().log() + x.abs().log1p() + x.abs().log2() + x.abs().log10(),
    "roots": lambda x: x.abs().sqrt() + x.square() + x.reciprocal() + x.abs().rsqrt(),
    "rounding": lambda x: x.floor() + 2 * x.ceil() + 4 * x.trunc() + 8 * x.round(),
    "extrema": lambda x: torch.maximum(x, x.flip(0)) + torch.minimum(x, x.flip(0)),
    "clamp": lambda x: x.clamp(-1, 2) + x.clamp(min=0.1) + x.relu(),
    "sign": lambda x: x.sign() + x.abs() * 2 - 1,
    "comparisons": lambda x: torch.where((x > 0) & (x <= 1) | x.isnan(), x, torch.where(x != x, 1.0, 2.0)),
    "power": lambda x: x.abs() ** 1.7 + x**3,
    "angles": lambda x: x.atan() + torch.atan2(x, x * 2 + 1) + x.clamp(-1, 1).asin(),
    "errors": lambda x: x.erf() + torch.special.erfc(x),
    "integers": lambda x: (x > 0).long() * 3 - (x < 1).int() + (x >= 0),
    "as_double": lambda x: x.double() * 3 + x * 2 - 1,
    "sums": lambda x: x.nan_to_num(1, 2, 3).reshape(3, 4).sum(0) + x.nan_to_num(1, 2, 3).reshape(3, 4).sum(),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", REAL)
def test_functions_of_special_numbers_are_as_eager(name: str, dtype: Any) -> None:
    f, x = REAL[name], torch.tensor(SPECIAL, dtype=dtype)
    near(compiled_of(f, x)(x), f(x))


SHAPED: dict[str, Callable[[Any], Any]] = {
    "sums_of_axes": lambda x: (
        x.sum(0)[0],
        x.sum((0, 2)),
        x.sum(-1, keepdim=True),
        x.mean(1),
        x.permute(2, 0, 1).sum(1),
    ),
    "extrema_of_axes": lambda x: (x.amax((0, 1)), x.amin(2), x.prod(0), (x > 0).any(1), (x > -9).all()),
    "softmax": lambda x: (x.softmax(1), x.log_softmax(2), x.logsumexp(0)),
    "running_sums": lambda x: (x.cumsum(0), x.cumsum(2), x.transpose(0, 1).cumsum(1)),
    "views": lambda x: (x.transpose(0, 2)[1:, ::2] * 2, x[:, -1] + x[0, 1], x.unsqueeze(1).expand(3, 2, 4, 5) + 1),
    "copies": lambda x: (x.permute(2, 1, 0).reshape(10, 6) + 1, x.transpose(1, 2).contiguous() * 2),
    "joined": lambda x: (torch.cat([x, x * 2, x[:1]]), torch.stack([x, -x], 1), torch.cat([x, x], 2)[0]),
    "broadcast": lambda x: (x * x[0] + x[:, :1] - x[..., :1], x + torch.arange(5.0)),
    "picked": lambda x: (
        (x * 2)[torch.tensor([2, 0, -1])] + x.exp(),
        x.reshape(12, 5)[torch.arange(4), torch.tensor([0, -1, 3, 2])],
    ),
    "products": lambda x: (x @ x.transpose(1, 2), x[0] @ x[1].T, x[0].T @ x[1], x[0] @ x[1, 0], x[0, 0] @ x[1, 0]),
    "layer_norm": lambda x: (torch.nn.functional.layer_norm(x, (5,)), torch.nn.functional.gelu(x), x.var(2)),
}


@pytest.mark.parametrize("name", SHAPED)
def test_shapes_and_gradients_are_as_eager(name: str) -> None:
    f = SHAPED[name]
    rng = np.random.default_rng(0)

    def both(g: Any, x: Any) -> Any:
        results = [y for y in g(x) if y.is_floating_point()]
        loss = sum((y * torch.linspace(-1, 1, y.numel()).reshape(y.shape)).sum() for y in results)
        return [*g(x), *torch.autograd.grad(loss, x)] if loss.requires_grad else list(g(x))

    first = torch.from_numpy(rng.standard_normal((3, 4, 5)).astype(np.float32)).requires_grad_()
    compiled = compiled_of(f, first)
    for _ in range(2):
        x = torch.from_numpy(rng.standard_normal((3, 4, 5)).astype(np.float32)).requires_grad_()
        for a, b in zip(both(compiled, x), both(f, x), strict=True):
            near(a, b)


@pytest.mark.parametrize("columns", [1, 2, 3, 8, 13, 16, 31])
@pytest.mark.parametrize("rows", [1, 3, 4, 9])
def test_products_of_any_size(rows: int, columns: int) -> None:
    def f(a: Any, b: Any) -> Any:
        return a @ b, a @ b.T.contiguous().T, (b.T @ a.T).T + 0, (a.T.contiguous().T @ b) * 1

    rng = np.random.default_rng(rows)
    a, b = (torch.from_numpy(rng.standard_normal(s).astype(np.float32)) for s in ((rows, 7), (7, columns)))
    for found in compiled_of(f, a, b)(a, b):
        near(found, a @ b)


def mlp() -> Any:
    """A model's step, and its parameters."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 4))
    x, y = torch.randn(16, 3), torch.arange(16) % 4
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def step() -> Any:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, list(model.parameters()), y


def test_a_training_step_is_one_call() -> None:
    (step, ours, _), (again, theirs, _) = mlp(), mlp()
    compiled = torch.compile(step, backend="numba")
    for _ in range(30):
        near(compiled(), again())
    for a, b in zip(ours, theirs, strict=True):
        near(a, b)
        near(a.grad, b.grad)
    assert compiled.source().count("kernel(") == 1


def test_an_invalid_target_is_the_error_of_eager_code_and_changes_nothing() -> None:
    step, parameters, y = mlp()
    compiled = compiled_of(step)
    before = [p.detach().clone() for p in parameters]
    y[3] = 7
    with pytest.raises(IndexError, match="Target 7 is out of bounds"):
        compiled()
    assert all(torch.equal(p, b) for p, b in zip(parameters, before, strict=True))


def test_an_index_out_of_range_is_the_error_of_eager_code() -> None:
    def f(x: Any, i: Any) -> Any:
        return (x * 2 + 1 - x)[i] * 3

    x, i = torch.arange(5.0), torch.tensor([0, 4, -5])
    compiled = compiled_of(f, x, i)
    assert torch.equal(compiled(x, i), f(x, i))
    i[1] = 5
    with pytest.raises(IndexError):
        compiled(x, i)


def test_writes_before_a_failed_check_are_undone() -> None:
    def f(state: Any, x: Any, i: Any) -> Any:
        state.mul_(2)
        state.add_(1)
        return (state * x)[i]

    state, x, i = torch.ones(3), torch.arange(3.0), torch.tensor([0, 2])
    compiled = compiled_of(f, state, x, i)
    i[0] = 9
    before = state.clone()
    with pytest.raises(IndexError):
        compiled(state, x, i)
    expected = before * 2 + 1  # what eager code has done when it raises
    assert torch.equal(state, expected)


def test_a_gradient_that_is_the_parameters_memory_is_seen() -> None:
    def steps(wrap: Any) -> list[Any]:
        p = torch.ones(4, requires_grad=True)
        x = torch.arange(4.0)

        def f() -> Any:
            loss = (p * x * p).sum()
            loss.backward()
            with torch.no_grad():
                p.sub_(p.grad * 0.1)
                p.grad.mul_(0.5)
            return loss

        g = wrap(f)
        seen = []
        for i in range(8):
            if i == 5:
                p.grad = p.detach()
            seen.append(g().detach())
            seen.append(p.detach().clone())
        return seen

    for a, b in zip(steps(lambda f: torch.compile(f, backend="numba")), steps(lambda f: f), strict=True):
        near(a, b)


def test_gradients_of_other_layouts_are_taken() -> None:
    def f(x: Any) -> Any:
        return (x * x).exp() * x

    x = torch.linspace(-1, 1, 12).reshape(3, 4).requires_grad_()
    compiled = compiled_of(f, x)
    for g in (torch.ones(4, 3).T, torch.ones(1, 1).expand(3, 4), torch.arange(24.0).reshape(3, 8)[:, ::2]):
        near(torch.autograd.grad(compiled(x), x, g)[0], torch.autograd.grad(f(x), x, g)[0])


def test_several_threads_call_one_program() -> None:
    def f(x: Any) -> Any:
        return ((x * x).tanh() @ x.T).softmax(1).sum(0)

    inputs = [torch.full((6, 6), i / 10) + torch.eye(6) for i in range(4)]
    compiled, wrong = compiled_of(f, inputs[0]), []
    expected = [compiled(x) for x in inputs]

    def work(k: int) -> None:
        for _ in range(300):
            if not torch.equal(compiled(inputs[k]), expected[k]):
                wrong.append(k)

    in_threads(work)
    assert not wrong


def test_repeated_parts_are_one_function(monkeypatch: Any) -> None:
    from tapegrad.compile.native.whole import machine

    texts, entry_of = [], machine.entry_of
    monkeypatch.setattr(machine, "entry_of", lambda text: texts.append(text) or entry_of(text))

    def f(x: Any, w: Any) -> Any:
        h = x
        for _ in range(40):
            h = (h @ w + x).tanh()
        return h

    x, w = torch.ones(4, 8), torch.eye(8) / 2
    near(compiled_of(f, x, w)(x, w), f(x, w))
    assert texts[0].count("define ") < 6


def test_numbers_that_differ_from_call_to_call_are_read_each_time() -> None:
    def f(x: Any, k: float) -> Any:
        return (x * k + x).tanh() * k

    x = torch.linspace(-1, 1, 6)
    compiled = torch.compile(f, backend="numba")
    for k in (0.5, 0.25, 2.5, 3.5, 4.5, -1.5, 0.0):
        near(compiled(x, k), f(x, k))


class TestCache:
    """Machine code on disk."""

    TEXT = "define i8* @entry(i8* %a, i8** %b, i64 %n) {\n  ret i8* %a\n}\n; number "

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: Any) -> Path:
        """An empty cache."""
        from tapegrad.compile.native.whole import machine

        monkeypatch.setenv("TAPEGRAD_CACHE", str(tmp_path))
        monkeypatch.setattr(machine, "_made", {})
        return tmp_path / "compile"

    def test_another_process_compiles_nothing(self, folder: Path, monkeypatch: Any) -> None:
        from tapegrad.compile.native.whole import machine

        machine.entry_of(self.TEXT + "1")
        assert len(list(folder.glob("w*.o"))) == 1
        machine._made.clear()
        monkeypatch.setattr(machine.code, "compiled", lambda *_: pytest.fail("compiled again"))
        assert machine.entry_of(self.TEXT + "1")[1] != 0

    def test_a_damaged_file_is_made_again(self, folder: Path) -> None:
        from tapegrad.compile.native.whole import machine

        machine.entry_of(self.TEXT + "2")
        (file,) = folder.glob("w*.o")
        whole = file.read_bytes()
        for damaged in (b"", whole[:50], whole[:-1] + b"?"):
            file.write_bytes(damaged)
            machine._made.clear()
            assert machine.entry_of(self.TEXT + "2")[1] != 0
            assert file.read_bytes() == whole

    def test_code_for_another_processor_is_another_file(self, folder: Path, monkeypatch: Any) -> None:
        from tapegrad.kernels import code

        target = code.target()
        here = code.about(target)
        monkeypatch.setattr(code.llvm, "get_host_cpu_name", lambda: "some other")
        assert code.about(target) != here

    def test_old_files_go(self, folder: Path, monkeypatch: Any) -> None:
        from tapegrad.compile.native.whole import machine
        from tapegrad.kernels import disk

        monkeypatch.setattr(disk, "MAX_FILES", 3)
        for i in range(6):
            machine.entry_of(f"{self.TEXT}{i}")
        assert len(list(folder.glob("w*.o"))) <= 3

    def test_a_folder_that_cannot_be_written_to_is_done_without(self, folder: Path) -> None:
        from tapegrad.compile.native.whole import machine

        folder.write_text("a file in its place")
        assert machine.entry_of(self.TEXT + "9")[1] != 0
