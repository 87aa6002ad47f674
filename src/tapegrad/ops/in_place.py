"""The in-place form of a pointwise operator, made from its record, and the reflected operator symbols."""

from __future__ import annotations

from typing import Any

from ..tensor.tensor import Tensor
from . import pointwise
from .op import Op


def in_place_of(function: Any, name: str | None = None) -> Any:
    """`x.name_()` for a public function made by `frames.unary` or `frames.binary`."""
    op: Op = function.op
    name = (name or function.__name__) + "_"
    if len(op.inputs) == 1:

        def method(self: Tensor) -> Tensor:
            return pointwise.in_place(op, self)

    else:
        quick = getattr(function, "in_place", None)

        def method(self: Tensor, other: Any) -> Tensor:  # type: ignore[misc]
            return quick(self, other) if quick is not None else pointwise.in_place(op, self, other)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place form of `{function.__name__}`."
    return method


def reflected(function: Any) -> Any:
    """`other op x` for an operator symbol whose right operand is a tensor."""

    def method(self: Tensor, other: Any) -> Any:
        return function(other, self) if is_operand(other) else NotImplemented

    return method


def operator_symbol(function: Any) -> Any:
    """`x op other`; gives other types the chance to handle the operation."""

    def method(self: Tensor, other: Any) -> Any:
        return function(self, other) if is_operand(other) else NotImplemented

    return method


def is_operand(value: Any) -> bool:
    """Whether an operator symbol computes with a value: a tensor or a number."""
    return isinstance(value, Tensor) or pointwise.is_number(value)
