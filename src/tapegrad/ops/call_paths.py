"""The public functions of pointwise operators, and the ways of what is not for the short one: tensors without a form,
writes in place, operators without gradients.

Whatever is not a plain tensor or two of one dtype (mixed dtypes, `out=`, subclasses) goes to `pointwise.py`.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any

import numpy as np

from ..autograd.batching import Unbatchable
from ..autograd.batching import forward as batched_forward
from ..autograd.grad_mode import suspended
from ..errors import broadcast_error
from ..quiet import make_quiet
from ..tensor.blocks import LARGE
from ..tensor.blocks import forward as by_the_block
from ..tensor.blocks import pair as pair_by_the_block
from ..tensor.dtypes import B8, F32, F64, I64
from ..tensor.form import remember
from ..tensor.tensor import Parameter, Tensor, new_tensor
from ..tensor.version import version_of
from . import pointwise, short_paths
from .op import Op
from .runtime import lift
from .short_paths import NotATensor

ndarray = np.ndarray


def unary(op: Op, whole: bool) -> Any:
    """The public function; `whole`: integers are computed as they are, not as floats."""
    alike = op.result == "same"

    forward: Any = None  # from the first call on: what is defined may not be imported as a whole yet

    def general(input: Tensor, out: Tensor | None) -> Tensor:
        nonlocal forward
        if forward is None:
            forward = op.forward
        x = input._data
        dtype = x.dtype
        if out is None and (dtype is F32 or dtype is F64 or (whole and dtype is I64)):
            try:
                y = by_the_block(forward, x) if alike and x.size > LARGE else forward(x)
            except Unbatchable:
                y = batched_forward(op, x)
            t = new_tensor(y if y.__class__ is ndarray else lift(y))
            if input._flags:
                op.record(t, input)
            return t
        return pointwise.unary(op, input, out)

    public = short_paths.unary(op, general)

    def as_method() -> Any:
        method = short_paths.unary(op, general, method=True)
        method.__doc__, method.__module__, method.__qualname__ = public.__doc__, public.__module__, public.__qualname__
        method.op = op
        return method

    public.as_method = as_method
    return public


def binary(op: Op, whole: bool, numbers: bool) -> tuple[Any, Any]:
    """The public function and the operator symbol; `numbers`: the ufunc treats a Python number as torch does."""
    with_number = op.with_number("b")

    forward: Any = None  # from the first call on: what is defined may not be imported as a whole yet

    def general(input: Tensor, other: Any) -> Any:
        nonlocal forward
        if forward is None:
            forward = op.forward
        kind = other.__class__
        x = input._data
        dtype = x.dtype
        if kind is Tensor or kind is Parameter:
            y = other._data
            if dtype is y.dtype and (dtype is F32 or dtype is F64 or (whole and dtype is I64)):
                try:
                    z = forward(x, y) if x.size <= LARGE else pair_by_the_block(forward, x, y)
                except ValueError:
                    raise broadcast_error(x.shape, y.shape) from None
                except Unbatchable:
                    z = batched_forward(op, x, y)
                t = new_tensor(z if z.__class__ is ndarray else lift(z))
                if input._flags or other._flags:
                    op.record_alike(t, input, other)
                return t
        elif numbers and (kind is float or kind is int):
            if dtype is F32 or dtype is F64:
                try:
                    z = forward(x, other) if x.size <= LARGE else pair_by_the_block(forward, x, other)
                except Unbatchable:
                    z = batched_forward(op, x, other)
                t = new_tensor(lift(z))
                if input._flags:
                    with_number.record(t, input, other)
                return t
        elif not isinstance(other, Tensor) and not pointwise.is_number(other):
            return NotImplemented
        return pointwise.binary(op, input, other, None)

    symbol = short_paths.binary(op, general, numbers)

    def function(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
        if out is None:
            try:
                t = symbol(input, other)
            except NotATensor:  # but a number, perhaps
                return pointwise.binary(op, input, other, out)
            if t is not NotImplemented:
                return t
        return pointwise.binary(op, input, other, out)

    return function, symbol


def careful_unary(op: Op, whole: bool, bools: bool) -> Any:
    """The public function of an operator that takes no floating-point numbers, and so has no gradient."""

    def function(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        if out is None and isinstance(input, Tensor):
            x = input._data
            dtype = x.dtype
            if x.__class__ is ndarray and ((bools and dtype is B8) or (whole and dtype is I64)):
                return new_tensor(lift(op.forward(x)))
        return pointwise.unary(op, input, out)

    return function


def in_place(op: Op, ufunc: Any) -> tuple[Any, Any]:
    """The in-place method and symbol: directly into the memory if nothing is recorded."""

    def method(self: Tensor, other: Any) -> Tensor:
        kind = other.__class__
        x = self._data
        dtype = x.dtype
        if dtype is F32 or dtype is F64:
            flags = self._flags
            if kind is Tensor or kind is Parameter:
                y = other._data
                flags |= other._flags
                plain = y.dtype is dtype
            else:
                y, plain = other, kind is float or kind is int
                if plain and (form := self._form):
                    number = form.numbers.get(other)
                    y = remember(form, other) if number is None else number
            quiet_write = not flags or (flags == 1 and suspended and get_ident() in suspended)
            if plain and quiet_write and 0 not in x.strides:
                try:
                    ufunc(x, y, x)
                except (ValueError, OverflowError, Unbatchable):  # the error is made below, or room for the rows
                    pass
                else:
                    version = self._vc
                    if version is None:
                        version = version_of(self)
                    version.n += 1
                    return self
        return pointwise.in_place(op, self, other)

    def symbol(self: Tensor, other: Any) -> Any:
        if isinstance(other, Tensor) or pointwise.is_number(other):
            return method(self, other)
        return NotImplemented

    return method, symbol


def comparison(op: Op, floats: bool, whole: bool, bools: bool, first_numbers: bool) -> tuple[Any, Any]:
    """The public function and the symbol of an operator that has no gradient."""

    forward: Any = None  # from the first call on: what is defined may not be imported as a whole yet

    def general(input: Tensor, other: Any) -> Any:
        nonlocal forward
        if forward is None:
            forward = op.forward
        kind = other.__class__
        try:
            x = input._data
        except AttributeError:
            raise NotATensor(f"descriptor '{op.name}' requires a 'Tensor' object") from None
        dtype = x.dtype
        if kind is Tensor or kind is Parameter:
            y = other._data
            plain = dtype is y.dtype and (
                (floats and (dtype is F32 or dtype is F64)) or (whole and dtype is I64) or (bools and dtype is B8)
            )
        else:
            y = other
            plain = floats and (kind is float or kind is int) and (dtype is F32 or dtype is F64)
            if not plain and not isinstance(other, Tensor) and not pointwise.is_number(other):
                return NotImplemented
        if plain:
            try:
                z = forward(x, y)
            except ValueError:
                raise broadcast_error(x.shape, y.shape) from None
            except Unbatchable:
                z = batched_forward(op, x, y)
            return new_tensor(z if z.__class__ is ndarray else lift(z))
        return pointwise.binary(op, input, other, None)

    symbol = short_paths.binary(op, general, numbers=True) if floats else general

    def function(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
        if out is None and isinstance(input, Tensor):
            t = symbol(input, other)
            if t is not NotImplemented:
                return t
        if not first_numbers:
            pointwise.tensors_of(op.public_name, input=input)
        return pointwise.binary(op, input, other, out)

    return function, symbol


make_quiet(globals())  # and the closures with it
