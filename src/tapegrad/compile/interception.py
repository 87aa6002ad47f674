"""How a capture sees tensors: two slots of `Tensor`, and the random streams, are watched while it runs.

Nothing of this is there between captures.  While one runs, `Tensor._data` and `Tensor._grad` are properties over the
slots.  The capturing thread's reads of a tensor's array give its traced twin, by the tensor, so that parameters and
captured tensors become inputs of the program at the moment they are first read; other threads see what they always see.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from threading import get_ident
from types import FunctionType
from typing import Any, Final

import numpy as np

from ..random.stream import Stream
from ..tensor.tensor import Tensor
from .recorder import Recorder
from .traced import TracedArray

_DATA: Final[Any] = Tensor.__dict__["_data"]
_GRAD: Final[Any] = Tensor.__dict__["_grad"]
_one_at_a_time: Final = threading.RLock()
_FAMILIES: Final = ("continuous", "discrete", "permutation", "categorical", "rejection", "gamma", "implicit")


class Watch:
    """A context manager: tensors are watched in this thread.

    Attributes:
        met: by the id of a tensor that was there before: the tensor, its array and version then, its traced array.
        made: by id, the tensors made since.
        grads: by the id of a tensor whose gradient was looked at: the tensor and the gradient it had.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.met: dict[int, tuple[Any, Any, Any, int]] = {}
        self.made: dict[int, Any] = {}
        self.grads: dict[int, tuple[Any, Any]] = {}
        self._thread = get_ident()
        self._drawing = 0
        self._undo: list[Callable[[], None]] = []
        recorder.on_stop = self.settle

    def __enter__(self) -> Watch:
        _one_at_a_time.acquire()
        Tensor._data = property(self._read, self._write)  # type: ignore[assignment]
        Tensor._grad = property(self._read_grad, self._write_grad)  # type: ignore[assignment]
        self._watch_streams()
        return self

    def __exit__(self, *exc: object) -> None:
        try:
            Tensor._data, Tensor._grad = _DATA, _GRAD
            for undo in self._undo:
                undo()
            self.settle()
        finally:
            _one_at_a_time.release()

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
            found = (t, array, self.recorder.outside(array), 0 if version is None else version.n)
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


def put_grad(t: Tensor, grad: Any) -> None:
    """Set a tensor's gradient, capture or not."""
    _GRAD.__set__(t, grad)
