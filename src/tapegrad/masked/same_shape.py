"""Operations whose result has the input's shape, on the elements that a mask selects.

Elements of the result that the mask leaves out are of no meaning.  Arguments are those of `reductions.py`; `dim` is one
dimension.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..tensor.dtypes import dtype
from ..tensor.tensor import Tensor
from .masks import filled, one_dim
from .reductions import norm


def softmax(input: Tensor, dim: int, *, dtype: dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """e^x divided by its sum over the selected elements of a dimension; NaN where none is selected.

    >>> import tapegrad as torch
    >>> torch.masked.softmax(torch.tensor([0.0, 9.0, 0.0]), 0, mask=torch.tensor([True, False, True]))
    tensor([0.5000, 0.0000, 0.5000])
    """
    return _exponentials("softmax", ops.softmax, input, dim, dtype, mask)


def log_softmax(input: Tensor, dim: int, *, dtype: dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """The logarithm of `softmax`.

    >>> import tapegrad as torch
    >>> torch.masked.log_softmax(torch.tensor([0.0, 9.0, 0.0]), 0, mask=torch.tensor([True, False, True]))
    tensor([-0.6931,    -inf, -0.6931])
    """
    return _exponentials("log_softmax", ops.log_softmax, input, dim, dtype, mask)


def softmin(input: Tensor, dim: int, *, dtype: dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """`softmax` of -x.

    >>> import tapegrad as torch
    >>> torch.masked.softmin(torch.tensor([0.0, -9.0, 0.0]), 0, mask=torch.tensor([True, False, True]))
    tensor([0.5000, 0.0000, 0.5000])
    """
    return _exponentials("softmin", lambda x, d, kind: ops.softmax(-x, d, kind), input, dim, dtype, mask)


def _exponentials(
    name: str, function: Callable[..., Any], input: Tensor, dim: int, kind: dtype | None, mask: Tensor | None
) -> Tensor:
    x = filled(name, input, mask)
    result: Tensor = function(x, one_dim(dim, input.ndim), input.dtype if kind is None else kind)
    return result


def cumsum(input: Tensor, dim: int, *, dtype: dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """Running sums of the selected elements.

    Args:
        dtype: the input's by default, also of integers.

    >>> import tapegrad as torch
    >>> torch.masked.cumsum(torch.tensor([1, 2, 3]), 0, mask=torch.tensor([True, False, True]))
    tensor([1, 1, 4])
    """
    kind = input.dtype if dtype is None else dtype
    return ops.cumsum(filled("cumsum", input, mask), one_dim(dim, input.ndim), dtype=kind)


def cumprod(input: Tensor, dim: int, *, dtype: dtype | None = None, mask: Tensor | None = None) -> Tensor:
    """Running products of the selected elements.

    >>> import tapegrad as torch
    >>> torch.masked.cumprod(torch.tensor([2, 3, 4]), 0, mask=torch.tensor([True, False, True]))
    tensor([2, 2, 8])
    """
    kind = input.dtype if dtype is None else dtype
    return ops.cumprod(filled("cumprod", input, mask), one_dim(dim, input.ndim), dtype=kind)


def logaddexp(
    input: Tensor,
    other: Tensor,
    *,
    dtype: dtype | None = None,
    input_mask: Tensor | None = None,
    other_mask: Tensor | None = None,
) -> Tensor:
    """log(e^input + e^other), where elements that are not selected count for nothing.

    >>> import tapegrad as torch
    >>> x = torch.zeros(2)
    >>> torch.masked.logaddexp(x, x, other_mask=torch.tensor([True, False]))
    tensor([0.6931, 0.0000])
    """
    a, b = filled("logaddexp", input, input_mask), filled("logaddexp", other, other_mask)
    y = ops.logaddexp(a, b)
    kind = input.dtype if dtype is None else dtype
    return y if y.dtype is kind else y.to(kind)


def normalize(
    input: Tensor,
    ord: float,
    dim: int,
    *,
    eps: float = 1e-12,
    dtype: dtype | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """x divided by the norm of the selected elements of a dimension, or by `eps` if that is larger.

    >>> import tapegrad as torch
    >>> torch.masked.normalize(torch.tensor([3.0, 9.0, 4.0]), 2.0, 0, mask=torch.tensor([True, False, True]))
    tensor([0.6000, 0.0000, 0.8000])
    """
    length = norm(input, ord, one_dim(dim, input.ndim), keepdim=True, dtype=dtype, mask=mask)
    return filled("normalize", input, mask) / ops.maximum(length, length.new_full([], eps))
