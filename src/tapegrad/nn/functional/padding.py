"""Padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ops.padding import constant_pad_nd, mirror_pad
from ...tensor.tensor import Tensor


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """The tensor with elements added around it.

    Args:
        input: any shape for "constant"; with one or two dimensions that are not padded in front for the other modes.
        pad: how many elements to add before and after the last dimension, then the one before it, and so on.
        mode: "constant"; "reflect", mirrored at the outermost elements; "replicate", the outermost elements repeated;
            "circular", continued from the other side.
        value: the constant, 0 by default.

    Raises:
        RuntimeError, ValueError: `pad` does not fit the tensor.
        NotImplementedError: another mode, or another number of dimensions in the modes that are not constant.

    >>> import tapegrad as torch
    >>> torch.nn.functional.pad(torch.tensor([[1, 2, 3]]), (1, 2), mode="reflect")
    tensor([[2, 1, 2, 3, 2, 1]])
    """
    pads = tuple(int(p) for p in pad)
    if len(pads) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2. Found {len(pads)} numbers.")
    if len(pads) // 2 > input.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input dimension but got padding length"
            f" {len(pads)} and input of dimension {input.ndim}"
        )
    if mode == "constant":
        return constant_pad_nd(input, pads, 0 if value is None else value)
    if value is not None and value != 0:
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    count, ndim = len(pads), input._data.ndim
    if not ((count == 2 and ndim in (2, 3)) or (count == 4 and ndim in (3, 4)) or (count == 6 and ndim in (4, 5))):
        raise NotImplementedError(
            f"Padding size {count} is not supported for {ndim}D input tensor. In modes that are not constant the"
            " last 1, 2 or 3 dimensions are padded, with one or two in front of them."
        )
    if mode == "circular":
        return _circular(input, pads)
    if mode not in ("reflect", "replicate"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    return mirror_pad("reflection" if mode == "reflect" else "replication", input, pads)


def _circular(input: Any, pads: tuple[int, ...]) -> Tensor:
    """Padding from the other side: the tensor is written into a larger one, whose ends are then copied over."""
    from ...tensor.factories import empty

    shape, ndim = list(input.shape), input.ndim
    inner: list[Any] = [slice(None)] * ndim
    kept: list[Any] = [slice(None)] * ndim
    for i in range(len(pads) // 2):
        dim, before, after = ndim - 1 - i, pads[2 * i], pads[2 * i + 1]
        n = shape[dim]
        if before > n or after > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        shape[dim] = n + before + after
        if shape[dim] < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")
        inner[dim] = slice(max(before, 0), shape[dim] - max(after, 0))
        kept[dim] = slice(max(-before, 0), n - max(-after, 0))
    out: Any = empty(shape, dtype=input.dtype)
    out[tuple(inner)] = input[tuple(kept)]
    for i in range(len(pads) // 2 - 1, -1, -1):
        dim, before, after = ndim - 1 - i, max(pads[2 * i], 0), max(pads[2 * i + 1], 0)
        n = shape[dim]
        if before:
            _copy(out, dim, (0, before), (n - after - before, n - after))
        if after:
            _copy(out, dim, (n - after, n), (before, before + after))
    return out


def _copy(out: Any, dim: int, to: tuple[int, int], source: tuple[int, int]) -> None:
    """Copy one range of a dimension over another."""
    front = (slice(None),) * dim
    out[(*front, slice(*to))] = out[(*front, slice(*source))]


__all__ = ["pad"]
