"""The call path of pointwise operators: from two tensors of one dtype straight into the ufunc.

`unary`, `binary` and `comparison` make an operator's record and the public function over it.  The functions are
closures, so the ufunc and the record are found without a look-up; whatever is not two plain tensors (mixed dtypes,
`out=`, subclasses) goes to `pointwise.py`.  What a public function carries:
    op      its record
    symbol  the form for an operator symbol, `__add__`: no keywords, NotImplemented for what is not an operand
    in_place, i_symbol  the same of the form that writes into its first operand
"""

from __future__ import annotations

from threading import get_ident
from typing import Any

import numpy as np

from ..autograd.batching import Unbatchable
from ..autograd.batching import forward as batched_forward
from ..autograd.grad_mode import suspended
from ..errors import broadcast_error, wrong_argument
from ..quiet import over, quiet
from ..tensor.blocks import LARGE
from ..tensor.blocks import forward as by_the_block
from ..tensor.blocks import pair as pair_by_the_block
from ..tensor.dtypes import B8, F32, F64, I64
from ..tensor.form import form_of, remember
from ..tensor.tensor import Parameter, Tensor, allocate
from ..tensor.version import version_of
from . import pointwise
from .accepts import Accepts
from .op import Op, Rule, register
from .runtime import lift
from .vocabulary import TENSOR

new = allocate
ndarray = np.ndarray


class NotATensor(TypeError):
    """The first operand of an operator symbol is no tensor, so it was not called as a method."""


def _at_first(op: Op, ufunc: Any) -> Any:
    """What a public function calls until the operator's forward function is there; a ufunc is from the beginning."""
    return ufunc if isinstance(ufunc, np.ufunc) else lambda *arrays: op.forward(*arrays)


def _unary(op: Op, ufunc: Any, whole: bool) -> Any:
    """The public function; `whole`: integers are computed as they are, not as floats."""
    name, ufunc = op.name, _at_first(op, ufunc)
    alike = op.result == "same"

    def record(t: Tensor, input: Tensor) -> None:
        """Record an operation; replaced by the generated function when there is something to record."""
        nonlocal record
        record = op.record
        record(t, input)

    def function(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        try:
            form = input._form
        except AttributeError:
            raise wrong_argument(name, "input", 1, input) from None
        if form is None:
            form = form_of(input)
        if form is not False and out is None:
            y = ufunc(input._data)
            if not form[0]:
                y = lift(y)
            t = new()
            t._data = y
            t._form = form if alike else None
            t._fn = t._grad = t._vc = t._view = t._x = None
            if input._flags:
                record(t, input)
            else:
                t._flags = 0
            return t
        x = input._data
        dtype = x.dtype
        if out is None and (dtype is F32 or dtype is F64 or (whole and dtype is I64)):
            try:
                y = by_the_block(ufunc, x) if alike and x.size > LARGE else ufunc(x)
            except Unbatchable:
                y = batched_forward(op, x)
            if y.__class__ is not ndarray:
                y = lift(y)
            t = new()
            t._data = y
            t._form = t._fn = t._grad = t._vc = t._view = t._x = None
            if input._flags:
                record(t, input)
            else:
                t._flags = 0
            return t
        return pointwise.unary(op, input, out)

    def use(forward: Any) -> None:
        nonlocal ufunc
        ufunc = forward

    op.use_forward = use
    return function


def _careful_unary(op: Op, ufunc: Any, whole: bool, bools: bool) -> Any:
    """The public function of an operator that takes no floating-point numbers, and so has no gradient."""
    ufunc = _at_first(op, ufunc)

    def function(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        if out is None and isinstance(input, Tensor):
            x = input._data
            dtype = x.dtype
            if x.__class__ is ndarray and ((bools and dtype is B8) or (whole and dtype is I64)):
                t = new()
                t._data = lift(ufunc(x))
                t._flags = 0
                t._form = t._fn = t._grad = t._vc = t._view = t._x = None
                return t
        return pointwise.unary(op, input, out)

    def use(forward: Any) -> None:
        nonlocal ufunc
        ufunc = forward

    op.use_forward = use
    return function


def _binary(op: Op, ufunc: Any, whole: bool, numbers: bool) -> tuple[Any, Any]:
    """The public function and the operator symbol; `numbers`: the ufunc treats a Python number as torch does."""
    with_b = op.with_number("b")
    name, ufunc = op.name, _at_first(op, ufunc)

    def record(t: Tensor, input: Tensor, other: Tensor) -> None:
        """Record an operation on tensors of one form; replaced, as in `_unary`, and so are the next two."""
        nonlocal record
        record = op.record_same
        record(t, input, other)

    def record_unlike(t: Tensor, input: Tensor, other: Tensor) -> None:
        nonlocal record_unlike
        record_unlike = op.record_unlike
        record_unlike(t, input, other)

    def record_number(t: Tensor, input: Tensor, other: Any) -> None:
        nonlocal record_number
        record_number = with_b.record
        record_number(t, input, other)

    def symbol(input: Tensor, other: Any) -> Any:
        kind = other.__class__
        try:
            form = input._form
        except AttributeError:
            raise NotATensor(f"descriptor '{name}' requires a 'Tensor' object") from None
        if form is None:
            form = form_of(input)
        if form is False:
            return general(input, other)
        if kind is Tensor or kind is Parameter:
            found = other._form
            if found is None:
                found = form_of(other)
            if form is found:
                z = ufunc(input._data, other._data)
                if not form[0]:
                    z = lift(z)
                t = new()
                t._data = z
                t._form = form
                t._fn = t._grad = t._vc = t._view = t._x = None
                if input._flags or other._flags:
                    record(t, input, other)
                else:
                    t._flags = 0
                return t
            if found is not False and form[1] is found[1]:
                try:
                    z = ufunc(input._data, other._data)
                except ValueError:
                    raise broadcast_error(form[0], found[0]) from None
                t = new()
                t._data = z
                t._form = form if not found[0] else found if not form[0] else None
                t._fn = t._grad = t._vc = t._view = t._x = None
                if input._flags or other._flags:
                    record_unlike(t, input, other)
                else:
                    t._flags = 0
                return t
            return general(input, other)
        if numbers and (kind is float or kind is int):
            number = form[2].get(other)
            z = ufunc(input._data, remember(form, other) if number is None else number)
            if not form[0]:
                z = lift(z)
            t = new()
            t._data = z
            t._form = form
            t._fn = t._grad = t._vc = t._view = t._x = None
            if input._flags:
                record_number(t, input, other)
            else:
                t._flags = 0
            return t
        return general(input, other)

    def general(input: Tensor, other: Any) -> Any:
        """The same where one has no form, or dtypes differ."""
        kind = other.__class__
        if kind is Tensor or kind is Parameter:
            x, y = input._data, other._data
            dtype = x.dtype
            if dtype is y.dtype and (dtype is F32 or dtype is F64 or (whole and dtype is I64)):
                try:
                    z = ufunc(x, y) if x.size <= LARGE else pair_by_the_block(ufunc, x, y)
                except ValueError:
                    raise broadcast_error(x.shape, y.shape) from None
                except Unbatchable:
                    z = batched_forward(op, x, y)
                if z.__class__ is not ndarray:
                    z = lift(z)
                t = new()
                t._data = z
                t._form = t._fn = t._grad = t._vc = t._view = t._x = None
                if input._flags or other._flags:
                    op.record_alike(t, input, other)
                else:
                    t._flags = 0
                return t
        elif numbers and (kind is float or kind is int):
            x = input._data
            dtype = x.dtype
            if dtype is F32 or dtype is F64:
                try:
                    z = ufunc(x, other) if x.size <= LARGE else pair_by_the_block(ufunc, x, other)
                except Unbatchable:
                    z = batched_forward(op, x, other)
                t = new()
                t._data = lift(z)
                t._form = t._fn = t._grad = t._vc = t._view = t._x = None
                if input._flags:
                    record_number(t, input, other)
                else:
                    t._flags = 0
                return t
        elif not isinstance(other, Tensor) and not pointwise.is_number(other):
            return NotImplemented
        return pointwise.binary(op, input, other, None)

    def function(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
        if out is None:
            try:
                t = symbol(input, other)
            except NotATensor:  # but a number, perhaps
                return pointwise.binary(op, input, other, out)
            if t is not NotImplemented:
                return t
        return pointwise.binary(op, input, other, out)

    def use(forward: Any) -> None:
        nonlocal ufunc
        ufunc = forward

    op.use_forward = use
    return function, symbol


def _in_place(op: Op, ufunc: Any) -> tuple[Any, Any]:
    """The in-place method and symbol: directly into the memory if nothing is recorded."""

    def method(self: Tensor, other: Any) -> Tensor:
        kind = other.__class__
        x = self._data
        dtype = x.dtype
        if dtype is F32 or dtype is F64:
            flags = self._flags
            if kind is Tensor or kind is Parameter:
                y = other._data
                flags |= other._flags
                plain = y.dtype is dtype
            else:
                y, plain = other, kind is float or kind is int
                if plain and (form := self._form):
                    number = form[2].get(other)
                    y = remember(form, other) if number is None else number
            quiet_write = not flags or (flags == 1 and suspended and get_ident() in suspended)
            if plain and quiet_write and 0 not in x.strides:
                try:
                    ufunc(x, y, x)
                except (ValueError, OverflowError, Unbatchable):  # the error is made below, or room for the rows
                    pass
                else:
                    version = self._vc
                    if version is None:
                        version = version_of(self)
                    version.n += 1
                    return self
        return pointwise.in_place(op, self, other)

    def symbol(self: Tensor, other: Any) -> Any:
        if isinstance(other, Tensor) or pointwise.is_number(other):
            return method(self, other)
        return NotImplemented

    return method, symbol


def _comparison(op: Op, ufunc: Any, floats: bool, whole: bool, bools: bool, first_numbers: bool) -> tuple[Any, Any]:
    """The public function and the symbol of an operator that has no gradient."""
    name, ufunc = op.name, _at_first(op, ufunc)

    def symbol(input: Tensor, other: Any) -> Any:
        kind = other.__class__
        try:
            form = input._form
        except AttributeError:
            raise NotATensor(f"descriptor '{name}' requires a 'Tensor' object") from None
        if floats and form and (kind is float or kind is int):
            number = form[2].get(other)
            z = ufunc(input._data, remember(form, other) if number is None else number)
            t = new()
            t._data = z if form[0] else lift(z)
            t._flags = 0
            t._form = t._fn = t._grad = t._vc = t._view = t._x = None
            return t
        x = input._data
        dtype = x.dtype
        if kind is Tensor or kind is Parameter:
            y = other._data
            plain = dtype is y.dtype and (
                (floats and (dtype is F32 or dtype is F64)) or (whole and dtype is I64) or (bools and dtype is B8)
            )
        else:
            y = other
            plain = floats and (kind is float or kind is int) and (dtype is F32 or dtype is F64)
            if not plain and not isinstance(other, Tensor) and not pointwise.is_number(other):
                return NotImplemented
        if plain:
            try:
                z = ufunc(x, y)
            except ValueError:
                raise broadcast_error(x.shape, y.shape) from None
            except Unbatchable:
                z = batched_forward(op, x, y)
            if z.__class__ is not ndarray:
                z = lift(z)
            t = new()
            t._data = z
            t._flags = 0
            t._form = t._fn = t._grad = t._vc = t._view = t._x = None
            return t
        return pointwise.binary(op, input, other, None)

    def function(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
        if out is None and isinstance(input, Tensor):
            t = symbol(input, other)
            if t is not NotImplemented:
                return t
        if not first_numbers:
            pointwise.tensors_of(op.public_name, input=input)
        return pointwise.binary(op, input, other, out)

    def use(forward: Any) -> None:
        nonlocal ufunc
        ufunc = forward

    op.use_forward = use
    return function, symbol


# The closures inherit the namespace of the functions that make them.
_quiet = quiet(globals())
_quiet_unary, _quiet_binary, _quiet_in_place = over(_unary, _quiet), over(_binary, _quiet), over(_in_place, _quiet)
_quiet_comparison = over(_comparison, _quiet)


Example = tuple[str, str]


def documented(function: Any, name: str, doc: str, example: Example | None) -> Any:
    """Give a generated function its name and a docstring whose example is a call and its result."""
    function.__name__ = function.__qualname__ = name
    function.__module__ = "tapegrad"
    function.__doc__ = doc
    if example is not None:
        call, result = example
        function.__doc__ += f"\n\n>>> import tapegrad as torch\n>>> {call}\n{result}\n"
    return function


def _public(function: Any, name: str, op: Op, doc: str, example: Example | None) -> Any:
    documented(function, name, doc, example)
    function.op = op
    TENSOR[op.name] = function  # as a word, it takes what the public function takes
    return function


def _floats(op: Op) -> bool:
    """Whether the ufunc may be called on floating-point arrays."""
    return op.kernel is None or "f" in op.kernel.letters


def _bools(op: Op) -> bool:
    """Whether the ufunc may be called on arrays of bools as they are."""
    return op.integers == "same" and (op.kernel is None or "b" in op.kernel.letters)


def _whole(op: Op) -> bool:
    """Whether the ufunc may be called on int64 arrays as they are."""
    return op.integers == "same" and (op.kernel is None or "i" in op.kernel.letters)


def unary(
    name: str,
    ufunc: Any,
    rule: Rule | None,
    *,
    doc: str,
    example: Example | None = None,
    integers: str = "float",
    result: str = "same",
    node: str | None = None,
    holomorphic: bool = True,
    kernel: Accepts | None = None,
) -> Any:
    """Define a pointwise operator of one tensor and return its public function.

    Args:
        ufunc: the forward function on arrays.
        rule: its derivative times `g`, from the words `g`, `x` (input) and `out`; None if it has none.
        doc: one sentence for the user.
        example: a call and what it gives, for the docstring.
        integers: what becomes of integer input: "float", computed in the default dtype; "same", kept.
        result: "real" if complex numbers give real ones, "bool" for truth values.
        node: torch's node name, if not derived from `name`.
        holomorphic: the rule is the complex derivative; False if it handles complex gradients itself.
        kernel: the types of elements it takes, if not all.
    """
    op = register(Op(name, ufunc, node=node, inputs=("x",), pointwise=True, holomorphic=holomorphic))
    op.with_rules(x=rule)
    op.integers, op.result, op.kernel = integers, result, kernel
    op.exact_out = integers == "same" and result != "bool"
    function = _quiet_unary(op, ufunc, _whole(op)) if _floats(op) else _careful_unary(op, ufunc, _whole(op), _bools(op))
    return _public(function, name, op, doc, example)


def binary(
    name: str,
    ufunc: Any,
    *,
    a: Rule | None,
    b: Rule | None,
    doc: str,
    example: Example | None = None,
    integers: str = "same",
    node: str | None = None,
    number_node: str | None = None,
    first_number_node: str | None = None,
    numbers: bool | None = None,
    holomorphic: bool = True,
    kernel: Accepts | None = None,
) -> Any:
    """Define a pointwise operator of two tensors, either of which may be a number, and return its public function.

    Args:
        ufunc: the forward function on arrays.
        a, b: its partial derivatives times `g`, from the words `g`, `a`, `b` and `out`.
        doc: one sentence for the user.
        example: a call and what it gives, for the docstring.
        integers: as for `unary`.
        node: torch's node name; `number_node` that of the form whose second operand is a number, if it has one of
            its own, `first_number_node` that of the form whose first operand is.
        numbers: whether the forward function may be called with a Python number; that of NumPy may.
        holomorphic, kernel: as for `unary`.
    """
    op = register(Op(name, ufunc, node=node, inputs=("a", "b"), pointwise=True, holomorphic=holomorphic))
    op.with_rules(a=a, b=b)
    op.integers, op.kernel = integers, kernel
    for operand, own in (("a", first_number_node), ("b", number_node)):
        if own is not None:
            op.number_forms[operand] = form = op.with_number(operand, own)
            form.fitted = True
    if numbers is None:
        numbers = isinstance(ufunc, np.ufunc)
    function, symbol = _quiet_binary(op, ufunc, _whole(op), numbers)
    function.symbol = symbol
    if isinstance(ufunc, np.ufunc):
        function.in_place, function.i_symbol = _quiet_in_place(op, ufunc)
    return _public(function, name, op, doc, example)


def comparison(
    name: str,
    ufunc: Any,
    *,
    doc: str,
    example: Example | None = None,
    result: str = "bool",
    integers: str = "same",
    kernel: Accepts | None = None,
    first_numbers: bool = False,
) -> Any:
    """Define an operator of two tensors, or of a tensor and a number, that has no gradient, such as a comparison.

    Args:
        ufunc: the forward function on arrays.
        doc: one sentence for the user.
        example: a call and what it gives, for the docstring.
        result: "bool" if the results are truth values, "same" if they are of the operands' type.
        integers, kernel: as for `unary`.
        first_numbers: the first operand of the function may be a number, too.
    """
    op = register(Op(name, ufunc, inputs=("a", "b"), pointwise=True))
    op.with_rules(a=None, b=None)
    op.result, op.integers, op.kernel = result, integers, kernel
    function, symbol = _quiet_comparison(op, ufunc, _floats(op), _whole(op), _bools(op), first_numbers)
    function.symbol = symbol
    return _public(function, name, op, doc, example)


def of_tensors(function: Any) -> Any:
    """The public form of an operator that takes no numbers."""

    def checked(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        if not isinstance(input, Tensor) or not isinstance(other, Tensor):
            pointwise.tensors_of(function.__name__, input=input, other=other)
        return function(input, other, out=out)

    checked.__name__ = checked.__qualname__ = function.__name__
    checked.__doc__, checked.__module__ = function.__doc__, "tapegrad"
    checked.op = function.op  # type: ignore[attr-defined]
    return checked
