"""Dropout: elements or whole channels set to zero at random, the rest scaled up."""

from __future__ import annotations

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


def _drop_channels(name: str, input: Tensor, p: float, training: bool, inplace: bool, dims: tuple[int, ...]) -> Tensor:
    _check_probability(p)
    batched = input.ndim == max(dims)
    x: Any = input if batched else input.unsqueeze(0)
    shape = tuple(x.shape[:2]) + (1,) * (x.ndim - 2)
    out: Any = _drop(x, shape, p, training, inplace)
    return out if batched else out.squeeze(0)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of (N, C, L) or (C, L) to 0 with probability `p`."""
    if input.ndim not in (2, 3):
        raise RuntimeError(f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input.")
    return _drop_channels("dropout1d", input, p, training, inplace, (2, 3))


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of (N, C, H, W) to 0 with probability `p`."""
    _check_probability(p)
    return _drop(input, tuple(input.shape[:2]) + (1,) * (input.ndim - 2), p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set whole channels of (N, C, D, H, W) to 0 with probability `p`."""
    _check_probability(p)
    return _drop(input, tuple(input.shape[:2]) + (1,) * (input.ndim - 2), p, training, inplace)


__all__ = ["dropout", "dropout1d", "dropout2d", "dropout3d"]
