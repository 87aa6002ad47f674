"""The kernels for rows give what NumPy gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.kernels import finding, rows, using
from tapegrad.ops import row_kernels
from tapegrad.tensor import blocks

from ..thread_counts import same_for_any_number_of_threads

Array = np.ndarray[Any, Any]
F = torch.nn.functional

FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "softmax": (lambda x: x.softmax(-1), 0),
    "log_softmax": (lambda x: x.log_softmax(-1), 0),
    "layer_norm": (lambda x: F.layer_norm(x, x.shape[-1:]), 0),
    "layer_norm with weight": (lambda x, w: F.layer_norm(x, x.shape[-1:], w), 1),
    "layer_norm with bias": (lambda x, b: F.layer_norm(x, x.shape[-1:], None, b), 1),
    "layer_norm with both": (lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), 2),
}
# One row, one column, several dimensions; columns for whole registers and some left over; large; long rows; many rows.
SHAPES = [(9,), (5, 1), (1, 7), (3, 4), (2, 3, 33), (600, 70), (700, 401), (70_000, 4), (4, 70_000), (3, 150, 700)]


def some(shape: tuple[int, ...], kind: str, seed: int = 0) -> Array:
    return (np.random.default_rng(seed).standard_normal(shape) * 3 + 1).astype(kind)


def results(name: str, *arrays: Array) -> list[Array]:
    """The value, and the gradients of a sum with uneven weights."""
    leaves = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
    y = FUNCTIONS[name][0](*leaves)
    y.backward(torch.from_numpy(some(tuple(y.shape), y.detach().numpy().dtype.char, 9)))
    return [y.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves if leaf.grad is not None]]


def arguments(name: str, shape: tuple[int, ...], kind: str) -> list[Array]:
    return [some(shape, kind), *[some(shape[-1:], kind, 1 + k) for k in range(FUNCTIONS[name][1])]]


def ready() -> set[str]:
    return {kernel.name for kernel in finding._all if kernel.ready}


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients(name: str, shape: tuple[int, ...], kind: str) -> None:
    arrays = arguments(name, shape, kind)
    found = results(name, *arrays)
    word = name.split()[0]
    assert {word, f"{word}_gradient" + "s" * word.startswith("layer")} <= ready()
    with using("off"):
        expected = results(name, *[a.astype("f8") for a in arrays])
    for got, wanted in zip(found, expected, strict=True):
        # Where the variance is 0, rounding is magnified by 1/√eps.
        size = max(np.abs(wanted).max(), 1e3 if shape[-1] == 1 else 0)
        # A column of 70,000 gradients is added up in float32.
        atol = 1e-14 if kind == "f8" else 2e-5 if shape[0] == 70_000 else 4e-6
        assert got.dtype == kind and got.shape == wanted.shape
        np.testing.assert_allclose(got / size, wanted / size, rtol=0, atol=atol)


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_rows_that_are_infinite_or_not_numbers(name: str, kind: str) -> None:
    x = some((12, 40), kind)
    x[0], x[5, 0], x[6, 1:] = -np.inf, -np.inf, -np.inf
    x[1], x[2, 3] = np.inf, np.inf
    x[3, 5], x[4, 39] = np.nan, np.nan
    x[7], x[8] = np.finfo(kind).max, np.finfo(kind).min
    x[9] = 0
    x[10, 1], x[10, 2] = 700, -700
    arrays = [x, *arguments(name, (12, 40), kind)[1:]]
    found = results(name, *arrays)
    with using("off"):
        expected = results(name, *arrays)
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5 if kind == "f4" else 1e-13, atol=1e-6)


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_safe_softmax_gives_zeros_for_rows_of_nothing(kind: str) -> None:
    x = some((4, 20), kind)
    x[1], x[2, 3:] = -np.inf, -np.inf
    y = row_kernels.softmax(x, safe=True)
    assert y is not None and (y[1] == 0).all()
    np.testing.assert_allclose(y[[0, 2, 3]].sum(1), 1, rtol=1e-6)
    x[3, 2] = np.nan
    again = row_kernels.softmax(x, safe=True)
    assert again is not None and np.isnan(again[3]).all() and not np.isnan(again[:3]).any()


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_the_same_for_any_number_of_threads(name: str) -> None:
    arrays = arguments(name, (700, 401), "f4")
    same_for_any_number_of_threads(lambda: results(name, *arrays))


@pytest.mark.usefixtures("compiled_kernels")
def test_a_row_does_not_depend_on_others() -> None:
    x = some((3000, 101), "f4")
    for name in ("softmax", "log_softmax", "layer_norm"):
        whole = results(name, x)[0]
        for i in (0, 7, 2999):
            np.testing.assert_array_equal(results(name, x[i : i + 1])[0], whole[i : i + 1])


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize(
    "x",
    [
        np.zeros((0, 3), np.float32),
        np.zeros((3, 0), np.float32),
        some((6, 5), "f4").T,
        some((6, 5), "f4")[:, 1:],
        some((6, 5), "f2"),
        np.frombuffer(b"?" + some((6, 5), "f4").tobytes(), np.float32, 30, 1).reshape(6, 5),
    ],
    ids=["no rows", "no columns", "transposed", "cut", "half", "not aligned"],
)
def test_other_arrays_are_left_to_numpy(x: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_kernels, "find", lambda *_: pytest.fail("asked for a kernel"))
    assert row_kernels.softmax(x) is None
    assert row_kernels.log_softmax_gradient(x, x) is None
    assert row_kernels.layer_norm(x, None, None, 5, (6, 1), 1e-5) is None


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("name", ["softmax_gradient", "log_softmax_gradient"])
def test_gradients_lie_in_memory_as_they_like(name: str) -> None:
    function = getattr(row_kernels, name)
    out = np.log(torch.softmax(torch.from_numpy(some((6, 5), "f4")), -1).numpy())
    for g in (np.broadcast_to(np.float32(2), (6, 5)), some((5, 6), "f4").T, some((6, 9), "f4")[:, 2:7]):
        np.testing.assert_array_equal(function(g, out), function(g.copy("C"), out))


@pytest.mark.usefixtures("compiled_kernels")
def test_arrays_of_different_kinds_are_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    x, wide = some((6, 5), "f4"), some((6, 5), "f8")
    monkeypatch.setattr(row_kernels, "find", lambda *_: pytest.fail("asked for a kernel"))
    assert row_kernels.softmax_gradient(x, wide) is None
    assert row_kernels.softmax_gradient(x[:5], x) is None
    assert row_kernels.layer_norm(x, wide[0], None, 5, (6, 1), 1e-5) is None
    assert row_kernels.layer_norm(x, None, wide[0], 5, (6, 1), 1e-5) is None
    statistics = wide[:, :1]
    assert row_kernels.normalized_gradients(x, x, None, statistics, statistics, (True, True, True)) is None


@pytest.mark.usefixtures("compiled_kernels")
def test_compiled_and_mapped_functions_take_numpys_way() -> None:
    x = torch.from_numpy(some((7, 40), "f8"))

    def gradient(x: torch.Tensor) -> torch.Tensor:
        leaf = x.detach().requires_grad_()
        (F.layer_norm(leaf, (40,)).softmax(-1).log_softmax(-1) * leaf).sum().backward()
        assert leaf.grad is not None
        return leaf.grad

    expected = gradient(x).numpy()
    compiled = torch.compile(gradient, backend="numpy")
    for _ in range(4):
        np.testing.assert_allclose(compiled(x).numpy(), expected, rtol=1e-9, atol=1e-12)
    mapped = torch.func.vmap(
        torch.func.grad(lambda row: (F.layer_norm(row, (40,)).softmax(-1).log_softmax(-1) * row).sum())
    )(x)
    np.testing.assert_allclose(mapped.numpy(), expected, rtol=1e-9, atol=1e-12)


def test_sums_over_rows_end_where_blocks_end() -> None:
    for length in (1, 4, 33, 1000, 70_000, blocks.BLOCK + 1):
        height, each = row_kernels.rows_added_up(3 * blocks.LARGE // length + 1, length)
        assert each % height == 0 and 0 < height <= each
    assert row_kernels.rows_added_up(10, 4) == (10, 10)
    assert row_kernels.rows_added_up(1000, 4) == (256, 768)


class TestPlainFunctions:
    """Kernels are functions that Python can run."""

    x = some((3, 5), "f4")
    g = some((3, 5), "f4", 1)

    def test_softmax(self) -> None:
        y, z = np.empty((2, 15), np.float32)
        rows.softmax(self.x.reshape(-1), y, 0, 3, 5, 0)
        np.testing.assert_allclose(y, torch.softmax(torch.from_numpy(self.x), -1).numpy().reshape(-1), rtol=1e-6)
        rows.softmax_gradient(self.g.reshape(-1), y, z, 0, 3, 5)
        weights = y.reshape(3, 5)
        expected = weights * (self.g - (self.g * weights).sum(1, keepdims=True))
        np.testing.assert_allclose(z.reshape(3, 5), expected, rtol=1e-5, atol=1e-7)

    def test_only_the_rows_from_begin_to_end_are_written(self) -> None:
        y = np.full(15, 7, np.float32)
        rows.log_softmax(self.x.reshape(-1), y, 1, 2, 5)
        assert (y.reshape(3, 5)[[0, 2]] == 7).all() and (y[5:10] < 0).all()
