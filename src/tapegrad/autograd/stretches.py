"""Several large pointwise nodes of a backward pass in one loop.

A rule by itself reads its gradient from memory and writes the next one there.  Where one pointwise node follows the
other, the rules of all can go through one block before the next, so that gradients in between never leave the cache.
So their calls are noted on a few elements, node after node in the engine's order, and then made together (see
`tensor/steps.py`).  What is computed is the same to the bit: gradients that meet are added in the engine's order, too.

The engine asks `run` in passes in which nobody but itself sees gradients in between, and no code of a user's runs.
"""

from __future__ import annotations

from sys import getrefcount
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..quiet import make_quiet
from ..tensor.blocks import LARGE, Operands, Passing, is_own
from ..tensor.dtypes import F32, F64
from ..tensor.steps import Recording, Unsuited
from ..tensor.tensor import Tensor
from .node import FREED, Node
from .saving import PackedRecord

if TYPE_CHECKING:
    from ..tensor.dtypes import Array

_LONGEST: Final = 64  # calls
_ndarray = np.ndarray


class _Stretch:
    """What is noted of the nodes of a stretch.

    Attributes:
        recording: the calls of their rules.
        operands: the arrays that these read.
        between: by node, the gradient of a node that may run next.
        ends: by a leaf's id, the leaf, its gradient, and whether this includes what the engine had of it.
        apart: edges and gradients of which the engine has a part already, and adds these to it.
    """

    def __init__(self, first: Node, gradient: Array) -> None:
        self.recording = Recording()
        self.operands = Operands()
        self._few: dict[int, Array] = {}  # by the array's id
        self.shape = gradient.shape
        self.between: dict[Any, Any] = {first: self.few_of(gradient)}
        self.ends: dict[int, list[Any]] = {}
        self.apart: list[tuple[Any, Any]] = []

    def few_of(self, array: Any) -> Array:
        """A few elements of an array that a rule reads, so that calls on them are noted.

        Raises:
            Unsuited: it does not lie in memory as the others do.
        """
        few = self._few.get(id(array))
        if few is None:
            if not self.operands.add(array):
                raise Unsuited
            few = self._few[id(array)] = self.recording.input(self.operands.few(-1))
        return few

    def pass_on(self, edge: Any, few: Any, pending: dict[Any, Any], leaves: dict[int, list[Any]]) -> None:
        """Note a gradient that goes to an edge."""
        if isinstance(edge, Node):
            if edge in pending:
                self.apart.append((edge, few))
            else:
                self.between[edge] = self.between[edge] + few if edge in self.between else few
        elif not isinstance(edge, Tensor):
            self.apart.append((edge, few))
        elif (end := self.ends.get(id(edge))) is not None:
            end[1] = end[1] + few
        elif id(edge) in leaves:
            self.ends[id(edge)] = [edge, self.few_of(leaves[id(edge)][1]) + few, True]
        else:
            self.ends[id(edge)] = [edge, few, False]


def run(
    first: Node, pending: dict[Any, Any], heap: list[tuple[int, Any]], leaves: dict[int, list[Any]], keep: bool
) -> tuple[list[Any], list[Any]] | None:
    """Run a node and those that come next as far as they are pointwise, of one shape and large.

    Args:
        first: the node that is the newest to have a gradient.
        pending: the gradients of nodes that are yet to run, this one's among them.
        heap: the nodes that are yet to run, without this one.
        leaves: by a leaf's id, the leaf and the gradient that it has got in this pass.
        keep: whether saved values stay for another pass.

    Returns:
        Edges and the gradients that go there, or None if the stretch would be a single node; then nothing was done.
    """
    gradient = pending[first]
    if gradient.__class__ is not _ndarray or gradient.size <= LARGE or not _may_run(first):
        return None
    if not (gradient.dtype is F32 or gradient.dtype is F64):
        return None
    limit = -heap[0][0] if heap else -1  # older nodes have to wait for this one

    def follows(node: Any) -> bool:
        return isinstance(node, Node) and node.seq > limit and node not in pending and _may_run(node)

    if not any(map(follows, first.edges)):
        return None
    owned = is_own(getrefcount(gradient) - 1, gradient)  # but for `pending`, which gives it away below
    stretch = _Stretch(first, gradient)
    done = [first]
    if not _note(first, stretch, pending, leaves):
        return None
    while stretch.between and len(stretch.recording) < _LONGEST:
        node = max(stretch.between, key=_age)
        if not follows(node) or not _note(node, stretch, pending, leaves):
            break
        done.append(node)
    if len(done) == 1:
        return None
    ways = [*stretch.between.items(), *[(end[0], end[1]) for end in stretch.ends.values()], *stretch.apart]
    program = stretch.recording.program([few for _, few in ways])
    del gradient
    results = stretch.operands.carry_out(program, owned)
    if results is None:
        return None
    del pending[first]
    for number, end in stretch.ends.items():
        if end[2]:
            del leaves[number]
    if not keep:
        for node in done:
            if node.saved:
                node.saved = FREED
    return [edge for edge, _ in ways], results


def _may_run(node: Node) -> bool:
    """Whether a node's rules are those of a pointwise operator, and nothing of a user's runs with them."""
    op: Any = node.op
    if op.__class__ is PackedRecord or node.hooks is not None or node.saved is FREED:
        return False
    return bool(getattr(op, "pointwise", False))


def _note(node: Node, stretch: _Stretch, pending: dict[Any, Any], leaves: dict[int, list[Any]]) -> bool:
    """Note the calls of a node's rules; whether that could be, and if not, nothing is noted."""
    length, apart = len(stretch.recording), len(stretch.apart)
    between, ends = dict(stretch.between), {number: list(end) for number, end in stretch.ends.items()}
    try:
        found = node.op.backward(node, Passing(stretch, stretch.between.pop(node), stretch.shape))
        for edge, passed in zip(node.edges, found, strict=True):
            if edge is not None and passed is not None:
                stretch.pass_on(edge, passed.few, pending, leaves)
    except (Unsuited, RuntimeError):  # the engine comes to this node again, and lets it raise
        stretch.recording.cut(length)
        stretch.between, stretch.ends = between, ends
        del stretch.apart[apart:]
        return False
    return True


def _age(node: Node) -> int:
    return node.seq


make_quiet(globals())  # as sums of gradients are in the engine

__all__ = ["run"]
