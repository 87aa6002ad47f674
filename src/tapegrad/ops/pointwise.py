"""The general call path of pointwise operators: numbers, mixed dtypes, `out=`, in-place forms.

Promotion is torch's: a result has the highest category (bool, integer, floating, complex) among its operands; within
it, tensors with dimensions decide before tensors of none, and these before Python numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.views import before_write, check_write, wrote
from ..errors import DtypeError, ShapeError, broadcast_error, cannot_cast, wrong_argument
from ..tensor import dtypes
from ..tensor.dtypes import COMPLEX, FLOAT, INT, Array, default, dtype, from_numpy_dtype, promote_types
from ..tensor.tensor import Tensor, new_tensor
from .op import Op
from .runtime import lift
from .vocabulary import over, quiet

Number = bool | int | float | complex


def number_dtype(value: Number) -> dtype:
    """The type a Python number stands for: its category, in the default precision."""
    if isinstance(value, bool):
        return dtypes.bool_
    if isinstance(value, int):
        return dtypes.int64
    return default.dtype.to_complex() if isinstance(value, complex) else default.dtype


def result_type(*operands: Any) -> dtype:
    """The type of the result of an operation on tensors and numbers.

    >>> import tapegrad as torch
    >>> torch.result_type(torch.ones(2, dtype=torch.int32), 1.5)
    torch.float32
    """
    ranks: list[dtype | None] = [None, None, None]  # tensors with dimensions, without, numbers
    for operand in operands:
        if isinstance(operand, Tensor):
            rank, kind = (0 if operand._data.ndim else 1), operand.dtype
        else:
            rank, kind = 2, number_dtype(operand)
        before = ranks[rank]
        ranks[rank] = kind if before is None else promote_types(before, kind)
    result = None
    for kind in ranks:
        if kind is None:
            continue
        if result is None:
            result = kind
        elif kind.category > result.category:
            result = _raise_category(result, kind)
    assert result is not None
    return result


def _raise_category(low: dtype, high: dtype) -> dtype:
    """`high`, which ranks below `low` but has a higher category; a float keeps its precision in a complex result."""
    return promote_types(low, high) if high.category == COMPLEX and low.category == FLOAT else high


def as_number(value: Any) -> Any:
    """A NumPy scalar as the Python number torch takes it for."""
    return value.item() if isinstance(value, np.generic) else value


def is_number(value: Any) -> bool:
    """Whether a value may stand for a tensor of no dimensions."""
    return isinstance(value, (bool, int, float, complex, np.generic))


# -- forward forms ------------------------------------------------------------------------------------------------------


def unary(op: Op, input: Any, out: Tensor | None) -> Tensor:  # noqa: A002 - torch's name
    """`op(input)` for any dtype, subclass and `out=`."""
    if not isinstance(input, Tensor):
        raise wrong_argument(op.name, "input", 1, input)
    kind = _computed_in(op, input.dtype)
    y = lift(_forward(op, _cast(input._data, kind)))
    return finish(op, y, from_numpy_dtype(y.dtype), out, (input,))


def binary(op: Op, input: Any, other: Any, out: Tensor | None) -> Tensor:  # noqa: A002 - torch's name
    """`op(input, other)` where an operand may be a number, the dtypes may differ, and `out=` may be given."""
    operands = [as_number(input), as_number(other)]
    for position, (name, operand) in enumerate(zip(("input", "other"), operands, strict=True), 1):
        if not isinstance(operand, Tensor) and not is_number(operand):
            raise wrong_argument(op.name, name, position, operand)
    if not isinstance(operands[0], Tensor) and not isinstance(operands[1], Tensor):
        raise wrong_argument(op.name, "input", 1, input)
    kind = _computed_in(op, result_type(*operands))
    arrays = [_operand(operand, kind) for operand in operands]
    try:
        y = lift(_forward(op, *arrays))
    except ValueError:
        raise broadcast_error(arrays[0].shape, arrays[1].shape) from None
    result = from_numpy_dtype(y.dtype)
    return finish(op, y, result, out, tuple(operands))


def _operand(operand: Any, kind: dtype) -> Any:
    """An operand as an array of the type computed in."""
    if isinstance(operand, Tensor):
        return _cast(operand._data, kind)
    if kind.category == INT and isinstance(operand, int):  # integers wrap around, as in C
        bits = 8 * kind.itemsize
        wrapped = int(operand) & ((1 << bits) - 1)
        return np.array(wrapped, f"u{kind.itemsize}").view(kind.numpy)
    return np.array(operand, kind.numpy)


def _forward(op: Op, *arrays: Any) -> Any:
    return op.forward(*arrays)


def _cast(array: Array, kind: dtype) -> Array:
    return array if array.dtype is kind.numpy else array.astype(kind.numpy)


def _computed_in(op: Op, kind: dtype) -> dtype:
    """The type in which an operator computes operands of a type."""
    integers = getattr(op, "integers", "same")
    if kind.category >= FLOAT or integers == "same":
        return kind
    if integers == "no":
        raise DtypeError(
            f"\"{op.name}\" not implemented for '{dtypes.scalar_type_name(kind)}'",
            "Convert the tensor first, as with x.float().",
        )
    return default.dtype


def finish(op: Op, y: Array, kind: dtype, out: Tensor | None, operands: tuple[Any, ...]) -> Tensor:
    """Record a result that was computed, or write it into `out`."""
    if out is not None:
        return write_out(out, y, kind, operands)
    t = new_tensor(y)
    record(op, t, operands)
    return t


def record(op: Op, t: Tensor, operands: tuple[Any, ...]) -> None:
    """Record a pointwise operation some of whose operands may be numbers."""
    tensors = [isinstance(operand, Tensor) for operand in operands]
    if not any(operand._flags for operand, is_tensor in zip(operands, tensors, strict=True) if is_tensor):
        return
    if t._data.dtype.kind not in "fcV":
        return
    if all(tensors):
        op.record(t, *operands)
    elif tensors[0]:
        op.with_number(op.inputs[1]).record(t, *operands)
    else:
        op.with_number(op.inputs[0]).record(t, operands[1], operands[0])


def write_out(out: Any, y: Array, kind: dtype, operands: tuple[Any, ...] = ()) -> Tensor:
    """Write a result into the tensor given as `out=`, which is resized if need be."""
    import warnings

    if not isinstance(out, Tensor):
        raise TypeError(f"argument 'out' must be Tensor, not {type(out).__name__}")
    if out.requires_grad or any(isinstance(operand, Tensor) and operand.requires_grad for operand in operands):
        from ..autograd.grad_mode import is_grad_enabled

        if is_grad_enabled():
            raise RuntimeError(
                "functions with out=... arguments don't support automatic differentiation, but one of the arguments"
                " requires grad."
            )
    if not dtypes.can_cast(kind, out.dtype):
        raise cannot_cast(kind, out.dtype)
    if out._data.shape != y.shape:
        if out._data.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does not"
                f" match the required output shape {list(y.shape)}.",
                UserWarning,
                stacklevel=3,
            )
        out._data = np.empty(y.shape, out._data.dtype)
    np.copyto(out._data, y, casting="unsafe")
    wrote(out)
    return out


# -- in-place forms -----------------------------------------------------------------------------------------------------


def in_place(op: Op, self: Tensor, *others: Any) -> Tensor:
    """`self = op(self, *others)` in self's own memory.

    Raises:
        RuntimeError: autograd cannot follow the write, the result does not fit self's shape, or its type cannot be
            stored in self's.
    """
    check_write(self)
    operands = (self, *(as_number(other) for other in others))
    for position, operand in enumerate(operands[1:], 1):
        if not isinstance(operand, Tensor) and not is_number(operand):
            raise wrong_argument(op.name + "_", "other", position, operand)
    kind = _computed_in(op, result_type(*operands))
    arrays = [_operand(operand, kind) for operand in operands]
    tracked = any(isinstance(operand, Tensor) and operand._flags for operand in operands)
    try:
        y = lift(_forward(op, *arrays))
    except ValueError:
        raise broadcast_error(arrays[0].shape, arrays[1].shape) from None
    fits_in_place(self, y)
    if not tracked:
        np.copyto(self._data, y, casting="unsafe")
        wrote(self)
        return self
    readers = op.reads()
    was = before_write(self, keep=op.inputs[0] in readers)
    np.copyto(self._data, y, casting="unsafe")
    result = new_tensor(self._data)
    record(op, result, tuple(was if operand is self else operand for operand in operands))
    wrote(self, result)
    return self


def fits_in_place(self: Tensor, y: Array) -> None:
    """Refuse to write a result of another shape or of a higher category of types."""
    kind = from_numpy_dtype(y.dtype)
    if not dtypes.can_cast(kind, self.dtype):
        raise cannot_cast(kind, self.dtype)
    if y.shape != self._data.shape:
        raise ShapeError(
            f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(y.shape)}",
            "An in-place operation cannot enlarge its tensor: write x = x + y.",
        )
    if not self._data.flags.writeable:
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location."
            " Please clone() the tensor before performing the operation."
        )


_forward = over(_forward, quiet(globals()))
