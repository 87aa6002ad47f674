"""Where the largest elements of windows are found, in whatever way."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.ops import window_maxima
from tapegrad.ops.pooling import pooled_size
from tapegrad.ops.window_maxima import largest_of_regular, maxima_of_regular

F = torch.nn.functional

# kernel, stride, padding, dilation, whether the last window may end outside
CASES = [
    ((2, 2), (2, 2), (0, 0), (1, 1), False),
    ((3, 2), (2, 1), (1, 1), (1, 2), False),
    ((3, 3), (2, 3), (1, 0), (2, 1), True),
    ((5, 4), (3, 2), (2, 1), (1, 1), True),  # large enough to be laid out in lines
]


def by_definition(plane: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, out: Any) -> Any:
    """The position of each window's largest element, as torch looks for it."""
    found = np.zeros(out, np.int64)
    for place in np.ndindex(*out):
        best, at = -np.inf, None
        for tap in product(*map(range, kernel)):
            i, j = [q * s - p + k * d for q, s, p, k, d in zip(place, stride, padding, tap, dilation, strict=True)]
            if 0 <= i < plane.shape[0] and 0 <= j < plane.shape[1]:
                if at is None or plane[i, j] > best or np.isnan(plane[i, j]):
                    best, at = plane[i, j], i * plane.shape[1] + j
        found[place] = at
    return found


@pytest.mark.parametrize("special", [None, np.nan, -np.inf])
@pytest.mark.parametrize("block", [40, 1 << 17])
@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "ceil"), CASES)
def test_the_first_of_the_largest_is_found_and_the_last_nan(
    kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool, block: int, special: float | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(window_maxima, "BLOCK", block)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (2, 3, 9, 11)).astype(float)  # with many ties
    if special is not None:
        x[rng.random(x.shape) < 0.6] = special
    out = tuple([pooled_size(*each, ceil) for each in zip((9, 11), kernel, stride, padding, dilation, strict=True)])
    options = (kernel, stride, padding, dilation, out)
    places = largest_of_regular(x, *options)
    expected = np.stack([by_definition(plane, *options) for plane in x.reshape(6, 9, 11)]).reshape(places.shape)
    np.testing.assert_array_equal(places, expected)
    values = np.take_along_axis(x.reshape(2, 3, -1), expected.reshape(2, 3, -1), 2).reshape(places.shape)
    np.testing.assert_array_equal(maxima_of_regular(x, *options), values)


def test_the_least_of_a_whole_type_is_found_beside_padding() -> None:
    x = torch.full((1, 3, 3), torch.iinfo(torch.int64).min)
    values, places = F.max_pool2d(x, 2, padding=1, return_indices=True)
    assert values.eq(x[0, 0, 0]).all()
    assert F.max_pool2d(x, 2, padding=1).equal(values)
    assert places.tolist() == [[[0, 1], [3, 4]]]


def test_a_place_in_several_windows_gets_all_their_gradients() -> None:
    x = torch.tensor([[[0.0, 5.0, 0.0]]], requires_grad=True)
    F.max_pool1d(x, 2, 1).backward(torch.tensor([[[2.0, 3.0]]]))
    assert x.grad is not None and x.grad.tolist() == [[[0, 5, 0]]]


def test_windows_apart_pass_gradients_to_their_largest_elements() -> None:
    x = torch.tensor([[[1.0, 5.0, 7.0, 0.0, 9.0]]], requires_grad=True)
    F.max_pool1d(x, 2).backward(torch.tensor([[[2.0, 3.0]]]))
    assert x.grad is not None and x.grad.tolist() == [[[0, 2, 3, 0, 0]]]


@pytest.mark.parametrize("n", [8, 9])
def test_adaptive_windows_are_found_whether_they_are_equal_or_not(n: int) -> None:
    x = torch.arange(float(n)).reshape(1, 1, n)
    values, places = F.adaptive_max_pool1d(x, 4, return_indices=True)
    last = [-(-(i + 1) * n // 4) - 1 for i in range(4)]
    assert places.tolist() == values.tolist() == [[last]]
    _, places = F.adaptive_max_pool1d(-x, 4, return_indices=True)
    assert places.tolist() == [[[i * n // 4 for i in range(4)]]]
