"""Normalisation to mean 0 and variance 1 over some dimensions: layer_norm, group_norm, batch_norm and their kin."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..autograd import batching
from ..autograd.views import wrote
from ..errors import wrong_argument
from ..quiet import make_quiet
from ..tensor.blocks import LARGE
from ..tensor.device import contiguous_format
from ..tensor.dtypes import Array
from ..tensor.strides import empty_like, in_order
from ..tensor.tensor import Tensor, new_tensor
from . import row_kernels
from .accepts import not_implemented
from .op import operator
from .vocabulary import on_tensors, phrase, reshaped, sum_to, summed, word

_sum: Any = np.add.reduce

Shape = tuple[int, ...]


def moments(x: Array, dims: Shape) -> tuple[Array, Array]:
    """Mean and variance over some dimensions, which are kept with size 1; halves in single precision."""
    if x.itemsize == 2:
        x = x.astype(np.float32)
    count = prod([x.shape[d] for d in dims])
    mean = _sum(x, dims, None, None, True) / count
    centred = x - mean
    centred *= centred
    return mean, _sum(centred, dims, None, None, True) / count


@operator(name="normalized")
def normalized(
    x: Array, weight: Array | None = None, bias: Array | None = None, /,
    mean: Any = None, rstd: Any = None, shape: Shape = (), affine: Shape = (), dims: Shape | None = (),
    eps: float = 0.0, made: Array | None = None,
) -> Array:  # fmt: skip
    """(x - mean) · rstd · weight + bias.

    Args:
        weight, bias: None for 1 and 0.
        mean, rstd: mean and reciprocal standard deviation of x over `dims`.
        shape: in which x is taken, such as (N, groups, channels of a group, …).
        affine: the shape in which weight and bias broadcast to that.
        dims: the dimensions over which x is normalised; None if mean and rstd are given numbers, as in evaluation.
        made: the result, where a kernel has made it along with the statistics.
    """
    if made is not None:
        return made
    if x.size > LARGE and _of_rows(affine, dims):
        rows = row_kernels.normalized(x.reshape(-1, prod(affine)), weight, bias, mean, rstd)
        if rows is not None:
            return rows.reshape(x.shape)
    y = (x.reshape(shape) - mean) * rstd
    if weight is not None:
        y = y * weight.reshape(affine)
    if bias is not None:
        y = y + bias.reshape(affine)
    y = y.astype(x.dtype, copy=False).reshape(x.shape)
    return y if x.ndim > 3 else in_order(y)  # images may keep their channels last


def _of_rows(affine: Shape, dims: Shape | None) -> bool:
    """Whether each row is normalised, and weight and bias are of its shape: layer norm."""
    return dims is not None and len(dims) == len(affine)


def _gradients_by_rows(
    g: Array, x: Array, weight: Array | None, mean: Array, rstd: Array, affine: Shape, dims: Shape | None, needs: Any
) -> Any:
    """The gradients of layer norm by the row, in the shapes of the inputs."""
    if not _of_rows(affine, dims):
        return None
    length = prod(affine)
    found = row_kernels.normalized_gradients(g.reshape(-1, length), x.reshape(-1, length), weight, mean, rstd, needs)
    if found is None:
        return None
    shapes = x.shape, affine, affine
    return [y if y is None or y.shape == s else y.reshape(s) for y, s in zip(found, shapes, strict=True)]


def _not_by_rows(*_: Any) -> None:
    """Recorded gradients are computed in steps."""


word("normalized_by_rows", raw=_gradients_by_rows, tensor=_not_by_rows)


def _kept_statistics(x: Any, mean: Array, rstd: Array, dims: Shape | None, eps: float) -> tuple[Any, Any]:
    """On arrays, the statistics are those of the forward pass."""
    return mean, rstd


def _recorded_statistics(x: Any, mean: Array, rstd: Array, dims: Shape | None, eps: float) -> tuple[Any, Any]:
    """On tensors they are computed anew: they depend on x, too."""
    kind = x._data.dtype
    if dims is None:
        return new_tensor(mean.astype(kind, copy=False)), new_tensor(rstd.astype(kind, copy=False))
    total, count = on_tensors("summed"), prod([x.shape[d] for d in dims])
    centre = total(x, dims, True) / count
    off = x - centre
    return centre, 1 / on_tensors("sqrt")(total(off * off, dims, True) / count + eps)


word("statistics", raw=_kept_statistics, tensor=_recorded_statistics)


@phrase
def count_in(shape: Any, dims: Any) -> int:
    """The number of elements in some dimensions."""
    count = 1
    for d in dims:
        count *= shape[d]
    return count


@normalized.rule("x", "weight", "bias")
def _(
    g: Any, x: Any, weight: Any, x_shape: Any, weight_shape: Any, bias_shape: Any, mean: Any, rstd: Any, shape: Any,
    affine: Any, dims: Any, eps: Any, needs: Any,
) -> Any:  # fmt: skip
    """x ← (h - mean(h) - n·mean(h·n))·rstd, n = (x - mean)·rstd, h = g·weight
    weight ← Σ g·n
    bias ← Σ g
    """
    found = normalized_by_rows(g, x, weight, mean, rstd, affine, dims, needs)  # type: ignore[name-defined]  # noqa: F821 - a word
    if found is not None:
        return found
    view = reshaped(g, shape)
    by_x = by_weight = by_bias = None
    if needs[0] or needs[1]:
        whole = reshaped(x, shape)
        centre, scale = statistics(whole, mean, rstd, dims, eps)  # type: ignore[name-defined]  # noqa: F821 - a word
        normal = (whole - centre) * scale
        if needs[1]:
            by_weight = reshaped(sum_to(view * normal, affine), weight_shape)
        if needs[0]:
            inner = view if weight is None else view * reshaped(weight, affine)
            if dims is None:
                by_x = inner * scale
            else:
                count = count_in(shape, dims)
                along = normal * (summed(inner * normal, dims, True) / count)
                by_x = (inner - summed(inner, dims, True) / count - along) * scale
            by_x = reshaped(by_x, x_shape)
    if needs[2]:
        by_bias = reshaped(sum_to(view, affine), bias_shape)
    return by_x, by_weight, by_bias


_layer = normalized.twin("layer", node="NativeLayerNormBackward0")
_layer.in_order = True
_group = normalized.twin("group", node="NativeGroupNormBackward0")
_batch = normalized.twin("batch", node="NativeBatchNormBackward0")


def _apply(op: Any, x: Tensor, weight: Any, bias: Any, shape: Shape, affine: Shape, dims: Shape, eps: float) -> Tensor:
    data = x._data
    found = None
    if _of_rows(affine, dims):
        length, kept = prod(affine), (*shape[: -len(dims)], *[1] * len(dims))
        w, b = (None if t is None else t._data for t in (weight, bias))
        if (rows := row_kernels.layer_norm(data, w, b, length, kept, eps)) is not None:
            made, mean, rstd = rows
            return op.call(x, weight, bias, mean, rstd, shape, affine, dims, eps, made)
        if data.size > LARGE:
            found = row_kernels.moments(data.reshape(-1, length))
    if found is None:
        mean, variance = moments(data.reshape(shape), dims)
    else:
        mean, variance = (m.reshape(kept) for m in found)
    rstd = 1 / np.sqrt(variance + variance.dtype.type(eps))
    return op.call(x, weight, bias, mean, rstd, shape, affine, dims, eps, None)


def _check_floating(kernel: str, x: Tensor) -> None:
    if x._data.dtype.kind not in "fV":
        raise not_implemented(kernel, x.dtype)


def _normalized_shape(input: Tensor, normalized_shape: Sequence[int], stars: str, **affine: Any) -> Shape:
    """The shape of the last dimensions to normalise over, checked."""
    if not isinstance(input, Tensor):
        raise wrong_argument("layer_norm", "input", 1, input)
    shape = tuple(int(n) for n in normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got"
            " normalized_shape = []"
        )
    for name, t in affine.items():
        if t is not None and t._data.shape != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape"
                f" {list(t._data.shape)} and normalized_shape = {list(shape)}"
            )
    if input._data.shape[-len(shape) :] != shape:
        inside = ", ".join(str(n) for n in shape)
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [{stars}{inside}], but got input of"
            f" size{list(input._data.shape)}"
        )
    return shape


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """Normalise over the last dimensions to mean 0 and variance 1, then scale and shift each element.

    Args:
        input: shape (*, *normalized_shape).
        normalized_shape: the sizes of the last dimensions.
        weight, bias: of this shape.
        eps: added to the variance.

    Raises:
        RuntimeError: the shapes do not fit.

    >>> import tapegrad as torch
    >>> torch.layer_norm(torch.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    shape = _normalized_shape(input, normalized_shape, "*, ", weight=weight, bias=bias)
    _check_floating("LayerNormKernelImpl", input)
    x = input._data
    return _apply(_layer, input, weight, bias, x.shape, shape, tuple(range(x.ndim - len(shape), x.ndim)), eps)


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divide by the root of the mean square over the last dimensions, then scale each element.

    Args:
        input: shape (*, *normalized_shape).
        weight: shape `normalized_shape`.
        eps: added to the mean square; by default the spacing of the dtype's numbers at 1.

    Raises:
        RuntimeError: the shapes do not fit.
    """
    from .scaling import shifted_by

    shape = _normalized_shape(input, normalized_shape, "*", weight=weight)
    x: Any = input
    kind = input.dtype
    if kind.itemsize == 2:
        x = x.float()
    if eps is None:
        eps = float(np.finfo(x._data.dtype).eps)
    mean: Any = (x**2).mean(tuple(range(-len(shape), 0)), keepdim=True)
    out: Any = x * shifted_by(mean, eps).rsqrt()
    if weight is not None:
        out = out * weight
    if not empty_like(x._data, x._data.dtype).flags.c_contiguous:  # torch's product would lie as its first factor does
        out = out.clone(memory_format=contiguous_format)
    return out if kind.itemsize != 2 else out.to(kind)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Normalise each sample over groups of channels (dimension 1), then scale and shift each channel.

    Args:
        input: shape (N, C, *).
        num_groups: a divisor of C.
        weight, bias: shape (C,).
        eps: added to the variance.

    Raises:
        RuntimeError: the shapes do not fit.
    """
    shape = input._data.shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {len(shape)}")
    n, c = shape[:2]
    if num_groups <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if c % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape"
            f" {list(shape)} and num_groups={num_groups}"
        )
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t._data.shape != (c,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, but got {name} of"
                f" shape {list(t._data.shape)} and input of shape {list(shape)}"
            )
    _check_floating("GroupNormKernelImpl", input)
    each = c // num_groups
    rest = prod(shape[2:])
    x: Any
    x, w, b = (None if t is None else t.contiguous() for t in (input, weight, bias))
    return _apply(_group, x, w, b, (n, num_groups, each, rest), (1, num_groups, each, 1), (2, 3), eps)


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Normalise each channel (dimension 1) over all others, then scale and shift it.

    Args:
        input: shape (N, C, *).
        weight, bias, running_mean, running_var: shape (C,).
        training: normalise by the statistics of the input, and move the running ones towards them, in place; else
            normalise by the running ones.
        momentum: the weight of the new statistics.
        eps: added to the variance.

    Raises:
        RuntimeError: the shapes do not fit, or there are no running statistics to evaluate with.
    """
    shape = input._data.shape
    c = shape[1] if len(shape) > 1 else 0
    if not training:
        for name, t in (("running_mean", running_mean), ("running_var", running_var)):
            if t is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
    for name, t in (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)):
        if t is not None and t.numel() != c:
            raise RuntimeError(f"{name} should contain {c} elements not {t.numel()}")
    if input.numel() == 0:
        empty: Any = input.clone()
        if weight is not None:
            empty = empty * weight[0]
        return empty if bias is None else empty + bias[0]
    if len(shape) < 2:
        raise IndexError(f"Dimension out of range (expected to be in range of [-1, {len(shape) - 1}], but got 1)")
    if not isinstance(momentum, (int, float)):
        raise TypeError(f"batch_norm(): argument 'momentum' (position 7) must be float, not {type(momentum).__name__}")
    _check_floating("batch_norm", input)
    affine = (1, c) + (1,) * (len(shape) - 2)
    if not training:
        assert running_mean is not None and running_var is not None
        variance = running_var._data.reshape(affine)
        rstd = 1 / np.sqrt(variance + variance.dtype.type(eps))
        mean = running_mean._data.reshape(affine)
        if not mean.flags.owndata:
            mean = mean.copy()  # the running mean may change before the backward pass
        return _batch.call(input, weight, bias, mean, rstd, shape, affine, None, eps, None)
    dims = (0, *range(2, len(shape)))
    mean, variance = moments(input._data, dims)
    count = prod(shape) // c if c else 0
    if running_mean is not None:
        _move(running_mean, mean.reshape(-1), momentum)
    if running_var is not None:
        _move(running_var, variance.reshape(-1) * (count / max(count - 1, 1)), momentum)
    rstd = 1 / np.sqrt(variance + variance.dtype.type(eps))
    return _batch.call(input, weight, bias, mean, rstd, shape, affine, dims, eps, None)


def _move(running: Tensor, new: Array, momentum: float) -> None:
    """Move running statistics towards new ones."""
    kind = running._data.dtype.type
    if batching.running:
        batching.make_room(running, new)
    running._data[...] = kind(momentum) * new.astype(kind, copy=False) + kind(1 - momentum) * running._data
    wrote(running)


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Normalise each channel of each sample over its elements, then scale and shift it.

    The samples are taken as channels of one large sample, for `batch_norm`.

    Args:
        input: shape (N, C, *).
        weight, bias, running_mean, running_var: shape (C,).
        use_input_stats: normalise by the statistics of the input, else by the running ones.

    Raises:
        RuntimeError: there are no running statistics, but `use_input_stats` is False.
    """
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    shape = input._data.shape
    n, c = shape[:2]

    def repeated(t: Any) -> Any:
        return None if t is None else t.repeat(n)

    means, variances = repeated(running_mean), repeated(running_var)
    x: Any = input
    out: Any = batch_norm(
        x.contiguous().view(1, n * c, *shape[2:]), repeated(weight), repeated(bias), means, variances,
        use_input_stats, momentum, eps,
    )  # fmt: skip
    for running, moved in ((running_mean, means), (running_var, variances)):
        if running is not None and use_input_stats:
            running._data[...] = moved._data.reshape(n, c).mean(0)
            wrote(running)
    return out.view(shape)


make_quiet(globals())

METHODS: dict[str, Any] = {}

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"]
