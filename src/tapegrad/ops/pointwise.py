"""The general call path of pointwise operators: numbers, mixed dtypes, `out=`, in-place forms.

Promotion is torch's: a result has the highest category (bool, integer, floating, complex) among its operands; within
it, tensors with dimensions decide before tensors of none, and these before Python numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any

import numpy as np

from ..autograd import batching
from ..autograd.grad_mode import suspended
from ..autograd.views import before_write, check_write, refresh, wrote
from ..errors import DtypeError, ShapeError, broadcast_error, cannot_cast, wrong_argument
from ..quiet import over, quiet
from ..tensor import dtypes
from ..tensor.dtypes import BOOL, COMPLEX, F32, F64, FLOAT, INT, Array, default, dtype, from_numpy_dtype, promote_types
from ..tensor.numbers import number_dtype
from ..tensor.strides import copy_like
from ..tensor.tensor import VIEW, Parameter, Tensor, new_tensor
from ..tensor.version import INFERENCE
from .op import Op
from .overlaps import check_not_shifted
from .runtime import lift


def result_type(*operands: Any) -> dtype:
    """The type of the result of an operation on tensors and numbers.

    >>> import tapegrad as torch
    >>> torch.result_type(torch.ones(2, dtype=torch.int32), 1.5)
    torch.float32
    """
    ranks: list[dtype | None] = [None, None, None]  # tensors with dimensions, without, numbers
    for operand in operands:
        if operand is None:  # an optional operand that was not given
            continue
        if isinstance(operand, Tensor):
            rank, kind = (0 if operand._data.ndim else 1), operand.dtype
        else:
            rank, kind = 2, number_dtype(operand)
        before = ranks[rank]
        ranks[rank] = kind if before is None else promote_types(before, kind)
    result: dtype | None = None
    for found in ranks:
        if found is None:
            continue
        if result is None:
            result = found
        elif found.category > result.category:
            result = _raise_category(result, found)
    assert result is not None
    return result


def _raise_category(low: dtype, high: dtype) -> dtype:
    """`high`, which ranks below `low` but has a higher category; a float keeps its precision in a complex result."""
    return low.to_complex() if high.category == COMPLEX and low.category == FLOAT else high


def as_number(value: Any) -> Any:
    """A NumPy scalar as the Python number torch takes it for."""
    return value.item() if isinstance(value, np.generic) else value


def is_number(value: Any) -> bool:
    """Whether a value may stand for a tensor of no dimensions."""
    return isinstance(value, (bool, int, float, complex, np.generic))


_OF_NUMBERS = frozenset(("add", "sub", "mul", "div", "floor_divide"))  # of two numbers, too


# -- forward forms ----------------------------------------------------------------------------------------------------


def unary(op: Op, input: Any, out: Tensor | None) -> Tensor:
    """`op(input)` for any dtype, subclass and `out=`."""
    if not isinstance(input, Tensor):
        raise wrong_argument(op.public_name, "input", 1, input)
    return apply(op, (input,), out=out)


def binary(op: Op, input: Any, other: Any, out: Tensor | None) -> Tensor:
    """`op(input, other)` where an operand may be a number, the dtypes may differ, and `out=` may be given."""
    operands = operands_of(op.public_name, input=input, other=other)
    if op.name not in _OF_NUMBERS and not isinstance(operands[0], Tensor) and not isinstance(operands[1], Tensor):
        raise wrong_argument(op.public_name, "input", 1, input)
    return apply(op, operands, out=out)


def operands_of(function: str, **named: Any) -> tuple[Any, ...]:
    """The operands of a public function, by name: tensors and numbers.

    Raises:
        TypeError: one is neither.
    """
    operands = tuple(as_number(operand) for operand in named.values())
    for position, (name, operand) in enumerate(zip(named, operands, strict=True), 1):
        if not isinstance(operand, Tensor) and not is_number(operand):
            raise wrong_argument(function, name, position, operand)
    return operands


def tensors_of(function: str, **named: Any) -> tuple[Tensor, ...]:
    """The operands of a public function that takes no numbers, by name.

    Raises:
        TypeError: one is not a tensor.
    """
    for position, (name, operand) in enumerate(named.items(), 1):
        if not isinstance(operand, Tensor):
            raise wrong_argument(function, name, position, operand)
    return tuple(named.values())


def apply(
    op: Op,
    operands: tuple[Any, ...],
    params: tuple[Any, ...] = (),
    out: Tensor | None = None,
    numbers: tuple[Any, ...] = (),
) -> Tensor:
    """A pointwise operator of tensors and numbers: promoted, computed, recorded or written into `out`.

    Args:
        operands: tensors and numbers; a number is made a tensor.
        params: what else the operator takes.
        numbers: those parameters that take part in promotion.
    """
    if out is not None:
        _check_out_of(op, out, result_type(*operands, *numbers), operands)
    y = compute(op, operands, params, numbers)
    if out is not None:
        return write_out(out, y, from_numpy_dtype(y.dtype), operands, op.public_name)
    t = new_tensor(y)
    record(op, t, operands, params)
    return t


def _check_out_of(op: Op, out: Any, kind: dtype, operands: tuple[Any, ...]) -> None:
    """Refuse an `out` that the operator's result cannot be written into, before anything is computed."""
    result = resulting(op, kind)
    if op.exact_out and isinstance(out, Tensor) and (result is kind or out.dtype.category == COMPLEX):
        if op.kernel is not None:
            op.kernel.check_spoken(kind)
        if out.dtype is not kind:
            found, wanted = dtypes.scalar_type_name(out.dtype), dtypes.scalar_type_name(kind)
            raise DtypeError(f"Found dtype {found} but expected {wanted}", f"Give an out of {kind}.")
    check_out(out, result, operands, op.public_name)


def compute(op: Op, operands: tuple[Any, ...], params: tuple[Any, ...] = (), numbers: tuple[Any, ...] = ()) -> Array:
    """The result of a pointwise operator as an array.

    The half-precision types are computed in single precision and rounded once, as torch does.
    """
    kind = computed_in(op, result_type(*operands, *numbers))
    if op.result == "bool" and kind is dtypes.complex32:  # not there, but enough to compare in
        kind = dtypes.complex64
    narrow = kind.itemsize == 2 and kind.category == FLOAT and op.halves_in_single
    arrays = [as_operand(operand, dtypes.float32 if narrow else kind) for operand in operands]
    try:
        y: Array = lift(op.forward(*arrays, *params))
    except batching.Unbatchable:
        y = batching.forward(op, *arrays, *params)
    except ValueError:
        check_broadcast([array.shape for array in arrays if array is not None])
        raise
    return y.astype(kind.numpy) if narrow and y.dtype is F32 else y


def check_broadcast(shapes: list[tuple[int, ...]]) -> None:
    """Refuse shapes that do not broadcast, in torch's words."""
    whole: tuple[int, ...] = ()
    for shape in shapes:
        try:
            whole = np.broadcast_shapes(whole, shape)
        except ValueError:
            raise broadcast_error(whole, shape) from None


def as_operand(operand: Any, kind: dtype) -> Any:
    """An operand as an array of the type computed in."""
    if isinstance(operand, Tensor):
        array = operand._data
        if array.dtype is kind.numpy:
            return array
        # NumPy's copy of an expanded array has its dimensions in another order than torch's.
        return copy_like(array, array, kind.numpy) if 0 in array.strides else array.astype(kind.numpy)
    if operand is None:
        return None
    if kind.category == INT and isinstance(operand, int):  # integers wrap around, as in C
        if not -(2**63) <= operand < 2**64:
            raise OverflowError(f"int too big to convert: {operand} does not fit into 64 bits")
        wrapped = int(operand) & ((1 << 8 * kind.itemsize) - 1)
        return np.array(wrapped, f"u{kind.itemsize}").view(kind.numpy)
    if isinstance(operand, int) and not -(2**63) <= operand < 2**64:
        raise OverflowError(f"int too big to convert: {operand} does not fit into 64 bits")
    return np.array(operand, kind.numpy)


def check_overflow(number: int, kind: dtype) -> None:
    """Refuse an integer that its type cannot hold, where torch does not let it wrap around."""
    limits = np.iinfo(kind.numpy)
    if not limits.min <= number <= limits.max:
        raise overflow(kind, number)


def overflow(kind: dtype, number: Any) -> DtypeError:
    """torch's error for a number that does not fit a type, which it calls by its name in C."""
    if kind.category == FLOAT:
        c_name = "double" if kind is dtypes.float64 else "float"
    else:
        c_name = "int" if kind is dtypes.int32 else f"{kind._name}_t"
    return DtypeError(f"value cannot be converted to type {c_name} without overflow", f"Found: {number}.")


def computed_in(op: Op, kind: dtype) -> dtype:
    """The type in which an operator computes operands of a type.

    Raises:
        RuntimeError: it does not take operands of this type.
    """
    if op.kernel is not None:
        op.kernel.check(kind)
    return kind if kind.category >= FLOAT or op.integers == "same" else default.dtype


def resulting(op: Op, kind: dtype) -> dtype:
    """The type of an operator's result for operands of a type."""
    if op.result == "bool":
        return dtypes.bool_
    if op.integers == "float" and kind.category < FLOAT:
        return default.dtype
    if op.result == "complex":
        return kind.to_complex()
    return kind.to_real() if op.result == "real" else kind


def record(op: Op, t: Tensor, operands: tuple[Any, ...], params: tuple[Any, ...] = ()) -> None:
    """Record a pointwise operation some of whose operands may be numbers."""
    if t._data.dtype.kind not in "fcV" or not any(isinstance(x, Tensor) and x._flags for x in operands):
        return
    if op.number_forms:
        for name, operand in zip(op.inputs, operands, strict=True):
            if name in op.number_forms and not isinstance(operand, Tensor):
                tensors = [x for x in operands if isinstance(x, Tensor)]
                op.number_forms[name].record(t, *tensors, *params, operand)
                return
    op.record(t, *[x if x is None or isinstance(x, Tensor) else new_tensor(np.array(x)) for x in operands], *params)


def finish(op: Op, y: Array, kind: dtype, out: Tensor | None, operands: tuple[Any, ...]) -> Tensor:
    """Record a result that was computed, or write it into `out`."""
    if out is not None:
        return write_out(out, y, kind, operands, op.public_name)
    t = new_tensor(y)
    record(op, t, operands)
    return t


def check_out(out: Any, kind: dtype, operands: tuple[Any, ...], name: str) -> None:
    """Refuse an `out` that a result of type `kind` cannot be written into."""
    if not isinstance(out, Tensor):
        raise wrong_argument(name, "out", 0, out)
    if out._vc is INFERENCE:
        INFERENCE.check_write()
    if out.requires_grad or any(isinstance(x, Tensor) and x.requires_grad for x in operands):
        from ..autograd.grad_mode import is_grad_enabled

        if is_grad_enabled():
            raise RuntimeError(
                f"{name + '(): ' if name else ''}functions with out=... arguments don't support automatic"
                " differentiation, but one of the arguments requires grad."
            )
    if not dtypes.can_cast(kind, out.dtype):
        raise cannot_cast(kind, out.dtype)


def write_out(out: Any, y: Array, kind: dtype, operands: tuple[Any, ...] = (), name: str = "") -> Tensor:
    """Write a result into the tensor given as `out=`, which is resized if need be.

    Args:
        y: the result, of type `kind`.
        operands: the operands, none of which may require a gradient.
        name: the function's name, for messages.
    """
    import warnings

    check_out(out, kind, operands, name)
    if out._data.shape != y.shape:
        if out._data.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does not"
                f" match the required output shape {list(y.shape)}.",
                UserWarning,
                stacklevel=3,
            )
        out._data, out._form = np.empty(y.shape, out._data.dtype), None
    np.copyto(out._data, y, casting="unsafe")
    wrote(out)
    return out


# -- in-place forms ---------------------------------------------------------------------------------------------------


def in_place(op: Op, self: Tensor, *others: Any, params: tuple[Any, ...] = (), numbers: tuple[Any, ...] = ()) -> Tensor:
    """`self = op(self, *others, *params)` in self's own memory.

    Raises:
        RuntimeError: autograd cannot follow the write, the result does not fit self's shape, or its type cannot be
            stored in self's.
    """
    check_write(self, *others)
    operands = (self, *[as_number(other) for other in others])
    for operand in operands[1:]:
        if isinstance(operand, Tensor) and operand is not self:
            check_not_shifted(self._data, operand._data)
    for position, operand in enumerate(operands[1:], 1):
        if operand is not None and not isinstance(operand, Tensor) and not is_number(operand):
            raise wrong_argument(op.public_name + "_", "other", position, operand)
    kind = resulting(op, result_type(*operands, *numbers))
    if kind.category != BOOL and not dtypes.can_cast(kind, self.dtype):
        raise cannot_cast(kind, self.dtype)
    if not params and not numbers and _computes_in_place(op, self, operands):
        _record_write(op, self, lambda: op.forward(self._data, operands[1]._data, self._data), operands, params)
        return self
    y = compute(op, operands, params, numbers)
    fits_in_place(self, y)
    return _write(op, self, y, operands, params)


def _computes_in_place(op: Op, self: Tensor, operands: tuple[Any, ...]) -> bool:
    """Whether the result may be computed where it belongs: nobody needs the old value, and nothing can go wrong."""
    if len(operands) != 2 or not isinstance(op.forward, np.ufunc) or op.inputs[0] in op.reads() or batching.running:
        return False
    if op.result != "same" or (op.kernel is not None and "f" not in op.kernel.letters):
        return False
    x, y = self._data, getattr(operands[1], "_data", None)
    if x.__class__ is not np.ndarray or y.__class__ is not np.ndarray:
        return False
    dtype = x.dtype
    if not (dtype is F32 or dtype is F64) or y.dtype is not dtype or not x.flags.writeable or 0 in x.strides:
        return False
    if y.ndim > x.ndim or any(n != m and n != 1 for n, m in zip(y.shape[::-1], x.shape[::-1], strict=False)):
        return False
    return not np.may_share_memory(x, y)


def written_plainly(op: Op, self: Tensor, *others: Any, number: Any) -> bool:
    """Do `self = op(self, *others, number)` where that takes no questions; say whether it was done.

    So it is for tensors of one floating-point type and shape that share no memory, when nothing is recorded.
    """
    x, flags = self._data, self._flags
    dtype = x.dtype
    if not (dtype is F32 or dtype is F64) or x.__class__ is not np.ndarray:
        return False
    if self._vc is INFERENCE or 0 in x.strides:
        return False
    if (number.__class__ is not float and number.__class__ is not int) or not -1e38 < number < 1e38:
        return False
    arrays = []
    owner = x if x.base is None else x.base
    for other in others:
        if other.__class__ is not Tensor and other.__class__ is not Parameter:
            return False
        array = other._data
        if array.__class__ is not np.ndarray or array.dtype is not dtype or array.shape != x.shape:
            return False
        if (array is owner or array.base is owner) and array is not x:
            return False
        arrays.append(array)
        flags |= other._flags
    if flags and not (flags == 1 and suspended and get_ident() in suspended):
        return False
    np.copyto(x, op.forward(x, *arrays, number))
    wrote(self)
    return True


def in_place_result(op: Op, self: Tensor, *params: Any) -> Tensor:
    """`self = op(self, *params)` in self's own memory, for an operator of one tensor and parameters."""
    return in_place(op, self, params=params)


def _write(op: Op, self: Tensor, y: Array, operands: tuple[Any, ...], params: tuple[Any, ...]) -> Tensor:
    """Put a result into self's memory, and record where it came from."""
    if batching.running:
        batching.make_room(self, y)
    _record_write(op, self, lambda: np.copyto(self._data, y, casting="unsafe"), operands, params)
    return self


def _record_write(
    op: Op, self: Tensor, write: Callable[[], object], operands: tuple[Any, ...], params: tuple[Any, ...]
) -> None:
    """Call what writes into self's memory, and record where the value came from."""
    if not any(isinstance(operand, Tensor) and operand._flags for operand in operands):
        write()
        wrote(self)
        return
    was = before_write(self, keep=op.inputs[0] in op.reads())
    for operand in operands[1:]:
        if isinstance(operand, Tensor) and operand._flags & VIEW:
            refresh(operand)  # which may fail, and then nothing was written
    write()
    result = new_tensor(self._data)
    record(op, result, (was, *operands[1:]), params)  # self once more among the others is modified for them
    wrote(self, result)


def fits_in_place(self: Tensor, y: Array) -> None:
    """Refuse to write a result of another shape or of a higher category of types."""
    kind = from_numpy_dtype(y.dtype)
    if not dtypes.can_cast(kind, self.dtype) and kind.category != BOOL:
        raise cannot_cast(kind, self.dtype)
    if y.shape != self._data.shape:
        raise ShapeError(
            f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(y.shape)}",
            "An in-place operation cannot enlarge its tensor: write x = x + y.",
        )
    if not self._data.flags.writeable or 0 in self._data.strides:
        check_overlap(self)


def check_overlap(self: Tensor) -> None:
    """Refuse to write into an expanded tensor, several of whose elements are one in memory."""
    if self._data.size and any(n > 1 and s == 0 for n, s in zip(self._data.shape, self._data.strides, strict=True)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location."
            " Please clone() the tensor before performing the operation."
        )


_quiet = quiet(globals())
compute, write_out, in_place = (over(f, _quiet) for f in (compute, write_out, in_place))
