"""Checks of arguments that many operators take: dimensions, shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def wrap_dim(dim: Any, ndim: int) -> int:
    """The dimension counted from the front; a tensor of no dimensions takes 0 and -1.

    Raises:
        IndexError: there is no such dimension.
    """
    span = ndim or 1
    if type(dim) is not int:
        dim = dim.__index__()
    if -span <= dim < span:
        return int(dim + span if dim < 0 else dim)
    raise IndexError(
        f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {dim})"
        + (f". The tensor has {ndim} dimensions" if ndim else ". The tensor has no dimensions")
    )


def wrap_dims(dims: int | Iterable[int] | None, ndim: int) -> tuple[int, ...]:
    """Several dimensions, counted from the front; None and an empty sequence stand for all.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: a dimension appears twice.
    """
    if dims is None:
        return tuple(range(ndim))
    if not isinstance(dims, (tuple, list)):
        if hasattr(dims, "__index__"):
            return (wrap_dim(dims, ndim),)
        dims = tuple(dims)
    if not dims:
        return tuple(range(ndim))
    wrapped = tuple(wrap_dim(d, ndim) for d in dims)
    if len(set(wrapped)) != len(wrapped):
        twice = next(d for d in wrapped if wrapped.count(d) > 1)
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return wrapped


def shape_of(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape meant by `f(2, 3)`, `f((2, 3))` or `f(torch.Size([2, 3]))`."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    return tuple(s if type(s) is int else _as_int(s) for s in sizes)


def _as_int(size: Any) -> int:
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        raise TypeError(f"sizes must be integers, but found {type(size).__name__} in the shape")
    return int(size.__index__())
