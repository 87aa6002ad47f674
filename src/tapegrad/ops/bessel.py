"""Modified Bessel functions of the first kind, which have derivatives: i0 and i1, and these times exp(-|x|)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .accepts import TO_FLOAT, Accepts
from .frames import unary
from .in_place import in_place_of
from .lazy import scipy_special
from .magnitude import abs, sgn
from .vocabulary import where

_i0, _i1 = scipy_special("i0"), scipy_special("i1")


def i0_values(x: Array) -> Array:
    """i0; torch has no value at infinity."""
    return np.where(np.isinf(x), math.nan, _i0(x))


def i1_values(x: Array) -> Array:
    """i1; torch has no value at infinity."""
    return np.where(np.isinf(x), math.nan, _i1(x))


def _i1_rule(g: Any, x: Any, out: Any) -> Any:
    """x ← g·(i0(x) - out/x), at 0 g/2"""
    large = abs(x) > 2.220446049250313e-16
    safe = where(large, x, 2.220446049250313e-16)
    return g * where(large, i0(x) - out / safe, 0.5)


def _i1e_rule(g: Any, x: Any, out: Any) -> Any:
    """x ← g·(i0e(x) - out·(sgn(x) + 1/x)), at 0 g/2"""
    large = abs(x) > 2.220446049250313e-16
    safe = where(large, x, 2.220446049250313e-16)
    return g * where(large, i0e(x) - out * (sgn(x) + 1 / safe), 0.5)


i0 = unary(
    "i0",
    i0_values,
    lambda g, x: g * i1(x),
    kernel=Accepts("i0_vml_cpu", TO_FLOAT),
    doc="The modified Bessel function of the first kind, of order 0.",
    example=("torch.i0(torch.tensor([0.5, 1.0]))", "tensor([1.0635, 1.2661])"),
)
i0e = unary(
    "i0e",
    scipy_special("i0e"),
    lambda g, x, out: g * (i1e(x) - sgn(x) * out),
    node="SpecialI0EBackward0",
    kernel=Accepts("i0e_cpu", TO_FLOAT),
    doc="exp(-|x|) · i0(x).",
    example=("torch.special.i0e(torch.tensor([0.5, 1.0]))", "tensor([0.6450, 0.4658])"),
)
i1: Any = unary(
    "i1",
    i1_values,
    _i1_rule,
    node="SpecialI1Backward0",
    kernel=Accepts("i1_cpu", TO_FLOAT),
    doc="The modified Bessel function of the first kind, of order 1.",
    example=("torch.special.i1(torch.tensor([0.5, 1.0]))", "tensor([0.2579, 0.5652])"),
)
i1e: Any = unary(
    "i1e",
    scipy_special("i1e"),
    _i1e_rule,
    node="SpecialI1EBackward0",
    kernel=Accepts("i1e_cpu", TO_FLOAT),
    doc="exp(-|x|) · i1(x).",
    example=("torch.special.i1e(torch.tensor([0.5, 1.0]))", "tensor([0.1564, 0.2079])"),
)

METHODS = {"i0": i0, "i0_": in_place_of(i0)}

__all__ = ["i0"]
