"""The mathematical functions that loops call."""

from __future__ import annotations

from typing import Any, Final

from ..vector_math import FUNCTIONS as VECTORISED

# Empty on processors for which there are no vectorised ones; loops then leave these functions to NumPy.
FUNCTIONS: Final[dict[str, dict[Any, Any]]] = {
    name: VECTORISED[name]
    for name in ("exp", "log", "tanh", "sin", "cos", "expm1", "log1p", "exp2", "log2")
    if name in VECTORISED
}
