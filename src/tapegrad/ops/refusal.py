"""Operators and forms that torch computes without having a derivative for them."""

from __future__ import annotations

from typing import Any, NoReturn

from . import pointwise
from .op import Op
from .vocabulary import word


def no_derivative(what: str) -> NoReturn:
    """In rules: there is a node, and no derivative."""
    raise NotImplementedError(
        f"the derivative for '{what}' is not implemented. torch has none either; detach() the operand if its gradient"
        " is not wanted."
    )


def no_formula(what: str) -> NoReturn:
    """In rules: torch does not even have a node of its own, only one that is called NotImplemented."""
    raise RuntimeError(
        f"derivative for aten::{what} is not implemented. torch has none either; detach() the operand if its gradient"
        " is not wanted."
    )


word("no_derivative", raw=no_derivative, tensor=no_derivative)
word("no_formula", raw=no_formula, tensor=no_formula)

NO_NODE = "torch::autograd::NotImplemented"


def refused_in_place(function: Any) -> Any:
    """The in-place form of a pointwise operator whose derivative exists only out of place."""
    op: Op = function.op
    what = f"inplace version of {op.name}"
    form = Op(op.name, op.forward, node=op.node_name[:-1] + "1", inputs=("x",), pointwise=True)
    form.integers, form.kernel = op.integers, op.kernel

    @form.rule("x")
    def _(g: Any) -> Any:
        return no_derivative(what)

    def method(self: Any) -> Any:
        return pointwise.in_place(form, self)

    method.__name__ = method.__qualname__ = op.name + "_"
    method.__doc__ = f"In-place form of `{op.name}`, which has no derivative."
    return method
