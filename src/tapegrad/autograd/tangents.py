"""Forward mode: tangents beside tensors, pushed through each operation as it happens.

A dual tensor holds, for each level of differentiation that it takes part in, the derivative of its values along that
level's direction.  The tangents are tensors, so they may be recorded on the tape, and may have tangents themselves at
an outer level: forward over reverse, reverse over forward and forward over forward are all this one mechanism.

`push` is called by an operator's `record` when an input is dual.  The tangent of the result is, in this order,
    of a pointwise operator   its rule, which is "the derivative times g", applied to the tangent;
    of a linear operator      the operator itself, applied to the tangent (`Op.linear`);
    of any other              two reverse passes: with g(v) the gradient of the input for a cotangent v, which is linear
                              in v, the derivative of g along the tangent is the tangent of the result.  (The trick is
                              due to J. Townsend, "A new trick for calculating Jacobian vector products", 2017.)
So there is no operator without a forward mode.

Levels are numbered outside in.  A level's tangents are computed from operands that are dual at outer levels only, which
is what keeps derivatives of different levels apart.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..tensor.tensor import REQUIRES_GRAD, TANGENT, VIEW, Tensor, new_tensor
from . import observing
from .grad_mode import is_grad_enabled, switch
from .node import Node, Port, sequence, watch, watchers

if TYPE_CHECKING:
    from ..ops.op import Op

REASON: Final = "forward mode"


class Level:
    """One differentiation in forward mode, from its beginning to its end; its tangents are gone when it has ended."""

    __slots__ = ("alive", "number", "on_nodes")

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.alive = True
        # Tangents that nodes hold.  These may lead back to their node, a cycle that lasts as long as the level.
        self.on_nodes: list[dict[Level, Tensor]] = []
        alive.append(self)
        observing.reasons.add(REASON)  # backward passes then run on tensors, so that tangents go through them

    def end(self) -> None:
        """Let the level's tangents be forgotten."""
        self.alive = False
        for held in self.on_nodes:
            held.pop(self, None)
        self.on_nodes.clear()
        alive.remove(self)
        if not alive:
            observing.reasons.discard(REASON)


_numbers: Final = itertools.count()
alive: Final[list[Level]] = []


class _State(threading.local):
    on = True


_state: Final = _State()


def enabled() -> bool:
    """Whether operations in this thread pass tangents on."""
    return _state.on


class paused:
    """A block in which operations of this thread pass no tangents on."""

    def __enter__(self) -> None:
        self.before = _state.on
        _state.on = False

    def __exit__(self, *exc: object) -> None:
        _state.on = self.before


def switch_on(on: bool) -> None:
    """Have operations in this thread pass tangents on, or not."""
    _state.on = on


# -- what a tensor holds -----------------------------------------------------------------------------------------------


def tangents_of(t: Tensor) -> dict[Level, Tensor]:
    """The tensor's tangents, by level; those of levels that have ended are dropped."""
    held: dict[Level, Tensor] | None = None if t._x is None else t._x.get("tangents")
    if not held:
        return {}
    for level in [level for level in held if not level.alive]:
        del held[level]
    if not held:
        t._flags &= ~TANGENT
    return held


def set_tangent(t: Tensor, level: Level, tangent: Tensor) -> None:
    """Make a tensor dual at a level."""
    t._extras().setdefault("tangents", {})[level] = tangent
    t._flags |= TANGENT


def share(t: Tensor, held: dict[Level, Tensor]) -> None:
    """Give a tensor tangents that another has."""
    for level, tangent in held.items():
        if level.alive:
            set_tangent(t, level, tangent)


def below(t: Tensor, level: Level) -> Tensor:
    """The tensor as it is for the levels outside of this one: the same history, without this level's tangent."""
    held = tangents_of(t)
    outer = {other: tangent for other, tangent in held.items() if other.number < level.number}
    if len(outer) == len(held):
        return t
    if t._flags & REQUIRES_GRAD and t._fn is None:  # another leaf would not be this leaf
        return variable(t, outer)
    twin = new_tensor(t._data)
    twin._fn, twin._vc = t._fn, t._vc
    twin._flags = t._flags & (REQUIRES_GRAD | VIEW)
    twin._view = t._view
    share(twin, outer)
    return twin


def variable(t: Tensor, held: dict[Level, Tensor] | None = None) -> Tensor:
    """An alias of a tensor with a node of its own, by which it can be differentiated; t's own history is behind it."""
    from ..ops.shape import _alias

    twin = new_tensor(t._data)
    node = Node()
    node.op, node.saved, node.info = _alias, (), None
    node.hooks = node.out_version = node.versions = None
    node.edges = ((t if t._fn is None else t._fn) if t._flags & REQUIRES_GRAD else None,)
    node.seq = next(sequence)
    if watchers:
        watch(node)
    twin._fn, twin._flags = node, REQUIRES_GRAD
    share(twin, tangents_of(t) if held is None else held)
    return twin


# -- through an operation ----------------------------------------------------------------------------------------------


def push(op: Op, result: Any, arguments: tuple[Any, ...]) -> None:
    """Give the result of an operation its tangents.

    Args:
        result: the new tensor, or the list of them, with its history but without tangents.
        arguments: the operator's inputs and parameters, in order; of a variadic operator the list, then parameters.
    """
    if not _state.on:
        return
    several = op.outputs is not None
    tensors = _tensors(op, arguments)
    for level in sorted({level for t in tensors for level in tangents_of(t)}, key=lambda level: level.number):
        tangents = _tangents(op, level, result, arguments)
        for t, tangent in zip(result if several else (result,), tangents, strict=True):
            if tangent is not None:
                set_tangent(t, level, tangent)
    # A rule that reads a result later has to find it dual (see runtime.output_as_tensor).
    if not several:
        if isinstance(result._fn, Node):
            result._fn.__dict__["_tangents"] = _until_levels_end(tangents_of(result))
        return
    nodes = [t._fn.node if t._fn.__class__ is Port else t._fn for t in result if t._fn is not None]
    if nodes:
        nodes[0].__dict__["_tangents"] = [_until_levels_end(tangents_of(t)) for t in result]


def _until_levels_end(held: dict[Level, Tensor]) -> dict[Level, Tensor]:
    for level in held:
        level.on_nodes.append(held)
    return held


def push_linear(result: Tensor, x: Tensor, function: Any) -> None:
    """Give `result`, which is `function(x)` for a linear function, its tangents."""
    if not _state.on:
        return
    for level, tangent in sorted(tangents_of(x).items(), key=lambda item: item[0].number):
        set_tangent(result, level, function(tangent))


def _tensors(op: Op, arguments: tuple[Any, ...]) -> list[Tensor]:
    inputs = arguments[0] if op.variadic else arguments[: len(op.inputs)]
    return [t for t in inputs if t is not None and t._flags & TANGENT]


def _tangents(op: Op, level: Level, result: Any, arguments: tuple[Any, ...]) -> Sequence[Tensor | None]:
    """The tangent of each result at one level."""
    several = op.outputs is not None
    if op.variadic:
        inputs = list(arguments[0])
        params = arguments[1:]
    else:
        inputs, params = list(arguments[: len(op.inputs)]), arguments[len(op.inputs) :]
    primals: list[Any] = [None if t is None else below(t, level) for t in inputs]
    directions: list[Any] = [None if t is None else tangents_of(t).get(level) for t in inputs]
    if (
        op.pointwise
        and op.diagonal
        and all(len(names) == 1 for names in op.rules)
        and (op.holomorphic or not _complex(primals))
    ):
        return [_pointwise(op, primals, directions, params, result, level)]
    names = op.inputs * len(primals) if op.variadic else op.inputs
    if op.jointly and all(d is None or x in op.linear for x, d in zip(names, directions, strict=True)):
        moved = [
            p if x not in op.linear else _zeros_like(p) if d is None else d
            for x, p, d in zip(names, primals, directions, strict=True)
        ]
        return [op.call(moved, *params) if op.variadic else op.call(*moved, *params)]
    linear = op.inputs[:1] if op.view else (*op.linear, *op.plus)
    if (
        not op.variadic
        and not op.jointly
        and all(d is None or x in linear for x, d in zip(op.inputs, directions, strict=True))
    ):
        found = _linear(op, primals, directions, params)
        return found if several else [found]
    return _by_two_reverse_passes(op, primals, directions, params, result)


def _linear(op: Op, primals: list[Any], directions: list[Any], params: tuple[Any, ...]) -> Any:
    """The sum over the inputs of the operator applied to the tangent in the input's place."""
    total = None
    for moving, direction in zip(op.inputs, directions, strict=True):
        if direction is None:
            continue
        operands = []
        for x, primal in zip(op.inputs, primals, strict=True):
            if x == moving:
                operands.append(direction)
            elif x in op.plus:
                operands.append(None if x in op.optional else _zeros_like(primal))
            elif moving in op.plus and x == op.linear[0]:
                operands.append(_zeros_like(primal))  # of the operation, only what is added remains
            else:
                operands.append(primal)
        term = op.call(*operands, *params)
        if total is None:
            total = term
        elif op.outputs is None:
            total = total + term
        else:
            total = [a + b for a, b in zip(total, term, strict=True)]
    return total


def _complex(tensors: Iterable[Tensor | None]) -> bool:
    return any(t is not None and t._data.dtype.kind == "c" for t in tensors)


def _zeros_like(t: Tensor) -> Tensor:
    return new_tensor(np.zeros_like(t._data))


def _pointwise(
    op: Op, primals: list[Any], directions: list[Any], params: tuple[Any, ...], result: Tensor, level: Level
) -> Tensor | None:
    """The sum over the inputs of "the derivative times the tangent"."""
    from ..ops.op import parameters_of

    names: dict[str, Any] = dict(zip(op.params, params, strict=True))
    for x, primal in zip(op.inputs, primals, strict=True):
        names[x] = primal
        if primal is not None:
            names[x + "_shape"], names[x + "_dtype"] = primal._data.shape, primal._data.dtype
    total = None
    for x, direction in zip(op.inputs, directions, strict=True):
        rule = op.rules.get((x,))
        if direction is None or rule is None:
            continue
        reads = parameters_of(rule)
        if "out" in reads and "out" not in names:
            names["out"] = below(result, level)
        term = op.rule_on_tensors(x)(*[direction if name == "g" else names[name] for name in reads])
        total = term if total is None else total + term
    return None if total is None else _fitted(total, result)


def _fitted(tangent: Tensor, result: Tensor) -> Tensor:
    """A tangent in the shape and dtype of the result it belongs to."""
    from ..ops.words import fit

    if tangent._data.shape != result._data.shape:
        tangent = tangent.expand(result.shape)
    if tangent._data.dtype is not result._data.dtype:
        tangent = fit(tangent, (tangent._data.shape, result._data.dtype))
    return tangent


def _by_two_reverse_passes(
    op: Op, primals: list[Any], directions: list[Any], params: tuple[Any, ...], result: Any
) -> list[Tensor | None]:
    """J t as the derivative of v -> J'v along t."""
    several = op.outputs is not None
    recording = is_grad_enabled()
    recorded = recording and any(t is not None and t.requires_grad for t in (*primals, *directions))
    switch(True)
    try:
        inputs = [p if d is None else variable(p) for p, d in zip(primals, directions, strict=True)]
        results = [new_tensor(t._data) for t in (result if several else (result,))]
        op.record(results if several else results[0], *([inputs] if op.variadic else inputs), *params)
        moving = [i for i, d in enumerate(directions) if d is not None]
        return by_two_reverse_passes(
            results, [inputs[i] for i in moving], [directions[i] for i in moving], recorded=recorded
        )
    finally:
        switch(recording)


def by_two_reverse_passes(
    results: list[Any], inputs: list[Tensor], directions: list[Tensor], *, recorded: bool
) -> list[Tensor | None]:
    """The tangents, recorded or not, of results that recorded operations made of the inputs.

    Recording has to be on.
    """
    from .passes import grad

    outputs = [t for t in results if isinstance(t, Tensor) and t._flags & REQUIRES_GRAD]
    if not outputs:
        return [None] * len(results)
    cotangents = [_zeros_like(t).requires_grad_() for t in outputs]
    pulled = grad(outputs, inputs, cotangents, create_graph=True, allow_unused=True)
    pairs = [(g, d) for g, d in zip(pulled, directions, strict=True) if g is not None and g.requires_grad]
    tangents: Any = [None] * len(outputs)
    if pairs:
        tangents = grad(
            [g for g, _ in pairs], cotangents, [d for _, d in pairs], create_graph=recorded, allow_unused=True
        )
    found = iter(tangents)
    return [_or_zeros(next(found), t) if isinstance(t, Tensor) and t._flags & REQUIRES_GRAD else None for t in results]


def _or_zeros(tangent: Tensor | None, t: Tensor) -> Tensor:
    return _zeros_like(t) if tangent is None else tangent


# -- in place ----------------------------------------------------------------------------------------------------------


def written(t: Tensor, result: Tensor | None) -> None:
    """Bring the tangents of `t` up to date after a write; `result` holds those of what was written.

    The tangent of a view shares the memory of its base's, so it is written into; another tangent is replaced.
    """
    if not _state.on:
        return
    new = {} if result is None else tangents_of(result)
    old = tangents_of(t)
    for level in {*new, *old}:
        tangent = new.get(level)
        if tangent is None:
            tangent = _zeros_like(t)
        if t._view is not None:
            _into_view(t, level, tangent)
        else:
            held = old.get(level)
            if held is not None and held._data.shape == tangent._data.shape and not held.requires_grad:
                held.copy_(tangent)
            else:
                set_tangent(t, level, tangent)


def _into_view(t: Tensor, level: Level, tangent: Tensor) -> None:
    held = tangents_of(t).get(level)
    if held is None:
        assert t._view is not None
        base = t._view[0]
        whole = tangents_of(base).get(level)
        if whole is None:
            whole = new_tensor(np.zeros_like(base._data))
            set_tangent(base, level, whole)
        held = whole.as_strided(
            t.size(), t.stride(), t.storage_offset() - base.storage_offset() + whole.storage_offset()
        )
        set_tangent(t, level, held)
    held.copy_(tangent)


# -- in a backward pass -----------------------------------------------------------------------------------------------


__all__ = [
    "Level", "Port", "alive", "below", "push", "push_linear", "set_tangent", "share", "tangents_of",
    "variable", "written",
]  # fmt: skip
