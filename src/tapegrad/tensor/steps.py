"""A pointwise function as the NumPy calls that it makes, to be made by the block, into memory that is there.

`record` runs a function once on a few elements that note what is computed from them.  The calls follow from nothing but
the kinds of operands, so they are those for all other elements as well.  A `Program` makes them with `out=`: what comes
in between goes into a few scratch arrays that are used again and again, and results go where they are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from ..kernels.expressions import Expression, expression
from ..quiet import make_quiet, over, quiet
from .choosing import select
from .dtypes import Array

_ndarray = np.ndarray
_NEVER: Final = 1 << 30


class Unsuited(Exception):
    """A function does something that is not a call of a ufunc on arrays of one shape."""


class _Noting(np.ndarray):
    """Elements that note the calls made on them.

    `slot` numbers the value: from 0 those that calls made, from -1 downwards the inputs; None where no such call made
    it.
    """

    slot: int | None = None
    steps: list[Any]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or ufunc.nout != 1:
            raise Unsuited
        steps, operands = _operands(inputs)
        if out is None:
            return _note(ufunc(*map(_plain, inputs)).view(_Noting), steps, ufunc, operands)
        (made,) = out
        if made.__class__ is not _Noting or made.slot is None or made.slot < 0:  # an input shall stay as it is
            raise Unsuited
        ufunc(*map(_plain, inputs), out=_plain(made))
        return _note(made, steps, ufunc, operands)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is not np.where or len(args) != 3 or kwargs:
            raise Unsuited
        steps, operands = _operands(args)
        return _note(np.where(*map(_plain, args)).view(_Noting), steps, function, operands)


def _plain(x: Any) -> Any:
    return x.view(_ndarray) if x.__class__ is _Noting else x


def _operands(inputs: Sequence[Any]) -> tuple[list[Any], tuple[tuple[int, Any], ...]]:
    """The list in which calls are noted, and the operands of a call: their slots, or numbers."""
    steps, operands = None, []
    for x in inputs:
        if x.__class__ is _Noting:
            if x.slot is None:
                raise Unsuited
            steps = x.steps
            operands.append((x.slot, None))
        elif isinstance(x, _ndarray) and x.ndim:
            raise Unsuited
        else:
            operands.append((_NEVER, x))
    if steps is None:
        raise Unsuited
    return steps, tuple(operands)


def _note(made: _Noting, steps: list[Any], function: Any, operands: tuple[tuple[int, Any], ...]) -> _Noting:
    """Note a call whose result is `made`."""
    made.slot, made.steps = len(steps), steps
    steps.append((function, operands, made.slot, made.dtype))
    return made


class Program:
    """The calls of a function, and where their results go.

    Attributes:
        inputs: the dtype of each.
        kinds: the dtype of each scratch array.
        results: for each result of the function None, or ("input", number), ("again", number) for an earlier result,
            or ("made", dtype).
        in_place: the number of a result that may be written over the first input, or None.
    """

    def __init__(self, steps: list[Any], inputs: list[np.dtype[Any]], returned: Sequence[int | None]) -> None:
        self.inputs = inputs
        self._dtypes = {-1 - i: dtype for i, dtype in enumerate(inputs)}
        self._expressions: dict[Any, Expression | None] = {}
        last: dict[int, int] = {}
        for i, (_, operands, _, _) in enumerate(steps):
            for slot, _ in operands:
                last[slot] = i
        self.kinds: list[Any] = []
        self.results: list[Any] = []
        self.in_place: int | None = None
        self._targets: dict[int, int] = {}  # by slot, the number of the result
        for slot in returned:
            if slot is None or slot < 0:
                self.results.append(None if slot is None else ("input", -1 - slot))
                continue
            if slot in self._targets:
                self.results.append(("again", self._targets[slot]))
                continue
            self._targets[slot] = len(self.results)
            function, operands, _, dtype = steps[slot]
            read = _NEVER if -1 in returned else last.get(-1, -1)
            if (read < slot or (read == slot and function is not np.where)) and dtype is inputs[0]:
                self.in_place = self._targets[slot] if self.in_place is None else self.in_place
            self.results.append(("made", dtype))
        self._calls = self._placed(steps, last)

    def _placed(self, steps: list[Any], last: dict[int, int]) -> list[Any]:
        """The calls with the number of the scratch array for each result, None for those that are returned."""
        free: dict[Any, list[int]] = {}
        place: dict[int, int] = {}
        calls = []
        for i, (function, operands, slot, dtype) in enumerate(steps):
            if slot not in self._targets and slot not in last:
                continue  # nobody asked for it
            done = {s for s, _ in operands if s in place and last[s] == i}
            before, after = (set(), done) if function is np.where else (done, set())
            for s in before:
                free.setdefault(steps[s][3], []).append(place[s])
            at = None
            self._dtypes[slot] = dtype
            if slot not in self._targets:
                kept = free.get(dtype)
                if kept:
                    at = kept.pop()
                else:
                    at = len(self.kinds)
                    self.kinds.append(dtype)
                place[slot] = at
            for s in after:
                free.setdefault(steps[s][3], []).append(place[s])
            calls.append((function, operands, slot, at))
        return calls

    def expression(self, repeated: tuple[bool, ...], over: int | None) -> Expression | None:
        """The same as a kernel, if it can be one.

        Args:
            repeated: of each input, whether it is one element everywhere.
            over: the number of the result that is written over the first input.
        """
        key = (repeated, over)
        try:
            return self._expressions[key]
        except KeyError:
            slot = next((slot for slot, result in self._targets.items() if result == over), None)
            found = self._expressions[key] = expression(
                self._calls, self._dtypes, len(self.inputs), repeated, list(self._targets), slot
            )
            return found

    def run(self, inputs: list[Any], targets: list[Any], scratch: list[Array]) -> None:
        """Make the calls for one block.

        Args:
            inputs: the block of each input.
            targets: for each result that is made, where it goes.
            scratch: arrays of the dtypes of `kinds`, no shorter than the block.
        """
        values: dict[int, Any] = {-1 - i: x for i, x in enumerate(inputs)}
        length = next(len(t) for t in targets if t is not None)
        for function, operands, slot, at in self._calls:
            out = targets[self._targets[slot]] if at is None else scratch[at][:length]
            call: Any = select if function is np.where else function
            values[slot] = call(*[x if s == _NEVER else values[s] for s, x in operands], out=out)


class Recording:
    """The calls that functions make on the same few elements."""

    def __init__(self) -> None:
        self._steps: list[Any] = []
        self._inputs: list[np.dtype[Any]] = []

    def __len__(self) -> int:
        return len(self._steps)

    def input(self, few: Array) -> Array:
        """The elements of one more input, so that calls on them are noted."""
        noting = few.view(_Noting)
        self._inputs.append(few.dtype)
        noting.slot, noting.steps = -len(self._inputs), self._steps
        return noting

    def call(self, function: Callable[..., Any], operands: Sequence[Any]) -> list[Any]:
        """The results of a function, each of which calls of ufuncs made of inputs, or None.

        Raises:
            Unsuited: the function does something else.
        """
        results = list(function(*operands))
        for found in results:
            if found is not None and (found.__class__ is not _Noting or found.slot is None):
                raise Unsuited
        return results

    def cut(self, length: int) -> None:
        """Forget all but so many calls."""
        del self._steps[length:]

    def program(self, results: Sequence[Any]) -> Program:
        """The calls that make some results."""
        return Program(self._steps, self._inputs, [None if found is None else found.slot for found in results])


def record(function: Callable[..., Any], few: Sequence[Any], rest: tuple[Any, ...]) -> Program | None:
    """The program of `function(*few, *rest)`, a sequence of results; None if it is not made of calls of ufuncs.

    Args:
        few: some elements of each array, or None.
    """
    recording = Recording()
    operands = [None if x is None else recording.input(x) for x in few]
    try:
        return recording.program(recording.call(function, (*operands, *rest)))
    except Unsuited:
        return None


def _silence() -> None:
    """The calls on a few elements warn of nothing, as those on all do not (see `quiet.py`)."""
    namespace = quiet(globals())
    for name in ("__array_ufunc__", "__array_function__"):
        setattr(_Noting, name, over(vars(_Noting)[name], namespace))
    Program.run = over(Program.run, namespace)  # type: ignore[method-assign]
    Recording.call = over(Recording.call, namespace)  # type: ignore[method-assign]


make_quiet(globals())
_silence()

__all__ = ["Program", "Recording", "Unsuited", "record"]
