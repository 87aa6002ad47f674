"""Patches of images as columns, and back."""

from __future__ import annotations

from math import prod
from typing import Any

from ...ops.convolution import Size, expanded
from ...ops.convolving import folded, unfolded
from ...ops.convolving import output_size as places
from ...ops.patches import Ints
from ...tensor.tensor import Tensor


def _pairs(kernel: Any, dilation: Any, padding: Any, stride: Any) -> tuple[Ints, Ints, Ints, Ints]:
    found = tuple(
        expanded(name, value, 2)
        for name, value in (("kernel_size", kernel), ("dilation", dilation), ("padding", padding), ("stride", stride))
    )
    for name, least, values in zip(("kernel size", "dilation", "padding", "stride"), (1, 1, 0, 1), found, strict=True):
        if min(values) < least:
            short = name.replace(" size", "")
            says = "non-negative" if least == 0 else "greater than zero"
            raise RuntimeError(
                f"{name} should be {says}, but got {short}_height: {values[0]} {short}_width: {values[1]}"
            )
    return found  # type: ignore[return-value]


def _options(kernel: Ints, dilation: Ints, padding: Ints, stride: Ints) -> str:
    return f"kernel_size={kernel}, dilation={dilation}, padding={padding}, stride={stride}"


def unfold(input: Tensor, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1) -> Tensor:
    """The patches of images as columns.

    Args:
        input: shape (N, C, H, W) or (C, H, W).

    Returns:
        Shape (N, C · kernel, places) or (C · kernel, places).

    Raises:
        RuntimeError: shapes that do not fit.

    >>> import tapegrad as torch
    >>> torch.nn.functional.unfold(torch.arange(4.0).reshape(1, 2, 2), (1, 2))
    tensor([[0., 2.],
            [1., 3.]])
    """
    kernel, spacing, margins, steps = _pairs(kernel_size, dilation, padding, stride)
    shape = input._data.shape
    if len(shape) < 3:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [-{len(shape)}, {len(shape) - 1}], but got 2)"
        )
    if len(shape) not in (3, 4) or any(n == 0 for n in shape[-3:]):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input,"
            f" but got: {list(shape)}"
        )
    out = places(shape[-2:], kernel, steps, margins, spacing)
    if min(out) < 1:
        raise RuntimeError(
            f"Given input with spatial size {tuple(shape[-2:])}, kernel_size={kernel},"
            f" dilation={spacing}, padding={margins}, calculated"
            f" shape of the array of sliding blocks as {out}, but its components must be at least one."
        )
    return unfolded.call(input, kernel, steps, margins, spacing)


def fold(
    input: Tensor,
    output_size: Size,
    kernel_size: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1,
) -> Tensor:
    """Images that columns are the patches of, overlapping ones added: the transpose of `unfold`.

    Args:
        input: shape (N, C · kernel, places) or (C · kernel, places).
        output_size: height and width of the images.

    Raises:
        RuntimeError: shapes that do not fit.
    """
    size = expanded("output_size", output_size, 2)
    kernel, spacing, margins, steps = _pairs(kernel_size, dilation, padding, stride)
    shape = input._data.shape
    if len(shape) not in (2, 3) or any(n == 0 for n in shape[-2:]):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for"
            f" input, but got: {list(shape)}"
        )
    if shape[-2] % prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got"
            f" input.size(1)={shape[-2]} and kernel_size={kernel}."
        )
    out = places(size, kernel, steps, margins, spacing)
    given = f"Given output_size={size}, {_options(kernel, spacing, margins, steps)}, "
    if min(out) < 1:
        raise RuntimeError(
            given + f"calculated shape of the array of sliding blocks as {out}, which is too small (non-positive)"
        )
    if shape[-1] != prod(out):
        raise RuntimeError(
            given + "expected size of input's dimension 2 to match the calculated number of sliding blocks"
            f" {out[0]} * {out[1]} = {prod(out)}, but got input.size(2)={shape[-1]}."
        )
    return folded.call(input, kernel, steps, margins, spacing, size)


__all__ = ["fold", "unfold"]
