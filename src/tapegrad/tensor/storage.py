"""The memory behind arrays, as torch's storages show it.

A tensor looks at an array; the array owns its memory or looks into that of another, its *owner*.  A storage is the
owner's memory, byte by byte (`UntypedStorage`) or as elements of one type (`TypedStorage`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from . import dtypes
from .device import CPU, device
from .dtypes import Array

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYTE: Final = np.dtype(np.uint8)


def owner_of(array: Array) -> Array:
    """The array that owns the memory which `array` looks at."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class _Lent:
    """An array's memory without its owner: NumPy follows `base` no further than this."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.__array_interface__ = (array.view(np.uint16) if array.dtype.kind == "V" else array).__array_interface__


def lent(array: Array) -> Array:
    """The array as one whose memory begins with its first element, though it is a view of a larger one.

    torch starts a storage where the NumPy array that it was made from starts.
    """
    alone: Array = np.asarray(_Lent(array))
    return alone.view(array.dtype) if array.dtype.kind == "V" else alone


def memory_of(array: Array) -> Array:
    """The memory behind an array as one contiguous stretch, whose dimensions are of no importance.

    Where the owner has gaps, as strided arrays from outside may, it is seen as the bytes from its first to its last.
    """
    owner = owner_of(array)
    if owner.flags.c_contiguous:
        return owner
    in_order = owner.transpose(sorted(range(owner.ndim), key=lambda dim: -owner.strides[dim]))
    if in_order.flags.c_contiguous:
        return in_order
    span = owner.itemsize + sum((n - 1) * s for n, s in zip(owner.shape, owner.strides, strict=True))
    address = owner.__array_interface__["data"]
    return _bytes_at(owner, address, 0 if owner.size == 0 else span)


def _bytes_at(owner: Array, address: tuple[int, bool], span: int) -> Array:
    whole = _Lent.__new__(_Lent)
    whole.array = owner
    whole.__array_interface__ = {"shape": (span,), "typestr": "|u1", "data": address, "version": 3}
    return np.asarray(whole)


def window(
    memory: Array, dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0
) -> Array:
    """Contiguous memory seen under a shape, strides and an offset, in elements of a type; the result's base is the
    memory's owner.

    `numpy.lib.stride_tricks.as_strided` takes ten times as long and hides the owner.

    Raises:
        ValueError: the window reaches outside of the memory.
    """
    if memory.__class__ is not np.ndarray:
        return memory.window(dtype, shape, strides, offset)  # type: ignore[attr-defined]
    if memory.dtype.kind == "V":  # bfloat16, which Python's buffers do not know
        memory = memory.view(np.uint16)
    step = dtype.itemsize
    return np.ndarray(shape, dtype, memory, offset * step, tuple([s * step for s in strides]))


class UntypedStorage:
    """The bytes that one or several tensors look at.

    Args:
        data: a number of bytes, or the bytes as numbers.

    >>> import tapegrad as torch
    >>> torch.ones(2, 3)[1:].untyped_storage().nbytes()
    24
    """

    __slots__ = ("_memory",)
    __module__ = "torch.storage"  # its type prints as torch's

    def __init__(self, data: Any = 0, *, device: Any = None) -> None:
        if isinstance(data, int):
            self._memory = np.zeros(data, np.uint8)
        elif isinstance(data, bytes):
            self._memory = np.frombuffer(data, np.uint8).copy()
        else:
            self._memory = np.array([int(byte) & 255 for byte in data], np.uint8)

    @classmethod
    def _of(cls, array: Array) -> UntypedStorage:
        """The storage behind an array."""
        storage = cls.__new__(cls)
        memory = memory_of(array)
        # Bytes of the owner itself, so that arrays made of them belong to the same storage.
        storage._memory = window(memory, _BYTE, (memory.nbytes,), (1,))
        return storage

    @classmethod
    def from_file(cls, filename: Any, shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """A file's first bytes, read when they are looked at; with `shared`, writing to them writes to the file."""
        import mmap

        with open(filename, "r+b" if shared else "rb") as file:
            mapped = mmap.mmap(file.fileno(), nbytes, access=mmap.ACCESS_WRITE if shared else mmap.ACCESS_COPY)
        return cls._of(np.frombuffer(mapped, np.uint8))

    def data_ptr(self) -> int:
        """The address of the first byte; 0 of an empty storage."""
        return int(self._memory.__array_interface__["data"][0]) if self._memory.size else 0

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._memory.nbytes

    size = nbytes

    def __len__(self) -> int:
        return self._memory.nbytes

    def element_size(self) -> int:
        """1: elements are bytes."""
        return 1

    @property
    def device(self) -> device:
        """The CPU."""
        return CPU

    is_cuda = is_hpu = is_sparse = is_sparse_csr = False

    def is_shared(self) -> bool:
        """Whether other processes see this memory: no."""
        return False

    def is_pinned(self, device: Any = None) -> bool:
        """Whether this memory is page-locked for an accelerator: no."""
        return False

    def get_device(self) -> int:
        """-1, which stands for the CPU."""
        return -1

    def cpu(self) -> UntypedStorage:
        """The storage itself."""
        return self

    untyped = cpu

    def share_memory_(self) -> UntypedStorage:
        """The storage itself."""
        return self

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            part = UntypedStorage.__new__(UntypedStorage)
            part._memory = self._memory[index]
            return part
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} out of range for storage of size {len(self)}")
        return int(self._memory[index])

    def __setitem__(self, index: Any, value: int) -> None:
        self._memory[index] = value

    def __iter__(self) -> Iterator[int]:
        return iter(self.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and other.data_ptr() == self.data_ptr()

    def __hash__(self) -> int:
        return hash(self.data_ptr())

    @property
    def _cdata(self) -> int:
        return self.data_ptr()

    def tolist(self) -> list[int]:
        """The bytes as numbers."""
        return self._memory.tolist()

    def clone(self) -> UntypedStorage:
        """A copy."""
        return UntypedStorage._of(self._memory.copy())

    __copy__ = clone

    def __deepcopy__(self, memo: dict[int, Any]) -> UntypedStorage:
        from .copying import copied_memory

        return UntypedStorage._of(copied_memory(self._memory, memo))

    def copy_(self, source: UntypedStorage, non_blocking: bool | None = None) -> UntypedStorage:
        """Copy another storage's bytes into this one."""
        if len(source) != len(self):
            raise RuntimeError(f"size does not match, self was {len(self)} bytes but src was {len(source)} bytes")
        self._memory[...] = source._memory
        return self

    def fill_(self, value: int) -> UntypedStorage:
        """Set all bytes."""
        self._memory[...] = int(value) & 255
        return self

    def resize_(self, size: int) -> UntypedStorage:
        """Refused, but for the size that the storage has: NumPy does not move memory that others look at."""
        if size != len(self):
            from ..errors import unsupported

            raise unsupported("UntypedStorage.resize_ to another size", f"it has {len(self)} bytes; found {size}")
        return self

    def __repr__(self) -> str:
        return _listing(self.tolist(), "torch.storage.UntypedStorage(device=cpu)")

    __str__ = __repr__

    def __reduce__(self) -> Any:
        return (_restored_bytes, (bytes(self._memory),))


def _restored_bytes(content: bytes) -> UntypedStorage:
    return UntypedStorage(content)


def _listing(elements: list[Any], what: str) -> str:
    return " " + "\n ".join(map(str, elements)) + f"\n[{what} of size {len(elements)}]"


class TypedStorage:
    """The elements, of one type, that one or several tensors look at; torch has declared these deprecated.

    Args:
        data: a number of elements, or the elements.
        wrap_storage: the bytes to look at, instead of new ones.
        dtype: the type of the elements.
    """

    __slots__ = ("_elements", "dtype")
    __module__ = "torch.storage"
    dtype: dtypes.dtype

    def __init__(
        self, data: Any = 0, *, wrap_storage: UntypedStorage | None = None, dtype: Any = None, device: Any = None
    ) -> None:
        self.dtype = dtypes.default.dtype if dtype is None else dtype
        kind = self.dtype.numpy
        if wrap_storage is not None:
            count = len(wrap_storage) // kind.itemsize
            self._elements = window(wrap_storage._memory, kind, (count,), (1,))
        else:
            self._elements = np.zeros(data, kind) if isinstance(data, int) else np.array(list(data)).astype(kind)

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return UntypedStorage._of(self._elements)

    @property
    def _untyped_storage(self) -> UntypedStorage:
        return self.untyped()

    @property
    def device(self) -> device:
        """The CPU."""
        return CPU

    is_cuda = is_sparse = False

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self.untyped().data_ptr()

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._elements.nbytes

    def size(self) -> int:
        """The number of elements."""
        return self._elements.size

    def __len__(self) -> int:
        return self._elements.size

    def element_size(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    def is_shared(self) -> bool:
        """Whether other processes see this memory: no."""
        return False

    def cpu(self) -> TypedStorage:
        """The storage itself."""
        return self

    def __getitem__(self, index: int) -> Any:
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} out of range for storage of size {len(self)}")
        return self.tolist()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._elements[index] = value

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypedStorage) and other.untyped() == self.untyped() and other.dtype is self.dtype

    def __hash__(self) -> int:
        return hash(self.data_ptr())

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        kind = self._elements.dtype
        return (self._elements.astype(np.float32) if kind.kind == "V" else self._elements).tolist()

    def clone(self) -> TypedStorage:
        """A copy."""
        return TypedStorage(wrap_storage=self.untyped().clone(), dtype=self.dtype)

    def copy_(self, source: TypedStorage, non_blocking: bool | None = None) -> TypedStorage:
        """Copy another storage's elements into this one."""
        self._elements[...] = source._elements
        return self

    def fill_(self, value: Any) -> TypedStorage:
        """Set all elements."""
        self._elements[...] = value
        return self

    def type(self) -> str:
        """The name of torch's class for storages of this type, such as 'torch.FloatStorage'."""
        return f"torch.{dtypes.scalar_type_name(self.dtype)}Storage"

    def _to(self, kind: dtypes.dtype) -> TypedStorage:
        if kind is self.dtype:
            return self
        return TypedStorage(wrap_storage=UntypedStorage._of(self._elements.astype(kind.numpy)), dtype=kind)

    def float(self) -> TypedStorage:
        """The elements as float32."""
        return self._to(dtypes.float32)

    def double(self) -> TypedStorage:
        """The elements as float64."""
        return self._to(dtypes.float64)

    def long(self) -> TypedStorage:
        """The elements as int64."""
        return self._to(dtypes.int64)

    def int(self) -> TypedStorage:
        """The elements as int32."""
        return self._to(dtypes.int32)

    def __repr__(self) -> str:
        return _listing(self.tolist(), f"torch.storage.TypedStorage(dtype={self.dtype}, device=cpu)")

    __str__ = __repr__

    def __reduce__(self) -> Any:
        return (_restored, (self.tolist(), self.dtype))


def _restored(elements: list[Any], dtype: dtypes.dtype) -> TypedStorage:
    return TypedStorage(elements, dtype=dtype)
