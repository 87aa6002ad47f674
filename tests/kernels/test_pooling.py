"""The kernels of max pooling give what NumPy gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.kernels import finding, pooling, using
from tapegrad.ops import pooling_kernels

Array = np.ndarray[Any, Any]
F = torch.nn.functional
SHAPES = [(1, 4, 6), (3, 5, 7), (2, 3, 8, 9), (2, 40, 64, 64)]


def some(shape: tuple[int, ...], kind: str) -> Array:
    """Numbers of which many are equal."""
    return np.random.default_rng(0).integers(-3, 3, shape).astype(kind)


def pooled(x: Array, *options: Any) -> list[Array]:
    """The largest elements, their positions, and a gradient."""
    leaf = torch.from_numpy(x).requires_grad_()
    y, places = F.max_pool2d_with_indices(leaf, *options)
    y.backward(torch.arange(y.numel(), dtype=y.dtype).reshape(y.shape))
    assert leaf.grad is not None
    return [y.detach().numpy(), places.numpy(), leaf.grad.numpy()]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of kernels, as they are used."""
    names: list[str] = []

    def find(kernel: finding.Kernel, dtype: Any, elements: int) -> Any:
        found = finding.find(kernel, dtype, elements)
        if found is not None:
            names.append(kernel.name)
        return found

    monkeypatch.setattr(pooling_kernels, "find", find)
    return names


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("special", [None, np.nan, -np.inf])
def test_windows_of_two_by_two(shape: tuple[int, ...], kind: str, special: float | None, counted: list[str]) -> None:
    x = some(shape, kind)
    if special is not None:
        x[np.random.default_rng(1).random(shape) < 0.5] = special
    found = pooled(x, 2)
    assert counted == ["max_pool_by_two", "put_back"]
    with using("off"):
        expected = pooled(x, 2)
    for got, wanted in zip(found, expected, strict=True):
        assert got.dtype == wanted.dtype
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.usefixtures("compiled_kernels")
def test_gradients_of_windows_that_meet(counted: list[str]) -> None:
    x = np.random.default_rng(0).standard_normal((3, 2, 9, 8)).astype("f4")
    found = pooled(x, 3, 2, 1)
    assert counted == ["put_back"]
    with using("off"):
        expected = pooled(x, 3, 2, 1)
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.usefixtures("compiled_kernels")
def test_other_windows_are_numpys(counted: list[str]) -> None:
    x = torch.from_numpy(some((2, 6, 6), "f4"))
    for options in ({"stride": 1}, {"padding": 1}, {"dilation": 2}, {"ceil_mode": True}):
        F.max_pool2d(x[:, :5, :5], 2, **options)
    F.max_pool2d(x[:, ::2], 2)  # not in the order of indices
    F.max_pool2d(x.to(torch.float16), 2)
    F.max_pool2d(x.long(), 2)
    F.max_pool2d(torch.ones(0, 1, 4, 4), 2)
    assert counted == []


@pytest.mark.usefixtures("compiled_kernels")
def test_derivatives_of_all_kinds() -> None:
    x = torch.from_numpy(np.random.default_rng(0).permutation(72).reshape(2, 6, 6) / 7.0).requires_grad_()
    for options in ((2,), (3, 1)):
        pool = lambda x, options=options: F.max_pool2d(x, *options).square()
        assert torch.autograd.gradcheck(pool, (x,), check_forward_ad=True)
        assert torch.autograd.gradgradcheck(pool, (x,))
    y = F.max_pool2d(x, 2)
    assert y.grad_fn is not None and y.grad_fn.name() == "MaxPool2DWithIndicesBackward0"
    (g,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    assert g.grad_fn is not None and g.grad_fn.name() == "MaxPool2DWithIndicesBackwardBackward0"


@pytest.mark.usefixtures("compiled_kernels")
def test_results_are_the_same_for_any_number_of_threads() -> None:
    x = np.random.default_rng(0).standard_normal((2, 40, 64, 64)).astype("f4")
    assert x.size > pooling_kernels.LARGE
    before, found = torch.get_num_threads(), []
    try:
        for count in (1, 2, 5):
            torch.set_num_threads(count)
            found.append(pooled(x, 2))
    finally:
        torch.set_num_threads(before)
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


def test_kernels_are_programs_of_python() -> None:
    x = np.array([1, 5, 2, 2, 0, 3, np.nan, 1, 9], "f4")  # three by three: the last line and column are in no window
    y, places = np.empty(1, "f4"), np.empty(1, np.int64)
    pooling.max_pool_by_two(x, y, places, 3, 3, 1, 1, 0, 1)
    assert y.tolist() == [5.0] and places.tolist() == [1]
    z = np.full(9, 7, "f4")
    pooling.put_back(y, places, z, 9, 1, 0, 1)
    assert z.tolist() == [0, 5, 0, 0, 0, 0, 0, 0, 0]
