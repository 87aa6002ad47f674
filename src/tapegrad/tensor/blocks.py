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
from ..kernels import find
from ..quiet import make_quiet
from . import programs
from .arena import empty_like, is_lent, scratch
from .dtypes import Array
from .programs import FEW
from .steps import Program, Unsuited

# Elements from which blocks are faster than the whole.  Below, waking a thread costs what it saves.
LARGE: Final = 250_000
# Elements from which a kernel is faster than a few of NumPy's calls.
MEDIUM: Final = 16_384
# Elements of a block.  At each end of a NumPy call, threads meet at Python's lock: smaller blocks meet more often.
BLOCK: Final = 131_072
_BLOCKS: Final = 8  # into how many very large arrays are cut where nothing has to stay in the cache

_ndarray = np.ndarray
_ufunc = np.ufunc


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
    """a + b, of gradients that meet; written over a if there is much of it and the caller gave it away."""
    if a.__class__ is _ndarray and a.size > MEDIUM and is_own(getrefcount(a), a):
        if b.__class__ is _ndarray and a.shape == b.shape and a.dtype is b.dtype:
            if a.size <= LARGE:
                return np.add(a, b, a)
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
    if x.size <= LARGE or x.__class__ is not _ndarray or (order := _order(x)) is None:
        return function(x)
    y = empty_like(x, order)
    source, target = _flat(x, order), _flat(y, order)

    size = x.size
    each = _long_block(size)

    def block(i: int) -> None:
        part = slice(i * each, (i + 1) * each)
        function(source[part], target[part])

    threads.run(block, -(-size // each))
    return y


def _long_block(size: int) -> int:
    """Elements of a block where there are no results in between that should stay in the cache."""
    return max(BLOCK, -(-size // _BLOCKS))


class Operands:
    """Large arrays of one shape that lie in memory alike, to be taken by a kernel or by the block.

    Attributes:
        whole: the arrays.
        repeated: of each, whether it repeats a single element.
        lead: one that says how all lie.
    """

    __slots__ = ("lead", "repeated", "whole")

    def __init__(self) -> None:
        self.whole: list[Array] = []
        self.repeated: list[bool] = []
        self.lead: Any = None

    def add(self, array: Any) -> bool:
        """Take one more; whether it lies as the others do.  One that repeats a single element lies in any way."""
        if array.__class__ is not _ndarray:
            return False
        lead = self.lead
        again = not array.flags.c_contiguous and not any(array.strides)
        if lead is not None:
            if array.shape != lead.shape:
                return False
            if False in self.repeated and not again and not _alike(array, lead):
                return False
        if lead is None or not again:
            self.lead = array
        self.whole.append(array)
        self.repeated.append(again)
        return True

    def few(self, number: int) -> Array:
        """Some elements of an array, copied."""
        return self.whole[number].flat[:FEW]

    def carry_out(self, program: Program, owned: bool) -> list[Any] | None:
        """The results of a program, by a kernel or by the block; None if NumPy's calls on the whole do as well.

        Args:
            owned: whether a result may be written over the first array, which nobody will read again.
        """
        whole, lead, repeated = self.whole, self.lead, tuple(self.repeated)
        size = lead.size
        over = program.in_place if owned and not repeated[0] else None
        kernel, found = None, program.expression(repeated, over)
        if found is not None and all(x.flags.aligned for x in whole):
            kernel = find(found.kernel, found.dtype, size)
        if (kernel is None and size <= LARGE) or (order := _order(lead)) is None:
            return None
        results: list[Any] = []
        made: list[Any] = []
        for i, kind in enumerate(program.results):
            if i == over:
                results.append(whole[0])
            elif kind is None:
                results.append(None)
            elif kind[0] == "made":
                made.append(empty_like(lead, order, kind[1]))
                results.append(made[-1])
            else:
                results.append(whole[kind[1]] if kind[0] == "input" else results[kind[1]])
        if kernel is not None and found is not None:
            if True in repeated:
                arrays = [x for x, again in zip(whole, repeated, strict=True) if not again]
                numbers = [float(x[(0,) * x.ndim]) for x, again in zip(whole, repeated, strict=True) if again]
                _in_kernel(kernel, size, (*arrays, *made, *found.numbers, *numbers))
            else:
                _in_kernel(kernel, size, (*whole, *made, *found.numbers))
        elif made or over is not None:
            _in_blocks(program, whole, repeated, results, order)
        return results


def _in_kernel(kernel: Any, size: int, operands: tuple[Any, ...]) -> None:
    if size <= LARGE:
        kernel(*operands, 0, size)
    else:
        each = _long_block(size)
        threads.run(lambda i: kernel(*operands, i * each, min((i + 1) * each, size)), -(-size // each))


def _in_blocks(
    program: Program, whole: list[Array], repeated: tuple[bool, ...], results: list[Any], order: list[int]
) -> None:
    """Make a program's calls block after block."""
    flat = [
        np.asarray(x[(0,) * x.ndim]) if again else _flat(x, order) for x, again in zip(whole, repeated, strict=True)
    ]
    targets = [
        _flat(x, order) if kind is not None and kind[0] == "made" else None
        for x, kind in zip(results, program.results, strict=True)
    ]
    size = math.prod(whole[0].shape)
    each = BLOCK if program.kinds else _long_block(size)

    def block(i: int) -> None:
        start, stop = i * each, min((i + 1) * each, size)
        parts = [
            _ndarray((stop - start,), x.dtype, x, 0, (0,)) if again else x[start:stop]
            for x, again in zip(flat, repeated, strict=True)
        ]
        between = [scratch(place, stop - start, kind) for place, kind in enumerate(program.kinds)]
        program.run(parts, [None if t is None else t[start:stop] for t in targets], between)

    threads.run(block, -(-size // each))


def _alike(a: Array, b: Array) -> bool:
    """Whether arrays of one shape, of elements that need not be of one size, lie in memory alike."""
    if a.flags.c_contiguous:
        return b.flags.c_contiguous
    return [n * b.itemsize for n in a.strides] == [n * a.itemsize for n in b.strides]


def through(
    function: Any, arrays: tuple[Any, ...], rest: tuple[Any, ...], owned: bool = False, of_it: Any = None
) -> list[Any] | None:
    """A pointwise function of large arrays, by a kernel or by the block.

    Args:
        function: takes the arrays, then the rest, and returns a sequence of results, which may be None.
        arrays: of one shape, in memory alike, or None.  One that repeats a single element may be among them.
        rest: what else it takes, not arrays.
        owned: whether a result may be written over the first array, which nobody will read again.
        of_it: what the function's calls follow from, where that is not its code alone.

    Returns:
        The results, or None if the arrays do not lie alike, or the function is not made of calls of ufuncs, or there
        is no kernel for it and NumPy's calls on the whole do as well.
    """
    first = arrays[0]
    if first.__class__ is Passing:
        return first.through(function, arrays[1:], rest)
    operands = Operands()
    for array in arrays:
        if array is not None and not operands.add(array):
            return None
    program = programs.of(function, arrays, rest, function.__code__ if of_it is None else of_it)
    return None if program is None else operands.carry_out(program, owned)


class Passing:
    """What a rule is given in place of a large gradient while its calls are noted, to be made later.

    The generated code of a pointwise operator hands it to `through`.  Whatever else is asked of it is `Unsuited`.
    """

    __slots__ = ("dtype", "few", "shape", "stretch")
    size: Final = LARGE + 1

    def __init__(self, stretch: Any, few: Array, shape: tuple[int, ...]) -> None:
        self.stretch, self.few, self.dtype, self.shape = stretch, few, few.dtype, shape

    def through(self, function: Callable[..., Any], arrays: tuple[Any, ...], rest: tuple[Any, ...]) -> list[Any]:
        """What `through` returns, noted and not yet computed."""
        few = [None if array is None else self.stretch.few_of(array) for array in arrays]
        results = self.stretch.recording.call(function, (self.few, *few, *rest))
        return [None if found is None else Passing(self.stretch, found, self.shape) for found in results]

    def __getattr__(self, name: str) -> Any:
        raise Unsuited


def forward(function: Any, x: Array, *rest: Any) -> Array:
    """A pointwise function of one array, by a kernel or by the block where that can be."""
    if function.__class__ is _ufunc and not rest:
        return ufunc(function, x)
    found = through(lambda x, *rest: (function(x, *rest),), (x,), rest, of_it=function)
    return function(x, *rest) if found is None else found[0]


def chosen(condition: Any, x: Any, y: Any) -> Any:
    """`np.where` of an array of bools and of arrays or numbers, by a kernel or by the block where that can be."""
    if y.__class__ is not _ndarray:
        found = through(_chosen_first, (condition, x), (y,))
    elif x.__class__ is not _ndarray:
        found = through(_chosen_second, (condition, y), (x,))
    else:
        found = through(_chosen, (condition, x, y), ())
    return np.where(condition, x, y) if found is None else found[0]


def _chosen(condition: Array, x: Array, y: Array) -> tuple[Array]:
    return (np.where(condition, x, y),)


def _chosen_first(condition: Array, x: Array, y: Any) -> tuple[Array]:
    return (np.where(condition, x, y),)


def _chosen_second(condition: Array, y: Array, x: Any) -> tuple[Array]:
    return (np.where(condition, x, y),)


def pair(function: Any, x: Array, y: Any) -> Array:
    """A pointwise function of an array and an array or a number, by a kernel or by the block where that can be."""
    if x.size <= LARGE and function.__class__ is _ufunc:
        return function(x, y)
    arrays, rest = ((x, y), ()) if y.__class__ is _ndarray else ((x,), (y,))
    found = through(lambda x, y: (function(x, y),), arrays, rest, of_it=function)
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
    "BLOCK", "LARGE", "MEDIUM", "Operands", "Passing", "chosen", "forward", "is_own", "met", "over_rows", "pair",
    "rows_in_block", "rows_of", "through", "ufunc",
]  # fmt: skip
