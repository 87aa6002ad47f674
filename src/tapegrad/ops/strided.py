"""Views by size, strides and offset, and what they mean for gradients.

A *geometry* is (shape, strides, offset), in elements.  `restride` writes values into memory under one geometry, adding
up where elements coincide, and reads them under another; its transpose is itself with the two exchanged, so it is its
own derivative rule, and that of `as_strided`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.node import Node, sequence
from ..autograd.views import Geometry, become, element_geometry
from ..autograd.views import places as geometries_of
from ..tensor.arguments import shape_of
from ..tensor.dtypes import Array
from ..tensor.storage import memory_of, window
from ..tensor.tensor import Tensor, new_tensor
from .op import operator
from .vocabulary import on_tensors, phrase


def span(geometry: Geometry) -> int:
    """The number of elements of memory that a geometry reaches into, from the start."""
    shape, strides, offset = geometry
    if 0 in shape:
        return 0
    return offset + 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))


@phrase
def shows_twice(geometry: Any) -> bool:
    """Whether two indices of a geometry may show the same element."""
    shape, strides, _ = geometry
    reach = 1
    for stride, n in sorted((s, n) for n, s in zip(shape, strides, strict=True) if n != 1):
        if stride < reach:
            return True
        reach = stride * (n - 1) + reach
    return False


@operator
def restride(x: Array, /, source: Geometry, target: Geometry, kind: np.dtype[Any], shared: Geometry | None) -> Array:
    """Values under the geometry `source`, read under `target` as elements of a type; zero where nothing was written.

    Args:
        shared: what is in memory is divided by the number of indices of this geometry that show it, so that these
            have equal parts of it.
    """
    if 0 in source[0] or 0 in target[0]:  # the strides of nothing reach beyond all memory
        return np.zeros(target[0], kind)
    size = max(span(source) * x.itemsize, span(target) * kind.itemsize)
    memory = np.zeros(-(-size // x.itemsize), x.dtype)
    if not shows_twice(source):
        window(memory, x.dtype, *source)[...] = x
    else:
        np.add.at(memory, places(source, memory.size), x.reshape(-1))
    if shared is not None:
        memory /= np.maximum(np.bincount(places(shared, memory.size), minlength=memory.size), 1).astype(x.dtype)
    return window(memory, kind, *target).copy()


restride.linear_in("x").with_rules(
    x=lambda g, x_dtype, source, target, shared: restride(g, target, source, x_dtype, shared)
)


def places(geometry: Geometry, size: int) -> Array:
    """The places in memory of so many elements that a geometry shows, one after the other."""
    return window(np.arange(size), np.dtype(np.int64), *geometry).reshape(-1)


@operator(name="as_strided_view", node="AsStridedBackward0", view=True)
def _as_strided(x: Array, /, source: Geometry, target: Geometry) -> Array:
    return strided_view(x, target)


@_as_strided.rule("x")
def _(g: Any, x_dtype: Any, source: Any, target: Any) -> Any:
    # Where x shows an element of memory several times, each of these gets an equal part of its gradient.
    return restride(g, target, source, x_dtype, source if shows_twice(source) else None)


def strided_view(x: Array, geometry: Geometry) -> Array:
    """A view of the memory behind an array under any geometry.

    Raises:
        RuntimeError: the geometry reaches outside of the memory.
    """
    memory = memory_of(x)
    if span(geometry) * x.itemsize > memory.nbytes:
        raise out_of_storage(geometry, x.itemsize, memory.nbytes)
    return window(memory, x.dtype, *geometry)


def out_of_storage(geometry: Geometry, itemsize: int, size: int) -> RuntimeError:
    """A geometry that reaches outside of the memory behind a tensor."""
    shape, strides, offset = geometry
    return RuntimeError(
        f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset}, and itemsize {itemsize}"
        f" requiring a storage size of {span(geometry) * itemsize} are out of bounds for storage of size {size}"
    )


def as_strided(
    input: Tensor,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    storage_offset: int | None = None,
) -> Tensor:
    """A view of the tensor's memory by size, strides and offset, in elements.

    Raises:
        RuntimeError: the view would reach outside of the memory, or a stride is negative.

    >>> import tapegrad as torch
    >>> torch.as_strided(torch.arange(6), (2, 2), (3, 1), 1)
    tensor([[1, 2],
            [4, 5]])
    """
    return _as_strided.call(input, *geometries(input, size, stride, storage_offset))


def geometries(x: Tensor, size: Any, stride: Any, storage_offset: int | None) -> tuple[Geometry, Geometry]:
    """The geometry that a tensor has, and the one asked for, checked."""
    shape, strides = shape_of((size,), "as_strided"), shape_of((stride,), "as_strided")
    if len(shape) != len(strides):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in strides):
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got strides:"
            f" {list(strides)}. Use torch.flip for reversed order."
        )
    mine = element_geometry(x)
    return mine, (shape, strides, mine[2] if storage_offset is None else int(storage_offset))


def as_strided_node(view: Tensor, base: Tensor) -> None:
    """Give a view the history of taking its elements out of its base as the base is now."""
    node = Node()
    node.op, node.hooks, node.out_version, node.versions, node.saved = _as_strided, None, None, None, ()
    node.edges = (base if base._fn is None else base._fn,)
    source, target, _ = geometries_of(base, view)
    node.info = (source, target, base._data.dtype)
    node.seq = next(sequence)
    become(view, node)


def replaced(whole: Tensor, part: Tensor | None, base: Geometry, view: Geometry, view_kind: np.dtype[Any]) -> Tensor:
    """A copy of `whole`, which has the shape of a base, with other values (None: zeros) in a view of it; recorded.

    Args:
        view_kind: the view's dtype: that of the base, or a real one if the view shows parts of complex numbers.
    """
    kind = whole._data.dtype
    if part is None:
        part = new_tensor(np.zeros(view[0], view_kind))
    if view_kind is not kind:  # the other parts of the same numbers stay
        under = restride(restride(whole, base, view, view_kind, None), view, base, kind, None)
        difference: Tensor = whole - under + restride(part, view, base, kind, None)
        return difference
    marked = restride.forward(np.ones(view[0], part._data.dtype), view, base, kind, None) != 0
    where = on_tensors("where")
    return where(new_tensor(marked), restride(part, view, base, kind, None), whole)


METHODS = {"as_strided": as_strided}

__all__ = ["as_strided"]
