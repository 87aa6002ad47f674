"""Rows combined by groups, and sparse maps by dense parts: the same as one entry after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapegrad.ops.groups import MANY, ROUNDS, by_places, combine_rows, pays
from tapegrad.ops.resampling import Taps


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.maximum, np.minimum])
@pytest.mark.parametrize("rows", [7, 400])  # of which most are named often, or not at all
def test_rows_are_combined_as_one_after_the_other(ufunc: Any, rows: int) -> None:
    rng = np.random.default_rng(0)
    index, values = rng.integers(0, rows, 300), rng.uniform(0.9, 1.1, (300, 10))
    assert pays(values.size, 10)
    assert (np.bincount(index).max() > ROUNDS) == (rows == 7)
    z = rng.standard_normal((rows, 10))
    expected = z.copy()
    ufunc.at(expected, index, values)
    combine_rows(ufunc, z, index, values)
    np.testing.assert_allclose(z, expected, rtol=1e-12)


def test_sums_of_few_rows_are_those_of_one_after_the_other_to_the_bit() -> None:
    rng = np.random.default_rng(0)
    index, values = np.arange(300) % 50, rng.standard_normal((300, 10), np.float32)
    z, expected = np.zeros((50, 10), np.float32), np.zeros((50, 10), np.float32)
    np.add.at(expected, index, values)
    combine_rows(np.add, z, index, values)
    np.testing.assert_array_equal(z, expected)


def test_rows_of_a_place_keep_their_order() -> None:
    index = np.random.default_rng(0).integers(0, 9, 200)
    order, starts = by_places(index, 9)
    np.testing.assert_array_equal(order, np.argsort(index, kind="stable"))
    np.testing.assert_array_equal(index[order], np.repeat(np.arange(9), np.diff(starts)))


def as_matrix(taps: Taps) -> Any:
    matrix = np.zeros((taps.n_out, taps.n_in))
    owner = np.repeat(np.arange(taps.n_out), np.diff(taps.starts))
    np.add.at(matrix, (owner, taps.index), 1 if taps.weight is None else taps.weight)
    return matrix


def local_map(n_in: int, n_out: int, reach: int) -> Taps:
    """Each output reads a few neighbours."""
    rng = np.random.default_rng(0)
    first = np.arange(n_out) * (n_in - reach) // max(n_out - 1, 1)
    index = first[:, None] + np.arange(reach)
    return Taps.table(n_in, index, rng.standard_normal((n_out, reach)))


MAPS = {
    "small": lambda: local_map(9, 14, 3),
    "long, near the diagonal": lambda: local_map(500, 300, 4),
    "look-up": lambda: Taps(600, np.arange(0, 301, 3), np.random.default_rng(0).integers(0, 600, 300), None),
    "bags of any size": lambda: Taps(
        40, np.array([0, 0, 30, 31, 31, 100]), np.arange(100) % 40, np.linspace(0, 1, 100)
    ),
    "one each": lambda: Taps.single(6, np.array([5, 0, 0])),
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("turned", [False, True])
def test_a_map_is_the_product_with_its_matrix_along_any_dimension(name: str, turned: bool) -> None:
    taps = MAPS[name]().transposed() if turned else MAPS[name]()
    matrix = as_matrix(taps)
    for shape, dim in (((taps.n_in, 20), 0), ((2, taps.n_in, 3), 1), ((4, taps.n_in), 1)):
        x = np.random.default_rng(1).standard_normal(shape)
        expected = np.moveaxis(np.tensordot(matrix, x, (1, dim)), 0, dim)
        np.testing.assert_allclose(taps.apply(x, dim), expected, atol=1e-12)


def test_infinite_elements_reach_only_the_outputs_that_read_them() -> None:
    x = np.zeros((3, 9))
    x[1, 4] = np.inf
    y = Taps.ranges(9, np.arange(0, 9, 3), np.arange(3, 10, 3), np.ones(3)).apply(x, 1)
    assert y.tolist() == [[0, 0, 0], [0, np.inf, 0], [0, 0, 0]]


def test_only_what_is_large_goes_by_groups() -> None:
    assert pays(MANY, 8)
    assert not pays(MANY - 1, 8)
    assert not pays(MANY, 7)
