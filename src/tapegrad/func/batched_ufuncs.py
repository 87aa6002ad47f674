"""Ufuncs and operators on batched arrays."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ..tensor.rows import Unbatchable
from .batched import (
    GENERALIZED,
    UFUNC_METHODS,
    BatchedArray,
    aligned,
    attach,
    by_rows,
    is_at,
    level_of,
    ndim_of,
    shifted,
    shifted_axes,
    silence,
)


def _array_ufunc(self: BatchedArray, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NumPy's protocol of ufuncs: calls and the methods `reduce`, `accumulate`, `reduceat`, `outer`, `at`."""
    if method == "__call__":
        if ufunc.signature is not None:
            return _other(ufunc, inputs, kwargs)
        if not kwargs and ufunc.nout == 1:  # the usual cases: one operand, or two of one level and rank
            if len(inputs) == 1:
                return BatchedArray(ufunc(self.value), self.level)
            if len(inputs) == 2:
                a, b = inputs
                if a.__class__ is b.__class__:
                    if a.level == b.level and a.value.ndim == b.value.ndim:
                        return BatchedArray(ufunc(a.value, b.value), a.level)
                elif a is self and (b.__class__ is float or (b.__class__ is np.ndarray and b.ndim < a.value.ndim)):
                    return BatchedArray(ufunc(a.value, b), a.level)
        return call(ufunc, inputs, kwargs)
    handler = UFUNC_METHODS.get(method)
    if handler is None:
        return by_rows(getattr(ufunc, method), inputs, kwargs)
    return handler(ufunc, *inputs, **kwargs)


def call(ufunc: Any, inputs: Any, kwargs: Any) -> Any:
    """A ufunc of operands at least one of which, or of `out`, is batched."""
    if not kwargs:
        level = level_of(inputs)
        if len(inputs) == 1:
            y = ufunc(inputs[0].value)
        else:
            y = ufunc(*aligned(inputs, level))
        if ufunc.nout == 1:
            return BatchedArray(y, level)
        return tuple([BatchedArray(part, level) for part in y])
    out = kwargs.pop("out", ())
    where = kwargs.pop("where", True)
    level = level_of((*inputs, *out, where))
    *operands, where = aligned((*inputs, where), level)
    if where is not True:
        kwargs["where"] = where
    if out:
        kwargs["out"] = tuple([_target(o, level) for o in out])
        if not any(is_at(x, level) for x in inputs):
            rank = max([ndim_of(x) for x in inputs])
            if rank > out[0].ndim:  # what is said of the shapes must not mention the rows
                raise ValueError(f"non-broadcastable output operand with shape {out[0].shape}")
        ufunc(*operands, **kwargs)
        return out[0] if ufunc.nout == 1 else out
    y = ufunc(*operands, **kwargs)
    return BatchedArray(y, level) if ufunc.nout == 1 else tuple([BatchedArray(part, level) for part in y])


def _target(out: Any, level: int) -> Any:
    """The physical array of an output."""
    if out is None:
        return None
    if not is_at(out, level):
        raise Unbatchable("the rows' values written into one array")
    return out.value


def _other(ufunc: Any, inputs: Any, kwargs: Any) -> Any:
    """A ufunc that works on more than single elements, such as `matmul`."""
    handler = GENERALIZED.get(ufunc)
    return by_rows(ufunc, inputs, kwargs) if handler is None else handler(*inputs, **kwargs)


def _reduce(ufunc: Any, x: Any, /, axis: Any = 0, **kwargs: Any) -> Any:
    """`ufunc.reduce`."""
    where, out = kwargs.get("where", True), kwargs.get("out")
    if not isinstance(x, BatchedArray) or where.__class__ is BatchedArray or out is not None:
        return by_rows(ufunc.reduce, (x,), dict(kwargs, axis=axis))
    if ndim_of(where):
        kwargs["where"] = np.broadcast_to(where, x.shape)
    return BatchedArray(ufunc.reduce(x.value, shifted_axes(axis, x.ndim), **kwargs), x.level)


def _accumulate(ufunc: Any, x: Any, /, axis: Any = 0, **kwargs: Any) -> Any:
    """`ufunc.accumulate`."""
    if kwargs.get("out") is not None:
        return by_rows(ufunc.accumulate, (x,), dict(kwargs, axis=axis))
    return BatchedArray(ufunc.accumulate(x.value, shifted(axis, x.ndim), **kwargs), x.level)


def _reduceat(ufunc: Any, x: Any, indices: Any, /, axis: Any = 0, **kwargs: Any) -> Any:
    """`ufunc.reduceat`."""
    if not isinstance(x, BatchedArray) or isinstance(indices, BatchedArray) or kwargs.get("out") is not None:
        return by_rows(ufunc.reduceat, (x, indices), dict(kwargs, axis=axis))
    return BatchedArray(ufunc.reduceat(x.value, indices, shifted(axis, x.ndim), **kwargs), x.level)


def _outer(ufunc: Any, a: Any, b: Any, /, **kwargs: Any) -> Any:
    """`ufunc.outer`."""
    a = a if hasattr(a, "ndim") else np.asarray(a)
    return ufunc(a.reshape(*a.shape, *(1,) * ndim_of(b)), b, **kwargs)


UFUNC_METHODS.update(reduce=_reduce, accumulate=_accumulate, reduceat=_reduceat, outer=_outer)


# -- operators ---------------------------------------------------------------------------------------------------------


def _operator(ufunc: Any) -> Any:
    """x op other, with the usual cases first."""

    def method(self: Any, other: Any) -> Any:
        kind = other.__class__
        if kind is BatchedArray:
            level = self.level
            if other.level == level and self.value.ndim == other.value.ndim:
                return BatchedArray(ufunc(self.value, other.value), level)
        elif kind is float or kind is int or (kind is np.ndarray and other.ndim < self.value.ndim):
            return BatchedArray(ufunc(self.value, other), self.level)
        elif not isinstance(other, (np.ndarray, np.generic, int, float, complex)):
            return NotImplemented
        return call(ufunc, (self, other), {})

    return method


def _reflected(ufunc: Any) -> Any:
    """other op x."""

    def method(self: Any, other: Any) -> Any:
        kind = other.__class__
        if kind is float or kind is int or (kind is np.ndarray and other.ndim < self.value.ndim):
            return BatchedArray(ufunc(other, self.value), self.level)
        if not isinstance(other, (np.ndarray, np.generic, int, float, complex)):
            return NotImplemented
        return call(ufunc, (other, self), {})

    return method


def _in_place(ufunc: Any) -> Any:
    """x op= other."""

    def method(self: Any, other: Any) -> Any:
        return call(ufunc, (self, other), {"out": (self,)})

    return method


def _unary(ufunc: Any) -> Any:
    def method(self: Any) -> Any:
        return BatchedArray(ufunc(self.value), self.level)

    return method


_BINARY: Final = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    "lshift": np.left_shift, "rshift": np.right_shift,
}  # fmt: skip
_COMPARISONS: Final = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip
_UNARY: Final = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}


attach(__array_ufunc__=_array_ufunc)
attach(**{f"__{name}__": _operator(ufunc) for name, ufunc in (_BINARY | _COMPARISONS).items()})
attach(**{f"__r{name}__": _reflected(ufunc) for name, ufunc in _BINARY.items()})
attach(**{f"__i{name}__": _in_place(ufunc) for name, ufunc in _BINARY.items()})
attach(**{f"__{name}__": _unary(ufunc) for name, ufunc in _UNARY.items()})
silence(globals())
