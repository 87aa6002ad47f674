"""Sparse linear maps along dimensions: what padding, interpolation and average pooling have in common.

Each of them makes every element of a result a weighted sum of a few elements of the input, and does so dimension by
dimension. A `Taps` is such a map for one dimension; its transpose is again one, so `resampled` is its own derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .op import operator
from .vocabulary import word

_add_at_starts = np.add.reduceat


class Taps:
    """A sparse matrix (n_out, n_in), row by row.

    Attributes:
        n_in: the number of elements it reads from.
        starts: for each output, where its entries begin; shape (n_out + 1,).
        index: the input of each entry.
        weight: the weight of each entry, float64; None if all are 1.
    """

    __slots__ = ("_transposed", "index", "n_in", "starts", "weight")

    def __init__(self, n_in: int, starts: Array, index: Array, weight: Array | None) -> None:
        self.n_in, self.starts, self.index, self.weight = n_in, starts, index, weight
        self._transposed: Taps | None = None

    @property
    def n_out(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def single(cls, n_in: int, index: Array) -> Taps:
        """One input for each output, with the weight 1."""
        return cls(n_in, np.arange(len(index) + 1), index, None)

    @classmethod
    def table(cls, n_in: int, index: Array, weight: Array) -> Taps:
        """The same number of inputs for each output: index and weight have the shape (n_out, taps)."""
        n, k = index.shape
        return cls(n_in, np.arange(0, n * k + 1, k) if k else np.zeros(n + 1, np.intp), index.ravel(), weight.ravel())

    @classmethod
    def ranges(cls, n_in: int, first: Array, last: Array, weight: Array | None) -> Taps:
        """The inputs first to last - 1 for each output, each with the output's weight."""
        counts = np.maximum(last - first, 0)
        starts = np.concatenate(([0], np.cumsum(counts)))
        index = np.arange(starts[-1]) + np.repeat(first - starts[:-1], counts)
        return cls(n_in, starts, index, None if weight is None else np.repeat(weight, counts))

    def transposed(self) -> Taps:
        """The transpose, made once."""
        if self._transposed is None:
            order = np.argsort(self.index, kind="stable")
            starts = np.searchsorted(self.index[order], np.arange(self.n_in + 1))
            outputs = np.repeat(np.arange(self.n_out), np.diff(self.starts))[order]
            found = Taps(self.n_out, starts, outputs, None if self.weight is None else self.weight[order])
            found._transposed, self._transposed = self, found
        return self._transposed

    def apply(self, x: Array, dim: int) -> Array:
        """The map along a dimension of an array."""
        counts = np.diff(self.starts)
        entries = x.take(self.index, axis=dim)
        if self.weight is not None:
            shape = (-1,) + (1,) * (x.ndim - 1 - dim)
            entries = entries * self.weight.astype(x.real.dtype, copy=False).reshape(shape)
        if (counts == 1).all():
            return entries
        if counts.all():
            return _add_at_starts(entries, self.starts[:-1], axis=dim)
        # reduceat gives some entry where there is none to add, so the outputs without entries are left out.
        some = np.flatnonzero(counts)
        y: Array = np.zeros((*x.shape[:dim], self.n_out, *x.shape[dim + 1 :]), x.dtype)
        if len(some):
            y[(slice(None),) * dim + (some,)] = _add_at_starts(entries, self.starts[some], axis=dim)
        return y


Maps = tuple[tuple[int, Taps], ...]


def transposed_maps(maps: Maps) -> Maps:
    """The transpose of maps along several dimensions."""
    return tuple([(dim, taps.transposed()) for dim, taps in maps])


word("transposed_maps", raw=transposed_maps, tensor=transposed_maps)


@operator
def resampled(x: Array, /, maps: Maps) -> Array:
    """Maps along dimensions, one after the other."""
    # Halves are added up in single precision, as torch does.
    y = x.astype(np.float32) if x.itemsize == 2 and x.dtype.kind in "fV" else x
    for dim, taps in maps:
        y = taps.apply(y, dim)
    return y.astype(x.dtype, copy=y is x)


resampled.linear_in("x").with_rules(x=lambda g, maps: resampled(g, transposed_maps(maps)))

METHODS: dict[str, Any] = {}

__all__: list[str] = []
