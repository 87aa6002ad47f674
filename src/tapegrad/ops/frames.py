"""Definitions of pointwise operators.

`unary`, `binary` and `comparison` make an operator's record and the public function over it, which takes the short path
(`short_paths.py`) where it can.  What a public function carries:
    op      its record
    symbol  the form for an operator symbol, `__add__`: no keywords, NotImplemented for what is not an operand
    in_place, i_symbol  the same of the form that writes into its first operand
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.tensor import Tensor
from . import call_paths, pointwise
from .accepts import Accepts
from .op import Op, Rule, register
from .vocabulary import TENSOR

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
    with_zero: Any = None,
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
        with_zero: a ufunc that computes the same from the operand and zero.
    """
    op = register(Op(name, ufunc, node=node, inputs=("x",), pointwise=True, holomorphic=holomorphic))
    op.with_rules(x=rule)
    op.integers, op.result, op.kernel, op.with_zero = integers, result, kernel, with_zero
    op.exact_out = integers == "same" and result != "bool"
    function = call_paths.unary(op, _whole(op)) if _floats(op) else call_paths.careful_unary(op, _whole(op), _bools(op))
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
    function, symbol = call_paths.binary(op, _whole(op), numbers)
    function.symbol = symbol
    if isinstance(ufunc, np.ufunc):
        function.in_place, function.i_symbol = call_paths.in_place(op, ufunc)
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
    function, symbol = call_paths.comparison(op, _floats(op), _whole(op), _bools(op), first_numbers)
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
