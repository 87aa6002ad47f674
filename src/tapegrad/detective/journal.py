"""The journal: what the program did to its tensors, kept while `record_lines` is on.

The tape knows the operations that are differentiated.  Why a gradient is missing is about those that are not: a
`detach`, something computed under `no_grad`, an index that `argmax` gave.  So while the journal is kept, every torch
function that the program calls notes a `Step` on its results: which function, on which line, on which tensors, and
whether it was recorded.  Steps hold each other and no tensors; a step lives as long as a tensor that came from it.

The functions are made to note by a layer (`exchange.py`), which is taken off again at the end.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, Final
from weakref import ref

import numpy as np

from ..autograd import grad_mode
from ..autograd.grad_mode import in_inference_mode, is_recording
from ..exchange import Layer, put, take
from ..source_lines import Origin, here
from ..tensor.tensor import REQUIRES_GRAD, Tensor
from .notes import known_of
from .traps import Trap, forward_trap
from .words import values

# Layers around functions that are noted; the body is code that `warnings` does not count as a caller.
NOTING: Final = Layer(
    rank=5,
    name="journal",
    given=("_begin", "_end", "_thread"),
    body="""
_inputs = _begin(args, kwargs)
if _inputs is None: return _raw(*args, **kwargs)
_thread.inside = True
try:
    _result = _raw(*args, **kwargs)
    _end(args, kwargs, _inputs, _result)
finally:
    _thread.inside = False
return _result
""",
)
# Layers around what deals with gradients: see passing.py.
AROUND: Final = Layer(rank=5, name="journal", given=("_around",), body="return _around(_raw, args, kwargs)")

# Older steps forget what they were made of, so that a long loop does not fill the memory.
_STEPS: Final = 50_000

STEP: Final = "step"  # among what is rare of a tensor (`Tensor._x`)

# Methods whose result is no tensor: the history ends there.
LEAVING: Final = frozenset(("item", "tolist", "numpy", "__float__", "__int__", "__complex__", "__array__"))
# Functions that make a tensor of values, so that what the values came from is lost.
MAKING: Final = frozenset(("tensor", "as_tensor", "asarray", "from_numpy", "Parameter", "Tensor"))


class Seen:
    """A tensor that a step took, as it was then.

    Attributes:
        tensor: a weak reference to it.
        step: the step that it came from; None if that was not noted.
        required: whether it required a gradient.
        finite: whether all its elements were; looked at only when the step's result has some that are not.
    """

    __slots__ = ("finite", "required", "step", "tensor")

    def __init__(self, t: Tensor) -> None:
        self.tensor, self.step, self.required, self.finite = ref(t), step_of(t), required(t), True


class Step:
    """One call of a torch function by the program.

    Attributes:
        number: its own, among all steps; later ones have higher numbers.
        name: the function's name.
        origin: the user's line.
        recorded: whether operations were being recorded.
        off: if not, the line that switched recording off, if that was noted.
        inference: whether that was `inference_mode`.
        inputs: the tensors it took.
        tracked: whether a result has a history.
        integer: whether all results are of integers or bools.
        made: "nan" or "inf" if the result has such elements and the operands have not.
        operands: the operands in words, if so.
        trap: the known trap behind that, if it is one.
    """

    __slots__ = (
        "inference",
        "inputs",
        "integer",
        "made",
        "name",
        "number",
        "off",
        "operands",
        "origin",
        "recorded",
        "tracked",
        "trap",
    )

    def __init__(self, name: str, origin: Origin, inputs: tuple[Seen, ...]) -> None:
        self.number = next(_numbered)
        self.name, self.origin, self.inputs = name, origin, inputs
        self.recorded, self.inference = is_recording(), in_inference_mode()
        self.off = None if self.recorded else _thread.off
        self.tracked = self.integer = False
        self.made: str | None = None
        self.operands: list[str] = []
        self.trap: Trap | None = None


class Write:
    """One write into a tensor's memory: the counter's value after it, and where it was."""

    __slots__ = ("name", "number", "origin", "version")

    def __init__(self, t: Tensor, name: str, origin: Origin) -> None:
        self.version, self.number, self.name, self.origin = t._vc, t._vc.n, name, origin


class _Thread(threading.local):
    """Whether this thread is inside of a noted function; where it switched recording off."""

    def __init__(self) -> None:
        self.inside = False
        self.off: Origin | None = None


_thread: Final = _Thread()
_numbered: Final = itertools.count()
_steps: Final[deque[Step]] = deque()
writes: Final[deque[Write]] = deque(maxlen=20_000)
# The steps at which values left tensors, as numbers and arrays.
left: Final[deque[Step]] = deque(maxlen=1000)
# Such numbers and arrays: the object and the step that gave it.
_numbers: Final[dict[int, tuple[Any, Step]]] = {}
# The functions that have a layer.
_noted: Final[list[FunctionType]] = []
_surrounded: Final[list[FunctionType]] = []


def required(t: Tensor) -> bool:
    """Whether operations on a tensor are recorded; nobody who overrides `requires_grad` is asked."""
    return bool(t._flags & REQUIRES_GRAD)


def step_of(t: Tensor) -> Step | None:
    """The step that a tensor came from, if it was noted."""
    return None if t._x is None else t._x.get(STEP)


def steps_behind(start: Step, wanted: Callable[[Seen], bool] = lambda taken: True) -> list[Step]:
    """A step and all that it came from, by way of the tensors that are wanted."""
    found: dict[int, Step] = {}
    stack = [start]
    while stack:
        step = stack.pop()
        if id(step) not in found:
            found[id(step)] = step
            stack += [taken.step for taken in step.inputs if taken.step is not None and wanted(taken)]
    return list(found.values())


# -- on and off --------------------------------------------------------------------------------------------------------


def start() -> None:
    """Begin to note."""
    from . import passing

    for function, name in _functions():
        put(function, NOTING, _begin=_begin, _end=_noting(name), _thread=_thread)
        _noted.append(function)
    _around(grad_mode.switch, _switching)
    passing.start(_around)


def stop() -> None:
    """Note no more; what was noted stays with the tensors."""
    from . import passing

    passing.stop()
    for functions, layer in ((_noted, NOTING), (_surrounded, AROUND)):
        for function in functions:
            take(function, layer)
        functions.clear()
    _numbers.clear()


def _around(function: Any, around: Any) -> None:
    """Have a function run `around(raw, args, kwargs)` while the journal is kept."""
    put(function, AROUND, _around=around)
    _surrounded.append(function)


def _functions() -> Iterator[tuple[Any, str]]:
    """The functions whose calls are noted, with the names that they are noted under."""
    from ..autograd.function import Function
    from ..profiler.operators import functions
    from ..tensor import creation, tensor

    members: Any = vars(Tensor)
    found: dict[Any, str] = {function: function.__name__ for function, _ in functions()}
    for name in ("type", "__getitem__", "__setitem__", *LEAVING):
        found[members[name]] = name
    found[members["data"].fget] = "data"
    for name in ("tensor", "as_tensor", "asarray", "from_numpy"):
        found[getattr(creation, name, None)] = name
    found[tensor.Parameter.__new__] = "Parameter"
    found[vars(Function)["apply"].__func__] = "apply"
    for function, name in found.items():
        if isinstance(function, FunctionType):
            yield function, name


def _switching(raw: Any, args: Any, kwargs: Any) -> Any:
    """Keep the line on which recording is switched off."""
    if not args[0] and is_recording():
        _thread.off = here()
    return raw(*args, **kwargs)


# -- noting ------------------------------------------------------------------------------------------------------------


def _begin(args: Any, kwargs: Any) -> list[Seen] | None:
    """What a call takes; None if it is not to be noted, being part of another."""
    if _thread.inside or not _noted:  # without a journal, it is a twin that was made of a function with a layer
        return None
    return _inputs(args, kwargs)


def _noting(name: str) -> Any:
    """What notes the calls of a function when they have ended."""
    written = name == "__setitem__" or (name.startswith("__i") and name not in ("__int__", "__invert__", "__index__"))
    written = written or (name.endswith("_") and not name.endswith("__") and name not in ("requires_grad_", "detach_"))

    def end(args: Any, kwargs: Any, inputs: list[Seen], result: Any) -> None:
        _note(name, written or kwargs.get("out") is not None, args, kwargs, inputs, result)

    return end


def _note(name: str, written: bool, args: Any, kwargs: Any, inputs: list[Seen], result: Any) -> None:
    if name in LEAVING:
        if inputs:
            step = Step(name, here(), tuple(inputs))
            left.append(step)
            _keep_numbers(step, result)
        return
    results = [args[0]] if name == "__setitem__" else list(_tensors(result))
    if not results:
        return
    label = f"{args[0].__name__}.apply" if name == "apply" else name
    step = Step(label, here(), tuple(inputs))
    taken = {id(t) for t in _tensors((args, tuple(kwargs.values())))}
    fresh = [t for t in results if written or name == "detach_" or id(t) not in taken]
    if not fresh:
        return
    step.tracked = label not in MAKING and any(map(required, fresh))
    step.integer = all(t._data.dtype.kind in "biu" for t in fresh)
    if inputs:
        _look_for_nonfinite(step, args, kwargs, fresh, written)
    for t in fresh:
        t._extras()[STEP] = step
        if written:
            writes.append(Write(t, name, step.origin))
            known = known_of(t)
            if known is not None:
                known.updated(step.origin)
            if t._view is not None:
                t._view[0]._extras()[STEP] = step
    _steps.append(step)
    if len(_steps) > _STEPS:
        _steps.popleft().inputs = ()


def _tensors(value: Any, depth: int = 3) -> Iterator[Tensor]:
    """The tensors in arguments or results, also in lists and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif depth and isinstance(value, (list, tuple)):
        for one in value:
            yield from _tensors(one, depth - 1)
    elif depth and isinstance(value, dict):
        for one in value.values():
            yield from _tensors(one, depth - 1)


def _inputs(args: Any, kwargs: Any) -> list[Seen]:
    """What a call takes: tensors, and through numbers and arrays the tensors that these came from."""
    found = [Seen(t) for t in _tensors((args, tuple(kwargs.values())))]
    if _numbers:
        for step in {id(step): step for step in _left(args, 4)}.values():
            found += _through(step)
    return found


def _through(step: Step) -> list[Seen]:
    """Stand-ins for what left a tensor, as if that had been a step on the way."""
    stand_in: Any = object.__new__(Seen)
    stand_in.tensor, stand_in.step, stand_in.required, stand_in.finite = (lambda: None), step, False, True
    return [stand_in]


def _left(value: Any, depth: int) -> Iterator[Step]:
    """The steps that gave the numbers and arrays in arguments."""
    kept = _numbers.get(id(value))
    if kept is not None and kept[0] is value:
        yield kept[1]
    elif isinstance(value, np.ndarray):
        for held, step in list(_numbers.values()):
            if isinstance(held, np.ndarray) and np.may_share_memory(held, value):
                yield step
                return
    elif depth and isinstance(value, (list, tuple)):
        for one in value[:1000]:
            yield from _left(one, depth - 1)


def _keep_numbers(step: Step, value: Any, depth: int = 3) -> None:
    """Remember numbers and arrays that left a tensor, by the objects that they are."""
    if isinstance(value, (float, complex, np.ndarray)) or (isinstance(value, int) and abs(value) > 256):
        _numbers[id(value)] = (value, step)
        if len(_numbers) > 1000:
            del _numbers[next(iter(_numbers))]
    elif depth and isinstance(value, list):
        for one in value[:100]:
            _keep_numbers(step, one, depth - 1)


# -- numbers that are not finite ---------------------------------------------------------------------------------------


def _finite(t: Any) -> bool:
    data = t._data
    return not isinstance(data, np.ndarray) or data.dtype.kind not in "fc" or bool(np.isfinite(data).all())


def _look_for_nonfinite(step: Step, args: Any, kwargs: Any, results: list[Tensor], written: bool) -> None:
    """Note that a step made nan or inf out of finite numbers, and what is known about how."""
    bad = [t for t in results if not _finite(t)]
    if not bad:
        return
    for seen in step.inputs:
        t = seen.tensor()
        seen.finite = t is None or (written and any(t is r for r in results)) or _finite(t)
    numbers = [a for a in (*args, *kwargs.values()) if isinstance(a, (int, float, complex))]
    if not all(np.isfinite(n) for n in numbers):
        return  # it was asked for
    nan = any(isinstance(t._data, np.ndarray) and np.isnan(t._data).any() for t in bad)
    if not all(seen.finite for seen in step.inputs) and not (nan and not _any_nan(step)):
        return
    step.made = "nan" if nan else "inf"
    operands = [a._data if isinstance(a, Tensor) else a for a in args if isinstance(a, (Tensor, int, float))]
    step.operands = [values(a) for a in operands]
    step.trap = forward_trap(step.name, operands, bad[0]._data)


def _any_nan(step: Step) -> bool:
    for seen in step.inputs:
        t = seen.tensor()
        if t is not None and t._data.dtype.kind in "fc" and np.isnan(t._data).any():
            return True
    return False
