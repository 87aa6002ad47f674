"""torch.nn.init draws torch's numbers in every floating-point dtype, and leaves the generator where torch leaves it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

FILLS: dict[str, tuple[tuple[int, ...], Callable[[Any, Any], Any]]] = {
    "uniform": ((3, 4), lambda init, w: init.uniform_(w, -1, 2)),
    "normal": ((30, 4), lambda init, w: init.normal_(w, 1, 2)),
    "truncated, usual": ((50, 7), lambda init, w: init.trunc_normal_(w)),
    "truncated, wide": ((50, 7), lambda init, w: init.trunc_normal_(w, std=3.0)),
    "truncated, narrow": ((50, 7), lambda init, w: init.trunc_normal_(w, 1.0, 0.02, -0.5, 0.98)),
    "truncated, far out": ((50, 7), lambda init, w: init.trunc_normal_(w, mean=5.0)),
    "xavier uniform": ((4, 5), lambda init, w: init.xavier_uniform_(w, 2.0)),
    "xavier normal": ((4, 5, 3), lambda init, w: init.xavier_normal_(w, 2.0)),
    "kaiming uniform": ((4, 5, 3, 3), lambda init, w: init.kaiming_uniform_(w, 0.2)),
    "kaiming normal": ((4, 5, 3), lambda init, w: init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu")),
    "orthogonal, wide": ((4, 5), lambda init, w: init.orthogonal_(w)),
    "orthogonal, high": ((5, 3), lambda init, w: init.orthogonal_(w, 2)),
    "orthogonal, kernel": ((5, 3, 2), lambda init, w: init.orthogonal_(w)),
    "sparse": ((10, 4), lambda init, w: init.sparse_(w, 0.3)),
    "dirac": ((6, 3, 3, 3, 2), lambda init, w: init.dirac_(w, 3)),
    "eye": ((3, 5), lambda init, w: init.eye_(w)),
}
DTYPES = {"float64": 1e-12, "float32": 2e-6, "float16": 0.0, "bfloat16": 0.0}


def run(lib: Any, name: str, dtype: str) -> tuple[Any, float]:
    lib.manual_seed(3)
    shape, fill = FILLS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of means outside of the bounds
        w = fill(lib.nn.init, lib.empty(shape, dtype=getattr(lib, dtype)).requires_grad_())
    return w.detach().double().numpy(), lib.rand(1).item()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in FILLS if "orthogonal" not in name])
def test_values_and_generator_agree(name: str, dtype: str) -> None:
    (expected, after), (got, ours_after) = run(real, name, dtype), run(ours, name, dtype)
    np.testing.assert_allclose(got, expected, rtol=DTYPES[dtype], atol=DTYPES[dtype])
    assert ours_after == after


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [name for name in FILLS if "orthogonal" in name])
def test_orthogonal_matrices_agree(name: str, dtype: str) -> None:
    (expected, after), (got, ours_after) = run(real, name, dtype), run(ours, name, dtype)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=10 * DTYPES[dtype])
    assert ours_after == after
