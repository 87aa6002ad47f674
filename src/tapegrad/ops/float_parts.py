"""The parts of floating-point numbers: sign, exponent, neighbours, and what is not a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, wrong_argument
from ..tensor.dtypes import BOOL, COMPLEX, FLOAT, Array, scalar_type_name
from ..tensor.tensor import Tensor
from . import pointwise, return_types
from .accepts import FLOATS, TO_FLOAT, Accepts, not_implemented
from .comparison import isfinite
from .exponential import exp2
from .frames import binary, of_tensors
from .in_place import in_place_of
from .op import operator
from .refusal import NO_NODE, no_formula
from .runtime import lift
from .vocabulary import where, word, zeros_like


def _copysign_rule(g: Any, a: Any, out: Any) -> Any:
    """1 or -1 as the sign stays or turns; 0 at 0."""
    return g * where(a == 0, 0, out / a)


_copysign = binary(
    "copysign",
    np.copysign,
    a=_copysign_rule,
    b=lambda g: zeros_like(g),
    integers="float",
    number_node="CopysignBackward1",
    kernel=Accepts("copysign_cpu", TO_FLOAT),
    doc="The magnitude of the first element with the sign of the second.",
)


def copysign(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
    """The magnitude of the first element with the sign of the second, which may be that of a zero.

    >>> import tapegrad as torch
    >>> torch.copysign(torch.tensor([1.0, -2.0]), -0.0)
    tensor([-1., -2.])
    """
    return _copysign(*pointwise.tensors_of("copysign", input=input), other, out=out)


hypot = of_tensors(
    binary(
        "hypot",
        np.hypot,
        a=lambda g, a, out: g * (a / out),
        b=lambda g, b, out: g * (b / out),
        kernel=Accepts("hypot_cpu", FLOATS),
        doc="√(input² + other²), without overflow.",
        example=("torch.hypot(torch.tensor([3.0]), torch.tensor([4.0]))", "tensor([5.])"),
    )
)

nextafter = of_tensors(
    binary(
        "nextafter",
        np.nextafter,
        a=lambda g, a, b: where(a != b, g, 0),
        b=lambda g, b: zeros_like(b),
        kernel=Accepts("nextafter_cpu", "hf"),
        doc="The floating-point number next to `input` in the direction of `other`.",
        example=(
            "torch.nextafter(torch.tensor([1.0], dtype=torch.float64), torch.tensor([2.0], dtype=torch.float64))",
            "tensor([1.0000], dtype=torch.float64)",
        ),
    )
)
nextafter.op.halves_in_single = False


def _heaviside(a: Array, b: Array) -> Array:
    """0 below 0, b at 0, 1 above; NaN counts as below."""
    return np.where(a == 0, b, np.greater(a, 0).astype(a.dtype))


_step = binary(
    "heaviside",
    _heaviside,
    a=lambda g: no_formula("heaviside"),
    b=lambda g: no_formula("heaviside"),
    node=NO_NODE,
    kernel=Accepts("heaviside_cpu", "bihf", {"c": "heaviside is not yet implemented for complex tensors."}, DtypeError),
    doc="0 where the input is negative, 1 where it is positive, `values` where it is 0.",
)


def _same_type(input: Tensor, values: Tensor) -> None:
    pointwise.tensors_of("heaviside", input=input, values=values)
    if COMPLEX in (input.dtype.category, values.dtype.category):
        raise DtypeError("heaviside is not yet implemented for complex tensors.")
    if input.dtype is not values.dtype:
        raise DtypeError(
            "heaviside is not yet implemented for tensors with different dtypes.",
            f"Found: {input.dtype} and {values.dtype}. Write values.to({input.dtype}).",
        )


def heaviside(input: Tensor, values: Tensor, *, out: Tensor | None = None) -> Tensor:
    """0 where the input is negative, 1 where it is positive, `values` where it is 0.

    >>> import tapegrad as torch
    >>> torch.heaviside(torch.tensor([-1.5, 0.0, 2.0]), torch.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    _same_type(input, values)
    return _step(input, values, out=out)


def _heaviside_(self: Tensor, values: Tensor) -> Tensor:
    """In-place form of `heaviside`."""
    _same_type(self, values)
    return pointwise.in_place(_step.op, self, values)


# -- exponents --------------------------------------------------------------------------------------------------------


def _ldexp(a: Array, b: Array) -> Any:
    """a · 2^b."""
    return np.multiply(a, exp2.op.forward(b))


_scaled = of_tensors(
    binary(
        "ldexp",
        _ldexp,
        a=lambda g, b: g * exp2(b),
        b=lambda g, out: g * out * 0.6931471805599453,
        integers="float",
        doc="input · 2^other.",
    )
)


def ldexp(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """input · 2^other.

    >>> import tapegrad as torch
    >>> torch.ldexp(torch.tensor([1.0, 3.0]), torch.tensor([1, 4]))
    tensor([ 2., 48.])
    """
    x, n = pointwise.tensors_of("ldexp", input=input, other=other)
    if x.dtype.category == FLOAT and n.dtype.category == BOOL:
        raise not_implemented("ldexp_cpu_exp", n.dtype)
    return _scaled(x, n, out=out)


@operator(name="frexp_parts", node="FrexpBackward0", outputs=(True, False))
def _frexp(x: Array, /) -> tuple[Array, Array]:
    """The mantissa in ±[0.5, 1) and the exponent."""
    mantissa, exponent = np.frexp(x)
    return lift(mantissa), lift(exponent)


times_power_of_two = ldexp
word("times_power_of_two", raw=np.ldexp, tensor=ldexp)


@_frexp.rule("x")
def _(g: Any, out: Any) -> Any:
    return times_power_of_two(g, -out[1])


def frexp(input: Tensor, *, out: tuple[Tensor, Tensor] | None = None) -> Any:
    """Mantissa m and exponent e with input = m · 2^e, where 0.5 ≤ |m| < 1.

    Returns:
        A named tuple (mantissa, exponent); the exponent is int32.

    Raises:
        RuntimeError: the tensor is not of a floating-point type.

    >>> import tapegrad as torch
    >>> torch.frexp(torch.tensor([1.0, 12.0])).exponent
    tensor([1, 4], dtype=torch.int32)
    """
    pointwise.tensors_of("frexp", input=input)
    if input.dtype.category != FLOAT:
        raise DtypeError("torch.frexp() only supports floating-point dtypes", f"Found: {input.dtype}.")
    results = _frexp.call(input)
    if out is None:
        return return_types.frexp(results)
    for given, found in zip(out, results, strict=True):
        pointwise.write_out(given, found._data, found.dtype, (input,), "frexp")
    return return_types.frexp(out)


# -- what is not a number ---------------------------------------------------------------------------------------------


@operator(name="nan_to_num", pointwise=True, holomorphic=False)
def _nan_to_num(x: Array, /, nan: float | None, posinf: float | None, neginf: float | None) -> Array:
    """x with NaN and the infinities replaced, by 0 and the largest numbers of the type unless told."""
    if x.dtype.kind not in "fc":
        return np.array(x)
    if x.dtype.kind == "c":
        return np.array(np.nan_to_num(x, copy=True, nan=nan or 0.0, posinf=posinf, neginf=neginf))
    limits = np.finfo(x.dtype)
    y = np.where(np.isnan(x), np.asarray(0 if nan is None else nan, x.dtype), x)
    y = np.where(np.isposinf(x), np.asarray(limits.max if posinf is None else posinf, x.dtype), y)
    return np.where(np.isneginf(x), np.asarray(limits.min if neginf is None else neginf, x.dtype), y)


word("isfinite", raw=np.isfinite, tensor=isfinite)

_nan_to_num.with_rules(x=lambda g, x: g * isfinite(x))
_nan_to_num.halves_in_single = False


def _replacements(function: str, **values: Any) -> tuple[float | None, ...]:
    for position, (name, value) in enumerate(values.items(), 2):
        if value is not None and not isinstance(value, (int, float)):
            raise wrong_argument(function, name, position, value, "float")
    return tuple(values.values())


def nan_to_num(
    input: Tensor,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """NaN and the infinities replaced: by 0 and the largest finite numbers of the type, unless told.

    >>> import tapegrad as torch
    >>> torch.nan_to_num(torch.tensor([torch.nan, 1.0]), nan=7.0)
    tensor([7., 1.])
    """
    values = _replacements("nan_to_num", nan=nan, posinf=posinf, neginf=neginf)
    pointwise.tensors_of("nan_to_num", input=input)
    if out is not None and out.dtype is not input.dtype:
        found, wanted = scalar_type_name(out.dtype), scalar_type_name(input.dtype)
        raise DtypeError(f"nan_to_num: dtype of out: {found} should be same as input: {wanted}")
    return pointwise.apply(_nan_to_num, pointwise.tensors_of("nan_to_num", input=input), values, out)


def _nan_to_num_(
    self: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """In-place form of `nan_to_num`."""
    return pointwise.in_place(
        _nan_to_num, self, params=_replacements("nan_to_num_", nan=nan, posinf=posinf, neginf=neginf)
    )


METHODS = {
    "copysign": copysign,
    "copysign_": in_place_of(_copysign),
    "frexp": frexp,
    "heaviside": heaviside,
    "heaviside_": _heaviside_,
    "hypot": hypot,
    "hypot_": in_place_of(hypot),
    "ldexp": ldexp,
    "ldexp_": in_place_of(_scaled),
    "nan_to_num": nan_to_num,
    "nan_to_num_": _nan_to_num_,
    "nextafter": nextafter,
    "nextafter_": in_place_of(nextafter),
}

__all__ = ["copysign", "frexp", "heaviside", "hypot", "ldexp", "nan_to_num", "nextafter"]
