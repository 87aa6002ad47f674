"""Copies and conversion: `clone`, `to` and the methods named after types."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..tensor import dtypes
from ..tensor.arguments import type_name
from ..tensor.casting import cast, warn_of_lost_imaginary_part
from ..tensor.device import check_device, check_memory_format, device, memory_format
from ..tensor.dtypes import Array
from ..tensor.strides import empty_like, keeps_order
from ..tensor.tensor import Tensor, new_tensor
from .op import operator
from .vocabulary import fit


def copy_of(array: Array, dtype: np.dtype[Any], format: Any = None) -> Array:
    """A copy of the elements, converted to a dtype, laid out as `tensor.strides.empty_like` says."""
    if format is None and keeps_order(array):
        return cast(array, dtype)
    made = empty_like(array, dtype, format)
    made[...] = array if array.dtype is dtype else cast(array, dtype)
    return made


@operator(name="clone_data", node="CloneBackward0")
def _clone(x: Array, /, format: Any) -> Array:
    return copy_of(x, x.dtype, format)


_clone.linear_in("x").with_rules(x=lambda g: g)


def clone(input: Tensor, *, memory_format: memory_format | None = None) -> Tensor:
    """A copy with memory of its own, recorded: its gradient goes on to `input`.

    Args:
        memory_format: the order of dimensions in memory; that of `input` unless told.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> x.clone()
    tensor([1., 2.], grad_fn=<CloneBackward0>)
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("clone", "input", 1, input)
    return _clone.call(input, check_memory_format(memory_format, "clone"))


@operator(name="to_dtype", node="ToCopyBackward0")
def to_dtype(x: Array, /, dtype: Any, format: Any = None) -> Array:
    """A copy in another dtype (a NumPy one)."""
    return copy_of(x, dtype, format)


to_dtype.linear_in("x")


@to_dtype.rule("x")
def _(g: Any, x_shape: Any, x_dtype: Any) -> Any:
    return fit(g, (x_shape, x_dtype))


def _suggests(array: Array, name: str) -> bool:
    """Whether torch takes an array to be in a memory format: everything is contiguous that is not channels_last."""
    for rank, last in ((4, "channels_last"), (5, "channels_last_3d")):
        if array.ndim == rank and not array.flags.c_contiguous:
            if array.transpose(0, *range(2, rank), 1).flags.c_contiguous:
                return name == last
    return name == "contiguous_format"


def convert(x: Tensor, kind: dtypes.dtype, copy: bool = False, format: Any = None) -> Tensor:
    """The tensor in another type; itself if it has that type and no copy is asked for."""
    if not copy and x._data.dtype is kind.numpy and (format is None or _suggests(x._data, format._name)):
        return x
    if x._data.dtype.kind == "c":
        warn_of_lost_imaginary_part(x._data.dtype, kind.numpy)
    if x._flags and kind.category >= dtypes.FLOAT:
        return to_dtype.call(x, kind.numpy, format)
    return new_tensor(to_dtype.forward(x._data, kind.numpy, format))


def _conversion(kind: dtypes.dtype, name: str) -> Any:
    def method(self: Tensor, memory_format: memory_format | None = None) -> Tensor:
        if self._data.dtype is kind._numpy and memory_format is None:
            return self
        return convert(self, kind, False, check_memory_format(memory_format, name))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"The tensor as {kind}; itself if it is that already."
    return method


def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The tensor with another type or device; itself if nothing changes.

    `to(dtype)`, `to(device)`, `to(device, dtype)`, `to(other)`: with the type and device of another tensor; each with
    `non_blocking=False, copy=False` after it, or by keyword, and `memory_format=`.

    >>> import tapegrad as torch
    >>> torch.tensor([1, 2]).to(torch.float64)
    tensor([1., 2.], dtype=torch.float64)
    """
    if len(args) == 1 and not kwargs:
        wanted = args[0]
        if type(wanted) is dtypes.dtype:
            return convert(self, wanted)
        if wanted.__class__ is str and wanted == "cpu":
            return self
    kind, copy, format = parse_to(self.dtype, args, kwargs)
    return convert(self, kind, copy, format)


def parse_to(own: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, bool, Any]:
    """The type (`own` if none is given), whether to copy, and the memory format that the arguments of `to` ask for.

    The forms differ in what comes first; `non_blocking` and `copy` may follow in each.
    """
    first, given = args[0] if args else None, dict(kwargs)
    if isinstance(first, Tensor):
        forms = ["tensor", "non_blocking", "copy"]
    elif isinstance(first, (dtypes.dtype, type)):
        forms = ["dtype", "non_blocking", "copy"]
    else:
        forms = ["device", "dtype", "non_blocking", "copy"]
    expected = {
        "copy": bool,
        "device": (str, device, int, type(None)),
        "dtype": (dtypes.dtype, type, type(None)),
        "memory_format": (memory_format, type(None)),
        "non_blocking": bool,
        "tensor": Tensor,
    }
    twice = set(forms[: len(args)]) & set(given)
    given.update(zip(forms, args, strict=False))
    kinds: dict[str, Any] = expected
    fits = all(name in kinds and isinstance(value, kinds[name]) for name, value in given.items())
    if twice or len(args) > len(forms) or not fits or isinstance(given.get("device"), bool):
        got = [*map(type_name, args), *(f"{name}={type_name(value)}" for name, value in kwargs.items())]
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({', '.join(got)}{'' if args else ', '}), but"
            " expected a dtype, a device, a device and a dtype, or a tensor"
        )
    check_device(given.get("device"), "to")
    if "tensor" in given:
        kind = given["tensor"].dtype
    else:
        kind = own if given.get("dtype") is None else dtypes.as_dtype(given["dtype"], "to")
    return kind, given.get("copy", False), check_memory_format(given.get("memory_format"), "to")


def cpu(self: Tensor, memory_format: memory_format | None = None) -> Tensor:
    """The tensor itself, which is on the CPU already."""
    return convert(self, self.dtype, False, check_memory_format(memory_format, "cpu"))


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor in the type of another."""
    if not isinstance(other, Tensor):
        raise wrong_argument("type_as", "other", 1, other)
    return convert(self, other.dtype)


METHODS = {
    "bfloat16": _conversion(dtypes.bfloat16, "bfloat16"),
    "bool": _conversion(dtypes.bool_, "bool"),
    "byte": _conversion(dtypes.uint8, "byte"),
    "cdouble": _conversion(dtypes.complex128, "cdouble"),
    "cfloat": _conversion(dtypes.complex64, "cfloat"),
    "chalf": _conversion(dtypes.complex32, "chalf"),
    "char": _conversion(dtypes.int8, "char"),
    "clone": clone,
    "cpu": cpu,
    "double": _conversion(dtypes.float64, "double"),
    "float": _conversion(dtypes.float32, "float"),
    "half": _conversion(dtypes.float16, "half"),
    "int": _conversion(dtypes.int32, "int"),
    "long": _conversion(dtypes.int64, "long"),
    "short": _conversion(dtypes.int16, "short"),
    "to": to,
    "type_as": type_as,
}

__all__ = ["clone"]
