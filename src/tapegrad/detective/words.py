"""Tensors and places in words, for answers and errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import describe
from ..explain.summary import number_text
from ..source_lines import Origin
from ..tensor.tensor import Tensor


def values(operand: Any) -> str:
    """An operand by its values: all of a small one, the range of a large one."""
    if isinstance(operand, Tensor):
        operand = operand._data
    if not isinstance(operand, np.ndarray):
        return repr(operand)
    if operand.size <= 8:
        return number_text(operand)
    shape = tuple(operand.shape)
    if operand.dtype.kind not in "fiu":
        return f"shape {shape}"
    finite = operand[np.isfinite(operand)] if operand.dtype.kind == "f" else operand
    if finite.size == 0:
        return f"shape {shape}, nothing finite"
    rest = operand.size - finite.size
    return f"shape {shape}, from {finite.min():.6g} to {finite.max():.6g}" + (f", {rest} not finite" if rest else "")


def at(line: Origin | None) -> str:
    """' at train.py:3: `…`', or nothing."""
    return "" if line is None else f" at {line}"


def what(t: Tensor) -> str:
    """A tensor in a question: 'this float32 tensor of shape (3,)'."""
    return "this" + describe(t).removeprefix("a")
