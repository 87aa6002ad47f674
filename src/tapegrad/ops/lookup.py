"""Look-ups in a table of rows: embedding, and embedding_bag, which also sums, averages or maximises groups of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import DtypeError, wrong_argument
from ..tensor.coordinates import Coordinates
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .op import operator
from .positions import picked_elements
from .resampling import Taps, resampled, transposed_maps
from .vocabulary import summed, word

SUM, MEAN, MAX = 0, 1, 2


@operator
def embedding_(weight: Array, /, index: Array, padding_idx: int, by_frequency: bool) -> Array:
    """The rows at the indices."""
    return weight.take(index, axis=0)


@operator(name="embedding_dense_backward", node="EmbeddingDenseBackwardBackward0")
def added_rows(g: Array, /, index: Array, rows: int, padding_idx: int, by_frequency: bool) -> Array:
    """The sum of the gradients of each row; zero for the row of padding."""
    flat = index.reshape(-1)
    weight = _row_weights(flat, rows, padding_idx, by_frequency)
    grown = g.reshape(flat.size, *g.shape[index.ndim :])
    return resampled.forward(grown, ((0, _looked_up(flat, rows, weight).transposed()),))


def _row_weights(flat: Array, rows: int, padding_idx: int, by_frequency: bool) -> Array | None:
    """What the gradient of each looked-up row is multiplied by; None for 1."""
    weight = None
    if by_frequency and flat.size:
        weight = 1 / np.bincount(flat, minlength=rows)[flat]
    if padding_idx >= 0:
        used = flat != padding_idx
        weight = used.astype(np.float64) if weight is None else weight * used
    return weight


def _looked_up(flat: Array, rows: int, weight: Array | None) -> Taps:
    return Taps(rows, np.arange(flat.size + 1), flat, weight)


@operator(name="weighted_rows", node="EmbeddingBackward0")
def weighted_rows(weight: Array, /, index: Array, padding_idx: int, by_frequency: bool) -> Array:
    """The transpose of `added_rows`: the rows, times the factors that it uses."""
    flat = index.reshape(-1)
    factors = _row_weights(flat, weight.shape[0], padding_idx, by_frequency)
    rows = resampled.forward(weight, ((0, _looked_up(flat, weight.shape[0], factors)),))
    return rows.reshape(*index.shape, *weight.shape[1:])


def _rows_rule(g: Any, weight_shape: Any, index: Any, padding_idx: Any, by_frequency: Any) -> Any:
    return embedding_dense_backward(g, index, weight_shape[0], padding_idx, by_frequency)  # type: ignore[name-defined]  # noqa: F821 - a word


embedding_.linear_in("weight").rule("weight")(_rows_rule)
weighted_rows.linear_in("weight").rule("weight")(_rows_rule)
embedding_.node_name = "EmbeddingBackward0"


# -- gradients of few rows -------------------------------------------------------------------------------------------


def _unpadded(flat: Array, padding_idx: int) -> Array | None:
    """The entries that are no padding; None if that is all of them."""
    return np.flatnonzero(flat != padding_idx) if padding_idx >= 0 else None


def _no_frequency(g: Any) -> Any:
    """Refuse to divide a sparse gradient by the numbers of look-ups, as torch does."""
    raise RuntimeError("embedding_backward: scale_grad_by_freq not supported with sparse gradients")


word("no_frequency", raw=_no_frequency, tensor=_no_frequency)


def _raw_looked_up_rows(g: Array, index: Array, shape: Any, padding_idx: int) -> Coordinates:
    """The gradient of a table by coordinates: a row for each index, the padding's left out."""
    flat = index.reshape(-1)
    rows, kept = g.reshape(flat.size, *shape[1:]), _unpadded(flat, padding_idx)
    if kept is not None:
        flat, rows = flat[kept], rows[kept]
    return Coordinates(flat.reshape(1, -1), rows, shape)


def _looked_up_rows(g: Any, index: Array, shape: Any, padding_idx: int) -> Any:
    """The same, recorded."""
    from ..sparse.layouts import SparseCooTensor

    flat = index.reshape(-1)
    rows, kept = g.reshape(flat.size, *shape[1:]), _unpadded(flat, padding_idx)
    if kept is not None:
        flat, rows = flat[kept], rows[new_tensor(kept)]
    return SparseCooTensor.of(new_tensor(flat.reshape(1, -1)), rows, shape)


word("looked_up_rows", raw=_raw_looked_up_rows, tensor=_looked_up_rows)

sparse_embedding = embedding_.twin("sparse")


@sparse_embedding.rule("weight")
def _(g: Any, weight_shape: Any, index: Any, padding_idx: Any) -> Any:
    return looked_up_rows(g, index, weight_shape, padding_idx)  # type: ignore[name-defined]  # noqa: F821 - a word


sparse_embedding_by_frequency = embedding_.twin("sparse, by frequency").with_rules(weight=lambda g: no_frequency(g))  # type: ignore[name-defined]  # noqa: F821 - a word


added_rows.with_rules(g=lambda g, index, padding_idx, by_frequency: weighted_rows(g, index, padding_idx, by_frequency))


def _check_index(name: str, argument: str, position: int, index: Any) -> Array:
    """The array of an index tensor of type int64 or int32."""
    if not isinstance(index, Tensor):
        raise wrong_argument(name, argument, position, index)
    array = index._data
    if array.dtype.kind != "i" or array.dtype.itemsize < 4:
        raise DtypeError(
            f"Expected tensor for argument #1 '{argument}' to have one of the following scalar types: Long, Int; but"
            " got"
            f" torch.{scalar_type_name(index.dtype)}Tensor instead (while checking arguments for {name})",
            "Convert the indices: x.long().",
        )
    return array.astype(np.int64, copy=False)


def _check_range(index: Array, rows: int) -> None:
    index = all_rows(index)
    if index.size and (int(index.min()) < 0 or int(index.max()) >= rows):
        raise IndexError(
            f"index out of range in self. The table has {rows} rows; the indices go from {int(index.min())} to"
            f" {int(index.max())}."
        )


def embedding(
    weight: Tensor,
    indices: Tensor,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of a table.

    Args:
        weight: the table, shape (rows, size).
        indices: int64 or int32, any shape.
        padding_idx: the row that gets no gradient.
        scale_grad_by_freq: divide each row's gradient by the number of times the row was looked up.
        sparse: the gradient is a sparse tensor of the rows that were looked up.

    Returns:
        Shape (*indices.shape, size).

    Raises:
        IndexError: there is no such row.
        RuntimeError: the table has not two dimensions, or the indices are not integers.
    """
    if weight._data.ndim != 2:
        raise RuntimeError("'weight' must be 2-D. Found " + f"{weight._data.ndim} dimensions.")
    index = _check_index("embedding", "indices", 2, indices)
    _check_range(index, weight._data.shape[0])
    record = embedding_
    if sparse:
        record = sparse_embedding_by_frequency if scale_grad_by_freq else sparse_embedding
    return record.call(weight, index.copy(), padding_idx, scale_grad_by_freq)


def _check_bags(index: Array, rows: int, mode: int, weight: Tensor) -> None:
    """Refuse rows that are not there; torch has two kernels, and a message for each."""
    wrong = np.flatnonzero((index < 0) | (index >= rows))
    if wrong.size:
        at, row = int(wrong[0]), int(index[wrong[0]])
        if mode != MAX and weight._data.itemsize <= 4:
            raise RuntimeError(f"Index {at} of input takes value {row} which is not in the valid range [0, {rows})")
        raise RuntimeError(
            f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {row}, where num_embeddings"
            f" is {rows}"
        )


# -- bags --------------------------------------------------------------------------------------------------------------


@operator(name="bag_rows", node="EmbeddingBagBackward0")
def bag_rows(weight: Array, /, bags: Taps) -> Array:
    """The weighted sums of the rows of bags, whose gradient is divided by frequencies."""
    return bags.apply(weight, 0)


def by_frequency_of(bags: Taps) -> Any:
    """The map of bags with each weight divided by a number of look-ups.

    torch counts those of the u-th smallest index in the u-th place of all indices in order, which is the same index
    only if no smaller one occurs twice; so do we.
    """
    found, which = np.unique(bags.index, return_inverse=True)
    counts = np.bincount(bags.index)[np.sort(bags.index)[: len(found)]] if len(found) else found
    factors = 1 / counts[which]
    weight = factors if bags.weight is None else bags.weight * factors
    return ((0, Taps(bags.n_in, bags.starts, bags.index, weight)),)


word("by_frequency_of", raw=by_frequency_of, tensor=by_frequency_of)


bag_rows.linear_in("weight")


@bag_rows.rule("weight")
def _(g: Any, bags: Any) -> Any:
    return resampled(g, transposed_maps(by_frequency_of(bags)))


def _raw_bag_entries(g: Array, bags: Taps, shape: Any, factors: Array | None) -> Coordinates:
    """The gradient of a table by coordinates: a row for each entry of the bags, times its factor."""
    rows = g[np.repeat(np.arange(bags.n_out), np.diff(bags.starts))]
    if factors is not None:
        rows = rows * factors.astype(g.dtype, copy=False)[:, None]
    return Coordinates(bags.index.reshape(1, -1), rows, shape)


def _bag_entries(g: Any, bags: Taps, shape: Any, factors: Any) -> Any:
    """The same, recorded."""
    from ..sparse.layouts import SparseCooTensor

    rows = g[new_tensor(np.repeat(np.arange(bags.n_out), np.diff(bags.starts)))]
    if factors is not None:
        rows = rows * (new_tensor(factors).to(g.dtype) if isinstance(factors, np.ndarray) else factors)[:, None]
    return SparseCooTensor.of(new_tensor(bags.index.reshape(1, -1)), rows, shape)


word("bag_entries", raw=_raw_bag_entries, tensor=_bag_entries)


# The node has an edge for the weights of the entries, too.
_bag = resampled.twin("bag", node="EmbeddingBagBackward0", edge_names=("x", "sample_weights"))
_bag_of_largest = picked_elements.twin("bag", node="EmbeddingBagBackward0", edge_names=("x", "sample_weights"))
_bag_by_frequency = bag_rows.twin("bag", edge_names=("weight", "sample_weights"))
_sparse_bag = bag_rows.twin("sparse", edge_names=("weight", "sample_weights"))
_sparse_bag_by_frequency = bag_rows.twin("sparse, by frequency", edge_names=("weight", "sample_weights"))
_sparse_bag_by_frequency.with_rules(weight=lambda g: no_frequency(g))  # type: ignore[name-defined]  # noqa: F821 - a word


@_sparse_bag.rule("weight")
def _(g: Any, weight_shape: Any, bags: Any) -> Any:
    return bag_entries(g, bags, weight_shape, bags.weight)  # type: ignore[name-defined]  # noqa: F821 - a word


def entry_maps(bags: Taps, rows: int) -> tuple[Any, Any]:
    """The maps from the table, and from the bags, to the entries of the bags."""
    flat = Taps.single(rows, bags.index)
    owners = np.repeat(np.arange(bags.n_out), np.diff(bags.starts))
    return ((0, flat),), ((0, Taps.single(bags.n_out, owners)),)


word("entry_maps", raw=entry_maps, tensor=entry_maps)


@operator(name="weighted_bag", node="EmbeddingBagBackward0")
def weighted_bag(weight: Array, sample_weights: Array, /, bags: Taps) -> Array:
    """The weighted sums of the rows of bags; there is a weight for each entry."""
    return Taps(bags.n_in, bags.starts, bags.index, sample_weights).apply(weight, 0)


weighted_bag.linear_in("weight", "sample_weights")


@weighted_bag.rule("weight")
def _(g: Any, sample_weights: Any, weight_shape: Any, bags: Any) -> Any:
    """weight[i] ← Σ g[bag]·sample_weights over the entries that name row i"""
    from_table, from_bags = entry_maps(bags, weight_shape[0])
    return resampled(resampled(g, from_bags) * sample_weights[:, None], transposed_maps(from_table))


@weighted_bag.rule("sample_weights")
def _(g: Any, weight: Any, weight_shape: Any, bags: Any) -> Any:
    """sample_weights ← Σ g[bag]·weight[row] for each entry"""
    from_table, from_bags = entry_maps(bags, weight_shape[0])
    return summed(resampled(g, from_bags) * resampled(weight, from_table), 1, False)


_sparse_weighted_bag = weighted_bag.twin("sparse")


@_sparse_weighted_bag.rule("weight")
def _(g: Any, sample_weights: Any, weight_shape: Any, bags: Any) -> Any:
    return bag_entries(g, bags, weight_shape, sample_weights)  # type: ignore[name-defined]  # noqa: F821 - a word


def _largest(weight: Array, bags: Taps) -> Array:
    """The row of each bag's largest element in each column; -1 in empty bags."""
    counts = np.diff(bags.starts)
    if not len(bags.index):
        return np.full((bags.n_out, weight.shape[1]), -1)
    column = np.arange(counts.max())
    there = column < counts[:, None]
    table = bags.index[np.minimum(bags.starts[:-1, None] + column, len(bags.index) - 1)]
    entries = np.where(there[:, :, None], weight[table], -np.inf)
    best = np.take_along_axis(table, entries.argmax(1), 1)
    return np.where(counts[:, None] == 0, -1, best)


def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = SUM,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sums, means or maxima of groups of rows of a table.

    Args:
        weight: the table, shape (rows, size).
        indices: int64 or int32, the rows of all bags, one bag after the other.
        offsets: where each bag begins.
        mode: 0 sum, 1 mean, 2 maximum.
        per_sample_weights: factors for the rows, with mode 0.
        include_last_offset: the last offset is the end of the last bag.
        padding_idx: entries with this index do not count.

    Returns:
        The bags, shape (bags, size), and three tensors of indices: the bag of each entry, the sizes of the bags, the
        rows of the maxima.

    Raises:
        RuntimeError: there is no such row; the offsets do not begin with 0 or exceed the indices.
    """
    index = _check_index("embedding_bag", "indices", 2, indices)
    starts = _check_index("embedding_bag", "offsets", 3, offsets)
    index, starts = np.asarray(index), np.asarray(starts)  # in `vmap` row by row: their bags differ in size
    rows = weight._data.shape[0]
    if starts.size and starts[0] != 0:
        raise RuntimeError(
            f"offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However,"
            f" got {int(starts[0])}"
        )
    if starts.size and starts[-1] > index.size:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length: {index.size} but got offsets[-1] of {int(starts[-1])}"
        )
    if include_last_offset and not starts.size:
        raise RuntimeError("include_last_offset: number of offsets should be at least 1")
    _check_bags(index, rows, mode, weight)
    edges = np.append(starts[:-1] if include_last_offset else starts, index.size)
    owners = np.searchsorted(edges, np.arange(index.size), side="right") - 1
    used = np.ones(index.size, bool)
    if padding_idx is not None:
        used = index != (padding_idx + rows if padding_idx < 0 else padding_idx)
    kept = np.flatnonzero(used)
    counts = np.bincount(owners[kept], minlength=len(edges) - 1)
    factors = 1 / np.maximum(counts, 1)[owners[kept]] if mode == MEAN else None
    bags = Taps(rows, np.concatenate(([0], np.cumsum(counts))), index[kept], factors)
    largest = counts
    if mode == MAX:
        largest = _largest(weight._data, bags)
        size = weight._data.shape[1]
        out = _bag_of_largest.call(weight, np.where(largest < 0, -1, largest * size + np.arange(size)))
    elif per_sample_weights is not None:
        chosen: Any = per_sample_weights
        record = _sparse_weighted_bag if sparse else weighted_bag
        out = record.call(weight, chosen if used.all() else chosen[new_tensor(kept)], bags)
    elif sparse:
        out = (_sparse_bag_by_frequency if scale_grad_by_freq else _sparse_bag).call(weight, bags)
    elif scale_grad_by_freq:
        out = _bag_by_frequency.call(weight, bags)
    else:
        out = _bag.call(weight, ((0, bags),))
    return out, new_tensor(owners), new_tensor(counts), new_tensor(largest)


METHODS: dict[str, Any] = {}

__all__ = ["embedding", "embedding_bag"]
