"""The in-place forms that torch also has as functions: `torch.exp_(x)` is `x.exp_()`."""

from __future__ import annotations

from typing import Any, Final

from . import (
    arithmetic,
    bessel,
    clamping,
    complex_numbers,
    exponential,
    float_parts,
    integers,
    magnitude,
    powers,
    rounding,
    trigonometric,
)

_NAMES: Final = """
abs_ acos_ acosh_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_ atan_ atanh_ ceil_ clamp_ clamp_max_
clamp_min_ clip_ conj_physical_ cos_ cosh_ deg2rad_ erf_ erfc_ exp2_ exp_ expm1_ fix_ floor_ frac_ gcd_ i0_ lcm_ ldexp_
log10_ log1p_ log2_ log_ logit_ nan_to_num_ neg_ negative_ rad2deg_ reciprocal_ round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_
sqrt_ square_ tan_ tanh_ trunc_ xlogy_
"""

_FAMILIES: Final = (
    arithmetic, bessel, clamping, complex_numbers, exponential, float_parts, integers, magnitude, powers, rounding,
    trigonometric,
)  # fmt: skip

METHODS: dict[str, Any] = {}

__all__ = _NAMES.split()

_methods: dict[str, Any] = {}
for _family in _FAMILIES:
    _methods |= _family.METHODS
globals().update({name: _methods[name] for name in __all__})
