"""`torch.finfo` and `torch.iinfo`: the limits of the numeric types."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from . import dtypes
from .arguments import type_name
from .dtypes import COMPLEX, FLOAT, INT, dtype

# Decimal digits that a type is sure to keep, as a power of ten.
_RESOLUTION: Final = {dtypes.float16: 1e-3, dtypes.bfloat16: 1e-2, dtypes.float32: 1e-6, dtypes.float64: 1e-15}


class _Limits:
    """What both kinds have in common: they cannot be changed, and are equal if of the same type."""

    __slots__ = ("bits", "dtype", "max", "min")
    bits: int
    dtype: str

    def __setattr__(self, name: str, value: Any) -> None:
        what = "is not writable" if name in dir(self) else "does not exist"
        raise AttributeError(f"attribute '{name}' of 'torch.{type(self).__name__}' objects {what}")

    def _fill(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.dtype == self.dtype

    __hash__ = None  # type: ignore[assignment]

    def _describe(self, *names: str) -> str:
        values = ", ".join(f"{name}={getattr(self, name):g}" for name in names)
        return f"{type(self).__name__}({values}, dtype={self.dtype})"


class finfo(_Limits):
    """The limits of a floating-point type; for a complex type, those of its parts.

    Attributes:
        bits: its size in memory.
        eps: the distance from 1 to the next larger number.
        max, min: the largest and the most negative finite number.
        tiny, smallest_normal: the smallest positive number of full precision.
        resolution: the decimal resolution.
        dtype: the type's name.

    Raises:
        TypeError: not a floating-point type.

    >>> import tapegrad as torch
    >>> torch.finfo(torch.float16)
    finfo(resolution=0.001, min=-65504, max=65504, eps=0.000976562, smallest_normal=6.10352e-05, tiny=6.10352e-05, dtype=float16)
    """  # noqa: E501 - the line is what torch prints

    __slots__ = ("eps", "resolution", "smallest_normal", "tiny")
    __module__ = "torch"
    max: float
    min: float
    eps: float
    tiny: float
    smallest_normal: float
    resolution: float

    def __init__(self, type: dtype | None = None) -> None:
        kind = dtypes.default.dtype if type is None else _checked("finfo", type)
        if kind.category not in (FLOAT, COMPLEX):
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'."
                f" Found: {kind}"
            )
        kind = kind.to_real()
        if kind is dtypes.bfloat16:  # float32 with 16 bits of precision less
            eps, tiny, largest = 2.0**-7, float(np.finfo(np.float32).tiny), 2.0**127 * (2 - 2.0**-7)
        else:
            limits = np.finfo(kind.numpy)
            eps, tiny, largest = float(limits.eps), float(limits.tiny), float(limits.max)
        self._fill(
            bits=8 * kind.itemsize, dtype=kind._name, eps=eps, max=largest, min=-largest, tiny=tiny,
            smallest_normal=tiny, resolution=_RESOLUTION[kind],
        )  # fmt: skip

    def __repr__(self) -> str:
        return self._describe("resolution", "min", "max", "eps", "smallest_normal", "tiny")


class iinfo(_Limits):
    """The limits of an integer type: `bits`, `max`, `min` and `dtype`, its name.

    Raises:
        TypeError: not an integer type.

    >>> import tapegrad as torch
    >>> torch.iinfo(torch.int8), torch.iinfo(torch.int64).max
    (iinfo(min=-128, max=127, dtype=int8), 9223372036854775807)
    """

    __slots__ = ()
    __module__ = "torch"
    max: int
    min: int

    def __init__(self, type: dtype) -> None:
        kind = _checked("iinfo", type)
        if kind.category != INT:
            if kind is dtypes.bool_:
                raise TypeError("torch.bool is not supported by torch.iinfo")
            raise TypeError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'. Found: {kind}"
            )
        limits = np.iinfo(kind.numpy)
        self._fill(bits=8 * kind.itemsize, dtype=kind._name, max=int(limits.max), min=int(limits.min))

    def __repr__(self) -> str:
        return self._describe("min", "max")


def _checked(function: str, spec: Any) -> dtype:
    try:
        return dtypes.as_dtype(spec)
    except TypeError:
        raise TypeError(
            f"{function}(): argument 'type' (position 1) must be torch.dtype, not {type_name(spec)}"
        ) from None


__all__ = ["finfo", "iinfo"]
