"""Pickles as torch writes them: tensors as views of storages, which are kept beside the pickle."""

from __future__ import annotations

import copyreg
import pickle
import types
from collections import OrderedDict
from typing import Any, ClassVar

import numpy as np

from ..nn.modules.module import Module
from ..nn.modules.module.hooks import HookDict
from ..nn.modules.rnn.base import RNNBase
from ..nn.parameter import Parameter
from ..tensor.device import device, layout, memory_format, strided
from ..tensor.dtypes import Array, dtype
from ..tensor.size import Size
from ..tensor.storage import TypedStorage, UntypedStorage, memory_of, owner_of
from ..tensor.tensor import Tensor
from .names import STORAGE_NAMES, Global, dtype_named, name_of, split_name, torch_name

_PythonsPickler: Any = pickle._Pickler  # written in Python, which can be extended


class StorageReference:
    """What stands in a pickle for the memory of tensors: number, element type and length."""

    __slots__ = ("key", "kind", "location", "memory", "numel")

    def __init__(self, key: str, kind: str | None, numel: int, memory: Array) -> None:
        self.key, self.kind, self.numel, self.memory = key, kind, numel, memory
        self.location = "cpu"

    def persistent_id(self, bytes_name: tuple[str, str]) -> tuple[Any, ...]:
        kind = bytes_name if self.kind is None else ("torch", STORAGE_NAMES[self.kind])
        return ("storage", torch_name(*kind), self.key, self.location, self.numel)


class Pickler(_PythonsPickler):  # type: ignore[misc]  # its base is not declared
    """Writes torch's names for our objects.

    Attributes:
        storages: what the pickle refers to, in order.
    """

    def __init__(self, file: Any, protocol: int, legacy: bool = False) -> None:
        super().__init__(file, protocol)
        self.legacy = legacy
        self.storages: list[StorageReference] = []
        self._by_owner: dict[int, StorageReference] = {}
        self._owners: list[Any] = []  # kept alive, for their identities

    def persistent_id(self, obj: Any) -> Any:
        if obj.__class__ is not StorageReference:
            return None
        if self.legacy:
            return (*obj.persistent_id(("torch", "ByteStorage")), None)
        return obj.persistent_id(("torch.storage", "UntypedStorage"))

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, dtype):
            obj = torch_name("torch", name_of(obj))
        elif isinstance(obj, (UntypedStorage, TypedStorage)):
            obj = self._of_storage(obj)
        if obj.__class__ is not Global:
            super().save(obj, save_persistent_id)
            return
        known = self.memo.get(id(obj))
        if known is not None:
            self.write(self.get(known[0]))
        else:
            self.write(b"c" + f"{obj.module}\n{obj.name}\n".encode())
            self.memoize(obj)

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """A class or function by its name; ours by torch's."""
        ours = getattr(obj, "__module__", None) or ""
        if ours.partition(".")[0] in ("tapegrad", "torch"):
            self.save(torch_name(*split_name(obj)))
        else:
            super().save_global(obj, name)

    dispatch: ClassVar[dict[Any, Any]] = {
        **_PythonsPickler.dispatch,
        types.FunctionType: save_global,
    }

    def reducer_override(self, obj: Any) -> Any:
        """How one of our objects is made again, in torch's names."""
        if isinstance(obj, Tensor):
            return self._tensor(obj)
        if isinstance(obj, Size):
            return torch_name("torch", "Size"), (tuple(obj),)
        if isinstance(obj, device):
            return torch_name("torch", "device"), (obj.type,) if obj.index is None else (obj.type, obj.index)
        if isinstance(obj, layout):
            return torch_name("torch.serialization", "_get_layout"), (str(obj),)
        if isinstance(obj, HookDict):
            return OrderedDict, (), None, None, iter(obj.items())
        if isinstance(obj, memory_format):
            raise TypeError(f"cannot pickle 'module' object: {obj} cannot be saved, as in torch; save its name")
        if isinstance(obj, Module) and type(obj).__module__.startswith("torch."):
            state = obj.__getstate__()
            if isinstance(obj, RNNBase):  # torch keeps this list, which is made when it is needed here
                state["_flat_weights"] = obj._flat_weights
            return copyreg.__newobj__, (type(obj),), state  # type: ignore[attr-defined]
        return NotImplemented

    # -- tensors -------------------------------------------------------------------------------------------------------

    def _tensor(self, t: Tensor) -> Any:
        if isinstance(t, Parameter):
            plain = t.detach() if type(t) is Parameter else t.detach().as_subclass(Tensor)
            args: tuple[Any, ...] = (plain, t.requires_grad, OrderedDict())
            if t.__dict__:
                return torch_name("torch._utils", "_rebuild_parameter_with_state"), (*args, dict(t.__dict__))
            return torch_name("torch._utils", "_rebuild_parameter"), args
        if t.layout is not strided:
            return torch_name("torch._utils", "_rebuild_sparse_tensor"), (t.layout, t._parts())
        function, args = self._plain(t)
        if type(t) is Tensor and not t.__dict__:
            return function, args
        return torch_name("torch._tensor", "_rebuild_from_type_v2"), (function, type(t), args, dict(t.__dict__))

    def _plain(self, t: Tensor) -> tuple[Global, tuple[Any, ...]]:
        array = t._data
        kind = name_of(t.dtype)
        named = kind if kind in STORAGE_NAMES else None
        reference, start = self._reference(array, named)
        step = array.itemsize
        shape, strides = tuple(array.shape), tuple(t.stride())
        rest: tuple[Any, ...] = (reference, start // step, shape, strides, t.requires_grad, OrderedDict())
        if named is None:
            return torch_name("torch._utils", "_rebuild_tensor_v3"), (*rest, t.dtype)
        return torch_name("torch._utils", "_rebuild_tensor_v2"), rest

    def _reference(self, array: Array, kind: str | None) -> tuple[StorageReference, int]:
        """The storage that an array looks at, and how many bytes into it the array begins.

        Raises:
            RuntimeError: what was saved before looks at the same storage as elements of another type.
        """
        owner = owner_of(array)
        memory = memory_of(array)
        found = self._by_owner.get(id(owner))
        if found is None:
            found = StorageReference(str(len(self.storages)), kind, memory.nbytes // _width(kind), memory)
            self.storages.append(found)
            self._by_owner[id(owner)] = found
            self._owners.append(owner)
        elif found.kind != kind and memory.nbytes:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different types."
                f" Found {found.kind or 'bytes'} and {kind or 'bytes'}: save a clone() of one of them."
            )
        begin = int(memory.__array_interface__["data"][0] if memory.dtype.kind != "V" else memory.ctypes.data)
        here = int(array.ctypes.data)
        return found, here - begin if array.size else 0

    def _of_storage(self, storage: UntypedStorage | TypedStorage) -> StorageReference:
        """What stands for a storage that is itself pickled."""
        if isinstance(storage, UntypedStorage):
            return self._reference(storage._memory, None)[0]
        kind = name_of(storage.dtype)
        return self._reference(storage._elements, kind if kind in STORAGE_NAMES else None)[0]


def _width(kind: str | None) -> int:
    return 1 if kind is None else int(dtype_named(kind).itemsize)


def bytes_of(memory: Array) -> memoryview:
    """The bytes of contiguous memory."""
    flat = np.ascontiguousarray(memory)
    numbers: Any = flat.view(np.uint16) if flat.dtype.kind == "V" else flat  # buffers do not know bfloat16
    return memoryview(numbers.reshape(-1).view(np.uint8))
