"""Addition, multiplication, division, powers, sign."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .frames import binary, unary
from .in_place import in_place_of, reflected
from .op import operator
from .vocabulary import log, where, zeros_like

# -- sums and products --------------------------------------------------------------------------------------------------

_add = binary(
    "add",
    np.add,
    a=lambda g: g,
    b=lambda g: g,
    doc="The sum of two tensors, or of a tensor and a number.",
)

_sub = binary(
    "sub",
    np.subtract,
    a=lambda g: g,
    b=lambda g: -g,
    doc="The difference of two tensors, or of a tensor and a number.",
)

mul = binary(
    "mul",
    np.multiply,
    a=lambda g, b: g * b,
    b=lambda g, a: g * a,
    doc="The product of two tensors, or of a tensor and a number.",
)

true_divide = binary(
    "div",
    np.true_divide,
    a=lambda g, b: g / b,
    b=lambda g, a, b: -g * ((a / b) / b),
    integers="float",
    doc="The quotient of two tensors; integers are divided as floating-point numbers.",
)

neg = unary("neg", np.negative, lambda g: -g, integers="same", doc="The negative of each element.")


def add(input: Tensor, other: Any, *, alpha: float = 1, out: Tensor | None = None) -> Tensor:  # noqa: A002
    """input + alpha · other, with broadcasting and promotion.

    >>> import tapegrad as torch
    >>> torch.add(torch.tensor([1, 2]), 0.5, alpha=2)
    tensor([2., 3.])
    """
    if alpha == 1:
        return _add(input, other, out=out)  # type: ignore[no-any-return]
    return _add(input, mul(other, alpha) if isinstance(other, Tensor) else other * alpha, out=out)  # type: ignore[no-any-return]


def sub(input: Tensor, other: Any, *, alpha: float = 1, out: Tensor | None = None) -> Tensor:  # noqa: A002
    """input - alpha · other, with broadcasting and promotion."""
    if alpha == 1:
        return _sub(input, other, out=out)  # type: ignore[no-any-return]
    return _sub(input, mul(other, alpha) if isinstance(other, Tensor) else other * alpha, out=out)  # type: ignore[no-any-return]


# -- powers -------------------------------------------------------------------------------------------------------------


@operator(node="PowBackward0", pointwise=True)
def pow_number(x: Array, /, exponent: float) -> Array:
    """`x ** exponent` for a number, by multiplication and roots where torch takes these."""
    if exponent == 2:
        return np.multiply(x, x)
    if exponent == 3:
        return np.multiply(np.multiply(x, x), x)
    if x.dtype.kind in "fc":
        if exponent == 0.5:
            return np.sqrt(x)
        if exponent == -1:
            return np.reciprocal(x)
        if exponent == -2:
            return np.reciprocal(np.multiply(x, x))
        if exponent == -0.5:
            return np.reciprocal(np.sqrt(x))
    return np.power(x, exponent)


@pow_number.rule("x")
def _(g: Any, x: Any, exponent: Any) -> Any:
    if exponent == 0:
        return zeros_like(g)
    return g * (exponent * pow_number(x, exponent - 1))


def _pow_base(g: Any, a: Any, b: Any) -> Any:
    return where(b == 0, zeros_like(g), g * (b * power(a, b - 1)))


def _pow_exponent(g: Any, a: Any, b: Any, out: Any) -> Any:
    """out·log(a); at a = 0 the limit 0 for exponents that are not negative."""
    return where((a == 0) & (b >= 0), zeros_like(g * a), g * (out * log(a)))


power = binary(
    "power",
    np.power,
    a=_pow_base,
    b=_pow_exponent,
    node="PowBackward1",
    number_node="PowBackward0",
    doc="The first tensor to the power of the second.",
)

METHODS = {
    "__add__": _add,
    "__iadd__": in_place_of(_add),
    "__mul__": mul,
    "__neg__": neg,
    "__radd__": reflected(_add),
    "__rmul__": mul,
    "__rsub__": reflected(_sub),
    "__rtruediv__": reflected(true_divide),
    "__sub__": _sub,
    "__truediv__": true_divide,
    "add": add,
    "mul": mul,
    "mul_": in_place_of(mul),
    "neg": neg,
    "neg_": in_place_of(neg),
    "sub": sub,
}

__all__ = ["add", "mul", "neg", "sub", "true_divide"]
