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
