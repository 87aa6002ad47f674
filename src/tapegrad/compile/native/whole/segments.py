"""Programs with their steps replaced by native calls."""

from __future__ import annotations

import functools
import operator
from collections import Counter
from typing import Any, Final

import numpy as np
from llvmlite import ir

from ...program import Program, Ref, Step, uses
from . import machine
from .instructions import I1, I64, POINTER, moved
from .lowering import Lowering
from .places import Place, Untranslatable, address
from .scheduling import Loop, Part, in_memory, scheduled
from .statements import Check, Pointwise, Product, Reduction, may_end, writes
from .writing import Writer

MAX_SCRATCH: Final = 1 << 24  # bytes
_WORTH: Final = 3  # steps


class Segment:
    """A run of steps as one native call.

    Attributes:
        steps: those that it stands for.
        call: the steps that stand for it.
        title: in words, what it does.
    """

    def __init__(self, steps: list[Step], lowering: Lowering) -> None:
        self.steps, self._lowering = steps, lowering
        self.call: list[Step] = []
        self.title = ""

    def build(self, program: Program, needed: set[int], names: Any) -> None:
        """Compile it.

        Args:
            needed: the values that are looked at later.
            names: gives numbers to values that are new.

        Raises:
            Untranslatable: a result cannot be given to the rest of the program.
        """
        low = self._lowering
        made = {n for step in self.steps for n in step.out if n >= 0}
        again = self._views_outside(program, needed & made)
        results: list[tuple[int, Place]] = []
        for n in sorted(self._roots):
            place = low.places[n]
            value = program.values[n]
            if value.dtype is None or place.region.number != n:
                raise Untranslatable("a Python number for the rest of the program")
            results.append((n, place))
        parts, early = scheduled(low.statements)
        memory = in_memory(parts, self._roots)
        touched = {id(p.region) for s in low.statements if (p := writes(s)) is not None}
        written = [p for p in low.given.values() if id(p.region) in touched]
        text, words, kept, order = self._text(parts, memory, results)
        engine, entry = machine.entry_of(text)
        function = machine.callable_of(entry, words, (engine, kept))
        self._finish(program, parts, early, results, again, order, written, function, names)

    def _views_outside(self, program: Program, outside: set[int]) -> list[Step]:
        """The steps that make views for the rest of the program; `_roots` become the arrays that are needed."""
        low, again = self._lowering, []
        maker = {n: step for step in self.steps for n in step.out if n >= 0}
        self._roots: set[int] = set()
        seen: set[int] = set()

        def need(n: int) -> None:
            if n in seen or n not in maker:
                return
            seen.add(n)
            place = low.places.get(n)
            if place is not None and place.region.number == n:
                self._roots.add(n)
                return
            step = maker[n]
            for m in uses(step):
                need(m)
            again.append(step)

        for n in sorted(outside):
            need(n)
        return again

    # -- text ------------------------------------------------------------------------------------------------------

    def _text(
        self, parts: list[Part], memory: set[int], results: list[tuple[int, Place]]
    ) -> tuple[str, list[int], Any, list[int]]:
        """The module; the words of its table, and what they point to; the values that it gets, in order."""
        writer = Writer()
        calls = [writer.function(part, memory) for part in parts]
        entry_type = ir.FunctionType(POINTER, [POINTER, POINTER.as_pointer(), I64])
        entry = ir.Function(writer.module, entry_type, "entry")
        b = ir.IRBuilder(entry.append_basic_block())
        table = b.bitcast(_data_of(b, entry.args[0]), I64.as_pointer())
        words, kept = [machine.python_integers(), 0], []
        order: list[int] = []
        bases: dict[int, tuple[ir.Value, int]] = {}  # by region: an address, and a distance from it
        scratch = 0
        # Guards have seen to the strides of arguments and captured tensors, but not to those that steps have made.
        unsure = {n for n, p in self._lowering.given.items() if p.shape} - set(self._lowering.program.inputs)
        wrong: Any = I1(0)
        workspace = b.inttoptr(b.load(b.gep(table, [I64(1)])), POINTER)
        for _, places in calls:
            for p in places:
                region = p.region
                if id(region) in bases:
                    continue
                if region.constant is not None:
                    bases[id(region)] = (b.inttoptr(b.load(b.gep(table, [I64(len(words))])), POINTER), 0)
                    kept.append(region.constant)
                    words.append(address(region.constant))
                elif region.number is not None and (region.memory is not None or region.number in self._roots):
                    found = b.load(b.gep(entry.args[1], [I64(len(order))]))
                    is_number = self._lowering.program.values[region.number].dtype is None
                    bases[id(region)] = (_contents(b, found) if is_number else _data_of(b, found), 0)
                    if not is_number and region.number in unsure:
                        wrong = b.or_(wrong, _is_elsewhere(b, found, self._lowering.given[region.number]))
                    order.append(region.number)
                else:
                    bases[id(region)] = (workspace, scratch)
                    scratch += -(-region.model.nbytes // 64) * 64
        if scratch > MAX_SCRATCH:
            raise Untranslatable("much memory in between")
        space = np.empty(scratch + 64, np.uint8)
        words[1] = -(-address(space) // 64) * 64
        self._is_verified = not isinstance(wrong, ir.Constant)
        make = b.inttoptr(b.load(table), ir.FunctionType(POINTER, [I64]).as_pointer())
        if self._is_verified:
            with b.if_then(wrong, likely=False):
                b.ret(b.call(make, [I64(1)]))
        for (function, places), part in zip(calls, parts, strict=True):
            given = []
            for p in places:
                base, distance = bases[id(p.region)]
                given.append(moved(b, base, I64(distance + p.offset), 1))
            bad = b.call(function, given)
            if _ends(part):
                with b.if_then(bad, likely=False):
                    b.ret(b.call(make, [I64(1)]))
        b.ret(b.call(make, [I64(0)]))
        self.title = _title(len(self.steps), parts)
        return str(writer.module), words, (space, kept), order

    def _finish(
        self, program: Program, parts: Any, early: bool, results: Any, again: list[Step], order: list[int],
        written: list[Place], function: Any, names: Any,
    ) -> None:  # fmt: skip
        """The steps that stand for the segment."""
        unpacked = []
        stand_in: dict[int, int] = {}
        for n, place in results:
            value = program.values[n]
            m = n
            if value.generic:
                m = stand_in[n] = names(n)
                unpacked.append(Step("getitem", operator.getitem, (Ref(m), ()), {}, (n,)))
            self.call.append(_allocation(m, place))
        for n in order:
            if program.values[n].dtype is None:
                stand_in[n] = names(n)
                self.call.append(Step("call", float, (Ref(n),), {}, (stand_in[n],)))
        given = tuple([Ref(stand_in.get(n, n)) for n in order])
        memories = tuple([p.region.memory for p in written])
        if self._is_verified or any(_ends(part) for part in parts):
            writes = () if early else memories
            self.call.append(Step("check", function, given, {}, (), writes=writes, pure=False, expected=0))
        else:
            self.call.append(Step("kernel", function, given, {}, (), writes=memories))
        self.call += unpacked + again


def _allocation(n: int, place: Place) -> Step:
    """An array for a result."""
    shape = place.shape
    order = sorted(range(len(shape)), key=lambda i: -place.strides[i])
    if list(place.strides) == sorted(place.strides, reverse=True):
        return Step("call", np.empty, (shape, place.dtype), {}, (n,))
    make = functools.partial(_permuted, tuple(shape[i] for i in order), tuple(np.argsort(order).tolist()), place.dtype)
    return Step("call", make, (), {}, (n,))


def _permuted(shape: tuple[int, ...], order: tuple[int, ...], dtype: Any) -> Any:
    """An array in another order of its dimensions."""
    return np.empty(shape, dtype).transpose(order)


def _contents(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """Where the first field of a Python object lies after those of every object: the value, for a `float`."""
    return b.gep(x, [I64(object.__basicsize__)])


def _data_of(b: ir.IRBuilder, array: ir.Value) -> ir.Value:
    """Where the elements of a NumPy array lie, which is the first thing that an array says."""
    return b.load(b.bitcast(_contents(b, array), POINTER.as_pointer()))


def _is_elsewhere(b: ir.IRBuilder, array: ir.Value, place: Place) -> ir.Value:
    """Whether the strides of a NumPy array are not those of a place; they are its fourth field."""
    strides = b.load(b.bitcast(b.gep(_contents(b, array), [I64(24)]), I64.as_pointer().as_pointer()))
    found: Any = I1(0)
    for i, (n, expected) in enumerate(zip(place.shape, place.strides, strict=True)):
        if n > 1:
            found = b.or_(found, b.icmp_signed("!=", b.load(b.gep(strides, [I64(i)])), I64(expected)))
    return found


def _ends(part: Part) -> bool:
    return not isinstance(part, Loop) and may_end(part)


def _title(steps: int, parts: list[Part]) -> str:
    """What a segment does, in words."""
    known = Counter(_words(part) for part in parts if not isinstance(part, Check))
    listed = "; ".join(words if n == 1 else f"{n} times {words}" for words, n in known.items())
    return f"{steps} steps in one call: {listed}"


def _words(part: Part) -> str:
    """What a part does, in words."""
    if isinstance(part, Loop):
        return f"{_by(part.shape)} {' '.join(s.function for s in part.statements)}"
    if isinstance(part, Product):
        return f"{_by(part.a.shape)} · {_by(part.b.shape)} product"
    if isinstance(part, Reduction):
        return f"{_by(part.source.shape)} {part.function}"
    assert not isinstance(part, Pointwise)
    return f"{_by(part.target.shape)} {type(part).__name__.lower()}" if not isinstance(part, Check) else "check"


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(str(n) for n in shape) or "1"


def segmented(program: Program, needed: set[int], lowering: Any) -> tuple[Program, list[Segment]] | None:
    """A program in which runs of steps are native calls; None if there is none that pays.

    Args:
        needed: the values that must be there at the end.
        lowering: makes a `Lowering` for the program.
    """
    parts: list[Segment | Step] = []
    steps: list[Step] = []
    low = lowering(program)
    for step in program.steps:
        try:
            low.take(step)
            steps.append(step)
        except Untranslatable:
            if steps:
                parts.append(Segment(steps, low))
            parts.append(step)
            steps, low = [], lowering(program)
    if steps:
        parts.append(Segment(steps, low))
    later = set(needed)
    after: list[set[int]] = []
    for part in reversed(parts):
        after.append(set(later))
        for step in part.steps if isinstance(part, Segment) else [part]:
            later |= set(uses(step))
    values = dict(program.values)

    def name(n: int) -> int:
        m = max(values) + 1
        values[m] = values[n]
        return m

    found: list[Step] = []
    segments: list[Segment] = []
    for part, used in zip(parts, reversed(after), strict=True):
        if not isinstance(part, Segment):
            found.append(part)
        elif len(part._lowering.statements) < _WORTH:
            found += part.steps
        else:
            try:
                part.build(program, used, name)
            except Untranslatable:
                found += part.steps
            else:
                found += part.call
                segments.append(part)
    if not segments:
        return None
    return Program(found, values, program.constants, program.inputs, program.results), segments
