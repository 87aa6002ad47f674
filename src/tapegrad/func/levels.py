"""The `vmap` calls that are running, and the operators by which tensors come into their rows and out again.

`enter` makes a dimension of a tensor the hidden one, `leave` makes it a dimension again; each is the other's
derivative.

Tensors from outside that a mapped function uses (its closure's, its globals', arguments with in_dims None) are one and
the same for all rows, so their gradient is the sum of the rows' gradients.  While a `vmap` is running each new node is
looked at: where an edge leads outside, a node `lifted` is put in between, whose backward step sums.  What the node has
saved of such a tensor is replaced by an alias behind that node, so that second derivatives go the same way.
"""

from __future__ import annotations

import itertools
from threading import get_ident
from typing import Any, Final

import numpy as np

from ..autograd import tangents
from ..autograd.node import Node, Port, sequence, watchers
from ..ops.op import Op
from ..ops.summation import over_dims
from ..ops.vocabulary import word
from ..tensor.rows import MADE_AT, running
from ..tensor.tensor import REQUIRES_GRAD, TANGENT, Tensor, new_tensor
from ..tensor.version import version_of
from .batched import BatchedArray

_numbers: Final = itertools.count(1)


class Level:
    """One call of `vmap`, from its beginning to its end; a context manager.

    Args:
        size: the number of rows.
        randomness: what random functions do: "error", "same" or "different".
        function: the mapped function.
        shared: the tensors among its arguments that are the same for all rows.
        looping: the function is called once per row, so that there are no batched arrays.

    Attributes:
        drawing: random numbers are being drawn, and what they are at this level is settled (see `randomness.py`).
    """

    __slots__ = ("drawing", "function", "lifts", "looping", "number", "randomness", "shared", "since", "size")

    def __init__(
        self, size: int, randomness: str, function: Any = None, shared: tuple[Tensor, ...] = (), looping: bool = False
    ) -> None:
        self.size, self.randomness, self.function, self.shared = size, randomness, function, shared
        self.looping, self.drawing = looping, False
        self.number = next(_numbers)
        self.since = next(sequence)
        self.lifts: dict[int, tuple[Any, Node]] = {}  # by the edge's id: the edge, and the node in front of it

    def __enter__(self) -> Level:
        thread = get_ident()
        if not running:
            watchers.append(_lift_outside)
        running.setdefault(thread, []).append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        thread = get_ident()
        running[thread].pop()
        if not running[thread]:
            del running[thread]
            if not running:
                watchers.remove(_lift_outside)
        self.lifts.clear()


def levels() -> list[Level]:
    """The calls of `vmap` that are running in this thread with batched arrays, outermost first."""
    return [level for level in running.get(get_ident(), ()) if not level.looping]


def depth_of(number: int) -> int:
    """The number by which torch calls a level: how many calls of `vmap` deep it is, from 1 on."""
    found = [level.number for level in running.get(get_ident(), ())]
    return found.index(number) + 1 if number in found else number


# -- in and out --------------------------------------------------------------------------------------------------------


def _enter(x: Any, level: int, axis: int, size: int) -> Any:
    """The array with an axis as its rows at a level."""
    if x.__class__ is BatchedArray and x.level > level:
        return BatchedArray(_enter(x.value, level, axis + 1, size), x.level)
    return BatchedArray(x if axis == 0 else np.moveaxis(x, axis, 0), level)


def _leave(x: Any, level: int, axis: int, size: int) -> Any:
    """The array with its rows at a level as an axis; one that has none is the same for all."""
    if x.__class__ is BatchedArray:
        if x.level == level:
            return x.value if axis == 0 else np.moveaxis(x.value, 0, axis)
        if x.level > level:
            return BatchedArray(_leave(x.value, level, axis + 1, size), x.level)
    x = np.asarray(x) if isinstance(x, np.generic) else x
    whole = np.broadcast_to(x, (size, *x.shape)).copy()
    return whole if axis == 0 else np.moveaxis(whole, 0, axis)


def _summed_rows(x: Any, level: int) -> Any:
    """The sum of an array's rows at a level; one that has none stays as it is."""
    if x.__class__ is not BatchedArray or x.level < level:
        return x
    if x.level > level:
        return BatchedArray(_summed_rows(x.value, level), x.level)
    return np.sum(x.value, axis=0) if x.value.__class__ is BatchedArray else over_dims(x.value, (0,), False)


def _lifted(x: Any, level: int) -> Any:
    return x


_ENTER: Final = Op("enter_rows", _enter, inputs=("x",), params=("level", "axis", "size"))
_LEAVE: Final = Op("leave_rows", _leave, inputs=("x",), params=("level", "axis", "size"))
_LIFTED: Final = Op("lifted", _lifted, inputs=("x",), params=("level",))
_SUMMED: Final = Op("summed_rows", _summed_rows, inputs=("x",), params=("level",))

word("enter_rows", raw=_enter, tensor=lambda *args: _ENTER.call(*args))
word("leave_rows", raw=_leave, tensor=lambda *args: _LEAVE.call(*args))
word("summed_rows", raw=_summed_rows, tensor=lambda *args: _SUMMED.call(*args))

_ENTER.with_rules(x=lambda g, level, axis, size: leave_rows(g, level, axis, size))  # type: ignore[name-defined]  # noqa: F821
_LEAVE.with_rules(x=lambda g, level, axis, size: enter_rows(g, level, axis, size))  # type: ignore[name-defined]  # noqa: F821
_LIFTED.with_rules(x=lambda g, level: summed_rows(g, level))  # type: ignore[name-defined]  # noqa: F821
_SUMMED.with_rules(x=lambda g: g)
for _op in (_ENTER, _LEAVE, _LIFTED, _SUMMED):
    _op.linear_in("x")


def enter(x: Tensor, level: Level, axis: int) -> Tensor:
    """A tensor with a dimension as its rows; writing into it writes into the tensor it is made of."""
    t: Tensor = _ENTER.call(x, level.number, axis, level.size)
    t._vc = version_of(x)
    return t


def leave(x: Tensor, level: Level, axis: int) -> Tensor:
    """A tensor with its rows as a dimension; what it shows as its producer has the name of what produced the rows."""
    edge = x._fn
    if edge is None:
        op = _LEAVE
    else:
        name = (edge.node if edge.__class__ is Port else edge).op.node_name
        op = _LEAVE.twin(name, node=name)
    found: Tensor = op.call(x, level.number, axis, level.size)
    return found


def array_without_rows(x: Any, level: Level) -> Any:
    """An array with its rows as the first dimension."""
    return _leave(x, level.number, 0, level.size)


def has_rows(t: Tensor, level: Level) -> bool:
    """Whether a tensor has rows of its own at a level."""
    array: Any = t._data
    while array.__class__ is BatchedArray:
        if array.level == level.number:
            return True
        array = array.value
    return False


# -- gradients of what is outside --------------------------------------------------------------------------------------


def _lift_outside(node: Node) -> None:
    """Put a node that sums in front of every edge that leads out of a `vmap` that is running."""
    here = running.get(get_ident())
    if not here:
        return
    inner = here[-1]  # what is not outside of the innermost is outside of none
    since = inner.since
    for edge in node.edges:
        if edge is not None and (edge.seq < since if edge.__class__ is Node else is_outside(edge, inner)):
            break
    else:
        return
    mine = levels()
    ends: dict[int, Any] = {}
    edges = [edge if edge is None else _lift(edge, node, mine, ends) for edge in node.edges]
    if not ends:
        return
    node.edges = tuple(edges)
    if getattr(node, "saved", ()):  # a custom Function may not have saved anything (yet)
        node.saved = tuple([_alias(item, ends) for item in node.saved])


def _lift(edge: Any, node: Node, mine: list[Level], ends: dict[int, Any]) -> Any:
    """The edge as a node sees it from inside; those that were lifted are entered into `ends`."""
    seen = edge
    for level in mine:
        if not is_outside(edge, level):
            continue
        found = level.lifts.get(id(seen))
        if found is None:
            lift = Node()
            lift.op, lift.edges, lift.saved, lift.versions = _LIFTED, (seen,), (), None
            lift.info, lift.hooks, lift.out_version = (level.number,), None, None
            lift.seq, node.seq = node.seq, next(sequence)  # newer than what it leads to, older than its users
            found = level.lifts[id(seen)] = (seen, lift)
        seen = found[1]
    if seen is not edge:
        ends[id(edge)] = seen
    return seen


def is_outside(edge: Any, level: Level) -> bool:
    """Whether an edge leads to what was made before a `vmap` began: an older node, or a leaf without rows there."""
    if edge.__class__ is Port or isinstance(edge, Node):
        return bool(edge.seq < level.since)
    array = edge._data
    if array.__class__ is BatchedArray and array.level >= level.number:
        return False
    return edge._x is None or edge._x.get(MADE_AT, 0) < level.number


def _alias(item: Any, ends: dict[int, Any]) -> Any:
    """What a node has saved, as it is seen from inside."""
    if item.__class__ is tuple:
        return tuple([_alias(one, ends) for one in item])
    if not isinstance(item, Tensor) or not item._flags & REQUIRES_GRAD:
        return item
    end = ends.get(id(item if item._fn is None else item._fn))
    if end is None:
        return item
    alias = new_tensor(item._data)
    alias._fn, alias._flags, alias._vc = end, REQUIRES_GRAD, version_of(item)
    if item._flags & TANGENT:
        tangents.share(alias, tangents.tangents_of(item))
    return alias


def settled(grad: Any, like: Any) -> Any:
    """A gradient summed over the rows of calls of `vmap` that have ended and that `like` has no rows of."""
    if grad.__class__ is not BatchedArray:
        return grad
    here = running.get(get_ident(), ())
    if here and grad.level == here[-1].number and grad.value.__class__ is not BatchedArray:
        return grad
    alive = {level.number for level in here}
    kept, array = set(alive), like
    while array.__class__ is BatchedArray:
        kept.add(array.level)
        array = array.value
    array = grad
    while array.__class__ is BatchedArray:
        if array.level not in kept:
            grad = _summed_rows(grad, array.level)
        array = array.value
    return grad
