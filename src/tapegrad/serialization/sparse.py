"""Sparse tensors that a file holds, checked when the file has been read: older files have the indices at their end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..tensor.device import layout, sparse_coo, sparse_csr
from ..tensor.dtypes import Array, int32, int64
from ..tensor.size import Size
from ..tensor.tensor import Tensor
from .malformed import Malformed, need


class _Made(threading.local):
    """The sparse tensors that a file read by this thread holds, so far."""

    def __init__(self) -> None:
        self.tensors: list[Any] = []


_made = _Made()


@contextlib.contextmanager
def indices_checked() -> Iterator[None]:
    """Around the reading of a file: the indices of its sparse tensors are checked at the end.

    Raises:
        Malformed: an index is out of range; says what is wrong.
    """
    _made.tensors = []
    try:
        yield
        for t in _made.tensors:
            if t.layout is sparse_coo:
                _check_places(t._i._data, t.shape)
            else:
                _check_rows(t._crow._data, t._col._data, t.shape)
    finally:
        _made.tensors = []


def rebuild_sparse(kind: Any, parts: Any) -> Tensor:
    """A sparse tensor from its layout and its parts, in torch's order.

    Raises:
        Malformed: the parts do not make a tensor; says what is wrong.
    """
    need(isinstance(kind, layout) and isinstance(parts, tuple), "a sparse tensor")
    made = _rebuilt(kind, parts)
    _made.tensors.append(made)
    return made


def _rebuilt(kind: Any, parts: Any) -> Tensor:
    from ..sparse.layouts import rebuilt

    if kind is sparse_coo:
        if len(parts) == 3:  # files of older versions do not say whether each place is there once
            parts = (*parts, None)
        need(len(parts) == 4, "a sparse tensor of so many parts")
        _check_coordinates(*parts)
        return rebuilt(kind, (*parts[:3], parts[3] is True))
    if kind is sparse_csr:
        need(len(parts) == 4, "a sparse tensor of so many parts")
        _check_compressed(*parts)
        return rebuilt(kind, parts)
    raise Malformed(f"a tensor of the layout {kind}, which there is not")


def _check_coordinates(indices: Any, values: Any, size: Any, coalesced: Any) -> None:
    _check_parts(size, values, indices)
    _need(indices.dtype is int64 and indices.ndim == 2 and values.ndim >= 1, "coordinates")
    sparse = len(indices._data)
    _need(values._data.shape[0] == indices._data.shape[1], "a value for each place")
    _need(len(size) == sparse + values.ndim - 1 and tuple(size[sparse:]) == values._data.shape[1:], "sizes")


def _check_places(indices: Array, size: Any) -> None:
    for places, length in zip(indices, size, strict=False):
        _need(not places.size or (places.min() >= 0 and places.max() < length), "coordinates within the size")


def _check_compressed(crow: Any, col: Any, values: Any, size: Any) -> None:
    _check_parts(size, values, crow, col)
    _need(crow.dtype in (int32, int64) and col.dtype is crow.dtype, "indices of rows")
    _need(len(size) == 2 and crow.ndim == col.ndim == values.ndim == 1, "dimensions")
    _need(len(crow._data) == size[0] + 1 and len(col._data) == len(values._data), "a column for each value")


def _check_rows(starts: Array, columns: Array, size: Any) -> None:
    _need(starts[0] == 0 and starts[-1] == len(columns) and bool((np.diff(starts) >= 0).all()), "starts of rows")
    _need(not columns.size or (columns.min() >= 0 and columns.max() < size[1]), "columns within the size")


def _check_parts(size: Any, *tensors: Any) -> None:
    _need(isinstance(size, (Size, tuple)) and all(type(n) is int and 0 <= n < 2**63 for n in size), "sizes")
    _need(all(type(t) is Tensor for t in tensors), "parts that are tensors")


def _need(fits: bool, what: str) -> None:
    need(fits, f"a sparse tensor without {what}")
