"""torch's older constructors: `torch.Tensor(...)`, `torch.FloatTensor(...)` and `torch.FloatStorage(...)`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from . import dtypes
from .arguments import shape_of, type_name
from .creation import array_from
from .device import CPU, device, strided
from .dtypes import c_type_name, default, scalar_type_name, set_default_dtype
from .sequences import is_sequence
from .size import Size
from .storage import TypedStorage, UntypedStorage, window
from .tensor import REQUIRES_GRAD, Tensor, new_tensor

dtype_ = dtypes.dtype  # `dtype` is the name of an attribute below


def legacy_tensor(*args: Any, kind: dtype_ | None = None, **kwargs: Any) -> Tensor:
    """What `torch.Tensor(...)` and `torch.FloatTensor(...)` return.

    Sizes give an uninitialised tensor, a sequence or array its elements, a tensor or storage a tensor over the same
    memory; nothing gives an empty one.

    Args:
        args: sizes, or data.
        kind: the element type; the default one, and that of a tensor or storage given, if None.

    Raises:
        TypeError: neither sizes nor data, or a tensor of another type than `kind`.
    """
    if kwargs:
        args += _keywords(args, kwargs)
    of = default.dtype if kind is None else kind
    if not args:
        return new_tensor(np.empty(0, of.numpy))
    first = args[0]
    if len(args) == 1 and isinstance(first, Tensor):
        return _alias(first, kind)
    if len(args) == 1 and isinstance(first, (UntypedStorage, TypedStorage)):
        memory = first._memory if isinstance(first, UntypedStorage) else first._elements
        return new_tensor(window(memory, of.numpy, (memory.nbytes // of.itemsize,), (1,)))
    if isinstance(first, Size) or (hasattr(first, "__index__") and not isinstance(first, (bool, np.ndarray))):
        shape = shape_of(args, "new")
        for n in shape:
            if n < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(shape)}")
        return new_tensor(np.empty(shape, of.numpy))
    if len(args) > 1:
        got = ", ".join(map(type_name, args))
        raise TypeError(f"new() received an invalid combination of arguments - got ({got}), but expected sizes or data")
    if isinstance(first, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(first)}'")
    if not is_sequence(first):
        raise TypeError(f"new(): data must be a sequence (got {type_name(first)})")
    array = array_from(first, of)
    return new_tensor(array.copy() if array is first else array)


def _keywords(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Check `device=` and give back what stood under `size=` or `data=`."""
    more: tuple[Any, ...] = ()
    for name, value in kwargs.items():
        if name == "device":
            where = device(value) if value is not None else CPU
            if where.type != "cpu":
                raise RuntimeError(
                    f"legacy constructor expects device type: cpu but device type: {where.type} was passed"
                )
        elif name == "size" and not args:
            more = (Size(value),)
        elif name == "data" and not args:
            more = (value,)
        else:
            got = ", ".join([*map(type_name, args), *(f"{n}={type_name(v)}" for n, v in kwargs.items())])
            raise TypeError(
                f"new() received an invalid combination of arguments - got ({got}), but expected sizes or data, and"
                " device=. Use torch.tensor(data, dtype=...) to choose a type."
            )
    return more


def alias(t: Tensor) -> Tensor:
    """A view of the whole tensor, recorded."""
    from ..ops.shape import _alias

    viewed: Tensor = _alias.call(t)
    return viewed


def _alias(t: Tensor, kind: dtype_ | None) -> Tensor:
    if kind is not None and t.dtype is not kind:
        raise TypeError(f"expected {_options(kind)} (got {_options(t.dtype)}). Write x.to({kind}).")
    if t._flags & REQUIRES_GRAD:
        return alias(t)
    return t.detach()


def _options(kind: dtype_) -> str:
    return (
        f"TensorOptions(dtype={c_type_name(kind)}, device=cpu, layout=Strided, requires_grad=false"
        " (default), pinned_memory=false (default), memory_format=(nullopt))"
    )


def new(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """An older form of `new_empty(sizes)` and `new_tensor(data)`."""
    return legacy_tensor(*args, kind=self.dtype, **kwargs)


# -- torch.FloatTensor and the like ---------------------------------------------------------------------------------


class tensortype(type):
    """The type of `torch.FloatTensor` and its siblings: calling one makes a tensor, and isinstance asks for the type
    of a tensor's elements."""

    dtype: dtype_
    make: Callable[..., Any]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls.make(*args, kind=cls.dtype, **kwargs)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, (Tensor, TypedStorage)) and cls.accepts(value) and value.dtype is cls.dtype

    def accepts(cls, value: object) -> bool:
        """Whether a value is of the sort that this class makes."""
        return isinstance(value, TypedStorage if cls.make is _make_storage else Tensor)

    # As if they were written in torch itself: that is how they print.
    __module__ = "torch"


def _make_storage(data: Any = 0, *, kind: dtype_) -> TypedStorage:
    return TypedStorage(data, dtype=kind)


def _classes(suffix: str, make: Any, doc: str) -> dict[str, Any]:
    made = {}
    for kind in dtypes.ALL:
        name = scalar_type_name(kind) + suffix
        attributes = {"__doc__": doc, "__module__": "torch", "dtype": kind, "make": staticmethod(make)}
        attributes |= {"is_cuda": False, "is_sparse": False, "layout": strided}
        made[name] = tensortype(name, (), attributes)
    return made


TENSORS: Final[dict[str, Any]] = _classes("Tensor", legacy_tensor, "Makes tensors of one element type.")
STORAGES: Final[dict[str, Any]] = _classes("Storage", _make_storage, "Makes storages of one element type.")

# torch has no classes for tensors of the complex and the wide unsigned types.
for _name in ("ComplexFloatTensor", "ComplexDoubleTensor", "UInt16Tensor", "UInt32Tensor", "UInt64Tensor"):
    del TENSORS[_name]
for _name in ("UInt16Storage", "UInt32Storage", "UInt64Storage"):
    del STORAGES[_name]


def set_default_tensor_type(t: Any) -> None:
    """Set the default element type by a class such as `torch.DoubleTensor`, or its name; deprecated in torch.

    Raises:
        TypeError: it is not the class of a floating-point type.
    """
    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and"
        " torch.set_default_device() as alternatives.",
        UserWarning,
        stacklevel=2,
    )
    found = TENSORS.get(t.removeprefix("torch.")) if isinstance(t, str) else t
    if not isinstance(found, tensortype):
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    set_default_dtype(found.dtype)


def tensor_type(self: Tensor, dtype: Any = None, non_blocking: bool = False, **kwargs: Any) -> Any:
    """The name of torch's class for tensors of this type; or the tensor in another type, given in any form.

    >>> import tapegrad as torch
    >>> torch.ones(2).type(), torch.ones(2).type(torch.DoubleTensor)
    ('torch.FloatTensor', tensor([1., 1.], dtype=torch.float64))
    """
    if dtype is None:
        return f"torch.{scalar_type_name(self.dtype)}Tensor"
    if isinstance(dtype, str):
        kind = TENSORS.get(dtype.removeprefix("torch.")) if dtype.startswith("torch.") else None
        if kind is None:
            if dtype.startswith("torch.cuda."):
                from .device import check_device

                check_device("cuda")
            raise ValueError(f"invalid type: '{dtype}'")
        dtype = kind.dtype
    elif isinstance(dtype, tensortype):
        dtype = dtype.dtype
    elif dtype is Tensor:
        dtype = default.dtype
    elif isinstance(dtype, type):
        if dtype.__module__ == "torch.cuda":
            from .device import check_device

            check_device("cuda")
        raise ValueError(f"invalid type: '{dtype.__name__}'")
    elif not isinstance(dtype, dtype_):
        raise TypeError("dtype must be a type, str, or dtype object")
    return self.to(dtype)


METHODS = {"new": new, "type": tensor_type}

__all__ = ["set_default_tensor_type", *TENSORS, *STORAGES]
globals().update(TENSORS)
globals().update(STORAGES)
