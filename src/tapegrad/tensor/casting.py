"""Elements from one type to another as torch converts them, without NumPy's warnings of infinities and lost digits."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..quiet import make_quiet
from .dtypes import F32, Array

_told_about_imaginary: list[bool] = []


def cast(array: Array, dtype: np.dtype[Any]) -> Array:
    """A copy in another dtype, laid out in memory as NumPy does.

    Half precision is reached by way of float32, as in torch, so there may be two roundings.  Of complex numbers the
    real part goes into a real dtype; into bool, whether they are not 0.
    """
    if array.dtype.kind == "c" and dtype.kind != "c":
        array = array.real if dtype.kind != "b" else array != 0
    if dtype.itemsize == 2 and dtype.kind in "fV" and array.dtype.itemsize >= 4 and array.dtype is not F32:
        array = array.astype(F32)
    return array.astype(dtype)


def as_array(numbers: Any, dtype: np.dtype[Any]) -> Array:
    """A Python number, or a sequence of them, as an array; to half precision by way of float32."""
    if dtype.itemsize == 2 and dtype.kind in "fV":
        return np.array(numbers, F32).astype(dtype)
    return np.array(numbers, dtype)


def warn_of_lost_imaginary_part(source: np.dtype[Any], target: np.dtype[Any]) -> None:
    """Warn, once per process, that a conversion leaves imaginary parts away."""
    if source.kind == "c" and target.kind not in "cb" and not _told_about_imaginary:
        _told_about_imaginary.append(True)
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=4)


make_quiet(globals())
