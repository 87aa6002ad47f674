"""Windows in images: what convolution and pooling have in common."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..autograd.batching import Unbatchable
from ..tensor.dtypes import Array

Ints = tuple[int, ...]


def check_memory(*arrays: Any) -> None:
    """Refuse arrays that are recorded or have rows: what follows goes into memory that it owns.

    Raises:
        Unbatchable: an operand is no NumPy array.
    """
    for array in arrays:
        if array is not None and array.__class__ is not np.ndarray:
            raise Unbatchable("a kernel over blocks of memory")


def reach_of(kernel: Ints, stride: Ints, dilation: Ints, out: Ints) -> Ints:
    """How many elements `out` windows see in each dimension.

    >>> reach_of((3,), (2,), (1,), (4,))
    (9,)
    """
    return tuple([(m - 1) * s + (k - 1) * d + 1 for k, s, d, m in zip(kernel, stride, dilation, out, strict=True)])


def copy_part(x: Array, low: Ints, part: Array) -> None:
    """Copy what images have from `low` on into `part`, in the last dimensions; what they have not is left as it is.

    >>> part = np.zeros(5)
    >>> copy_part(np.ones(3), (-1,), part)
    >>> part
    array([0., 1., 1., 1., 0.])
    """
    source: list[Any] = [...]
    target: list[Any] = [...]
    dims = len(low)
    for n, m, first in zip(x.shape[-dims:], part.shape[-dims:], low, strict=True):
        begin = max(first, 0)
        end = max(begin, min(first + m, n))
        source.append(slice(begin, end))
        target.append(slice(begin - first, end - first))
    part[tuple(target)] = x[tuple(source)]


def is_inside(x: Array, low: Ints, size: Ints) -> bool:
    """Whether images have everything from `low` on in so many elements, and nothing else."""
    return not any(low) and x.shape[-len(size) :] == size


def patches_of(x: Array, kernel: Ints, stride: Ints, dilation: Ints, out: Ints) -> Array:
    """A view (N, C, *kernel, *out) of images (N, C, *size)."""
    lead, steps = x.shape[:2], x.strides[2:]
    strides = (
        *x.strides[:2],
        *[s * d for s, d in zip(steps, dilation, strict=True)],
        *[s * d for s, d in zip(steps, stride, strict=True)],
    )
    return np.lib.stride_tricks.as_strided(x, (*lead, *kernel, *out), strides)


@lru_cache(maxsize=256)
def taps(kernel: Ints, stride: Ints, dilation: Ints, out: Ints) -> list[tuple[Any, ...]]:
    """For each place in a window, in order, the index that reads all windows' elements there.

    >>> [np.arange(5)[tap].tolist() for tap in taps((2,), (2,), (1,), (2,))]
    [[0, 2], [1, 3]]
    """
    return [
        (..., *[slice(k * d, k * d + (m - 1) * s + 1, s) for k, d, m, s in zip(at, dilation, out, stride, strict=True)])
        for at in np.ndindex(*kernel)
    ]
