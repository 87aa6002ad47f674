"""`torch.nn.grad`: the gradients of convolutions, one at a time."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import enable_grad, is_grad_enabled
from ..autograd.passes import grad as gradient
from ..tensor.tensor import Tensor
from . import functional as F


def _of_input(convolve: Any, input_size: Any, weight: Tensor, grad_output: Tensor, options: tuple[Any, ...]) -> Tensor:
    x = weight.new_zeros(tuple(input_size)).requires_grad_()
    return _gradient(convolve, x, weight, x, grad_output, options)


def _of_weight(convolve: Any, input: Tensor, weight_size: Any, grad_output: Tensor, options: tuple[Any, ...]) -> Tensor:
    w = input.new_zeros(tuple(weight_size)).requires_grad_()
    return _gradient(convolve, input, w, w, grad_output, options)


def _gradient(convolve: Any, x: Any, w: Any, by: Tensor, grad_output: Tensor, options: tuple[Any, ...]) -> Tensor:
    recorded = is_grad_enabled() and (grad_output.requires_grad or (x if by is w else w).requires_grad)
    with enable_grad():
        out = convolve(x, w, None, *options)
        found: Tensor = gradient(out, by, grad_output, create_graph=recorded)[0]
    return found


def conv1d_input(
    input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv1d` by its input, whose shape is `input_size`.

    >>> import tapegrad as torch
    >>> torch.nn.grad.conv1d_input((1, 1, 3), torch.ones(1, 1, 2), torch.ones(1, 1, 2))
    tensor([[[1., 2., 1.]]])
    """
    return _of_input(F.conv1d, input_size, weight, grad_output, (stride, padding, dilation, groups))


def conv1d_weight(
    input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv1d` by its weight, whose shape is `weight_size`.

    >>> import tapegrad as torch
    >>> torch.nn.grad.conv1d_weight(torch.ones(1, 1, 3), (1, 1, 2), torch.ones(1, 1, 2))
    tensor([[[2., 2.]]])
    """
    return _of_weight(F.conv1d, input, weight_size, grad_output, (stride, padding, dilation, groups))


def conv2d_input(
    input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv2d` by its input, whose shape is `input_size`."""
    return _of_input(F.conv2d, input_size, weight, grad_output, (stride, padding, dilation, groups))


def conv2d_weight(
    input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv2d` by its weight, whose shape is `weight_size`."""
    return _of_weight(F.conv2d, input, weight_size, grad_output, (stride, padding, dilation, groups))


def conv3d_input(
    input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv3d` by its input, whose shape is `input_size`."""
    return _of_input(F.conv3d, input_size, weight, grad_output, (stride, padding, dilation, groups))


def conv3d_weight(
    input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Tensor:  # fmt: skip
    """The gradient of `conv3d` by its weight, whose shape is `weight_size`."""
    return _of_weight(F.conv3d, input, weight_size, grad_output, (stride, padding, dilation, groups))
