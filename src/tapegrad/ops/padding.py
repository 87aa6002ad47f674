"""Padding: constant, and by repeating elements of the tensor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..tensor.dtypes import Array
from ..tensor.strides import copy_like
from ..tensor.tensor import Tensor
from .op import operator
from .resampling import Maps, Taps, resampled, transposed_maps
from .vocabulary import word

Pads = tuple[int, ...]  # before and after of the last dimension, then of the one before it, …


def negated(pads: Pads) -> Pads:
    """The padding that undoes a padding."""
    return tuple([-p for p in pads])


word("negated", raw=negated, tensor=negated)


@operator(name="constant_pad", node="ConstantPadNdBackward0")
def constant_pad(x: Array, /, pads: Pads, value: Any) -> Array:
    """x with elements of one value around it; negative pads cut off."""
    shape = list(x.shape)
    source, target = [slice(None)] * x.ndim, [slice(None)] * x.ndim
    for i in range(len(pads) // 2):
        dim, before, after = x.ndim - 1 - i, pads[2 * i], pads[2 * i + 1]
        n = shape[dim]
        shape[dim] = n + before + after
        # What is cut off at one side may reach beyond the other, into its padding.
        source[dim] = slice(min(n, max(0, -before)), max(max(0, -before), n + min(0, after)))
        start = max(0, before)
        target[dim] = slice(start, start + max(0, source[dim].stop - source[dim].start))
    inner = x[tuple(source)]
    if all(p <= 0 for p in pads):
        return copy_like(inner, inner)
    y = np.full(tuple(shape), value, x.dtype)
    y[tuple(target)] = inner
    return y


constant_pad.with_rules(x=lambda g, pads: constant_pad(g, negated(pads), 0))


def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    """The tensor with `value` around it.

    Args:
        input: any shape.
        pad: how many elements to add before and after the last dimension, then the one before it, and so on; negative
            numbers cut elements off.
        value: that of the new elements.

    Raises:
        RuntimeError: `pad` has an odd length or is for more dimensions than there are, or a size becomes negative.

    >>> import tapegrad as torch
    >>> torch.constant_pad_nd(torch.tensor([1, 2]), (1, 2), 9)
    tensor([9, 1, 2, 9, 9])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("constant_pad_nd", "input", 1, input)
    pads = tuple(int(p) for p in pad)
    shape = input._data.shape
    if len(pads) % 2:
        raise RuntimeError(f"Length of pad must be even but instead it equals {len(pads)}")
    if len(pads) // 2 > len(shape):
        raise RuntimeError(
            f"Length of pad should be no more than twice the number of dimensions of the input. Pad length is"
            f" {len(pads)} while the input has {len(shape)} dimensions."
        )
    for i in range(len(pads) // 2):
        dim, before, after = len(shape) - 1 - i, pads[2 * i], pads[2 * i + 1]
        if shape[dim] + before + after < 0:
            raise RuntimeError(
                f"narrow(): length must be non-negative. Dimension {dim} is of size {shape[dim]}; padding it by"
                f" {before} and {after} leaves less than nothing."
            )
    return constant_pad.call(input, pads, value)


def _reflected(n: int, before: int, after: int) -> Array:
    """The elements of a dimension, continued as in mirrors at the first and the last element."""
    i = np.abs(np.arange(-before, n + after))
    return np.where(i >= n, 2 * (n - 1) - i, i)


def _repeated(n: int, before: int, after: int) -> Array:
    """The elements of a dimension, the first and the last one repeated."""
    return np.clip(np.arange(-before, n + after), 0, max(n - 1, 0))


_INDICES = {"reflection": _reflected, "replication": _repeated}


@lru_cache(maxsize=64)
def _padded_line(kind: str, n: int, before: int, after: int) -> Taps:
    """The elements of a padded dimension."""
    return Taps.single(n, _INDICES[kind](n, before, after))


_OPS = {
    (kind, n): resampled.twin(f"{kind}_pad{n}d", node=f"{kind.capitalize()}Pad{n}DBackward0")
    for kind in _INDICES
    for n in (1, 2, 3)
}
for _op in _OPS.values():
    # Nothing of x is needed, but torch keeps it, and so refuses that it is written into.
    _op.with_rules(x=lambda g, x, maps: resampled(g, transposed_maps(maps)))


def mirror_pad(kind: str, input: Tensor, pads: Pads) -> Tensor:
    """Padding of the last len(pads) / 2 dimensions by elements of the tensor: "reflection" or "replication"."""
    shape, n = input._data.shape, len(pads) // 2
    name = f"{kind}_pad{n}d"
    if any(s == 0 for s in shape[1:]):
        raise RuntimeError(
            f"Expected {n + 1}D or {n + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero"
            " dimensions"
            f" for input, but got: {list(shape)}"
        )
    maps: list[tuple[int, Taps]] = []
    for i in range(n):
        dim, before, after = len(shape) - 1 - i, pads[2 * i], pads[2 * i + 1]
        size = shape[dim]
        if kind == "reflection" and (before >= size or after >= size):
            raise RuntimeError(
                f"Argument #{4 + 2 * i}: Padding size should be less than the corresponding input dimension, but got:"
                f" padding ({before}, {after}) at dimension {dim} of input {list(shape)}"
            )
        if size + before + after < 1:
            raise RuntimeError(
                f"input (W: {size}) is too small. Calculated output W: {size + before + after}"
                if n == 1
                else f"{name}: dimension {dim} of size {size} is cut off whole by padding ({before}, {after})"
            )
        if before or after:
            maps.append((dim, _padded_line(kind, size, before, after)))
    chosen: Maps = tuple(maps)
    return _OPS[kind, n].call(input, chosen)


METHODS: dict[str, Any] = {}

__all__ = ["constant_pad_nd"]
