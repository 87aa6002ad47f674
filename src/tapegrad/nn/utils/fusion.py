"""Taking batch normalisation, as it is in use, into the weights of the layer before it."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from ...tensor.tensor import Parameter, Tensor

M = TypeVar("M")


def fuse_conv_bn_eval(conv: M, bn: Any, transpose: bool = False) -> M:
    """A convolution that computes what a convolution and the batch norm after it compute.

    Args:
        conv: the convolution, in `eval` mode.
        bn: the batch norm, likewise, with running statistics.
        transpose: the convolution is a transposed one.

    Raises:
        AssertionError: one of them is in training, or there are no running statistics.

    >>> import tapegrad as torch
    >>> conv, bn, x = torch.nn.Conv2d(1, 2, 3).eval(), torch.nn.BatchNorm2d(2).eval(), torch.randn(1, 1, 4, 4)
    >>> torch.allclose(torch.nn.utils.fuse_conv_bn_eval(conv, bn)(x), bn(conv(x)), atol=1e-6)
    True
    """
    fused: Any = _copied(conv, bn)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of `fuse_conv_bn_eval`, from those of both layers.

    Args:
        conv_w, conv_b: weight and bias of the convolution.
        bn_rm, bn_rv, bn_eps: running mean and variance, and what is added to the variance.
        bn_w, bn_b: weight and bias of the batch norm.
        transpose: the convolution is a transposed one, whose output channels are the second dimension.
    """
    channels = 1 if transpose else 0
    shape = [1] * conv_w.ndim
    shape[channels] = -1
    return _fused(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, tuple(shape))


def fuse_linear_bn_eval(linear: M, bn: Any) -> M:
    """A linear layer that computes what a linear layer and the batch norm after it compute.

    Args:
        linear: the linear layer, in `eval` mode.
        bn: the batch norm, likewise, with running statistics of as many features, or of one.

    Raises:
        AssertionError: one of them is in training, sizes differ, or there are no running statistics.
    """
    fused: Any = _copied(linear, bn)
    if bn.num_features not in (fused.out_features, 1):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got"
            f" linear.out_features={fused.out_features} and bn.num_features={bn.num_features}"
        )
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of `fuse_linear_bn_eval`, from those of both layers; see `fuse_conv_bn_weights`."""
    return _fused(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, (-1, 1))


def _copied(layer: Any, bn: Any) -> Any:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    return copy.deepcopy(layer)


def _fused(
    w: Any, b: Any, mean: Any, variance: Any, eps: float, bn_w: Any, bn_b: Any, shape: tuple[int, ...]
) -> tuple[Parameter, Parameter]:
    scale = (variance + eps).rsqrt()
    if bn_w is not None:
        scale = bn_w * scale
    bias = -mean if b is None else b - mean
    bias = bias * scale
    if bn_b is not None:
        bias = bias + bn_b
    weight = Parameter((w * scale.reshape(shape)).to(w.dtype), w.requires_grad)
    like = mean if b is None else b  # a layer without a bias gets one like the running mean
    return weight, Parameter(bias.to(like.dtype), like.requires_grad)


__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]
