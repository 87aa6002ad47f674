"""Sums, differences, products and quotients."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..errors import DtypeError, wrong_argument
from ..tensor.dtypes import B8, BOOL, F32, F64, FLOAT, INT, Array
from ..tensor.numbers import factor_of
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import Accepts
from .frames import binary, unary
from .in_place import in_place_of, is_operand
from .op import operator
from .vocabulary import real_as

# -- sums and differences ---------------------------------------------------------------------------------------------

_NO_BOOL_NEG: Final = (
    "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or"
    " `logical_not()` operator instead."
)
_NO_BOOL_SUB: Final = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the"
    " `~` or `logical_not()` operator instead."
)
_NO_BOOLS_SUB: Final = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator"
    " instead."
)
_SUMMED: Final = Accepts("add_stub", "bihfc")

_add = binary(
    "add",
    np.add,
    a=lambda g: g,
    b=lambda g: g,
    kernel=_SUMMED,
    doc="The sum of two tensors, or of a tensor and a number.",
)

_sub = binary(
    "sub",
    np.subtract,
    a=lambda g: g,
    b=lambda g: -g,
    kernel=Accepts("add_stub", "ihfc", {"b": _NO_BOOLS_SUB}, DtypeError),
    doc="The difference of two tensors, or of a tensor and a number.",
)


@operator(node="AddBackward0", pointwise=True)
def add_scaled(a: Array, b: Array, /, alpha: float) -> Any:
    """a + alpha · b."""
    return np.add(a, np.multiply(b, alpha).astype(a.dtype, copy=False))


add_scaled.with_rules(a=lambda g: g, b=lambda g, alpha: g * alpha)
add_scaled.kernel, add_scaled.public_name = _SUMMED, "add"


@operator(node="SubBackward0", pointwise=True)
def sub_scaled(a: Array, b: Array, /, alpha: float) -> Any:
    """a - alpha · b."""
    return np.subtract(a, np.multiply(b, alpha).astype(a.dtype, copy=False))


sub_scaled.with_rules(a=lambda g: g, b=lambda g, alpha: -g * alpha)
sub_scaled.kernel, sub_scaled.public_name = _sub.op.kernel, "sub"


@operator(name="rsub", node="RsubBackward0", pointwise=True)
def _rsub(a: Array, b: Array, /, alpha: float) -> Any:
    """b - alpha · a."""
    return np.subtract(b, np.multiply(a, alpha).astype(b.dtype, copy=False))


_rsub.with_rules(a=lambda g, alpha: -g * alpha, b=lambda g: g)
_rsub.kernel = _sub.op.kernel


@operator(node="RsubBackward1", pointwise=True)
def rsub_number(x: Array, /, number: float, alpha: float) -> Array:
    """number - alpha · x."""
    return np.subtract(number, x) if alpha == 1 else np.subtract(number, np.multiply(x, alpha))


rsub_number.with_rules(x=lambda g, x_dtype, alpha: real_as(x_dtype, -g if alpha == 1 else -g * alpha))
rsub_number.kernel, rsub_number.public_name = _sub.op.kernel, "rsub"


def _check_alpha(function: str, alpha: Any, operands: tuple[Any, ...]) -> Any:
    """The factor `alpha`, which must go with the type of the result."""
    if isinstance(alpha, Tensor):
        alpha = alpha.item()
    if not pointwise.is_number(alpha):
        raise TypeError(f"{function}(): argument 'alpha' must be Number, not {type(alpha).__name__}")
    kind = pointwise.result_type(*operands)
    if isinstance(alpha, bool) and kind.category != BOOL:
        raise DtypeError("Boolean alpha only supported for Boolean results.", "Write alpha=1.")
    if isinstance(alpha, (float, complex)) and kind.category <= INT:
        raise DtypeError(
            "For integral input tensors, argument alpha must not be a floating point number.",
            f"Found: alpha={alpha} with a result of {kind}. Write an integer, or convert the tensors: x.float().",
        )
    if isinstance(alpha, complex) and kind.category <= FLOAT:
        raise DtypeError("For non-complex input tensors, argument alpha must not be a complex number.")
    return factor_of(alpha, kind)


def _check_no_mask(a: Any, b: Any) -> None:
    """Refuse to subtract from or with a mask."""
    left = a._data.dtype is B8 if isinstance(a, Tensor) else isinstance(a, bool)
    right = b._data.dtype is B8 if isinstance(b, Tensor) else isinstance(b, bool)
    if left or right:
        raise DtypeError(_NO_BOOLS_SUB if left and right else _NO_BOOL_SUB)


def add(input: Tensor, other: Any, *args: Any, alpha: float = 1, out: Tensor | None = None) -> Tensor:
    """input + alpha · other, with broadcasting and promotion.

    >>> import tapegrad as torch
    >>> torch.add(torch.tensor([1, 2]), 0.5, alpha=2)
    tensor([2., 3.])
    """
    if args:
        alpha, other = other, args[0]  # torch's old form add(input, alpha, other)
    if alpha == 1 and alpha is not True:
        return _add(input, other, out=out)
    operands = pointwise.operands_of("add", input=input, other=other)
    return pointwise.apply(add_scaled, operands, (_check_alpha("add", alpha, operands),), out)


def sub(input: Tensor, other: Any, *args: Any, alpha: float = 1, out: Tensor | None = None) -> Tensor:
    """input - alpha · other, with broadcasting and promotion.

    Raises:
        RuntimeError: an operand is a mask of bools, for which `^` is meant.

    >>> import tapegrad as torch
    >>> torch.sub(torch.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    if args:
        alpha, other = other, args[0]
    if out is None and alpha == 1 and alpha is not True and isinstance(input, Tensor):
        t = _minus(input, other)
        if t is not NotImplemented:
            return t
    _check_no_mask(input, other)
    if alpha == 1 and alpha is not True:
        return _sub(input, other, out=out)
    operands = pointwise.operands_of("sub", input=input, other=other)
    return pointwise.apply(sub_scaled, operands, (_check_alpha("sub", alpha, operands),), out)


subtract = sub


def rsub(input: Tensor, other: Any, *, alpha: float = 1) -> Tensor:
    """other - alpha · input: subtraction with the operands exchanged.

    >>> import tapegrad as torch
    >>> torch.rsub(torch.tensor([1.0, 2.0]), 1)
    tensor([ 0., -1.])
    """
    pointwise.tensors_of("rsub", input=input)
    _check_no_mask(input, other)
    operands = pointwise.operands_of("rsub", input=input, other=other)
    alpha = _check_alpha("rsub", alpha, operands)
    if isinstance(operands[1], Tensor):
        return pointwise.apply(_rsub, operands, (alpha,))
    return pointwise.apply(rsub_number, (input,), (operands[1], alpha), None, (operands[1],))


def _add_(self: Tensor, other: Any, *args: Any, alpha: float = 1) -> Tensor:
    """In-place form of `add`."""
    if args:
        alpha, other = other, args[0]
    if alpha == 1 and alpha is not True:
        return _add.in_place(self, other)
    if pointwise.written_plainly(add_scaled, self, other, number=alpha):
        return self
    _check_addend("add_", other)
    return pointwise.in_place(add_scaled, self, other, params=(_check_alpha("add_", alpha, (self, other)),))


def _sub_(self: Tensor, other: Any, *args: Any, alpha: float = 1) -> Tensor:
    """In-place form of `sub`."""
    if args:
        alpha, other = other, args[0]
    if alpha != 1 and pointwise.written_plainly(sub_scaled, self, other, number=alpha):
        return self
    _check_addend("sub_", other)
    _check_no_mask(self, other)
    if alpha == 1 and alpha is not True:
        return _sub.in_place(self, other)
    return pointwise.in_place(sub_scaled, self, other, params=(_check_alpha("sub_", alpha, (self, other)),))


def _check_addend(function: str, other: Any) -> None:
    if not is_operand(other):
        raise wrong_argument(function, "other", 1, other)


def _minus(self: Tensor, other: Any) -> Any:
    """self - other."""
    dtype = self._data.dtype
    if dtype is B8 or (dtype is not other._data.dtype if isinstance(other, Tensor) else other.__class__ is bool):
        _check_no_mask(self, other)
    return _difference(self, other)


_difference = _sub.symbol


def _minus_reflected(self: Tensor, other: Any) -> Any:
    """other - self."""
    kind = other.__class__
    if kind is float or kind is int:
        dtype = self._data.dtype
        if dtype is F32 or dtype is F64:
            return rsub_number.call(self, other, 1)
    return rsub(self, other) if is_operand(other) else NotImplemented


def _i_minus(self: Tensor, other: Any) -> Any:
    """self -= other."""
    return _sub_(self, other) if is_operand(other) else NotImplemented


# -- products and quotients -------------------------------------------------------------------------------------------

mul = binary(
    "mul",
    np.multiply,
    a=lambda g, b: g * b,
    b=lambda g, a: g * a,
    doc="The product of two tensors, or of a tensor and a number.",
    example=("torch.mul(torch.tensor([1.0, 2.0]), 0.5)", "tensor([0.5000, 1.0000])"),
)

true_divide = binary(
    "div",
    np.true_divide,
    a=lambda g, b: g / b,
    b=lambda g, a, b: -g * ((a / b) / b),
    integers="float",
    doc="The quotient of two tensors; integers are divided as floating-point numbers.",
    example=("torch.true_divide(torch.tensor([1, 3]), 2)", "tensor([0.5000, 1.5000])"),
)


def _divided_reflected(self: Tensor, other: Any) -> Any:
    """other / self, which torch computes as a product; with an array, NumPy does."""
    if isinstance(other, np.ndarray):
        return self.reciprocal() * other
    return mul(self.reciprocal(), other) if is_operand(other) else NotImplemented


# -- sign -------------------------------------------------------------------------------------------------------------

neg = unary(
    "neg",
    np.negative,
    lambda g: -g,
    integers="same",
    kernel=Accepts("neg_cpu", "ihfc", {"b": _NO_BOOL_NEG}, DtypeError),
    doc="The negative of each element.",
    example=("torch.neg(torch.tensor([1.0, -2.0]))", "tensor([-1.,  2.])"),
)
negative = neg


def positive(input: Tensor) -> Tensor:
    """The tensor itself; a mask of bools is refused."""
    pointwise.tensors_of("positive", input=input)
    if input.dtype.category == BOOL:
        raise DtypeError("The `+` operator, on a bool tensor is not supported.")
    return input


METHODS = {
    "__add__": _add.symbol,
    "__div__": true_divide.symbol,
    "__iadd__": _add.i_symbol,
    "__idiv__": true_divide.i_symbol,
    "__imul__": mul.i_symbol,
    "__isub__": _i_minus,
    "__itruediv__": true_divide.i_symbol,
    "__mul__": mul.symbol,
    "__neg__": neg,
    "__pos__": positive,
    "__radd__": _add.symbol,
    "__rdiv__": _divided_reflected,
    "__rmul__": mul.symbol,
    "__rsub__": _minus_reflected,
    "__rtruediv__": _divided_reflected,
    "__sub__": _minus,
    "__truediv__": true_divide.symbol,
    "add": add,
    "add_": _add_,
    "mul": mul,
    "mul_": in_place_of(mul),
    "multiply": mul,
    "multiply_": in_place_of(mul),
    "neg": neg,
    "neg_": in_place_of(neg),
    "negative": neg,
    "negative_": in_place_of(neg),
    "positive": positive,
    "sub": sub,
    "sub_": _sub_,
    "subtract": sub,
    "subtract_": _sub_,
    "true_divide": true_divide,
    "true_divide_": in_place_of(true_divide),
}

multiply = mul

__all__ = ["add", "mul", "multiply", "neg", "negative", "positive", "rsub", "sub", "subtract", "true_divide"]
