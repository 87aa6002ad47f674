"""The words that derivative rules are written in, each with two meanings.

A rule is one piece of text, `lambda g, x: g * cos(x)`.  In an ordinary backward pass its words mean functions of raw
arrays (`cos` is `numpy.cos`): no tape, no wrapping.  Under `create_graph=True` the same text runs on tensors, where
`cos` is the operator `cos`, and is recorded like any other code.  `bind` makes both functions from one rule by
exchanging the namespace that its code looks names up in.

A word comes about in one of four ways: it is listed in `_NUMPY_WORDS`; it is the name of an operator (raw: its
forward function); it is given in both meanings with `word(name, raw=..., tensor=...)`; or it is a function written in
words itself, marked `@phrase`.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, TypeVar

import numpy as np
from numpy import (
    abs,
    cos,
    cosh,
    exp,
    exp2,
    expm1,
    floor,
    hypot,
    isnan,
    log,
    log1p,
    log2,
    log10,
    logical_and,
    logical_not,
    logical_or,
    matmul,
    maximum,
    minimum,
    ones_like,
    reciprocal,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    tan,
    tanh,
    zeros_like,
)

from ..quiet import quiet
from ..tensor.choosing import where
from ..tensor.dtypes import F32, F64
from .summation import over_dims, over_rows, total

F = TypeVar("F", bound=Callable[..., Any])

# A namespace whose `__name__` is None: see quiet.py.
RAW: Final[dict[str, Any]] = {"__builtins__": builtins, "__name__": None}
TENSOR: Final[dict[str, Any]] = {"__builtins__": builtins, "__name__": "tapegrad.ops"}

# Words that are NumPy functions, and of the same name among the operators, with the same positional arguments.
_NUMPY_WORDS: Final = (
    abs, cos, cosh, exp, exp2, expm1, floor, hypot, isnan, log, log10, log1p, log2, logical_and, logical_not,
    logical_or, matmul, maximum, minimum, ones_like, reciprocal, sign, sin, sinh, sqrt, square, tan, tanh, where,
    zeros_like,
)  # fmt: skip
RAW.update((function.__name__, function) for function in _NUMPY_WORDS)


def on_tensors(name: str) -> Any:
    """The meaning of a word on tensors; None where it has none.  Whatever has it is loaded now, if it was not."""
    import tapegrad.ops as public

    _load_helpers()
    if name not in TENSOR and hasattr(public, name):
        TENSOR[name] = getattr(public, name)
    return TENSOR.get(name)


def _load_helpers() -> None:
    """Have the words of the helpers below in TENSOR, too."""
    if "sum_to" not in TENSOR:
        import_module("tapegrad.ops.words")


def _resolve_tensor_words(code: types.CodeType) -> None:
    """Put every operator that the code names into TENSOR."""
    for name in code.co_names:
        on_tensors(name)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _resolve_tensor_words(constant)


def bind(rule: Callable[..., Any], graph: bool) -> Callable[..., Any]:
    """The rule over tensors if `graph`, else over raw arrays."""
    assert isinstance(rule, types.FunctionType), rule
    if graph:
        _load_helpers()
        _resolve_tensor_words(rule.__code__)
    return types.FunctionType(
        rule.__code__, TENSOR if graph else RAW, rule.__name__, rule.__defaults__, rule.__closure__
    )


def word(name: str, *, raw: Callable[..., Any], tensor: Callable[..., Any]) -> None:
    """Define a word by its two meanings."""
    RAW[name], TENSOR[name] = raw, tensor


def phrase(function: F) -> F:
    """Define a word by a function that is itself written in words; returns the function as it is."""
    assert isinstance(function, types.FunctionType)
    name = function.__name__
    assert name not in RAW, f"the word {name} is defined twice"
    RAW[name] = bind(function, graph=False)

    def bound_later(*args: Any) -> Any:
        TENSOR[name] = bind(function, graph=True)
        return TENSOR[name](*args)

    TENSOR[name] = bound_later  # bound at the first call, when all operators are defined
    return function


# -- words that NumPy has no exact twin of -----------------------------------------------------------------------------


def sum_to(array: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes that broadcasting from `shape` added or stretched.

    The order of additions is torch's, so that training curves keep their last digits.
    """
    if not shape and array.__class__ is np.ndarray and (array.dtype is F32 or array.dtype is F64):
        return np.asarray(total(array))
    whole = array.shape
    if len(whole) == 2 and whole[1:] == shape:
        return over_rows(array)
    extra = len(whole) - len(shape)
    axes = tuple(range(extra)) + tuple([extra + i for i, n in enumerate(shape) if n == 1 and whole[extra + i] != 1])
    if axes:
        array = over_dims(array, axes, True)
    return array.reshape(shape)


def fit(gradient: Any, like: tuple[Any, ...]) -> Any:
    """Bring a gradient to the shape and dtype that an input had (`like` begins with them): undo broadcasting and
    promotion."""
    shape, dtype = like[0], like[1]
    if gradient.shape != shape:
        gradient = sum_to(gradient, shape)
    if gradient.dtype is not dtype:
        if gradient.dtype.kind == "c" and dtype.kind != "c":
            gradient = gradient.real
        gradient = gradient.astype(dtype)
    return gradient


def conj(x: Any) -> Any:
    """The complex conjugate; a real array is returned as it is."""
    return np.conjugate(x) if x.dtype.kind == "c" else x


def real_part(x: Any) -> Any:
    """The real part; a real array is returned as it is."""
    return x.real if x.dtype.kind == "c" else x


def imag_part(x: Any) -> Any:
    """The imaginary part of a complex array."""
    return x.imag


def real_if(like: Any, x: Any) -> Any:
    """The real part where `like`, whose gradient x is, is real; x itself otherwise."""
    return x if like.dtype.kind == "c" else real_part(x)


@phrase
def real_as(kind: np.dtype[Any], x: Any) -> Any:
    """The real part if an input of the dtype `kind`, whose gradient x is, is real; x itself otherwise."""
    return x if kind.kind == "c" else real_part(x)


def is_complex(x: Any) -> bool:
    """Whether an array holds complex numbers."""
    return bool(x.dtype.kind == "c")


def expand(x: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast to a shape; a view, which may be written to if `x` may."""
    old = x.shape
    if old == shape:
        return x
    if x.__class__ is not np.ndarray:
        if not isinstance(x, np.generic):
            return np.broadcast_to(x, shape)
        x = np.asarray(x)
    try:  # np.broadcast_to takes five times as long
        return np.ndarray(shape, x.dtype, x, 0, expanded_strides(old, x.strides, shape))
    except ValueError:  # not contiguous, or of elements that are no buffer
        y = np.broadcast_to(x, shape)
    if x.flags.writeable:
        y.flags.writeable = True
    return y


def everywhere(number: Any, shape: tuple[int, ...]) -> Any:
    """A number in every place of a shape: a view that steps nowhere."""
    if number.__class__ is not np.ndarray:
        if not isinstance(number, np.generic):
            return expand(number, shape)
        number = np.asarray(number)
    return np.ndarray(shape, number.dtype, number, 0, (0,) * len(shape))  # what `expand` does, without its questions


def expanded_strides(old: tuple[int, ...], strides: tuple[int, ...], new: tuple[int, ...]) -> list[int]:
    """The strides under which memory of one shape shows another that it broadcasts to."""
    extra = len(new) - len(old)
    if extra:
        return [0] * extra + expanded_strides(old, strides, new[extra:])
    return [0 if n == 1 != m else s for n, s, m in zip(old, strides, new)]  # noqa: B905 - of one length, in a hot path


def swap(x: Any, a: int, b: int) -> Any:
    """Exchange two dimensions."""
    return x.swapaxes(a, b)


def permuted(x: Any, order: tuple[int, ...]) -> Any:
    """Reorder the dimensions."""
    return x.transpose(order)


def reshaped(x: Any, shape: tuple[int, ...]) -> Any:
    """The same elements in another shape."""
    return x.reshape(shape)


def summed(x: Any, dims: tuple[int, ...] | int, keepdims: bool) -> Any:
    """The sum over dimensions; of half-precision types, added up in single precision."""
    if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
        return np.sum(x, axis=dims, keepdims=keepdims, dtype=np.float32).astype(x.dtype)
    return np.sum(x, axis=dims, keepdims=keepdims)


def zeros_of(shape: tuple[int, ...], like: Any) -> Any:
    """Zeros of a shape, of the dtype of `like`."""
    return np.zeros(shape, like.dtype)


_HERE: Final = quiet(globals())
RAW["abs"] = abs  # NumPy calls it "absolute"
RAW.update(
    (name, _HERE[name])
    for name in (
        "conj", "everywhere", "expand", "fit", "imag_part", "is_complex", "permuted", "real_if", "real_part",
        "reshaped", "sum_to", "summed", "swap", "zeros_of",
    )
)  # fmt: skip

__all__ = [
    "F", "RAW", "TENSOR", "abs", "bind", "conj", "cos", "cosh", "everywhere", "exp", "exp2", "expand", "expm1", "fit",
    "floor", "hypot", "imag_part", "is_complex", "isnan", "log", "log10", "log1p", "log2", "logical_and",
    "logical_not", "logical_or", "matmul", "maximum", "minimum", "on_tensors", "ones_like", "permuted", "phrase",
    "real_as", "real_if", "real_part", "reciprocal", "reshaped", "sign", "sin", "sinh", "sqrt", "square", "sum_to",
    "summed", "swap", "tan", "tanh", "where", "word", "zeros_like", "zeros_of",
]  # fmt: skip
