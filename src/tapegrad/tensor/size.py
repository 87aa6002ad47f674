"""`torch.Size`: a tuple of dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, SupportsIndex


class Size(tuple[int, ...]):
    """The shape of a tensor; a tuple that prints as torch's and counts its elements.

    >>> import tapegrad as torch
    >>> torch.zeros(2, 3).shape, torch.zeros(2, 3).shape.numel()
    (torch.Size([2, 3]), 6)
    """

    __slots__ = ()
    __module__ = "torch"  # its type prints as torch's

    def __new__(cls, dims: Iterable[Any] = ()) -> Size:
        """The dimensions, which must be integers.

        Raises:
            TypeError: one is not.
        """
        found = []
        for i, dim in enumerate(dims):
            if not hasattr(dim, "__index__"):
                raise TypeError(f"torch.Size() takes an iterable of 'int' (item {i} is '{type(dim).__name__}')")
            found.append(dim.__index__())
        return tuple.__new__(cls, found)

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    __str__ = __repr__

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        got: Any = tuple.__getitem__(self, index)
        return size_of(got) if isinstance(index, slice) else got

    def __add__(self, other: Any) -> Size:
        if isinstance(other, tuple):
            return size_of(tuple.__add__(self, other))
        if hasattr(type(other), "__radd__"):
            return NotImplemented
        raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")

    def __radd__(self, other: Any) -> Size:
        if not isinstance(other, tuple):
            return NotImplemented
        return size_of(tuple.__add__(other, self))

    def __mul__(self, times: SupportsIndex) -> Size:
        return size_of(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (tuple(self),))


def _restored(shape: tuple[int, ...]) -> Size:
    return size_of(shape)


# A tuple that is known to hold integers, as a Size; without a Python frame, as every `x.shape` calls it.
size_of: Callable[[tuple[int, ...]], Size] = partial(tuple.__new__, Size)
