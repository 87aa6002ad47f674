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
        if not hasattr(dim, "__index__"):
            raise TypeError(f"argument 'dim' must be int, not {type(dim).__name__}")
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


def shape_of(sizes: tuple[Any, ...], function: str = "size", size: Any = None) -> tuple[int, ...]:
    """The shape meant by `f(2, 3)`, `f((2, 3))`, `f(torch.Size([2, 3]))` or `f(size=(2, 3))`.

    Args:
        sizes: the positional arguments.
        function: its name, for messages.
        size: what was given as `size=`.

    Raises:
        TypeError: what was given is not a shape.
    """
    if size is not None:
        if sizes:
            raise TypeError(f"{function}() got multiple values for argument 'size'")
        if not isinstance(size, (tuple, list)):
            raise TypeError(f"{function}(): argument 'size' must be tuple of ints, not {type_name(size)}")
        sizes = tuple(size)
    given = sizes
    if size is None and len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    for s in sizes:
        if type(s) is not int:
            return _as_ints(sizes, function, sizes is not given)
    return sizes


def _as_ints(sizes: tuple[Any, ...], function: str, nested: bool) -> tuple[int, ...]:
    """Sizes that are not all plain integers: NumPy's integers and integer tensors will do, and True after the first."""
    found = []
    for i, size in enumerate(sizes):
        if not hasattr(size, "__index__") or (isinstance(size, bool) and i == 0) or _has_dims(size):
            what = type_name(size)
            if isinstance(size, (tuple, list)):
                raise TypeError(f"{function}() takes 1 positional argument but {len(sizes)} were given")
            if i == 0:
                found_that = f"but found element of type {what} at pos 0" if nested else f"not {what}"
                raise TypeError(f"{function}(): argument 'size' (position 1) must be tuple of ints, {found_that}")
            raise TypeError(
                f"{function}(): argument 'size' failed to unpack the object at pos {i + 1} with error"
                f' "type must be tuple of ints,but got {what}"'
            )
        try:
            found.append(int(size.__index__()))
        except TypeError:
            raise TypeError(
                f"{function}(): argument 'size' (position 1) must be tuple of ints, but found element of type"
                f" {type_name(size)} at pos {i}"
            ) from None
    return tuple(found)


def _has_dims(size: Any) -> bool:
    return getattr(size, "ndim", 0) > 0


def type_name(value: object) -> str:
    """The name of a value's type as torch's messages give it: with its module, but for classes written in Python."""
    of = type(value)
    module = getattr(of, "__module__", "builtins")
    if module == "torch" and of.__name__ != "Tensor":
        return f"torch.{of.__name__}"
    in_python = module == "builtins" or of.__flags__ & (1 << 9)  # a heap type
    return of.__name__ if in_python else f"{module}.{of.__name__}"
