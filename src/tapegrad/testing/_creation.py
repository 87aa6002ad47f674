"""`make_tensor`: random tensors of any type for tests."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, cast

from ..ops import view_as_real
from ..tensor.device import memory_format as MemoryFormat
from ..tensor.dtypes import BOOL, COMPLEX, FLOAT, INT, dtype, float64
from ..tensor.factories import empty, full
from ..tensor.numeric_info import finfo, iinfo
from ..tensor.tensor import Tensor


def make_tensor(
    *shape: Any,
    dtype: dtype,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """A tensor of random numbers, uniform over [low, high).

    Args:
        *shape: the dimensions, one by one or as a sequence.
        dtype: the type of the elements.
        device: where it is to live: "cpu" or None.
        low, high: the bounds, by default -9 and 9 for floating-point and complex numbers, -9 and 10 for integers, 0 and
            10 for unsigned ones, 0 and 2 for truth values. What the type cannot hold is cut off.
        requires_grad: whether operations on the tensor are recorded.
        noncontiguous: whether its elements are to lie apart in memory.
        exclude_zero: whether zeros are replaced: by 1, or by the smallest normal number of a floating-point type.
        memory_format: the order of its elements in memory; not together with `noncontiguous`.

    Raises:
        ValueError: the bounds are the wrong way round, NaN, or outside of the type; integers cannot require gradients.
        TypeError: `dtype` is no type, or a quantized one.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.testing.make_tensor(2, 2, dtype=torch.float32, device="cpu", low=0, high=1)
    tensor([[0.4963, 0.7682],
            [0.0885, 0.1320]])
    """
    alone = len(shape) == 1 and isinstance(shape[0], Sequence) and not isinstance(shape[0], str)
    dims: Sequence[Any] = shape[0] if alone else shape
    if noncontiguous and memory_format is not None:
        raise ValueError(
            "The parameters `noncontiguous` and `memory_format` are mutually exclusive,"
            f" but got {noncontiguous=} and {memory_format=}"
        )
    category = dtype.category if hasattr(dtype, "category") and not dtype._name.startswith("q") else None
    if category is None:
        raise TypeError(
            f"The requested dtype '{dtype}' is not supported by torch.testing.make_tensor()."
            " It makes truth values, integers, floating-point and complex numbers."
        )
    if requires_grad and category < FLOAT:
        raise ValueError(f"`requires_grad=True` is not supported for boolean and integral dtypes, but got {dtype=}")
    apart = bool(noncontiguous and math.prod(dims) > 1)
    if apart:  # every other element of twice as many
        dims = [*dims[:-1], 2 * dims[-1]]
    low, high = _bounds(dtype, category, low, high)
    if category >= FLOAT and low == high:
        result = full(dims, low, dtype=dtype, device=device)
    else:
        result = empty(dims, dtype=dtype, device=device)
        if category < FLOAT:
            result.random_(math.ceil(low), math.ceil(high))
        else:
            _uniform(view_as_real(result) if category == COMPLEX else result, low, high)
    if apart:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        result[result == 0] = True if category == BOOL else 1 if category == INT else finfo(dtype).tiny
    return result.requires_grad_(requires_grad) if category >= FLOAT else result


def _bounds(kind: dtype, category: int, low: float | None, high: float | None) -> tuple[float, float]:
    """The bounds, cut to what the type holds: those of truth values and integers without `high` itself."""
    lowest: float
    highest: float
    if category == BOOL:
        lowest, highest, usual_low, usual_high = 0, 2, 0, 2
    elif category == INT:
        info = iinfo(kind)
        lowest, highest = info.min, info.max + (kind.itemsize < 8)
        usual_low, usual_high = (-9, 10) if kind.is_signed else (0, 10)
    else:
        limits = finfo(kind)
        lowest, highest, usual_low, usual_high = limits.min, limits.max, -9, 9
    low = usual_low if low is None else low
    high = usual_high if high is None else high
    if low != low or high != high:
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low == high and category >= FLOAT:
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1"
            " and will be removed in 2.3. Use `torch.full(...)` instead.",
            FutureWarning,
            stacklevel=3,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < lowest or low >= highest:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}),"
            f" but {kind} only supports [{lowest}, {highest})"
        )
    return min(max(low, lowest), highest), max(min(high, highest), lowest)


def _uniform(t: Tensor, low: float, high: float) -> None:
    """Draw; a range that the type cannot hold is drawn at a fraction of its size."""
    if high - low < finfo(cast(Any, t.dtype)).max:
        t.uniform_(low, high)
    else:
        # The exact products behind `uniform_` of float64 have no room at the upper end of the exponents.
        factor = 2.0**65 if t.dtype is float64 else 2.0
        t.uniform_(low / factor, high / factor).mul_(factor)
