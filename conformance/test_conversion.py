"""Conversion, copying and storage with both libraries: the same values to the last bit, the same errors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from .exact import check, table


def names(torch: Any) -> dict[str, Any]:
    """What the table's expressions may use besides torch; each expression has its own."""
    x = torch.ones(2, 3, requires_grad=True)

    def grad(function: Any, at: Any) -> Any:
        leaf = at.detach().clone().requires_grad_()
        return torch.autograd.grad(function(leaf).sum().abs(), leaf)[0].contiguous()

    return {
        "a": np.array([3.0, 4.0]),
        "c": torch.tensor([1 + 2j, 0j, 0.5j]),
        "copy": copy,
        "f": torch.ones(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "grad": grad,
        "i": torch.tensor([1, 2]),
        "inf": float("inf"),
        "nan": float("nan"),
        "np": np,
        "pickle": pickle,
        "s": torch.ones(3, dtype=torch.float64, requires_grad=True) * 1,
        "t": torch.tensor([1.0, 2.0]),
        "x": x,
        "y": x * 2,
        "z": torch.zeros(2, 3),
    }


@pytest.mark.parametrize("expression", table("conversion"))
def test_expression_gives_what_torch_gives(expression: str) -> None:
    check(expression, names)
