"""Forward mode through a custom `Function`: its own `jvp`, or two reverse passes through its `backward`."""

from __future__ import annotations

from typing import Any

from ..tensor.tensor import TANGENT, Tensor, new_tensor
from . import tangents
from .grad_mode import is_grad_enabled, switch
from .tangents import Level


def push_through_function(function: Any, ctx: Any, args: tuple[Any, ...], results: list[Any]) -> None:
    """Give the results of `function.apply(*args)` their tangents.

    Raises:
        RuntimeError: `jvp` returned something that does not fit the results.
    """
    duals = [a for a in args if isinstance(a, Tensor) and a._flags & TANGENT]
    levels = {level for t in duals for level in tangents.tangents_of(t)}
    for level in sorted(levels, key=lambda level: level.number):
        if function._has_jvp():
            found = _by_jvp(function, ctx, level, args, results)
        else:
            found = _by_two_reverse_passes(function, level, args)
        for result, tangent in zip(results, found, strict=True):
            if tangent is not None:
                tangents.set_tangent(result, level, tangent)


def _by_jvp(function: Any, ctx: Any, level: Level, args: tuple[Any, ...], results: list[Any]) -> list[Any]:
    directions = [_direction(a, level, ctx) for a in args]
    ctx.__dict__["_jvp_level"] = level  # the saved tensors are given without this level's tangents
    try:
        found = function.jvp(ctx, *directions)
    finally:
        del ctx.__dict__["_jvp_level"]
    found = list(found) if isinstance(found, tuple) else [found]
    if len(found) != len(results):
        raise RuntimeError(
            f"{function.__name__}.jvp returned {len(found)} values, where forward returned {len(results)}: return one"
            " tangent for each result, None for one without."
        )
    for i, (tangent, result) in enumerate(zip(found, results, strict=True)):
        if tangent is not None and tangent._data.shape != result._data.shape:
            raise RuntimeError(
                f"{function.__name__}.jvp returned a tangent of shape {tuple(tangent.shape)} for result {i}, whose"
                f" shape is {tuple(result.shape)}."
            )
    return found


def _direction(a: Any, level: Level, ctx: Any) -> Tensor | None:
    if not isinstance(a, Tensor):
        return None
    tangent = tangents.tangents_of(a).get(level)
    if tangent is None and ctx.__dict__.get("_materialize", True) and a._data.dtype.kind in "fcV":
        return new_tensor(a._data * 0)
    return tangent


def _by_two_reverse_passes(function: Any, level: Level, args: tuple[Any, ...]) -> list[Any]:
    """As for operators (see `tangents.py`), through the function's `backward`."""
    recording = is_grad_enabled()
    recorded = recording and any(isinstance(a, Tensor) and a.requires_grad for a in args)
    switch(True)
    try:
        directions: list[Any] = [tangents.tangents_of(a).get(level) if isinstance(a, Tensor) else None for a in args]
        primals = [tangents.below(a, level) if isinstance(a, Tensor) else a for a in args]
        inputs = [p if d is None else tangents.variable(p) for p, d in zip(primals, directions, strict=True)]
        made = function.apply(*inputs)
        outputs = list(made) if isinstance(made, tuple) else [made]
        moving = [i for i, d in enumerate(directions) if d is not None]
        return tangents.by_two_reverse_passes(
            outputs, [inputs[i] for i in moving], [directions[i] for i in moving], recorded=recorded
        )
    finally:
        switch(recording)
