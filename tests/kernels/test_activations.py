"""Activation functions of many elements are kernels, as exact as NumPy's calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.kernels import finding, using

Array = np.ndarray[Any, Any]
F = torch.nn.functional

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "gelu": F.gelu,
    "gelu by tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "elu": F.elu,
    "celu": lambda x: F.celu(x, 1.5),
    "mish": F.mish,
    "logsigmoid": F.logsigmoid,
}


def numbers(kind: str) -> Array:
    """Numbers of all sizes at which these functions are not yet constant, and what is special."""
    random = np.random.default_rng(0)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-30, -1e-30, 80.0, -80.0, 20.0]
    return np.concatenate([random.standard_normal(100_000) * size for size in (0.1, 1, 4)] + [special]).astype(kind)


def results(name: str, x: Array) -> list[Array]:
    """The values, and the gradients of their sum."""
    leaf = torch.from_numpy(x.copy()).requires_grad_()
    y = FUNCTIONS[name](leaf)
    y.backward(torch.ones_like(y))
    assert leaf.grad is not None
    return [y.detach().numpy(), leaf.grad.numpy()]


@pytest.mark.usefixtures("compiled_kernels")
@pytest.mark.parametrize(("name", "kind"), [*((name, "f4") for name in FUNCTIONS), ("gelu", "f8"), ("softplus", "f8")])
def test_values_and_gradients_are_those_of_numpy(name: str, kind: str) -> None:
    x = numbers(kind)
    for kernel in finding._all:
        kernel.ready.clear()
    compiled = results(name, x)
    used = [kernel for kernel in finding._all if kernel.ready and kernel.module.startswith("expression")]
    assert len(used) == 2  # forward and backward
    with using("off"):
        exact, usual = results(name, x.astype("f8")), results(name, x)
    spacing = np.finfo(kind).eps
    for mine, true, numpys in zip(compiled, exact, usual, strict=True):
        np.testing.assert_array_equal(np.isnan(mine), np.isnan(numpys))
        np.testing.assert_array_equal(np.isinf(mine), np.isinf(numpys))
        finite = np.isfinite(true) & np.isfinite(mine)
        error, allowed = (np.abs(found[finite] - true[finite]) for found in (mine, numpys))
        assert (error <= 1.5 * allowed.max() + 4 * spacing * np.maximum(np.abs(true[finite]), 1)).all()
