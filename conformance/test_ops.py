"""Every sample of tests/ops through both libraries: values, dtypes, shapes, grad_fn names, both derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours
from tests.ops.samples import Sample, all_samples

TOLERANCE = {"float64": (1e-9, 1e-11), "float32": (2e-5, 1e-6), "complex128": (1e-9, 1e-11)}


def cast(array: np.ndarray[Any, Any], dtype: str) -> np.ndarray[Any, Any]:
    return array.astype(dtype) if array.dtype.kind == "f" else array.copy()


def strided(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same values with gaps between them in memory."""
    if array.ndim == 0:
        return array
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def outputs(lib: Any, result: Any) -> list[Any]:
    if isinstance(result, lib.Tensor):
        return [result]
    if isinstance(result, (tuple, list)):
        return [t for item in result for t in outputs(lib, item)]
    return []


def array_of(t: Any) -> np.ndarray[Any, Any]:
    """The values of a result; torch keeps some zeros without memory, which have to be asked for."""
    return t.detach().numpy(force=True)


def run(lib: Any, sample: Sample, arrays: list[np.ndarray[Any, Any]], order: int) -> dict[str, Any]:
    """Everything observable about a call, as NumPy arrays and strings."""
    lib.manual_seed(0)
    leaves = [lib.from_numpy(a) for a in arrays]
    wanted = [leaf.requires_grad_() for leaf in leaves if order and leaf.dtype.is_floating_point]
    results = outputs(lib, sample.call(lib, *leaves))
    seen: dict[str, Any] = {
        "values": [array_of(r) for r in results],
        "dtypes": [str(r.dtype) for r in results],
        "shapes": [tuple(r.shape) for r in results],
        "requires_grad": [r.requires_grad for r in results],
        "grad_fn": [r.grad_fn.name() if r.grad_fn else None for r in results],
        "next": [
            [f.name() if f else None for f, _ in r.grad_fn.next_functions] if r.grad_fn else None for r in results
        ],
    }
    if not wanted:
        return seen
    rng = np.random.default_rng(5)
    pairs = [
        (r, lib.from_numpy(np.asarray(rng.standard_normal(tuple(r.shape))).astype(array_of(r).dtype)))
        for r in results
        if r.requires_grad
    ]
    if not pairs:
        return seen
    first = lib.autograd.grad(
        [r for r, _ in pairs], wanted, [c for _, c in pairs], create_graph=order > 1, allow_unused=True
    )
    seen["gradients"] = [None if g is None else array_of(g) for g in first]
    if order > 1:
        again = [(g, lib.from_numpy(np.asarray(rng.standard_normal(tuple(g.shape))).astype(array_of(g).dtype)))
                 for g in first if g is not None and g.requires_grad]  # fmt: skip
        if again:
            second = lib.autograd.grad([g for g, _ in again], wanted, [t for _, t in again], allow_unused=True)
            # no second derivative and a second derivative of zero are the same thing
            seen["second"] = [
                np.zeros(tuple(w.shape), array_of(w).dtype) if g is None else array_of(g)
                for g, w in zip(second, wanted, strict=True)
            ]
    return seen


def compare(expected: dict[str, Any], got: dict[str, Any], sample: Sample, dtype: str) -> None:
    rtol, atol = TOLERANCE[dtype]
    exact_keys = ["dtypes", "shapes", "requires_grad", "grad_fn"]
    if "fused" not in sample.tags:
        exact_keys.append("next")
    for key in exact_keys:
        assert got[key] == expected[key], key
    for key, factor in (("values", 1), ("gradients", 10), ("second", 100)):
        if key not in expected:
            continue
        mine = got.get(key, [np.zeros_like(e) for e in expected[key]])
        for i, (e, m) in enumerate(zip(expected[key], mine, strict=True)):
            assert (e is None) == (m is None), f"{key}[{i}]: {e} expected, got {m}"
            if e is None or not sample.exact:
                continue
            assert e.dtype == m.dtype, f"{key}[{i}]"
            scale = float(np.max(np.abs(e[np.isfinite(e)]), initial=0.0)) if e.dtype.kind in "fc" else 0.0
            np.testing.assert_allclose(
                m, e, rtol=rtol * factor, atol=(atol + rtol * scale) * factor, err_msg=f"{key}[{i}]"
            )


CASES = [(s, d) for s in all_samples() for d in s.dtypes]


@pytest.mark.parametrize(("sample", "dtype"), CASES, ids=[f"{s.label}-{d}" for s, d in CASES])
def test_sample_agrees_with_torch(sample: Sample, dtype: str) -> None:
    order = sample.order
    expected = run(real, sample, [cast(a, dtype) for a in sample.inputs], order)
    got = run(ours, sample, [cast(a, dtype) for a in sample.inputs], order)
    compare(expected, got, sample, dtype)


@pytest.mark.parametrize("sample", all_samples(), ids=lambda s: s.label)
def test_strided_inputs_agree_with_torch(sample: Sample) -> None:
    expected = run(real, sample, [strided(cast(a, "float64")) for a in sample.inputs], sample.order)
    got = run(ours, sample, [strided(cast(a, "float64")) for a in sample.inputs], sample.order)
    compare(expected, got, sample, "float64")
