"""Attention by kernels, by some heads at a time in NumPy, and by its formula is the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.kernels import finding, using
from tapegrad.ops import attention_by_heads

Array = np.ndarray[Any, Any]
Masks = dict[str, tuple[int, ...]]

# Batch, heads, queries, keys, features: registers filled and not, one head, many keys, several cuts of the queries.
SIZES = [(2, 3, 64, 64, 32), (3, 2, 50, 71, 16), (1, 1, 300, 40, 48), (5, 7, 9, 21, 16), (1, 2, 140, 600, 16)]
MASKS: Masks = {"queries and keys": (-2, -1), "keys of each batch": (0, -1), "every head": (0, 1, -2, -1)}


def turned(x: Array) -> Array:
    return x.swapaxes(-1, -2)


def formula(q: Array, k: Array, v: Array, g: Array, mask: Array | None, scale: float) -> list[Array]:
    """The value and the gradients by q, k and v, in double precision; rows of nothing but -inf count as zeros."""
    q, k, v, g = (x.astype("f8") for x in (q, k, v, g))
    scores = q @ turned(k) * scale + (0 if mask is None else mask)
    top = scores.max(-1, keepdims=True)
    weights = np.exp(scores - np.where(np.isinf(top), 0, top))
    total = weights.sum(-1, keepdims=True)
    weights /= np.where(total == 0, 1, total)
    by_weights = g @ turned(v)
    by_scores = weights * (by_weights - (weights * by_weights).sum(-1, keepdims=True)) * scale
    return [weights @ v, by_scores @ k, turned(by_scores) @ q, turned(weights) @ g]


def arrays(size: tuple[int, ...], kind: str = "f4", order: tuple[int, ...] = (0, 1, 2, 3)) -> list[Array]:
    """Queries, keys, values and a gradient, whose dimensions lie in memory in an order."""
    batch, heads, queries, keys, features = size
    random = np.random.default_rng(0)
    found = []
    for length in (queries, keys, keys, queries):
        shape = (batch, heads, length, features)
        x = random.standard_normal([shape[dim] for dim in order]).astype(kind)
        found.append(x.transpose(np.argsort(order)))
    return found


def mask_for(size: tuple[int, ...], dims: tuple[int, ...], kind: str = "f4") -> Array:
    """Numbers to add, some of them -inf, one row of nothing else."""
    whole = size[:4]
    kept = {dim % 4 for dim in dims}
    random = np.random.default_rng(1)
    mask = random.standard_normal([n if dim in kept else 1 for dim, n in enumerate(whole)])
    mask[random.random(mask.shape) < 0.3] = -np.inf
    mask[0, 0, 0] = -np.inf
    return (mask[0, 0] if dims == (-2, -1) else mask).astype(kind)


def check(size: tuple[int, ...], kind: str, given: list[Array], mask: Array | None = None) -> None:
    q, k, v, g = given
    expected = formula(q, k, v, g, mask, 0.3)
    value = attention_by_heads.attended(q, k, v, mask, 0.3)
    gradients = attention_by_heads.gradients(g, q, k, v, mask, 0.3, (True, True, True))
    assert value is not None and gradients is not None
    assert value.strides == np.empty_like(q).strides
    for found, right in zip((value, *gradients), expected, strict=True):
        assert found is not None and found.dtype == kind
        np.testing.assert_allclose(found, right, rtol=0, atol=20 * np.finfo(kind).eps * np.abs(right).max())


@pytest.fixture(autouse=True)
def small_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy goes by heads however little there is to do."""
    monkeypatch.setitem(attention_by_heads.attended.__globals__, "_SMALLEST_BY_NUMPY", 0)


ways = pytest.mark.parametrize("way", ["off", pytest.param("always", id="kernels")])


def begin(way: Any) -> Any:
    if way == "always":
        pytest.importorskip("numba")
    return using(way)


@ways
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_value_and_gradients(way: str, kind: str, size: tuple[int, ...]) -> None:
    with begin(way):
        check(size, kind, arrays(size, kind))
        ready = {kernel.name for kernel in finding._all if kernel.ready}
    assert way == "off" or {"attention", "attention_gradients"} <= ready


@ways
@pytest.mark.parametrize("order", [(2, 0, 1, 3), (0, 2, 1, 3)], ids=str)
def test_heads_may_lie_between_the_features_of_a_row(way: str, order: tuple[int, ...]) -> None:
    with begin(way):
        check(SIZES[1], "f4", arrays(SIZES[1], order=order))


@ways
@pytest.mark.parametrize("size", [SIZES[0], SIZES[4]], ids=str)
@pytest.mark.parametrize("dims", MASKS.values(), ids=list(MASKS))
def test_masks(way: str, size: tuple[int, ...], dims: tuple[int, ...]) -> None:
    with begin(way):
        check(size, "f4", arrays(size), mask_for(size, dims))


@ways
def test_what_a_query_may_not_look_at_does_not_count(way: str) -> None:
    q, k, v, g = arrays(SIZES[0])
    mask = np.zeros((64, 64), np.float32)
    mask[:, 40:] = -np.inf
    v[:, :, 40:] = 1e30
    with begin(way):
        value = attention_by_heads.attended(q, k, v, mask, 0.3)
        gradients = attention_by_heads.gradients(g, q, k, v, mask, 0.3, (False, True, True))
    assert value is not None and gradients is not None and np.abs(value).max() < 10
    assert gradients[0] is None
    for found in gradients[1:]:
        assert found is not None and not found[:, :, 40:].any()


@ways
def test_nan_stays_in_its_row(way: str) -> None:
    q, k, v, _ = arrays(SIZES[0])
    q[1, 2, 5, 0] = np.nan
    with begin(way):
        value = attention_by_heads.attended(q, k, v, None, 0.3)
    assert value is not None
    places = np.argwhere(np.isnan(value).any(-1))
    np.testing.assert_array_equal(places, [[1, 2, 5]])


@ways
def test_the_number_of_threads_does_not_show(way: str) -> None:
    q, k, v, g = arrays((4, 8, 64, 64, 32))
    found = []
    before = torch.get_num_threads()
    with begin(way):
        try:
            for threads in (1, 2, 3):
                torch.set_num_threads(threads)
                value = attention_by_heads.attended(q, k, v, None, 0.3)
                gradients = attention_by_heads.gradients(g, q, k, v, None, 0.3, (True, True, True))
                assert gradients is not None
                found.append((value, *gradients))
        finally:
            torch.set_num_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@ways
def test_only_some_gradients_are_computed(way: str) -> None:
    q, k, v, g = arrays(SIZES[0])
    expected = formula(q, k, v, g, None, 0.3)[1:]
    for number in range(3):
        needs = (number == 0, number == 1, number == 2)
        with begin(way):
            gradients = attention_by_heads.gradients(g, q, k, v, None, 0.3, needs)
        assert gradients is not None
        assert [one is not None for one in gradients] == list(needs)
        found: Any = gradients[number]
        np.testing.assert_allclose(found, expected[number], rtol=0, atol=1e-5)


def test_small_and_foreign_arrays_are_left_to_the_formula() -> None:
    q, k, v, _ = arrays((1, 1, 5, 7, 16))
    assert attention_by_heads.attended(q, k, v, None, 0.3) is None
    q, k, v, _ = arrays(SIZES[0])
    assert attention_by_heads.attended(q.view(np.recarray), k, v, None, 0.3) is None
    assert attention_by_heads.attended(q, k.astype("f8"), v, None, 0.3) is None


@pytest.mark.parametrize("size", [(2, 3, 5, 4, 8), (2, 3, 64, 64, 32)], ids=str)
def test_the_result_lies_in_memory_as_the_queries_do(size: tuple[int, ...]) -> None:
    q, k, v, _ = (torch.from_numpy(x) for x in arrays(size, order=(0, 2, 1, 3)))
    value = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    assert value.stride() == q.stride()
