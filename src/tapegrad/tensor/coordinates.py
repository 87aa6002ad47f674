"""Arrays by coordinates: what a gradient is that touches few rows of a large table.

The array of a sparse tensor is a `Coordinates` where that of an ordinary one is an `ndarray`. It can be added, scaled
and multiplied by an array, so that gradients meet and pass through simple operators; whatever else is asked of it
needs all its elements and is refused by name, never computed from something that is not there.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

if TYPE_CHECKING:
    from .dtypes import Array
    from .tensor import Tensor


class NeedsAllElements(RuntimeError, AttributeError):
    """Something was asked of an array by coordinates that it cannot give; `hasattr` answers."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is not implemented for sparse tensors. If this happens in a backward pass, a sparse gradient has"
            " reached an operation that needs all its elements: look up with sparse=False, or in the parameter itself."
        )


class Coordinates(NDArrayOperatorsMixin):
    """Values at coordinates; those at the same place add up, and all other elements are zero.

    Attributes:
        indices: the coordinates, int64, shape (sparse dimensions, n).
        values: shape (n, *dense dimensions).
        shape: of the whole.
    """

    __slots__ = ("dtype", "indices", "shape", "values")
    __array_priority__ = 2000

    # It is nobody's memory to write into or to lay out.
    flags = SimpleNamespace(writeable=False, c_contiguous=False, f_contiguous=False, contiguous=False, forc=False)

    def __init__(self, indices: Array, values: Array, shape: tuple[int, ...]) -> None:
        self.indices, self.values, self.shape, self.dtype = indices, values, tuple(shape), values.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements of the whole."""
        n = 1
        for length in self.shape:
            n *= length
        return n

    def with_values(self, values: Array) -> Coordinates:
        """Other values at the same coordinates."""
        return Coordinates(self.indices, values, self.shape)

    def plus(self, other: Coordinates) -> Coordinates:
        """The sum of two, as torch puts it together: see `meeting`."""
        where = meeting(self, other)
        if where is None:
            indices = np.concatenate((self.indices, other.indices), 1)
            return Coordinates(indices, np.concatenate((self.values, other.values)), self.shape)
        mine, theirs, n = where
        indices = np.empty((len(self.indices), n), np.int64)
        indices[:, mine], indices[:, theirs] = self.indices, other.indices
        values = np.zeros((n, *self.values.shape[1:]), np.result_type(self.dtype, other.dtype))
        values[mine] = self.values
        values[theirs] += other.values
        return Coordinates(indices, values, self.shape)

    def add_into(self, array: Array) -> Array:
        """Add to an array, in place; returns the array."""
        np.add.at(array, tuple(self.indices), self.values)
        return array

    def as_tensor(self) -> Tensor:
        """A sparse tensor of these coordinates and values, without history."""
        from ..sparse.layouts import SparseCooTensor
        from .tensor import new_tensor

        return SparseCooTensor.of(new_tensor(self.indices), new_tensor(self.values), self.shape)

    # -- as an operand ---------------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            if ufunc is np.add:
                return _sum(*inputs)
            if ufunc is np.multiply:
                a, b = inputs
                return _product(a, b) if isinstance(a, Coordinates) else _product(b, a)
            if ufunc is np.true_divide and isinstance(inputs[0], Coordinates):
                return _product(inputs[0], np.reciprocal(inputs[1], dtype=self.dtype))
            if ufunc in (np.negative, np.positive, np.conjugate):
                return self.with_values(ufunc(self.values))
        raise NeedsAllElements(ufunc.__name__)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise NeedsAllElements(function.__name__)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        raise NeedsAllElements("conversion to an array")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NeedsAllElements(name)


def by_coordinates(t: Any) -> bool:
    """Whether a tensor's array is given by coordinates."""
    return t._data.__class__ is Coordinates


def _sum(a: Any, b: Any) -> Any:
    """The sum of two arrays of one shape, one or both by coordinates. A second one goes first, as in torch."""
    if isinstance(a, Coordinates) and isinstance(b, Coordinates):
        return b.plus(a)
    sparse, dense = (a, b) if isinstance(a, Coordinates) else (b, a)
    return sparse.add_into(np.array(dense, np.result_type(sparse.dtype, dense.dtype)))


def _product(sparse: Coordinates, factor: Any) -> Coordinates:
    if isinstance(factor, Coordinates):
        raise NeedsAllElements("multiply")
    if np.ndim(factor):
        factor = np.broadcast_to(factor, sparse.shape)[tuple(sparse.indices)]
    return sparse.with_values(sparse.values * factor)


def meeting(a: Any, b: Any) -> tuple[Array, Array, int] | None:
    """How torch adds two sparse tensors: where the entries of each go in the sum, and how many the sum has.

    It merges the two lists as if both were sorted by place, so that entries with the same place become one only where
    the lists have come to it together. Entries whose values do not lie in memory in order are not looked at: one list
    goes behind the other, which None stands for.

    Args:
        a, b: `Coordinates` of one shape.
    """
    if not (a.values.flags.c_contiguous and b.values.flags.c_contiguous):
        return None
    shape = a.shape[: len(a.indices)]
    p, q = (np.ravel_multi_index(tuple(x.indices), shape) if x.indices.size else x.indices[0] for x in (a, b))
    if np.array_equal(p, q):
        return np.arange(len(p)), np.arange(len(p)), len(p)
    if (p[1:] > p[:-1]).all() and (q[1:] > q[:-1]).all():
        both = np.union1d(p, q)
        return np.searchsorted(both, p), np.searchsorted(both, q), len(both)
    return _merged(p.tolist(), q.tolist())


_END: Final = float("inf")


def _merged(p: list[float], q: list[float]) -> tuple[Array, Array, int]:
    """`meeting` of two lists of places in any order."""
    in_p: list[int] = []
    in_q: list[int] = []
    p, q = [*p, _END], [*q, _END]
    i = j = n = 0
    while True:
        x, y = p[i], q[j]
        if x is _END and y is _END:
            return np.array(in_p, np.intp), np.array(in_q, np.intp), n
        if x <= y:
            in_p.append(n)
            i += 1
        if y <= x:
            in_q.append(n)
            j += 1
        n += 1
