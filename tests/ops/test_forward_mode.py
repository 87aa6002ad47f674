"""Forward mode of every sample against reverse mode, and forward over reverse against reverse over reverse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.autograd import forward_ad as fwAD

from .samples import Sample, all_samples
from .test_derivatives import gradients, tensors_of, weights_for

SMOOTH = [s for s in all_samples() if s.order and s.smooth]

Array = np.ndarray[Any, Any]


def duals(arrays: list[Array], direction: list[Array], leaves: list[Any] | None = None) -> list[Any]:
    """The arrays as dual tensors; as results of leaves that require gradients, which are put into `leaves`."""
    made = []
    for a, d in zip(arrays, direction, strict=True):
        t = torch.from_numpy(a.copy())
        if a.dtype.kind == "f":
            if leaves is not None:
                leaves.append(t.requires_grad_())
                t = t.clone()
            t = fwAD.make_dual(t, torch.from_numpy(d.copy()))
        made.append(t)
    return made


def directions(arrays: list[Array]) -> list[Array]:
    rng = np.random.default_rng(5)
    return [np.asarray(rng.standard_normal(a.shape)) for a in arrays]


def dot(a: list[Any], b: list[Any]) -> float:
    return float(sum((x * y).sum() for x, y in zip(a, b, strict=True)))


@pytest.mark.parametrize("sample", SMOOTH, ids=lambda s: s.label)
def test_tangent_agrees_with_the_gradient(sample: Sample) -> None:
    arrays = list(sample.inputs)
    weights, direction = weights_for(sample.call, arrays), directions(arrays)
    with fwAD.dual_level():
        results = tensors_of(sample.call(torch, *duals(arrays, direction)))
        parts = [fwAD.unpack_dual(r).tangent for r in results]
        for r, part in zip(results, parts, strict=True):
            assert part is None or (part.shape == r.shape and part.dtype == r.dtype)
        forward = dot([0 if p is None else p.numpy() for p in parts], [np.asarray(w) for w in weights])
    _, found = gradients(sample.call, arrays, weights, graph=False)
    floats = [d for a, d in zip(arrays, direction, strict=True) if a.dtype.kind == "f"]
    reverse = dot([g.numpy() for g in found], floats)
    assert forward == pytest.approx(reverse, rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("sample", [s for s in SMOOTH if s.order > 1], ids=lambda s: s.label)
def test_forward_over_reverse_agrees_with_reverse_over_reverse(sample: Sample) -> None:
    arrays = list(sample.inputs)
    weights, direction = weights_for(sample.call, arrays), directions(arrays)
    rng = np.random.default_rng(6)
    turns = [np.asarray(rng.standard_normal(a.shape)) for a in arrays if a.dtype.kind == "f"]
    with fwAD.dual_level():
        wanted: list[Any] = []
        inputs = duals(arrays, direction, wanted)
        results = tensors_of(sample.call(torch, *inputs))
        pairs = [(r, torch.from_numpy(np.asarray(w))) for r, w in zip(results, weights, strict=True) if r.requires_grad]
        found = torch.autograd.grad([r for r, _ in pairs], wanted, [w for _, w in pairs], materialize_grads=True)
        parts = [fwAD.unpack_dual(g).tangent for g in found]
        forward = dot([0 if p is None else p.numpy() for p in parts], turns)
    leaves, first = gradients(sample.call, arrays, weights, graph=True)
    recorded = [(g, torch.from_numpy(t)) for g, t in zip(first, turns, strict=True) if g.requires_grad]
    reverse = 0.0
    if recorded:
        second = torch.autograd.grad([g for g, _ in recorded], leaves, [t for _, t in recorded], materialize_grads=True)
        floats = [d for a, d in zip(arrays, direction, strict=True) if a.dtype.kind == "f"]
        reverse = dot([g.numpy() for g in second], floats)
    assert forward == pytest.approx(reverse, rel=1e-7, abs=1e-8)
