"""The memory behind arrays, as torch's storages show it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import Array


def owner_of(array: Array) -> Array:
    """The array that owns the memory which `array` looks at."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def memory_of(array: Array) -> Array:
    """The memory behind an array as one contiguous stretch: the owner, its dimensions in the order of memory."""
    owner = owner_of(array)
    if owner.flags.forc:
        return owner
    return owner.transpose(sorted(range(owner.ndim), key=lambda dim: -owner.strides[dim]))


def window(
    memory: Array, dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0
) -> Array:
    """Contiguous memory seen under a shape, strides and an offset, in elements of a type; the result's base is the
    memory's owner.

    `numpy.lib.stride_tricks.as_strided` takes ten times as long and hides the owner.

    Raises:
        ValueError: the window reaches outside of the memory.
    """
    if memory.dtype.kind == "V":  # bfloat16, which Python's buffers do not know
        memory = memory.view(np.uint16)
    step = dtype.itemsize
    return np.ndarray(shape, dtype, memory, offset * step, tuple([s * step for s in strides]))


class UntypedStorage:
    """The bytes that one or several tensors look at."""

    def __init__(self, owner: Array) -> None:
        self._owner = owner

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return int(self._owner.__array_interface__["data"][0])

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._owner.nbytes

    def __len__(self) -> int:
        return self._owner.nbytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and other.data_ptr() == self.data_ptr()

    __hash__ = None  # type: ignore[assignment]

    def _bytes(self) -> Any:
        return self._owner.reshape(-1).view(np.uint8)
