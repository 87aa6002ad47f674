"""Pointwise operators in both libraries: special values, kinks, types, node names, errors.

Each case is an expression, evaluated once with `torch` being the real one and once with tapegrad.  Compared are values
(NaN in the same places, rounding aside), types, `grad_fn` with its neighbours, and of errors the type and first sentence.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

NAN, INF = float("nan"), float("inf")


def operands(torch: Any) -> dict[str, Any]:
    """The names that expressions may use; each call makes fresh tensors."""
    leaf = lambda values, **kw: torch.tensor(values, requires_grad=True, **kw)
    double = torch.float64
    return {
        "torch": torch,
        "nan": NAN,
        "inf": INF,
        "x": leaf([0.3, 0.7, 0.45], dtype=double),
        "y": leaf([0.25, 0.6, 0.9], dtype=double),
        "w": leaf([0.5, 0.1, 0.8], dtype=double),
        "z": leaf([0.3 + 0.2j, -0.7 + 1j, 0.45 - 2j], dtype=torch.complex128),
        "f": torch.tensor([1.5, -2.0, 0.25]),
        "i": torch.tensor([1, -2, 3]),
        "u": torch.tensor([1, 2, 3], dtype=torch.uint8),
        "b": torch.tensor([True, False, True]),
        "h": torch.tensor([1.5, -2.0, 0.1], dtype=torch.float16),
        "edge": torch.tensor([NAN, INF, -INF, 0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e10, -3.0, -2.0]),
        "cedge": torch.tensor([0j, 1 + 1j, complex(NAN, 1), -2, -2j]),
        "grad": lambda function, *at: _gradients(torch, function, at),
    }


def _gradients(torch: Any, function: Any, at: tuple[Any, ...]) -> Any:
    """The result and the gradients of its sum by each argument, as leaves."""
    leaves = [t.detach().clone().requires_grad_() if isinstance(t, torch.Tensor) else t for t in at]
    leaves = [t if isinstance(t, torch.Tensor) else torch.tensor(t, dtype=torch.float64, requires_grad=True) for t in leaves]
    result = function(*leaves)
    result.backward(torch.ones_like(result))
    return (result.detach(), *[leaf.grad for leaf in leaves])


def outcome(torch: Any, expression: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(expression, operands(torch))
        except Exception as error:
            return error


def first_sentence(error: Exception) -> str:
    return re.split(r"\.\s|\n|\.$", str(error))[0]


def node(t: Any) -> Any:
    """A tensor's grad_fn by name, with those of its inputs."""
    if t.grad_fn is None:
        return None
    return t.grad_fn.name(), [f.name() if f else None for f, _ in t.grad_fn.next_functions]


def compare(expected: Any, got: Any) -> None:
    if isinstance(expected, Exception):
        assert isinstance(got, type(expected)), repr(got)
        if "invalid combination of arguments" not in str(expected):
            assert str(got).startswith(first_sentence(expected)), f"{expected}\n-----\n{got}"
        return
    assert not isinstance(got, Exception), repr(got)
    if isinstance(expected, (tuple, list)):
        assert len(expected) == len(got)
        for e, g in zip(expected, got, strict=True):
            compare(e, g)
        return
    if not isinstance(expected, real.Tensor):
        assert expected == got
        return
    assert str(got.dtype) == str(expected.dtype)
    assert tuple(got.shape) == tuple(expected.shape)
    assert got.requires_grad == expected.requires_grad
    assert node(got) == node(expected)
    e, g = (t.detach() for t in (expected, got))
    if str(e.dtype) == "torch.bfloat16":
        e, g = e.float(), g.float()
    e, g = e.resolve_conj().resolve_neg().numpy(), g.numpy()
    tolerance = {"f": 1e-6, "c": 1e-6, "e": 1e-3}.get(e.dtype.kind if e.dtype.itemsize > 2 else "e", 0)
    if e.dtype.itemsize == 8 and e.dtype.kind == "f" or e.dtype.itemsize == 16:
        tolerance = 1e-12
    np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance * 1e-3)
    if e.dtype.kind == "f":
        zero = (e == 0) & (g == 0)
        np.testing.assert_array_equal(np.signbit(g[zero]), np.signbit(e[zero]))


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


