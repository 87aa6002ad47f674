"""Copies, dtype conversion, real and imaginary parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .op import operator
from .vocabulary import fit


@operator(name="clone_data", node="CloneBackward0")
def _clone(x: Array, /, order: str) -> Array:
    return np.array(x, order=order, copy=True)  # type: ignore[call-overload]


_clone.with_rules(x=lambda g: g)


def clone(input: Tensor) -> Tensor:  # noqa: A002 - torch's name
    """A copy with memory of its own, recorded."""
    return _clone(input, "K")  # type: ignore[no-any-return]


@operator(name="to_dtype", node="ToCopyBackward0")
def to_dtype(x: Array, /, dtype: Any) -> Array:
    """A copy in another dtype (a NumPy one)."""
    if x.dtype.kind == "c" and dtype.kind != "c":
        x = x.real
    return x.astype(dtype)


@to_dtype.rule("x")
def _(g: Any, x_shape: Any, x_dtype: Any) -> Any:
    return fit(g, (x_shape, x_dtype))


METHODS = {"clone": clone}

__all__ = ["clone"]
