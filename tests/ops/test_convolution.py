"""Convolutions block by block: what makes columns, how the taps that reach a place are found, and threads."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.ops import convolving
from tapegrad.ops.columns import Columns
from tapegrad.ops.workplaces import borrow, give_back

# kernel, stride, padding, dilation, size, groups
CASES = [
    ((3, 3), (1, 1), (1, 1), (1, 1), (6, 7), 1),
    ((3, 2), (2, 3), (0, 1), (1, 2), (9, 8), 2),
    ((2, 3), (3, 2), (2, 0), (2, 3), (7, 9), 1),
    ((1, 1), (1, 1), (0, 0), (1, 1), (4, 5), 2),
    ((1, 1), (2, 2), (0, 0), (1, 1), (5, 5), 1),
    ((4,), (3,), (2,), (2,), (12,), 3),
    ((2, 2, 2), (1, 2, 1), (1, 0, 1), (1, 1, 2), (4, 5, 4), 1),
]


def by_definition(x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int, out: Any) -> Any:
    """Sums over taps and channels, one element after the other."""
    n, o, each = len(x), len(w), w.shape[1]
    y = np.zeros((n, o, *out))
    for place in np.ndindex(*y.shape[2:]):
        for tap in np.ndindex(*w.shape[2:]):
            at = tuple([i * s - p + k * d for i, s, p, k, d in zip(place, stride, padding, tap, dilation, strict=True)])
            if any(i < 0 or i >= m for i, m in zip(at, x.shape[2:], strict=True)):
                continue
            for image, to in product(range(n), range(o)):
                first = to // (o // groups) * each
                channels = x[(image, slice(first, first + each), *at)]
                y[(image, to, *place)] += channels @ w[(to, slice(None), *tap)]
    return y


@pytest.fixture(params=["one block", "several blocks", "several threads"])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "one block":
        monkeypatch.setattr(convolving, "COLUMNS", 200)
    if request.param == "several threads":
        monkeypatch.setattr(convolving, "LARGE_WORK", 0)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "size", "groups"), CASES)
def test_convolution_and_its_transposes_are_sums_of_products(
    kernel: Any, stride: Any, padding: Any, dilation: Any, size: Any, groups: int
) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((5, 2 * groups, *size)), rng.standard_normal((3 * groups, 2, *kernel))
    out = convolving.output_size(size, kernel, stride, padding, dilation)
    options = (stride, padding, dilation, groups)

    y = convolving.correlated.forward(x, w, None, *options, out)
    np.testing.assert_allclose(y, by_definition(x, w, *options, out), atol=1e-12)

    # The other two are what makes the three products with any g equal.
    g = rng.standard_normal(y.shape)
    total = (y * g).sum()
    assert (convolving.correlated_input.forward(g, w, None, *options, size) * x).sum() == pytest.approx(total)
    assert (convolving.correlated_weight.forward(x, g, kernel, *options[:3], groups) * w).sum() == pytest.approx(total)


def test_results_are_the_same_bits_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolving, "LARGE_WORK", 0)
    monkeypatch.setattr(convolving, "COLUMNS", 5000)
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((9, 3, 12, 12), np.float32), rng.standard_normal((4, 3, 3, 3), np.float32)
    g = rng.standard_normal((9, 4, 12, 12), np.float32)
    one, before = (1, 1), torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            found.append(
                (
                    convolving.correlated.forward(x, w, None, one, one, one, 1, (12, 12)),
                    convolving.correlated_input.forward(g, w, None, one, one, one, 1, (12, 12)),
                    convolving.correlated_weight.forward(x, g, (3, 3), one, one, one, 1),
                )
            )
    finally:
        torch.set_num_threads(before)
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


def test_columns_are_the_windows_of_each_image_in_turn() -> None:
    options = (2, 1, 1, (2,), (1,), (1,), (-1,), (4,), np.dtype(float))
    columns = Columns(*options)
    x = np.arange(1.0, 7.0).reshape(2, 1, 3)
    assert columns.of(x)[1, 0].tolist() == [[0, 4, 5, 6], [4, 5, 6, 0]]
    assert columns.of(x[:1]).tolist() == [[[[0, 1, 2, 3], [1, 2, 3, 0]]]]


def test_columns_are_borrowed_by_one_at_a_time_and_kept() -> None:
    options = (1, 1, 1, (2,), (1,), (1,), (0,), (2,), np.dtype(float))
    first, second = borrow(Columns, *options), borrow(Columns, *options)
    assert first is not second
    give_back(first)
    assert borrow(Columns, *options) is first
    assert borrow(Columns, *options) is not first


def test_columns_of_large_images_are_not_kept() -> None:
    options = (1, 1, 1, (2,), (1,), (1,), (0,), (1 << 20,), np.dtype(float))
    large = borrow(Columns, *options)
    give_back(large)
    assert borrow(Columns, *options) is not large


def test_halves_are_added_up_in_single_precision() -> None:
    x = torch.full((1, 1, 1, 3000), 1.0, dtype=torch.float16)
    w = torch.ones(1, 1, 1, 3000, dtype=torch.float16)
    y = torch.nn.functional.conv2d(x, w)
    assert y.dtype is torch.float16
    assert y.item() == 3000  # in half precision the sum would stop at 2048


def test_an_empty_batch_has_results_and_a_gradient_of_zeros() -> None:
    w = torch.ones(2, 1, 3, 3, requires_grad=True)
    y = torch.nn.functional.conv2d(torch.zeros(0, 1, 5, 5), w)
    y.sum().backward()
    assert y.shape == (0, 2, 3, 3)
    assert w.grad is not None and not w.grad.any()
