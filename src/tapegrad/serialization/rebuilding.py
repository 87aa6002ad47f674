"""The functions that a file may name: how tensors, storages and containers are made from what it says.

Each takes nothing on trust: what a file says about shapes, strides and lengths is checked against the memory it has.
Messages give types and not values, as a value may be endless to print.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, OrderedDict
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final, NoReturn

import numpy as np

from ..nn.parameter import Parameter
from ..tensor import dtypes
from ..tensor.device import constant, device, layout
from ..tensor.dtypes import dtype
from ..tensor.size import Size
from ..tensor.storage import TypedStorage, memory_of, window
from ..tensor.tensor import Tensor, new_tensor
from .malformed import Malformed, need
from .names import STORAGE_NAMES, TYPE_OF_STORAGE, dtype_named
from .sparse import rebuild_sparse

_MOST_DIMENSIONS: Final = 64


@dataclasses.dataclass(frozen=True)
class StorageKind:
    """A storage class that a file names: by the type of its elements, None for bytes."""

    dtype: dtype | None


def _whole_numbers(x: Any) -> tuple[int, ...]:
    need(isinstance(x, (tuple, list)) and all(type(n) is int and 0 <= n < 2**63 for n in x), "sizes")
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
    need(isinstance(storage, TypedStorage), "a tensor without a storage")
    kind = storage.dtype if kind is None else kind
    need(all(isinstance(x, (tuple, list)) and len(x) <= _MOST_DIMENSIONS for x in (size, stride)), "dimensions")
    shape, strides = _whole_numbers(size), _whole_numbers(stride)
    need(len(shape) == len(strides), "sizes and strides of different lengths")
    need(type(storage_offset) is int and 0 <= storage_offset < 2**63, "an offset")
    numpy = kind.numpy
    memory = storage._elements
    count = memory.nbytes // numpy.itemsize
    if 0 in shape:
        storage_offset = min(storage_offset, count)
    else:
        last = storage_offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        need(last < count, f"a tensor that reaches element {last} of a storage of {count}")
    if numpy.kind == "V" and not count:  # NumPy cannot see no bytes as another type
        t = new_tensor(np.zeros(shape, numpy))
    else:
        t = new_tensor(window(memory, numpy, shape, strides, storage_offset))
    if metadata:
        t = _resolved(t, metadata)
    if requires_grad is True:
        need(kind.category >= dtypes.FLOAT, "an integer tensor that requires a gradient")
        t.requires_grad_()
    return t


def _resolved(t: Tensor, metadata: Any) -> Tensor:
    """The values that torch shows: it may store the conjugate or the negative, and a note."""
    need(isinstance(metadata, dict), "a tensor's notes")
    # What is computed takes memory of its own, which an expanded tensor could have any amount of.
    need(t._data.size * t._data.itemsize <= memory_of(t._data).nbytes, "an expanded tensor that is to be computed")
    made = t
    if metadata.get("conj") is True:
        made = made.conj().clone()
    if metadata.get("neg") is True:
        made = -made
    return made


def _rebuild_v3(
    storage: Any, offset: Any, size: Any, stride: Any, grad: Any, hooks: Any, kind: Any, metadata: Any = None
) -> Tensor:
    need(isinstance(kind, dtype), "an element type")
    return rebuild_tensor(storage, offset, size, stride, grad, hooks, metadata, kind)


def _rebuild_v1(storage: Any, offset: Any, size: Any, stride: Any) -> Tensor:
    return rebuild_tensor(storage, offset, size, stride)


def _rebuild_parameter(data: Any, requires_grad: Any, backward_hooks: Any = None) -> Parameter:
    need(isinstance(data, Tensor) and type(requires_grad) is bool, "a parameter")
    need(not requires_grad or data.dtype.category >= dtypes.FLOAT, "an integer parameter that requires a gradient")
    return Parameter(data, requires_grad)


def _rebuild_parameter_with_state(data: Any, requires_grad: Any, backward_hooks: Any, state: Any) -> Parameter:
    made = _rebuild_parameter(data, requires_grad)
    set_attributes(made, state)
    return made


_OF_PLAIN_TENSORS: Final = (rebuild_tensor, _rebuild_v3, _rebuild_v1)


def _rebuild_from_type(function: Any, cls: Any, args: Any, state: Any) -> Any:
    need(any(function is known for known in _OF_PLAIN_TENSORS), "a tensor made by an unknown function")
    need(isinstance(args, tuple) and isinstance(cls, type) and issubclass(cls, Tensor), "a tensor of an unknown class")
    made = function(*args)
    if cls not in (Tensor, Parameter):
        made = made.as_subclass(cls)
    set_attributes(made, state)
    return made


def set_attributes(made: Any, state: Any) -> None:
    """Give an object the attributes that a file says it has: a dictionary, or one and another for slots."""
    slots: Any = None
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state
    for part in (state, slots):
        if part:
            need(isinstance(part, dict), "attributes")
            need(all(type(k) is str and not k.startswith("__") for k in part), "attributes")
    if state:
        made.__dict__.update(state)
    if slots:
        need(not isinstance(made, Tensor), "slots of a tensor")
        for name, value in slots.items():
            setattr(made, name, value)


def _encode(text: Any, encoding: Any) -> bytes:
    """How bytes are written under old protocols."""
    need(type(text) is str and encoding == "latin1", "bytes")
    return bytes(text, "latin1")


def _bytes() -> bytes:
    """Empty bytes are written as a call without arguments."""
    return b""


def _bytearray(content: Any = b"", encoding: Any = None) -> bytearray:
    if encoding is not None:
        need(type(content) is str and encoding == "latin-1", "a bytearray")
        return bytearray(content, "latin-1")
    need(type(content) is bytes, "a bytearray")
    return bytearray(content)


def _complex(real: Any = 0.0, imag: Any = 0.0) -> complex:
    need(all(type(x) in (int, float) for x in (real, imag)), "a complex number")
    return complex(real, imag)


def _set(items: Any = ()) -> set[Any]:
    need(isinstance(items, (list, tuple, set, frozenset)), "a set")
    return set(items)


def _size(items: Any = ()) -> Size:
    return Size(_whole_numbers(items))


def _device(kind: Any, index: Any = None) -> device:
    need(type(kind) is str and len(kind) < 100 and (index is None or type(index) is int), "a device")
    try:
        return device(kind) if index is None else device(kind, index)
    except RuntimeError as error:
        raise Malformed(f"a device that is none ({error})") from None


def _ordered(items: Any = ()) -> OrderedDict[Any, Any]:
    need(isinstance(items, (list, tuple, dict)), "an OrderedDict")
    return OrderedDict(items)


def _counter(items: Any = ()) -> Counter[Any]:
    need(isinstance(items, dict) or items == (), "a Counter")
    return Counter(items)


def _layout(name: Any) -> layout:
    need(type(name) is str and name in LAYOUTS, "a layout")
    found: layout = LAYOUTS[name]
    return found


def _lacking(what: str) -> Callable[..., NoReturn]:
    """Stands for a function of torch's that makes what tapegrad does not have."""

    def refuse(*args: Any) -> NoReturn:
        from ..errors import unsupported

        raise unsupported(what, "the file holds one")

    return refuse


LAYOUTS: Final[dict[str, Any]] = {
    str(constant(name)): constant(name)
    for name in ("strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged")
}

# What a name means; what is not listed is refused, unless the user allows it.
TORCHS: Final[dict[tuple[str, str], Any]] = {
    ("torch._utils", "_rebuild_tensor"): _rebuild_v1,
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _rebuild_v3,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _rebuild_parameter_with_state,
    ("torch._tensor", "_rebuild_from_type_v2"): _rebuild_from_type,
    ("torch._utils", "_rebuild_sparse_tensor"): rebuild_sparse,
    ("torch._utils", "_rebuild_nested_tensor"): _lacking("nested tensors"),
    ("torch._utils", "_rebuild_qtensor"): _lacking("quantized tensors"),
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): _lacking("meta tensors"),
    ("torch._utils", "_rebuild_wrapper_subclass"): _lacking("wrapper subclasses"),
    ("torch._utils", "_rebuild_device_tensor_from_numpy"): _lacking("tensors of other devices"),
    ("torch._utils", "_rebuild_device_tensor_from_cpu_tensor"): _lacking("tensors of other devices"),
    ("torch.serialization", "_get_layout"): _layout,
    ("torch", "Size"): Size,
    ("torch", "device"): device,
    ("torch", "Tensor"): Tensor,
    ("torch.nn.parameter", "Parameter"): Parameter,
    ("torch.storage", "UntypedStorage"): StorageKind(None),
    ("torch", "UntypedStorage"): StorageKind(None),
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "Counter"): Counter,
    ("builtins", "set"): set,
    ("builtins", "complex"): complex,
    ("builtins", "bytes"): bytes,
    ("builtins", "bytearray"): bytearray,
    ("_codecs", "encode"): _encode,
}
# The functions among them that may be called are called as they are; of the classes these do it, with more care.
_CLASSES: Final[dict[Any, Callable[..., Any]]] = {
    Size: _size,
    device: _device,
    OrderedDict: _ordered,
    Counter: _counter,
    set: _set,
    complex: _complex,
    bytes: _bytes,
    bytearray: _bytearray,
}
MAKERS: Final[dict[int, Callable[..., Any]]] = {
    **{id(known): known for known in TORCHS.values() if isinstance(known, FunctionType)},
    **{id(cls): maker for cls, maker in _CLASSES.items()},
}

for _kind, _storage in STORAGE_NAMES.items():
    TORCHS["torch", _storage] = StorageKind(dtype_named(_kind))
for _kind in (
    *TYPE_OF_STORAGE.values(),
    "uint16",
    "uint32",
    "uint64",
    "float8_e4m3fn",
    "float8_e5m2",
    "complex32",
    "float8_e4m3fnuz",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
):
    if hasattr(dtypes, _kind) or _kind == "bool":
        TORCHS["torch", _kind] = dtype_named(_kind)


def torchs(module: str, name: str) -> Any:
    """What a file's name means, if it is one of torch's that every file may use; else None."""
    return TORCHS.get((module, name))
