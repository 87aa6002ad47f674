"""Channels to pixels and back: pixel_shuffle, pixel_unshuffle, channel_shuffle."""

from __future__ import annotations

from typing import Any

from ..errors import wrong_argument
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .op import operator


@operator(name="pixel_shuffle_", node="PixelShuffleBackward0")
def shuffle_(x: Array, /, r: int) -> Array:
    """(…, C·r², H, W) to (…, C, H·r, W·r)."""
    *lead, c, h, w = x.shape
    k = len(lead)
    parts = x.reshape(*lead, c // (r * r), r, r, h, w)
    order = (*range(k + 1), k + 3, k + 1, k + 4, k + 2)
    return parts.transpose(order).reshape(*lead, c // (r * r), h * r, w * r)


@operator(name="pixel_unshuffle_", node="PixelUnshuffleBackward0")
def unshuffle_(x: Array, /, r: int) -> Array:
    """(…, C, H·r, W·r) to (…, C·r², H, W)."""
    *lead, c, h, w = x.shape
    k = len(lead)
    parts = x.reshape(*lead, c, h // r, r, w // r, r)
    order = (*range(k + 1), k + 2, k + 4, k + 1, k + 3)
    return parts.transpose(order).reshape(*lead, c * r * r, h // r, w // r)


shuffle_.linear_in("x").with_rules(x=lambda g, r: pixel_unshuffle_(g, r))  # type: ignore[name-defined]  # noqa: F821 - a word
unshuffle_.linear_in("x").with_rules(x=lambda g, r: pixel_shuffle_(g, r))  # type: ignore[name-defined]  # noqa: F821 - a word


@operator(name="channel_shuffle_", node="ChannelShuffleBackward0")
def channels_(x: Array, /, groups: int) -> Array:
    """The channels (dimension 1) of several groups, one of each in turn."""
    n, c, *rest = x.shape
    return x.reshape(n, groups, c // groups, *rest).swapaxes(1, 2).reshape(x.shape)


channels_.linear_in("x").with_rules(x=lambda g, x_shape, groups: channel_shuffle_(g, x_shape[1] // groups))  # type: ignore[name-defined]  # noqa: F821 - a word


def _check(name: str, input: Tensor, factor: int, factor_name: str) -> None:
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    if input._data.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {input._data.ndim} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {factor_name}, but got {factor}")


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Rearrange channels into pixels: (…, C·r², H, W) to (…, C, H·r, W·r).

    Raises:
        RuntimeError: fewer than three dimensions, or the channels are no multiple of r².
    """
    _check("pixel_shuffle", input, upscale_factor, "upscale_factor")
    c = input._data.shape[-3]
    if c % (upscale_factor * upscale_factor):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor,"
            f" but input.size(-3)={c} is not divisible by {upscale_factor * upscale_factor}"
        )
    return shuffle_.call(input, upscale_factor)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Rearrange pixels into channels: (…, C, H·r, W·r) to (…, C·r², H, W).

    Raises:
        RuntimeError: fewer than three dimensions, or height or width is no multiple of r.
    """
    _check("pixel_unshuffle", input, downscale_factor, "downscale_factor")
    for name, at in (("height", -2), ("width", -1)):
        n = input._data.shape[at]
        if n % downscale_factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({at})={n} is not"
                f" divisible by {downscale_factor}"
            )
    return unshuffle_.call(input, downscale_factor)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Reorder the channels (dimension 1) of groups: one of each group in turn.

    Raises:
        RuntimeError: fewer than three dimensions, or the channels are no multiple of `groups`.

    >>> import tapegrad as torch
    >>> torch.channel_shuffle(torch.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("channel_shuffle", "input", 1, input)
    if input._data.ndim < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input._data.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if input._data.shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {input._data.shape[1]} channels and {groups} groups."
        )
    return channels_.call(input, groups)


METHODS: dict[str, Any] = {}

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]
