"""Checks of the arguments of drawing functions, with torch's complaints."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..tensor.dtypes import FLOAT, dtype, from_numpy_dtype, scalar_type_name
from ..tensor.tensor import Tensor
from .generator import Generator, stream_of
from .stream import Stream

Array = np.ndarray[Any, Any]

_FACTORY = "Tensor out, dtype, layout, device, bool pin_memory, bool requires_grad"
FORMS = {
    "rand": (f"tuple of ints size, *, Generator generator, {_FACTORY}",),
    "randn": (f"tuple of ints size, *, Generator generator, {_FACTORY}",),
    "randint": (
        f"int high, tuple of ints size, *, Generator generator, {_FACTORY}",
        f"int low, int high, tuple of ints size, *, Generator generator, {_FACTORY}",
    ),
    "randperm": (f"int n, *, Generator generator, {_FACTORY}",),
    "rand_like": ("Tensor input, *, Generator generator, memory_format, dtype, layout, device, bool requires_grad",),
    "randn_like": ("Tensor input, *, Generator generator, memory_format, dtype, layout, device, bool requires_grad",),
    "randint_like": (
        "Tensor input, int high, *, Generator generator, memory_format, dtype, layout, device, bool requires_grad",
        "Tensor input, int low, int high, *, Generator generator, memory_format, dtype, layout, device, …",
    ),
    "normal": (
        "Tensor mean, Tensor std, *, Generator generator, Tensor out",
        "Tensor mean, float std = 1, *, Generator generator, Tensor out",
        "float mean, Tensor std, *, Generator generator, Tensor out",
        f"float mean, float std, tuple of ints size, *, Generator generator, {_FACTORY}",
    ),
    "bernoulli": (
        "Tensor input, *, Generator generator, Tensor out",
        "Tensor input, float p, *, Generator generator",
    ),
    "bernoulli_": ("Tensor p, *, Generator generator", "float p = 0.5, *, Generator generator"),
    "random_": (
        "*, Generator generator",
        "int from, int to, *, Generator generator",
        "int to, *, Generator generator",
    ),
}


def type_name(value: object) -> str:
    """The type of an argument, as torch's messages name it."""
    return "torch.dtype" if isinstance(value, dtype) else type(value).__name__


def no_such_call(function: str, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> TypeError:
    """The error for arguments that fit none of a function's forms."""
    got = [type_name(a) for a in arguments] + [f"{name}={type_name(a)}" for name, a in keywords.items()]
    # torch leaves a comma behind where there are only keywords.
    listed = ", ".join(got) + (", " if keywords and not arguments else "")
    forms = "".join(f"\n * ({form})" for form in FORMS[function])
    return TypeError(
        f"{function}() received an invalid combination of arguments - got ({listed}), but expected one of:{forms}"
    )


def given(**keywords: Any) -> dict[str, Any]:
    """The keyword arguments that are not None, for a message."""
    return {name: value for name, value in keywords.items() if value is not None}


def stream_for(function: str, generator: Any, arguments: Sequence[Any] = ()) -> Stream:
    """The stream of a `generator=` argument; `arguments` are the others, for a message."""
    if generator is not None and not isinstance(generator, Generator):
        if function in FORMS:
            raise no_such_call(function, arguments, {"generator": generator})
        raise TypeError(f"{function}(): argument 'generator' must be torch.Generator, not {type_name(generator)}")
    return stream_of(generator)


def shape_for(function: str, sizes: tuple[Any, ...], position: int = 1) -> tuple[int, ...]:
    """The shape meant by `f(2, 3)`, `f((2, 3))`, `f([2, 3])` or `f(torch.Size([2, 3]))`."""
    listed = len(sizes) == 1 and isinstance(sizes[0], (tuple, list))
    items = sizes[0] if listed else sizes
    for size in items:
        if type(size) is not int:
            items = [_size(function, item, j, listed, position) for j, item in enumerate(items)]
            break
        if size < 0:
            break
    shape = tuple(items)
    for size in shape:
        if size < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {list(shape)}")
    if math.prod(shape) >= 2**60:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")
    return shape


def _size(function: str, size: Any, i: int, listed: bool, position: int) -> int:
    if not isinstance(size, bool) and hasattr(size, "__index__"):
        try:
            return int(size.__index__())
        except TypeError:
            pass  # a tensor of several elements, or not of integers
    name = type_name(size)
    if i > 0:
        raise TypeError(
            f"{function}(): argument 'size' failed to unpack the object at pos {i + 1} with error \"type must be tuple"
            f' of ints,but got {name}"'
        )
    if listed:
        raise TypeError(
            f"{function}(): argument 'size' (position {position}) must be tuple of ints, but found element of type"
            f" {name} at pos 0"
        )
    raise wrong_argument(function, "size", position, size, "tuple of ints")


def is_int(value: Any) -> bool:
    """Whether a value may be passed for an int: integers of Python, NumPy and tensors of one, not bools."""
    if type(value) is int:
        return True
    if isinstance(value, Tensor):
        return value._data.ndim == 0 and value._data.dtype.kind in "iu"
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_float(value: Any) -> bool:
    """Whether a value may be passed for a float: real numbers, and tensors of one that need no gradient."""
    if isinstance(value, Tensor):
        return value._data.ndim == 0 and value._data.dtype.kind != "c" and not value.requires_grad
    return isinstance(value, (int, float, np.integer, np.floating))


def int64(value: Any) -> int:
    """An `int` argument.

    Raises:
        ValueError: it does not fit 64 bits.
    """
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"Overflow when unpacking long long: {number} is not in the range -2**63 ... 2**63 - 1")
    return number


def int_argument(function: str, name: str, position: int, value: Any) -> int:
    """An `int` argument, checked.

    Raises:
        TypeError: it is not an integer.
        ValueError: it does not fit 64 bits.
    """
    if not is_int(value):
        raise wrong_argument(function, name, position, value, "int")
    return int64(value)


def floats(
    function: str, parameters: Mapping[str, float | None], arguments: tuple[Any, ...], keywords: Mapping[str, Any]
) -> list[float]:
    """The values of a function's float parameters, bound as Python binds parameters of these names and defaults."""
    if not arguments and not keywords and None not in parameters.values():
        return list(parameters.values())  # type: ignore[arg-type]
    if len(arguments) > len(parameters):
        least, most = sum(default is None for default in parameters.values()), len(parameters)
        takes = f"{most} positional argument{'s' * (most > 1)}"
        if least != most:
            takes = f"from {least} to {most} positional arguments"
        raise TypeError(f"{function}() takes {takes} but {len(arguments)} were given")
    for name in keywords:
        if name not in parameters:
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")
    values = []
    for i, (name, default) in enumerate(parameters.items()):
        if i < len(arguments):
            if name in keywords:
                raise TypeError(f"{function}() got multiple values for argument '{name}'")
            value = arguments[i]
            if not is_float(value):
                raise wrong_argument(function, name, i + 1, value, "float")
        elif name in keywords:
            value = keywords[name]
            if not is_float(value):
                raise TypeError(f"{function}(): argument '{name}' must be float, not {type_name(value)}")
        elif default is None:
            raise TypeError(f'{function}() missing 1 required positional arguments: "{name}"')
        else:
            value = default
        values.append(float(value))
    return values


# -- element types ---------------------------------------------------------------------------------------------------

# What C++ calls the types; they appear in torch's messages.
_C_NAMES = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short", "int32": "int",
    "int64": "long int", "uint16": "unsigned short", "uint32": "unsigned int", "uint64": "long unsigned int",
    "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def c_name(kind: np.dtype[Any]) -> str:
    """'float', 'long int', …: what C++ calls an element type."""
    return _C_NAMES[kind.name]


def is_floating(kind: np.dtype[Any]) -> bool:
    """Whether an element type is a real floating-point one, bfloat16 among them."""
    return kind.kind == "f" or (kind.kind == "V" and kind.name == "bfloat16")


def is_real(kind: np.dtype[Any]) -> bool:
    """Whether an element type is none of the complex and wide unsigned ones, which many kernels leave out."""
    return kind.kind != "c" and not (kind.kind == "u" and kind.itemsize > 1)


def not_implemented(kernel: str, kind: np.dtype[Any]) -> NotImplementedError:
    """The error for an element type that a kernel does not handle."""
    name = scalar_type_name(from_numpy_dtype(kind))
    instead = "" if from_numpy_dtype(kind).category == FLOAT else "; use a floating-point dtype"
    return NotImplementedError(f"\"{kernel}\" not implemented for '{name}'{instead}")


def scalar_name(kind: np.dtype[Any]) -> str:
    """'Float', 'Long', …: what torch's messages call an element type."""
    return scalar_type_name(from_numpy_dtype(kind))
