"""Trigonometric and hyperbolic functions and their inverses, and angles in degrees."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import DtypeError
from ..tensor.dtypes import Array
from .accepts import TO_FLOAT, Accepts
from .frames import binary, of_tensors, unary
from .in_place import in_place_of
from .powers import rsqrt
from .refusal import refused_in_place
from .vocabulary import is_complex, phrase, where

# -- in radians -------------------------------------------------------------------------------------------------------

sin = unary(
    "sin",
    np.sin,
    lambda g, x: g * cos(x),
    doc="The sine of each element, in radians.",
    example=("torch.sin(torch.tensor([0.5, 1.0]))", "tensor([0.4794, 0.8415])"),
)
cos: Any = unary(
    "cos",
    np.cos,
    lambda g, x: g * -sin(x),
    doc="The cosine of each element, in radians.",
    example=("torch.cos(torch.tensor([0.5, 1.0]))", "tensor([0.8776, 0.5403])"),
)
tan = unary(
    "tan",
    np.tan,
    lambda g, out: g * (1 + out * out),
    doc="The tangent of each element, in radians.",
    example=("torch.tan(torch.tensor([0.5, 1.0]))", "tensor([0.5463, 1.5574])"),
)

asin = unary(
    "asin",
    np.arcsin,
    lambda g, x: g * rsqrt(1 - x * x),
    doc="The angle in radians with the given sine.",
    example=("torch.asin(torch.tensor([0.5, 1.0]))", "tensor([0.5236, 1.5708])"),
)
acos = unary(
    "acos",
    np.arccos,
    lambda g, x: g * -rsqrt(1 - x * x),
    doc="The angle in radians with the given cosine.",
    example=("torch.acos(torch.tensor([0.5, 1.0]))", "tensor([1.0472, 0.0000])"),
)
atan = unary(
    "atan",
    np.arctan,
    lambda g, x: g / (x * x + 1),
    doc="The angle in radians with the given tangent.",
    example=("torch.atan(torch.tensor([0.5, 1.0]))", "tensor([0.4636, 0.7854])"),
)


@phrase
def inverse_square(a: Any, b: Any) -> Any:
    """1 / (a² + b²), and 0 at the origin, where the angle has no slope."""
    square = a * a + b * b
    return where(square == 0, 0, 1 / square)


atan2 = of_tensors(
    binary(
        "atan2",
        np.arctan2,
        a=lambda g, a, b: g * b * inverse_square(a, b),
        b=lambda g, a, b: g * -a * inverse_square(a, b),
        integers="float",
        kernel=Accepts("atan2_cpu", TO_FLOAT),
        doc="The angle in radians of the point (other, input), in (-π, π].",
        example=("torch.atan2(torch.tensor([1.0, 1.0]), torch.tensor([1.0, -1.0]))", "tensor([0.7854, 2.3562])"),
    )
)

# -- hyperbolic -------------------------------------------------------------------------------------------------------

sinh = unary(
    "sinh",
    np.sinh,
    lambda g, x: g * cosh(x),
    doc="The hyperbolic sine of each element.",
    example=("torch.sinh(torch.tensor([0.5, 1.0]))", "tensor([0.5211, 1.1752])"),
)
cosh: Any = unary(
    "cosh",
    np.cosh,
    lambda g, x: g * sinh(x),
    doc="The hyperbolic cosine of each element.",
    example=("torch.cosh(torch.tensor([0.5, 1.0]))", "tensor([1.1276, 1.5431])"),
)
tanh = unary(
    "tanh",
    np.tanh,
    lambda g, out: g * (1 - out * out),
    doc="The hyperbolic tangent of each element.",
    example=("torch.tanh(torch.tensor([0.5, 1.0]))", "tensor([0.4621, 0.7616])"),
)

asinh = unary(
    "asinh",
    np.arcsinh,
    lambda g, x: g * rsqrt(x * x + 1),
    doc="The number with the given hyperbolic sine.",
    example=("torch.asinh(torch.tensor([0.5, 1.0]))", "tensor([0.4812, 0.8814])"),
)


def _acosh_rule(g: Any, x: Any) -> Any:
    if is_complex(x):
        return g * (rsqrt(x + 1) * rsqrt(x - 1))
    return g * rsqrt(x * x - 1)


acosh = unary(
    "acosh",
    np.arccosh,
    _acosh_rule,
    doc="The number ≥ 0 with the given hyperbolic cosine.",
    example=("torch.acosh(torch.tensor([1.0, 2.0]))", "tensor([0.0000, 1.3170])"),
)
atanh = unary(
    "atanh",
    np.arctanh,
    lambda g, x: g / (1 - x * x),
    doc="The number with the given hyperbolic tangent.",
    example=("torch.atanh(torch.tensor([0.5, 1.0]))", "tensor([0.5493,    inf])"),
)

# -- other angles -----------------------------------------------------------------------------------------------------

_DEGREE = math.pi / 180
_RADIAN = 180 / math.pi


def _not_complex(name: str) -> Accepts:
    return Accepts(name, "biuhf", {"c": f"{name} is not supported for complex tensors."}, DtypeError)


deg2rad = unary(
    "deg2rad",
    lambda x: np.multiply(x, _DEGREE),
    lambda g: g * 0.017453292519943295,
    node="Deg2RadBackward0",
    kernel=_not_complex("deg2rad"),
    doc="Degrees as radians.",
    example=("torch.deg2rad(torch.tensor([90.0, 180.0]))", "tensor([1.5708, 3.1416])"),
)
rad2deg = unary(
    "rad2deg",
    lambda x: np.multiply(x, _RADIAN),
    lambda g: g * 57.29577951308232,
    node="Rad2DegBackward0",
    kernel=_not_complex("rad2deg"),
    doc="Radians as degrees.",
    example=("torch.rad2deg(torch.tensor([0.0, 3.1416]))", "tensor([  0.0000, 180.0004])"),
)


def _sinc(x: Array) -> Array:
    """sin(πx)/(πx), 1 at 0."""
    angle = np.multiply(x, math.pi)
    return np.where(x == 0, np.ones_like(x), np.sin(angle) / angle)


def _sinc_rule(g: Any, x: Any) -> Any:
    angle = x * 3.141592653589793
    return g * where(x == 0, 0, (angle * cos(angle) - sin(angle)) / (angle * x))


sinc = unary(
    "sinc",
    _sinc,
    _sinc_rule,
    doc="sin(πx)/(πx), and 1 at 0.",
    example=("torch.sinc(torch.tensor([0.0, 0.5]))", "tensor([1.0000, 0.6366])"),
)

arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh

_ALL = {
    "acos": acos, "acosh": acosh, "arccos": acos, "arccosh": acosh, "arcsin": asin, "arcsinh": asinh, "arctan": atan,
    "arctan2": atan2, "arctanh": atanh, "asin": asin, "asinh": asinh, "atan": atan, "atan2": atan2, "atanh": atanh,
    "cos": cos, "cosh": cosh, "deg2rad": deg2rad, "rad2deg": rad2deg, "sin": sin, "sinc": sinc, "sinh": sinh,
    "tan": tan, "tanh": tanh,
}  # fmt: skip

# torch has no derivative for writing these in place.
_NOT_IN_PLACE = (acosh, asinh, atanh)

METHODS = _ALL | {
    f"{name}_": refused_in_place(function) if function in _NOT_IN_PLACE else in_place_of(function)
    for name, function in _ALL.items()
}

__all__ = [
    "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan",
    "atan2", "atanh", "cos", "cosh", "deg2rad", "rad2deg", "sin", "sinc", "sinh", "tan", "tanh",
]  # fmt: skip
