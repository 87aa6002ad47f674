"""Memory of the machine code, and where in it arrays lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]

# What machine code computes with.
DTYPES: Final = frozenset(np.dtype(name) for name in ("float32", "float64", "int64", "int32", "bool"))


class Untranslatable(Exception):
    """A step that machine code does not know."""


@dataclass(eq=False, slots=True)
class Region:
    """One piece of memory.

    Attributes:
        model: an array of the extent of this memory, on which NumPy itself tells where views lie.
        number: the value of the program whose array it is; None for memory of the machine code's own.
        memory: what the program knows of it; two regions of one memory may be the same.
        constant: its contents, if they never change.
    """

    model: Array
    number: int | None = None
    memory: Any = None
    constant: Array | None = None

    @property
    def external(self) -> bool:
        """Whether it is older than the program."""
        return self.memory is not None and self.memory.external


@dataclass(frozen=True, slots=True)
class Place:
    """Where an array lies: a region, a distance from its start and between neighbours in bytes."""

    region: Region
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def array(self) -> Array:
        """The array in the region's model."""
        base = self.region.model
        flat: Array = np.ndarray(self.shape, self.dtype, base, self.offset, self.strides)
        return flat

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    def of(self, view: Array) -> Place:
        """The place of a view of this place's array."""
        start = address(view) - address(self.region.model)
        return Place(self.region, start, view.shape, view.strides, view.dtype)

    def broadcast(self, shape: tuple[int, ...]) -> Place:
        """The place seen under a larger shape."""
        return self if self.shape == shape else self.of(np.broadcast_to(self.array, shape))

    def extent(self) -> tuple[int, int]:
        """The first byte, and the one behind the last."""
        low = high = self.offset
        for n, stride in zip(self.shape, self.strides, strict=True):
            if stride < 0:
                low += (n - 1) * stride
            else:
                high += (n - 1) * stride
        return low, high + self.dtype.itemsize

    def overlaps(self, other: Place) -> bool:
        """Whether the two may have bytes in common."""
        if self.region is not other.region:
            return self.region.memory is not None and self.region.memory is other.region.memory
        (a, b), (c, d) = self.extent(), other.extent()
        return a < d and c < b

    def same(self, other: Place) -> bool:
        """Whether element by element the two are the same memory."""
        if self.region is not other.region or self.offset != other.offset or self.dtype != other.dtype:
            return False
        mine = [(n, s) for n, s in zip(self.shape, self.strides, strict=True) if n > 1]
        return self.shape == other.shape and mine == [
            (n, s) for n, s in zip(other.shape, other.strides, strict=True) if n > 1
        ]


def address(a: Array) -> int:
    """The address of an array's first element."""
    return int(a.__array_interface__["data"][0])


def region_of(shape: tuple[int, ...], strides: tuple[int, ...], dtype: np.dtype[Any], **about: Any) -> Place:
    """A region that is just large enough for an array, and the array's place in it.

    Raises:
        Untranslatable: the dtype is not one of `DTYPES`, strides are negative, there is no element, or the number of
            elements differs from call to call.
    """
    if dtype not in DTYPES or any(s < 0 for s in strides) or any(type(n) is not int or n == 0 for n in shape):
        raise Untranslatable("an array of another kind")
    last = sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    region = Region(np.empty(last + dtype.itemsize, np.uint8), **about)
    return Place(region, 0, shape, strides, dtype)


def contiguous(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """The strides of an array in the order of its indices."""
    strides: list[int] = []
    step = dtype.itemsize
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))
