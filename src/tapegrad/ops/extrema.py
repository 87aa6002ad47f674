"""Largest and smallest elements, and where they are.

At ties `max()`, `min()`, `amax`, `amin` and `aminmax` share the gradient evenly among the elements that tie; the forms
over one dimension give all of it to the element whose index they return, the first one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import COMPLEX, F32, F64, I64, Array
from ..tensor.tensor import Tensor, new_tensor, wrap
from . import return_types
from .kinds import refuse
from .lines import put_lines
from .op import Op, operator
from .outputs import EXPECTED, given_out, given_outs
from .reductions import Dims, add_reduce, check_keepdim, chosen, dims_of, max_reduce, min_reduce, unreduced
from .vocabulary import where, word

make_tuple: Any = tuple.__new__

# -- words -------------------------------------------------------------------------------------------------------------


def count_true(mask: Array, dims: Dims | None, like: Array) -> Array:
    """How often a mask is true in each reduced group, counted in int64 and given in the dtype of `like`."""
    count: Array = add_reduce(mask, dims, I64, None, True)
    return count.astype(like.dtype)


word(
    "count_true",
    raw=count_true,
    tensor=lambda mask, dims, like: new_tensor(count_true(mask._data, dims, like._data)),
)

FEW = 1000
_ndarray = np.ndarray


def _is_short(x: Array) -> bool:
    """Whether to look for the place of the extremum, which is faster than to reduce a vector of few elements."""
    return x.__class__ is _ndarray and x.ndim == 1 and 0 < x.size <= FEW and (x.dtype is F32 or x.dtype is F64)


# -- the extremum of everything ----------------------------------------------------------------------------------------


@operator(node="MaxBackward1")
def max_all(x: Array, /) -> Array:
    """The largest element; NaN if there is one."""
    return x[x.argmax()] if _is_short(x) else max_reduce(x, None)


@operator(node="MinBackward1")
def min_all(x: Array, /) -> Array:
    """The smallest element; NaN if there is one."""
    return x[x.argmin()] if _is_short(x) else min_reduce(x, None)


def _evenly(g: Any, x: Any, out: Any) -> Any:
    mask = (x == out) | (x != x)  # an element equals the result, or is the NaN that made it NaN
    return where(mask, g / count_true(mask, None, g), 0)


max_all.with_rules(x=_evenly)
min_all.with_rules(x=_evenly)


# -- over several dimensions -------------------------------------------------------------------------------------------


@operator(name="amax_dims", node="AmaxBackward0")
def amax_dims(x: Array, /, dims: Dims, keepdim: bool) -> Array:
    """The largest elements over dimensions."""
    if not keepdim and _is_short(x):
        return x[x.argmax()]
    return max_reduce(x, dims, None, None, keepdim)


@operator(name="amin_dims", node="AminBackward0")
def amin_dims(x: Array, /, dims: Dims, keepdim: bool) -> Array:
    """The smallest elements over dimensions."""
    if not keepdim and _is_short(x):
        return x[x.argmin()]
    return min_reduce(x, dims, None, None, keepdim)


def _evenly_along(g: Any, x: Any, out: Any, x_shape: Any, dims: Any) -> Any:
    mask = x == unreduced(out, x_shape, dims)
    return unreduced(g, x_shape, dims) * mask / count_true(mask, dims, g)


amax_dims.with_rules(x=_evenly_along)
amin_dims.with_rules(x=_evenly_along)


@operator(name="aminmax_dims", node="AminmaxBackward0", outputs=(True, True))
def aminmax_dims(x: Array, /, dims: Dims, keepdim: bool) -> tuple[Array, Array]:
    """The smallest and the largest elements over dimensions."""
    return min_reduce(x, dims, None, None, keepdim), max_reduce(x, dims, None, None, keepdim)


@aminmax_dims.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, dims: Any) -> Any:
    """x ← g_min·m/Σ m + g_max·n/Σ n, m = x == min, n = x == max"""
    gradient = None
    for part, extremum in zip(g, out, strict=True):
        if part is not None:
            mask = x == unreduced(extremum, x_shape, dims)
            share = unreduced(part, x_shape, dims) * mask / count_true(mask, dims, part)
            gradient = share if gradient is None else gradient + share
    return gradient


# -- over one dimension, with indices ----------------------------------------------------------------------------------


@operator(name="max_line", node="MaxBackward0")
def max_line(x: Array, /, index: Array, dim: int, keepdim: bool) -> Array:
    """The largest element of each line; `index` is where it is, with `dim` kept."""
    return max_reduce(x, dim, None, None, keepdim) if x.ndim else np.copy(x)


@operator(name="min_line", node="MinBackward0")
def min_line(x: Array, /, index: Array, dim: int, keepdim: bool) -> Array:
    """The smallest element of each line; `index` is where it is, with `dim` kept."""
    return min_reduce(x, dim, None, None, keepdim) if x.ndim else np.copy(x)


def _to_index(g: Any, x_shape: Any, index: Any, dim: Any) -> Any:
    return put_lines(unreduced(g, x_shape, (dim,)), index, x_shape, dim, True)


max_line.with_rules(x=_to_index)
min_line.with_rules(x=_to_index)


# -- what users call ---------------------------------------------------------------------------------------------------


def _empty(name: str, dims: Dims | None, shape: tuple[int, ...], kind: type[Exception] = RuntimeError) -> Exception:
    """The error for the extremum of no elements."""
    for dim in dims or ():
        if shape[dim] == 0:
            return IndexError(
                f"{name}(): Expected reduction dim {dim} to have non-zero size. The tensor has shape {tuple(shape)}."
            )
    message = (
        f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the"
        f" 'dim' argument. The tensor has shape {tuple(shape)}."
    )
    return kind(message)


def _argmax(x: Array, dim: Any, *, keepdims: bool) -> Any:
    return x.argmax(dim, keepdims=keepdims)  # the method costs a tenth of NumPy's function


def _argmin(x: Array, dim: Any, *, keepdims: bool) -> Any:
    return x.argmin(dim, keepdims=keepdims)


def _extremum(
    name: str,
    ops: tuple[Op, Op],
    find: Any,
    input: Any,
    dim: Any,
    keepdim: bool,
    out: Any,
) -> Any:
    """`max` and `min` of one tensor."""
    try:
        x = input._data
    except AttributeError:
        raise wrong_argument(name, "input", 1, input) from None
    if x.dtype.kind == "c":
        if dim is not None:
            raise RuntimeError(f"{name}(): does not support complex input")
        refuse(f"{name}_all", input, "c")
    if dim is None:
        if x.size == 0:
            raise _empty(name, None, x.shape)
        y = ops[0].call(input)
        return y if out is None else given_out(out, y, input)
    if dim.__class__ is bool or not hasattr(dim, "__index__"):
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got (Tensor, {type(dim).__name__}). Its second"
            " argument is a dimension (int) or another tensor."
        )
    check_keepdim(name, keepdim)
    dim = wrap_dim(dim, x.ndim)
    if x.ndim and x.shape[dim] == 0:
        raise _empty(name, (dim,), x.shape)
    index = find(x, dim, keepdims=True) if x.ndim else np.zeros((), np.int64)
    values = ops[1].call(input, index, dim, keepdim)
    indices = new_tensor(index if keepdim else index.reshape(values._data.shape))
    results = make_tuple(getattr(return_types, name), (values, indices))
    return results if out is None else given_outs(out, results, input)


def _is_plain(input: Any) -> bool:
    """Whether there are elements, in single precision: nothing can be wrong with their extremum."""
    try:
        x = input._data
    except AttributeError:
        return False
    return x.dtype is F32 and x.size > 0


def max(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
    out: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Any:
    """The largest element; or those along a dimension, with their indices; or the larger elements of two tensors.

    - `max(x)`: a tensor of no dimensions. Ties share the gradient evenly.
    - `max(x, dim, keepdim=False)`: a named tuple (values, indices).
    - `max(x, other)`: `maximum(x, other)`.

    NaN counts as the largest of all.

    Raises:
        RuntimeError: no elements, and no `dim` given.
        IndexError: there is no such dimension, or it has length 0.

    >>> import tapegrad as torch
    >>> x = torch.tensor([[1.0, 5.0], [7.0, 2.0]])
    >>> x.max()
    tensor(7.)
    >>> x.max(1).indices
    tensor([1, 0])
    """
    if dim is None and other is None and out is None and axis is None and keepdims is None and _is_plain(input):
        return max_all.call(input)
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("max", dim, axis, keepdim, keepdims)
    if isinstance(dim, Tensor) or other is not None:
        from . import maximum

        return maximum(input, dim if other is None else other, out=out)
    return _extremum("max", (max_all, max_line), _argmax, input, dim, keepdim, out)


def min(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    other: Tensor | None = None,
    out: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Any:
    """The smallest element; or those along a dimension, with their indices; or the smaller elements of two tensors.

    The forms are those of `max`.  NaN counts as the smallest of all.

    >>> import tapegrad as torch
    >>> torch.min(torch.tensor([[1.0, 5.0], [7.0, 2.0]]), 0).values
    tensor([1., 2.])
    """
    if dim is None and other is None and out is None and axis is None and keepdims is None and _is_plain(input):
        return min_all.call(input)
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("min", dim, axis, keepdim, keepdims)
    if isinstance(dim, Tensor) or other is not None:
        from . import minimum

        return minimum(input, dim if other is None else other, out=out)
    return _extremum("min", (min_all, min_line), _argmin, input, dim, keepdim, out)


_WRONG_OUT = (
    "Expected the dtype for input and out to match, but got {wanted} for input's dtype and {found} for out's dtype."
)


def _over_dims(name: str, op: Op, input: Any, dim: Any, keepdim: bool, out: Any) -> Any:
    try:
        x = input._data
    except AttributeError:
        raise wrong_argument(name, "input", 1, input) from None
    refuse(f"{name[1:]}_values_cpu", input, "c")
    check_keepdim(name, keepdim)
    dims = dims_of(dim, x.ndim)
    if x.size == 0:
        whole = dim is None or (isinstance(dim, (tuple, list)) and not dim)
        if whole or any(x.shape[d] == 0 for d in dims):
            raise _empty(name, None if whole else dims, x.shape)
    y = op.call(input, dims, keepdim)
    return y if out is None else given_out(out, y, input, says=_WRONG_OUT)


def amax(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The largest elements over one, several or all dimensions; ties share the gradient evenly.

    Raises:
        IndexError: a dimension to reduce has length 0.

    >>> import tapegrad as torch
    >>> torch.amax(torch.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=(0, 1))
    tensor(7.)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("amax", dim, axis, keepdim, keepdims)
    return _over_dims("amax", amax_dims, input, dim, keepdim, out)


def amin(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The smallest elements over one, several or all dimensions; ties share the gradient evenly.

    >>> import tapegrad as torch
    >>> torch.amin(torch.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=0)
    tensor([1., 2.])
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("amin", dim, axis, keepdim, keepdims)
    return _over_dims("amin", amin_dims, input, dim, keepdim, out)


def aminmax(
    input: Tensor,
    *,
    dim: Any = None,
    keepdim: bool = False,
    out: Any = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Any:
    """The smallest and the largest element, overall or along one dimension, as a named tuple (min, max).

    Raises:
        RuntimeError: there are no elements.

    >>> import tapegrad as torch
    >>> torch.aminmax(torch.tensor([3.0, 1.0, 2.0]))
    torch.return_types.aminmax(
    min=tensor(1.),
    max=tensor(3.))
    """
    dim, keepdim = chosen("aminmax", dim, axis, keepdim, keepdims)
    x = input._data
    refuse("aminmax_cpu", input, "c")
    if dim is not None and not hasattr(dim, "__index__"):
        raise TypeError(f"aminmax(): argument 'dim' must be int, not {type(dim).__name__}")
    dims = dims_of(dim, x.ndim)
    if dim is None and x.size == 0:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
            f" The tensor has shape {tuple(x.shape)}."
        )
    if any(x.shape[d] == 0 for d in dims):
        raise IndexError(f"aminmax: Expected reduction dim {dims[0]} to have non-zero size.")
    results = make_tuple(return_types.aminmax, aminmax_dims.call(input, dims, keepdim))
    return results if out is None else given_outs(out, results, input)


def _where(name: str, find: Any, input: Any, dim: Any, keepdim: bool, out: Any) -> Tensor:
    """`argmax` and `argmin`."""
    try:
        x = input._data
    except AttributeError:
        raise wrong_argument(name, "input", 1, input) from None
    if x.dtype.kind == "b" or input.dtype.category == COMPLEX:
        kind = "bool" if x.dtype.kind == "b" else "complex"
        raise RuntimeError(f"{name}(): does not support {kind} input")
    check_keepdim(name, keepdim)
    if dim is None:
        if x.size == 0:
            raise IndexError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. The tensor has shape"
                f" {tuple(x.shape)}."
            )
        y = find(x, None, keepdims=keepdim)
    else:
        if not hasattr(dim, "__index__"):
            raise TypeError(f"{name}(): argument 'dim' (position 1) must be int, not {type(dim).__name__}")
        dim = wrap_dim(dim, x.ndim)
        if x.ndim and x.shape[dim] == 0:
            raise _empty(name, (dim,), x.shape)
        y = find(x, dim, keepdims=keepdim) if x.ndim else np.zeros((), np.int64)
    return wrap(y) if out is None else given_out(out, wrap(y), input, says=EXPECTED)


def argmax(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The index of the largest element, in the flattened tensor or along a dimension; the first at ties.

    Raises:
        IndexError: there are no elements, or no such dimension.

    >>> import tapegrad as torch
    >>> torch.argmax(torch.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("argmax", dim, axis, keepdim, keepdims)
    return _where("argmax", _argmax, input, dim, keepdim, out)


def argmin(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The index of the smallest element, in the flattened tensor or along a dimension; the first at ties.

    >>> import tapegrad as torch
    >>> torch.argmin(torch.tensor([[1.0, 5.0], [7.0, 2.0]]))
    tensor(0)
    """
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("argmin", dim, axis, keepdim, keepdims)
    return _where("argmin", _argmin, input, dim, keepdim, out)


for _op in (amax_dims, amin_dims, aminmax_dims, max_line, min_line):
    _op.in_order = True

METHODS: dict[str, Any] = {
    "amax": amax,
    "amin": amin,
    "aminmax": aminmax,
    "argmax": argmax,
    "argmin": argmin,
    "max": max,
    "min": min,
}

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]
