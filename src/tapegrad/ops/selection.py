"""Choosing between values: where, maximum and minimum, clamp.

At ties and bounds the gradients are torch's: two equal operands of maximum share the gradient, fmax gives it to the
first, and clamp passes it at its bounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, wrong_argument
from ..tensor import choosing, dtypes
from ..tensor.blocks import MEDIUM, chosen
from ..tensor.dtypes import B8, F32, F64, INT, Array
from ..tensor.form import form_of
from ..tensor.tensor import Tensor, new_tensor
from . import pointwise
from .accepts import Accepts
from .frames import binary, of_tensors
from .op import operator
from .vocabulary import isnan, word

# -- where ------------------------------------------------------------------------------------------------------------


@operator(name="where", constants=("condition",), pointwise=True, holomorphic=False)
def _where(condition: Array, x: Array, y: Array, /) -> Array:
    """x where the condition holds, y elsewhere."""
    return np.where(condition, x, y) if condition.size <= MEDIUM else chosen(condition, x, y)


_where.with_rules(x=lambda g, condition: where(condition, g, 0), y=lambda g, condition: where(condition, 0, g))


def where(condition: Tensor, input: Any = None, other: Any = None, *, out: Tensor | None = None) -> Any:
    """`input` where the condition holds, `other` elsewhere; both may be numbers.

    With the condition alone: the indices at which it holds, as one tensor per dimension.

    Raises:
        RuntimeError: the condition is not of bools, or the shapes do not broadcast.

    >>> import tapegrad as torch
    >>> x = torch.tensor([-1.0, 2.0])
    >>> torch.where(x > 0, x, 0)
    tensor([0., 2.])
    >>> torch.where(x > 0)
    (tensor([1]),)
    """
    if out is None and isinstance(condition, Tensor) and condition._data.dtype is B8:
        try:
            if input.__class__ is Tensor and other.__class__ is Tensor:
                form, found = input._form or form_of(input), other._form or form_of(other)
                if form is not None and found is not None and form.dtype is found.dtype:
                    return _where.call(condition, input, other)
            t = _quick_where(condition, input, other)
        except ValueError:  # the shapes do not broadcast: said below
            t = None
        if t is not None:
            return t
    if not isinstance(condition, Tensor):
        raise wrong_argument("where", "condition", 1, condition)
    if input is None and other is None:
        return tuple(new_tensor(index) for index in np.nonzero(np.atleast_1d(condition._data)))
    x, y = pointwise.operands_of("where", input=input, other=other)
    mask = condition._data
    if mask.dtype is not B8:
        mask = _as_mask(condition)
        condition = new_tensor(mask)
    kind = pointwise.result_type(x, y)
    try:
        z = np.where(mask, _chosen(x, kind), _chosen(y, kind))
    except ValueError:
        shapes = [x._data.shape for x in (condition, x, y) if isinstance(x, Tensor)]
        pointwise.check_broadcast(shapes)
        raise
    if out is not None:
        return pointwise.write_out(out, z, kind, (x, y), "where")
    t = new_tensor(z)
    pointwise.record(_where, t, (condition, x, y))
    return t


word("where", raw=choosing.where, tensor=where)

_where_x, _where_y = _where.with_number("y"), _where.with_number("x")  # named for the operand that is a tensor


def _quick_where(condition: Tensor, x: Any, y: Any) -> Tensor | None:
    """`where` of two tensors of one floating-point type, or of one and a number; None for anything else."""
    if isinstance(x, Tensor):
        dtype = x._data.dtype
        if dtype is F32 or dtype is F64:
            if isinstance(y, Tensor):
                if y._data.dtype is dtype:
                    return _where.call(condition, x, y)
            elif y.__class__ is float or y.__class__ is int:
                return _where_x.call(condition, x, y)
    elif isinstance(y, Tensor) and (x.__class__ is float or x.__class__ is int):
        dtype = y._data.dtype
        if dtype is F32 or dtype is F64:
            return _where_y.call(condition, y, x)
    return None


def _chosen(x: Any, kind: dtypes.dtype) -> Array:
    if isinstance(x, int) and kind.category == INT:
        pointwise.check_overflow(x, kind)
    return pointwise.as_operand(x, kind)


def _as_mask(condition: Tensor) -> Array:
    if condition.dtype is dtypes.uint8:
        import warnings

        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future"
            " version of PyTorch. Use a boolean condition instead.",
            UserWarning,
            stacklevel=3,
        )
        return condition._data.astype(bool)
    raise DtypeError(
        "where expected condition to be a boolean tensor, but got a tensor with dtype"
        f" {dtypes.scalar_type_name(condition.dtype)}",
        "Write a comparison, such as x > 0 or x != 0.",
    )


def _where_method(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    """self where the condition holds, other elsewhere."""
    return where(condition, self, other)


# -- maximum and minimum ----------------------------------------------------------------------------------------------


def _ordered(name: str) -> Accepts:
    kernel = "maximum_cpu" if name.endswith("max") or name == "maximum" else "minimum_cpu"
    return Accepts(kernel, "bihf", {"c": f"{name} not implemented for complex tensors."}, DtypeError)


maximum = binary(
    "maximum",
    np.maximum,
    a=lambda g, a, b: where(a < b, 0, where(a == b, g / 2, g)),
    b=lambda g, a, b: where(a > b, 0, where(a == b, g / 2, g)),
    kernel=_ordered("maximum"),
    doc="The larger of two elements; NaN if one is NaN.",
    example=("torch.maximum(torch.tensor([1.0, 5.0]), torch.tensor([3.0, 4.0]))", "tensor([3., 5.])"),
)
minimum = binary(
    "minimum",
    np.minimum,
    a=lambda g, a, b: where(a > b, 0, where(a == b, g / 2, g)),
    b=lambda g, a, b: where(a < b, 0, where(a == b, g / 2, g)),
    kernel=_ordered("minimum"),
    doc="The smaller of two elements; NaN if one is NaN.",
    example=("torch.minimum(torch.tensor([1.0, 5.0]), torch.tensor([3.0, 4.0]))", "tensor([1., 4.])"),
)
fmax = binary(
    "fmax",
    np.fmax,
    a=lambda g, a, b: where((a >= b) | isnan(b), g, 0),
    b=lambda g, a, b: where((a >= b) | isnan(b), 0, g),
    kernel=_ordered("fmax"),
    doc="The larger of two elements; the other if one is NaN.",
    example=("torch.fmax(torch.tensor([1.0, torch.nan]), torch.tensor([3.0, 4.0]))", "tensor([3., 4.])"),
)
fmin = binary(
    "fmin",
    np.fmin,
    a=lambda g, a, b: where((a <= b) | isnan(b), g, 0),
    b=lambda g, a, b: where((a <= b) | isnan(b), 0, g),
    kernel=_ordered("fmin"),
    doc="The smaller of two elements; the other if one is NaN.",
    example=("torch.fmin(torch.tensor([1.0, torch.nan]), torch.tensor([3.0, 4.0]))", "tensor([1., 4.])"),
)


maximum, minimum, fmax, fmin = (of_tensors(function) for function in (maximum, minimum, fmax, fmin))

METHODS = {"fmax": fmax, "fmin": fmin, "maximum": maximum, "minimum": minimum, "where": _where_method}

__all__ = ["fmax", "fmin", "maximum", "minimum", "where"]
