"""Arrays that remember what was done to them: what lies below the tape while a function is captured.

A `TracedArray` holds the array that the running computation has, so shapes, types and values are true and the run gives
its real results, and a number under which the recorded program knows it.  NumPy's functions find it by NumPy's
protocols; each call goes to the recorder, which computes it and writes it down.

What would take a value out of the program (`bool(x)`, `x.item()`) is the recorder's to decide.  What NumPy's protocols
do not reach raises `Unbatchable`, and whoever called writes down the whole operator as one step (`opaque`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from ..tensor.rows import Unbatchable
from ..tensor.storage import window

if TYPE_CHECKING:
    from .program import Memory
    from .recorder import Recorder


class Traced:
    """A value of the program that is being captured.

    Attributes:
        recorder: writes down what is done to it.
        value: what it is in this run.
        number: its name in the program.
        memory: what it lies in; views of one array have the same.
        dims: its shape, if sizes in it differ from call to call; else None.
    """

    __slots__ = ("dims", "memory", "number", "recorder", "value")

    def __init__(
        self, recorder: Recorder, value: Any, number: int, memory: Memory, dims: tuple[Any, ...] | None = None
    ) -> None:
        self.recorder, self.value, self.number, self.memory = recorder, value, number, memory
        self.dims = dims


def set_writeable(array: Any, on: bool) -> None:
    """Let an array be written into, or not."""
    array.flags.writeable = on


class TracedFlags:
    """The flags of a traced array; that it may be written into can be set."""

    __slots__ = ("_of",)

    def __init__(self, of: TracedArray) -> None:
        object.__setattr__(self, "_of", of)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of.value.flags, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._of.recorder.call("call", set_writeable, (self._of, value), {}, (self._of,))


class TracedNumber(Traced):
    """A Python number that was computed from tensors, such as an optimizer's step size."""

    __slots__ = ()
    __array_priority__ = 1e6
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        """False: words take a shorter way for special numbers, which gives the same result."""
        return False

    def __ne__(self, other: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return bool(self.recorder.python_value(self, bool))

    def __float__(self) -> float:
        return float(self.recorder.python_value(self, float))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self.recorder.ufunc(ufunc, method, inputs, kwargs)


class TracedArray(Traced):
    """An array of the program that is being captured."""

    __slots__ = ()
    __array_priority__ = 1e6
    __hash__ = None  # type: ignore[assignment]

    # -- what it looks like ----------------------------------------------------------------------------------------

    ndim = property(lambda self: self.value.ndim)
    dtype = property(lambda self: self.value.dtype)
    itemsize = property(lambda self: self.value.itemsize)

    @property
    def shape(self) -> Any:
        """The length of each dimension."""
        return self.value.shape if self.dims is None or not self.recorder.active else self.dims

    @property
    def size(self) -> Any:
        """The number of elements."""
        return self.value.size if self.dims is None else math.prod(self.shape)

    @property
    def nbytes(self) -> Any:
        """The number of bytes of the elements."""
        return self.size * self.value.itemsize

    @property
    def strides(self) -> Any:
        """The bytes from one index to the next."""
        if self.dims is None:
            return self.value.strides
        if not self.value.flags.c_contiguous:  # that of the innermost dimension is certain
            atoms = [name for n in self.dims for name in getattr(n, "atoms", ())] if self.recorder.active else []
            hidden = self.recorder.symbols.hidden
            return tuple([n if n in (0, self.itemsize) else hidden(n, atoms) for n in self.value.strides])
        found: list[Any] = []
        stride: Any = self.value.itemsize
        for n in reversed(self.shape):
            found.append(stride)
            stride = stride * n
        return tuple(found[::-1])

    def fix(self, what: str) -> None:
        """Let its sizes be what they are in this run, as somebody needs what follows from them."""
        if self.dims is not None and self.recorder.active:
            self.recorder.fix((self,), f"decides about {what}")

    @property
    def owns_memory(self) -> bool:
        """Whether this is a whole array, made by the program, and no view."""
        return bool(self.recorder.active and self.recorder.program.values[self.number].fresh)

    @property
    def flags(self) -> TracedFlags:
        """How it lies in memory."""
        return TracedFlags(self)

    @property
    def ctypes(self) -> Any:
        """Where it lies in memory."""
        return self.value.ctypes

    def window(self, dtype: Any, shape: Any, strides: Any, offset: int) -> Any:
        """Its memory seen under a shape, strides and an offset."""
        return self.recorder.call("call", window, (self, dtype, shape, strides, offset), {}, ())

    @property
    def first_row(self) -> Any:
        """The array itself, by which its geometry is told."""
        self.fix("memory")
        return self.value

    def __len__(self) -> int:
        return len(self.value) if self.dims is None else int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"TracedArray({self.number}, {self.value!r})"

    # -- what takes a value out of the program ---------------------------------------------------------------------

    def __bool__(self) -> bool:
        return bool(self.recorder.python_value(self, bool))

    def __int__(self) -> int:
        return int(self.recorder.python_value(self, int))

    def __float__(self) -> float:
        return float(self.recorder.python_value(self, float))

    def __complex__(self) -> complex:
        return complex(self.recorder.python_value(self, complex))

    def __index__(self) -> int:
        return int(self.recorder.python_value(self, int))

    def item(self, *args: int) -> Any:
        """The only element, or the one at a place."""
        return self.recorder.python_value(self[args] if args else self, np.ndarray.item)

    def tolist(self) -> Any:
        """The elements as nested lists."""
        return self.recorder.python_value(self, np.ndarray.tolist)

    def tobytes(self, order: str = "C") -> Any:
        """The elements' memory."""
        return self.recorder.python_value(self, np.ndarray.tobytes)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise Unbatchable("the values as a plain array")

    def __getattr__(self, name: str) -> Any:
        raise Unbatchable(f"the attribute {name} of an array")

    # -- NumPy's protocols -----------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self.recorder.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self.recorder.function(function, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.recorder.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self.recorder.setitem(self, index, value)


def _method(name: str, writes: bool) -> Callable[..., Any]:
    def method(self: Traced, *args: Any, **kwargs: Any) -> Any:
        return self.recorder.method(self, name, args, kwargs, writes)

    method.__name__ = name
    return method


def _are_scalars(*operands: Any) -> bool:
    """Whether none is an array: then NumPy computes an operator without a ufunc, and rounds as Python does."""
    return not any(isinstance(x.value if isinstance(x, Traced) else x, np.ndarray) for x in operands)


def _operator(operation: Any, ufunc: Any) -> Callable[..., Any]:
    def method(self: Traced, other: Any) -> Any:
        if isinstance(other, (Traced, np.ndarray, np.generic, int, float, complex)):
            if _are_scalars(self, other):
                return self.recorder.call("call", operation, (self, other), {}, ())
            return self.recorder.ufunc(ufunc, "__call__", (self, other), {})
        return NotImplemented

    return method


def _reflected(operation: Any, ufunc: Any) -> Callable[..., Any]:
    def method(self: Traced, other: Any) -> Any:
        if isinstance(other, (np.ndarray, np.generic, int, float, complex)):
            if _are_scalars(self, other):
                return self.recorder.call("call", operation, (other, self), {}, ())
            return self.recorder.ufunc(ufunc, "__call__", (other, self), {})
        return NotImplemented

    return method


def _in_place(operation: Any, ufunc: Any) -> Callable[..., Any]:
    def method(self: Traced, other: Any) -> Any:
        if not isinstance(self.value, np.ndarray):  # NumPy's scalars do not change
            return operation(self, other)
        return self.recorder.ufunc(ufunc, "__call__", (self, other), {"out": (self,)})

    return method


def _unary(operation: Any, ufunc: Any) -> Callable[..., Any]:
    def method(self: Traced) -> Any:
        if _are_scalars(self):
            return self.recorder.call("call", operation, (self,), {}, ())
        return self.recorder.ufunc(ufunc, "__call__", (self,), {})

    return method


def _part(name: str) -> property:
    """The transpose, the real part and the like."""
    return property(
        lambda self: self.recorder.attribute(self, name),
        lambda self, value: self.recorder.set_attribute(self, name, value),
    )


def _number(operation: Any, reflected: bool) -> Callable[..., Any]:
    def method(self: TracedNumber, other: Any) -> Any:
        if other.__class__ is TracedArray:
            return NotImplemented
        return self.recorder.number(operation, (other, self) if reflected else (self, other))

    return method


def _comparison(operation: Any) -> Callable[..., Any]:
    return lambda self, other: self.recorder.compared(operation, (self, other))


_METHODS: Final = """
    all any argmax argmin argpartition argsort astype byteswap choose clip compress conj conjugate copy cumprod cumsum
    diagonal dot flatten max mean min nonzero prod ravel repeat reshape round searchsorted squeeze std sum swapaxes take
    trace transpose var view
""".split()
_WRITING: Final = "fill partition put sort".split()
_BINARY: Final = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    "lshift": np.left_shift, "rshift": np.right_shift, "matmul": np.matmul,
}  # fmt: skip
_COMPARISONS: Final = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip
_UNARY: Final = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}


def _attach() -> None:
    for name in _METHODS:
        setattr(TracedArray, name, _method(name, writes=False))
    for name in _WRITING:
        setattr(TracedArray, name, _method(name, writes=True))
    for name in ("T", "mT", "real", "imag"):
        setattr(TracedArray, name, _part(name))
    for name, ufunc in (_BINARY | _COMPARISONS).items():
        setattr(TracedArray, f"__{name}__", _operator(getattr(operator, f"__{name}__"), ufunc))
    for name, ufunc in _BINARY.items():
        setattr(TracedArray, f"__r{name}__", _reflected(getattr(operator, f"__{name}__"), ufunc))
        setattr(TracedArray, f"__i{name}__", _in_place(getattr(operator, f"__{name}__"), ufunc))
    for name, ufunc in _UNARY.items():
        setattr(TracedArray, f"__{name}__", _unary(getattr(operator, f"__{name}__"), ufunc))
    for name in ("lt", "le", "gt", "ge"):
        setattr(TracedNumber, f"__{name}__", _comparison(getattr(operator, name)))
    for name in ("add", "sub", "mul", "truediv", "pow"):
        operation = getattr(operator, name)
        setattr(TracedNumber, f"__{name}__", _number(operation, reflected=False))
        setattr(TracedNumber, f"__r{name}__", _number(operation, reflected=True))
    for name in ("neg", "abs"):
        setattr(TracedNumber, f"__{name}__", _of_number(getattr(operator, name)))


def _of_number(operation: Any) -> Callable[..., Any]:
    return lambda self: self.recorder.number(operation, (self,))


_attach()
