"""Writing down what a function does to arrays, while it does it.

The recorder computes every call on the true arrays and notes it as a step of a program.  A value that leaves the
program is handled by who asks: tapegrad's own checks become steps that must come out the same again, else the call is
made anew without the program; a branch of the user's ends the recording (`stop`), and the rest of the run is ordinary.
"""

from __future__ import annotations

import operator
import sys
from pathlib import Path
from threading import get_ident
from typing import Any, Final

import numpy as np

from ..quiet import make_quiet
from ..tensor.rows import Unbatchable
from ..tensor.size import Size
from .places import is_ours, place_of, user_frame
from .program import Memory, Program, Ref, Step, Value
from .shapes import result_shape
from .symbolic import Symbols, isinstance_of_symbolic, whole
from .traced import Traced, TracedArray, TracedNumber
from .values import plain, symbolic
from .values import traced as traced_in

_OWN: Final = str(Path(__file__).parent)

# Functions of NumPy's that write into their first argument.
_WRITERS: Final = frozenset((np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal))
# Functions whose results' shapes depend on values.
_OF_VALUES: Final = frozenset(
    """nonzero flatnonzero argwhere unique unique_values compress extract repeat bincount trim_zeros
    histogram""".split()
)
# Methods of tensors by which user code asks for values.
_QUESTIONS: Final = frozenset(
    "item tolist __bool__ __int__ __float__ __complex__ __index__ numpy __array__ is_nonzero __contains__"
    " _real_number _only_number __format__ __repr__ __str__".split()
)


_ASKED: Final = {
    "__bool__": "branches on the value of a tensor",
    "is_nonzero": "branches on the value of a tensor",
    "item": "calls item()",
    "tolist": "calls tolist()",
    "numpy": "calls numpy()",
    "__repr__": "prints a tensor",
    "__str__": "prints a tensor",
    "__format__": "prints a tensor",
    "__float__": "makes a Python number of a tensor",
    "__int__": "makes a Python number of a tensor",
    "__index__": "makes a Python number of a tensor",
}


class Abort(BaseException):
    """The run cannot go on as a recorded one; it is undone and made again without a recorder."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Recorder:
    """The program so far.

    Attributes:
        active: steps are still being written down.
        reason, where: why not, and at which line of the user's.
        symbols: the numbers that differ from call to call.
        numbers: those that steps compute with, by the number of the value that stands for each.
    """

    def __init__(self) -> None:
        self.active = True
        self.thread = get_ident()
        self.symbols = Symbols(self)
        self.numbers: dict[int, str] = {}
        self.reason: str | None = None
        self.where = ""
        self.program = Program([], {}, {})
        self._undo: dict[int, tuple[Any, Any]] = {}
        self._next = 0
        self._outside: dict[int, Any] = {}  # by the id of a memory: the array that it is
        self.untouchable: set[int] = set()  # ids of memories that may not be written into
        self.on_stop: Any = None

    # -- values ----------------------------------------------------------------------------------------------------

    def _value(self, kind: Any, value: Any, memory: Memory, fresh: bool, dims: Any = None) -> Any:
        number, self._next = self._next, self._next + 1
        if kind is TracedNumber:
            self.program.values[number] = Value((), None, memory, fresh)
        else:
            generic = value.__class__ is not np.ndarray
            layout = "c" if generic or (value.flags.c_contiguous and value.flags.writeable) else "other"
            shape = value.shape if dims is None else dims
            self.program.values[number] = Value(shape, value.dtype, memory, fresh, layout, generic, value.strides)
        return kind(self, value, number, memory, dims)

    def outside(self, array: Any, dims: Any = None) -> TracedArray:
        """An array that is there before the run: that of an argument or of a captured tensor."""
        traced: TracedArray = self._value(TracedArray, array, Memory(external=True), False, dims)
        self.program.inputs.append(traced.number)
        self._outside[id(traced.memory)] = array
        return traced

    def constant(self, array: Any) -> TracedArray:
        """An array that is the same in every run."""
        traced: TracedArray = self._value(TracedArray, array, Memory(constant=True), False)
        if array.size > 1 and not any(array.strides):  # one number, spread out
            one = array.reshape(-1)[:1].copy()
            self.program.constants[traced.number] = np.broadcast_to(one[0], array.shape)
        else:
            self.program.constants[traced.number] = array.copy()
        return traced

    def _template(self, x: Any) -> Any:
        kind = type(x)
        if kind is TracedArray or kind is TracedNumber:
            return Ref(x.number)
        if kind is np.ndarray:
            return Ref(self.constant(x).number)
        if kind is tuple or kind is list:
            return kind([self._template(part) for part in x])
        if kind is Size:
            return tuple([self._template(part) for part in x])
        if kind is dict:
            return {key: self._template(part) for key, part in x.items()}
        if kind is slice:
            return slice(*self._template((x.start, x.stop, x.step)))
        return x

    # -- numbers that differ from call to call -----------------------------------------------------------------------

    def fix(self, operands: Any, reason: str) -> None:
        """Let all sizes and numbers among operands be what they are in this run."""
        self.symbols.pin([name for x in symbolic(operands) for name in x.atoms], reason)

    def _shape_of_result(self, form: str, what: Any, args: Any, kwargs: Any) -> Any:
        """The shape of a step's result where sizes differ from call to call; None where they do not."""
        if next(symbolic((args, kwargs)), None) is None:
            return None
        if getattr(what, "__module__", None) == "_operator" and form == "call":  # on NumPy's scalars
            return None
        try:
            return result_shape(form, what, args, kwargs)
        except Exception:  # a rule that does not know this way to call the function, as one that says so
            self.fix((args, kwargs), f"shapes of {getattr(what, '__name__', what)} are not known")
            return None

    def _operand(self, x: Any, whole_number: bool) -> Any:
        """An operand of a ufunc; for a number that differs from call to call, the value that stands for it."""
        if not isinstance_of_symbolic(x):
            return x
        text = x.text if whole_number or not isinstance(x.value, int) else f"float({x.text})"
        number = next((n for n, known in self.numbers.items() if known == text), None)
        if number is None:
            traced = self._value(TracedNumber, x.value, Memory(), True)
            number = traced.number
            self.numbers[number] = text
        return TracedNumber(self, x.value if whole_number else float(x.value), number, Memory())

    # -- steps -----------------------------------------------------------------------------------------------------

    def ufunc(self, ufunc: Any, method: str, inputs: Any, kwargs: Any) -> Any:
        """A ufunc, or a method of one."""
        out = kwargs.get("out")
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        targets: tuple[Any, ...] = ()
        if out is not None:
            targets = out if isinstance(out, tuple) else (out,)
            for target in targets:
                if target is not None and target.__class__ is not TracedArray:
                    raise Unbatchable("a plain array to write into")
            if len(targets) == 1 and method == "__call__":
                kwargs = {**kwargs, "out": targets[0]}
        elif method == "at":
            if inputs[0].__class__ is not TracedArray:
                raise Unbatchable("a plain array to write into")
            targets = inputs[:1]
        if method == "__call__" and any(isinstance_of_symbolic(x) for x in inputs):
            floating = any(x.__class__ is TracedArray and x.value.dtype.kind in "fc" for x in inputs)
            inputs = tuple([self._operand(x, not floating) for x in inputs])
        return self.call("call", function, inputs, kwargs, targets)

    def function(self, function: Any, args: Any, kwargs: Any) -> Any:
        """A function of NumPy's."""
        if function in (np.shape, np.size) and len(args) == 1 and not kwargs:
            return args[0].shape if function is np.shape else args[0].size
        targets: tuple[Any, ...] = ()
        if function in _WRITERS:
            targets = (kwargs.get("dst", args[0] if args else None),)
        elif kwargs.get("out") is not None:
            out = kwargs["out"]
            targets = tuple(out) if isinstance(out, (tuple, list)) else (out,)
        if any(t.__class__ is not TracedArray for t in targets):
            raise Unbatchable("a plain array to write into")
        return self.call("call", function, args, kwargs, targets)

    def method(self, x: Traced, name: str, args: Any, kwargs: Any, writes: bool) -> Any:
        """A method of an array's."""
        out = kwargs.get("out")
        if out is not None and out.__class__ is not TracedArray:
            raise Unbatchable("a plain array to write into")
        targets = (x,) if writes else () if out is None else (out,)
        return self.call("method", name, (x, *args), kwargs, targets)

    def attribute(self, x: Traced, name: str) -> Any:
        """The transpose, the real part and the like."""
        return self.call("attribute", name, (x,), {}, ())

    def set_attribute(self, x: Traced, name: str, value: Any) -> None:
        """x.real = value and the like."""
        self.call("call", setattr, (x, name, value), {}, (x,))

    def as_array(self, x: TracedArray) -> Any:
        """An array, also of what NumPy gives for one without dimensions."""
        if x.value.__class__ is np.ndarray:
            return x
        return self.call("call", np.asarray, (x,), {}, ())

    def getitem(self, x: Traced, index: Any) -> Any:
        """x[index]."""
        return self.call("getitem", operator.getitem, (x, index), {}, ())

    def setitem(self, x: Traced, index: Any, value: Any) -> None:
        """x[index] = value."""
        self.call("setitem", operator.setitem, (x, index, value), {}, (x,))

    def number(self, operation: Any, args: Any) -> Any:
        """Arithmetic on Python numbers."""
        result = operation(*plain(tuple(args)))
        if not self.active:
            return result
        traced = self._value(TracedNumber, result, Memory(), True)
        self._note(Step("call", operation, self._template(tuple(args)), {}, (traced.number,)))
        return traced

    def compared(self, operation: Any, args: Any) -> bool:
        """A comparison of Python numbers, which has to come out the same again."""
        result = bool(operation(*plain(tuple(args))))
        if self.active:
            self._note(Step("check", operation, self._template(tuple(args)), {}, (), expected=result, pure=False))
        return result

    def as_number(self, x: TracedArray) -> Any:
        """The only element as a Python number that the program computes with."""
        if not self.active:
            return x.value.item()
        traced = self._value(TracedNumber, x.value.item(), Memory(), True)
        self._note(Step("method", "item", (Ref(x.number),), {}, (traced.number,)))
        return traced

    def opaque(self, function: Any, args: Any, kwargs: Any) -> Any:
        """A function of arrays as one step, whatever it does inside; what it writes into shows by comparison."""
        if not self.active:
            return self.call("opaque", function, args, kwargs, ())
        operands = {id(x): x for x in traced_in((args, kwargs)) if isinstance(x.value, np.ndarray)}
        before = {key: x.value.copy() for key, x in operands.items()}
        outside = {}
        for x in operands.values():
            array = self._outside.get(id(x.memory))
            if array is not None and id(x.memory) not in self._undo:
                outside[id(x.memory)] = (array, array.copy())
        result = self.call("opaque", function, args, kwargs, ())
        changed = [x for key, x in operands.items() if x.value.tobytes() != before[key].tobytes()]
        if changed:
            step = next(s for s in reversed(self.program.steps) if s.what is function)
            step.writes, step.pure = tuple(x.memory for x in changed), False
            for x in changed:
                if id(x.memory) in self.untouchable:
                    raise Abort("writes into an argument that requires a gradient")
                x.memory.written, x.memory.constant = True, False
                if id(x.memory) in outside:
                    self._undo[id(x.memory)] = outside[id(x.memory)]
        return result

    def draw(self, function: Any, args: Any, kwargs: Any) -> Any:
        """A function that takes random numbers from a stream and returns an array."""
        return self.call("draw", function, args, kwargs, ())

    def call(self, form: str, what: Any, args: Any, kwargs: Any, targets: tuple[Any, ...], shape: Any = None) -> Any:
        """Compute a step and write it down."""
        if self.active:
            if shape is None and getattr(what, "__name__", "") not in _METADATA:
                shape = self._shape_of_result(form, what, args, kwargs)
            for target in targets:
                if target is not None:
                    self._before_write(target.memory)
        plain_args = plain(args)
        result: Any = _computed(form, what, plain_args, plain(kwargs))
        if not self.active:
            return result
        if not isinstance(result, (np.ndarray, np.generic, tuple, list, type(None))) or _is_python(result):
            if getattr(what, "__name__", "") not in _METADATA:  # it has to come out the same again
                step = Step("check", what, self._template(tuple(args)), self._template(dict(kwargs)), (), pure=False)
                step.expected = result
                self._note(step)
            return result
        found: Any = result
        several = isinstance(result, (tuple, list))
        results: list[Any] = [*found] if several else [found]
        operands = list(traced_in((args, kwargs)))
        made: list[Any] = []
        shapes = shape if shape.__class__ is list and several else [shape] * len(results)
        for part, dims in zip(results, shapes, strict=False):
            made.append(self._result(part, operands, targets, self._certain(part, dims, (args, kwargs))))
        # A result that is an operand itself has a number.
        numbers = tuple(-1 if m is None or any(m is o for o in operands) else m.number for m in made)
        writes = tuple(t.memory for t in targets if t is not None)
        if form == "opaque":
            form = "call"
            of_values = True
        else:
            of_values = _depends_on_values(form, what, plain_args)
        if all(n == -1 for n in numbers) and not several:
            numbers = ()
        pure = form != "draw" and not of_values
        step = Step(
            form, what, self._template(tuple(args)), self._template(dict(kwargs)), numbers, several, writes, pure
        )
        self._note(step)
        if of_values:
            for m, number in zip(made, numbers, strict=False):
                if m.__class__ is TracedArray and number >= 0:
                    self._note(Step("check", shape_of, (Ref(m.number),), {}, (), expected=m.shape, pure=False))
        if several:
            back = [r if m is None else m for m, r in zip(made, results, strict=True)]
            return type(found)(*back) if hasattr(found, "_fields") else type(found)(back)
        return result if made[0] is None else made[0]

    def _certain(self, part: Any, dims: Any, operands: Any) -> Any:
        """The shape of a result, None if no size in it differs from call to call."""
        if part.__class__ is not np.ndarray or dims is None:
            return None
        if dims.__class__ is not tuple or whole(dims) != part.shape:  # the rule is not for this case
            self.fix(operands, "shapes are not known")
            return None
        return dims if any(isinstance_of_symbolic(n) for n in dims) else None

    def _result(self, part: Any, operands: list[Any], targets: tuple[Any, ...], dims: Any = None) -> Any:
        """What stands for a result of a step."""
        if isinstance(part, np.generic):
            return self._value(TracedArray, part, Memory(), True)
        if part.__class__ is np.ndarray:
            for o in operands:
                if o.value is part:
                    return o
            if part.base is not None:
                for o in operands:
                    if o.__class__ is TracedArray and np.may_share_memory(part, o.value):
                        return self._value(TracedArray, part, o.memory, False, dims)
            return self._value(TracedArray, part, Memory(), True, dims)
        if isinstance(part, np.ndarray):
            raise Unbatchable(f"an array of the class {type(part).__name__}")
        return None

    def _note(self, step: Step) -> None:
        self.program.steps.append(step)
        for memory in step.writes:
            memory.written = True
            memory.constant = False

    def _before_write(self, memory: Memory) -> None:
        if id(memory) in self.untouchable:
            raise Abort("writes into an argument that requires a gradient")
        array = self._outside.get(id(memory))
        if array is not None and id(memory) not in self._undo:
            self._undo[id(memory)] = (array, array.copy())

    def undo(self) -> None:
        """Give the arrays from outside the values they had."""
        for array, before in self._undo.values():
            array[...] = before

    # -- what leaves the program -----------------------------------------------------------------------------------

    def python_value(self, x: Traced, read: Any) -> Any:
        """A Python value of a value of the program."""
        value = read(x.value)
        if self.active:
            frame: Any = sys._getframe(2)
            while frame.f_code.co_filename.startswith(_OWN):
                frame = frame.f_back
            asked = None
            while is_ours(frame.f_code.co_filename) and frame.f_code.co_name in _QUESTIONS:
                asked, frame = frame.f_code.co_name, frame.f_back
            if is_ours(frame.f_code.co_filename):
                self._note(Step("check", read, (Ref(x.number),), {}, (), expected=value, pure=False))
            else:
                self.stop(_ASKED.get(asked or "", "looks at a value"), frame)
        return value

    def stop(self, reason: str, frame: Any = None) -> None:
        """End the recording; the run goes on with true arrays."""
        if not self.active:
            return
        self.active, self.reason = False, reason
        self.where = place_of(frame if frame is not None else user_frame())
        if self.on_stop is not None:
            self.on_stop()


def _computed(form: str, what: Any, args: Any, kwargs: Any) -> Any:
    """The result of a step; without NumPy's floating-point warnings, as this is a function of this module."""
    if form == "method":
        return getattr(args[0], what)(*args[1:], **kwargs)
    if form == "attribute":
        return getattr(args[0], what)
    return what(*args, **kwargs)


def shape_of(x: Any) -> tuple[int, ...]:
    """What a step's result must have in each call, where it depends on values."""
    return tuple(np.shape(x))


# What is told by the geometry of arrays.
_METADATA: Final = frozenset(
    "may_share_memory shares_memory ndim shape size result_type can_cast iscomplexobj isrealobj isscalar window".split()
)


def _is_python(x: Any) -> bool:
    """Whether a result is made of Python values alone."""
    if isinstance(x, (tuple, list)):
        return len(x) > 0 and all(_is_python(part) for part in x)
    return isinstance(x, (bool, int, float, complex, str)) and not isinstance(x, np.generic)


def _depends_on_values(form: str, what: Any, args: tuple[Any, ...]) -> bool:
    """Whether the shapes of a step's results are not told by the shapes of its arguments."""
    if form == "getitem":
        index = args[1] if isinstance(args[1], tuple) else (args[1],)
        return any(isinstance(i, (np.ndarray, list)) and np.asarray(i).dtype == np.bool_ for i in index)
    if form == "method":
        return what in ("nonzero", "compress", "repeat")
    if what is np.where:
        return len(args) == 1
    return getattr(what, "__name__", "") in _OF_VALUES and not isinstance(what, np.ufunc)


make_quiet(globals())
