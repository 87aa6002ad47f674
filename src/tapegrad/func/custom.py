"""Custom `autograd.Function`s inside of `vmap`.

A function with a `vmap` staticmethod is called through it, on tensors with the rows as a dimension.  Any other runs as
it is, on tensors whose arrays have rows, and if it looks at values, row by row; `generate_vmap_rule` makes no
difference.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any, NamedTuple

from ..tensor.rows import Unbatchable, running
from ..tensor.tensor import Tensor
from ..utils import _pytree as pytree
from ..utils._pytree.walking import _broadcast_to_and_flatten
from .levels import Level, enter, has_rows, leave, levels

_MORE = " For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"


class VmapInfo(NamedTuple):
    """What a `vmap` staticmethod is told: the number of rows, and what random functions do."""

    batch_size: int
    randomness: str


def apply(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`function.apply(*args)` while a `vmap` is running.

    Raises:
        RuntimeError: the function's `vmap` staticmethod returns something else than it should.
    """
    from ..autograd.function import Function

    tensors = [x for x in pytree.tree_leaves((args, kwargs)) if isinstance(x, Tensor)]
    level = next((level for level in reversed(levels()) if any(has_rows(t, level) for t in tensors)), None)
    if level is None:
        return function._applied(*args, **kwargs)
    if function.vmap is Function.vmap:
        try:
            return function._applied(*args, **kwargs)
        except Unbatchable:
            return _row_by_row(function, level, args, kwargs)
    if function.generate_vmap_rule:
        raise RuntimeError(
            f"You tried to vmap over {function.__name__}, but it has both generate_vmap_rule=True and an overridden"
            " vmap staticmethod. Please set generate_vmap_rule=False or delete the overridden vmap staticmethod to"
            " avoid ambiguity." + _MORE
        )
    return _through_rule(function, level, args)


def _through_rule(function: Any, level: Level, args: tuple[Any, ...]) -> Any:
    """The function's own way: its `vmap` staticmethod."""
    leaves, spec = pytree.tree_flatten(args)
    mapped = [isinstance(x, Tensor) and has_rows(x, level) for x in leaves]
    in_dims = pytree.tree_unflatten([0 if yes else None for yes in mapped], spec)
    given = pytree.tree_unflatten(
        [leave(x, level, 0) if yes else x for x, yes in zip(leaves, mapped, strict=True)], spec
    )
    mine = running[get_ident()]
    mine.remove(level)  # what the rule does, it does to all rows
    try:
        returned = function.vmap(VmapInfo(level.size, level.randomness), in_dims, *given)
    finally:
        mine.append(level)
        mine.sort(key=lambda level: level.number)
    if not (isinstance(returned, tuple) and len(returned) == 2):
        count = f" {len(returned)} returns" if isinstance(returned, tuple) else f" a {type(returned)}"
        raise RuntimeError(
            "Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure"
            f" compatible with the output. Got{count} instead"
        )
    output, out_dims = returned
    parts, output_spec = pytree.tree_flatten(output)
    dims = _broadcast_to_and_flatten(out_dims, output_spec)
    if dims is None:
        raise RuntimeError(
            "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected"
            f" out_dims={out_dims} to be compatible with the structure of `output`. out_dims has structure"
            f" {pytree.tree_flatten(out_dims)[1]} but output has structure {output_spec}. For more details, please see"
            " https://pytorch.org/docs/main/notes/extending.func.html"
        )
    found = [
        x if dim is None or not isinstance(x, Tensor) else enter(x, level, dim % x._data.ndim)
        for x, dim in zip(parts, dims, strict=True)
    ]
    return pytree.tree_unflatten(found, output_spec)


def _row_by_row(function: Any, level: Level, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The function called once per row, and its results stacked."""
    from ..ops.joining import stack

    leaves, spec = pytree.tree_flatten((args, kwargs))
    whole = [leave(x, level, 0) if isinstance(x, Tensor) and has_rows(x, level) else None for x in leaves]
    rows: list[list[Any]] = []
    result_spec: Any = None
    for i in range(level.size):
        part = [x if w is None else w.select(0, i) for x, w in zip(leaves, whole, strict=True)]
        positional, named = pytree.tree_unflatten(part, spec)
        result, result_spec = pytree.tree_flatten(apply(function, positional, named))
        rows.append(result)
    if not rows:
        raise Unbatchable(f"the result of {function.__name__}, of which there are no rows,")
    found = [
        enter(stack(list(column)), level, 0) if isinstance(column[0], Tensor) else column[0]
        for column in zip(*rows, strict=True)
    ]
    return pytree.tree_unflatten(found, result_spec)
