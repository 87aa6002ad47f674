"""The graph nodes of draws: their results do not depend on what went in, so every gradient is zero."""

from __future__ import annotations

from typing import Any

from numpy import zeros_like

from ..ops.op import Op
from ..ops.vocabulary import fit, zeros_of


def of_one(name: str, node: str) -> Op:
    """A draw that takes the shape, or parameters of the shape, of one tensor."""
    return Op(name, None, node=node, inputs=("x",)).with_rules(x=lambda g: zeros_like(g))


def of_two(name: str, node: str) -> Op:
    """A draw from two tensors that broadcast."""
    op = Op(name, None, node=node, inputs=("a", "b"))
    return op.with_rules(
        a=lambda g, a_shape, a_dtype: fit(zeros_of(a_shape, g), (a_shape, a_dtype)),
        b=lambda g, b_shape, b_dtype: fit(zeros_of(b_shape, g), (b_shape, b_dtype)),
    )


def without_derivative(name: str, inputs: tuple[str, ...]) -> Op:
    """A draw that torch refuses to differentiate."""
    op = Op(name, None, node="NotImplemented", inputs=inputs)
    message = f"derivative for aten::{name} is not implemented"

    def refuse(g: Any) -> Any:
        raise RuntimeError(message)

    return op.with_rules(**dict.fromkeys(inputs, refuse))
