"""Views by size, strides and offset, and what they mean for gradients.

A *geometry* is (shape, strides, offset), in elements.  `restride` writes values into memory under one geometry, adding
up where elements coincide, and reads them under another; its transpose is itself with the two exchanged, so it is its
own derivative rule, and that of `as_strided`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.node import new_node, next_sequence_number
from ..autograd.views import element_geometry
from ..tensor.dtypes import Array
from ..tensor.storage import owner_of
from ..tensor.tensor import REQUIRES_GRAD, Tensor
from .op import operator

Geometry = tuple[tuple[int, ...], tuple[int, ...], int]


def span(geometry: Geometry) -> int:
    """The number of elements of memory that a geometry reaches into, from the start."""
    shape, strides, offset = geometry
    if 0 in shape:
        return 0
    return offset + 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))


def view_of_flat(flat: Array, geometry: Geometry) -> Array:
    """A view of one-dimensional memory under a geometry."""
    shape, strides, offset = geometry
    step = flat.itemsize
    return np.lib.stride_tricks.as_strided(
        flat[offset:] if 0 not in shape else flat[:0], shape, [s * step for s in strides]
    )


def overlaps(geometry: Geometry) -> bool:
    """Whether two indices may show the same element."""
    shape, strides, _ = geometry
    reach = 1
    for stride, n in sorted((s, n) for n, s in zip(shape, strides, strict=True) if n != 1):
        if stride < reach:
            return True
        reach = stride * (n - 1) + reach
    return False


@operator
def restride(g: Array, /, source: Geometry, target: Geometry) -> Array:
    """Values under the geometry `source`, read under the geometry `target`; zero where nothing was written."""
    flat = np.zeros(max(span(source), span(target)), g.dtype)
    if not overlaps(source):
        view_of_flat(flat, source)[...] = g
    else:
        places = view_of_flat(np.arange(flat.size), source)
        np.add.at(flat, places.reshape(-1), np.asarray(g).reshape(-1))
    return view_of_flat(flat, target).copy()


restride.with_rules(g=lambda g, source, target: restride(g, target, source))


@operator(name="as_strided_view", node="AsStridedBackward0", view=True)
def _as_strided(x: Array, /, source: Geometry, target: Geometry) -> Array:
    return strided_view(x, target)


_as_strided.with_rules(x=lambda g, source, target: restride(g, target, source))


def strided_view(x: Array, geometry: Geometry) -> Array:
    """A view of the memory behind an array under any geometry.

    Raises:
        RuntimeError: the geometry reaches outside of the memory.
    """
    owner = owner_of(x)
    flat = owner.reshape(-1, order="K") if owner.flags.forc else owner.view(np.ndarray)
    if flat.dtype != x.dtype:
        flat = flat.view(x.dtype)
    shape, strides, offset = geometry
    if span(geometry) > flat.size:
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset}, and itemsize"
            f" {x.itemsize} requiring a storage size of {span(geometry) * x.itemsize} are out of bounds for storage of"
            f" size {flat.nbytes}"
        )
    return view_of_flat(flat, geometry)


def as_strided(
    input: Tensor,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    storage_offset: int | None = None,  # noqa: A002
) -> Tensor:
    """A view of the tensor's memory by size, strides and offset, in elements.

    Raises:
        RuntimeError: the view would reach outside of the memory, or a stride is negative.

    >>> import tapegrad as torch
    >>> torch.as_strided(torch.arange(6), (2, 2), (3, 1), 1)
    tensor([[1, 2],
            [4, 5]])
    """
    shape, strides = tuple(map(int, size)), tuple(map(int, stride))
    if len(shape) != len(strides):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in strides):
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got strides:"
            f" {list(strides)}. Use torch.flip for reversed order."
        )
    mine = element_geometry(input)
    target = (shape, strides, mine[2] if storage_offset is None else int(storage_offset))
    return _as_strided(input, mine, target)  # type: ignore[no-any-return]


def as_strided_scatter(
    input: Tensor,  # noqa: A002
    src: Tensor,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    storage_offset: int | None = None,
) -> Tensor:
    """A copy of `input` in which the elements of the view (size, stride, storage_offset) are those of `src`.

    >>> import tapegrad as torch
    >>> torch.as_strided_scatter(torch.zeros(4), torch.ones(2), (2,), (2,))
    tensor([1., 0., 1., 0.])
    """
    copy = input.clone()  # type: ignore[attr-defined]
    as_strided(copy, size, stride, storage_offset).copy_(src)  # type: ignore[attr-defined]
    return copy  # type: ignore[no-any-return]


def as_strided_node(view: Tensor, base: Tensor) -> None:
    """Give a view the history of taking its elements out of its base as the base is now."""
    node = new_node()
    node.op, node.hooks, node.out_version, node.versions, node.saved = _as_strided, None, None, None, ()
    node.edges = (base if base._fn is None else base._fn,)
    node.info = (element_geometry(base), element_geometry(view))
    node.seq = next_sequence_number()
    view._fn, view._flags = node, view._flags | REQUIRES_GRAD


METHODS = {"as_strided": as_strided, "as_strided_scatter": as_strided_scatter}

__all__ = ["as_strided", "as_strided_scatter"]
