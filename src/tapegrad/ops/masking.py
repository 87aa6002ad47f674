"""Operations with masks of bools: masked_fill, masked_select, masked_scatter; and where elements are not zero."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..autograd.views import check_write
from ..errors import DtypeError, ShapeError, broadcast_error, wrong_argument
from ..tensor.dtypes import F32, F64, Array, scalar_type_name
from ..tensor.numbers import as_python_number, check_fits, element
from ..tensor.tensor import Tensor, new_tensor
from .expanding import _expand, common_shape
from .op import operator
from .vocabulary import where, zeros_like
from .writing import separate_out, write_anywhere, write_result

Ints = tuple[int, ...]

# The names that torch's C++ side gives to types, in the messages about masks.
_C_NAMES = {
    "uint8": "unsigned char", "int8": "signed char", "int16": "short int", "int32": "int", "int64": "long int",
    "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip

# -- masked_fill -------------------------------------------------------------------------------------------------------


@operator(constants=("mask",), node="MaskedFillBackward0", pointwise=True, holomorphic=False)
def fill_masked(x: Array, mask: Array, /, value: Any) -> Array:
    y = np.where(mask, value, x)
    return y if y.flags.c_contiguous else y.copy()


fill_masked.with_rules(x=lambda g, mask: where(mask, zeros_like(g), g))


@operator(constants=("mask",), node="MaskedFillBackward1", pointwise=True, holomorphic=False)
def fill_masked_with(x: Array, mask: Array, value: Array, /) -> Array:
    y = np.where(mask, value, x)
    return y if y.flags.c_contiguous else y.copy()


fill_masked_with.with_rules(
    x=lambda g, mask: where(mask, zeros_like(g), g),
    value=lambda g, mask: where(mask, g, zeros_like(g)),
)


def _filled(x: Tensor, mask: Any, value: Any, in_place: bool) -> Tensor:
    if not isinstance(mask, Tensor):
        raise wrong_argument("masked_fill_" if in_place else "masked_fill", "mask", 1, mask)
    if mask._data.dtype.kind != "b":
        raise DtypeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            + _C_NAMES.get(mask._data.dtype.name, mask._data.dtype.name),
            "Make a mask by a comparison, or convert it: mask.bool().",
        )
    if isinstance(value, Tensor):
        if value._data.ndim:
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with"
                f" {value._data.ndim} dimension(s)."
            )
        if value._data.dtype is not x._data.dtype:
            check_fits(value.item(), x.dtype)
            value = value.to(x.dtype)
        op, arguments = fill_masked_with, (mask, value)
    elif value.__class__ is float and (x._data.dtype is F64 or (x._data.dtype is F32 and -3e38 < value < 3e38)):
        op, arguments = fill_masked, (mask, value)
    else:
        number = as_python_number(value)
        if not isinstance(number, (bool, int, float, complex)):
            raise wrong_argument("masked_fill", "value", 2, value, "Number")
        check_fits(number, x.dtype)
        op, arguments = fill_masked, (mask, element(number, x.dtype))
    shape, at = x._data.shape, mask._data.shape
    if not in_place:
        if shape != at:
            common_shape((mask, x))
        return op.call(x, *arguments)
    if shape != at:
        broadcast = common_shape((x, mask))
        if broadcast != shape:
            raise ShapeError(f"output with shape {list(shape)} doesn't match the broadcast shape {list(broadcast)}")
    return write_anywhere(op, x, *arguments)


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """A copy of `input` with a value where a mask is true.

    Args:
        mask: bools; broadcasts against `input`.
        value: a number, or a tensor of no dimensions.

    Raises:
        RuntimeError: the mask is not of bools or does not broadcast, or the number is out of range.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, -2.0])
    >>> torch.masked_fill(x, x < 0, 0)
    tensor([1., 0.])
    """
    return _filled(input, mask, value, in_place=False)


def masked_fill_(self: Tensor, mask: Tensor, value: Any) -> Tensor:
    """In-place form of `masked_fill`."""
    return _filled(self, mask, value, in_place=True)


# -- masked_select -----------------------------------------------------------------------------------------------------


@operator(constants=("mask",), node="MaskedSelectBackward0")
def select_masked(x: Array, mask: Array, /) -> Array:
    if x.shape != mask.shape:
        x, mask = np.broadcast_arrays(x, mask)
    return x[mask]


@operator(constants=("mask",))
def unmasked(x: Array, mask: Array, /, shape: Ints) -> Array:
    """The transpose of masked_select: zeros of a shape with the elements of `x` where a mask is true."""
    common = np.broadcast_shapes(shape, mask.shape)
    z = np.zeros(common, x.dtype)
    z[np.broadcast_to(mask, common)] = x
    if common == shape:
        return z
    extra = len(common) - len(shape)
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1 and common[extra + i] != 1)
    return z.sum(axis=axes, keepdims=True).reshape(shape)


select_masked.linear_in("x").with_rules(x=lambda g, mask, x_shape: unmasked(g, mask, x_shape))
unmasked.linear_in("x").with_rules(x=lambda g, mask: select_masked(g, mask))


def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements of `input` where a mask is true, as a vector.

    Args:
        mask: bools; the two broadcast against each other.

    >>> import tapegrad as torch
    >>> x = torch.tensor([[1, 2], [3, 4]])
    >>> torch.masked_select(x, x > 2)
    tensor([3, 4])
    """
    if not isinstance(mask, Tensor):
        raise wrong_argument("masked_select", "mask", 1, mask)
    if mask._data.dtype.kind != "b":
        raise DtypeError("masked_select: expected BoolTensor for mask", "Convert the mask: mask.bool().")
    if input._data.shape != mask._data.shape:
        common_shape((mask, input))
    y = select_masked.call(input, mask)
    says = "masked_select(): self and result must have the same scalar type"
    return y if out is None else separate_out(out, y, input, mask, says=says)


# -- masked_scatter ----------------------------------------------------------------------------------------------------


@operator(constants=("mask",), node="MaskedScatterBackward0")
def scatter_masked(x: Array, mask: Array, source: Array, /) -> Array:
    shape = np.broadcast_shapes(x.shape, mask.shape)
    y = np.copy(np.broadcast_to(x, shape), order="C")
    mask = np.broadcast_to(mask, shape)
    y[mask] = np.reshape(source, -1)[: np.count_nonzero(mask)]
    return y


@operator
def first_of(x: Array, /, shape: Ints) -> Array:
    """An array of a shape whose first elements are those of a vector; zeros follow."""
    z = np.zeros(prod(shape), x.dtype)
    z[: x.size] = x
    return z.reshape(shape)


scatter_masked.linear_in("x", "source", jointly=True).with_rules(
    x=lambda g, mask: where(mask, zeros_like(g), g),
    source=lambda g, mask, source_shape: first_of(select_masked(g, mask), source_shape),
)
first_of.linear_in("x").with_rules(x=lambda g, x_shape: g.reshape(-1)[: x_shape[0]])


def _check_masked_scatter(x: Tensor, mask: Any, source: Any) -> None:
    for position, (name, value) in enumerate((("mask", mask), ("source", source)), 1):
        if not isinstance(value, Tensor):
            raise wrong_argument("masked_scatter", name, position, value)
    if x._data.dtype is not source._data.dtype:
        raise DtypeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{scalar_type_name(x.dtype)} and {scalar_type_name(source.dtype)}"
        )
    if mask._data.dtype.kind != "b":
        raise DtypeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {scalar_type_name(mask.dtype)}"
        )
    shape = common_shape((mask, x))
    if np.count_nonzero(np.broadcast_to(mask._data, shape)) > source._data.size:
        raise ShapeError("Number of elements of source < number of ones in mask")


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` in which the elements where a mask is true are the first ones of `source`, in order.

    >>> import tapegrad as torch
    >>> torch.masked_scatter(torch.zeros(3), torch.tensor([True, False, True]), torch.tensor([1.0, 2.0, 3.0]))
    tensor([1., 0., 2.])
    """
    _check_masked_scatter(input, mask, source)
    shape = common_shape((input, mask))
    if shape != input._data.shape:
        input = _expand.call(input, shape)
    return scatter_masked.call(input, mask, source)


def masked_scatter_(self: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """In-place form of `masked_scatter`."""
    if self._flags:
        check_write(self)
    _check_masked_scatter(self, mask, source)
    if common_shape((self, mask)) != self._data.shape:
        raise broadcast_error(self._data.shape, mask._data.shape)
    return write_result(scatter_masked, self, mask, source)


# -- where elements are not zero ---------------------------------------------------------------------------------------


def nonzero(input: Tensor, *, out: Tensor | None = None, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero, as rows, or as a tuple with a vector for each dimension.

    >>> import tapegrad as torch
    >>> torch.nonzero(torch.tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("nonzero", "input", 1, input)
    x = input._data
    if as_tuple:
        if out is not None:
            raise TypeError("nonzero() takes no out= with as_tuple=True")
        return tuple(new_tensor(places) for places in (np.reshape(x, -1) if x.ndim == 0 else x).nonzero())
    if x.ndim == 0:
        rows: Array = np.zeros((int(np.count_nonzero(x)), 0), np.int64)
    else:
        # torch's result is laid out column by column
        rows = np.ascontiguousarray(np.array(x.nonzero(), np.int64)).T
    y = new_tensor(rows)
    says = "nonzero: Expected out tensor to have scalar type Long but got scalar type{found}"
    return y if out is None else separate_out(out, y, input, says=says)


def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1, out: Tensor | None = None) -> Tensor:
    """The first `size` rows of `nonzero`; rows of `fill_value` follow if there are fewer."""
    rows = nonzero(input)._data
    table = np.full((size, rows.shape[1]), fill_value, np.int64)
    table[: len(rows)] = rows[:size]
    y = new_tensor(table)
    return y if out is None else separate_out(out, y, input)


def argwhere(input: Tensor) -> Tensor:
    """The indices of the elements that are not zero, as rows."""
    return nonzero(input)


fill_masked.public_name = fill_masked_with.public_name = "masked_fill_"

METHODS: dict[str, Any] = {
    "argwhere": argwhere,
    "masked_fill": masked_fill,
    "masked_fill_": masked_fill_,
    "masked_scatter": masked_scatter,
    "masked_scatter_": masked_scatter_,
    "masked_select": masked_select,
    "nonzero": nonzero,
    "nonzero_static": nonzero_static,
}

__all__ = ["argwhere", "masked_fill", "masked_scatter", "masked_select", "nonzero", "nonzero_static"]
