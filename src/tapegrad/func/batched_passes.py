"""One backward pass for several cotangents: `autograd.grad(…, is_grads_batched=True)`.

The pass runs as it always does, on gradients that have rows (see `batched.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import engine
from ..autograd.passes import edge_of, grad
from ..tensor.rows import Unbatchable
from ..tensor.tensor import Tensor
from . import batched_operators  # noqa: F401 - the functions of NumPy on batched arrays
from .batched import BatchedArray
from .levels import Level, array_without_rows, enter, leave


def batched_grad(
    outputs: tuple[Any, ...],
    inputs: tuple[Any, ...],
    cotangents: tuple[Any, ...],
    *,
    keep: bool,
    create_graph: bool,
    allow_unused: bool,
) -> tuple[Tensor | None, ...]:
    """The gradients for each row of the cotangents, stacked; None for an input that was not used.

    Raises:
        ValueError: a cotangent has no rows, or another number of them.
        RuntimeError: a row is not of the shape of its output; or as for `grad`.
    """
    size = _rows_of(outputs, cotangents)
    try:
        with Level(size, "same") as level:
            rows = [enter(c, level, 0) for c in cotangents]
            found = grad(outputs, inputs, rows, retain_graph=keep, create_graph=create_graph, allow_unused=allow_unused)
            return tuple([None if g is None else leave(g, level, 0) for g in found])
    except Unbatchable as reason:
        if not keep:
            raise RuntimeError(
                f"vmap: {reason.wanted} is not the same for all rows. A hook or a custom function's backward asked for"
                " it in a pass with is_grads_batched=True. Pass retain_graph=True, and there is a pass for each row."
            ) from reason
    return _one_by_one(outputs, inputs, cotangents, size, create_graph, allow_unused)


def _rows_of(outputs: tuple[Any, ...], cotangents: tuple[Any, ...]) -> int:
    """The number of rows that the cotangents have.

    Raises:
        ValueError, RuntimeError: as torch words it.
    """
    for c in cotangents:
        if not isinstance(c, Tensor) or c._data.ndim == 0:
            if isinstance(c, Tensor) and len(cotangents) == 1:
                raise IndexError(
                    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to"
                    " convert a 0-dim tensor to a number: a batched cotangent has its rows in the first dimension"
                )
            raise ValueError(
                "vmap(vjp, in_dims=0, ...)(<inputs>): Got in_dim=0 for some input, but that input is a Tensor of"
                " dimensionality 0 so expected in_dim to satisfy 0 <= in_dim < 0."
            )
    sizes = [c._data.shape[0] for c in cotangents]
    if any(size != sizes[0] for size in sizes):
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the"
            " mapped dimension"
        )
    if sizes[0] == 0:
        raise IndexError("index 0 is out of bounds for dimension 0 with size 0: there is no cotangent")
    for i, (t, c) in enumerate(zip(outputs, cotangents, strict=False)):
        if isinstance(t, Tensor) and c._data.shape[1:] != t._data.shape:
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch"
                " dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding"
                f" output, but a mismatch was detected: grad_output[{i}] has a shape of {c.shape} and output[{i}] has a"
                f" shape of {t.shape}."
            )
    return int(sizes[0])


def _one_by_one(
    outputs: tuple[Any, ...],
    inputs: tuple[Any, ...],
    cotangents: tuple[Any, ...],
    size: int,
    create_graph: bool,
    allow_unused: bool,
) -> tuple[Tensor | None, ...]:
    """A pass for each cotangent, the results stacked."""
    from ..ops.joining import stack

    rows = [
        grad(
            outputs,
            inputs,
            [c[i] for c in cotangents],
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=allow_unused,
        )
        for i in range(size)
    ]
    return tuple([None if column[0] is None else stack(column) for column in zip(*rows, strict=True)])


def rows_of_jacobian(y: Tensor, targets: dict[Any, int], start: int, count: int) -> dict[int, Any]:
    """Rows `start` to `start + count` of the Jacobian of a tensor, unrecorded: for each target, by number, an array.

    Args:
        y: the tensor; its elements are counted through.
        targets: the keys of what to differentiate by, numbered (see `engine.run`); those not reached are left out.
    """
    size = y._data.size
    basis = np.eye(count, size, start, y._data.dtype).reshape(count, *y._data.shape)
    with Level(count, "same") as level:
        root = (edge_of(y), BatchedArray(basis, level.number))
        found = engine.run([root], keep=True, graph=False, targets=targets, into_leaves=False)
    return {i: array_without_rows(g._data if isinstance(g, Tensor) else g, level) for i, g in found.items()}
