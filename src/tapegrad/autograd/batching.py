"""What the tape has to know about `vmap`, which is little as long as none is used.

Below the tape a tensor inside of `vmap` is a `func.batched.BatchedArray`, which computes all rows at once.  A kernel
that it cannot go through raises `Unbatchable`; the functions here then run that one operator, or that one node's
backward step, row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .node import Node


class Unbatchable(AttributeError):
    """A batched array was asked for something that needs a single row.

    An `AttributeError`, so that `hasattr` answers.

    Args:
        wanted: what was asked for, such as "a Python number".
    """

    def __init__(self, wanted: str) -> None:
        super().__init__(f"vmap: {wanted} is not the same for all rows")
        self.wanted = wanted


def forward(op: Any, *args: Any, **kwargs: Any) -> Any:
    """An operator's forward function on batched arrays that it refused."""
    from ..func.batched_operators import forward

    return forward(op, args, kwargs)


def backward(node: Node, g: Any) -> tuple[Any, ...]:
    """A node's backward step on batched arrays that it refused."""
    from ..func.batched_operators import backward

    return backward(node, g)
