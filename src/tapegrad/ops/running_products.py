"""Products over dimensions and running products, with derivatives that hold at zeros.

The derivative of a product by one factor is the product of the others: the whole divided by the factor or, where a
factor is 0, the product of all factors before it times that of all factors after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import F32, I64, Array, dtype, numpy_dtype
from ..tensor.tensor import Tensor
from .op import operator
from .outputs import EXPECTED, given_out
from .reductions import check_keepdim, chosen, unreduced
from .scans import linear_scan, running_sum, running_type, scanned, scanned_in_place, shift_lines
from .vocabulary import fit, phrase, reshaped, word

multiply_reduce: Callable[..., Array] = np.multiply.reduce
_running: Any = np.multiply.accumulate

_FEW = 8  # elements that NumPy multiplies one after the other

# -- running products --------------------------------------------------------------------------------------------------


@operator(node="CumprodBackward0", holomorphic=True)
def running_product(x: Array, /, dim: int, kind: Any, reverse: bool = False) -> Array:
    """The running product along a dimension, from the front or from the back, in the type `kind`."""
    if not x.ndim:
        return x.astype(kind)
    if reverse:
        x = np.flip(x, dim)
    wide = running_type(kind)
    y = np.multiply.accumulate(x.astype(kind), dim, wide)
    y = y if wide is kind else y.astype(kind)
    return np.copy(np.flip(y, dim)) if reverse else y  # no negative strides: gradients are seen by users


@running_product.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, x_dtype: Any, dim: Any, kind: Any, reverse: Any) -> Any:
    """x_i ← Σ_{k≥i} g_k·out_k/x_i, at zeros without the division"""
    if not x_shape or x_shape[dim] == 1:  # a single factor
        return fit(g, (x_shape, x_dtype))
    if not has_zero(x):
        return fit(running_sum(g * out, dim, kind, not reverse) / x, (x_shape, x_dtype))
    # The same without the division: what comes before x[i], times a sequence of what comes after.
    by = -1 if reverse else 1
    before = shift_lines(out, dim, by, 1)
    after = linear_scan(shift_lines(x, dim, -by, 0), g, dim, not reverse)
    return fit(before * after, (x_shape, x_dtype))


def cumprod(
    input: Tensor,
    dim: Any = None,
    *,
    dtype: dtype | None = None,
    out: Tensor | None = None,
    axis: Any = None,
) -> Tensor:
    """The running product along a dimension: y[i] = x[0] · … · x[i].

    Args:
        input: any shape; integers and bools are multiplied as int64.
        dim: the dimension.
        dtype: convert the elements first.

    >>> import tapegrad as torch
    >>> torch.cumprod(torch.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 2., 6.])
    """
    return scanned("cumprod", running_product, input, dim if axis is None else axis, dtype, out)


def _cumprod_in_place(self: Tensor, dim: int, *, dtype: dtype | None = None) -> Tensor:
    """In-place form of `cumprod`."""
    return scanned_in_place(running_product, self, dim, dtype)


# -- products ----------------------------------------------------------------------------------------------------------


def has_zero(x: Array) -> bool:
    """Whether any element is 0; decides between two formulas that agree where both hold."""
    return not all_rows(x).all()


word("has_zero", raw=has_zero, tensor=lambda x: has_zero(x._data))


@phrase
def product_of_others(x: Any, dim: int, kind: Any) -> Any:
    """For each element the product of all others along the dimension."""
    before = shift_lines(running_product(x, dim, kind, False), dim, 1, 1)
    after = shift_lines(running_product(x, dim, kind, True), dim, -1, 1)
    return before * after


def _product(x: Array, dims: Any, kind: Any, keepdim: bool) -> Array:
    if x.dtype is not kind:
        x = x.astype(kind)
    elif dims is None and kind is F32 and x.__class__ is np.ndarray and x.ndim == 1 and 0 < x.size < _FEW:
        found: Array = _running(x)[-1]
        return found
    if kind.itemsize == 2 and kind.kind not in "iub":
        return multiply_reduce(x, dims, F32, None, keepdim).astype(kind)
    return multiply_reduce(x, dims, kind, None, keepdim)


@operator(name="prod_all", node="ProdBackward0", holomorphic=True)
def prod_all(x: Array, /, kind: Any) -> Array:
    """The product of all elements, in the type `kind`."""
    return _product(x, None, kind, False)


@prod_all.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, x_dtype: Any, kind: Any) -> Any:
    """x ← g·out/x; where a factor is 0, g·the product of the others"""
    if not x_shape:  # a single factor
        return fit(g, (x_shape, x_dtype))
    if has_zero(x):
        others = reshaped(product_of_others(reshaped(x, (-1,)), 0, kind), x_shape)
    else:
        others = out / x
    return fit(g * others, (x_shape, x_dtype))


@operator(name="prod_line", node="ProdBackward1", holomorphic=True)
def prod_line(x: Array, /, dim: int, kind: Any, keepdim: bool) -> Array:
    """The product along a dimension, in the type `kind`."""
    return _product(x, dim if x.ndim else (), kind, keepdim)


@prod_line.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, x_dtype: Any, dim: Any, kind: Any) -> Any:
    """x ← g·out/x; where a factor is 0, g·the product of the others"""
    if not x_shape:
        return fit(g, (x_shape, x_dtype))
    if has_zero(x):
        others = product_of_others(x, dim, kind)
    else:
        others = unreduced(out, x_shape, (dim,)) / x
    return fit(unreduced(g, x_shape, (dim,)) * others, (x_shape, x_dtype))


def prod(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
    out: Tensor | None = None,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The product of all elements, or along one dimension.

    Args:
        input: any shape; integers and bools are multiplied as int64.
        dim: the dimension; all elements if not given.
        keepdim: keep the dimension, with length 1.
        dtype: convert the elements first.

    >>> import tapegrad as torch
    >>> torch.prod(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), 0)
    tensor([3., 8.])
    """
    dim, keepdim = chosen("prod", dim, axis, keepdim, keepdims)
    check_keepdim("prod", keepdim)
    if not isinstance(input, Tensor):
        raise wrong_argument("prod", "input", 1, input)
    x = input._data
    if out is not None:
        return given_out(out, prod(input, dim, keepdim, dtype=dtype or out.dtype), input, says=EXPECTED)
    if dtype is not None:
        kind = numpy_dtype(dtype)
    else:
        kind = I64 if x.dtype.kind in "iub" else x.dtype
    if dim is None:
        return prod_all.call(input, kind)
    if not hasattr(dim, "__index__"):
        raise TypeError(
            f"prod() received an invalid combination of arguments - got (Tensor, {type(dim).__name__}). It reduces one"
            " dimension (int) or all."
        )
    return prod_line.call(input, wrap_dim(dim, x.ndim), kind, keepdim)


for _op in (running_product, prod_line):
    _op.in_order = True

METHODS = {"cumprod": cumprod, "cumprod_": _cumprod_in_place, "prod": prod}

__all__ = ["cumprod", "prod"]
