"""Operators and forms that torch computes without having a derivative for them."""

from __future__ import annotations

from typing import Any, NoReturn

from . import pointwise
from .op import Op
from .vocabulary import word


def _no_derivative(what: str) -> NoReturn:
    raise NotImplementedError(
        f"the derivative for '{what}' is not implemented. torch has none either; detach() the operand if its gradient"
        " is not wanted."
    )


def _no_formula(what: str) -> NoReturn:
    raise RuntimeError(
        f"derivative for aten::{what} is not implemented. torch has none either; detach() the operand if its gradient"
        " is not wanted."
    )


word("no_derivative", raw=_no_derivative, tensor=_no_derivative)
word("no_formula", raw=_no_formula, tensor=_no_formula)


def no_derivative(what: str) -> Any:
    """In rules: there is a node, and no derivative."""
    _no_derivative(what)


def no_formula(what: str) -> Any:
    """In rules: torch does not even have a node of its own, only one that is called NotImplemented."""
    _no_formula(what)


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
