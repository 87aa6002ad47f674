"""Sequences of several lengths in one tensor: padded to the longest, or packed with nothing between them.

A packed sequence lists the first elements of all sequences, then the second elements of those that have one, and so on;
the sequences are sorted, longest first.  Padded and packed form hold the same elements in the same order, so a mask of
the padded form that says where an element is takes one to the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .op import operator


def positions(lengths: Array, total: int) -> Array:
    """Where a padded batch of shape (total, batch) has elements; `lengths` has one entry per sequence."""
    return np.arange(total)[:, None] < lengths


@operator(node="PackPaddedSequenceBackward0")
def pack_padded(x: Array, /, mask: Array, batch_first: bool) -> Array:
    """The elements of a padded batch, (time, batch, *), as rows in time order, (elements, *)."""
    return (x.swapaxes(0, 1) if batch_first else x)[mask]


@operator(node="torch::autograd::CopySlices")
def pad_packed(x: Array, /, mask: Array, padding_value: float, batch_first: bool) -> Array:
    """Rows in time order, (elements, *), as a padded batch, (time, batch, *)."""
    y = np.full(mask.shape + x.shape[1:], padding_value, x.dtype)
    y[mask] = x
    return y.swapaxes(0, 1) if batch_first else y


pack_padded.with_rules(x=lambda g, mask, batch_first: pad_packed(g, mask, 0, batch_first))
pad_packed.with_rules(x=lambda g, mask, batch_first: pack_padded(g, mask, batch_first))


@operator(node="torch::autograd::CopySlices")
def pad_sequences(*xs: Array, padding_value: float, batch_first: bool, left: bool) -> Array:
    """Sequences, each (time, *), as a padded batch, (batch, time, *) or (time, batch, *)."""
    longest = max(x.shape[0] for x in xs)
    y = np.full((len(xs), longest, *xs[0].shape[1:]), padding_value, xs[0].dtype)
    for row, x in zip(y, xs, strict=True):
        row[longest - len(x) if left else 0 :][: len(x)] = x
    return y if batch_first else np.ascontiguousarray(y.swapaxes(0, 1))


@pad_sequences.rule("xs")
def _(g: Any, xs_shapes: Any, batch_first: bool, left: bool) -> Any:
    """xs[i] ← the part of g in which xs[i] lies"""
    longest = g.shape[1 if batch_first else 0]
    parts = []
    for i, shape in enumerate(xs_shapes):
        n = shape[0]
        start = longest - n if left else 0
        parts.append(g[i, start : start + n] if batch_first else g[start : start + n, i])
    return parts
