"""Operators on batched arrays that their kernels refuse.

A kernel that NumPy's protocols do not reach is computed in the first of these ways that works:

    a direct path      a function of the physical arrays, from `batched_kernels.py`;
    with room          the kernel itself, with rows in the arrays that it allocates (see `allocation.py`); then also
                       with rows in all of its operands, to which they are broadcast, which takes no memory;
    row by row         the kernel once per row, the results stacked.

The rules of a node are run in the same way, each word for itself, and if that does not work the whole step row by row.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..autograd.node import Node
from ..ops.op import TABLE
from ..ops.vocabulary import RAW, bind
from ..tensor.rows import Unbatchable
from ..tensor.tensor import Tensor, new_tensor
from . import (  # noqa: F401 - they fill the tables
    batched_functions,
    batched_indexing,
    batched_products,
    batched_ufuncs,
)
from .allocation import allocating, with_rows
from .batched import BatchedArray, broadcast, by_rows, level_of, row, size_at, stacked
from .batched_kernels import DIRECT

if TYPE_CHECKING:
    from ..ops.op import Op


def forward(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An operator's forward function, which has refused."""
    return compute(op.name, op.forward, args, kwargs)


def compute(name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A kernel that has refused its arguments, in another way."""
    level = level_of((*args, kwargs))
    if level == 0:  # refused by the arrays of a capture
        from ..compile.values import recorder_of

        recorder = recorder_of((args, kwargs))
        if recorder is not None:
            return recorder.opaque(function, args, kwargs)
    direct = DIRECT.get(name)
    if direct is not None:
        try:
            return direct(*args, **kwargs)
        except Unbatchable:
            pass
    if level == 0:
        return function(*args, **kwargs)
    size = size_at((*args, kwargs), level)
    willing = with_rows(function)
    if willing is not function:
        try:
            return allocating(level, size, willing, args, kwargs)
        except Unbatchable:
            pass
    given = [_with_rows(x, size, level) for x in args]
    if any(a is not b for a, b in zip(given, args, strict=True)):
        try:
            return allocating(level, size, willing, given, kwargs)
        except Unbatchable:
            pass
    return row_by_row(name, function, args, kwargs)


def row_by_row(name: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A kernel once per row."""

    def one(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Unbatchable:  # the row has rows at an outer level
            return compute(name, function, args, kwargs)

    return by_rows(one, args, kwargs)


def _with_rows(x: Any, size: int, level: int) -> Any:
    if isinstance(x, (np.ndarray, BatchedArray)):
        return broadcast(x, size, level)
    kind = x.__class__
    return kind([_with_rows(part, size, level) for part in x]) if kind is list or kind is tuple else x


# -- rules -------------------------------------------------------------------------------------------------------------


def _willing(name: str, function: Any) -> Any:
    """A word that computes in another way what its function refuses."""

    def willing(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Unbatchable:
            return compute(name, function, args, kwargs)

    def straight(*args: Any, **kwargs: Any) -> Any:
        return compute(name, function, args, kwargs) if level_of(args) else willing(*args, **kwargs)

    return straight if name in DIRECT else willing


def _words() -> dict[str, Any]:
    """The words of rules over arrays, each willing to go other ways."""
    words: dict[str, Any] = {}
    for name, op in list(TABLE.items()):
        if name in RAW and "word" in vars(op):
            RAW[name] = op.forward
    for name, meaning in RAW.items():
        if isinstance(meaning, FunctionType):
            if meaning.__globals__ is RAW:  # a phrase
                meaning = FunctionType(
                    meaning.__code__, words, meaning.__name__, meaning.__defaults__, meaning.__closure__
                )
            else:
                meaning = _willing(name, meaning)
        words[name] = meaning
    return words


_WORDS: dict[str, Any] = {}
_steps: Final[dict[Any, Any]] = {}


def _step(op: Any, part: str) -> Any:
    """An operator's backward function over such words; None if it is none that is generated."""
    found = _steps.get((op, part))
    if found is None:
        if len(_WORDS) < len(RAW):  # modules loaded later add words
            _WORDS.update(_words())
        generated = getattr(op, part, None)
        if not isinstance(generated, FunctionType) or "rule_0" not in generated.__globals__:
            return None
        scope = dict(generated.__globals__)
        for i, rule in enumerate(op.rules.values()):
            bound = bind(rule, graph=False)
            scope[f"rule_{i}"] = FunctionType(
                bound.__code__, _WORDS, bound.__name__, bound.__defaults__, bound.__closure__
            )
        scope["op"] = _Complex(op)
        found = _steps[op, part] = FunctionType(generated.__code__, scope, part)
    return found


class _Complex:
    """What a generated backward function asks of its operator when the gradient is complex."""

    def __init__(self, op: Any) -> None:
        self.op = op

    def backward_complex(self, node: Node, g: Any) -> Any:
        """The same over willing words."""
        return _step(self.op, "backward_complex")(node, g)


def backward(node: Node, g: Any) -> tuple[Any, ...]:
    """A node's backward step, which has refused."""
    step = _step(node.op, "backward")
    if step is not None:
        try:
            found: tuple[Any, ...] = step(node, g)
        except Unbatchable:
            pass
        else:
            if level_of((g, *found)):
                _remember(node.op, step)
            return found
    return _step_by_rows(node, g)


def _remember(op: Any, step: Any) -> None:
    """Have an operator's next backward steps on batched arrays go the way that works at once."""
    plain = op.__dict__.get("backward")
    if plain is None or plain.__name__ == "either":
        return

    def either(node: Node, g: Any) -> tuple[Any, ...]:
        return step(node, g) if g.__class__ is BatchedArray else plain(node, g)

    op.backward = either


def _step_by_rows(node: Node, g: Any) -> tuple[Any, ...]:
    """A node's backward step once per row."""
    arrays = [g, *_arrays_of(node), node.info]
    level = level_of(arrays)
    size = size_at(arrays, level)
    if size <= 0:
        raise Unbatchable(f"the gradient of {node.name()} for a batch without rows")
    results = []
    for i in range(size):
        one, part = _row_of(node, i, level), row(g, i, level)
        try:
            results.append(tuple(one.op.backward(one, part)))
        except Unbatchable:
            results.append(tuple(backward(one, part)))
    return tuple(stacked(results, level))


def _arrays_of(node: Node) -> list[Any]:
    """The arrays among what a node has saved."""
    found: list[Any] = []
    todo: list[Any] = [node.saved]
    while todo:
        item = todo.pop()
        if isinstance(item, Tensor):
            found.append(item._data)
        elif isinstance(item, Node):
            todo.append(item.saved)
        elif item.__class__ is tuple or item.__class__ is list:
            todo.extend(item)
        elif item.__class__ is BatchedArray:
            found.append(item)
    return found


def _row_of(node: Node, i: int, level: int) -> Node:
    """A node as row i sees it."""
    one: Node = object.__new__(type(node))
    one.op, one.edges, one.seq, one.info = node.op, node.edges, node.seq, row(node.info, i, level)
    one.hooks = one.out_version = one.versions = None
    one.__dict__.update(node.__dict__)
    for private in ("_out_versions", "_port_versions", "_out_expected"):
        one.__dict__.pop(private, None)
    one.saved = _saved_row(node.saved, i, level)
    return one


def _saved_row(item: Any, i: int, level: int) -> Any:
    if isinstance(item, Tensor):
        return new_tensor(row(item._data, i, level))
    if isinstance(item, Node):
        return _row_of(item, i, level)
    if item.__class__ is tuple:
        if len(item) == 3 and item[0] in ("tensor", "output", "constant"):  # as custom functions save
            return (item[0], _saved_row(item[1], i, level), 0)
        return tuple([_saved_row(part, i, level) for part in item])
    return row(item, i, level)
