"""NumPy's functions on batched arrays that are pointwise or ask about types and memory; and the arrays' methods."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..tensor.rows import Unbatchable
from . import batched_reductions, batched_shapes  # noqa: F401 - methods are made of their functions
from .batched import (
    FUNCTIONS,
    BatchedArray,
    aligned,
    attach,
    broadcast,
    by_rows,
    handles,
    is_at,
    level_of,
    shifted,
    silence,
)

# -- pointwise ---------------------------------------------------------------------------------------------------------


def _pointwise(function: Any) -> Any:
    """Elementwise, of operands that broadcast."""

    def handler(*args: Any, **kwargs: Any) -> Any:
        if "out" in kwargs and kwargs["out"] is not None:
            return by_rows(function, args, kwargs)
        level = level_of((*args, kwargs))
        names = [name for name, value in kwargs.items() if value.__class__ is BatchedArray]
        operands = aligned((*args, *[kwargs[name] for name in names]), level)
        kwargs.update(zip(names, operands[len(args) :], strict=True))
        return BatchedArray(function(*operands[: len(args)], **kwargs), level)

    return handler


_function: Any
for _function in (
    np.clip, np.where, np.isclose, np.real, np.imag, np.angle, np.isposinf, np.isneginf, np.i0, np.sinc, np.fix,
    np.iscomplex, np.isreal,
):  # fmt: skip
    FUNCTIONS[_function] = _pointwise(_function)


@handles(np.where)
def _where(condition: Any, *choices: Any) -> Any:
    """np.where with three arguments; the places where a condition holds differ from row to row."""
    if not choices:
        raise Unbatchable("the number of places where a condition holds")
    level = level_of((condition, *choices))
    return BatchedArray(np.where(*aligned((condition, *choices), level)), level)


@handles(np.nan_to_num)
def _nan_to_num(x: Any, copy: bool = True, **kwargs: Any) -> Any:
    """np.nan_to_num."""
    return BatchedArray(np.nan_to_num(x.value, copy, **kwargs), x.level)


@handles(np.round, np.around)
def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """np.round."""
    return BatchedArray(np.round(a.value, decimals, out), a.level)


@handles(np.copy)
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """np.copy."""
    return BatchedArray(np.copy(a.value, order="C" if order == "C" else "K"), a.level)


def _like(function: Any) -> Any:
    """zeros_like and its kin."""

    def handler(a: Any, *args: Any, shape: Any = None, **kwargs: Any) -> Any:
        if kwargs.get("order") == "F":
            del kwargs["order"]
        if shape is not None:
            shape = (shape,) if isinstance(shape, int) else tuple(shape)
            kwargs["shape"] = (a.value.shape[0], *shape)
        return BatchedArray(function(a.value, *args, **kwargs), a.level)

    return handler


for _function in (np.zeros_like, np.ones_like, np.empty_like):
    FUNCTIONS[_function] = _like(_function)


@handles(np.full_like)
def _full_like(a: Any, fill_value: Any, dtype: Any = None, order: str = "K", **kwargs: Any) -> Any:
    """np.full_like."""
    level = level_of((a, fill_value))
    if not is_at(a, level):
        a = broadcast(a, fill_value.value.shape[0], level)
    y = np.empty_like(a, dtype, shape=kwargs.get("shape"))
    np.copyto(y, fill_value, casting="unsafe")
    return y


# -- types and memory --------------------------------------------------------------------------------------------------


@handles(np.result_type)
def _result_type(*arrays_and_dtypes: Any) -> Any:
    """np.result_type."""
    return np.result_type(*[_one_row(x) for x in arrays_and_dtypes])


@handles(np.can_cast)
def _can_cast(from_: Any, to: Any, casting: Any = "safe") -> Any:
    """np.can_cast."""
    return np.can_cast(from_.dtype, to, casting)


def _one_row(x: Any) -> Any:
    """An array of the dtype and the dimensions of a row."""
    return np.empty((1,) * x.ndim, x.dtype) if isinstance(x, BatchedArray) else x


@handles(np.iscomplexobj)
def _iscomplexobj(x: Any) -> Any:
    """np.iscomplexobj."""
    return x.dtype.kind == "c"


@handles(np.isrealobj)
def _isrealobj(x: Any) -> Any:
    """np.isrealobj."""
    return x.dtype.kind != "c"


def _physical(x: Any) -> Any:
    return x.physical if isinstance(x, BatchedArray) else x


@handles(np.may_share_memory)
def _may_share_memory(a: Any, b: Any, max_work: Any = None) -> Any:
    """np.may_share_memory."""
    return np.may_share_memory(_physical(a), _physical(b), max_work)


@handles(np.shares_memory)
def _shares_memory(a: Any, b: Any, max_work: Any = None) -> Any:
    """np.shares_memory."""
    return np.shares_memory(_physical(a), _physical(b), max_work)


# -- methods -----------------------------------------------------------------------------------------------------------


def _astype(self: BatchedArray, dtype: Any, *args: Any, **kwargs: Any) -> BatchedArray:
    """x.astype(dtype)."""
    value = self.value.astype(dtype, *args, **kwargs)
    return self if value is self.value else BatchedArray(value, self.level)


def _copied(self: BatchedArray, order: str = "C") -> BatchedArray:
    """x.copy()."""
    return BatchedArray(self.value.copy("C" if order == "C" else "K"), self.level)


def _view(self: BatchedArray, dtype: Any = None, type: Any = None) -> BatchedArray:
    """x.view(dtype)."""
    if dtype is not None and self.ndim == 0 and np.dtype(dtype).itemsize != self.itemsize:
        raise ValueError("Changing the dtype of a 0d array is only supported if the itemsize is unchanged")
    return BatchedArray(self.value.view() if dtype is None else self.value.view(dtype), self.level)


def _part(name: str) -> Any:
    """The property `real` or `imag`, a view."""

    def get(self: BatchedArray) -> BatchedArray:
        return BatchedArray(getattr(self.value, name), self.level)

    def put(self: BatchedArray, value: Any) -> None:
        get(self)[...] = value

    return property(get, put, doc=f"The {name} part, a view.")


def _sort_method(self: BatchedArray, axis: int = -1, **kwargs: Any) -> None:
    """x.sort(axis), in place."""
    self.value.sort(shifted(axis, self.ndim), **kwargs)


def _nonzero(self: BatchedArray) -> Any:
    """Refused: the number differs from row to row."""
    raise Unbatchable("the number of elements that are not 0")


def _method_of(function: Any) -> Any:
    """x.function(…), which is function(x, …)."""
    handler = FUNCTIONS[function]

    def method(self: BatchedArray, *args: Any, **kwargs: Any) -> Any:
        return handler(self, *args, **kwargs)

    return method


def _conjugate(self: BatchedArray) -> BatchedArray:
    """x.conj()."""
    return BatchedArray(self.value.conj(), self.level)


def _clip_method(self: BatchedArray, min: Any = None, max: Any = None, **kwargs: Any) -> Any:
    """x.clip(min, max)."""
    return np.clip(self, min, max, **kwargs)


_NAMES: Final = (
    "all", "any", "argmax", "argmin", "argsort", "cumprod", "cumsum", "diagonal", "max", "mean", "min", "prod", "ptp",
    "repeat", "round", "std", "sum", "swapaxes", "trace", "var",
)  # fmt: skip
attach(
    astype=_astype, clip=_clip_method, conj=_conjugate, conjugate=_conjugate, copy=_copied, imag=_part("imag"),
    nonzero=_nonzero, real=_part("real"), sort=_sort_method, view=_view,
    **{name: _method_of(getattr(np, name)) for name in _NAMES},
)  # fmt: skip
silence(globals())
