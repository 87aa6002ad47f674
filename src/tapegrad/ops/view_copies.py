"""Copies of views, `torch.permute_copy` and the like, whose nodes torch names after the views'."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import tangents
from ..tensor.tensor import REQUIRES_GRAD, TANGENT, Tensor, new_tensor
from . import permuting, shape, slicing, splitting
from .expanding import expand
from .op import operator
from .pointwise import write_out
from .refusal import NO_NODE, no_formula
from .strided import as_strided
from .windows import unfold


def as_copy(view: Tensor, node: str | None = None) -> Tensor:
    """A copy of a view that an operation has just made, with the view's node under another name."""
    y = new_tensor(np.copy(view._data, order="C"))
    if view._fn is not None and view._flags & REQUIRES_GRAD:
        _rename(view._fn, node)
        y._fn, y._flags = view._fn, REQUIRES_GRAD
    if view._flags & TANGENT:
        tangents.push_linear(y, view, as_copy)
    return y


def _rename(node: Any, name: str | None) -> None:
    name = node.op.node_name + "_copy" if name is None else name
    node.op = node.op.twin(name, node=name, view=False)


def _copies(views: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The same for all views that one operation has made."""
    copies = tuple(new_tensor(np.copy(view._data, order="C")) for view in views)
    if views and views[0]._fn is not None and views[0]._flags & REQUIRES_GRAD:
        _rename(views[0]._fn.node, None)
        for y, view in zip(copies, views, strict=True):
            y._fn, y._flags = view._fn, REQUIRES_GRAD
    for y, view in zip(copies, views, strict=True):
        if view._flags & TANGENT:
            tangents.push_linear(y, view, as_copy)
    return copies


def copying(name: str, view: Any, node: str | None = None) -> Any:
    """The function that copies what another gives a view of."""

    def function(input: Tensor, *args: Any, out: Tensor | None = None, **kwargs: Any) -> Tensor:
        y = as_copy(view(input, *args, **kwargs), node)
        return y if out is None else write_out(out, y._data, y.dtype, (input,))

    return _named(function, name, f"A copy of what `{name.removesuffix('_copy')}` gives a view of.")


def copying_all(name: str, views: Any) -> Any:
    """The function that copies what another gives several views of."""

    def function(input: Tensor, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        copies = _copies(views(input, *args, **kwargs))
        if out is None:
            return copies
        for target, y in zip(out, copies, strict=True):
            write_out(target, y._data, y.dtype, (input,))
        return None

    return _named(function, name, f"Copies of what `{name.removesuffix('_copy')}` gives views of.")


def _named(function: Any, name: str, doc: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__module__, function.__doc__ = "tapegrad", doc
    return function


def _sliced(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    return slicing.sliced(input, dim, start, end, step)


def _narrowed(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """`narrow`, whose copying form has words of its own for two of its errors."""
    shape = input._data.shape
    if shape and dim >= len(shape):
        raise RuntimeError(
            "Expected dim < static_cast<int64_t>(self_sizes.size()) to be true, but got false. Found: dim"
            f" {dim} of a tensor of {len(shape)} dimensions."
        )
    if length < 0 and shape and dim >= -len(shape):
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({shape[dim]}).")
    return slicing.narrow(input, dim, start, length)


@operator(name="detach_copy", node=NO_NODE)
def _detach_copy(x: Any, /) -> Any:
    return np.copy(x)


_detach_copy.with_rules(x=lambda g: no_formula("detach_copy"))


def detach_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy of what `detach` gives a view of."""
    y = _detach_copy.call(input)
    return y if out is None else write_out(out, y._data, y.dtype, (input,))


alias_copy = copying("alias_copy", shape._alias.call)
as_strided_copy = copying("as_strided_copy", as_strided)
expand_copy = copying("expand_copy", expand)
narrow_copy = copying("narrow_copy", _narrowed, "NarrowCopyBackward0")
permute_copy = copying("permute_copy", permuting.permute)
select_copy = copying("select_copy", slicing.select)
slice_copy = copying("slice_copy", _sliced)
squeeze_copy = copying("squeeze_copy", shape.squeeze)
t_copy = copying("t_copy", permuting.t)
transpose_copy = copying("transpose_copy", permuting.transpose)
unfold_copy = copying("unfold_copy", unfold)
unsqueeze_copy = copying("unsqueeze_copy", shape.unsqueeze)
view_copy = copying("view_copy", shape.view)
split_copy = copying_all("split_copy", splitting.split)
split_with_sizes_copy = copying_all("split_with_sizes_copy", splitting.split_with_sizes)
unbind_copy = copying_all("unbind_copy", splitting.unbind)

METHODS: dict[str, Any] = {"narrow_copy": narrow_copy}

__all__ = [
    "alias_copy",
    "as_strided_copy",
    "detach_copy",
    "expand_copy",
    "narrow_copy",
    "permute_copy",
    "select_copy",
    "slice_copy",
    "split_copy",
    "split_with_sizes_copy",
    "squeeze_copy",
    "t_copy",
    "transpose_copy",
    "unbind_copy",
    "unfold_copy",
    "unsqueeze_copy",
    "view_copy",
]
