"""Normalisation and dropout as torch's lowest level has them: with statistics, or the mask, as further results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor, new_tensor
from .normalization import batch_norm, group_norm, layer_norm, moments
from .op import operator
from .outputs import given_out
from .pointwise import tensors_of

Norms = tuple[Tensor, Tensor, Tensor]


def native_layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> Norms:
    """`layer_norm`, and the mean and the reciprocal standard deviation of each sample.

    >>> import tapegrad as torch
    >>> torch.native_layer_norm(torch.tensor([[1.0, 3.0]]), (2,), None, None, 0.0)
    (tensor([[-1.,  1.]]), tensor([[2.]]), tensor([[1.]]))
    """
    y = layer_norm(input, normalized_shape, weight, bias, eps)
    ndim = input._data.ndim
    mean, rstd = _statistics(input._data, tuple(range(ndim - len(normalized_shape), ndim)), eps)
    return y, new_tensor(mean), new_tensor(rstd)


def native_group_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    N: int,
    C: int,
    HxW: int,
    group: int,
    eps: float,
) -> Norms:
    """`group_norm`, and the mean and the reciprocal standard deviation of each group, which can be differentiated.

    Args:
        N, C, HxW: the numbers of samples, channels, and elements of a channel.
        group: the number of groups.

    >>> import tapegrad as torch
    >>> torch.native_group_norm(torch.tensor([[[1.0], [3.0]]]), None, None, 1, 2, 1, 1, 0.0)[1]
    tensor([[2.]])
    """
    y = group_norm(input, group, weight, bias, eps)
    parts: Any = input.reshape(N, group, C // group * HxW)
    return y, parts.mean(-1), (parts.var(-1, correction=0) + eps).rsqrt()


def native_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    *,
    out: Any = None,
) -> Norms:
    """`batch_norm`, and the mean and the reciprocal standard deviation of each channel; none of these in evaluation.

    >>> import tapegrad as torch
    >>> torch.native_batch_norm(torch.tensor([[1.0], [3.0]]), None, None, None, None, True, 0.1, 0.0)[1:]
    (tensor([2.]), tensor([1.]))
    """
    y = batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)
    x = input._data
    if training:
        mean, rstd = (part.reshape(-1) for part in _statistics(x, (0, *range(2, x.ndim)), eps))
    else:
        mean = rstd = np.zeros(0, x.dtype)
    results = y, new_tensor(mean), new_tensor(rstd)
    if out is None:
        return results
    operands = [t for t in (input, weight, bias) if t is not None]
    first, second, third = (given_out(o, r, *operands) for o, r in zip(out, results, strict=True))
    return first, second, third


def _native_batch_norm_legit(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, *arguments: Any, out: Any = None
) -> Norms:
    """`native_batch_norm`; without running statistics where only `training`, `momentum` and `eps` follow."""
    running: tuple[Any, ...] = (None, None) if len(arguments) == 3 else ()
    return native_batch_norm(input, weight, bias, *running, *arguments, out=out)


def _statistics(x: Array, dims: tuple[int, ...], eps: float) -> tuple[Array, Array]:
    mean, variance = moments(x, dims)
    rstd = 1 / np.sqrt(variance + variance.dtype.type(eps))
    return mean.astype(x.dtype, copy=False), rstd.astype(x.dtype, copy=False)


# -- dropout ----------------------------------------------------------------------------------------------------------


@operator(name="dropped", node="NativeDropoutBackward0", constants=("mask",))
def dropped(x: Array, mask: Array, /, scale: float) -> Array:
    """x times a scale where the mask is True, else 0."""
    return x * mask * x.dtype.type(scale)


@operator(name="dropped_backward", node="NativeDropoutBackwardBackward0", constants=("mask",))
def dropped_backward(g: Array, mask: Array, /, scale: float) -> Array:
    """The gradient of `dropped`."""
    return g * mask * g.dtype.type(scale)


dropped.rule("x")(lambda g, mask, scale: dropped_backward(g, mask, scale))
dropped_backward.rule("g")(lambda g, mask, scale: dropped(g, mask, scale))
dropped.linear_in("x")
dropped_backward.linear_in("g")


def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """Dropout, and which elements were kept.

    Args:
        p: the probability of an element to become 0.
        train: False keeps all elements.

    >>> import tapegrad as torch
    >>> torch.native_dropout(torch.ones(2), 0.5, False)
    (tensor([1., 1.]), tensor([True, True]))
    """
    from ..random.sampling import dropout_mask

    x = tensors_of("native_dropout", input=input)[0]._data
    if p == 0 or train is False or x.size == 0:
        kept = np.ones(x.shape, bool)
        return dropped.call(input, new_tensor(kept), 1.0), new_tensor(kept)
    kept = np.zeros(x.shape, bool) if p == 1 else dropout_mask(x, x.shape, p).astype(bool)
    mask = new_tensor(kept)
    return dropped.call(input, mask, 0.0 if p == 1 else 1 / (1 - p)), mask


def native_dropout_backward(grad_output: Tensor, mask: Tensor, scale: float) -> Tensor:
    """The gradient of `native_dropout`, from the elements that were kept and their scale."""
    if grad_output._data.dtype.kind not in "fcV":
        product: Tensor = grad_output * mask * scale
        return product
    return dropped_backward.call(grad_output, mask, scale)


METHODS: dict[str, Any] = {}

__all__ = ["_native_batch_norm_legit", "native_batch_norm", "native_dropout", "native_group_norm", "native_layer_norm"]
