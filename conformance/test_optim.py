"""Every optimizer with its options, 500 steps on small problems: parameters and states as torch's.

The gradient is computed by NumPy from the parameters of each library, so that only the steps differ.  torch's kernels
round a multiplication and the addition after it once, and its square root is off by one unit in the last place now and
then; tapegrad rounds each operation.  The problem is convex, with noise as from batches of data, so that such
differences die out: what is left after 500 steps is bounded here in units of the last place of 1, the size of the
parameters, and twice that of the largest state.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

STEPS = 500
UNITS = 2  # of the last place of 1

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.05, "fused": True, "momentum": 0.5}),
    ("SGD", {"lr": 0.05, "foreach": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "amsgrad": True}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "fused": True}),
    ("Adam", {"lr": 0.01, "foreach": True}),
    ("Adam", {"lr": 0.01, "betas": (0.4, 0.9), "eps": 1e-3}),
    ("Adam", {"lr": 0.01, "decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.2, "amsgrad": True}),
    ("Adadelta", {}),
    ("Adadelta", {"rho": 0.8, "weight_decay": 0.1, "lr": 0.5}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1, "initial_accumulator_value": 0.2}),
    ("Adamax", {"lr": 0.01}),
    ("Adamax", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.5, 0.9)}),
    ("ASGD", {"lr": 0.05}),
    ("ASGD", {"lr": 0.05, "t0": 10, "weight_decay": 0.1, "lambd": 0.01}),
    ("NAdam", {"lr": 0.01}),
    ("NAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True, "momentum_decay": 0.01}),
    ("RAdam", {"lr": 0.01}),
    ("RAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "centered": True}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    ("Rprop", {"lr": 0.01}),
    ("Rprop", {"lr": 0.01, "etas": (0.3, 1.5), "step_sizes": (1e-4, 0.1)}),
    ("Adafactor", {"lr": 0.01}),
    ("Adafactor", {"lr": 0.1, "weight_decay": 0.1, "d": 2.0}),
]


def problem(lib: Any, dtype: str) -> tuple[list[Any], Any]:
    """Two parameters, and a function that sets their gradients: the loss is strictly convex, and the n-th noisy."""
    rng = np.random.default_rng(5)
    starts = [rng.standard_normal(shape).astype(dtype) for shape in ((5, 3), (7,))]
    params = [lib.nn.Parameter(lib.from_numpy(start)) for start in starts]

    def set_gradients(n: int = 0) -> None:
        for i, p in enumerate(params):
            x = p.detach().numpy()
            noise = np.sin(n * (np.arange(x.size, dtype=dtype).reshape(x.shape) + 1)) if n else 0
            p.grad = lib.from_numpy(((1 + i) * (x - 0.3) + x**3 + noise).astype(dtype))

    return params, set_gradients


def run(lib: Any, name: str, options: dict[str, Any], dtype: str, steps: int = STEPS) -> Any:
    params, set_gradients = problem(lib, dtype)
    optimizer = getattr(lib.optim, name)(params, **options)
    for n in range(1, steps + 1):
        set_gradients(n)
        optimizer.step()
    return params, optimizer


def units(expected: Any, got: Any) -> float:
    """The largest difference, in units of the last place of 1."""
    a, b = expected.detach().numpy(), got.detach().numpy()
    assert a.dtype == b.dtype and a.shape == b.shape
    return float(np.max(np.abs(a - b), initial=0)) / float(np.finfo(a.dtype).eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n}-{'-'.join(o)}" for n, o in CASES])
def test_500_steps_are_torchs(name: str, options: dict[str, Any], dtype: str) -> None:
    expected, reference = run(real, name, options, dtype)
    got, optimizer = run(ours, name, options, dtype)
    for a, b in zip(expected, got, strict=True):
        assert units(a, b) <= UNITS
    wanted, found = reference.state_dict(), optimizer.state_dict()
    assert list(found) == list(wanted)
    assert found["param_groups"] == wanted["param_groups"]
    for number, state in wanted["state"].items():
        assert list(found["state"][number]) == list(state)
        for key, value in state.items():
            assert str(found["state"][number][key].dtype) == str(value.dtype)
            assert units(value, found["state"][number][key]) <= 2 * UNITS * max(1, float(value.abs().max()))


def test_sgd_is_exact_where_torch_does_not_fuse() -> None:
    """With a learning rate that is a power of two the product is exact, and so are both libraries."""
    expected, _ = run(real, "SGD", {"lr": 0.0625, "momentum": 0.5}, "float32")
    got, _ = run(ours, "SGD", {"lr": 0.0625, "momentum": 0.5}, "float32")
    assert [units(a, b) for a, b in zip(expected, got, strict=True)] == [0, 0]


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES if name != "Adafactor"} - {"LBFGS"}))
def test_complex_parameters(name: str) -> None:
    ends = []
    for lib in (real, ours):
        start = np.array([1 + 2j, -0.5 + 0.25j, 3 - 1j])
        p = lib.nn.Parameter(lib.from_numpy(start.copy()))
        optimizer = getattr(lib.optim, name)([p], lr=0.02)
        for _ in range(100):
            p.grad = lib.from_numpy(2 * (p.detach().numpy() - (0.5 - 0.5j)))
            optimizer.step()
        ends.append(p.detach().numpy())
    np.testing.assert_allclose(ends[1], ends[0], rtol=0, atol=32 * np.finfo(np.float64).eps)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adamax", "NAdam", "Adadelta"])
def test_half_precision_parameters(name: str, dtype: str) -> None:
    """Each operator rounds as torch's; where it computes a sum of products, both round it once."""
    ends = []
    for lib in (real, ours):
        kind = getattr(lib, dtype)
        p = lib.nn.Parameter(lib.tensor([1.0, -0.5, 3.0, 0.125]).to(kind))
        optimizer = getattr(lib.optim, name)([p], lr=0.02)
        for _ in range(50):
            p.grad = (2 * (p.detach().float() - 0.5)).to(kind)
            optimizer.step()
        ends.append(np.array(p.detach().float().tolist()))
    precision = 2.0**-7 if dtype == "bfloat16" else 2.0**-10
    np.testing.assert_allclose(ends[1], ends[0], rtol=4 * precision, atol=precision)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "AdamW"])
def test_large_parameters_are_updated_by_the_piece(name: str) -> None:
    rng = np.random.default_rng(0)
    start, grad = rng.standard_normal((300, 500)).astype("f"), rng.standard_normal((500, 300)).astype("f")
    ends = []
    for lib in (real, ours):
        rows = lib.nn.Parameter(lib.from_numpy(start.copy()))
        columns = lib.nn.Parameter(lib.from_numpy(start.copy()).t())
        strided = lib.nn.Parameter(lib.from_numpy(start.copy())[:, ::2])
        optimizer = getattr(lib.optim, name)([rows, columns, strided], lr=0.01)
        for _ in range(3):
            rows.grad, columns.grad = lib.from_numpy(grad.copy()).t(), lib.from_numpy(grad.copy())
            strided.grad = lib.from_numpy(grad.copy()).t()[:, :250]
            optimizer.step()
        ends.append([p.detach() for p in (rows, columns, strided)])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=2.0**-22, atol=2.0**-22)  # two units


LBFGS_CASES = [{}, {"line_search_fn": "strong_wolfe"}, {"lr": 0.5, "max_iter": 4}, {"history_size": 2, "max_iter": 3}]


@pytest.mark.parametrize("options", LBFGS_CASES, ids=str)
def test_lbfgs_goes_the_same_way(options: dict[str, Any]) -> None:
    paths = []
    for lib in (real, ours):
        params, set_gradients = problem(lib, "float64")
        optimizer = lib.optim.LBFGS(params, **options)
        losses: list[float] = []

        def closure(lib: Any = lib, params: Any = params, set_gradients: Any = set_gradients) -> Any:
            set_gradients()
            x = [p.detach().numpy() for p in params]
            return lib.tensor(sum((1 + i) * ((v - 0.3) ** 2).sum() / 2 + (v**4).sum() / 4 for i, v in enumerate(x)))

        for _ in range(3):
            losses.append(float(optimizer.step(closure)))
        state = optimizer.state[params[0]]
        paths.append((losses, state["func_evals"], state["n_iter"], [p.detach().numpy() for p in params], list(state)))
    (a_losses, *a_counts, a_params, a_keys), (b_losses, *b_counts, b_params, b_keys) = paths
    np.testing.assert_allclose(b_losses, a_losses, rtol=1e-9)
    for a, b in zip(a_params, b_params, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-8, atol=1e-9)
    assert (b_counts, b_keys) == (a_counts, a_keys)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", [*LBFGS_CASES, {"lr": 0.001}], ids=str)
def test_lbfgs_is_torchs_to_the_bit_given_torchs_arithmetic(
    options: dict[str, Any], dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small steps near a minimum magnify the last digit of a dot product without bound.

    With torch's own dot product and fused multiply-add in place of NumPy's nothing differs any more.
    """

    def add_(self: Any, other: Any, *, alpha: Any = 1) -> Any:
        alpha = alpha.item() if isinstance(alpha, ours.Tensor) else alpha
        real.from_numpy(self._data).add_(real.from_numpy(other._data), alpha=alpha)
        return self

    def dot(self: Any, other: Any) -> Any:
        return ours.from_numpy(real.from_numpy(self._data).dot(real.from_numpy(other._data)).numpy())

    monkeypatch.setattr(ours.Tensor, "add_", add_)
    monkeypatch.setattr(ours.Tensor, "dot", dot)
    paths = []
    for lib in (real, ours):
        params, set_gradients = problem(lib, dtype)
        optimizer = lib.optim.LBFGS(params, **options)

        def closure(lib: Any = lib, params: Any = params, set_gradients: Any = set_gradients) -> Any:
            set_gradients()
            x = [p.detach().numpy() for p in params]
            loss = sum((1 + i) * ((v - 0.3) ** 2).sum() / 2 + (v**4).sum() / 4 for i, v in enumerate(x))
            return lib.tensor(float(loss))

        paths.append([])
        for _ in range(10):
            optimizer.step(closure)
            paths[-1] += [p.detach().numpy().tolist() for p in params]
    assert paths[1] == paths[0]


def test_muon_is_torchs_in_bfloat16() -> None:
    """Elements of a direction may round the other way: by 2⁻⁸, times the learning rate."""
    ends = []
    for lib in (real, ours):
        p = problem(lib, "float32")[0][0]
        optimizer = lib.optim.Muon([p], lr=0.05)
        for _ in range(10):
            p.grad = lib.from_numpy(2 * (p.detach().numpy() - 0.3))
            optimizer.step()
        ends.append(p.detach().numpy())
    np.testing.assert_allclose(ends[1], ends[0], rtol=0, atol=10 * 0.05 * 2.0**-8)


def test_a_state_of_torch_goes_on_here() -> None:
    """Converted to arrays and back, as from a file."""
    params, reference = run(real, "Adam", {"lr": 0.01, "amsgrad": True}, "float32", steps=20)
    saved = reference.state_dict()
    converted = {
        "state": {
            k: {key: ours.from_numpy(v.detach().numpy().copy()) for key, v in s.items()}
            for k, s in saved["state"].items()
        },
        "param_groups": saved["param_groups"],
    }
    mine, set_gradients = problem(ours, "float32")
    for p, q in zip(mine, params, strict=True):
        p.data = ours.from_numpy(q.detach().numpy().copy())
    optimizer = ours.optim.Adam(mine)
    optimizer.load_state_dict(converted)
    theirs = problem(real, "float32")
    for p, q in zip(theirs[0], params, strict=True):
        p.data = q.detach().clone()
    other = real.optim.Adam(theirs[0])
    other.load_state_dict(saved)
    for _ in range(20):
        set_gradients()
        optimizer.step()
        theirs[1]()
        other.step()
    for a, b in zip(theirs[0], mine, strict=True):
        assert units(a, b) <= 4
    assert repr(optimizer) == repr(other)


# torch cannot go back through more than one recorded step of Adamax and Rprop: it writes into what it has saved.
DIFFERENTIABLE = ["SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta", "ASGD", "NAdam", "RAdam"]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_flow_through_steps(name: str) -> None:
    """The derivative of the loss after four recorded steps by the parameters and by the gradients."""
    ends = []
    for lib in (real, ours):
        start = lib.tensor([1.0, -0.5, 2.0], dtype=lib.float64, requires_grad=True)
        scale = lib.tensor(0.7, dtype=lib.float64, requires_grad=True)
        p = start.clone()
        optimizer = getattr(lib.optim, name)([p], lr=0.1, differentiable=True)
        for _ in range(4):
            here = p.detach().clone()
            p.grad = scale * 2 * here + here**2
            optimizer.step()
        (p * p).sum().backward()
        ends.append([p.detach().numpy(), start.grad.numpy(), scale.grad.numpy()])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta", "Adamax", "NAdam", "RAdam"])
def test_learning_rates_may_be_tensors(name: str) -> None:
    ends = []
    for lib in (real, ours):
        params, set_gradients = problem(lib, "float64")
        optimizer = getattr(lib.optim, name)(params, lr=lib.tensor(0.01))
        for _ in range(50):
            set_gradients()
            optimizer.step()
        ends.append([p.detach().numpy() for p in params])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-13)


# -- whole programs ----------------------------------------------------------------------------------------------------


def curve(lib: Any, name: str, options: dict[str, Any]) -> list[str]:
    """The printed losses of a small network."""
    lib.manual_seed(0)
    rng = np.random.default_rng(1)
    x = lib.from_numpy(rng.standard_normal((64, 4)).astype("f"))
    y = lib.from_numpy(np.sin(rng.standard_normal((64, 1))).astype("f"))
    w1 = lib.from_numpy(rng.standard_normal((4, 8)).astype("f") / 2).requires_grad_()
    w2 = lib.from_numpy(rng.standard_normal((8, 1)).astype("f") / 3).requires_grad_()
    optimizer = getattr(lib.optim, name)([w1, w2], **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler = lib.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=300)
        losses = []
        for _ in range(300):
            optimizer.zero_grad()
            loss = ((lib.tanh(x @ w1) @ w2 - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(f"{loss.item():.4f}")
    return losses


@pytest.mark.parametrize(
    ("name", "options"), [("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.01}), ("RMSprop", {"lr": 1e-3})]
)
def test_a_training_curve_prints_the_same_digits(name: str, options: dict[str, Any]) -> None:
    assert curve(ours, name, options) == curve(real, name, options)
