"""Every operator sample, as machine code from its first program on, gives what it gives as it is written."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tests.ops.samples import Sample, all_samples

from .test_samples import call_of, found

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("numba") is None, reason="machine code needs LLVM, which comes with Numba"
)


# Sums in another order and other elementary functions, some of them where they are badly conditioned.
TOLERANCE = {2: 2e-2, 4: 5e-5, 8: 1e-9}


def close(a: Any, b: Any) -> None:
    """The same shapes and types; the same numbers, to rounding."""
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    if a.dtype.kind in "fc":
        part = a.real.dtype.itemsize
        np.testing.assert_allclose(a, b, rtol=TOLERANCE[part], atol=TOLERANCE[part] / 10)
    else:
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("sample", all_samples(), ids=lambda s: s.label)
def test_machine_code_is_eager(sample: Sample) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = found(call_of(sample.call), sample)
        compiled = torch.compile(call_of(sample.call), backend="numba")
        for _ in range(4):
            got = found(compiled, sample)
            assert len(got) == len(expected)
            for a, b in zip(got, expected, strict=True):
                assert (a is None) == (b is None)
                if a is not None:
                    close(a, b)
