"""Functions that torch has by private names only, as its compilers call them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..tensor.tensor import Tensor
from .joining import cat
from .outputs import given_out
from .padding import constant_pad


def _unsafe_masked_index(self: Tensor, mask: Tensor, indices: Sequence[Tensor | None], fill: float) -> Tensor:
    """The elements at indices where the mask is True, which elsewhere need not exist; `fill` there."""
    return self[_inside(self, indices)].masked_fill(~mask, fill)


def _unsafe_masked_index_put_accumulate(
    self: Tensor, mask: Tensor, indices: Sequence[Tensor | None], values: Tensor
) -> Tensor:
    """A copy to which values are added at indices where the mask is True, which elsewhere need not exist."""
    return self.index_put(_inside(self, indices), values.masked_fill(~mask, 0), accumulate=True)


def _inside(x: Tensor, indices: Sequence[Tensor | None]) -> tuple[Any, ...]:
    """Indices, those of elements that do not exist replaced by one that does."""
    return tuple(
        slice(None) if index is None else index.clamp(-size, size - 1)
        for index, size in zip(indices, x.shape, strict=False)
    )


def _chunk_cat(tensors: Sequence[Tensor], dim: int, num_chunks: int, *, out: Tensor | None = None) -> Tensor:
    """Each tensor padded with zeros and cut into chunks along a dimension, and chunks of one number joined.

    Returns:
        The sizes before `dim`, the number of chunks, and the elements of a chunk of all tensors in one dimension.

    Raises:
        RuntimeError: sizes do not go together.
    """
    dim = _check_chunks(tensors, dim, num_chunks)
    parts: list[Any] = []
    for t in tensors:
        size = t._data.shape[dim]
        missing = -size % num_chunks
        pads = (*[0, 0] * (t._data.ndim - 1 - dim), 0, missing)
        padded: Any = constant_pad.call(t, pads, 0) if missing else t
        parts.append(padded.reshape(*t._data.shape[:dim], num_chunks, -1))
    y: Tensor = cat(parts, dim + 1)
    return y if out is None else given_out(out, y, *tensors)


def _check_chunks(tensors: Sequence[Tensor], dim: int, num_chunks: int) -> int:
    """The dimension to cut, counted from the front."""
    if not tensors:
        raise RuntimeError("_chunk_cat expects a non-empty input tensor list")
    if num_chunks < 1:
        raise RuntimeError(f"_chunk_cat expects positive num_chunks, got {num_chunks}")
    shapes = [t._data.shape for t in tensors]
    if any(0 in shape for shape in shapes):
        raise RuntimeError("_chunk_cat expects non-empty tensor")
    ranks = {len(shape) for shape in shapes}
    if dim < 0:
        if len(ranks) > 1:
            raise RuntimeError("_chunk_cat expects non-negative dim when input tensors have different ndims")
        dim += ranks.pop()
    if any(dim >= len(shape) for shape in shapes):
        raise RuntimeError("_chunk_cat expects dim < ndim for all input tensors")
    if len({shape[:dim] for shape in shapes}) > 1:
        raise RuntimeError("_chunk_cat expects same sizes of 0,...,dim-1 dimensions for all tensors")
    return dim


METHODS: dict[str, Any] = {}

__all__ = ["_chunk_cat", "_unsafe_masked_index", "_unsafe_masked_index_put_accumulate"]
