"""Why a node's derivative is zero at the values that it saw, by name."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..autograd.node import Node
from ..source_lines import origin_of
from .answers import Cause
from .arrays import kept_by

# Piecewise constant functions: their derivative is 0 wherever it is defined.
_FLAT: Final = {
    "round",
    "round_decimals",
    "floor",
    "ceil",
    "trunc",
    "sign",
    "sgn",
    "heaviside",
    "div_floor",
    "div_trunc",
}
# Activations and what they say when nothing passes.
_SATURATED: Final = {
    "relu": "relu got no positive number, so that it is 0 everywhere (a dead relu)",
    "threshold": "no number is above the threshold",
    "leaky_relu": "the negative slope is 0 and no number is positive",
    "sigmoid": "sigmoid is 0 or 1 to the last digit",
    "tanh": "tanh is -1 or 1 to the last digit",
    "hardtanh": "all numbers are outside of the linear part",
    "hardsigmoid": "all numbers are outside of the linear part",
    "softmax_dim": "softmax is 0 or 1 to the last digit",
    "log_softmax_dim": "the softmax is 0 or 1 to the last digit",
    "clamp_numbers": "all numbers are outside of the bounds",
    "clamp_min_number": "all numbers are below the bound",
    "clamp_max_number": "all numbers are above the bound",
    "clamp_tensors": "all numbers are outside of the bounds",
    "erf": "erf is -1 or 1 to the last digit",
    "gelu": "gelu is flat there",
    "silu": "silu is flat there",
    "softplus": "softplus is flat there",
    "elu": "elu is flat there",
    "logsigmoid": "logsigmoid is flat there",
    "exp": "exp underflowed to 0",
    "binary_cross_entropy_with_logits": "the logits are so large, and right, that the loss is flat",
}
# Losses and distances, whose derivative is 0 at their minimum.
_MINIMUM: Final = {
    "mse_loss", "smooth_l1_loss", "huber_loss", "abs", "vector_norm_dims", "dist", "cdist", "pow_number", "std_dims",
    "var_dims",
}  # fmt: skip
_SELECTING: Final = {"where", "fill_masked", "maximum", "minimum", "fmax", "fmin", "select_masked", "clamp_min_tensor",
                     "clamp_max_tensor"}  # fmt: skip

_PRODUCTS: Final = {"mul", "mm", "addmm", "bmm", "mv", "addmv", "dot", "addcmul", "outer", "correlated", "scaled_by"}


def vanishing_cause(node: Node, position: int, arrived: list[Any]) -> Cause:
    """A node that got a gradient and passes on nothing but 0, in words.

    Args:
        node: the node, not yet freed.
        position: which of its inputs.
        arrived: the gradient that it got.
    """
    name, line = node.op.name, origin_of(node)
    shown = node.name()
    kept = kept_by(node)
    if name in _FLAT:
        return Cause(
            "flat",
            f"{shown}: {name} is piecewise constant, its derivative is 0 everywhere.",
            "Leave it out while training, or pass the gradient straight through: x + (x.round() - x).detach().",
            line,
        )
    if name == "softmax_dim" and _constant(arrived) and kept.get("out") is not None and _spread(kept["out"]):
        return Cause(
            "constant",
            f"{shown}: the gradient is the same for all elements, and the sum of a softmax is always 1.",
            "Compute the loss from single probabilities (F.cross_entropy on the logits), not from their sum or mean.",
            line,
        )
    if name in _SATURATED:
        return Cause(
            "saturated",
            f"{shown}: {_SATURATED[name]}; its derivative is 0 for all elements.",
            "Bring its input back to where it has a slope: smaller weights or inputs, normalisation, a loss on logits,"
            " or F.leaky_relu instead of relu.",
            line,
        )
    if name in _SELECTING:
        return Cause(
            "not_selected",
            f"{shown}: of this input no element was selected, so none gets a gradient.",
            "Check the condition or mask: the other branch was taken everywhere.",
            line,
        )
    if name in ("dropped", "rrelu_with_noise"):
        return Cause("not_selected", f"{shown}: dropout dropped every element.", "Lower p.", line)
    if name in _MINIMUM:
        return Cause(
            "at_minimum",
            f"{shown}: its derivative is 0 at these values, as at a minimum: "
            + ("the two arguments are equal." if "loss" in name else "its argument is 0 (or all elements are equal)."),
            "If this is not the solution, compare with something else than the tensor itself, or start elsewhere:"
            " weights that are all 0 often stay so.",
            line,
        )
    if _zero_factor(node, kept, position):
        return Cause(
            "times_zero",
            f"{shown}: it was multiplied by a factor that is 0 everywhere.",
            "Look at the factor: a mask or weight that is 0, or weights that were all initialised to 0.",
            line,
        )
    return Cause(
        "zero_derivative",
        f"{shown} got a gradient that is not 0 and passed on 0 for this input: its derivative is 0 at these values.",
        "Look at its operands; start from other values if this is no solution.",
        line,
    )


def _constant(arrived: list[Any]) -> bool:
    return len(arrived) == 1 and arrived[0].size > 1 and bool((arrived[0] == arrived[0].flat[0]).all())


def _spread(out: Any) -> bool:
    """Whether a softmax is not saturated."""
    return bool(((out > 0) & (out < 1)).any())


def _zero_factor(node: Node, kept: dict[str, Any], position: int) -> bool:
    if node.op.name not in _PRODUCTS:
        return False
    names = getattr(node.op, "edge_names", ())
    own = names[position] if position < len(names) else None
    factors = [v for n, v in kept.items() if n != own and isinstance(v, (np.ndarray, float, int))]
    return any(not np.any(v) for v in factors)
