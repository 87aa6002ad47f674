"""What a tensor does with its memory: look at other memory, grow, tell where it lies."""

from __future__ import annotations

import math
import warnings
from typing import Any, NoReturn

import numpy as np

from . import dtypes
from .arguments import shape_of, type_name
from .device import memory_format
from .dtypes import Array, c_type_name
from .storage import TypedStorage, UntypedStorage, memory_of, window
from .strides import channels_last_strides, contiguous_strides
from .tensor import Tensor
from .version import version_of

format_ = memory_format  # `memory_format` is the name of an argument below

_told_about_typed_storages: list[bool] = []


def untyped_storage(self: Tensor) -> UntypedStorage:
    """The bytes that this tensor, and others over the same memory, look at."""
    return UntypedStorage._of(self._data)


def storage(self: Tensor) -> TypedStorage:
    """The elements of the memory that this tensor looks at; deprecated in torch, which warns once."""
    if not _told_about_typed_storages:
        _told_about_typed_storages.append(True)
        warnings.warn(
            "TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only storage"
            " class. This should only matter to you if you are using storages directly.  To access UntypedStorage"
            " directly, use tensor.untyped_storage() instead of tensor.storage()",
            UserWarning,
            stacklevel=2,
        )
    return TypedStorage(wrap_storage=UntypedStorage._of(self._data), dtype=self.dtype)


def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether both tensors look at the same elements of the same memory under the same shape and strides."""
    return (
        self.data_ptr() == tensor.data_ptr()
        and self._data.shape == tensor._data.shape
        and self._data.strides == tensor._data.strides
        and self._data.dtype == tensor._data.dtype
    )


def set_(
    self: Tensor,
    source: Any = None,
    storage_offset: int = 0,
    size: Any = None,
    stride: Any = None,
) -> Tensor:
    """Look at other memory from now on: that of a tensor, or of a storage under a shape and strides; at none if no
    source is given.

    Raises:
        RuntimeError: the source has another element type, or is too small.

    >>> import tapegrad as torch
    >>> torch.empty(0).set_(torch.arange(4.0).untyped_storage(), 1, (2,), (2,))
    tensor([1., 3.])
    """
    if self.requires_grad:
        _refuse_recorded(self)
    kind = self._data.dtype
    version_of(self).n += 1
    if source is None:
        self._data, self._form = np.empty(0, kind), None
        return self
    memory: Array
    if isinstance(source, Tensor):
        if source._data.dtype != kind:
            given, mine = (c_type_name(t.dtype) for t in (source, self))
            raise RuntimeError(f"Could not set tensor of type {given} to a tensor of type {mine}")
        if size is None:
            self._data, self._form = source._data, None
            return self
        memory = memory_of(source._data)
    elif isinstance(source, UntypedStorage):
        memory = source._memory
    elif isinstance(source, TypedStorage):
        memory = source._elements
    else:
        raise TypeError(f"set_(): argument 'source' (position 1) must be Tensor or Storage, not {type_name(source)}")
    shape = (memory.nbytes // kind.itemsize - storage_offset,) if size is None else shape_of((size,), "set_")
    strides = contiguous_strides(shape) if stride is None else shape_of((stride,), "set_")
    try:
        self._data, self._form = window(memory, kind, shape, strides, storage_offset), None
    except (TypeError, ValueError):
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {storage_offset}, and itemsize"
            f" {kind.itemsize} are out of bounds for storage of size {memory.nbytes}"
        ) from None
    return self


def _refuse_recorded(self: Tensor) -> None:
    from ..autograd.grad_mode import is_recording

    if self._fn is None and is_recording():
        from ..errors import leaf_in_place

        raise leaf_in_place(self, is_view=False)


def resize_(self: Tensor, *sizes: Any, size: Any = None, memory_format: memory_format | None = None) -> Tensor:
    """Change the shape, in place: the elements are those found in memory from the first on, and arbitrary beyond.

    Where the memory is too small the tensor moves to new memory; other tensors stay with the old.

    Raises:
        RuntimeError: the tensor requires a gradient.

    >>> import tapegrad as torch
    >>> torch.arange(4).resize_(2, 1)
    tensor([[0],
            [1]])
    """
    shape = shape_of(sizes, "resize_", size)
    if any(n < 0 for n in shape):
        raise RuntimeError(f"numel: integer multiplication overflow: found the shape {shape}")
    if self.requires_grad:
        raise RuntimeError("cannot resize variables that require grad. Write x.detach().resize_(...)")
    if memory_format is not None and not isinstance(memory_format, format_):
        what = type_name(memory_format)
        raise TypeError(f"resize_(): argument 'memory_format' must be torch.memory_format, not {what}")
    _resize(self, shape, memory_format)
    version_of(self).n += 1
    return self


def _resize(self: Tensor, shape: tuple[int, ...], format: memory_format | None) -> None:
    if self._data.shape == shape and format is None:
        return
    name = "contiguous_format" if format is None else format._name
    strides = channels_last_strides(shape, name) if name.startswith("channels") else contiguous_strides(shape)
    kind = self._data.dtype
    memory, offset = memory_of(self._data), self.storage_offset()
    needed = (offset + math.prod(shape)) * kind.itemsize
    if memory.nbytes < needed:
        grown = np.empty(-(-needed // kind.itemsize), kind)
        old = window(memory, np.dtype(np.uint8), (memory.nbytes,), (1,))
        grown.view(np.uint8)[: memory.nbytes] = old
        memory = grown
    self._data, self._form = window(memory, kind, shape, strides, offset), None


def resize(self: Tensor, *sizes: Any) -> Tensor:
    """An older form of `reshape`; deprecated in torch, which warns.

    Raises:
        RuntimeError: the shape has another number of elements.
    """
    warnings.warn("non-inplace resize is deprecated", UserWarning, stacklevel=2)
    shape = shape_of(sizes, "resize")
    if math.prod(shape) != self._data.size:
        wanted, found = ("x".join(map(str, dims)) for dims in (shape, self._data.shape))
        raise RuntimeError(
            f"requested resize to {wanted} ({math.prod(shape)} elements in total), but the given tensor has a size of"
            f" {found} ({self._data.size} elements). autograd's resize can only change the shape of a given tensor,"
            " while preserving the number of elements. "
        )
    return self.reshape(shape)


def resize_as(self: Tensor, tensor: Tensor) -> Tensor:
    """An older form of `reshape` to another tensor's shape; deprecated in torch, which warns."""
    return resize(self, *tensor._data.shape)


def const_data_ptr(self: Tensor) -> int:
    """The address of the first element."""
    return self.data_ptr()


def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: memory_format | None = None) -> Tensor:
    """`resize_` to the shape of another tensor."""
    return resize_(self, the_template._data.shape, memory_format=memory_format)


def share_memory_(self: Tensor) -> Tensor:
    """Returns the tensor; tapegrad's memory belongs to one process."""
    self._extras()["shared"] = True
    return self


def is_shared(self: Tensor) -> bool:
    """Whether `share_memory_` was called."""
    return self._x is not None and "shared" in self._x


def pin_memory(self: Tensor, device: Any = None) -> NoReturn:
    """Refused, as in torch where there is no accelerator."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


def is_pinned(self: Tensor, device: Any = None) -> bool:
    """Whether the memory is page-locked for an accelerator: no."""
    return False


def storage_type(self: Tensor) -> Any:
    """torch's class for storages of this tensor's type, such as `torch.FloatStorage`."""
    from .legacy import STORAGES

    return STORAGES[dtypes.scalar_type_name(self.dtype) + "Storage"]


METHODS = {
    "const_data_ptr": const_data_ptr,
    "is_pinned": is_pinned,
    "is_set_to": is_set_to,
    "is_shared": is_shared,
    "pin_memory": pin_memory,
    "resize": resize,
    "resize_": resize_,
    "resize_as": resize_as,
    "resize_as_": resize_as_,
    "set_": set_,
    "share_memory_": share_memory_,
    "storage": storage,
    "storage_type": storage_type,
    "untyped_storage": untyped_storage,
}

__all__ = ["resize_as_"]
