"""The functions that a file may name: how tensors, storages and containers are made from what it says.

Each takes nothing on trust: what a file says about shapes, strides and lengths is checked against the memory it has.
"""

from __future__ import annotations

import collections
import dataclasses
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..nn.parameter import Parameter
from ..tensor import dtypes
from ..tensor.device import device
from ..tensor.dtypes import Array, dtype
from ..tensor.size import Size
from ..tensor.storage import TypedStorage, UntypedStorage, window
from ..tensor.tensor import Tensor, new_tensor
from .names import STORAGE_NAMES, TYPE_OF_STORAGE, dtype_named


class Malformed(Exception):
    """A file says something that makes no sense."""


@dataclasses.dataclass
class StoredMemory:
    """The memory of a storage, and the type of its elements; None for bytes."""

    memory: Array
    kind: dtype | None

    def storage(self) -> Any:
        """As a storage object of ours."""
        untyped = UntypedStorage._of(self.memory)
        return untyped if self.kind is None else TypedStorage(wrap_storage=untyped, dtype=self.kind)


@dataclasses.dataclass(frozen=True)
class StorageKind:
    """A storage class that a file names: by the type of its elements, None for bytes."""

    dtype: dtype | None


def need(fits: bool, what: str) -> None:
    """Refuse a file that says something impossible."""
    if not fits:
        raise Malformed(what)


def _whole_numbers(x: Any) -> tuple[int, ...]:
    need(isinstance(x, (tuple, list, Size)) and all(type(n) is int and n >= 0 for n in x), f"sizes {x!r}")
    return tuple(x)


def rebuild_tensor(
    storage: Any,
    storage_offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    backward_hooks: Any = None,
    metadata: Any = None,
    kind: dtype | None = None,
) -> Tensor:
    """A tensor over a part of a storage."""
    need(isinstance(storage, StoredMemory), "a tensor without a storage")
    kind = storage.kind if kind is None else kind
    need(kind is not None, "a tensor over bytes of no type")
    assert kind is not None
    shape, strides = _whole_numbers(size), _whole_numbers(stride)
    need(len(shape) == len(strides) <= 64, f"sizes {shape} with strides {strides}")
    need(type(storage_offset) is int and storage_offset >= 0, f"offset {storage_offset!r}")
    count = storage.memory.nbytes // kind.numpy.itemsize
    if 0 not in shape:
        last = storage_offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        need(last < count, f"a tensor of shape {shape} that reaches outside of its storage of {count} elements")
    else:
        storage_offset = min(storage_offset, count)
    if kind.numpy.kind == "V" and not count:
        t = new_tensor(np.zeros(shape, kind.numpy))
    else:
        t = new_tensor(window(storage.memory, kind.numpy, shape, strides, storage_offset))
    if requires_grad is True:
        t.requires_grad_()
    return t


def _rebuild_v3(
    storage: Any, offset: Any, size: Any, stride: Any, grad: Any, hooks: Any, kind: Any, metadata: Any = None
) -> Tensor:
    need(isinstance(kind, dtype), f"element type {kind!r}")
    return rebuild_tensor(storage, offset, size, stride, grad, hooks, metadata, kind)


def _rebuild_v1(storage: Any, offset: Any, size: Any, stride: Any) -> Tensor:
    return rebuild_tensor(storage, offset, size, stride)


def _rebuild_parameter(data: Any, requires_grad: Any, backward_hooks: Any = None) -> Parameter:
    need(isinstance(data, Tensor), "a parameter that is no tensor")
    return Parameter(data, bool(requires_grad))


def _rebuild_parameter_with_state(data: Any, requires_grad: Any, backward_hooks: Any, state: Any) -> Parameter:
    made = _rebuild_parameter(data, requires_grad)
    set_attributes(made, state)
    return made


def _rebuild_from_type(function: Any, cls: Any, args: Any, state: Any) -> Any:
    need(function in TORCHS.values() and isinstance(args, tuple), "a tensor made by an unknown function")
    made = function(*args)
    if isinstance(cls, type) and issubclass(cls, Tensor) and cls not in (Tensor, Parameter):
        made = made.as_subclass(cls)
    set_attributes(made, state)
    return made


def set_attributes(made: Any, state: Any) -> None:
    """Give an object the attributes that a file says it has."""
    if isinstance(state, tuple) and len(state) == 2:
        state = state[0]
    if not state:
        return
    need(isinstance(state, dict) and all(type(k) is str and not k.startswith("__") for k in state), "attributes")
    made.__dict__.update(state)


def _encode(text: Any, encoding: Any) -> bytes:
    """How bytes are written under old protocols."""
    need(type(text) is str and encoding == "latin1", "bytes")
    return bytes(text, "latin1")


def _bytearray(content: Any = b"") -> bytearray:
    need(isinstance(content, bytes), "a bytearray")
    return bytearray(content)


def _complex(real: Any = 0.0, imag: Any = 0.0) -> complex:
    need(all(type(x) in (int, float) for x in (real, imag)), "a complex number")
    return complex(real, imag)


def _list_of(cls: Callable[..., Any]) -> Callable[..., Any]:
    def make(items: Any = ()) -> Any:
        need(isinstance(items, (list, tuple, set, frozenset)), cls.__name__)
        return cls(items)

    return make


def _size(items: Any = ()) -> Size:
    return Size(_whole_numbers(items))


def _device(kind: Any, index: Any = None) -> device:
    need(type(kind) is str and (index is None or type(index) is int), "a device")
    return device(kind) if index is None else device(kind, index)


def _ordered(items: Any = ()) -> OrderedDict[Any, Any]:
    need(isinstance(items, (list, tuple, dict)), "an OrderedDict")
    return OrderedDict(items)


def _counter(items: Any = ()) -> collections.Counter[Any]:
    need(isinstance(items, dict) or items == (), "a Counter")
    return collections.Counter(items)


def _defaultdict(factory: Any = None, items: Any = ()) -> collections.defaultdict[Any, Any]:
    need(factory in (None, *TORCHS.values()), "a defaultdict")
    return collections.defaultdict(factory, items)


TORCHS: Final[dict[tuple[str, str], Any]] = {
    ("torch._utils", "_rebuild_tensor"): _rebuild_v1,
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _rebuild_v3,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _rebuild_parameter_with_state,
    ("torch._tensor", "_rebuild_from_type_v2"): _rebuild_from_type,
    ("torch", "Size"): _size,
    ("torch", "device"): _device,
    ("torch", "Tensor"): Tensor,
    ("torch.nn.parameter", "Parameter"): Parameter,
    ("torch.storage", "UntypedStorage"): StorageKind(None),
    ("torch", "UntypedStorage"): StorageKind(None),
    ("collections", "OrderedDict"): _ordered,
    ("collections", "Counter"): _counter,
    ("collections", "defaultdict"): _defaultdict,
    ("builtins", "set"): _list_of(set),
    ("builtins", "frozenset"): _list_of(frozenset),
    ("builtins", "list"): _list_of(list),
    ("builtins", "tuple"): _list_of(tuple),
    ("builtins", "complex"): _complex,
    ("builtins", "bytearray"): _bytearray,
    ("_codecs", "encode"): _encode,
}
for _kind, _storage in STORAGE_NAMES.items():
    TORCHS["torch", _storage] = StorageKind(dtype_named(_kind))
for _kind in (*TYPE_OF_STORAGE.values(), "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2", "complex32"):
    if hasattr(dtypes, _kind) or _kind == "bool":
        TORCHS["torch", _kind] = dtype_named(_kind)


def torchs(module: str, name: str) -> Any:
    """What a file's name means, if it is one of torch's that every file may use; else None."""
    return TORCHS.get(("builtins" if module == "__builtin__" else module, name))
