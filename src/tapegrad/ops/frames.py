"""The call path of pointwise operators: from two tensors of one dtype straight into the ufunc.

`unary` and `binary` make an operator's record and the public function over it.  The functions are closures, so the
ufunc and the record are found without a look-up; whatever is not two plain tensors (numbers, mixed dtypes, `out=`,
subclasses) goes to `pointwise.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import broadcast_error, wrong_argument
from ..tensor.dtypes import F32, F64, I64
from ..tensor.tensor import Parameter, Tensor, allocate
from . import pointwise
from .op import Op, Rule, register
from .runtime import lift
from .vocabulary import over, quiet

new = allocate
ndarray = np.ndarray


def _unary(op: Op, ufunc: Any, integers: str) -> Any:
    name = op.name
    whole = integers == "same"  # integers are computed as they are, not as floats

    def function(input: Tensor, *, out: Tensor | None = None) -> Tensor:  # noqa: A002 - torch's name
        try:
            x = input._data
        except AttributeError:
            raise wrong_argument(name, "input", 1, input) from None
        dtype = x.dtype
        if out is None and (dtype is F32 or dtype is F64 or whole and dtype is I64):
            y = ufunc(x)
            if y.__class__ is not ndarray:
                y = lift(y)
            t = new()
            t._data = y
            t._fn = t._grad = t._vc = t._view = t._x = None
            if input._flags:
                op.record(t, input)
            else:
                t._flags = 0
            return t  # type: ignore[no-any-return]
        return pointwise.unary(op, input, out)

    return function


def _binary(op: Op, ufunc: Any, numbers: bool) -> tuple[Any, Any]:
    with_b = op.with_number("b")
    name = op.name

    def function(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:  # noqa: A002 - torch's name
        kind = other.__class__
        if (kind is Tensor or kind is Parameter) and out is None:
            try:
                x = input._data
            except AttributeError:
                return pointwise.binary(op, input, other, out)  # type: ignore[no-any-return]
            y = other._data
            if x.dtype is y.dtype:
                try:
                    z = ufunc(x, y)
                except ValueError:
                    raise broadcast_error(x.shape, y.shape) from None
                except TypeError:
                    return pointwise.binary(op, input, other, out)  # type: ignore[no-any-return]
                if z.__class__ is not ndarray:
                    z = lift(z)
                t = new()
                t._data = z
                t._fn = t._grad = t._vc = t._view = t._x = None
                if input._flags or other._flags:
                    op.record(t, input, other)
                else:
                    t._flags = 0
                return t  # type: ignore[no-any-return]
        elif (kind is float or kind is int) and out is None and numbers:
            x = input._data
            dtype = x.dtype
            if dtype is F32 or dtype is F64:
                z = ufunc(x, other)
                if z.__class__ is not ndarray:
                    z = lift(z)
                t = new()
                t._data = z
                t._fn = t._grad = t._vc = t._view = t._x = None
                if input._flags:
                    with_b.record(t, input, other)
                else:
                    t._flags = 0
                return t  # type: ignore[no-any-return]
        return pointwise.binary(op, input, other, out)  # type: ignore[no-any-return]

    return function, name


# The closures inherit the namespace of the functions that make them.
_quiet = quiet(globals())
_quiet_unary, _quiet_binary = over(_unary, _quiet), over(_binary, _quiet)


def _public(function: Any, name: str, op: Op, doc: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "tapegrad"
    function.__doc__ = doc
    function.op = op
    return function


def unary(
    name: str,
    ufunc: Any,
    rule: Rule | None,
    *,
    doc: str,
    integers: str = "float",
    node: str | None = None,
    holomorphic: bool = True,
) -> Any:
    """Define a pointwise operator of one tensor and return its public function.

    Args:
        ufunc: the forward function on arrays.
        rule: its derivative times `g`, from the words `g`, `x` (input) and `out`; None if it has none.
        doc: one sentence for the user.
        integers: what becomes of integer input: "float", computed in the default dtype; "same", kept; "no", refused.
        node: torch's node name, if not derived from `name`.
        holomorphic: the rule is the complex derivative; False if it handles complex gradients itself.
    """
    op = register(Op(name, ufunc, node=node, inputs=("x",), pointwise=True, holomorphic=holomorphic))
    op.with_rules(x=rule)
    op.integers = integers
    return _public(_quiet_unary(op, ufunc, integers), name, op, doc)


def binary(
    name: str,
    ufunc: Any,
    *,
    a: Rule | None,
    b: Rule | None,
    doc: str,
    integers: str = "same",
    node: str | None = None,
    number_node: str | None = None,
    result: str | None = None,
    numbers: bool = True,
) -> Any:
    """Define a pointwise operator of two tensors, either of which may be a number, and return its public function.

    Args:
        ufunc: the forward function on arrays.
        a, b: its partial derivatives times `g`, from the words `g`, `a`, `b` and `out`.
        doc: one sentence for the user.
        integers: as for `unary`.
        node: torch's node name; `number_node` that of the form whose second operand is a number.
        result: "bool" for comparisons.
        numbers: whether the ufunc itself treats a Python number as torch does.
    """
    op = register(Op(name, ufunc, node=node, inputs=("a", "b"), pointwise=True, holomorphic=True))
    op.with_rules(a=a, b=b)
    op.integers, op.result = integers, result
    if number_node:
        op.with_number("b", number_node)
    function, _ = _quiet_binary(op, ufunc, numbers)
    return _public(function, name, op, doc)
