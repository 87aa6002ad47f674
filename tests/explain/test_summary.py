"""What is said of arrays: numbers, counts, histograms."""

from __future__ import annotations

import json

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tapegrad.explain.summary import number_text, rearranged, same_elements, summarize

numbers = arrays.arrays(
    np.float32,
    arrays.array_shapes(max_dims=3, max_side=5),
    elements=st.floats(width=32) | st.sampled_from([np.nan, np.inf, 0.0]),
)


@given(numbers)
def test_counts_and_ranges_are_those_of_numpy(array: np.ndarray) -> None:
    found = summarize(array)
    assert found["nan"] == np.isnan(array).sum()
    assert found["inf"] == np.isinf(array).sum()
    assert found["zero"] == (array == 0).sum()
    known, finite = array[~np.isnan(array)].astype(float), array[np.isfinite(array)].astype(float)
    if known.size:
        assert float(found["min"]) == pytest.approx(known.min(), rel=1e-6)
        assert float(found["max"]) == pytest.approx(known.max(), rel=1e-6)
    else:
        assert found["min"] is found["max"] is None
    if finite.size:
        assert float(found["mean"]) == pytest.approx(finite.mean(), rel=1e-5, abs=1e-6 * abs(finite).max())
        assert float(found["std"]) == pytest.approx(finite.std(), rel=1e-5, abs=1e-6 * abs(finite).max())
    json.dumps(found, allow_nan=False)


@given(numbers)
def test_the_histogram_counts_each_finite_number_once(array: np.ndarray) -> None:
    histogram = summarize(array)["histogram"]
    if histogram is not None:
        assert sum(histogram["counts"]) == np.isfinite(array).sum()
        assert len(histogram["counts"]) <= 24


def test_the_histogram_has_numbers_where_they_are() -> None:
    histogram = summarize(np.array([0.0] * 10 + [1.0] * 30))["histogram"]
    assert histogram is not None
    assert (histogram["low"], histogram["high"]) == (0.0, 1.0)
    assert histogram["counts"][0] == 10 and histogram["counts"][-1] == 30


@pytest.mark.parametrize(
    ("array", "text", "dtype"),
    [
        (np.array([1, -2]), "[1, -2]", "int64"),
        (np.array([True, False]), "[True, False]", "bool"),
        (np.array([1 + 2j, complex(-0.0, -1)]), "[1+2j, 0-1j]", "complex128"),
        (np.array([1.5, 2], ml_dtypes.bfloat16), "[1.5, 2]", "bfloat16"),
        (np.float32(0.1), "0.1", "float32"),
        (np.zeros((0, 3)), "[]", "float64"),
        (np.ones((2, 1, 2), np.float16), "[1, 1, 1, 1]", "float16"),
    ],
)
def test_all_dtypes_are_described(array: np.ndarray, text: str, dtype: str) -> None:
    found = summarize(array)
    assert (found["text"], found["dtype"]) == (text, dtype)
    assert found["numel"] == np.size(array)


def test_of_complex_numbers_the_size_is_described() -> None:
    found = summarize(np.array([3 + 4j, 0]))
    assert (found["max"], found["mean"], found["zero"]) == (5.0, 2.5, 1)
    assert summarize(np.full(20, 3 + 4j))["max"] == 5.0


def test_of_large_arrays_all_is_counted_and_a_sample_drawn() -> None:
    array = np.tile(np.array([0.0, 1.0, 2.0, 5.0], np.float32), 2**18)
    array[[7, 11, 99]] = np.nan, np.inf, -np.inf
    found = summarize(array)
    assert (found["nan"], found["inf"], found["zero"], found["numel"]) == (1, 2, 2**18, 2**20)
    assert (found["min"], found["max"]) == ("-inf", "inf")
    assert found["mean"] == pytest.approx(2.0, rel=1e-4)
    assert found["histogram"] is not None and sum(found["histogram"]["counts"]) <= 2**18


def test_arrays_of_the_same_memory_are_known() -> None:
    a = np.arange(6.0).reshape(2, 3)
    assert same_elements(a, a) and same_elements(a.T, a) and same_elements(a.reshape(6), a.T)
    assert not same_elements(a, a.copy())
    assert not same_elements(a[:1], a[1:])
    assert not same_elements(np.broadcast_to(a[0], (2, 3)), a)
    assert not same_elements(a, a.view(np.int64))
    assert rearranged(summarize(a), a.T) == summarize(a.T)


def test_long_arrays_are_cut_after_whole_numbers() -> None:
    text = number_text(np.full(1000, -1.234e-30))
    assert len(text) <= 200
    assert text.startswith("[-1.234e-30, ") and text.endswith(", …]")
    wide = number_text(np.full(24, -1.234e-30 - 5.678e-30j))
    assert len(wide) <= 200 and wide.endswith("j, …]")
