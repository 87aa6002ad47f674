"""Direct paths: kernels that compute all rows in one call on the physical arrays.

`@directly("name")` gives an operator's; it gets the arguments of the forward function, at least one of them batched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..autograd import batching
from ..autograd.views import Geometry
from ..ops import convolving, lookup, resampling, window_maxima
from ..ops.op import TABLE
from ..ops.vocabulary import RAW
from ..tensor.dtypes import Array
from ..tensor.rows import Unbatchable
from ..tensor.storage import memory_of, window
from .batched import BatchedArray, Ints, broadcast, is_at, layered, level_of, size_at, with_rank
from .batched_indexing import taken

DIRECT: Final[dict[str, Callable[..., Any]]] = {}


def directly(*names: str) -> Callable[[Any], Any]:
    """Decorate the direct path of operators."""

    def enter(function: Any) -> Any:
        for name in names:
            DIRECT[name] = function
        return function

    return enter


# -- copies and views --------------------------------------------------------------------------------------------------


@directly("clone_data")
def _clone(x: Any, /, format: Any) -> Any:
    """A copy."""
    return x.copy("K" if format is None else "C")


@directly("to_dtype")
def _to_dtype(x: Any, /, dtype: Any, format: Any = None) -> Any:
    """A copy in another dtype."""
    return x.astype(dtype)


@directly("as_strided_view")
def _as_strided(x: BatchedArray, /, source: Geometry, target: Geometry) -> BatchedArray:
    """Each row's memory under another geometry, which begins where it does for the first row."""
    physical, levels = x.physical, x.levels
    memory = memory_of(physical)
    step, n = x.itemsize, len(levels)
    first = (physical.__array_interface__["data"][0] - memory.__array_interface__["data"][0]) // step
    shape, strides, offset = target
    outer = [s // step for s in physical.strides[:n]]
    try:
        view = window(memory, x.dtype, (*physical.shape[:n], *shape), (*outer, *strides), first + offset - source[2])
    except ValueError:
        raise Unbatchable("memory outside of a row") from None
    return layered(view, levels)


def _run(op: Any, *args: Any) -> Any:
    """A forward function on arrays that may have rows at outer levels."""
    try:
        return op.forward(*args)
    except Unbatchable:
        return batching.forward(op, *args)


# -- convolution -------------------------------------------------------------------------------------------------------
#
# With the same weights for all rows, the rows are more samples.  With weights of their own they are more groups.


def _rows(*operands: Any) -> tuple[int, int]:
    """The highest level among operands, and the number of rows there."""
    level = level_of(operands)
    return level, size_at(operands, level)


def _as_samples(x: BatchedArray) -> Array:
    """(rows, N, …) as (rows · N, …)."""
    value: Any = x.value
    return value.reshape(value.shape[0] * value.shape[1], *value.shape[2:])


def _as_groups(x: Any, size: int, level: int) -> Array:
    """(rows, N, C, …) as (N, rows · C, …)."""
    value: Any = broadcast(x, size, level).value
    rows, n, c = value.shape[:3]
    return np.moveaxis(value, 0, 1).reshape(n, rows * c, *value.shape[3:])


def _from_groups(y: Any, size: int, level: int) -> BatchedArray:
    """(N, rows · O, …) as rows of (N, O, …)."""
    n, c = y.shape[:2]
    return BatchedArray(np.moveaxis(y.reshape(n, size, c // size, *y.shape[2:]), 1, 0), level)


def _with_bias(y: BatchedArray, b: Any) -> BatchedArray:
    return y if b is None else y + b.reshape(-1, *(1,) * (y.ndim - 2))


def _convolved(kernel: Any) -> Any:
    """`correlated` and its transpose: images or results, weights, bias."""

    def direct(
        x: Any, w: Any, b: Any = None, /,
        stride: Ints = (), padding: Ints = (), dilation: Ints = (), groups: int = 1, size: Ints = (),
    ) -> Any:  # fmt: skip
        level, rows = _rows(x, w, b)
        if is_at(w, level):
            weights = _as_samples(w)
            y = _run(kernel, _as_groups(x, rows, level), weights, None, stride, padding, dilation, groups * rows, size)
            return _with_bias(_from_groups(y, rows, level), b)
        if not is_at(x, level):  # only the bias has rows
            return _with_bias(_run(kernel, x, w, None, stride, padding, dilation, groups, size), b)
        y = _run(kernel, _as_samples(x), w, None, stride, padding, dilation, groups, size)
        return _with_bias(BatchedArray(y.reshape(rows, y.shape[0] // rows, *y.shape[1:]), level), b)

    return direct


DIRECT["correlated"] = _convolved(convolving.correlated)
DIRECT["correlated_input"] = _convolved(convolving.correlated_input)


@directly("correlated_weight")
def _weights(x: Any, y: Any, /, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int) -> BatchedArray:
    """The sums of products of results and patches, for each row."""
    level, rows = _rows(x, y)
    w = _run(
        convolving.correlated_weight,
        _as_groups(x, rows, level),
        _as_groups(y, rows, level),
        kernel,
        stride,
        padding,
        dilation,
        groups * rows,
    )
    return BatchedArray(w.reshape(rows, w.shape[0] // rows, *w.shape[1:]), level)


@directly("unfolded")
def _unfolded(x: BatchedArray, /, *args: Any) -> BatchedArray:
    """Patches as columns; the kernel takes any number of leading dimensions."""
    return BatchedArray(_run(convolving.unfolded, x.value, *args), x.level)


@directly("folded")
def _folded(x: BatchedArray, /, *args: Any) -> BatchedArray:
    """Columns added up in images; likewise."""
    return BatchedArray(_run(convolving.folded, x.value, *args), x.level)


@directly("largest_of_regular")
def _largest(x: BatchedArray, /, *args: Any) -> BatchedArray:
    """Where the largest elements of windows are; the kernel takes any number of leading dimensions."""
    return BatchedArray(window_maxima.largest_of_regular(x.value, *args), x.level)


# -- look-ups ----------------------------------------------------------------------------------------------------------


@directly("embedding_")
def _embedding(weight: Any, /, index: Any, padding_idx: int, by_frequency: bool) -> Any:
    """The rows of a table at indices."""
    return taken(weight, index, 0)


@directly("embedding_dense_backward")
def _embedding_backward(g: Any, /, index: Any, rows: int, padding_idx: int, by_frequency: bool) -> BatchedArray:
    """The sums of the gradients of each entry of a table: all tables as one, one below the other."""
    level, size = _rows(g, index)
    g, index = broadcast(g, size, level), broadcast(index, size, level)
    if padding_idx >= 0:
        g = np.where((index == padding_idx).reshape(*index.shape, *(1,) * (g.ndim - index.ndim)), 0, g)
    tables = np.arange(size).reshape(-1, *(1,) * index.ndim) * rows
    found = _run(lookup.added_rows, g.value, index.value + tables, rows * size, -1, by_frequency)
    return BatchedArray(found.reshape(size, rows, *found.shape[1:]), level)


@directly("resampled")
def _resampled(x: BatchedArray, /, maps: Any) -> BatchedArray:
    """Maps along dimensions, which are one further back."""
    return BatchedArray(_run(resampling.resampled, x.value, tuple([(dim + 1, taps) for dim, taps in maps])), x.level)


@directly("put_back")
def _put_back(g: Any, /, places: tuple[Any, ...], coefficients: Any, total: bool, shape: Ints) -> BatchedArray:
    """Zeros, but for each sample's class."""
    values = g * coefficients
    level, size = _rows(values, places)
    values = broadcast(values, size, level).value
    whole = np.zeros((size, *shape), coefficients.dtype)
    rank = max([x.ndim for x in places])
    at = [with_rank(x, rank) if is_at(x, level) else x for x in places]
    if values.__class__ is BatchedArray or any(x.__class__ is BatchedArray for x in at):
        raise Unbatchable("rows at several levels")
    whole[(np.arange(size).reshape(-1, *(1,) * rank), *at)] = values
    return BatchedArray(whole, level)


# -- matrices ----------------------------------------------------------------------------------------------------------

# Kernels that take stacks of matrices or vectors, for which the rows are one more dimension of the stack: for each
# operand, how many dimensions are those of a single one.
_OF_STACKS: Final[dict[str, tuple[int, ...]]] = {
    "cholesky": (2,),
    "cholesky_inverse": (2,),
    "cholesky_solve": (2, 2),
    "determinant": (2,),
    "exponential": (2,),
    "linalg_cholesky_ex": (2,),
    "linalg_eig": (2,),
    "linalg_eigh": (2,),
    "linalg_householder_product": (2, 1),
    "linalg_ldl_factor_ex": (2,),
    "linalg_ldl_solve": (2, 1, 2),
    "linalg_lu_factor_ex": (2,),
    "log_determinant": (2,),
    "lu_parts": (2,),
    "lu_unpack": (2, 1),
    "ormqr": (2, 1, 2),
    "permutation_of": (1,),
    "triangular_solve": (2, 2),
    "triangular_system": (2, 2),
}


def _of_stacks(name: str, inner: tuple[int, ...]) -> Any:
    def direct(*args: Any) -> Any:
        level, size = _rows(*args)
        operands = [broadcast(x, size, level) for x in args[: len(inner)]]
        outer = max([x.ndim - n for x, n in zip(operands, inner, strict=True)])
        physical = [with_rank(x, outer + n) for x, n in zip(operands, inner, strict=True)]
        y = _word(name, *physical, *args[len(inner) :])
        return tuple([BatchedArray(part, level) for part in y]) if isinstance(y, tuple) else BatchedArray(y, level)

    return direct


def _word(name: str, *args: Any) -> Any:
    """A word of rules, an operator or not, on arrays that may have rows at outer levels."""
    op = TABLE.get(name)
    if op is not None:
        return _run(op, *args)
    return DIRECT[name](*args) if level_of(args[:1]) else RAW[name](*args)


for _name, _inner in _OF_STACKS.items():
    DIRECT[_name] = _of_stacks(_name, _inner)
