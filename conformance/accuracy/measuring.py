"""The error of a result in units in the last place of the exact one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np

from .functions import Function

Array = np.ndarray[Any, Any]
DIGITS = 50


def grid(function: Function, count: int, dtype: str) -> list[Array]:
    """The arguments of a function; for two, each of the first with each of the second."""
    domains = function.domains
    if len(domains) == 1:
        return [domains[0].points(count, dtype)]
    few = max(count // 8, 4)
    columns = np.meshgrid(*[domain.points(few, dtype) for domain in domains], indexing="ij")
    return [column.ravel() for column in columns]


def exact(function: Function, arguments: Sequence[Array]) -> list[Any]:
    """The exact values; None where the function has none, or mpmath does not find it."""
    values = []
    with mpmath.workdps(DIGITS):
        for point in zip(*arguments, strict=True):
            try:
                value = function.exact(*[mpmath.mpf(float(x)) for x in point])
                values.append(value if mpmath.isfinite(value) else None)
            except (ValueError, ZeroDivisionError, mpmath.mp.NoConvergence):
                values.append(None)
    return values


def errors(values: Sequence[Any], results: Array, floor: float) -> Array:
    """By how many units in the last place results are off; NaN where there is no exact value, or it overflows."""
    kind = results.dtype.type
    found = np.full(results.shape, np.nan)
    with mpmath.workdps(DIGITS), np.errstate(over="ignore"):
        for i, value in enumerate(values):
            if value is None:
                continue
            rounded = np.abs(kind(float(value)))
            if not np.isfinite(rounded):
                continue
            if not np.isfinite(results[i]):
                found[i] = np.inf
                continue
            unit = mpmath.mpf(float(np.spacing(max(rounded, kind(floor)))))
            found[i] = float(abs(mpmath.mpf(float(results[i])) - value) / unit)
    return found


def worst(function: Function, library: Any, arguments: Sequence[Array], values: Sequence[Any]) -> tuple[float, str]:
    """(the largest error of a library, the arguments it is at)"""
    result = function.call(library, *[library.from_numpy(x.copy()) for x in arguments])
    found = errors(values, np.asarray(result.numpy()), function.floor)
    if np.isnan(found).all():
        raise AssertionError(f"{function.name}: no argument has an exact value")
    at = int(np.nanargmax(found))
    return float(found[at]), ", ".join(f"{float(x[at]):.6g}" for x in arguments)
