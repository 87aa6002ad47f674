"""Sums and means, over all elements or over some dimensions.

Every reduction has two records, as torch has two graph nodes: one over everything (`SumBackward0`), one over dimensions
(`SumBackward1`).  Sums of float16 and bfloat16 are accumulated in float32, those of integers and bools in int64.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod as size_of
from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError, wrong_argument
from ..tensor import dtypes
from ..tensor.arguments import shape_of, wrap_dims
from ..tensor.dtypes import F32, F64, I64, Array, dtype, numpy_dtype, scalar_type_name
from ..tensor.tensor import Tensor, wrap
from .op import operator
from .outputs import EXPECTED, given_out
from .summation import UNROLLED, over_dims
from .summation import total as total_in_order
from .vocabulary import RAW, TENSOR, everywhere, exp, expand, fit, isnan, on_tensors, phrase, reshaped, where

# NumPy's reductions, by position: (array, dims, dtype, out, keepdim).
add_reduce: Callable[..., Array] = np.add.reduce
max_reduce: Callable[..., Array] = np.maximum.reduce
min_reduce: Callable[..., Array] = np.minimum.reduce

Dims = tuple[int, ...]

_ndarray = np.ndarray
_running: Callable[..., Any] = np.add.accumulate

# -- what reductions share ---------------------------------------------------------------------------------------------


def dims_of(dim: Any, ndim: int) -> Dims:
    """The dimensions to reduce, counted from the front, as NumPy takes them; None and () stand for all."""
    if dim.__class__ is int and ndim:
        if 0 <= dim < ndim:
            return (dim,)
        if -ndim <= dim < 0:
            return (dim + ndim,)
    dims = wrap_dims(dim, ndim)
    return dims if ndim else ()


def kept(shape: tuple[int, ...], dims: Dims) -> tuple[int, ...]:
    """A shape with the given dimensions reduced to 1."""
    return tuple([1 if i in dims else n for i, n in enumerate(shape)])


def count_of(shape: tuple[int, ...], dims: Dims) -> int:
    """How many elements are reduced into one."""
    return size_of([shape[i] for i in dims])


RAW["kept"] = TENSOR["kept"] = kept
RAW["count_of"] = TENSOR["count_of"] = count_of
RAW["size_of"] = TENSOR["size_of"] = size_of


@phrase
def unreduced(y: Any, shape: tuple[int, ...], dims: Dims) -> Any:
    """What belongs to each reduced group, with the reduced dimensions back at length 1."""
    return reshaped(y, kept(shape, dims))


@phrase
def unsummed(g: Any, shape: tuple[int, ...], dims: Dims) -> Any:
    """The transpose of a sum: each group's value for all of its elements."""
    return expand(reshaped(g, kept(shape, dims)), shape)


def accumulator(kind: np.dtype[Any]) -> np.dtype[Any]:
    """The type in which elements of a type are added up."""
    if kind.kind in "iub":
        return I64
    return F32 if kind.itemsize == 2 else kind


def total(x: Array, dims: Dims | None, keepdim: bool) -> Array:
    """The sum of an array over dimensions (None: all), in the type that torch returns."""
    kind = x.dtype
    if kind is F32 or kind is F64:
        return total_in_order(x) if dims is None and not keepdim else over_dims(x, dims, keepdim)
    y = add_reduce(x, dims, accumulator(kind), None, keepdim)
    return y.astype(kind) if kind.itemsize == 2 and kind.kind not in "iu" else y


def chosen(function: str, dim: Any, axis: Any, keepdim: bool, keepdims: Any) -> tuple[Any, bool]:
    """`dim` and `keepdim`, which may have been given by NumPy's names.

    Raises:
        TypeError: both names were used.
    """
    if axis is not None:
        if dim is not None:
            raise TypeError(f"{function}() got both 'dim' and 'axis', which mean the same: give one of them")
        dim = axis
    return dim, keepdim if keepdims is None else keepdims


def check_keepdim(name: str, keepdim: Any) -> None:
    """Refuse `x.sum(0, 1)`, in which the 1 is taken for a second dimension by whoever wrote it."""
    if keepdim is not True and keepdim is not False:
        raise TypeError(
            f"{name}(): argument 'keepdim' must be bool, not {type(keepdim).__name__}. Several dimensions are given as"
            " a tuple: dim=(0, 1)."
        )


def _floating(name: str, what: str, kind: dtype) -> None:
    if kind.category < dtypes.FLOAT:
        raise DtypeError(
            f"{name}(): could not infer output dtype. {what} dtype must be either a floating point or complex dtype."
            f" Got: {scalar_type_name(kind)}",
            f"Convert the integers first, as with x.float().{name}(), or pass dtype=torch.float32."
            if what == "Input"
            else "Pass a floating-point dtype, such as torch.float32.",
        )


# -- sum ---------------------------------------------------------------------------------------------------------------


@operator(name="sum_all", node="SumBackward0")
def sum_all(x: Array, /) -> Array:
    """The sum of all elements."""
    kind = x.dtype
    if kind is F32 or kind is F64:
        if x.__class__ is _ndarray and x.ndim == 1 and 0 < x.size <= UNROLLED:  # as `total_in_order` does
            return _running(x)[-1] + 0.0
        return total_in_order(x)
    return total(x, None, False)


sum_all.linear_in("x").with_rules(x=lambda g, x_shape: everywhere(g, x_shape))


@operator(name="sum_dims", node="SumBackward1")
def sum_dims(x: Array, /, dims: Dims, keepdim: bool) -> Array:
    """The sum over some dimensions."""
    return total(x, dims, keepdim)


sum_dims.linear_in("x").with_rules(x=lambda g, x_shape, dims: unsummed(g, x_shape, dims))


@operator(name="sum_all_as", node="SumBackward0")
def sum_all_as(x: Array, /, kind: np.dtype[Any]) -> Array:
    """The sum of all elements, converted to a type before they are added."""
    return total(x.astype(kind), None, False).astype(kind)


sum_all_as.linear_in("x").with_rules(x=lambda g, x_shape, x_dtype: fit(everywhere(g, x_shape), (x_shape, x_dtype)))


@operator(name="sum_dims_as", node="SumBackward1")
def sum_dims_as(x: Array, /, dims: Dims, keepdim: bool, kind: np.dtype[Any]) -> Array:
    """The sum over some dimensions, of elements converted to a type before they are added."""
    return total(x.astype(kind), dims, keepdim).astype(kind)


sum_dims_as.linear_in("x").with_rules(
    x=lambda g, x_shape, x_dtype, dims: fit(unsummed(g, x_shape, dims), (x_shape, x_dtype))
)


def sum(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The sum of all elements, or over one or several dimensions.

    Args:
        input: any shape and dtype.
        dim: the dimension or dimensions to sum over; all if not given.
        keepdim: keep the dimensions summed over, with length 1.
        dtype: convert the elements first; integers and bools are summed as int64 otherwise.

    Raises:
        IndexError: there is no such dimension.

    >>> import tapegrad as torch
    >>> x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> x.sum(), x.sum(0), x.sum(1, keepdim=True)
    (tensor(10.), tensor([4., 6.]), tensor([[3.],
            [7.]]))
    """
    try:
        x = input._data
    except AttributeError:
        raise wrong_argument("sum", "input", 1, input) from None
    if dim is None and keepdim is False and dtype is None and out is None and axis is None and keepdims is None:
        return sum_all.call(input)
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("sum", dim, axis, keepdim, keepdims)
    if out is not None:
        return given_out(out, sum(input, dim, keepdim, dtype=dtype or out.dtype), input, says=EXPECTED)
    if keepdim is not False:
        check_keepdim("sum", keepdim)
    if dtype is None:
        if dim is None and not keepdim:
            return sum_all.call(input)
        return sum_dims.call(input, dims_of(dim, x.ndim), keepdim)
    kind = numpy_dtype(dtype)
    if dim is None and not keepdim:
        return sum_all_as.call(input, kind)
    return sum_dims_as.call(input, dims_of(dim, x.ndim), keepdim, kind)


# -- mean --------------------------------------------------------------------------------------------------------------


def _mean(x: Array, dims: Dims | None, keepdim: bool) -> Array:
    kind = x.dtype
    n = x.size if dims is None else count_of(x.shape, dims)
    if kind is F32 or kind is F64:
        return (total_in_order(x) if dims is None and not keepdim else over_dims(x, dims, keepdim)) / n
    y = add_reduce(x, dims, accumulator(kind), None, keepdim) / n
    return y.astype(kind)


@operator(name="mean_all", node="MeanBackward0")
def mean_all(x: Array, /) -> Array:
    """The mean of all elements."""
    kind = x.dtype
    if kind is F32 or kind is F64:
        n = x.size
        if 0 < n <= UNROLLED and x.__class__ is _ndarray and x.ndim == 1:  # as `total_in_order` does
            return (_running(x)[-1] + 0.0) / n
        return total_in_order(x) / n
    return _mean(x, None, False)


mean_all.linear_in("x").with_rules(x=lambda g, x_shape: everywhere(g / size_of(x_shape), x_shape))


@operator(name="mean_dims", node="MeanBackward1")
def mean_dims(x: Array, /, dims: Dims, keepdim: bool) -> Array:
    """The mean over some dimensions."""
    return _mean(x, dims, keepdim)


mean_dims.linear_in("x").with_rules(x=lambda g, x_shape, dims: unsummed(g / count_of(x_shape, dims), x_shape, dims))


@operator(name="mean_all_as", node="MeanBackward0")
def mean_all_as(x: Array, /, kind: np.dtype[Any]) -> Array:
    """The mean of all elements, converted to a type before they are added."""
    return _mean(x.astype(kind), None, False)


mean_all_as.linear_in("x")


@mean_all_as.rule("x")
def _(g: Any, x_shape: Any, x_dtype: Any) -> Any:
    return fit(everywhere(g / size_of(x_shape), x_shape), (x_shape, x_dtype))


@operator(name="mean_dims_as", node="MeanBackward1")
def mean_dims_as(x: Array, /, dims: Dims, keepdim: bool, kind: np.dtype[Any]) -> Array:
    """The mean over some dimensions, of elements converted to a type before they are added."""
    return _mean(x.astype(kind), dims, keepdim)


mean_dims_as.linear_in("x")


@mean_dims_as.rule("x")
def _(g: Any, x_shape: Any, x_dtype: Any, dims: Any) -> Any:
    return fit(unsummed(g / count_of(x_shape, dims), x_shape, dims), (x_shape, x_dtype))


def mean(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The mean of all elements, or over one or several dimensions.

    Args:
        input: any shape, floating point or complex.
        dim: the dimension or dimensions to average over; all if not given.
        keepdim: keep these dimensions, with length 1.
        dtype: convert the elements first.

    Raises:
        RuntimeError: `input` holds integers or bools and no `dtype` is given.
        IndexError: there is no such dimension.

    >>> import tapegrad as torch
    >>> torch.mean(torch.tensor([[1.0, 2.0], [3.0, 6.0]]), dim=1)
    tensor([1.5000, 4.5000])
    """
    try:
        x = input._data
    except AttributeError:
        raise wrong_argument("mean", "input", 1, input) from None
    if dim is None and keepdim is False and dtype is None and out is None and axis is None and keepdims is None:
        kind = x.dtype
        if kind is F32 or kind is F64:
            return mean_all.call(input)
    if axis is not None or keepdims is not None:
        dim, keepdim = chosen("mean", dim, axis, keepdim, keepdims)
    if keepdim is not False:
        check_keepdim("mean", keepdim)
    if dtype is None:
        kind = x.dtype
        if kind is not F32 and kind is not F64:
            _floating("mean", "Input", input.dtype)
        y = (
            mean_all.call(input)
            if dim is None and not keepdim
            else mean_dims.call(input, dims_of(dim, x.ndim), keepdim)
        )
    else:
        _floating("mean", "Optional", dtypes.as_dtype(dtype))
        kind = numpy_dtype(dtype)
        if dim is None and not keepdim:
            y = mean_all_as.call(input, kind)
        else:
            y = mean_dims_as.call(input, dims_of(dim, x.ndim), keepdim, kind)
    return y if out is None else given_out(out, y, input)


# -- sums that leave NaN out -------------------------------------------------------------------------------------------


@operator(node="NansumBackward0")
def nansum_dims(x: Array, /, dims: Dims, keepdim: bool, kind: np.dtype[Any]) -> Array:
    """The sum over some dimensions of what is not NaN, in a type."""
    return total(np.where(np.isnan(x), 0, x).astype(kind), dims, keepdim)


@nansum_dims.rule("x")
def _(g: Any, x: Any, x_shape: Any, x_dtype: Any, dims: Any) -> Any:
    return fit(where(isnan(x), 0, unsummed(g, x_shape, dims)), (x_shape, x_dtype))


def nansum(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The sum of the elements that are not NaN, overall or over dimensions; arguments as for `sum`.

    Raises:
        RuntimeError: `input` is complex.

    >>> import tapegrad as torch
    >>> torch.nansum(torch.tensor([1.0, torch.nan, 3.0]))
    tensor(4.)
    """
    dim, keepdim = chosen("nansum", dim, axis, keepdim, keepdims)
    if not isinstance(input, Tensor):
        raise wrong_argument("nansum", "input", 1, input)
    if input.dtype.category < dtypes.FLOAT:
        return sum(input, dim, keepdim, dtype=dtype, out=out)
    if input.dtype.category == dtypes.COMPLEX:
        raise DtypeError(
            "nansum on CPU does not support complex inputs", "Sum the parts: torch.complex(x.real.nansum(), …)."
        )
    kind = input._data.dtype if dtype is None else numpy_dtype(dtype)
    y = nansum_dims.call(input, dims_of(dim, input._data.ndim), keepdim, kind)
    return y if out is None else given_out(out, y, input)


def nanmean(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The mean of the elements that are not NaN, overall or over dimensions; arguments as for `mean`.

    Raises:
        RuntimeError: `input` holds integers, bools or complex numbers.

    >>> import tapegrad as torch
    >>> torch.nanmean(torch.tensor([1.0, torch.nan, 3.0]))
    tensor(2.)
    """
    dim, keepdim = chosen("nanmean", dim, axis, keepdim, keepdims)
    if not isinstance(input, Tensor):
        raise wrong_argument("nanmean", "input", 1, input)
    if input.dtype.category < dtypes.FLOAT:
        raise DtypeError(
            "nanmean(): expected input to have floating point or complex dtype but got"
            f" {scalar_type_name(input.dtype)}",
            "Convert the integers first: x.float().nanmean().",
        )
    x = input._data
    count = wrap(add_reduce(~np.isnan(x), dims_of(dim, x.ndim), I64, None, keepdim))
    y: Tensor = nansum(input, dim, keepdim, dtype=dtype) / count
    return y if out is None else given_out(out, y, input)


# -- log-sum-exp -------------------------------------------------------------------------------------------------------


@operator(name="logsumexp_dims", node="LogsumexpBackward0", holomorphic=True)
def logsumexp_dims(x: Array, /, dims: Dims, keepdim: bool) -> Array:
    """log(sum(exp(x))) over dimensions, with the largest element taken out so that nothing overflows."""
    if x.size == 0:
        return np.log(total(x, dims, keepdim))
    top = max_reduce(x.real, dims, None, None, True)
    top = np.where(np.isinf(top), 0, top)
    y = np.log(total(np.exp(x - top), dims, keepdim))
    return y + (top if keepdim else np.reshape(top, y.shape))


@logsumexp_dims.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, dims: Any) -> Any:
    return unreduced(g, x_shape, dims) * exp(x - unreduced(out, x_shape, dims))


def logsumexp(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """log(Σ exp(x)) over one or several dimensions, without overflow.

    Args:
        input: any shape; integers are computed as floats.
        dim: the dimension or dimensions to sum over.
        keepdim: keep these dimensions, with length 1.

    >>> import tapegrad as torch
    >>> torch.logsumexp(torch.tensor([1000.0, 1000.0]), 0)
    tensor(1000.6932)
    """
    dim, keepdim = chosen("logsumexp", dim, axis, keepdim, keepdims)
    if not isinstance(input, Tensor):
        raise wrong_argument("logsumexp", "input", 1, input)
    if dim is None:
        raise TypeError('logsumexp() missing 1 required positional arguments: "dim"')
    x = input._data
    if out is not None:
        if out.dtype.category < dtypes.FLOAT:
            found = scalar_type_name(out.dtype)
            raise DtypeError(f"logsumexp(): Expected floating point type for result tensor, but got: {found}")
        return given_out(out, logsumexp(input.to(out.dtype), dim, keepdim), input)
    if input.dtype.category < dtypes.FLOAT:
        input = wrap(x.astype(dtypes.default.numpy))
    return logsumexp_dims.call(input, dims_of(dim, x.ndim), keepdim)


def sum_to_size(self: Tensor, *size: Any) -> Tensor:
    """The sum over what broadcasting from the shape `size` to this tensor's would add or stretch.

    Raises:
        RuntimeError: the shape does not broadcast to the tensor's.
    """
    shape = shape_of(size)
    mine = tuple(self._data.shape)
    extra = len(mine) - len(shape)
    if extra < 0 or any(n not in (1, m) for n, m in zip(shape, mine[extra:], strict=True)):
        raise ShapeError(
            f"size {{{list(shape)}}} is not expandable to size {{{list(mine)}}}.",
            "Sizes are matched from the last dimension; each must be 1 or the tensor's own.",
        )
    if not shape:
        return sum(self)
    if shape == mine:
        return self
    total: Tensor = on_tensors("sum_to")(self, shape)
    return total


for _op in (sum_dims, sum_dims_as, mean_dims, mean_dims_as, nansum_dims, logsumexp_dims):
    _op.in_order = True

METHODS = {
    "logsumexp": logsumexp,
    "mean": mean,
    "nanmean": nanmean,
    "nansum": nansum,
    "sum": sum,
    "sum_to_size": sum_to_size,
}

__all__ = ["logsumexp", "mean", "nanmean", "nansum", "sum"]
