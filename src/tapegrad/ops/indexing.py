"""Indexing and assignment."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .op import operator
from .vocabulary import zeros_of


@operator(name="select", view=True)
def _select(x: Array, /, index: Any) -> Array:
    return x[index]


METHODS: dict[str, Any] = {}

__all__: list[str] = []
_ = (np, Tensor, zeros_of)
