"""First and second derivatives of every sample against finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapegrad as torch

from .samples import Sample, all_samples

SMOOTH = [s for s in all_samples() if s.order and s.smooth]
STEP = 1e-6


def tensors_of(result: Any) -> list[Any]:
    """The differentiable tensors among the results of a call."""
    results = result if isinstance(result, (tuple, list)) else [result]
    return [t for t in results if isinstance(t, torch.Tensor) and t.dtype.is_floating_point]


def value(call: Any, arrays: list[np.ndarray[Any, Any]], weights: list[np.ndarray[Any, Any]]) -> float:
    """The sum of all results, each element times a fixed weight."""
    results = tensors_of(call(torch, *[torch.from_numpy(a.copy()) for a in arrays]))
    return float(sum((r.detach().numpy() * w).sum() for r, w in zip(results, weights, strict=True)))


def gradients(
    call: Any, arrays: list[np.ndarray[Any, Any]], weights: list[Any], graph: bool
) -> tuple[list[Any], list[Any]]:
    leaves = [torch.from_numpy(a.copy()) for a in arrays]
    wanted = [leaf.requires_grad_() for leaf in leaves if leaf.dtype.is_floating_point]
    results = tensors_of(call(torch, *leaves))
    pairs = [(r, torch.from_numpy(np.asarray(w))) for r, w in zip(results, weights, strict=True) if r.requires_grad]
    found = torch.autograd.grad(
        [r for r, _ in pairs], wanted, [w for _, w in pairs], create_graph=graph, materialize_grads=True
    )
    return wanted, list(found)


def weights_for(call: Any, arrays: list[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(7)
    results = tensors_of(call(torch, *[torch.from_numpy(a.copy()) for a in arrays]))
    return [np.asarray(rng.standard_normal(tuple(r.shape))) for r in results]


def directional(function: Any, arrays: list[np.ndarray[Any, Any]], direction: list[np.ndarray[Any, Any]]) -> float:
    """A central difference along a direction."""
    ahead = [np.asarray(a + STEP * d) if a.dtype.kind == "f" else a for a, d in zip(arrays, direction, strict=True)]
    behind = [np.asarray(a - STEP * d) if a.dtype.kind == "f" else a for a, d in zip(arrays, direction, strict=True)]
    return float((function(ahead) - function(behind)) / (2 * STEP))


@pytest.mark.parametrize("sample", SMOOTH, ids=lambda s: s.label)
def test_gradient_is_the_slope(sample: Sample) -> None:
    arrays = list(sample.inputs)
    weights = weights_for(sample.call, arrays)
    rng = np.random.default_rng(3)
    direction = [rng.standard_normal(a.shape) for a in arrays]
    slope = directional(lambda at: value(sample.call, at, weights), arrays, direction)
    _, found = gradients(sample.call, arrays, weights, graph=False)
    floats = [d for a, d in zip(arrays, direction, strict=True) if a.dtype.kind == "f"]
    ours = sum(float((g.numpy() * d).sum()) for g, d in zip(found, floats, strict=True))
    assert ours == pytest.approx(slope, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("sample", [s for s in SMOOTH if s.order > 1], ids=lambda s: s.label)
def test_second_derivative_is_the_slope_of_the_gradient(sample: Sample) -> None:
    arrays = list(sample.inputs)
    weights = weights_for(sample.call, arrays)
    rng = np.random.default_rng(4)
    turns = [rng.standard_normal(a.shape) for a in arrays if a.dtype.kind == "f"]
    direction = [rng.standard_normal(a.shape) for a in arrays]

    def along(at: list[np.ndarray[Any, Any]]) -> float:
        _, found = gradients(sample.call, at, weights, graph=False)
        return sum(float((g.numpy() * t).sum()) for g, t in zip(found, turns, strict=True))

    slope = directional(along, arrays, direction)
    leaves, first = gradients(sample.call, arrays, weights, graph=True)
    recorded = [(g, torch.from_numpy(np.asarray(t))) for g, t in zip(first, turns, strict=True) if g.requires_grad]
    if not recorded:
        assert slope == pytest.approx(0, abs=1e-5)
        return
    second = torch.autograd.grad([g for g, _ in recorded], leaves, [t for _, t in recorded], materialize_grads=True)
    floats = [d for a, d in zip(arrays, direction, strict=True) if a.dtype.kind == "f"]
    ours = sum(float((g.numpy() * d).sum()) for g, d in zip(second, floats, strict=True))
    assert ours == pytest.approx(slope, rel=1e-4, abs=1e-5)
