"""Memory of large arrays, kept for the next ones.

Memory that a program gets from the system anew is cleared by the system page by page as it is first written to, which
takes longer than a pointwise operation does; and freed memory goes back to the system at once where arrays are large.
So results of large operations lie in memory that is taken back when the last array over it dies, and lent again.  What
is kept unused is limited, and arrays that are small, or kept, cost nothing more.

Arrays of 128 KB to 32 MB that come from NumPy itself are left to the C library (`_keep_freed_memory`).
"""

from __future__ import annotations

import mmap
import threading
import weakref
from typing import Any, Final

import numpy as np

from .dtypes import Array

# Bytes from which it pays, and that are kept unused at most.
SMALLEST: Final = 1 << 17
KEPT: Final = 1 << 28
_PAGE: Final = 1 << 21  # a large page of the system
_LARGE: Final = 1 << 20  # bytes from which memory comes in large pages, and below in pieces of `_PIECE`
_PIECE: Final = 1 << 16

_free: Final[dict[int, list[Memory]]] = {}
loans: Final[dict[int, _Loan]] = {}  # weak references to arrays cannot be in a set


class Memory(mmap.mmap):
    """A stretch of memory of this process alone; where an array has it as its base, no other array has."""


class _Loan(weakref.ref[Any]):
    """Watches the array that memory was lent to, which lives as long as any view of it."""

    __slots__ = ("memory",)
    memory: Memory


def _new(size: int) -> Memory:
    if hasattr(mmap, "MAP_PRIVATE"):
        memory = Memory(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # not shared with a fork
        if hasattr(mmap, "MADV_HUGEPAGE") and size >= _PAGE:
            memory.madvise(mmap.MADV_HUGEPAGE)
        return memory
    return Memory(-1, size)


def _take_back(loan: _Loan) -> None:
    """Called when an array dies, at any place in any thread: nothing here may wait for a lock."""
    del loans[id(loan)]
    memory = loan.memory
    size = len(memory)
    if sum(each * len(kept) for each, kept in list(_free.items())) + size <= KEPT:
        _free.setdefault(size, []).append(memory)
    else:
        _free.clear()  # kept for sizes that are not asked for, perhaps


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Uninitialised memory for an array, contiguous in the order of its indices.

    >>> empty((2, 3), np.dtype("f4")).shape
    (2, 3)
    """
    bytes_needed = dtype.itemsize
    for length in shape:
        bytes_needed *= length
    if bytes_needed < SMALLEST:
        return np.empty(shape, dtype)
    page = _PAGE if bytes_needed >= _LARGE else _PIECE
    size = -(-bytes_needed // page) * page
    try:
        memory = _free[size].pop()
    except (KeyError, IndexError):
        memory = _new(size)
    array: Array = np.ndarray(shape, dtype, memory)
    loan = _Loan(array, _take_back)
    loan.memory = memory
    loans[id(loan)] = loan
    return array


def empty_like(array: Array, order: list[int] | None = None, dtype: np.dtype[Any] | None = None) -> Array:
    """Uninitialised memory of an array's shape.

    Args:
        order: the array's dimensions as they follow each other in memory; by default, the order of indices.
    """
    dtype = array.dtype if dtype is None else dtype
    if order is None or order == sorted(order):
        return empty(array.shape, dtype)
    back = [order.index(dim) for dim in range(array.ndim)]
    return empty(tuple([array.shape[dim] for dim in order]), dtype).transpose(back)


def _keep_freed_memory() -> None:
    """Have the C library keep freed arrays of less than 32 MB, up to 64 MB in all, where it would return them at once.

    That of GNU begins with returning whatever is larger than 128 KB, and keeps more once a larger piece has been freed:
    then it expects that more of them will come. So one is, which costs nothing since nobody writes into it. Without it
    a step on arrays of 100,000 floats takes five times as long, for the pages of each new array have to be cleared.
    """
    np.empty((1 << 25) - (1 << 16), np.uint8)


_keep_freed_memory()


class _Scratch(threading.local):
    """Memory of a thread for what lives no longer than one block: by dtype and place, as large as was asked for."""

    def __init__(self) -> None:
        self.memory: dict[tuple[np.dtype[Any], int], Array] = {}


_scratch: Final = _Scratch()


def scratch(place: int, size: int, dtype: np.dtype[Any]) -> Array:
    """So many elements that last until this thread asks for the same place again.

    Args:
        place: tells apart what is needed at the same time.
    """
    memory = _scratch.memory.get((dtype, place))
    if memory is None or memory.size < size:
        memory = _scratch.memory[dtype, place] = np.empty(size, dtype)
    return memory[:size]


def is_lent(array: Array) -> bool:
    """Whether an array is the whole of memory that was lent."""
    return isinstance(array.base, Memory)


__all__ = ["Memory", "empty", "empty_like", "is_lent", "scratch"]
