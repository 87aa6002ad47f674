"""Combinations of three operands: addcmul, addcdiv, lerp."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..errors import DtypeError, wrong_argument
from ..tensor.dtypes import COMPLEX, F32, FLOAT, INT, Array, dtype, float32
from ..tensor.numbers import check_fits
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import NUMBERS, Accepts, c_name
from .op import Op, operator

_FEW: Final = 1000


@operator(name="addcmul", pointwise=True)
def _addcmul(x: Array, a: Array, b: Array, /, value: float) -> Array:
    """x + value · a · b."""
    return np.add(x, np.multiply(np.multiply(a, value), b))


_addcmul.with_rules(x=lambda g: g, a=lambda g, b, value: g * (b * value), b=lambda g, a, value: g * (a * value))
_addcmul.kernel = Accepts("addcmul_cpu_out", NUMBERS)


@operator(name="addcdiv", pointwise=True)
def _addcdiv(x: Array, a: Array, b: Array, /, value: float) -> Array:
    """x + value · a / b."""
    return np.add(x, np.true_divide(np.multiply(a, value), b))


_addcdiv.with_rules(
    x=lambda g: g,
    a=lambda g, b, value: g * (value / b),
    b=lambda g, a, b, value: -g * (value * a / (b * b)),
)

_NO_INTEGERS: Final = (
    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true"
    " division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value *"
    " torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for"
    " float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 /"
    " tensor2), for all dtypes."
)


def _factor(op: Op, value: Any, kind: dtype) -> Any:
    """A factor that is a number, in the category of the result."""
    pointwise.computed_in(op, kind)
    value = value.item() if isinstance(value, Tensor) else pointwise.as_number(value)
    if isinstance(value, complex) and kind.category != COMPLEX:
        raise pointwise.overflow(kind, value)
    check_fits(value, float32 if kind.category == FLOAT and kind.itemsize == 2 else kind)
    return int(value) if kind.category <= INT else value


def addcmul(
    input: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    *args: Tensor,
    value: float = 1,
    out: Tensor | None = None,
) -> Tensor:
    """input + value · tensor1 · tensor2.

    >>> import tapegrad as torch
    >>> torch.addcmul(torch.zeros(2), torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), value=0.5)
    tensor([1.5000, 4.0000])
    """
    value, tensor1, tensor2 = _old_form(value, tensor1, tensor2, args)
    operands = pointwise.tensors_of("addcmul", input=input, tensor1=tensor1, tensor2=tensor2)
    return pointwise.apply(_addcmul, operands, (_factor(_addcmul, value, pointwise.result_type(*operands)),), out)


def _old_form(value: Any, first: Any, second: Any, args: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """torch's old order of arguments, addcmul(input, value, tensor1, tensor2), brought into the new one."""
    return (first, second, args[0]) if args else (value, first, second)


def _addcmul_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *args: Tensor, value: float = 1) -> Tensor:
    """In-place form of `addcmul`."""
    value, tensor1, tensor2 = _old_form(value, tensor1, tensor2, args)
    if pointwise.written_plainly(_addcmul, self, tensor1, tensor2, number=value):
        return self
    operands = pointwise.tensors_of("addcmul_", input=self, tensor1=tensor1, tensor2=tensor2)
    return pointwise.in_place(_addcmul, *operands, params=(_factor(_addcmul, value, pointwise.result_type(*operands)),))


def addcdiv(
    input: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    *args: Tensor,
    value: float = 1,
    out: Tensor | None = None,
) -> Tensor:
    """input + value · tensor1 / tensor2.

    Raises:
        RuntimeError: both factors are integers.

    >>> import tapegrad as torch
    >>> torch.addcdiv(torch.zeros(2), torch.tensor([1.0, 2.0]), torch.tensor([4.0, 4.0]))
    tensor([0.2500, 0.5000])
    """
    value, tensor1, tensor2 = _old_form(value, tensor1, tensor2, args)
    operands = _quotient_operands("addcdiv", input, tensor1, tensor2)
    return pointwise.apply(_addcdiv, operands, (_factor(_addcdiv, value, pointwise.result_type(*operands)),), out)


def _addcdiv_(self: Tensor, tensor1: Tensor, tensor2: Tensor, *args: Tensor, value: float = 1) -> Tensor:
    """In-place form of `addcdiv`."""
    value, tensor1, tensor2 = _old_form(value, tensor1, tensor2, args)
    if pointwise.written_plainly(_addcdiv, self, tensor1, tensor2, number=value):
        return self
    operands = _quotient_operands("addcdiv_", self, tensor1, tensor2)
    return pointwise.in_place(_addcdiv, *operands, params=(_factor(_addcdiv, value, pointwise.result_type(*operands)),))


def _quotient_operands(function: str, x: Any, a: Any, b: Any) -> tuple[Tensor, ...]:
    operands = pointwise.tensors_of(function, input=x, tensor1=a, tensor2=b)
    if a.dtype.category <= INT and b.dtype.category <= INT:
        raise DtypeError(_NO_INTEGERS)
    return operands


# -- linear interpolation ---------------------------------------------------------------------------------------------


def _between(a: Array, b: Array, weight: Any) -> Any:
    """a + weight · (b - a), from the nearer end, so that weight 1 gives b exactly."""
    step = b - a
    return np.where(np.abs(weight) < 0.5, a + weight * step, b - step * (1 - weight))


@operator(node="LerpBackward0", pointwise=True)
def lerp_number(a: Array, b: Array, /, weight: float) -> Array:
    """a + weight · (b - a)."""
    step = b - a
    return a + step * weight if abs(weight) < 0.5 else b - step * (1 - weight)


lerp_number.with_rules(a=lambda g, weight: g * (1 - weight), b=lambda g, weight: g * weight)


@operator(node="LerpBackward1", pointwise=True)
def lerp_tensor(a: Array, b: Array, weight: Array, /) -> Any:
    """a + weight · (b - a)."""
    return _between(a, b, weight)


lerp_tensor.with_rules(
    a=lambda g, weight: g * (1 - weight),
    b=lambda g, weight: g * weight,
    weight=lambda g, a, b: g * (b - a),
)
lerp_number.kernel = Accepts("lerp_kernel_scalar", "hfc")
lerp_tensor.kernel = Accepts("lerp_kernel_tensor", "hfc")
lerp_number.public_name = lerp_tensor.public_name = "lerp"


def _check_same(start: Tensor, name: str, other: Tensor) -> None:
    if other.dtype is not start.dtype and not (name == "weight" and other._data.ndim == 0):
        raise DtypeError(
            f"expected dtype {c_name(start.dtype)} for `{name}` but got dtype {c_name(other.dtype)}",
            f"Write {name}.to({start.dtype}).",
        )


def _lerp_operands(function: str, start: Any, end: Any, weight: Any) -> tuple[Any, bool]:
    """The operands, and whether the weight is a number."""
    pointwise.tensors_of(function, input=start, end=end)
    _check_same(start, "end", end)
    if isinstance(weight, Tensor):
        _check_same(start, "weight", weight)
        return (start, end, weight), False
    if not pointwise.is_number(weight):
        raise wrong_argument(function, "weight", 3, weight, "Tensor or Number")
    return (_factor(lerp_number, weight, start.dtype),), True


def _are_plain(*operands: Any) -> bool:
    """Whether operands are few numbers in single precision each."""
    try:
        for x in operands:
            array = x._data
            if array.dtype is not F32 or array.size > _FEW:
                return False
    except AttributeError:
        return False
    return True


def lerp(input: Tensor, end: Tensor, weight: Any, *, out: Tensor | None = None) -> Tensor:
    """input + weight · (end - input): linear interpolation.

    Args:
        weight: a number or a tensor of the same type.

    Raises:
        RuntimeError: the tensors differ in type.

    >>> import tapegrad as torch
    >>> torch.lerp(torch.tensor([0.0, 10.0]), torch.tensor([10.0, 20.0]), 0.25)
    tensor([ 2.5000, 12.5000])
    """
    if weight.__class__ is float and out is None and abs(weight) < 1e30 and _are_plain(input, end):
        try:
            return lerp_number.call(input, end, weight)
        except ValueError:
            pass  # the long way finds out what is wrong
    operands, is_number = _lerp_operands("lerp", input, end, weight)
    if is_number:
        return pointwise.apply(lerp_number, (input, end), operands, out)
    return pointwise.apply(lerp_tensor, operands, (), out)


def _lerp_(self: Tensor, end: Tensor, weight: Any) -> Tensor:
    """In-place form of `lerp`."""
    operands, is_number = _lerp_operands("lerp_", self, end, weight)
    if is_number:
        return pointwise.in_place(lerp_number, self, end, params=operands)
    return pointwise.in_place(lerp_tensor, *operands)


METHODS = {
    "addcdiv": addcdiv,
    "addcdiv_": _addcdiv_,
    "addcmul": addcmul,
    "addcmul_": _addcmul_,
    "lerp": lerp,
    "lerp_": _lerp_,
}

__all__ = ["addcdiv", "addcmul", "lerp"]
