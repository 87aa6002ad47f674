"""New tensors of random numbers: `rand`, `randn`, `randint`, `randperm` and their `_like` forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.views import wrote
from ..errors import integer_requires_grad, wrong_argument
from ..tensor.device import channels_last, check_device, contiguous_format, memory_format, preserve_format
from ..tensor.dtypes import FLOAT, I64, default, dtype, numpy_dtype
from ..tensor.tensor import Tensor, new_tensor
from . import continuous, layout
from .arguments import (
    FORMS,
    int64,
    int_argument,
    is_floating,
    is_int,
    no_such_call,
    not_implemented,
    scalar_name,
    shape_for,
    stream_for,
    type_name,
)
from .discrete import DIGITS
from .inplace import normal_, random_, uniform_
from .mapped import mapped
from .permutation import permutation
from .ranges import draw_integers
from .stream import Stream

Array = np.ndarray[Any, Any]
DType = np.dtype[Any]
Shape = tuple[int, ...]


def _draw_uniform(stream: Stream, shape: Shape, kind: DType) -> Array:
    if kind.kind != "c" and not is_floating(kind):
        raise not_implemented("check_uniform_bounds", kind)
    return continuous.uniform(stream, shape, kind)


def _draw_normal(stream: Stream, shape: Shape, kind: DType) -> Array:
    if kind.kind != "c" and not is_floating(kind) and 0 not in shape:
        raise not_implemented("normal_kernel_cpu", kind)
    return continuous.normal(stream, shape, kind)


def finished(array: Array, requires_grad: bool) -> Tensor:
    """The tensor over a fresh array."""
    t = new_tensor(array)
    if requires_grad:
        if t.dtype.category < FLOAT:
            raise integer_requires_grad(t, says="Only Tensors of floating point and complex dtype")
        t.requires_grad_()
    return t


def resized(function: str, out: Any, shape: Shape, kind: Any = None, arguments: tuple[Any, ...] = ()) -> Tensor:
    """The tensor given as `out=`, brought to a shape.

    Args:
        kind: the `dtype=` argument, which must be that of `out`
        arguments: the other arguments of the function, for a message
    """
    if not isinstance(out, Tensor):
        if function in FORMS:
            raise no_such_call(function, arguments, {"out": out})
        raise TypeError(f"{function}(): argument 'out' must be Tensor, not {type_name(out)}")
    if kind is not None and numpy_dtype(kind) != out._data.dtype:
        raise RuntimeError(
            f"dtype {scalar_name(numpy_dtype(kind))} does not match dtype of out parameter"
            f" ({scalar_name(out._data.dtype)})"
        )
    refuse_out_with_grad("aten::" + function, out)
    if out._data.shape != shape:
        out._data, out._form = np.empty(shape, out._data.dtype), None
    return out


def refuse_out_with_grad(function: str, *tensors: Any) -> None:
    """Refuse `out=` where a tensor that takes part requires a gradient."""
    if any(isinstance(t, Tensor) and t.requires_grad for t in tensors):
        raise RuntimeError(
            f"{function}(): functions with out=... arguments don't support automatic differentiation, but one of the"
            " arguments requires grad."
        )


def store(out: Tensor, values: Array) -> Tensor:
    """Write values into a tensor given as `out=`."""
    out._data[...] = values
    wrote(out)
    return out


# -- of a given shape ------------------------------------------------------------------------------------------------


def _of_size(name: str, draw: Callable[[Stream, Shape, DType], Array], fill: Any, doc: str) -> Any:
    def function(
        *args: Any,
        size: Any = None,
        generator: Any = None,
        out: Tensor | None = None,
        dtype: dtype | None = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        **unknown: Any,
    ) -> Tensor:
        if unknown or (not args and size is None):
            raise no_such_call(name, args, unknown)
        shape = shape_for(name, args if size is None else (size,))
        stream = stream_for(name, generator, args)
        if device is not None:
            check_device(device)
        if out is not None:
            return fill(resized(name, out, shape, dtype, args), generator=generator)
        kind = default.numpy if dtype is None else _kind(name, args, dtype)
        array = draw(stream, shape, kind)
        return finished(array, True) if requires_grad else new_tensor(array)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return mapped("size")(function)


def _kind(function: str, args: tuple[Any, ...], spec: Any) -> DType:
    try:
        return numpy_dtype(spec)
    except TypeError:
        raise no_such_call(function, args, {"dtype": spec}) from None


rand = _of_size(
    "rand",
    _draw_uniform,
    uniform_,
    """Uniform numbers in [0, 1) of a shape, given as `rand(2, 3)` or `rand((2, 3))`.

    Args:
        size: the shape
        generator: where the numbers come from; the default generator if None
        out: a tensor to fill instead of a new one
        dtype: a floating-point or complex type; the default dtype if None
        requires_grad: whether operations on the result are recorded

    Raises:
        NotImplementedError: an integer dtype.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.rand(2, 2)
    tensor([[0.4963, 0.7682],
            [0.0885, 0.1320]])
    """,
)

randn = _of_size(
    "randn",
    _draw_normal,
    normal_,
    """Normal numbers of mean 0 and variance 1 of a shape, given as `randn(2, 3)` or `randn((2, 3))`.

    The arguments are those of `rand`.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(2, 2)
    tensor([[ 1.5410, -0.2934],
            [-2.1788,  0.5684]])
    """,
)


@mapped("size")
def randint(
    *args: Any,
    generator: Any = None,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    **keywords: Any,
) -> Tensor:
    """Whole numbers from `low` (0) up to, not including, `high`: `randint(high, size)` or `randint(low, high, size)`.

    Args:
        low, high: the bounds
        size: the shape, a tuple
        dtype: torch.int64 if None; floating-point types are allowed

    The other arguments are those of `rand`.

    Raises:
        RuntimeError: low ≥ high, or a bound is beyond the dtype.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randint(10, (5,))
    tensor([4, 9, 3, 0, 3])
    """
    low, high, size = _randint_arguments(args, keywords)
    stream = stream_for("randint", generator, args)
    check_device(device)
    if out is not None:
        return random_(resized("randint", out, size, dtype, args), low, high, generator=generator)
    array = draw_integers(stream, size, I64 if dtype is None else _kind("randint", args, dtype), low, high)
    return finished(array, requires_grad)


def _randint_arguments(args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[int, int, Shape]:
    count = len(args) + len(keywords)
    names = ("high", "size") if count == 2 else ("low", "high", "size")
    bound = dict(zip(names, args, strict=False))
    if count not in (2, 3) or len(args) > len(names) or set(keywords) != set(names[len(args) :]):
        raise no_such_call("randint", args, keywords)
    bound |= keywords
    bounds = [bound[name] for name in names[:-1]]
    if not all(is_int(value) for value in bounds):
        if len(bounds) == 1:
            raise wrong_argument("randint", "high", 1, bounds[0], "int")
        raise no_such_call("randint", args, keywords)
    size = bound["size"]
    if not isinstance(size, (tuple, list)):
        if len(bounds) == 1 and not keywords:
            raise wrong_argument("randint", "size", 2, size, "tuple of ints")
        raise no_such_call("randint", args, keywords)
    shape = shape_for("randint", (size,), len(names))
    return (0, int64(bounds[0]), shape) if len(bounds) == 1 else (int64(bounds[0]), int64(bounds[1]), shape)


@mapped("permutation")
def randperm(
    n: int | None = None,
    *,
    generator: Any = None,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers 0, 1, …, n − 1 in random order, of dtype int64 unless another is given.

    Raises:
        RuntimeError: `n` is negative, or the dtype cannot hold all numbers.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randperm(4)
    tensor([0, 1, 3, 2])
    """
    if n is None:
        raise no_such_call("randperm", (), {})
    n = int_argument("randperm", "n", 1, n)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    stream = stream_for("randperm", generator, (n,))
    check_device(device)
    kind = I64 if dtype is None else _kind("randperm", (n,), dtype)
    if out is not None:
        out = resized("randperm", out, (n,), dtype, (n,))
        kind = out._data.dtype
    _check_holds(kind, n)
    if out is not None:
        return store(out, permutation(stream, n, kind))
    return finished(permutation(stream, n, kind), requires_grad)


_C_INTEGERS = {"int32": "int"}


def _check_holds(kind: DType, n: int) -> None:
    """Refuse an element type that cannot hold the numbers below n."""
    if kind.kind in "iu" and n - 1 > np.iinfo(kind).max:
        name = _C_INTEGERS.get(kind.name, f"{kind.name}_t")
        raise RuntimeError(f"value cannot be converted to type {name} without overflow: n is {n}")
    if kind.kind == "f":
        digits = DIGITS[kind.name]
        if n > 2**digits + 1:
            limit = str(2**digits + 1) if kind.itemsize == 2 else f"2^{digits}+1"
            raise RuntimeError(f"n cannot be greater than {limit} for {scalar_name(kind)} type.")
    if kind.kind in "bc" or kind.name in ("uint16", "uint32", "uint64"):
        raise not_implemented("randperm", kind)


# -- of the shape of another tensor ----------------------------------------------------------------------------------


def _empty_like(
    function: str, arguments: tuple[Any, ...], generator: Any, kind: Any, device: Any, order: memory_format | None
) -> Tensor:
    """A tensor to be filled, like the first of the arguments."""
    source = arguments[0]
    if not isinstance(source, Tensor):
        raise wrong_argument(function, "input", 1, source)
    stream_for(function, generator, arguments)
    check_device(device)
    array = source._data
    element = array.dtype if kind is None else _kind(function, arguments, kind)
    if order is None or order is preserve_format:
        return new_tensor(layout.empty_like(array, element))
    if order is contiguous_format:
        return new_tensor(np.empty(array.shape, element))
    if not isinstance(order, memory_format):
        raise no_such_call(function, arguments, {"memory_format": order})
    rank = 4 if order is channels_last else 5
    if array.ndim != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {order._name} format")
    shape = array.shape
    return new_tensor(np.moveaxis(np.empty((shape[0], *shape[2:], shape[1]), element), -1, 1))


def _like(name: str, fill: Any, doc: str) -> Any:
    def function(
        *args: Any,
        input: Tensor | None = None,
        generator: Any = None,
        dtype: dtype | None = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        memory_format: memory_format | None = None,
    ) -> Tensor:
        if input is not None:
            args = (input, *args)
        if len(args) != 1:
            raise no_such_call(name, args, {})
        t = fill(_empty_like(name, args, generator, dtype, device, memory_format), generator=generator)
        return finished(t._data, requires_grad)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return mapped("like")(function)


rand_like = _like(
    "rand_like",
    uniform_,
    """Uniform numbers in [0, 1) in a tensor of the shape, dtype and memory order of `input`.

    Raises:
        NotImplementedError: an integer dtype.
    """,
)

randn_like = _like(
    "randn_like",
    normal_,
    """Normal numbers of mean 0 and variance 1 in a tensor of the shape, dtype and memory order of `input`.

    Raises:
        NotImplementedError: an integer dtype.
    """,
)


@mapped("like")
def randint_like(
    input: Tensor,
    *args: Any,
    generator: Any = None,
    dtype: dtype | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    memory_format: memory_format | None = None,
    **keywords: Any,
) -> Tensor:
    """Whole numbers as `randint` draws them in a tensor of the shape, dtype and memory order of `input`.

    The forms are `randint_like(input, high)` and `randint_like(input, low, high)`.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randint_like(torch.zeros(3), 10)
    tensor([4., 9., 3.])
    """
    count = len(args) + len(keywords)
    names = ("high",) if count == 1 else ("low", "high")
    bounds = dict(zip(names, args, strict=False)) | keywords
    if count not in (1, 2) or set(bounds) != set(names) or not all(is_int(bound) for bound in bounds.values()):
        raise no_such_call("randint_like", (input, *args), keywords)
    t = _empty_like("randint_like", (input, *args), generator, dtype, device, memory_format)
    random_(t, int64(bounds.get("low", 0)), int64(bounds["high"]), generator=generator)
    return finished(t._data, requires_grad)


__all__ = ["rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm"]
