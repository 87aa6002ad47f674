"""The same elements in another shape: view, reshape, flatten, squeeze and their kin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ShapeError, wrong_argument
from ..tensor import dtypes
from ..tensor.arguments import shape_of, wrap_dim, wrap_dims
from ..tensor.device import contiguous_format, memory_format
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from ..tensor.version import version_of
from .op import operator
from .vocabulary import reshaped

Ints = tuple[int, ...]

# -- view and reshape --------------------------------------------------------------------------------------------------


@operator(name="view", view=True)
def _view(x: Array, /, shape: Ints) -> Array:
    return x.reshape(shape)


_view.with_rules(x=lambda g, x_shape: reshaped(g, x_shape))


@operator(name="alias", view=True)
def _alias(x: Array, /) -> Array:
    return x.view()


_alias.with_rules(x=lambda g: g)


_reshape_alias = _view.twin("reshape", node="ReshapeAliasBackward0")


@operator(name="unsafe_view")
def _unsafe_view(x: Array, /, shape: Ints) -> Array:
    return x.reshape(shape)


_unsafe_view.linear_in("x").with_rules(x=lambda g, x_shape: reshaped(g, x_shape))


def view(self: Tensor, *shape: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """The same memory in another shape, or seen as another element type.

    Args:
        shape: `x.view(2, 3)`, `x.view((2, 3))` or `x.view(torch.int32)`; one size may be -1, which stands for what is
            left. Seen as another type the result has no history.

    Raises:
        RuntimeError: the number of elements differs, or the strides do not allow a view.

    >>> import tapegrad as torch
    >>> torch.arange(6).view(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    if dtype is None and size is None and shape:
        y = _seen_as(self, shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape)
        if y is not None:
            return y
    if dtype is not None or (len(shape) == 1 and isinstance(shape[0], dtypes.dtype)):
        return _view_as_type(self, shape[0] if dtype is None else dtype)
    if not shape and size is None:
        raise TypeError(
            "view() received an invalid combination of arguments - got (), but expected one of: a shape, or a dtype"
        )
    sizes = shape_of(shape, "view", size)
    data = self._data
    try:
        y = _view.call(self, sizes)
    except (ValueError, TypeError):
        raise _invalid_shape(sizes, data.size) from None
    if y._data.shape != sizes and -1 not in sizes:
        raise _invalid_shape(sizes, data.size)
    if not data.flags.c_contiguous and not _shares(y._data, data):
        raise ShapeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two"
            " contiguous subspaces). Use .reshape(...) instead.",
            f"Found: shape {data.shape} with strides {self.stride()}, to be seen as {sizes}. reshape copies where it"
            " must.",
        )
    return y


def _shares(y: Array, x: Array) -> bool:
    """Whether NumPy's reshape gave a view of x rather than a copy."""
    return np.may_share_memory(y, x)


def _invalid_shape(shape: Ints, count: int) -> RuntimeError:
    """Why elements do not go into a shape, as torch says it."""
    text = f"[{', '.join(map(str, shape))}]"
    for i, n in enumerate(shape):
        if n < -1:
            return ShapeError(f"invalid shape dimension {n} at index {i} of shape {text}")
    if shape.count(-1) > 1:
        return ShapeError("only one dimension can be inferred", f"Found: the shape {text}.")
    if -1 in shape and count == 0 and 0 in shape:
        return ShapeError(
            f"cannot reshape tensor of 0 elements into shape {text} because the unspecified dimension size -1 can be"
            " any value and is ambiguous",
            "Write the size instead of -1.",
        )
    return ShapeError(f"shape '{text}' is invalid for input of size {count}")


def _view_as_type(x: Tensor, kind: dtypes.dtype) -> Tensor:
    """The memory of a tensor as elements of another type; no gradient flows through."""
    data, old, new = x._data, x.dtype, dtypes.numpy_dtype(kind)
    if old.itemsize != new.itemsize:
        _check_view_as_type(x, f"to view {scalar_type_name(old)} as {scalar_type_name(kind)}", old.itemsize, new)
    t = new_tensor(data.view(new))
    t._vc = version_of(x)
    return t


def _check_view_as_type(x: Tensor, what: str, old: int, new: np.dtype[Any]) -> None:
    what = f"{what} (different element sizes)"
    if x.ndim == 0:
        raise RuntimeError(f"self.dim() cannot be 0 {what}")
    strides, times = x.stride(), new.itemsize // old
    if strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {what}, but got {strides[-1]}")
    if times <= 1:
        return
    if x.shape[-1] % times:
        raise RuntimeError(f"self.size(-1) must be divisible by {times} {what}, but got {x.shape[-1]}")
    if x.storage_offset() % times:
        raise RuntimeError(f"self.storage_offset() must be divisible by {times} {what}, but got {x.storage_offset()}")
    for dim, stride in enumerate(strides[:-1]):
        if stride % times:
            raise RuntimeError(f"self.stride({dim}) must be divisible by {times} {what}, but got {stride}")


def view_as(self: Tensor, other: Tensor) -> Tensor:
    """`self.view(other.size())`."""
    if not isinstance(other, Tensor):
        raise wrong_argument("view_as", "other", 1, other)
    return view(self, other._data.shape)


def reshape(input: Tensor, shape: Any) -> Tensor:
    """The same elements in another shape: a view where the strides allow it, else a copy.

    Args:
        shape: the sizes; one may be -1, which stands for what is left.

    Raises:
        RuntimeError: the number of elements differs.

    >>> import tapegrad as torch
    >>> torch.reshape(torch.arange(6), (3, 2)).shape
    torch.Size([3, 2])
    """
    if not isinstance(shape, (tuple, list)):
        raise wrong_argument("reshape", "shape", 2, shape, "tuple of ints")
    y = _seen_as(input, shape)
    return _reshape(input, shape_of((shape,), "reshape")) if y is None else y


def _seen_as(x: Tensor, shape: Any) -> Tensor | None:
    """A view in another shape, if there can be no question about it; else None."""
    for n in shape:
        if type(n) is not int or n < -1:
            return None
    try:
        if x._data.flags.c_contiguous:
            y: Tensor = _view.call(x, tuple(shape))
            return y
    except (ValueError, AttributeError):  # what is wrong is said by those who take all questions
        pass
    return None


def _reshape_method(self: Tensor, *shape: Any, **kwargs: Any) -> Tensor:
    """The same elements in another shape: a view where the strides allow it, else a copy."""
    if shape and not kwargs:
        y = _seen_as(self, shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape)
        if y is not None:
            return y
    if kwargs:
        shape = (kwargs.pop("shape"), *shape) if len(kwargs) == 1 and "shape" in kwargs else (None, kwargs)
    elif not shape:
        raise TypeError('reshape() missing 1 required positional arguments: "shape"')
    return _reshape(self, shape_of(shape, "reshape"))


def _reshape(x: Tensor, shape: Ints) -> Tensor:
    data = x._data
    try:
        if data.flags.c_contiguous:
            y = _view.call(x, shape)
        elif _shares(data.reshape(shape), data):
            y = _reshape_alias.call(x, shape)
        else:
            y = _unsafe_view.call(x.clone(memory_format=contiguous_format), shape)
    except (ValueError, TypeError):
        raise _invalid_shape(shape, data.size) from None
    if y._data.shape != shape and -1 not in shape:
        raise _invalid_shape(shape, data.size)
    return y


def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """`self.reshape(other.size())`."""
    return _reshape(self, other._data.shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Join the dimensions from `start_dim` to `end_dim` into one.

    >>> import tapegrad as torch
    >>> torch.zeros(2, 3, 4).flatten(1).shape
    torch.Size([2, 12])
    """
    data = input._data
    shape = data.shape
    ndim = len(shape)
    if start_dim == 0 and end_dim == -1 and ndim > 1 and data.flags.c_contiguous:
        return _view.call(input, (data.size,))
    start, end = wrap_dim(start_dim, ndim), wrap_dim(end_dim, ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if ndim == 0:
        return _reshape(input, (1,))
    if start == end:
        return input
    return _reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """Split one dimension into several.

    >>> import tapegrad as torch
    >>> torch.zeros(2, 12).unflatten(1, (3, -1)).shape
    torch.Size([2, 3, 4])
    """
    shape = input._data.shape
    dim = wrap_dim(dim, len(shape))
    sizes = shape_of((sizes,), "unflatten")
    if not shape:
        raise RuntimeError("unflatten got an unexpected error:\nDimension specified as 0 but tensor has no dimensions")
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    known = math.prod(n for n in sizes if n != -1)
    missing = sizes.count(-1)
    if missing > 1:
        raise RuntimeError("only one dimension can be inferred")
    if known != shape[dim] if not missing else known == 0 or shape[dim] % known:
        raise ShapeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[dim]}) in the"
            " input tensor"
        )
    if missing:
        sizes = tuple(shape[dim] // known if n == -1 else n for n in sizes)
    return view(input, (*shape[:dim], *sizes, *shape[dim + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension; a view where possible."""
    return _view.call(contiguous(input), (input._data.size,))


def contiguous(self: Tensor, memory_format: memory_format = contiguous_format) -> Tensor:
    """The tensor itself if its elements lie in memory in order, else a copy for which this is so.

    Args:
        memory_format: the order of dimensions in memory.
    """
    if memory_format is contiguous_format:
        if self._data.flags.c_contiguous:
            return self
    elif self.is_contiguous(memory_format):
        return self
    return self.clone(memory_format=memory_format)


# -- dimensions of size one --------------------------------------------------------------------------------------------


@operator(name="squeeze", view=True)
def _squeeze(x: Array, /) -> Array:
    return x.squeeze()


_squeeze.with_rules(x=lambda g, x_shape: reshaped(g, x_shape))


@operator(name="squeeze_dim", node="SqueezeBackward1", view=True)
def _squeeze_dim(x: Array, /, dims: Ints) -> Array:
    return x.squeeze(dims)


_squeeze_dim.with_rules(x=lambda g, x_shape: reshaped(g, x_shape))


@operator(name="squeeze_dims", node="SqueezeBackward2", view=True)
def _squeeze_dims(x: Array, /, dims: Ints) -> Array:
    return x.squeeze(dims)


_squeeze_dims.with_rules(x=lambda g, x_shape: reshaped(g, x_shape))


@operator(name="unsqueeze", view=True)
def _unsqueeze(x: Array, /, dim: int) -> Array:
    shape = x.shape
    return x.reshape(shape[:dim] + (1,) + shape[dim:])


_unsqueeze.with_rules(x=lambda g, x_shape: reshaped(g, x_shape))


def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Leave out the dimensions of size 1: all of them, or those among `dim`; a view.

    >>> import tapegrad as torch
    >>> x = torch.zeros(1, 2, 1)
    >>> x.squeeze().shape, x.squeeze(0).shape, x.squeeze((0, 1)).shape
    (torch.Size([2]), torch.Size([2, 1]), torch.Size([2, 1]))
    """
    shape = input._data.shape
    if dim is None:
        return _squeeze.call(input)
    if isinstance(dim, (tuple, list)):
        dims = tuple(wrap_dims(dim, len(shape))) if dim else ()
        return _squeeze_dims.call(input, tuple([d for d in dims if shape and shape[d] == 1]))
    dim = wrap_dim(dim, len(shape))
    return _squeeze_dim.call(input, (dim,) if shape and shape[dim] == 1 else ())


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Insert a dimension of size 1 before dimension `dim`; a view.

    >>> import tapegrad as torch
    >>> torch.unsqueeze(torch.zeros(3), -1).shape
    torch.Size([3, 1])
    """
    span = input._data.ndim + 1
    return _unsqueeze.call(input, dim if dim.__class__ is int and 0 <= dim < span else wrap_dim(dim, span))


def _atleast(tensors: tuple[Any, ...], one: Any) -> Any:
    if len(tensors) != 1:
        return tuple(one(x) for x in tensors)
    return one(tensors[0]) if isinstance(tensors[0], Tensor) else tuple(one(x) for x in tensors[0])


def atleast_1d(*tensors: Any) -> Any:
    """Each tensor with at least one dimension."""
    return _atleast(tensors, lambda x: x if x._data.ndim else _reshape(x, (1,)))


def _atleast_2d(x: Tensor) -> Tensor:
    return x if x._data.ndim > 1 else unsqueeze(x, 0) if x._data.ndim else _reshape(x, (1, 1))


def atleast_2d(*tensors: Any) -> Any:
    """Each tensor with at least two dimensions; a vector becomes a row."""
    return _atleast(tensors, _atleast_2d)


def _atleast_3d(x: Tensor) -> Tensor:
    ndim = x._data.ndim
    if ndim == 0:
        return _reshape(x, (1, 1, 1))
    if ndim == 1:
        return unsqueeze(unsqueeze(x, 0), -1)
    return unsqueeze(x, -1) if ndim == 2 else x


def atleast_3d(*tensors: Any) -> Any:
    """Each tensor with at least three dimensions."""
    return _atleast(tensors, _atleast_3d)


METHODS: dict[str, Any] = {
    "contiguous": contiguous,
    "flatten": flatten,
    "ravel": ravel,
    "reshape": _reshape_method,
    "reshape_as": reshape_as,
    "squeeze": squeeze,
    "unflatten": unflatten,
    "unsqueeze": unsqueeze,
    "view": view,
    "view_as": view_as,
}

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "flatten",
    "ravel",
    "reshape",
    "squeeze",
    "unflatten",
    "unsqueeze",
]
