"""Large arrays taken by the block: several threads share the blocks, and what a block needs stays in the cache.

A function of several steps, such as the rule of `gelu`, runs through all of its steps on one block before the next, so
its intermediate results never travel to memory and back, and no memory for them has to be found.  What is pointwise may
be cut anywhere (`ufunc`, `through`).  What is computed row by row is cut between rows (`over_rows` and its kernels, in
`ops/row_kernels.py`).  Blocks have the same bounds whatever the number of threads, so results are the same, too.

Only arrays of NumPy itself are cut; the traced arrays of `compile` and the batched ones of `vmap` take the plain path.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from sys import getrefcount
from typing import Any, Final

import numpy as np

from .. import threads
from ..quiet import make_quiet
from .arena import empty_like, is_lent, scratch
from .dtypes import Array
from .steps import record

# Elements from which blocks are faster than the whole.  Below, waking a thread costs what it saves.
LARGE: Final = 250_000
# Elements of a block.  At each end of a NumPy call, threads meet at Python's lock: smaller blocks meet more often.
BLOCK: Final = 131_072
_FEW: Final = 16  # elements on which a function's calls are noted

_ndarray = np.ndarray


def _references(array: Array) -> int:
    return getrefcount(array)


def _references_of_held() -> int:
    array = np.empty(0)
    return _references(array)


# What `getrefcount` says of an argument that only the called function has: whoever passes on what it holds itself
# makes it more.  Where the interpreter does not count that, nothing is known, and nothing is ever owned.
SOLE: Final = _references(np.empty(0)) if _references(np.empty(0)) < _references_of_held() else -1


def is_own(references: int, array: Array) -> bool:
    """Whether a function may write over an argument: nobody else has it, nor a view of it.

    Args:
        references: what `getrefcount` says of it in that function; asked first, since an argument is a reference.
    """
    if references != SOLE or array.__class__ is not _ndarray or not array.flags.writeable:
        return False
    return array.base is None or is_lent(array)


def met(a: Any, b: Any) -> Any:
    """a + b, of gradients that meet; written over a if that is large and the caller gave it away."""
    if a.__class__ is _ndarray and a.size > LARGE and is_own(getrefcount(a), a):
        if b.__class__ is _ndarray and a.shape == b.shape and a.dtype is b.dtype:
            found = through(_sum_of, (a, b), (), True)
            if found is not None:
                return found[0]
    return a + b


def _sum_of(a: Array, b: Array) -> tuple[Array]:
    return (a + b,)


def _flat(array: Array, order: list[int]) -> Array:
    """All elements in the order in which they lie in memory, as a view."""
    return array.transpose(order).reshape(-1)


def _order(array: Array) -> list[int] | None:
    """The order of dimensions in which an array is contiguous; None if there is none."""
    if array.flags.c_contiguous:
        return list(range(array.ndim))
    strides = array.strides
    order = sorted(range(array.ndim), key=lambda dim: -strides[dim])
    return order if array.transpose(order).flags.c_contiguous else None


def ufunc(function: Any, x: Array) -> Array:
    """A NumPy ufunc, from one real floating-point type to the same, of a large array."""
    if x.__class__ is not _ndarray or (order := _order(x)) is None:
        return function(x)
    y = empty_like(x, order)
    source, target = _flat(x, order), _flat(y, order)

    def block(i: int) -> None:
        part = slice(i * BLOCK, (i + 1) * BLOCK)
        function(source[part], target[part])

    threads.run(block, -(-x.size // BLOCK))
    return y


def through(
    function: Callable[..., Any], arrays: tuple[Any, ...], rest: tuple[Any, ...], owned: bool = False
) -> list[Any] | None:
    """A pointwise function of large arrays, by the block.

    Args:
        function: takes the arrays, then the rest, and returns a sequence of results, which may be None.
        arrays: of one shape, in memory alike, or None.  One that repeats a single element may be among them.
        rest: what else it takes, not arrays.
        owned: whether a result may be written over the first array, which nobody will read again.

    Returns:
        The results, or None if the arrays do not lie alike or the function is not made of calls of ufuncs.
    """
    lead = _leading(arrays)
    if lead is None or any(isinstance(x, _ndarray) for x in rest) or (order := _order(lead)) is None:
        return None
    flat: list[Any] = []
    repeated: list[bool] = []
    for array in arrays:
        repeats = array is not None and not any(array.strides)
        repeated.append(repeats)
        if array is None:
            flat.append(None)
        elif repeats:
            flat.append(np.asarray(array[(0,) * array.ndim]))
        else:
            flat.append(_flat(array, order))

    def parts(start: int, stop: int) -> list[Any]:
        return [
            None if x is None else _ndarray((stop - start,), x.dtype, x, 0, (0,)) if again else x[start:stop]
            for x, again in zip(flat, repeated, strict=True)
        ]

    program = record(function, parts(0, _FEW), rest)
    if program is None:
        return None
    results: list[Any] = []
    targets: list[Any] = []
    owned = owned and not repeated[0]
    for kind in program.results:
        target = None
        if kind is None:
            result = None
        elif kind[0] == "input":
            result = arrays[kind[1]]
        elif kind[0] == "again":
            result = results[kind[1]]
        elif owned and kind[2]:
            result, target, owned = arrays[0], flat[0], False
        else:
            result = empty_like(lead, order, kind[1])
            target = _flat(result, order)
        results.append(result)
        targets.append(target)
    if not any(target is not None for target in targets):
        return results
    size = lead.size

    def block(i: int) -> None:
        start, stop = i * BLOCK, min((i + 1) * BLOCK, size)
        between = [scratch(place, stop - start, kind) for place, kind in enumerate(program.kinds)]
        program.run(parts(start, stop), [None if t is None else t[start:stop] for t in targets], between)

    threads.run(block, -(-size // BLOCK))
    return results


def _leading(arrays: tuple[Any, ...]) -> Any:
    """The array that says how all lie in memory; None if they do not lie alike."""
    lead = None
    for array in arrays:
        if array is None:
            continue
        if array.__class__ is not _ndarray or (lead is not None and array.shape != lead.shape):
            return None
        if lead is None or not any(lead.strides):
            lead = array
        elif any(array.strides) and array.strides != lead.strides:
            return None
    return lead


def forward(function: Any, x: Array, *rest: Any) -> Array:
    """A pointwise function of one large array, by the block where that can be."""
    if isinstance(function, np.ufunc) and not rest:
        return ufunc(function, x)
    found = through(lambda *operands: (function(*operands),), (x,), rest)
    return function(x, *rest) if found is None else found[0]


def pair(function: Any, x: Array, y: Array) -> Array:
    """A pointwise function of two arrays, the first of which is large, by the block where that can be."""
    found = through(lambda a, b: (function(a, b),), (x, y), ())
    return function(x, y) if found is None else found[0]


def rows_of(*arrays: Array) -> int:
    """Into how many rows of their last dimension large arrays can be cut; 0 if they should be taken whole.

    Args:
        arrays: of one shape and type; cut are contiguous ones of single or double precision with more than one row.
    """
    first = arrays[0]
    shape, dtype = first.shape, first.dtype
    if dtype.char not in "fd":
        return 0
    for array in arrays:
        if array.__class__ is not _ndarray or array.shape != shape or array.dtype is not dtype:
            return 0
        if not array.flags.c_contiguous:
            return 0
    rows = math.prod(shape[:-1])
    return rows if rows > 1 else 0


def over_rows(kernel: Callable[[slice], object], rows: int, length: int) -> None:
    """Call a kernel for each of the blocks of rows of a given length."""
    each = rows_in_block(length)
    threads.run(lambda i: kernel(slice(i * each, min((i + 1) * each, rows))), -(-rows // each))


def rows_in_block(length: int) -> int:
    """The number of rows of a given length that make up a block."""
    return max(1, BLOCK // max(length, 1))


make_quiet(globals())

__all__ = [
    "BLOCK", "LARGE", "forward", "is_own", "met", "over_rows", "pair", "rows_in_block", "rows_of", "through", "ufunc",
]  # fmt: skip
