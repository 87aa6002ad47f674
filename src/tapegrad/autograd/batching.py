"""What the tape has to know about `vmap`, which is little as long as none is used.

Inside of `vmap` the array of a tensor is a `func.batched.BatchedArray`, which computes all rows at once.  A kernel
that it cannot go through raises `Unbatchable`; `forward` and `backward` then run that one operator, or that one node's
backward step, row by row.  What is heavier than this lies in `tapegrad.func`, and is loaded when it is needed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..tensor.rows import Unbatchable, all_rows, running

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor
    from .node import Node

# The threads in which `tapegrad.compile` captures a function: arrays are of another kind there, too.
capturing: Final[set[int]] = set()

F = TypeVar("F", bound=Callable[..., Any])


def mappable(function: F) -> F:
    """Decorate a function of arrays, no operator, that batched arrays may not go through as it is written."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Unbatchable:
            from ..func.batched_operators import compute

            return compute(function.__name__, function, args, kwargs)

    return wrapper  # type: ignore[return-value]


def in_all_rows(function: Callable[..., tuple[Any, ...]], array: Any, *args: Any) -> tuple[Any, ...]:
    """A function of an array with rows, computed for all of them in one call.

    Args:
        function: of the array, the arguments, and the axes that are not rows; returns arrays of the same axes.
        array: the array; none of the other arguments has rows.
    """
    from ..func.batched import layered

    if hasattr(array, "recorder"):  # the array of a capture
        return function(array, *args, tuple(range(array.ndim)))
    physical, levels = array.physical, array.levels
    axes = tuple(range(len(levels), physical.ndim))
    return tuple([layered(part, levels) for part in function(physical, *args, axes)])


def forward(op: Any, *args: Any, **kwargs: Any) -> Any:
    """An operator's forward function on batched arrays that it refused."""
    from ..func.batched_operators import forward

    return forward(op, args, kwargs)


def backward(node: Node, g: Any) -> tuple[Any, ...]:
    """A node's backward step on batched arrays that it refused."""
    from ..func.batched_operators import backward

    return backward(node, g)


def make_room(t: Tensor, *values: Any) -> None:
    """Give a tensor made inside of `vmap` rows of its own, if values that have rows are written into it.

    Called before in-place writes while a `vmap` is running.

    Args:
        t: the tensor to be written into.
        values: what is written: tensors or arrays; anything else has no rows.

    Raises:
        RuntimeError: the tensor was made outside of the `vmap` that the rows belong to.
    """
    from ..func.rooms import make_room

    make_room(t, values)


def settled(grad: Any, like: Any) -> Any:
    """A gradient that arrives outside of the `vmap` calls it went through: summed over their rows.

    Args:
        grad: the gradient, an array.
        like: the array that it is the gradient of.
    """
    from ..func.levels import settled

    return settled(grad, like)


__all__ = [
    "Unbatchable",
    "all_rows",
    "backward",
    "capturing",
    "forward",
    "in_all_rows",
    "make_room",
    "mappable",
    "running",
    "settled",
]
