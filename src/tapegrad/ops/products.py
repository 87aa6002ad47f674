"""Products of vectors and matrices."""

from __future__ import annotations

import numpy as np

from ..tensor.dtypes import Array
from .op import operator
from .vocabulary import conj, matmul, swap


@operator(name="mm")
def mm_(a: Array, b: Array, /) -> Array:
    """The product of two matrices."""
    return np.matmul(a, b)


mm_.with_rules(
    a=lambda g, b: matmul(g, conj(swap(b, 0, 1))),
    b=lambda g, a: matmul(conj(swap(a, 0, 1)), g),
)

METHODS = {"mm": mm_.__call__}

__all__: list[str] = []
