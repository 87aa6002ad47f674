"""How a capture sees tensors: two slots of `Tensor`, and the random streams, are watched while it runs.

Nothing of this is there between captures.  While one runs, `Tensor._data` and `Tensor._grad` are properties over the
slots.  The capturing thread's reads of a tensor's array give its traced twin, by the tensor, so that parameters and
captured tensors become inputs of the program at the moment they are first read; other threads see what they always see.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from threading import get_ident
from types import FunctionType
from typing import Any, Final

import numpy as np

from ..autograd.batching import capturing
from ..ops import summation
from ..random.stream import Stream
from ..tensor import arguments
from ..tensor.tensor import Tensor
from .recorder import Recorder
from .symbolic import isinstance_of_symbolic
from .traced import TracedArray
from .values import symbolic

_DATA: Final[Any] = Tensor.__dict__["_data"]
_GRAD: Final[Any] = Tensor.__dict__["_grad"]
_FORM: Final[Any] = Tensor.__dict__["_form"]
# While a capture runs no tensor has a form, so that operations ask the traced arrays.
_FORMLESS: Final = property(lambda t: None, lambda t, form: _FORM.__set__(t, None))
_one_at_a_time: Final = threading.RLock()
_watching: Final[list[Watch]] = []  # the capture that is going on
_FAMILIES: Final = ("continuous", "discrete", "permutation", "categorical", "rejection", "gamma", "implicit")


class Watch:
    """A context manager: tensors are watched in this thread.

    Attributes:
        met: by the id of a tensor that was there before: the tensor, its array and version then, its traced array.
        made: by id, the tensors made since.
        grads: by the id of a tensor whose gradient was looked at: the tensor and the gradient it had.
        shapes: by the id of an argument: its shape, if sizes in it differ from call to call.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.met: dict[int, tuple[Any, Any, Any, int]] = {}
        self.made: dict[int, Any] = {}
        self.grads: dict[int, tuple[Any, Any]] = {}
        self.shapes: dict[int, tuple[Any, ...]] = {}
        self._thread = get_ident()
        self._drawing = 0
        self._undo: list[Callable[[], None]] = []
        recorder.on_stop = self.settle

    def __enter__(self) -> Watch:
        _one_at_a_time.acquire()
        _watching.append(self)
        capturing.add(self._thread)
        Tensor._data = property(self._read, self._write)  # type: ignore[assignment]
        Tensor._grad = property(self._read_grad, self._write_grad)  # type: ignore[assignment]
        Tensor._form = _FORMLESS
        self._watch_streams()
        if self.shapes:
            self._watch_sizes()
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            self.end()
            self.settle()
        finally:
            _watching.remove(self)
            _one_at_a_time.release()

    def end(self) -> None:
        """Let tensors be what they are between captures."""
        Tensor._data, Tensor._grad, Tensor._form = _DATA, _GRAD, _FORM
        capturing.discard(self._thread)
        for undo in self._undo:
            undo()
        self._undo.clear()

    def settle(self) -> None:
        """Give the tensors made since their true arrays."""
        for t in self.made.values():
            array = _DATA.__get__(t)
            if array.__class__ is TracedArray:
                _DATA.__set__(t, array.value)

    # -- the array of a tensor -------------------------------------------------------------------------------------

    def _read(self, t: Tensor) -> Any:
        array = _DATA.__get__(t)
        if array.__class__ is not np.ndarray or get_ident() != self._thread or not self.recorder.active:
            if array.__class__ is TracedArray and not self.recorder.active:
                return array.value
            return array
        found = self.met.get(id(t))
        if found is None:
            version = t._vc
            traced = self.recorder.outside(array, self.shapes.get(id(t)))
            found = (t, array, traced, 0 if version is None else version.n)
            self.met[id(t)] = found
        return found[2]

    def _write(self, t: Tensor, array: Any) -> None:
        if get_ident() != self._thread or not self.recorder.active:
            _DATA.__set__(t, array.value if array.__class__ is TracedArray else array)
            return
        if id(t) in self.made:
            old: Any = None
        else:
            try:
                old = _DATA.__get__(t)
            except AttributeError:
                old = None
        if old is not None:  # a tensor from before gets another array
            if array is not self._read(t):
                self.recorder.stop("assigns the data of a tensor")
                array = array.value if array.__class__ is TracedArray else array
                _DATA.__set__(t, array)
            return
        if array.__class__ is np.ndarray:
            array = self.recorder.constant(array)
        elif array.__class__ is TracedArray:
            array = self.recorder.as_array(array)
        _DATA.__set__(t, array)
        self.made[id(t)] = t

    # -- its gradient ----------------------------------------------------------------------------------------------

    def _read_grad(self, t: Tensor) -> Any:
        grad = _GRAD.__get__(t)
        if get_ident() == self._thread and id(t) not in self.made:
            self.grads.setdefault(id(t), (t, grad))
        return grad

    def _write_grad(self, t: Tensor, grad: Any) -> None:
        if get_ident() == self._thread and id(t) not in self.made and id(t) not in self.grads:
            try:
                self.grads[id(t)] = (t, _GRAD.__get__(t))
            except AttributeError:  # a tensor in the making
                pass
        _GRAD.__set__(t, grad)

    # -- random numbers --------------------------------------------------------------------------------------------

    def _watch_streams(self) -> None:
        for name in _FAMILIES:
            __import__(f"tapegrad.random.{name}")
        for name, module in list(sys.modules.items()):
            if name.startswith("tapegrad.random.") and module is not None:
                for key, value in list(vars(module).items()):
                    if isinstance(value, FunctionType) and not key.startswith("_") and _draws(value):
                        self._exchange(module, key, self._drawn(value))
        for key in ("uniform32", "uniform64", "doublewords"):
            self._exchange(Stream, key, self._checked(getattr(Stream, key), "draws random numbers in its own way"))
        for key in ("seed", "set_state"):
            self._exchange(Stream, key, self._checked(getattr(Stream, key), "sets the state of a random generator"))

    # -- sizes that differ from call to call ------------------------------------------------------------------------

    def _watch_sizes(self) -> None:
        """Let sums in torch's order, which go another way for each length, be single steps, and sizes be any."""
        for name, shape_of in _SUMS.items():
            self._watch_sum(getattr(summation, name), shape_of)
        for name, shape_of in _MAKERS.items():
            self._exchange(np, name, self._made(getattr(np, name), shape_of))
        as_ints = arguments._as_ints

        def ints(sizes: tuple[Any, ...], function: str, nested: bool) -> tuple[Any, ...]:
            known = all(type(n) is int or isinstance_of_symbolic(n) for n in sizes)
            return sizes if known else as_ints(sizes, function, nested)

        self._exchange(arguments, "_as_ints", ints)

    def _made(self, function: Any, shape_of: Callable[..., Any]) -> Any:
        """A function that makes an array of a shape, which NumPy's protocols do not reach."""

        def made(*args: Any, **kwargs: Any) -> Any:
            if get_ident() == self._thread and self.recorder.active and any(True for _ in symbolic((args, kwargs))):
                shape = shape_of(*args, **kwargs)
                if shape is not None:
                    return self.recorder.call("call", function, args, kwargs, (), shape)
            return function(*args, **kwargs)

        return made

    def _watch_sum(self, function: Any, shape_of: Callable[..., Any]) -> None:
        """Ask the capture first, in a function that many namespaces hold: its code is exchanged."""
        original = FunctionType(function.__code__, function.__globals__, function.__name__)

        def summed(x: Any, *args: Any) -> Any:
            if get_ident() == self._thread and type(x) is TracedArray and x.dims is not None and self.recorder.active:
                return self.recorder.call("call", original, (x, *args), {}, (), shape_of(x.shape, *args))
            return original(x, *args)

        name, code = f"watched_{function.__name__}", function.__code__
        function.__globals__[name] = summed
        found: dict[str, Any] = {}
        text = f"def asks(*args): return {name}(*args)"
        exec(compile(text, "<tapegrad sum>", "exec"), {}, found)

        def undo() -> None:
            function.__code__ = code
            function.__globals__[name] = original  # for a thread that is just calling it

        function.__code__ = found["asks"].__code__
        self._undo.append(undo)

    def _exchange(self, holder: Any, name: str, value: Any) -> None:
        before = getattr(holder, name)
        setattr(holder, name, value)
        self._undo.append(lambda: setattr(holder, name, before))

    def _drawn(self, function: Any) -> Any:
        def drawn(*args: Any, **kwargs: Any) -> Any:
            if get_ident() != self._thread or self._drawing or not self.recorder.active:
                return function(*args, **kwargs)
            self._drawing += 1
            try:
                return self.recorder.draw(function, args, kwargs)
            finally:
                self._drawing -= 1

        return drawn

    def _checked(self, function: Any, reason: str) -> Any:
        def checked(*args: Any, **kwargs: Any) -> Any:
            if get_ident() == self._thread and not self._drawing:
                self.recorder.stop(reason)
            return function(*args, **kwargs)

        return checked


def _without_dims(shape: Any, dims: tuple[int, ...] | None, keepdim: bool) -> tuple[Any, ...]:
    """A shape without some dimensions, or with length 1 there."""
    gone = range(len(shape)) if dims is None else [d % len(shape) for d in dims]
    return tuple([1 if i in gone else n for i, n in enumerate(shape) if keepdim or i not in gone])


def _shape_given(shape: Any = None, *args: Any, **kwargs: Any) -> Any:
    return tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)


def _shape_of_range(*bounds: Any, **kwargs: Any) -> Any:
    if len(bounds) > 2 or not all(type(n) is int or isinstance_of_symbolic(n) for n in bounds):
        return None
    length = bounds[-1] - (bounds[0] if len(bounds) == 2 else 0)
    return (length if length >= 0 else 0,)


_MAKERS: Final[dict[str, Callable[..., Any]]] = {
    **dict.fromkeys(("zeros", "ones", "empty", "full"), _shape_given),
    "arange": _shape_of_range,
}
# The shapes of sums in torch's order.
_SUMS: Final[dict[str, Callable[..., Any]]] = {
    "total": lambda shape: (),
    "over_rows": lambda shape: shape[1:],
    "over_dims": _without_dims,
}


def _end_in_child() -> None:
    """In a process that another thread made by `fork` during a capture, the capture does not go on."""
    for watch in _watching:
        if watch._thread != get_ident():
            watch.end()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_end_in_child)


def _draws(function: Any) -> bool:
    code = function.__code__
    return bool(
        code.co_argcount and code.co_varnames[0] == "stream" and function.__module__.split(".")[-1] in _FAMILIES
    )


def true_array(t: Tensor) -> Any:
    """A tensor's own array, capture or not."""
    array = _DATA.__get__(t)
    return array.value if array.__class__ is TracedArray else array


def slot_array(t: Tensor) -> Any:
    """What a tensor's slot holds."""
    return _DATA.__get__(t)


def true_grad(t: Tensor) -> Any:
    """A tensor's own gradient, capture or not."""
    return _GRAD.__get__(t)


def put_array(t: Tensor, array: Any) -> None:
    """Set a tensor's slot, capture or not."""
    _DATA.__set__(t, array)
    _FORM.__set__(t, None)


def put_grad(t: Tensor, grad: Any) -> None:
    """Set a tensor's gradient, capture or not."""
    _GRAD.__set__(t, grad)
