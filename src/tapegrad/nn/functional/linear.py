"""Linear layers and look-ups."""

from __future__ import annotations

from typing import Any

from ...autograd.batching import all_rows
from ...ops.pointwise import write_out
from ...ops.sums_of_products import addmm
from ...tensor.tensor import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """x · weightᵀ + bias.

    Args:
        input: shape (*, in_features).
        weight: shape (out_features, in_features), or (in_features,).
        bias: shape (out_features,), or ().

    Raises:
        RuntimeError: the shapes do not fit.
    """
    x: Any = input
    w: Any = weight
    if not (x._data.ndim and w._data.ndim):
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {x._data.ndim}D and {w._data.ndim}D"
        )
    if out is not None:
        result = linear(input, weight, bias)
        return write_out(out, result._data, result.dtype, (input, weight))
    if bias is None:
        return x.mm(w.t()) if x._data.ndim == w._data.ndim == 2 else x.matmul(w.t())
    if w._data.ndim == 2:
        if x._data.ndim == 2:
            return addmm(bias, x, w.t())
        if x._data.flags.c_contiguous:  # one product of matrices
            flat: Any = addmm(bias, x.view(-1, x.shape[-1]), w.t())
            return flat.view(*x.shape[:-1], w.shape[0])
    return x.matmul(w.t()).add_(bias)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x1ᵀ · weight[k] · x2 + bias[k] for each output k; weight has shape (out, in1, in2).

    Raises:
        RuntimeError: the shapes do not fit.
    """
    from ...ops.einstein import einsum

    _check_bilinear(input1._data.shape, input2._data.shape, weight._data.shape, None if bias is None else bias.shape)
    out: Any = einsum("...i,kij,...j->...k", input1, weight, input2)
    return out if bias is None else out + bias


def _check_bilinear(x1: Any, x2: Any, weight: Any, bias: Any) -> None:
    if len(x1) != len(x2):
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {len(x1)} and {len(x2)}")
    for dim, (m, n) in enumerate(zip(x1[:-1], x2[:-1], strict=True)):
        if m != n:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {m} and {n}")
    for i, x in enumerate((x1, x2), 1):
        if len(weight) > i and x[-1] != weight[i]:
            raise RuntimeError(
                f"bilinear(): input{i} size does not match weight size: got {x[-1]} but expected {weight[i]}"
            )
    if bias is not None and len(bias) and bias[0] != weight[0]:
        raise RuntimeError(f"bilinear(): bias size does not match weight size: got {bias[0]} but expected {weight[0]}")


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A last dimension of zeros with a 1 at each index.

    Raises:
        RuntimeError: an index is negative or not below `num_classes`; the tensor is not int64.

    >>> import tapegrad as torch
    >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    import numpy as np

    from ...tensor.dtypes import I64
    from ...tensor.tensor import new_tensor

    index = tensor._data
    if index.dtype is not I64:
        raise RuntimeError(
            f"one_hot is only applicable to index tensor of type LongTensor. Found {tensor.dtype}: write x.long()."
        )
    if index.size == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return new_tensor(np.zeros((*index.shape, num_classes), I64))
    every = all_rows(index)
    if every.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(every.max()) + 1
    elif num_classes < 1:
        raise RuntimeError("num_classes should be positive")
    elif every.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return new_tensor((index[..., None] == np.arange(num_classes)).astype(I64, order="C"))


__all__ = ["bilinear", "linear", "one_hot"]
