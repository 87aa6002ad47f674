"""Tangents of every sample of tests/ops through both libraries, wherever torch has forward mode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours
from tests.ops.samples import Sample, all_samples

from .test_ops import array_of, outputs

pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)  # torch, of itself

# Where torch's two modes differ from each other, at ties, in edge values and on NaN, ours agree with its reverse mode.
AT_KINKS = {
    "atan2: ties", "clamp: tensors at ties", "clamp_max: ties", "fmax: ties", "logit: edge", "logit: eps, edge",
    "logsumexp: of no elements", "max: NaN", "maximum: ties", "median: NaN", "min: NaN", "minimum: ties",
    "where: NaN in the branch not taken", "logcumsumexp: large", "nn.celu: {'alpha': 0.7}",
    # torch loses the tangent:
    "scatter_reduce: prod", "scatter_reduce: prod, without self", "scatter_reduce: product with a zero",
    # torch's forward rules take the whole matrix where only a triangle is meant:
    "triangular_solve", "triangular_solve: transpose", "triangular_solve: unit", "cholesky_inverse",
    "cholesky_inverse: upper",
    # NaN for ours, which divides by the norm in two reverse passes, where torch has 0:
    "norm: others at 0", "std: at 0", "std_mean: at 0",
}  # fmt: skip

CASES = [s for s in all_samples() if s.order and s.exact and s.label not in AT_KINKS]


def tangents(lib: Any, sample: Sample) -> list[np.ndarray[Any, Any] | None]:
    """The tangents of all results that have one; zeros count as none."""
    lib.manual_seed(0)
    rng = np.random.default_rng(8)
    ad = lib.autograd.forward_ad
    with ad.dual_level():
        inputs = []
        for a in sample.inputs:
            t = lib.from_numpy(a.copy())
            direction = lib.from_numpy(np.asarray(rng.standard_normal(a.shape)))
            inputs.append(ad.make_dual(t, direction) if a.dtype == np.float64 else t)
        found = []
        for r in outputs(lib, sample.call(lib, *inputs)):
            tangent = ad.unpack_dual(r).tangent
            found.append(None if tangent is None or not np.any(array_of(tangent)) else array_of(tangent))
        return found


def torch_tangents(sample: Sample) -> list[np.ndarray[Any, Any] | None] | None:
    """torch's; None where it says that it has no forward mode."""
    try:
        return tangents(real, sample)
    except NotImplementedError:
        return None
    except RuntimeError as error:
        if "forward AD" in str(error) or "forward mode" in str(error):
            return None
        raise


@pytest.mark.parametrize("sample", CASES, ids=lambda s: s.label)
def test_tangents_are_torchs(sample: Sample) -> None:
    expected = torch_tangents(sample)
    got = tangents(ours, sample)  # must work in any case
    for e, m in zip(expected or (), got, strict=bool(expected)):
        assert (e is None) == (m is None)
        if e is not None:
            np.testing.assert_allclose(m, e, rtol=1e-8, atol=1e-9)
