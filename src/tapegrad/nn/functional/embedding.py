"""Look-ups in a table of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops import lookup as ops
from ...tensor.tensor import Tensor, new_tensor


def limit_norms(weight: Tensor, index: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are looked up, in place, so that no norm is above `max_norm`."""
    from ...autograd.grad_mode import no_grad
    from ...ops.distances import renorm

    with no_grad():
        rows = new_tensor(np.unique(index._data))
        w: Any = weight
        w[rows] = renorm(w[rows], norm_type, 0, max_norm)


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` at the indices `input`.

    Args:
        input: int64 or int32, any shape.
        weight: the table, shape (rows, size).
        padding_idx: the row that gets no gradient; a negative one counts from the end.
        max_norm: scale the rows that are looked up, in place, so that no norm is above it.
        norm_type: which norm.
        scale_grad_by_freq: divide each row's gradient by the number of times the row was looked up.
        sparse: the gradient is a sparse tensor of the rows that were looked up.

    Returns:
        Shape (*input.shape, size).

    Raises:
        IndexError: there is no such row.

    >>> import tapegrad as torch
    >>> torch.nn.functional.embedding(torch.tensor([1, 1]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [3., 4.]])
    """
    rows = weight._data.shape[0] if weight._data.ndim else 0
    if padding_idx is None:
        padding_idx = -1
    else:
        if not -rows <= padding_idx < rows:
            raise AssertionError(
                f"Padding_idx must be within num_embeddings. It is {padding_idx}, there are {rows} rows."
            )
        padding_idx %= rows
    if max_norm is not None:
        limit_norms(weight, input, max_norm, norm_type)
    return ops.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


_MODES = {"sum": ops.SUM, "mean": ops.MEAN, "max": ops.MAX}


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of each bag.

    Args:
        input: indices; shape (bags, n), or (n,) with `offsets`.
        weight: the table, shape (rows, size).
        offsets: where each bag begins in a one-dimensional `input`.
        mode: "sum", "mean" or "max".
        per_sample_weights: a factor for each index, with "sum".
        include_last_offset: the last offset is the end of the last bag.
        padding_idx: entries with this index do not count.

    Returns:
        Shape (bags, size).

    Raises:
        ValueError: shapes, modes or options that do not go together.
        NotImplementedError: `per_sample_weights` with another mode than "sum".
    """
    index: Any = input
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the same"
            f" shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length"
                f" sequences. However, found offsets of type {type(offsets)}"
            )
        bags, size = input._data.shape
        offsets, include_last_offset = new_tensor(np.arange(bags) * size), False
        index = index.reshape(-1)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if mode not in _MODES:
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if max_norm is not None:
        limit_norms(weight, index, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got"
            f" mode='{mode}')."
        )
    return ops.embedding_bag(
        weight, index, offsets, scale_grad_by_freq, _MODES[mode], sparse, per_sample_weights, include_last_offset,
        padding_idx,
    )[0]  # fmt: skip


__all__ = ["embedding", "embedding_bag"]
