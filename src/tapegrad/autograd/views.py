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

from ..tensor.storage import window
from ..tensor.tensor import DEAD_END, PLAIN_VIEW, REQUIRES_GRAD, TANGENT, VIEW, new_tensor
from ..tensor.version import INFERENCE, version_of
from . import tangents
from .grad_mode import is_recording, suspended
from .node import FREED, Node, as_function, hooks_of, sequence, shown_class, watch, watchers
from .stale import freed

if TYPE_CHECKING:
    from ..errors import InPlaceError
    from ..tensor.dtypes import Array
    from ..tensor.tensor import Tensor

# Shape, strides and offset, in elements.
Geometry = tuple[tuple[int, ...], tuple[int, ...], int]

# In place of the base's version in a view that was written into: the next look at the view gives it its new history.
REWRITTEN = -1


def refresh(t: Tensor) -> None:
    """Bring a view's history up to date with its base, if operations are recorded now."""
    if not suspended or is_recording():
        renew(t)


def renew(t: Tensor) -> None:
    """Bring a view's history up to date with its base.

    Raises:
        InPlaceError: the base was written into, and the view is of a kind that cannot follow.
    """
    assert t._view is not None
    base, seen, kind = t._view
    version = t._vc.n
    if t._fn is None:
        if not base._flags & REQUIRES_GRAD:
            return
        t._flags |= DEAD_END
    if version == seen:
        return
    if kind != PLAIN_VIEW:
        raise _refused(t, kind, indirectly=True)
    t._view = (base, version, kind)
    if base._flags & REQUIRES_GRAD:
        from ..ops.strided import as_strided_node

        as_strided_node(t, base)


def requires_grad(t: Tensor) -> bool:
    """Whether a view requires a gradient: it does if its base does, even if it was made while recording was off."""
    assert t._view is not None
    return bool((t._flags | t._view[0]._flags) & REQUIRES_GRAD)


def element_geometry(t: Tensor) -> Geometry:
    """Shape, strides and offset of a tensor in its memory, in elements."""
    return tuple(t._data.shape), t.stride(), t.storage_offset()


def check_write(t: Tensor, *others: Any) -> None:
    """Refuse an in-place write that autograd cannot follow.

    Args:
        t: the tensor to be written into.
        others: what is written, as far as it may require gradients.

    Raises:
        InPlaceError: recording is on, and the tensor is a leaf that requires a gradient or a view of a leaf, one of
            several views returned by one operation, a view made under no_grad or returned by a custom Function.
    """
    flags = t._flags
    if not flags:
        return
    if t._vc is INFERENCE:
        INFERENCE.check_write()
    if not is_recording():
        return
    if flags & VIEW:
        _check_view_write(t, others)
    elif t._fn is None and flags & REQUIRES_GRAD:
        from ..errors import leaf_in_place

        raise leaf_in_place(t, is_view=False)


def _check_view_write(t: Tensor, others: tuple[Any, ...]) -> None:
    assert t._view is not None
    base, seen, kind = t._view
    needed = requires_grad(t)
    if not needed and not any(getattr(x, "requires_grad", False) for x in others):
        return
    if kind != PLAIN_VIEW:
        raise _refused(t, kind, indirectly=False)
    if needed and base._fn is None:
        from ..errors import leaf_in_place

        raise leaf_in_place(t, is_view=True)
    if needed and t._fn is None and seen != REWRITTEN:
        # Its base has a history by now, but in torch nobody has told the view.
        from ..errors import leaf_in_place

        raise leaf_in_place(t, is_view=False)
    refresh(t)


def _refused(t: Tensor, kind: int, *, indirectly: bool) -> InPlaceError:
    from ..errors import view_in_place

    function, index = (None, 0) if t._fn is None else as_function(t._fn)
    return view_in_place(None if function is None else function.name(), index, kind, indirectly=indirectly)


def wrote(t: Tensor, result: Tensor | None = None) -> None:
    """Note that `t` was written into; `result`, if recorded, carries the node of the operation that did."""
    version = t._vc if t._vc is not None else version_of(t)
    version.n += 1
    if t._flags & TANGENT or (result is not None and result._flags & TANGENT):
        tangents.written(t, result)
    if result is None or result._fn is None:
        return
    node = result._fn
    if t._view is not None:
        rewrite(t, node)
    else:
        become(t, node)
    if node.__class__ is Node and node.op.saved_names()[-1:] == ["out"]:
        node.out_version = version
        node.__dict__["_out_expected"] = version.n


def become(t: Tensor, node: Node) -> None:
    """Make a node the producer of a tensor that another one produced before; a retained gradient moves with it."""
    if t._fn is not None and t._x is not None and "retains_grad" in t._x:
        _move_retained(t, node)
    t._fn = node
    t._flags |= REQUIRES_GRAD


def _move_retained(t: Tensor, node: Node) -> None:
    old, index = as_function(t._fn)
    if old.hooks is not None and index in old.hooks.retained:
        hooks_of(node).retained[0] = old.hooks.retained.pop(index)


def before_write(t: Tensor, keep: bool) -> Tensor:
    """A stand-in for `t` as it was before a write: its history and, if a rule will read it, a copy of its values."""
    was = new_tensor(np.copy(t._data, order="K") if keep else t._data)
    if t._flags & VIEW:
        refresh(t)
    was._fn, was._flags = t._fn, t._flags & REQUIRES_GRAD
    if t._flags & TANGENT:
        held = tangents.tangents_of(t)  # which the write will change, too
        tangents.share(was, {level: tangent.clone() for level, tangent in held.items()} if keep else held)
    return was


# -- CopySlices -------------------------------------------------------------------------------------------------------


class _CopySlices:
    """The record of a write into a view; it wraps the node of the operation that wrote.

    A node keeps that node in `saved`, so that it is given up with the other saved values, and in `info` where the view
    lies in its base: (geometry of the base, geometry of the view, the view's dtype).
    """

    node_name = "torch::autograd::CopySlices"
    name = "copy_slices"
    outputs = None
    _class: Any = None

    def node_class(self) -> type[Any]:
        if self._class is None:
            type(self)._class = shown_class("CopySlices")
        return self._class

    def saved_names(self) -> list[str]:
        return []

    def read_saved(self, node: Node, attribute: str) -> Any:
        raise AttributeError(f"'CopySlices' object has no attribute '{attribute}'")

    def backward(self, node: Node, g: Array) -> tuple[Any, ...]:
        """On arrays: the part under the view goes to the writing operation, the rest to the base."""
        if node.saved is FREED:
            freed(node)
        (write,), (base, view, kind) = node.saved, node.info
        shape, strides, _ = base
        memory = np.empty_like(g, shape=_span(shape, strides))
        whole = window(memory, g.dtype, shape, strides)
        whole[...] = g
        try:
            part = window(memory, kind, *view) if 0 not in view[0] else np.empty(view[0], kind)
        except ValueError:  # the base was given a smaller shape in place
            from ..ops.strided import out_of_storage

            raise out_of_storage(view, g.itemsize, memory.nbytes) from None
        grads = write.op.backward(write, part.copy())
        _check_part(view)
        part[...] = 0 if grads[0] is None else grads[0]
        return (whole, *grads[1:])

    def backward_graph(self, node: Node, g: Tensor) -> tuple[Any, ...]:
        """The same on tensors, recorded."""
        from ..ops.strided import replaced, restride

        if node.saved is FREED:
            freed(node)
        (write,), (base, view, kind) = node.saved, node.info
        part = restride(g, base, view, kind, None)
        grads = write.op.backward_graph(write, part)
        _check_part(view)
        return (replaced(g, grads[0], base, view, kind), *grads[1:])


COPY_SLICES = _CopySlices()


def _check_part(view: Geometry) -> None:
    """Refuse to put the gradient of a write back under an expanded view, as torch does."""
    shape, strides, _ = view
    if 0 in strides and 0 not in shape and any(n > 1 and s == 0 for n, s in zip(shape, strides, strict=True)):
        from ..errors import overlapping_write

        raise overlapping_write()


def _span(shape: tuple[int, ...], strides: tuple[int, ...]) -> int:
    return 1 + sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) if 0 not in shape else 0


def rewrite(view: Tensor, write: Node) -> None:
    """Make `write`, which wrote into `view`, part of the history of the view's base."""
    assert view._view is not None
    base, _, kind = view._view
    node: Any = Node()
    node.op, node.hooks, node.out_version, node.versions = COPY_SLICES, None, None, None
    node.edges = ((base._fn or base) if base._flags & REQUIRES_GRAD else None, *write.edges[1:])
    node.saved, node.info = (write,), places(base, view)
    node.seq = next(sequence)
    if watchers:
        watch(node)
    become(base, node)
    view._view = (base, REWRITTEN, kind)


def places(base: Tensor, view: Tensor) -> tuple[Geometry, Geometry, np.dtype[Any]]:
    """The geometries of a base and of a view of it, counted from the first element of the base; the view's dtype."""
    shape, strides, offset = element_geometry(base)
    start = offset * base._data.itemsize
    view_shape, view_strides, view_offset = element_geometry(view)
    step = view._data.itemsize
    return (shape, strides, 0), (view_shape, view_strides, view_offset - start // step), view._data.dtype
