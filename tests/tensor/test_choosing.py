"""Choosing by the bit gives what `numpy.where` gives, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapegrad.tensor import choosing

SIZE = choosing.SMALLEST + 1


def some(seed: int, kind: Any) -> np.ndarray[Any, Any]:
    values = np.random.default_rng(seed).standard_normal(SIZE).astype(kind)
    values[:6] = 0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40
    return values


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("a", [None, 0, 0.0, -0.0, 2, float("nan")])
@pytest.mark.parametrize("b", [None, 0, -0.0, 1.5])
def test_the_same_bits_are_chosen(kind: str, a: Any, b: Any) -> None:
    condition = some(3, kind) > 0
    x: Any = some(1, kind) if a is None else a
    y: Any = some(2, kind) if b is None else b
    expected: Any = np.where(condition, x, y)
    if a is None or b is None:
        found = choosing.where(condition, x, y)
        assert found.dtype == expected.dtype
        assert found.tobytes() == expected.tobytes()
    out = np.empty(SIZE, kind)
    assert choosing.select(condition, x, y, out) is out
    assert out.tobytes() == expected.astype(kind).tobytes()


@pytest.mark.parametrize("shape", [(SIZE,), (100, 99), (0,)])
def test_other_operands_are_left_to_numpy(shape: tuple[int, ...]) -> None:
    condition = np.random.default_rng(0).random(shape) > 0.5
    single, double, whole = np.ones(shape, "f4"), np.ones(shape, "f8"), np.ones(shape, "i8")
    pairs: list[Any] = [(single, double), (whole, 0), (single, np.float64(2)), (np.ones((), "f4"), single), (1, whole)]
    for a, b in pairs:
        np.testing.assert_array_equal(choosing.where(condition, a, b), np.where(condition, a, b), strict=True)
    turned = np.asfortranarray(single)
    assert choosing.where(condition, turned, 0.0).strides == np.where(condition, turned, 0.0).strides
    np.testing.assert_array_equal(choosing.where(whole, single, 0.0), np.where(whole, single, 0.0))
    out = np.empty(shape, "i8")
    np.testing.assert_array_equal(choosing.select(condition, whole, 5, out), np.where(condition, whole, 5))


def test_large_masks_are_not_kept() -> None:
    from tapegrad.tensor import arena

    n = choosing._KEPT + 1
    condition, x = np.arange(n) % 3 == 0, np.arange(n, dtype="f4")
    np.testing.assert_array_equal(choosing.where(condition, x, 0.0), np.where(condition, x, 0.0))
    kept = arena._scratch.memory.get((np.dtype(np.int32), choosing._MASK))
    assert kept is None or kept.size <= choosing._KEPT
