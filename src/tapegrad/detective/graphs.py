"""Questions about a graph as it stands: what it leads to, what was used up, what was overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..autograd.node import FREED, Node, Port
from ..autograd.reach import reachable
from ..autograd.views import refresh
from ..source_lines import Origin, origin_of
from ..tensor.tensor import VIEW, Tensor
from .answers import Cause, distinct
from .passing import USED
from .words import at

if TYPE_CHECKING:
    from ..tensor.version import Version
    from .journal import Write


def edge_of(t: Tensor) -> Any:
    """Where a gradient of this tensor enters the tape: a node, a port of one, or the leaf itself."""
    if t._flags & VIEW:
        refresh(t)
    return t if t._fn is None else t._fn


def nodes_behind(t: Tensor) -> list[Node]:
    """All nodes behind a tensor, oldest first."""
    return reachable([edge_of(t)])


def leads_to(of: Tensor, t: Tensor) -> bool:
    """Whether recorded operations lead from `t` to `of`."""
    target = edge_of(t)
    if edge_of(of) is target:
        return True
    node = target.node if target.__class__ is Port else target
    return any(
        edge is target or (edge.__class__ is Port and edge.node is node) or edge is node
        for found in nodes_behind(of)
        for edge in found.edges
        if edge is not None
    )


def is_used_up(of: Tensor) -> bool:
    """Whether a backward pass has used saved values behind a tensor up."""
    return any(node.saved is FREED for node in nodes_behind(of))


def used_at(node: Node) -> Origin | None:
    """The line of the backward call that used a node up, if that was noted."""
    found: Origin | None = node.__dict__.get(USED)
    return found


def used_up(of: Tensor) -> Cause | None:
    """The newest part of a graph that an earlier pass has used up, so that another pass over it would fail."""
    nodes = nodes_behind(of)
    freed = [node for node in nodes if node.saved is FREED]
    if not freed:
        return None
    shared = [node for node in nodes if USED in node.__dict__] or freed
    node = shared[-1]
    whole = node is nodes[-1]
    part = "The whole graph" if whole else f"The part of the graph up to {node.name()}{at(origin_of(node))}"
    return Cause(
        "freed",
        f"{part} was used up by an earlier backward pass{at(used_at(node))}"
        + ("." if whole else ": what it produced is shared with the output of that pass."),
        "Compute it again before the second pass (in a loop: inside the loop), add the losses and call backward once,"
        " or pass retain_graph=True to the first; a state that is carried from step to step needs h = h.detach().",
        origin_of(node),
    )


def overwritten_behind(of: Tensor) -> list[Cause]:
    """The saved values behind a tensor that were overwritten, so that a backward pass would fail."""
    found: dict[int, Cause] = {}  # by the memory that was written into; the oldest that saved it
    for node in nodes_behind(of):
        if node.saved is FREED or not node.saved:
            continue
        for i, item in enumerate(node.saved):
            if not isinstance(item, Tensor) or item._vc is None:
                continue
            expected = node.versions[i] if node.versions else 0
            if item._vc.n != expected:
                found.setdefault(id(item._vc), overwritten(node, item._vc, expected))
        version, expected = node.out_version, node.__dict__.get("_out_expected", 0)
        if version is not None and version.n != expected and "out" in node.op.saved_names():
            found.setdefault(id(version), overwritten(node, version, expected))
    return distinct(list(found.values()))


def overwritten(node: Node, version: Any, expected: int) -> Cause:
    """A write into what a node had saved, in words, with both lines."""
    saved = origin_of(node)
    text = f"{node.name()} saved a value for its derivative{at(saved)}, and it was overwritten afterwards"
    line = None
    write = write_after(version, expected)
    if write is not None:
        line = write.origin
        text += f" by {write.name}"
    return Cause(
        "overwritten",
        text + ".",
        "Write y = y + 1 instead of y += 1 (a new tensor instead of the same memory), or do it after backward().",
        line or saved,
    )


def write_after(version: Version, expected: int) -> Write | None:
    """The first noted write into a memory since its counter stood at a number."""
    from .journal import writes

    return next((w for w in writes if w.version is version and w.number > expected), None)
