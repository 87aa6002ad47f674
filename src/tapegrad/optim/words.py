"""The words in which an optimizer's update is written: one text that runs on raw arrays and, recorded, on tensors.

An optimizer says once what happens to one parameter, for instance

    w.lerp_(exp_avg, grad, 1 - beta1)
    w.addcdiv_(param, exp_avg, w.add(w.sqrt(exp_avg_sq), eps), -lr)

`pieces` gives it a `w` and the operands to say it about:

- Ordinarily `w` is an `ArrayWords` and the operands are raw arrays. Words that end in an underscore write into their
  first operand; the results of the others are scratch memory of this thread, which the next piece uses again. So a
  step allocates nothing. A large parameter comes in several pieces that fit into the processor's cache together with
  all that belongs to them: memory is then read once per step, not once per word.
- While operations are recorded (`differentiable=True`), `w` is `TENSOR_WORDS` and the operands are tensors; so it is
  for types other than float32 and float64, whose operators round in a way of their own, and for subclasses of Tensor.

Complex tensors come as real ones with a last dimension of 2, as torch treats them.

Each word rounds where torch's operator of that name does, but for one thing: torch's kernels round a multiplication
and the addition after it once (they fuse them), and NumPy, which has no such instruction, twice. Results differ by a
unit in the last place now and then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ..autograd.views import wrote
from ..ops import maximum, view_as_real
from ..ops.writing import check_memory
from ..quiet import over, quiet
from ..tensor.dtypes import F32, F64, Array
from ..tensor.likes import ones_like
from ..tensor.tensor import Parameter, Tensor

# Elements of a piece: smaller ones cost more calls, larger ones leave the cache.
PIECE: Final = 65536


class ArrayWords:
    """Words on raw arrays of one shape and dtype, with scratch memory for their results."""

    __slots__ = ("free", "make", "shape", "spare", "temporary")

    def __init__(self, shape: tuple[int, ...], make: Any) -> None:
        self.shape, self.make = shape, make
        self.temporary: Array = make(0, shape)
        self.spare: list[Array] = []
        self.free = 0  # how many of the spare arrays hold results of the present piece

    def new(self) -> Array:
        """Scratch for one more result."""
        at = self.free
        self.free = at + 1
        if at == len(self.spare):
            self.spare.append(self.make(at + 1, self.shape))
        return self.spare[at]

    def neg(self, x: Array) -> Array:
        return np.negative(x, self.new())

    def abs(self, x: Array) -> Array:
        return np.absolute(x, self.new())

    def sqrt(self, x: Array) -> Array:
        return np.sqrt(x, self.new())

    def sign(self, x: Array) -> Array:
        """-1, 0 or 1; 0 for NaN, as torch has it."""
        y = self.new()
        np.copyto(y, x > 0)
        y[x < 0] = -1
        return y

    def add(self, x: Array, y: Any, alpha: float = 1) -> Array:
        """x + alpha · y."""
        if alpha == 1:
            return np.add(x, y, self.new())
        out = self.new()
        np.multiply(y, alpha, out)
        return np.add(x, out, out)

    def add_(self, x: Array, y: Any, alpha: float = 1) -> Array:
        """x += alpha · y."""
        if alpha == 1:
            return np.add(x, y, x)
        t = self.temporary
        np.multiply(y, alpha, t)
        return np.add(x, t, x)

    def sub(self, x: Array, y: Any) -> Array:
        return np.subtract(x, y, self.new())

    def mul(self, x: Array, y: Any) -> Array:
        return np.multiply(x, y, self.new())

    def mul_(self, x: Array, y: Any) -> Array:
        return np.multiply(x, y, x)

    def div(self, x: Any, y: Any) -> Array:
        return np.true_divide(x, y, self.new())

    def maximum_(self, x: Array, y: Array) -> Array:
        return np.maximum(x, y, x)

    def clamp_(self, x: Array, low: float, high: float) -> Array:
        return np.minimum(np.maximum(x, low, x), high, x)

    def lerp_(self, x: Array, end: Array, weight: float) -> Array:
        """x += weight · (end - x), from the nearer end."""
        t = self.temporary
        np.subtract(end, x, t)
        if abs(weight) < 0.5:
            np.multiply(t, weight, t)
            return np.add(x, t, x)
        np.multiply(t, 1 - weight, t)
        return np.subtract(end, t, x)

    def addcmul(self, x: Array, a: Array, b: Array, value: float = 1) -> Array:
        """x + value · a · b."""
        return np.add(x, self._product(a, b, value), self.new())

    def addcmul_(self, x: Array, a: Array, b: Array, value: float = 1) -> Array:
        """x += value · a · b."""
        return np.add(x, self._product(a, b, value), x)

    def _product(self, a: Array, b: Array, value: float) -> Array:
        t = self.temporary
        if value == 1:
            return np.multiply(a, b, t)
        if value == -1:
            np.negative(a, t)
        else:
            np.multiply(a, value, t)
        return np.multiply(t, b, t)

    def addcdiv_(self, x: Array, a: Array, b: Array, value: float = 1) -> Array:
        """x += value · a / b."""
        t = self.temporary
        if value == 1:
            np.true_divide(a, b, t)
        else:
            np.multiply(a, value, t)
            np.true_divide(t, b, t)
        return np.add(x, t, x)

    def copy_(self, x: Array, y: Array) -> Array:
        np.copyto(x, y)
        return x

    def by_sign(self, x: Array, positive: float, negative: float) -> Array:
        """One number where x > 0, another where x < 0, and 1 elsewhere."""
        y = self.new()
        y.fill(1)
        y[x > 0] = positive
        y[x < 0] = negative
        return y

    def zero_where(self, x: Array, condition: Array) -> Array:
        """0 where the condition holds, elsewhere x."""
        y = self.new()
        np.copyto(y, x)
        y[condition] = 0
        return y


def _silence() -> None:
    """Divisions by zero give inf or NaN without a word, as in torch (see `quiet.py`)."""
    namespace = quiet(globals())
    for name, function in list(vars(ArrayWords).items()):
        if callable(function) and hasattr(function, "__code__"):
            setattr(ArrayWords, name, over(function, namespace))


_silence()


class TensorWords:
    """The same words on tensors; numbers may be tensors of no dimensions, through which gradients flow.

    What a rule of a word will read in the backward pass is copied if a later step writes into it.
    """

    def neg(self, x: Any) -> Any:
        return -x

    def abs(self, x: Any) -> Any:
        return x.abs()

    def sqrt(self, x: Any) -> Any:
        return x.sqrt()

    def sign(self, x: Any) -> Any:
        return x.sign()

    def add(self, x: Any, y: Any, alpha: Any = 1) -> Any:
        if isinstance(alpha, Tensor):
            return x + _read(y) * alpha
        return x.add(y, alpha=alpha) if isinstance(y, Tensor) else x.add(y)

    def add_(self, x: Any, y: Any, alpha: Any = 1) -> Any:
        if isinstance(alpha, Tensor):
            return x.add_(_read(y) * alpha)
        return x.add_(y, alpha=alpha) if isinstance(y, Tensor) else x.add_(y)

    def sub(self, x: Any, y: Any) -> Any:
        return x - y

    def mul(self, x: Any, y: Any) -> Any:
        return _read(x) * y

    def mul_(self, x: Any, y: Any) -> Any:
        return x.mul_(y)

    def div(self, x: Any, y: Any) -> Any:
        return _read(x) / y

    def maximum_(self, x: Any, y: Any) -> Any:
        return x.copy_(maximum(x.clone(), y.clone()))

    def clamp_(self, x: Any, low: float, high: float) -> Any:
        return x.clamp_(low, high)

    def lerp_(self, x: Any, end: Any, weight: Any) -> Any:
        if isinstance(weight, Tensor) and weight.dtype is not x.dtype:
            weight = weight.to(x.dtype)
        return x.lerp_(end, weight)

    def addcmul(self, x: Any, a: Any, b: Any, value: Any = 1) -> Any:
        return x.add(a.clone() * b.clone() * value)

    def addcmul_(self, x: Any, a: Any, b: Any, value: Any = 1) -> Any:
        if isinstance(value, Tensor):
            return x.addcmul_(a * value, b.clone() if b is a else b)
        return x.addcmul_(a, b, value=value)

    def addcdiv_(self, x: Any, a: Any, b: Any, value: Any = 1) -> Any:
        if isinstance(value, Tensor):
            return x.addcdiv_(_read(a) * value, _read(b))
        return x.addcdiv_(_read(a), _read(b), value=value)

    def copy_(self, x: Any, y: Any) -> Any:
        return x.copy_(y)

    def by_sign(self, x: Any, positive: float, negative: float) -> Any:
        return ones_like(x).masked_fill(x > 0, positive).masked_fill(x < 0, negative)

    def zero_where(self, x: Any, condition: Any) -> Any:
        return x.masked_fill(condition, 0)


def _read(x: Any) -> Any:
    """A tensor that is saved for the backward pass: a copy, since optimizers write into their states at each step."""
    return x.clone() if isinstance(x, Tensor) and x._data.ndim else x


TENSOR_WORDS: Final = TensorWords()


# -- pieces -----------------------------------------------------------------------------------------------------------


class _Scratch(threading.local):
    """Scratch memory of a thread: the words by shape, over one memory per dtype and place."""

    def __init__(self) -> None:
        self.words: dict[tuple[Any, tuple[int, ...]], ArrayWords] = {}
        self.memory: dict[tuple[Any, int], Array] = {}

    def make_words(self, kind: Any, shape: tuple[int, ...]) -> ArrayWords:
        def make(place: int, shape: tuple[int, ...]) -> Array:
            memory = self.memory.get((kind, place))
            if memory is None:
                memory = self.memory[kind, place] = np.empty(PIECE, kind)
            n = 1
            for length in shape:
                n *= length
            return memory[:n].reshape(shape)

        if len(self.words) >= 1000:  # of a program that keeps changing its shapes
            self.words.clear()
        found = self.words[kind, shape] = ArrayWords(shape, make)
        return found


_scratch: Final = _Scratch()


def pieces(recorded: bool, tensors: Sequence[Tensor | None]) -> Iterator[tuple[Any, ...]] | list[tuple[Any, ...]]:
    """The words and operands for an update of one parameter.

    Args:
        recorded: whether the update is to be recorded by autograd.
        tensors: the parameter; its gradient; its states, which may be None.

    Yields:
        Words, and for each of the tensors the operand to give them. Together the pieces make up the whole; the update
        must be said about each of them. The parameter counts as written into.
    """
    param = tensors[0]
    assert param is not None
    data = param._data
    kind = data.dtype
    if kind.kind == "c":
        return pieces(recorded, [None if t is None else view_as_real(t) for t in tensors])
    if recorded or not (kind is F32 or kind is F64):
        return [(TENSOR_WORDS, *tensors)]
    arrays: list[Any] = []
    for t in tensors:
        if t is None:
            arrays.append(None)
            continue
        cls = t.__class__
        array = t._data
        if array.dtype is not kind or array.shape != data.shape or not (cls is Parameter or cls is Tensor):
            return [(TENSOR_WORDS, *tensors)]
        arrays.append(array)
    if not data.flags.forc:
        check_memory(data)
    traced = hasattr(data, "recorder")
    version = param._vc
    if version is None:
        wrote(param)
    else:
        version.n += 1
    if traced:  # a program has its own scratch memory
        return [(ArrayWords(data.shape, lambda place, shape: np.empty_like(data)), *arrays)]
    if data.size > PIECE:
        return _in_pieces(arrays)
    key = (kind, data.shape)
    words = _scratch.words.get(key)
    if words is None:
        words = _scratch.make_words(*key)
    words.free = 0
    return [(words, *arrays)]


def _in_pieces(arrays: list[Any]) -> Iterator[tuple[Any, ...]]:
    """A large parameter by the piece, if all its arrays lie in memory alike; else all at once in memory of its own."""
    param = arrays[0]
    if param.flags.f_contiguous and not param.flags.c_contiguous:
        arrays = [None if x is None else x.T for x in arrays]
        param = arrays[0]
    if not param.flags.c_contiguous or not all(x is None or x.flags.c_contiguous for x in (param, *arrays[2:])):
        yield (ArrayWords(param.shape, lambda place, shape: np.empty(shape, param.dtype)), *arrays)
        return
    # A gradient is only read, and often the transpose of what its parameter is.
    flat = [None if x is None else np.ascontiguousarray(x).reshape(-1) for x in arrays]
    words = None
    for start in range(0, param.size, PIECE):
        parts = [None if x is None else x[start : start + PIECE] for x in flat]
        if words is None or start + PIECE > param.size:
            key = (param.dtype, (min(PIECE, param.size - start),))
            words = _scratch.words.get(key) or _scratch.make_words(*key)
        words.free = 0
        yield (words, *parts)


# -- numbers -----------------------------------------------------------------------------------------------------------


def number(x: Any) -> Any:
    """A factor that may be given as a tensor of one element, as a Python number."""
    if not isinstance(x, Tensor):
        return x
    array: Any = x._data
    return array.recorder.as_number(array) if hasattr(array, "recorder") else x.item()


def next_step(step: Tensor) -> Any:
    """Count one step up, in the tensor; returns the count as a Python number."""
    array = step._data
    if array.ndim or step._flags:
        step += 1
        return step.item()
    if hasattr(array, "recorder"):
        count = array.recorder.as_number(array) + 1
        array[()] = count
        return count
    array[()] = array.item() + 1
    return array.item()
