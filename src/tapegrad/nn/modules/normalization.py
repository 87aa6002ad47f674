"""Layers that normalise each sample by itself."""

from __future__ import annotations

import numbers
from typing import Any

from ...tensor.factories import empty
from ...tensor.tensor import Parameter, Tensor
from .. import functional as F
from .. import init
from .module import Module

_shape_t = int | list[int] | tuple[int, ...]


class LocalResponseNorm(Module):
    """x / (k + alpha · mean square of `size` neighbouring channels)^beta.

    Args:
        size: how many channels.
        alpha, beta, k: as in the formula.

    Reference: Krizhevsky and others, ImageNet Classification with Deep Convolutional Neural Networks, 2012.

    >>> import tapegrad as torch
    >>> torch.nn.LocalResponseNorm(2, alpha=1.0, beta=1.0)(torch.ones(1, 2, 1)).flatten()
    tensor([0.6667, 0.5000])
    """

    __constants__ = ["size", "alpha", "beta", "k"]
    size: int
    alpha: float
    beta: float
    k: float

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """The normalised (N, C, *)."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    """`LocalResponseNorm` of (N, C, H, W), with windows as Caffe had them.

    >>> import tapegrad as torch
    >>> torch.nn.CrossMapLRN2d(3, alpha=3.0, beta=1.0)(torch.ones(1, 2, 1, 1)).flatten()
    tensor([0.3333, 0.3333])
    """

    size: int
    alpha: float
    beta: float
    k: float

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        """The normalised (N, C, H, W)."""
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
        x: Any = input
        channels = x.shape[1]
        before = int((self.size - 1) / 2)  # channels of the window on either side
        squares = x * x
        padded = F.pad(squares, (0, 0, 0, 0, before, before))
        total = padded.narrow(1, 0, channels)
        for i in range(1, 2 * before + 1):
            total = total + padded.narrow(1, i, channels)
        beyond = channels - before - 1
        if beyond > 0:  # torch's running sum never lets go of the first channel
            first = squares.narrow(1, 0, 1).expand(-1, beyond, -1, -1)
            total = total + F.pad(first, (0, 0, 0, 0, before + 1, 0))
        return x * (total * (self.alpha / self.size) + self.k) ** -self.beta

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LayerNorm(Module):
    """Normalise over the last dimensions to mean 0 and variance 1, then scale and shift each element.

    Args:
        normalized_shape: the last dimensions, as a number or several.
        eps: added to the variance.
        elementwise_affine: whether there is a scale.
        bias: and a shift.

    Attributes:
        weight: the scale, shape `normalized_shape`, 1 at first; or None.
        bias: the shift, likewise, 0 at first; or None.

    Reference: Ba and others, Layer Normalization, 2016.

    >>> import tapegrad as torch
    >>> torch.nn.LayerNorm(2)(torch.tensor([[1.0, 3.0]]))
    tensor([[-1.0000,  1.0000]], grad_fn=<NativeLayerNormBackward0>)
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]
    normalized_shape: tuple[int, ...]
    eps: float
    elementwise_affine: bool
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: _shape_t,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        for name, there in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            made = Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if there else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale by 1, shift by 0."""
        _reset(self)

    def forward(self, input: Tensor) -> Tensor:
        """The normalised tensor, of the same shape."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine},"
            f" bias={self.bias is not None}"
        )


def _as_shape(shape: Any) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, numbers.Integral) else tuple(shape)  # type: ignore[return-value]  # it is int


def _reset(layer: Any) -> None:
    if layer.weight is not None:
        init.ones_(layer.weight)
    if layer.bias is not None:
        init.zeros_(layer.bias)


class GroupNorm(Module):
    """Normalise each sample over groups of channels, then scale and shift each channel.

    Args:
        num_groups: how many groups; divides `num_channels`.
        num_channels: the second dimension of the input.
        eps: added to the variance.
        affine: whether there is a scale.
        bias: and a shift.

    Attributes:
        weight: the scale, shape (num_channels,), 1 at first; or None.
        bias: the shift, likewise, 0 at first; or None.

    Reference: Wu and He, Group Normalization, 2018.

    >>> import tapegrad as torch
    >>> torch.nn.GroupNorm(1, 2, affine=False)(torch.tensor([[1.0, 3.0]]))
    tensor([[-1.0000,  1.0000]])
    """

    __constants__ = ["num_groups", "num_channels", "eps", "affine"]
    num_groups: int
    num_channels: int
    eps: float
    affine: bool
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        for name, there in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, Parameter(empty(num_channels, device=device, dtype=dtype)) if there else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale by 1, shift by 0."""
        _reset(self)

    def forward(self, input: Tensor) -> Tensor:
        """The normalised (N, C, *)."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine},"
            f" bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divide by the root of the mean square over the last dimensions, then scale each element.

    Args:
        normalized_shape: the last dimensions, as a number or several.
        eps: added to the mean square; that of the dtype if not given.
        elementwise_affine: whether there is a scale.

    Attributes:
        weight: the scale, shape `normalized_shape`, 1 at first; or None.

    Reference: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.

    >>> import tapegrad as torch
    >>> torch.nn.RMSNorm(2, elementwise_affine=False)(torch.tensor([[3.0, 3.0]]))
    tensor([[1., 1.]])
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]
    normalized_shape: tuple[int, ...]
    eps: float | None
    elementwise_affine: bool
    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: _shape_t,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _as_shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        made = Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale by 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """The normalised tensor, of the same shape."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


__all__ = ["CrossMapLRN2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]
