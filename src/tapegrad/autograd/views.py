"""Views and in-place writes: one memory, several tensors, one history.

A view's history is that of its base.  When somebody writes into the base, or into another view of it, a view made
before is out of date: `refresh` gives it a new node, which takes its elements out of the base as it is now.  When
somebody writes into a view, `rewrite` puts a `CopySlices` node on the base: the gradient of the overwritten elements
goes to what was written, that of the others to the base as it was.

Which elements of its base a view shows is read off the memory itself: address and strides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensor.storage import owner_of
from ..tensor.tensor import MULTI_VIEW, NO_GRAD_VIEW, REQUIRES_GRAD, VIEW, new_tensor
from ..tensor.version import version_of
from .grad_mode import is_grad_enabled
from .node import Node, as_function, new_node, next_sequence_number

if TYPE_CHECKING:
    from ..tensor.dtypes import Array
    from ..tensor.tensor import Tensor


def refresh(t: Tensor) -> None:
    """Bring a view's history up to date with its base."""
    assert t._view is not None
    base, seen, kind = t._view
    version = t._vc.n
    if version == seen:
        return
    t._view = (base, version, kind)
    if base._flags & REQUIRES_GRAD and t._data.dtype is base._data.dtype:
        from ..ops.strided import as_strided_node

        as_strided_node(t, base)


def element_geometry(t: Tensor) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Shape, strides and offset of a tensor in its memory, in elements."""
    return tuple(t._data.shape), t.stride(), t.storage_offset()


def check_write(t: Tensor) -> None:
    """Refuse an in-place write that autograd cannot follow.

    Raises:
        InPlaceError: the tensor is a leaf that requires a gradient or a view of one, one of several views returned by
            one operation, or a view made under no_grad; and recording is on.
    """
    flags = t._flags
    if not flags or not is_grad_enabled():
        return
    if flags & VIEW:
        _check_view_write(t)
    elif t._fn is None:
        from ..errors import leaf_in_place

        raise leaf_in_place(t, is_view=False)


def _check_view_write(t: Tensor) -> None:
    from ..errors import leaf_in_place, multi_view_in_place, no_grad_view_in_place

    refresh(t)
    assert t._view is not None
    base, _, kind = t._view
    if kind == MULTI_VIEW and t._fn is not None:
        function, index = as_function(t._fn)
        raise multi_view_in_place(function.name(), index)
    if base._flags & REQUIRES_GRAD:
        if base._fn is None:
            raise leaf_in_place(t, is_view=True)
        if kind == NO_GRAD_VIEW:
            raise no_grad_view_in_place()
    elif t._flags & REQUIRES_GRAD and t._fn is None:
        raise leaf_in_place(t, is_view=False)


def wrote(t: Tensor, result: Tensor | None = None) -> None:
    """Note that `t` was written into; `result`, if recorded, carries the node of the operation that did."""
    version = t._vc if t._vc is not None else version_of(t)
    version.n += 1
    if result is None or result._fn is None:
        return
    node = result._fn
    if t._view is not None:
        rewrite(t, node)
    else:
        t._fn = node
        t._flags |= REQUIRES_GRAD
    if node.__class__ is Node and node.op.saved_names()[-1:] == ["out"]:
        node.out_version = version
        node.__dict__["_out_expected"] = version.n


def before_write(t: Tensor, keep: bool) -> Tensor:
    """A stand-in for `t` as it was before a write: its history and, if a rule will read it, a copy of its values."""
    was = new_tensor(np.array(t._data, order="K", copy=True) if keep else t._data)
    if t._flags & VIEW:
        refresh(t)
    was._fn, was._flags = t._fn, t._flags & REQUIRES_GRAD
    return was


# -- CopySlices ---------------------------------------------------------------------------------------------------------


class _CopySlices:
    """The record of a write into a view; it wraps the node of the operation that wrote."""

    node_name = "CopySlices"
    name = "copy_slices"
    outputs = None
    _class: Any = None

    def node_class(self) -> type[Any]:
        if self._class is None:
            type(self)._class = type("CopySlices", (Node,), {"__slots__": (), "__module__": "builtins"})
        return self._class  # type: ignore[no-any-return]

    def saved_names(self) -> list[str]:
        return []

    def backward(self, node: Node, g: Array) -> tuple[Any, ...]:
        """On arrays: the part under the view goes to the writing operation, the rest to the base."""
        write, region = node.info
        whole = _like_base(g, region)
        part = _region(whole, region)
        grads = write.op.backward(write, np.array(part, copy=True))
        part[...] = 0 if grads[0] is None else grads[0]
        return (whole, *grads[1:])

    def backward_graph(self, node: Node, g: Tensor) -> tuple[Any, ...]:
        """The same on tensors, recorded."""
        from ..ops.strided import as_strided, as_strided_scatter

        write, region = node.info
        _, _, shape, strides, offset = region
        part = as_strided(g.contiguous(), shape, strides, offset)  # type: ignore[attr-defined]
        grads = write.op.backward_graph(write, part)
        inner = part * 0 if grads[0] is None else grads[0]
        return (as_strided_scatter(g.contiguous(), inner, shape, strides, offset), *grads[1:])  # type: ignore[attr-defined]


COPY_SLICES = _CopySlices()


def _like_base(g: Array, region: Any) -> Array:
    """A copy of `g` in memory laid out as the base is."""
    base_shape, base_strides, *_ = region
    flat = np.empty(_span(base_shape, base_strides), g.dtype)
    whole: Array = np.lib.stride_tricks.as_strided(flat, base_shape, [s * g.itemsize for s in base_strides])
    whole[...] = g
    return whole


def _span(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    return 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) if 0 not in shape else 0


def _region(whole: Array, region: Any) -> Array:
    _, _, shape, strides, offset = region
    flat = owner_of(whole)
    return np.lib.stride_tricks.as_strided(flat[offset:], shape, [s * whole.itemsize for s in strides])


def rewrite(view: Tensor, write: Node) -> None:
    """Make `write`, which wrote into `view`, part of the history of the view's base."""
    assert view._view is not None
    base, _, kind = view._view
    shape, strides, offset = element_geometry(view)
    base_shape, base_strides, base_offset = element_geometry(base)
    node = new_node()
    node.op, node.hooks, node.out_version, node.versions = COPY_SLICES, None, None, None
    node.edges = ((base._fn or base) if base._flags & REQUIRES_GRAD else None, *write.edges[1:])
    node.saved = ()
    node.info = (write, (base_shape, base_strides, shape, strides, offset - base_offset))
    node.seq = next_sequence_number()
    base._fn, base._flags = node, base._flags | REQUIRES_GRAD
    view._view = (base, -1, kind)  # never a version: the next look at the view gives it its new history
