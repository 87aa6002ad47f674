"""The nodes that stand before arguments with a history: closed to gradients during a capture, open afterwards."""

from __future__ import annotations

from typing import Any, Final

from ..autograd.node import Node
from ..ops.op import Op
from .recorder import Abort


class Entry:
    """The operator of the node that stands before an argument with a history: gradients may not pass it inside."""

    node_name = "CompiledFunctionInput"

    def backward(self, node: Node, g: Any) -> Any:
        """Refused: what is behind the argument is not part of the program."""
        raise Abort("goes backward through the history of an argument")

    backward_graph = backward


CLOSED: Final[Any] = Entry()


# Once the run is over, gradients pass.
OPEN: Final[Any] = Op("compiled_input", lambda x: x, node="CompiledFunctionInput", inputs=("x",)).with_rules(
    x=lambda g: g
)
