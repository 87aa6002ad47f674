"""The programs of pointwise functions, kept: to note a function's calls takes as long as a hundred thousand products.

A program is kept under all that it follows from: the function, the dtypes of arrays, and the numbers, shapes and dtypes
that the function takes besides.  Of edges, which the generated rules take too, only counts whether they are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from .dtypes import Array
from .steps import Program, record
from .tensor import Tensor

FEW: Final = 16  # elements on which a function's calls are noted
_MOST: Final = 512  # programs that are kept: there may be a new number at each call

_kept: Final[dict[Any, tuple[Any, Program | None]]] = {}


def of(
    function: Callable[..., Any], arrays: Sequence[Array | None], rest: tuple[Any, ...], of_it: Any
) -> Program | None:
    """The program of `function(*arrays, *rest)`; None if it is not made of calls of ufuncs.

    Args:
        function: returns a sequence of results.
        arrays: of one shape, or None.
        rest: numbers, shapes, dtypes and edges.
        of_it: the object that the calls follow from, where `function` is made for each call.
    """
    key = _key(arrays, rest)
    if key is not None:
        key = (id(of_it), *key)
        if (found := _kept.get(key)) is not None:
            return found[1]
    program = record(function, [None if x is None else x.flat[:FEW] for x in arrays], rest)
    if key is not None:
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[key] = (of_it, program)  # held, so that its id stays its own
    return program


def _key(arrays: Sequence[Array | None], rest: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """What a program follows from besides the function; None if it cannot be said."""
    key: list[Any] = [None if x is None else x.dtype for x in arrays]
    for x in rest:
        kind = x.__class__
        if kind is float or kind is int:
            key += (kind, x if x else repr(x))  # 0.0 is equal to -0.0
        elif x is None or kind is bool or kind is str or isinstance(x, np.dtype):
            key += (kind, x)
        elif kind is tuple and all(n.__class__ is int for n in x):
            key.append(x)
        elif hasattr(x, "seq") or isinstance(x, Tensor):  # an edge
            key.append("edge")
        else:
            return None
    return tuple(key)


__all__ = ["FEW", "of"]
