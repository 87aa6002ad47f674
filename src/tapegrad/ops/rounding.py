"""Rounding to integers: the derivatives are 0, that of the fractional part is 1."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import FLOATS, Accepts
from .frames import Example, unary
from .in_place import in_place_of
from .op import operator
from .vocabulary import zeros_like


def _rounding(name: str, ufunc: Any, doc: str, example: Example | None = None) -> Any:
    """An operator that leaves integers as they are, whatever their type."""

    def forward(x: Array) -> Array:
        return ufunc(x) if x.dtype.kind in "fV" else x.copy()

    complex_ = {} if name == "round" else {"c": f"{name} is not supported for complex inputs"}
    return unary(
        name,
        forward,
        lambda g: zeros_like(g),
        integers="same",
        kernel=Accepts(f"{name}_vml_cpu", "iuhf", complex_),
        doc=doc,
        example=example,
    )


floor = _rounding(
    "floor",
    np.floor,
    "The largest integer ≤ each element.",
    example=("torch.floor(torch.tensor([-1.5, 1.5]))", "tensor([-2.,  1.])"),
)
ceil = _rounding(
    "ceil",
    np.ceil,
    "The smallest integer ≥ each element.",
    example=("torch.ceil(torch.tensor([-1.5, 1.5]))", "tensor([-1.,  2.])"),
)
trunc = _rounding(
    "trunc",
    np.trunc,
    "Each element without its fraction.",
    example=("torch.trunc(torch.tensor([-1.5, 1.5]))", "tensor([-1.,  1.])"),
)
_round = _rounding("round", np.rint, "The integer nearest to each element; of two, the even one.")
fix = trunc

frac = unary(
    "frac",
    lambda x: np.subtract(x, np.trunc(x)),
    lambda g: g,
    integers="same",
    kernel=Accepts("frac_cpu", FLOATS),
    doc="The fraction of each element, with its sign.",
    example=("torch.frac(torch.tensor([-1.5, 1.25]))", "tensor([-0.5000,  0.2500])"),
)


@operator(node="RoundBackward1", pointwise=True)
def round_decimals(x: Array, /, decimals: int) -> Any:
    """Rounded to a number of digits after the point; a negative number rounds to tens, hundreds, …"""
    power = np.power(np.asarray(10.0, x.dtype), builtins.abs(decimals), dtype=x.dtype)
    return np.rint(x * power) / power if decimals > 0 else np.rint(x / power) * power


round_decimals.with_rules(x=lambda g: zeros_like(g))
round_decimals.kernel, round_decimals.public_name = Accepts("round_cpu", FLOATS), "round"


def round(input: Tensor, *, decimals: int = 0, out: Tensor | None = None) -> Tensor:
    """Each element rounded to the nearest integer, or to `decimals` digits; of two equally near, to the even one.

    >>> import tapegrad as torch
    >>> torch.round(torch.tensor([0.5, 1.5, -2.5]))
    tensor([ 0.,  2., -2.])
    >>> torch.round(torch.tensor([0.125]), decimals=2)
    tensor([0.1200])
    """
    if decimals == 0:
        return _round(input, out=out)
    return pointwise.apply(round_decimals, pointwise.tensors_of("round", input=input), (int(decimals),), out)


def _round_(self: Tensor, *, decimals: int = 0) -> Tensor:
    """In-place form of `round`."""
    if decimals == 0:
        return pointwise.in_place(_round.op, self)
    return pointwise.in_place(round_decimals, self, params=(int(decimals),))


METHODS = {
    "ceil": ceil,
    "ceil_": in_place_of(ceil),
    "fix": fix,
    "fix_": in_place_of(fix),
    "floor": floor,
    "floor_": in_place_of(floor),
    "frac": frac,
    "frac_": in_place_of(frac),
    "round": round,
    "round_": _round_,
    "trunc": trunc,
    "trunc_": in_place_of(trunc),
}

__all__ = ["ceil", "fix", "floor", "frac", "round", "trunc"]
