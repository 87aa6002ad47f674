"""Dropout: elements or whole channels set to zero at random, the rest scaled up."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ...tensor.tensor import Tensor, new_tensor


def _check_probability(p: float) -> None:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _noise(input: Tensor, shape: tuple[int, ...], p: float) -> Tensor:
    """0 with probability p, else 1/(1-p); drawn as torch draws it."""
    from ...random.sampling import dropout_mask

    kept = dropout_mask(input._data, shape, p)
    kept /= np.asarray(1 - p, kept.dtype)
    return new_tensor(kept)


def _drop(input: Tensor, noise_shape: tuple[int, ...], p: float, training: bool, inplace: bool) -> Tensor:
    _check_probability(p)
    if p == 0 or not training or input._data.size == 0:
        return input
    x: Any = input
    noise: Any = new_tensor(np.zeros((), input._data.dtype)) if p == 1 else _noise(input, noise_shape, p)
    return x.mul_(noise) if inplace else x * noise


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to 0 with probability `p` and multiply the others by 1/(1-p).

    Args:
        input: any shape.
        p: probability, in [0, 1].
        training: False returns the input as it is.
        inplace: write into the input.

    Raises:
        ValueError: `p` is not a probability.
    """
    return _drop(input, input._data.shape, p, training, inplace)


def _drop_channels(input: Tensor, p: float, training: bool, inplace: bool, batched: int) -> Tensor:
    """`feature_dropout`, of a batch of one sample unless there are as many dimensions as a batch has."""
    _check_probability(p)
    if input.ndim == batched:
        return feature_dropout(input, p, training, inplace)
    if not inplace:
        x: Any = feature_dropout(input.unsqueeze(0), p, training)
        return x.squeeze(0)
    batch: Any = input.unsqueeze_(0)
    try:
        return feature_dropout(batch, p, training, inplace)
    finally:
        batch.squeeze_(0)


def _warn_other_dims(name: str, input: Tensor, dims: tuple[int, int]) -> None:
    if input.ndim not in dims:
        warnings.warn(
            f"{name}: Received a {input.ndim}-D input to {name}, which is deprecated and will result in an error in a"
            " future release. To retain the behavior and silence this warning, please use dropout instead. What"
            f" {name} is for has {dims[0]} or {dims[1]} dimensions.",
            stacklevel=3,
        )


def feature_dropout(input: Tensor, p: float, training: bool, inplace: bool = False) -> Tensor:
    """Set whole channels, the second dimension, to 0 with probability `p`.

    Raises:
        RuntimeError: there is no second dimension.
    """
    _check_probability(p)
    if training and p and input.ndim < 2:
        raise RuntimeError(
            "Feature dropout requires at least 2 dimensions in the input. The second one is that of the channels; found"
            f" shape {list(input.shape)}."
        )
    return _drop(input, tuple(input.shape[:2]) + (1,) * (input.ndim - 2), p, training, inplace)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of (N, C, L) or (C, L) to 0 with probability `p`."""
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. The dimension before the last is"
            " that of the channels, each of which is kept or set to 0 as a whole."
        )
    return _drop_channels(input, p, training, inplace, 3)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of (N, C, H, W) to 0 with probability `p`; of (N, C, L), too, with a warning."""
    _check_probability(p)
    _warn_other_dims("dropout2d", input, (3, 4))
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired"
            " - input is interpreted as shape (N, C, L), where C is the channel dim. Write dropout1d for such, and"
            " x.unsqueeze(0) for an image without a batch: torch is going to take it for one.",
            stacklevel=2,
        )
    return feature_dropout(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of (N, C, D, H, W) or (C, D, H, W) to 0 with probability `p`."""
    _warn_other_dims("dropout3d", input, (4, 5))
    return _drop_channels(input, p, training, inplace, 5)


__all__ = ["dropout", "dropout1d", "dropout2d", "dropout3d"]
