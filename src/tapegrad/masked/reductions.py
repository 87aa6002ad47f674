"""Reductions of the elements that a mask selects.

In all of them `dim` is one or several dimensions, None or () for all; `mask` holds truth values, broadcasts to the
input, and selects everything if it is left out; `dtype` is the type to compute in.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

from .. import ops
from ..ops.norms import vector_norm
from ..tensor import dtypes
from ..tensor.dtypes import COMPLEX, FLOAT, dtype
from ..tensor.factories import ones
from ..tensor.tensor import Tensor
from .masks import dims_of, filled, input_mask, one_dim, summed_in

Dims = int | Sequence[int] | None


def sum(
    input: Tensor, dim: Dims = None, *, keepdim: Any = False, dtype: dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The sum of the selected elements; 0 where there are none.

    Args:
        dtype: of the result; for integers int64 by default.

    >>> import tapegrad as torch
    >>> torch.masked.sum(torch.tensor([1, 2, 3]), mask=torch.tensor([True, False, True]))
    tensor(4)
    """
    kind = summed_in(input.dtype) if dtype is None else dtype
    dims = dims_of(dim, input.ndim)
    return ops.sum(filled("sum", input, mask), dims, builtins.bool(keepdim), dtype=kind)


def prod(
    input: Tensor, dim: Dims = None, *, keepdim: Any = False, dtype: dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The product of the selected elements; 1 where there are none.

    >>> import tapegrad as torch
    >>> torch.masked.prod(torch.tensor([2, 3, 4]), mask=torch.tensor([True, False, True]))
    tensor(8)
    """
    kind = summed_in(input.dtype) if dtype is None else dtype
    y = filled("prod", input, mask)
    y = y if y.dtype is kind else y.to(kind)
    for d in sorted(dims_of(dim, input.ndim), reverse=True):
        y = ops.prod(y, d, builtins.bool(keepdim))
    return y


def amax(
    input: Tensor, dim: Dims = None, *, keepdim: Any = False, dtype: dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The largest of the selected elements; where there are none, the least number of the type.

    >>> import tapegrad as torch
    >>> torch.masked.amax(torch.tensor([1.0, 3.0, 2.0]), mask=torch.tensor([True, False, True]))
    tensor(2.)
    """
    return _ordered("amax", ops.amax, input, dims_of(dim, input.ndim), keepdim, dtype, mask)


def amin(
    input: Tensor, dim: Dims = None, *, keepdim: Any = False, dtype: dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The smallest of the selected elements; where there are none, the largest number of the type.

    >>> import tapegrad as torch
    >>> torch.masked.amin(torch.tensor([2.0, 1.0, 3.0]), mask=torch.tensor([True, False, True]))
    tensor(2.)
    """
    return _ordered("amin", ops.amin, input, dims_of(dim, input.ndim), keepdim, dtype, mask)


def argmax(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: Any = False,
    dtype: dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The place of the largest of the selected elements, as a number of the input's type; 0 where there are none.

    Args:
        dim: one dimension; None for the place in the flattened tensor.

    >>> import tapegrad as torch
    >>> torch.masked.argmax(torch.tensor([1, 3, 2]), mask=torch.tensor([True, False, True]))
    tensor(2)
    """
    return _ordered("argmax", ops.argmax, input, dim, keepdim, dtype, mask)


def argmin(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: Any = False,
    dtype: dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The place of the smallest of the selected elements, as a number of the input's type; 0 where there are none.

    >>> import tapegrad as torch
    >>> torch.masked.argmin(torch.tensor([2, 1, 3]), mask=torch.tensor([True, False, True]))
    tensor(0)
    """
    return _ordered("argmin", ops.argmin, input, dim, keepdim, dtype, mask)


def logsumexp(
    input: Tensor, dim: Dims = None, *, keepdim: Any = False, dtype: dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The logarithm of the sum of e^x over the selected elements; -inf where there are none.

    >>> import tapegrad as torch
    >>> torch.masked.logsumexp(torch.tensor([0.0, 9.0, 0.0]), mask=torch.tensor([True, False, True]))
    tensor(0.6931)
    """
    y = ops.logsumexp(filled("logsumexp", input, mask), dims_of(dim, input.ndim), keepdim)
    kind = input.dtype if dtype is None else dtype
    return y if y.dtype is kind else y.to(kind)


def _ordered(
    name: str, reduce: Callable[..., Any], input: Tensor, dim: Any, keepdim: Any, kind: dtype | None, mask: Any
) -> Tensor:
    """A reduction that does not take a type, to which its result is converted."""
    y: Tensor = reduce(filled(name, input, mask), dim, builtins.bool(keepdim))
    kind = input.dtype if kind is None else kind
    return y if y.dtype is kind else y.to(kind)


def mean(
    input: Tensor, dim: Dims = None, *, keepdim: Any = False, dtype: dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The mean of the selected elements; NaN where there are none.

    Raises:
        ValueError: the type computed in holds integers.

    >>> import tapegrad as torch
    >>> torch.masked.mean(torch.tensor([1.0, 2.0, 3.0]), mask=torch.tensor([True, False, True]))
    tensor(2.)
    """
    kind = input.dtype if dtype is None else dtype
    if kind.category < FLOAT:
        whose = "Input" if dtype is None else "Optional"
        raise ValueError(
            f"mean(): Could not infer output dtype. {whose} dtype must be either a floating point or complex dtype."
            f" Got: {kind}"
        )
    return sum(input, dim, keepdim=keepdim, dtype=kind, mask=mask) / _count(input, dim, keepdim, mask)


def _count(input: Tensor, dim: Dims, keepdim: Any, mask: Tensor | None) -> Tensor:
    """How many elements are selected."""
    return sum(ones(tuple(input.shape), dtype=dtypes.int64), dim, keepdim=keepdim, mask=mask)


def median(
    input: Tensor, dim: int = -1, *, keepdim: bool = False, dtype: dtype | None = None, mask: Tensor | None = None
) -> Tensor:
    """The median of the selected elements over a dimension, the lower of two; NaN where there are none.

    Args:
        dim: one dimension, the last by default.
        dtype: of the result for integers.

    Raises:
        ValueError: no element of a line of integers is selected.

    >>> import tapegrad as torch
    >>> torch.masked.median(torch.tensor([1.0, 2.0, 3.0, 4.0]), mask=torch.tensor([True, False, True, True]))
    tensor(3.)
    """
    x = input if input.dtype.category == FLOAT else input.to(dtypes.float32)
    y = ops.nanmedian(filled("median", x, mask), one_dim(dim, input.ndim), keepdim).values
    if x is input:
        return y
    if ops.isnan(y).any().item():
        raise ValueError("masked median expects no fully masked out rows if dtype is not floating point")
    return y.to(input.dtype if dtype is None else dtype)


def norm(
    input: Tensor,
    ord: float = 2.0,
    dim: Dims = None,
    *,
    keepdim: Any = False,
    dtype: dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The norm of the selected elements, as of `torch.linalg.vector_norm`; 0 where there are none (inf for ord=-inf).

    >>> import tapegrad as torch
    >>> torch.masked.norm(torch.tensor([3.0, 9.0, 4.0]), 2, mask=torch.tensor([True, False, True]))
    tensor(5.)
    """
    kind = input.dtype if dtype is None else dtype
    x = filled("norm", input, mask, ord)
    return vector_norm(x, ord, dims_of(dim, input.ndim), builtins.bool(keepdim), dtype=kind)


def var(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: Any = False,
    dtype: dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The variance of the selected elements: the sum of squared distances from their mean, by n - correction.

    Args:
        unbiased: the older form of correction=1 (True) and correction=0.
        correction: 1 by default.

    Raises:
        AssertionError: both `unbiased` and `correction` are given.

    >>> import tapegrad as torch
    >>> torch.masked.var(torch.tensor([1.0, 9.0, 3.0]), mask=torch.tensor([True, False, True]))
    tensor(2.)
    """
    return _variance(input, dim, unbiased, correction, keepdim, dtype, mask, lambda y: y)


def std(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: Any = False,
    dtype: dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """The standard deviation of the selected elements, the root of `var`.

    >>> import tapegrad as torch
    >>> torch.masked.std(torch.tensor([1.0, 9.0, 3.0]), mask=torch.tensor([True, False, True]))
    tensor(1.4142)
    """
    return _variance(input, dim, unbiased, correction, keepdim, dtype, mask, ops.sqrt)


def _variance(
    input: Tensor,
    dim: Dims,
    unbiased: bool | None,
    correction: float | None,
    keepdim: Any,
    kind: dtype | None,
    mask: Tensor | None,
    finish: Callable[[Tensor], Tensor],
) -> Tensor:
    if unbiased is not None and correction is not None:
        raise AssertionError("Only one of unbiased and correction may be given")
    taken = correction if correction is not None else 1 if unbiased is None else int(unbiased)
    if kind is None:
        kind = input.dtype if input.dtype.category >= FLOAT else dtypes.float32
    inside = dtypes.float32 if kind.category < FLOAT else kind
    if mask is not None:
        mask = input_mask(input, mask)
    count = _count(input, dim, True, mask)
    distance = input - sum(input, dim, keepdim=True, dtype=inside, mask=mask) / count
    total = sum(distance * distance.conj(), dim, keepdim=keepdim, dtype=inside, mask=mask)
    if not keepdim:
        count = count.reshape(total.shape)
    if taken:
        count = count.to(inside.to_real() if inside.category == COMPLEX else inside) - taken
        count = ops.maximum(count, count.new_zeros([]))
    y = total / count
    return finish(y if y.dtype is kind else y.to(kind))
