"""The loss of sequences whose alignment is not known."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops.accepts import not_implemented
from ...ops.alignment import ctc_loss_
from ...tensor.tensor import Tensor, new_tensor
from .losses import _reduction


def _lengths(name: str, values: Any, batch: int) -> Any:
    array = values._data if isinstance(values, Tensor) else np.asarray(values)
    if array.dtype.kind not in "iu":
        raise RuntimeError(f"{name} must be integral")
    array = array.reshape(-1).astype(np.int64)
    if array.size != batch:
        raise RuntimeError(f"{name} must be of size batch_size. Found {array.size} for {batch} samples.")
    return array


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the logarithm of the probability of texts, summed over all alignments with a sequence (Graves, 2006).

    Args:
        log_probs: logarithms of the classes' probabilities at each time, shape (T, N, C) or (T, C).
        targets: the texts, shape (N, S), or (sum of target_lengths,), one after the other.
        input_lengths, target_lengths: shape (N,) or (); tensors or tuples.
        blank: the class of the blank.
        reduction: "none", "sum", or "mean", over the samples after each loss is divided by its text's length.
        zero_infinity: texts that do not fit into the sequence have loss and gradient 0, not inf.

    Raises:
        RuntimeError: lengths or shapes that do not fit.
    """
    from ...ops.selection import where
    from ...tensor.factories import zeros

    reduction = _reduction(reduction)
    if log_probs._data.dtype.kind != "f" or log_probs._data.dtype.itemsize < 4:
        raise not_implemented("ctc_loss_cpu", log_probs.dtype)
    batched = log_probs.ndim == 3
    x: Any = log_probs if batched else log_probs.unsqueeze(1)
    times, batch, classes = x._data.shape
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    lengths = _lengths("input_lengths", input_lengths, batch)
    sizes = _lengths("target_lengths", target_lengths, batch)
    for b in range(batch):
        if sizes[b] < 0:
            raise RuntimeError(f"Expected target_lengths to have value at least 0, but got value {sizes[b]}")
        if not 0 <= lengths[b] <= times:
            limit = "least 0" if lengths[b] < 0 else f"most {times}"
            raise RuntimeError(
                f"Expected input_lengths to have value at {limit}, but got value {lengths[b]} (while checking arguments"
                " for ctc_loss_allocate_outputs)"
            )
    width = int(sizes.max()) if batch else 0
    labels = np.zeros((batch, width), np.int64)
    there = np.arange(width) < sizes[:, None]
    texts = targets._data
    if texts.ndim == 1:
        if texts.size < sizes.sum():
            raise RuntimeError(
                f"Expected tensor to have size {int(sizes.sum())} at dimension 0, but got size {texts.size} for"
                " argument #2 'targets' (while checking arguments for ctc_loss_allocate_outputs)"
            )
        labels[there] = texts[: sizes.sum()]
    else:
        if texts.shape[0] != batch or texts.shape[1] < width:
            raise RuntimeError(
                f"Expected tensor to have size at least {width} at dimension 1, but got size {texts.shape[1]} for"
                " argument #2 'targets' (while checking arguments for ctc_loss_allocate_outputs)"
            )
        labels[there] = texts[:, :width][there]
    loss: Any = ctc_loss_.call(x, labels, lengths, sizes, blank, zero_infinity)
    if zero_infinity:
        loss = where(loss == float("inf"), zeros((), dtype=loss.dtype), loss)
    if reduction == "mean":
        return (loss / new_tensor(np.maximum(sizes, 1).astype(x._data.dtype))).mean()
    if reduction == "sum":
        return loss.sum()
    return loss if batched else loss.squeeze(0)


__all__ = ["ctc_loss"]
