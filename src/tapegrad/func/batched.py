"""Arrays with a hidden first axis: what lies below the tape while `vmap` runs.

A `BatchedArray` holds one array per row of a batch, physically one array with the batch in front, and looks like a
single row: shape, dtype, operators, methods, and NumPy's own functions, which find it by NumPy's protocols.  So kernels
and derivative rules written for one row run unchanged and compute all rows at once.

`level` says which `vmap` the hidden axis belongs to; inner ones have higher numbers.  The physical array of an inner
level may itself be a `BatchedArray` of an outer one.  A function is handled at the highest level among its operands,
for which all others are plain arrays; the physical call then finds the next level by itself.

What cannot be told without looking at single rows (`bool(x)`, `x.item()`) raises `Unbatchable`, and so does every
function of NumPy's that is not reached by its protocols.  Whoever called then goes row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from ..quiet import over, quiet
from ..tensor.dtypes import Array
from ..tensor.rows import Unbatchable
from ..tensor.storage import window

Ints = tuple[int, ...]

ALL: Final = slice(None)


class BatchedArray:
    """One array per row of a batch, seen as a single one.

    Args:
        value: the physical array, the batch axis first.
        level: the number of the `vmap` call that the axis belongs to.

    >>> import numpy as np
    >>> x = BatchedArray(np.arange(6.0).reshape(3, 2), 1)
    >>> x.shape, (x + np.ones(2)).sum().value
    ((2,), array([ 3.,  7., 11.]))
    """

    __slots__ = ("level", "value")
    __array_priority__ = 1e6
    __hash__ = None  # type: ignore[assignment]  # == is elementwise

    def __init__(self, value: Any, level: int) -> None:
        self.value, self.level = value, level

    # -- what a row looks like -------------------------------------------------------------------------------------

    @property
    def shape(self) -> Ints:
        """The shape of a row."""
        shape: Ints = self.value.shape[1:]
        return shape

    @property
    def ndim(self) -> int:
        """The dimensions of a row."""
        ndim: int = self.value.ndim - 1
        return ndim

    @property
    def size(self) -> int:
        """The number of elements of a row."""
        return prod(self.value.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        dtype: np.dtype[Any] = self.value.dtype
        return dtype

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        itemsize: int = self.value.dtype.itemsize
        return itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of a row's elements."""
        return self.size * self.itemsize

    @property
    def strides(self) -> Ints:
        """Bytes between elements of a row."""
        strides: Ints = self.value.strides[1:]
        return strides

    @property
    def flags(self) -> Flags:
        """How the physical array lies in memory."""
        return Flags(self.value)

    @property
    def physical(self) -> Array:
        """The plain array below all levels."""
        value = self.value
        while isinstance(value, BatchedArray):
            value = value.value
        return value

    @property
    def first_row(self) -> Array:
        """The first row at all levels, by which the geometry of a row is told."""
        value = self.value
        while isinstance(value, BatchedArray):
            value = value.value
        return value[(*(0,) * (value.ndim - self.ndim), ...)] if value.size else np.empty(self.shape, value.dtype)

    @property
    def levels(self) -> list[int]:
        """The levels that the array has rows at, the highest first."""
        found, value = [self.level], self.value
        while isinstance(value, BatchedArray):
            found.append(value.level)
            value = value.value
        return found

    def window(self, dtype: np.dtype[Any], shape: Ints, strides: Ints, offset: int) -> BatchedArray:
        """Each row's memory seen under a shape, strides and an offset: `tensor.storage.window`."""
        levels, physical = self.levels, self.physical
        if not physical.flags.c_contiguous:
            raise Unbatchable("memory laid out by strides")
        step, n = dtype.itemsize, len(levels)
        outer = [s // step for s in physical.strides[:n]]
        return layered(window(physical, dtype, (*physical.shape[:n], *shape), (*outer, *strides), offset), levels)

    if TYPE_CHECKING:
        # Attached by the modules beside this one.
        def __getitem__(self, index: Any) -> BatchedArray: ...

        def __setitem__(self, index: Any, value: Any) -> None: ...

    def __len__(self) -> int:
        if self.value.ndim == 1:
            raise TypeError("len() of unsized object")
        return int(self.value.shape[1])

    def __iter__(self) -> Iterator[BatchedArray]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"BatchedArray(level={self.level}, value={self.value!r})"

    # -- what needs a single row -----------------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise Unbatchable("the values as a plain array")

    def __bool__(self) -> NoReturn:
        raise Unbatchable("a truth value")

    def __int__(self) -> NoReturn:
        raise Unbatchable("a Python number")

    __float__ = __complex__ = __int__

    def item(self, *args: int) -> NoReturn:
        """Refused: each row has its own number."""
        raise Unbatchable("a Python number")

    def tolist(self) -> NoReturn:
        """Refused: each row has its own values."""
        raise Unbatchable("the values as lists")

    def __getattr__(self, name: str) -> Any:
        raise Unbatchable(f"the attribute {name} of an array")

    # -- NumPy's protocols; that of ufuncs is in batched_ufuncs.py --------------------------------------------------

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        handler = FUNCTIONS.get(function)
        return by_rows(function, args, kwargs) if handler is None else handler(*args, **kwargs)


def layered(physical: Array, levels: list[int]) -> BatchedArray:
    """A plain array whose first dimensions are the rows at levels, the highest of which is named first."""
    value: Any = physical
    for level in reversed(levels):
        value = BatchedArray(value, level)
    return value


class Flags:
    """The flags of a batched array: those of its physical array, as far as kernels ask for them."""

    __slots__ = ("_value",)
    owndata = False
    aligned = True

    def __init__(self, value: Any) -> None:
        self._value = value

    @property
    def c_contiguous(self) -> bool:
        """Whether the rows, and so each of them, lie in the order of their indices."""
        return bool(self._value.flags.c_contiguous)

    forc = contiguous = c_contiguous

    @property
    def f_contiguous(self) -> bool:
        """Whether a row lies in the reverse order."""
        return bool(self._value.flags.c_contiguous) and self._value.ndim <= 2

    @property
    def writeable(self) -> bool:
        """Whether the memory may be written into."""
        return bool(self._value.flags.writeable)

    @writeable.setter
    def writeable(self, on: bool) -> None:
        self._value.flags.writeable = on


# Filled by the modules beside this one: handlers of functions of NumPy's, of ufuncs with a signature, of ufunc methods.
FUNCTIONS: Final[dict[Any, Callable[..., Any]]] = {}
GENERALIZED: Final[dict[Any, Callable[..., Any]]] = {}
UFUNC_METHODS: Final[dict[str, Callable[..., Any]]] = {}


def handles(*functions: Any) -> Callable[[Any], Any]:
    """Decorate the handler of functions of NumPy's; it gets their arguments."""

    def enter(handler: Any) -> Any:
        for function in functions:
            FUNCTIONS[function] = handler
        return handler

    return enter


# -- levels ------------------------------------------------------------------------------------------------------------


def level_of(operands: Any) -> int:
    """The highest level among operands, sequences of them included; 0 if none is batched."""
    level = 0
    for x in operands:
        kind = x.__class__
        if kind is BatchedArray:
            if x.level > level:
                level = x.level
        elif kind is tuple or kind is list:
            level = max(level, level_of(x))
        elif kind is dict:
            level = max(level, level_of(x.values()))
    return level


def size_at(operands: Any, level: int) -> int:
    """The number of rows at a level that one of the operands has."""
    for x in operands:
        kind = x.__class__
        if kind is BatchedArray and x.level == level:
            return int(x.value.shape[0])
        if kind is tuple or kind is list or kind is dict:
            found = size_at(x.values() if kind is dict else x, level)
            if found >= 0:
                return found
    return -1


def is_at(x: Any, level: int) -> bool:
    """Whether an operand has rows at a level."""
    return x.__class__ is BatchedArray and x.level == level


def ndim_of(x: Any) -> int:
    """The dimensions of an operand; a number has none."""
    kind = x.__class__
    if kind is BatchedArray:
        return int(x.value.ndim - 1)
    if kind is np.ndarray:
        return int(x.ndim)
    return 0 if kind is float or kind is int or kind is bool else np.ndim(x)


def with_rank(x: BatchedArray, rank: int) -> Any:
    """The physical array with dimensions of 1 after the batch, so that rows of fewer dimensions broadcast as such."""
    value = x.value
    missing = rank + 1 - value.ndim
    return value[(ALL, *(None,) * missing)] if missing > 0 else value


def aligned(operands: Any, level: int) -> list[Any]:
    """Operands of a pointwise function as physical ones that broadcast alike."""
    rank = 0
    for x in operands:
        n = ndim_of(x)
        if n > rank:
            rank = n
    return [with_rank(x, rank) if x.__class__ is BatchedArray and x.level == level else x for x in operands]


def broadcast(x: Any, size: int, level: int) -> BatchedArray:
    """An array with the same rows at a level; one that has rows there stays as it is."""
    if is_at(x, level):
        return x
    x = x if hasattr(x, "ndim") else np.asarray(x)
    return BatchedArray(np.broadcast_to(x, (size, *x.shape)), level)


def shifted(axis: Any, ndim: int) -> int:
    """The physical number of an axis of a row.

    Raises:
        AxisError: a row has no such axis.
    """
    axis = axis.__index__()
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return int(axis) % ndim + 1


def shifted_axes(axis: Any, ndim: int) -> Any:
    """The physical numbers of one or several axes of a row; None stands for all."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, (tuple, list)):
        return tuple([shifted(a, ndim) for a in axis])
    if ndim == 0 and axis in (0, -1):  # NumPy lets numbers be reduced so
        return ()
    return shifted(axis, ndim)


def has_arrays(args: Any, kwargs: Any) -> bool:
    """Whether an argument besides the first is an array, such as `where`."""
    return any(isinstance(x, (np.ndarray, BatchedArray)) for x in (*args, *kwargs.values()))


# -- row by row --------------------------------------------------------------------------------------------------------


def row(x: Any, i: int, level: int) -> Any:
    """An operand as row i sees it."""
    kind = x.__class__
    if kind is BatchedArray:
        return x.value[(i, ...)] if x.level == level else x
    if kind is tuple or kind is list:
        return kind([row(part, i, level) for part in x])
    if kind is dict:
        return {key: row(part, i, level) for key, part in x.items()}
    return x


def by_rows(function: Any, args: Any, kwargs: Any) -> Any:
    """Call a function for every row and stack what it returns.

    Raises:
        Unbatchable: the rows' results cannot be stacked.
    """
    level = level_of((*args, kwargs))
    size = size_at((*args, kwargs), level)
    out = kwargs.get("out")
    if out is not None and not all(is_at(o, level) for o in (out if isinstance(out, tuple) else (out,))):
        raise Unbatchable("the rows' values written into one array")
    if size <= 0:
        raise Unbatchable(f"numpy.{getattr(function, '__name__', function)} of a batch without rows")
    results = [function(*row(tuple(args), i, level), **row(kwargs, i, level)) for i in range(size)]
    return stacked(results, level)


def stacked(results: list[Any], level: int) -> Any:
    """The rows' results as one.

    Raises:
        Unbatchable: they differ in shape, or are Python values and not the same.
    """
    first = results[0]
    if isinstance(first, (tuple, list)):
        if any(len(r) != len(first) for r in results):
            raise Unbatchable("results whose number depends on the row")
        parts = [stacked(list(part), level) for part in zip(*results, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    if isinstance(first, (np.ndarray, np.generic, BatchedArray)):
        if any(r.shape != first.shape for r in results):
            raise Unbatchable("results whose shape depends on the row")
        return BatchedArray(np.stack(results), level)
    if any(r is not first and r != first for r in results):
        raise Unbatchable("a Python value")
    return first


# -- methods and tables filled by the modules beside this one ---------------------------------------------------------


def attach(**methods: Any) -> None:
    """Give batched arrays more methods; those of the modules beside this one."""
    for name, method in methods.items():
        setattr(BatchedArray, name, method)


def silence(namespace: dict[str, Any]) -> None:
    """Have the functions of a module, and the methods made of them, run without NumPy's warnings (see `quiet.py`).

    Called at the end of each module of batched functions: what the tables and the class hold are exchanged, too.
    """
    copy = quiet(namespace)
    twins = {id(f): copy[n] for n, f in namespace.items() if isinstance(f, FunctionType) and copy[n] is not f}

    def silent(function: Any) -> Any:
        if isinstance(function, FunctionType) and function.__globals__ is namespace:
            return twins.get(id(function)) or over(function, copy)
        return function

    table: dict[Any, Any]
    for table in (FUNCTIONS, GENERALIZED, UFUNC_METHODS):
        for key, handler in table.items():
            table[key] = silent(handler)
    for name, method in list(vars(BatchedArray).items()):
        if isinstance(method, property):
            setattr(BatchedArray, name, property(silent(method.fget), silent(method.fset), doc=method.__doc__))
        elif isinstance(method, FunctionType):
            setattr(BatchedArray, name, silent(method))
    for name, function in list(namespace.items()):
        if id(function) in twins:
            namespace[name] = twins[id(function)]


silence(globals())
