"""Sparse linear maps along dimensions: what padding, interpolation and average pooling have in common.

Each of them makes every element of a result a weighted sum of a few elements of the input, and does so dimension by
dimension. A `Taps` is such a map for one dimension; its transpose is again one, so `resampled` is its own derivative.
"""

from __future__ import annotations

from math import prod
from typing import Any, Final

import numpy as np

from ..tensor.dtypes import Array
from .groups import by_places, check_not_recorded, combine_groups, pays
from .op import operator
from .vocabulary import word

_add_at_starts = np.add.reduceat
_OUTPUTS: Final = 64  # of a dense matrix


class Taps:
    """A sparse matrix (n_out, n_in), row by row.

    Attributes:
        n_in: the number of elements it reads from.
        starts: for each output, where its entries begin; shape (n_out + 1,).
        index: the input of each entry.
        weight: the weight of each entry, float64; None if all are 1.
    """

    __slots__ = ("_dense", "_transposed", "index", "n_in", "starts", "weight")

    def __init__(self, n_in: int, starts: Array, index: Array, weight: Array | None) -> None:
        self.n_in, self.starts, self.index, self.weight = n_in, starts, index, weight
        self._transposed: Taps | None = None
        self._dense: list[tuple[slice, slice, Array]] | None = None

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
            order, starts = by_places(self.index, self.n_in)
            outputs = np.repeat(np.arange(self.n_out), np.diff(self.starts))[order]
            found = Taps(self.n_out, starts, outputs, None if self.weight is None else self.weight[order])
            found._transposed, self._transposed = self, found
        return self._transposed

    def apply(self, x: Array, dim: int) -> Array:
        """The map along a dimension of an array."""
        check_not_recorded(x)
        if x.__class__ is np.ndarray and x.dtype.char in "fdFD" and x.size:
            with np.errstate(all="ignore"):  # of inf times 0
                y = self._by_matrices(x, dim)
            if y is not None:
                return y
        return self._by_entries(x, dim)

    def _by_matrices(self, x: Array, dim: int) -> Array | None:
        """The map as products with small dense matrices; None where that does not pay, or would multiply inf by 0."""
        if self._dense is None:
            self._dense = self._matrices()
        if not self._dense:
            return None
        inner = prod(x.shape[dim + 1 :])
        if inner == 1:
            lines = x.reshape(-1, self.n_in)
            y = np.empty((len(lines), self.n_out), x.dtype)
            for outputs, inputs, matrix in self._dense:
                np.matmul(lines[:, inputs], matrix.T.astype(x.dtype), out=y[:, outputs])
        else:
            planes = x.reshape(-1, self.n_in, inner)
            y = np.empty((len(planes), self.n_out, inner), x.dtype)
            for outputs, inputs, matrix in self._dense:
                np.matmul(matrix.astype(x.dtype), planes[:, inputs], out=y[:, outputs])
        return y.reshape(*x.shape[:dim], self.n_out, *x.shape[dim + 1 :]) if np.isfinite(y).all() else None

    def _matrices(self) -> list[tuple[slice, slice, Array]]:
        """For every few outputs, the inputs that they read from and the weights; none at all if most would be 0.

        In interpolation and pooling neighbouring outputs read from neighbouring inputs.
        """
        if self.weight is None and len(self.index) == self.n_out:
            return []  # nothing to add up
        parts, elements = [], 0
        most = max(2 * _OUTPUTS * self.n_out, 4 * len(self.index))
        for first in range(0, self.n_out, _OUTPUTS):
            last = min(first + _OUTPUTS, self.n_out)
            index = self.index[self.starts[first] : self.starts[last]]
            low, high = (int(index.min()), int(index.max()) + 1) if len(index) else (0, 1)
            parts.append((slice(first, last), slice(low, high)))
            elements += (last - first) * (high - low)
            if elements > most:
                return []
        owner = np.repeat(np.arange(self.n_out), np.diff(self.starts))
        found = []
        for outputs, inputs in parts:
            entries = slice(self.starts[outputs.start], self.starts[outputs.stop])
            matrix = np.zeros((outputs.stop - outputs.start, inputs.stop - inputs.start))
            at = owner[entries] - outputs.start, self.index[entries] - inputs.start
            np.add.at(matrix, at, 1 if self.weight is None else self.weight[entries])
            found.append((outputs, inputs, matrix))
        return found

    def _by_entries(self, x: Array, dim: int) -> Array:
        """The map entry by entry."""
        counts = np.diff(self.starts)
        if x.__class__ is np.ndarray and dim == 0 and not (counts == 1).all() and pays(x.size, prod(x.shape[1:])):
            return self._by_groups(x)
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

    def _by_groups(self, x: Array) -> Array:
        """The map along the first dimension, whose slices are long."""
        lines = x.reshape(len(x), -1)
        counts = np.diff(self.starts)
        each = int(counts.max())
        if x.dtype.char in "fd" and counts.min() == each:
            factors = np.ones(len(self.index)) if self.weight is None else self.weight
            entries = lines.take(self.index, 0).reshape(self.n_out, each, -1)
            sums = np.matmul(factors.astype(x.dtype).reshape(self.n_out, 1, each), entries)
            return sums.reshape(self.n_out, *x.shape[1:])
        weight = None if self.weight is None else self.weight.astype(x.real.dtype, copy=False)[:, None]

        def rows(numbers: Array) -> Array:
            entries: Array = lines.take(self.index[numbers], 0)
            return entries if weight is None else entries * weight[numbers]

        y = np.zeros((self.n_out, lines.shape[1]), x.dtype)
        combine_groups(np.add, y, self.starts, rows, fresh=True)
        return y.reshape(self.n_out, *x.shape[1:])


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
