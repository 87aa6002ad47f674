"""Taking tensors apart: unbind, split, chunk and their kin; all of them views."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import tangents
from ..autograd.grad_mode import is_recording, suspended
from ..autograd.node import Port
from ..autograd.views import refresh
from ..errors import OutOfRangeError, ShapeError
from ..tensor.arguments import shape_of, wrap_dim
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import DEAD_END, MULTI_VIEW, NO_GRAD_VIEW, REQUIRES_GRAD, TANGENT, VIEW, Tensor, allocate
from ..tensor.version import version_of
from .indexing import view_node
from .op import operator
from .slicing import ALL, slice_of
from .vocabulary import on_tensors, word

Ints = tuple[int, ...]

# -- the records -------------------------------------------------------------------------------------------------------


def rows_joined(rows: Any, shape: Ints, dtype: np.dtype[Any], dim: int) -> Array:
    """An array of a shape whose parts along a dimension are given; None stands for zeros."""
    z = np.zeros(shape, dtype)
    before = ALL * dim
    for i, row in enumerate(rows):
        if row is not None:
            z[(*before, i, ...)] = row  # an array, also of one element: so captures see it
    return z


def _rows_stacked(rows: Any, shape: Ints, dtype: np.dtype[Any], dim: int) -> Tensor:
    """The same on tensors, recorded."""
    part = (*shape[:dim], *shape[dim + 1 :])
    zeros = _zeros_like_one_of(rows, part, dtype)
    return on_tensors("stack")([zeros if row is None else row for row in rows], dim)


def parts_joined(parts: Any, shape: Ints, dtype: np.dtype[Any], sizes: Ints, dim: int) -> Array:
    """An array of a shape whose slices along a dimension, of the given sizes, are given; None stands for zeros."""
    z = np.zeros(shape, dtype)
    before, start = ALL * dim, 0
    for part, size in zip(parts, sizes, strict=True):
        if part is not None:
            z[(*before, slice(start, start + size))] = part
        start += size
    return z


def _parts_concatenated(parts: Any, shape: Ints, dtype: np.dtype[Any], sizes: Ints, dim: int) -> Tensor:
    """The same on tensors, recorded."""
    filled = [
        _zeros_like_one_of(parts, (*shape[:dim], size, *shape[dim + 1 :]), dtype) if part is None else part
        for part, size in zip(parts, sizes, strict=True)
    ]
    return on_tensors("cat")(filled, dim)


def _zeros_like_one_of(parts: Any, shape: Ints, dtype: np.dtype[Any]) -> Tensor:
    like = next(part for part in parts if part is not None)
    return on_tensors("zeros_of")(shape, like)


word("rows_joined", raw=rows_joined, tensor=_rows_stacked)
word("parts_joined", raw=parts_joined, tensor=_parts_concatenated)


@operator(name="unbind", outputs="list", view=True)
def _unbind(x: Array, /, dim: int) -> list[Array]:
    if dim == 0:
        return list(x) if x.ndim > 1 else [x[i, ...] for i in range(len(x))]
    before = ALL * dim
    return [x[(*before, i, ...)] for i in range(x.shape[dim])]


_unbind.with_rules(x=lambda g, x_shape, x_dtype, dim: rows_joined(g, x_shape, x_dtype, dim))


@operator(name="split", outputs="list", view=True)
def _split(x: Array, /, sizes: Ints, dim: int) -> list[Array]:
    parts, start = [], 0
    before = ALL * dim
    for size in sizes:
        parts.append(x[(*before, slice(start, start + size))])
        start += size
    return parts


_split.with_rules(x=lambda g, x_shape, x_dtype, sizes, dim: parts_joined(g, x_shape, x_dtype, sizes, dim))

_split_with_sizes = _split.twin("sizes", node="SplitWithSizesBackward0")
_unsafe_split = _split.twin("unsafe", node="UnsafeSplitBackward0", view=False)
_unsafe_split_with_sizes = _split.twin("unsafe sizes", node="UnsafeSplitWithSizesBackward0", view=False)


# -- the public functions ----------------------------------------------------------------------------------------------


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, as a tuple of views; iterating over a tensor gives these for its first.

    Raises:
        IndexError: there is no such dimension.

    >>> import tapegrad as torch
    >>> torch.unbind(torch.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    ndim = input._data.ndim
    if ndim == 0:
        raise OutOfRangeError(f"Dimension specified as {dim} but tensor has no dimensions")
    if dim:
        return tuple(_unbind.call(input, wrap_dim(dim, ndim)))
    return _rows(input)


def _rows(x: Tensor) -> tuple[Tensor, ...]:
    """`unbind(x)` along the first dimension, which is what iteration uses, without a call per row."""
    data = x._data
    version = version_of(x) if x._vc is None else x._vc
    off = suspended and not is_recording()
    view = (x if x._view is None else x._view[0], version.n, NO_GRAD_VIEW if off else MULTI_VIEW)
    if x._flags & VIEW and not off:
        refresh(x)
    arrays = _unbind.forward(data, 0)
    node = None
    if x._flags & (REQUIRES_GRAD | DEAD_END) and not off:
        edge = (x if x._fn is None else x._fn) if x._flags & REQUIRES_GRAD else None
        node = view_node(_unbind, edge, (0, data.shape, data.dtype))
        node.__dict__["_outputs"] = [(data.shape[1:], data.dtype)] * len(arrays)
    rows = []
    for i, array in enumerate(arrays):
        t = allocate()
        t._data = array
        t._form = t._grad = t._x = None
        t._vc, t._view = version, view
        if node is None:
            t._fn, t._flags = None, VIEW
        else:
            t._fn, t._flags = Port(node, i), VIEW | REQUIRES_GRAD
        rows.append(t)
    if x._flags & TANGENT:
        for i, t in enumerate(rows):
            tangents.push_linear(t, x, lambda tangent, i=i: _rows(tangent)[i])
    return tuple(rows)


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Slices of a given size, or of given sizes, along a dimension; views.

    Args:
        split_size_or_sections: the size of all slices but the last, which may be smaller; or the size of each.

    Raises:
        RuntimeError: the sizes do not add up to that of the dimension.

    >>> import tapegrad as torch
    >>> torch.split(torch.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if not isinstance(split_size_or_sections, int) and not (
        isinstance(split_size_or_sections, Tensor) and split_size_or_sections._data.ndim == 0
    ):
        return split_with_sizes(tensor, split_size_or_sections, dim)
    return _split_by(_split, tensor, int(split_size_or_sections), dim)


def _split_by(op: Any, x: Tensor, size: int, dim: int) -> tuple[Tensor, ...]:
    shape = x._data.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    dim = wrap_dim(dim, len(shape))
    length = shape[dim]
    if size == 0 and length:
        raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {length}")
    if length == 0:
        sizes: Ints = (0,)
    else:
        whole, rest = divmod(length, size)
        sizes = (size,) * whole + ((rest,) if rest else ())
    return tuple(op.call(x, sizes, dim))


def split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Slices of given sizes along a dimension; views."""
    return _split_by_sizes(_split_with_sizes, input, split_sizes, dim)


def _split_by_sizes(op: Any, x: Tensor, split_sizes: Any, dim: int) -> tuple[Tensor, ...]:
    if not isinstance(split_sizes, (tuple, list)):
        raise TypeError(
            "split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not"
            f" {type(split_sizes).__name__}"
        )
    sizes = shape_of((tuple(split_sizes),), "split_with_sizes")
    shape = x._data.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, len(shape))
    if any(size < 0 for size in sizes):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(sizes)}"
        )
    if sum(sizes) != shape[dim]:
        raise ShapeError(
            f"split_with_sizes expects split_sizes to sum exactly to {shape[dim]} (input tensor's size at dimension"
            f" {dim}), but got split_sizes={list(sizes)}"
        )
    return tuple(op.call(x, sizes, dim))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` slices of equal size along a dimension, the last of which may be smaller; views.

    >>> import tapegrad as torch
    >>> torch.chunk(torch.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    return _chunk_by(_split, _split_with_sizes, input, chunks, dim)


def _chunk_by(by_size: Any, by_sizes: Any, x: Tensor, chunks: int, dim: int) -> tuple[Tensor, ...]:
    shape = x._data.shape
    if not shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    length = shape[wrap_dim(dim, len(shape))]
    size = -(-length // chunks)
    if size == 0:  # there is nothing to share out, but the number of parts is kept
        return _split_by_sizes(by_sizes, x, (0,) * chunks, dim)
    return _split_by(by_size, x, size, dim)


def unsafe_split(tensor: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """`split` whose results may be written into: autograd takes them for separate tensors."""
    return _split_by(_unsafe_split, tensor, split_size, dim)


def unsafe_split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """`split_with_sizes` whose results may be written into: autograd takes them for separate tensors."""
    return _split_by_sizes(_unsafe_split_with_sizes, input, split_sizes, dim)


def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """`chunk` whose results may be written into: autograd takes them for separate tensors."""
    return _chunk_by(_unsafe_split, _unsafe_split_with_sizes, input, chunks, dim)


def tensor_split(
    input: Tensor,
    indices_or_sections: Any = None,
    dim: int = 0,
    *,
    indices: Any = None,
    sections: Any = None,
    tensor_indices_or_sections: Any = None,
) -> tuple[Tensor, ...]:
    """As many slices as asked for, or slices that end at given indices, along a dimension; views.

    >>> import tapegrad as torch
    >>> torch.tensor_split(torch.arange(5), 2), torch.tensor_split(torch.arange(4), (1, 3))
    ((tensor([0, 1, 2]), tensor([3, 4])), (tensor([0]), tensor([1, 2]), tensor([3])))
    """
    given = [x for x in (indices_or_sections, indices, sections, tensor_indices_or_sections) if x is not None]
    if len(given) != 1:
        raise TypeError("tensor_split() takes either a number of sections or indices to split at")
    where = given[0]
    shape = input._data.shape
    if not shape:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = wrap_dim(dim, len(shape))
    length = shape[dim]
    if isinstance(where, Tensor):
        where = _indices_or_sections(where)
    if isinstance(where, int):
        if where <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {where}")
        small, larger = divmod(length, where)
        ends = [i * small + min(i, larger) for i in range(1, where)]
    else:
        ends = list(shape_of((tuple(where),), "tensor_split"))
    parts, start = [], 0
    for end in [*ends, length]:
        span = slice(start, end).indices(length)
        parts.append(slice_of.call(input, dim, span[0], max(span[0], span[1]), 1))
        start = end
    return tuple(parts)


def _indices_or_sections(where: Tensor) -> Any:
    if where._data.dtype != np.int64:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to have dtype of long, but got"
            f" {scalar_type_name(where.dtype)}"
        )
    if where._data.ndim > 1:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but"
            f" got a tensor with {where._data.ndim} dims"
        )
    return where._data.tolist()


def _split_along(name: str, x: Tensor, where: Any, dim: int, least: int) -> tuple[Tensor, ...]:
    ndim = x._data.ndim
    if ndim < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with {ndim} dimensions!"
        )
    if isinstance(where, int):
        length = x._data.shape[dim]
        if where <= 0 or length % where:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {length} is not"
                f" divisible by the split_size {where}!"
            )
    elif not isinstance(where, (tuple, list, Tensor)):
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got (Tensor, {type(where).__name__}), but"
            " expected a number of sections or a sequence of indices"
        )
    return tensor_split(x, where, dim)


def _one_of(name: str, indices_or_sections: Any, indices: Any, sections: Any) -> Any:
    given = [x for x in (indices_or_sections, indices, sections) if x is not None]
    if len(given) != 1:
        raise TypeError(f"{name}() takes either a number of sections or indices to split at")
    return given[0]


def hsplit(
    input: Tensor,
    indices_or_sections: Any = None,
    *,
    indices: Any = None,
    sections: Any = None,
) -> tuple[Tensor, ...]:
    """Split along the second dimension, a vector along its only one."""
    where = _one_of("hsplit", indices_or_sections, indices, sections)
    return _split_along("hsplit", input, where, 0 if input._data.ndim == 1 else 1, 1)


def vsplit(
    input: Tensor,
    indices_or_sections: Any = None,
    *,
    indices: Any = None,
    sections: Any = None,
) -> tuple[Tensor, ...]:
    """Split along the first dimension of a tensor that has at least two."""
    return _split_along("vsplit", input, _one_of("vsplit", indices_or_sections, indices, sections), 0, 2)


def dsplit(
    input: Tensor,
    indices_or_sections: Any = None,
    *,
    indices: Any = None,
    sections: Any = None,
) -> tuple[Tensor, ...]:
    """Split along the third dimension."""
    return _split_along("dsplit", input, _one_of("dsplit", indices_or_sections, indices, sections), 2, 3)


def _split_method(self: Tensor, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Slices of a given size, or of given sizes, along a dimension; views."""
    return split(self, split_size, dim)


METHODS: dict[str, Any] = {
    "chunk": chunk,
    "dsplit": dsplit,
    "hsplit": hsplit,
    "split": _split_method,
    "split_with_sizes": split_with_sizes,
    "tensor_split": tensor_split,
    "unbind": unbind,
    "unsafe_chunk": unsafe_chunk,
    "unsafe_split": unsafe_split,
    "unsafe_split_with_sizes": unsafe_split_with_sizes,
    "vsplit": vsplit,
}

__all__ = [
    "chunk",
    "dsplit",
    "hsplit",
    "split",
    "split_with_sizes",
    "tensor_split",
    "unbind",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "vsplit",
]
