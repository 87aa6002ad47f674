"""Absolute values, signs, and what combines magnitudes: copysign, hypot.

At 0 the slopes are torch's: that of the absolute value is 0, and the sign of NaN counts as 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .accepts import NUMBERS, Accepts
from .frames import unary
from .in_place import in_place_of
from .vocabulary import conj, is_complex, real_part, where, zeros_like


def _sign(x: Array) -> Array:
    """1, 0 or -1; NaN has no sign, which gives 0 (NumPy's sign is NaN)."""
    if x.dtype.kind in "bu":
        return np.greater(x, 0).astype(x.dtype)
    return np.subtract(np.greater(x, 0), np.less(x, 0), dtype=x.dtype)


def _sgn(x: Array) -> Array:
    """x / |x|, 0 at 0; the sign of real numbers."""
    if x.dtype.kind != "c":
        return _sign(x)
    size = np.abs(x)
    return np.where(size == 0, np.zeros_like(x), x / size)


def _sgn_rule(g: Any, x: Any, out: Any) -> Any:
    """Moving x along its own direction does not change x / |x|, so that part of the gradient is taken away.

    x ← (g - out·real(conj(out)·g))/|x|, of a real number 0
    """
    if not is_complex(x):
        return zeros_like(g)
    size = abs(x)
    return where(size == 0, 0, (g - out * real_part(conj(out) * g)) / size)


sgn = unary(
    "sgn",
    _sgn,
    _sgn_rule,
    integers="same",
    holomorphic=False,
    kernel=Accepts("sign_cpu", "bihfc"),
    doc="The sign of each element, and x / |x| of a complex one; 0 at 0.",
    example=("torch.sgn(torch.tensor([3 + 4j, 0j]))", "tensor([0.6000+0.8000j, 0.0000+0.0000j])"),
)

abs = unary(
    "abs",
    np.absolute,
    lambda g, x: g * sgn(x),
    integers="same",
    result="real",
    holomorphic=False,
    kernel=Accepts("abs_cpu", NUMBERS),
    doc="The absolute value of each element.",
    example=("torch.abs(torch.tensor([-1.5, 2.0]))", "tensor([1.5000, 2.0000])"),
)

sign = unary(
    "sign",
    _sign,
    lambda g: zeros_like(g),
    integers="same",
    kernel=Accepts(
        "sign_cpu",
        "bihf",
        {"c": "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."},
    ),
    doc="The sign of each element: 1, 0 or -1; 0 for NaN.",
    example=("torch.sign(torch.tensor([-1.5, 0.0, 2.0]))", "tensor([-1.,  0.,  1.])"),
)

absolute = abs

METHODS: dict[str, Any] = {
    "__abs__": abs, "abs": abs, "abs_": in_place_of(abs), "absolute": abs, "absolute_": in_place_of(abs),
    "sgn": sgn, "sgn_": in_place_of(sgn), "sign": sign, "sign_": in_place_of(sign),
}  # fmt: skip

__all__ = ["abs", "absolute", "sgn", "sign"]
