"""Expressions evaluated once with the real torch and once with tapegrad, and their results compared.

Compared are values, dtypes, shapes, whether a gradient is recorded, the names of named tuples, and warnings; of errors
the type and the first sentence.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch as real

import tapegrad as ours


def lines(text: str) -> list[str]:
    """The expressions of a table, one to a line."""
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


def operands(torch: Any) -> dict[str, Any]:
    """The names that expressions use: x is a matrix of 0.0 to 5.0, i the same in int64; each call makes new tensors."""
    x = torch.arange(6.0).reshape(2, 3)
    return {
        "torch": torch,
        "nan": float("nan"),
        "inf": float("inf"),
        "grad": lambda function, at: gradient(torch, function, at),
        "x": x,
        "i": torch.arange(6).reshape(2, 3),
        "empty": torch.zeros(0, 3),
        "holes": torch.tensor([1.0, float("nan"), 3.0]),
        "u8": torch.tensor([1, 0, 250], dtype=torch.uint8),
        "c": torch.tensor([1 + 2j, 3 - 1j]),
        "b": torch.tensor([True, False]),
        "h": x.half(),
    }


def gradient(torch: Any, function: Callable[[Any], Any], at: Any) -> Any:
    """The gradient of the sum of `function(at)`; of the first result, where there are several."""
    x = at.clone().requires_grad_()
    y = function(x)
    y = y[0] if isinstance(y, tuple) else y
    return torch.autograd.grad(y.sum(), x)[0]


def evaluate(torch: Any, expression: str) -> tuple[Any, list[str]]:
    """The value of an expression or the error it raised, and the warnings of the kind users see."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = eval(expression, operands(torch))
        except Exception as error:
            value = error
    return value, [first_sentence(str(w.message)) for w in caught if w.category is UserWarning]


def first_sentence(text: str) -> str:
    """A message up to the end of its first sentence, without torch's note on where in C++ it arose."""
    text = text.split(" (Triggered internally", maxsplit=1)[0].strip()
    return re.split(r"\.\s|\n|\.$", text)[0]


def compare(expected: Any, got: Any) -> None:
    """Assert that two values, or errors, are the same."""
    if isinstance(expected, Exception):
        assert isinstance(got, type(expected)), repr(got)
        if "invalid combination of arguments" not in str(expected):
            assert str(got).strip().startswith(first_sentence(str(expected))), f"{expected}\n-----\n{got}"
        return
    assert not isinstance(got, Exception), repr(got)
    if isinstance(expected, (tuple, list)):
        assert type(got).__name__ == type(expected).__name__.removesuffix("_out")
        assert len(got) == len(expected)
        for e, g in zip(expected, got, strict=True):
            compare(e, g)
        return
    if not isinstance(expected, real.Tensor):
        assert got == expected
        return
    assert isinstance(got, ours.Tensor)
    assert str(got.dtype) == str(expected.dtype)
    assert tuple(got.shape) == tuple(expected.shape)
    assert got.requires_grad == expected.requires_grad
    e, g = (t.detach().float() if "float16" in str(t.dtype) else t.detach() for t in (expected, got))
    tolerance = {"torch.float64": 1e-12, "torch.complex128": 1e-12, "torch.float16": 1e-3, "torch.bfloat16": 1e-2}
    rtol = tolerance.get(str(expected.dtype), 1e-6 if e.dtype.is_floating_point or e.dtype.is_complex else 0)
    np.testing.assert_allclose(g.numpy(), e.resolve_conj().resolve_neg().numpy(), rtol=rtol, atol=rtol * 1e-2)


def check(expression: str) -> None:
    """Assert that an expression does the same with both libraries."""
    expected, expected_warnings = evaluate(real, expression)
    got, got_warnings = evaluate(ours, expression)
    compare(expected, got)
    assert got_warnings == expected_warnings
