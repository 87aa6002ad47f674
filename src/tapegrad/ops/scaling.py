"""Arithmetic with a number where torch's graph has the scalar form: AddBackward1, MulBackward1, DivBackward1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .op import operator


def _same(result: Array, x: Array) -> Array:
    """A result in the type of its operand: NumPy makes float32 of a bfloat16 and a Python number."""
    return result.astype(x.dtype) if x.dtype.kind == "V" else result


@operator(node="MulBackward1", pointwise=True)
def scaled_by(x: Array, /, factor: float) -> Array:
    """x · factor."""
    return _same(np.multiply(x, factor), x)


scaled_by.with_rules(x=lambda g, factor: g * factor)


@operator(node="AddBackward1", pointwise=True)
def shifted_by(x: Array, /, offset: float) -> Array:
    """x + offset."""
    return _same(np.add(x, offset), x)


shifted_by.with_rules(x=lambda g: g)


@operator(node="DivBackward1", pointwise=True)
def divided_by(x: Array, /, divisor: float) -> Array:
    """x / divisor."""
    return _same(np.true_divide(x, divisor), x)


divided_by.with_rules(x=lambda g, divisor: g / divisor)


def shifted(x: Tensor, offset: float) -> Tensor:
    """x + offset; integers become floating-point numbers as in any sum."""
    return shifted_by.call(x, offset) if x._data.dtype.kind in "fcV" else x + offset


METHODS: dict[str, Any] = {}

__all__: list[str] = []
