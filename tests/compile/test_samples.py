"""Every operator sample, compiled, gives the values and gradients that it gives as it is written."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tests.ops.samples import Sample, all_samples


def found(f: Any, sample: Sample) -> list[Any]:
    """Values and gradients of a call."""
    torch.manual_seed(3)
    leaves = [torch.from_numpy(a.copy()) for a in sample.inputs]
    wanted = [t.requires_grad_() for t in leaves if sample.order and (t.is_floating_point() or t.is_complex())]
    result = f(*leaves)
    results = [t for t in (result if isinstance(result, (tuple, list)) else [result]) if isinstance(t, torch.Tensor)]
    values = [t.detach() for t in results]
    differentiable = [t for t in results if t.requires_grad]
    if wanted and differentiable:
        ones = [torch.ones_like(t) for t in differentiable]
        values += torch.autograd.grad(differentiable, wanted, ones, allow_unused=True)
    return [None if v is None else np.asarray(v.resolve_conj().numpy()) for v in values]


def call_of(call: Any) -> Any:
    """A sample's call as a function of tensors, which holds nothing of the sample's arrays."""
    return lambda *tensors: call(torch, *tensors)


@pytest.mark.parametrize("sample", all_samples(), ids=lambda s: s.label)
def test_compiled_is_eager(sample: Sample) -> None:
    f = call_of(sample.call)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = found(f, sample)
        compiled = torch.compile(call_of(sample.call), backend="numpy")
        for _ in range(4):
            got = found(compiled, sample)
            assert len(got) == len(expected)
            for a, b in zip(got, expected, strict=True):
                assert (a is None) == (b is None)
                if a is not None:
                    np.testing.assert_array_equal(a, b, strict=True)
