"""Statements in the making: where the values of a program lie, and what is done to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from ...program import Program, Ref, Step
from . import operations
from .operations import BOOL, F64
from .places import Place, Untranslatable, contiguous, region_of
from .statements import Check, Number, Pointwise, Reduction, Statement

MOST: Final = 1 << 18  # elements of a loop; larger ones are for several threads


class Builder:
    """Statements for a run of steps.

    Args:
        program: the program.
        strides: those of arrays from outside that are not in the order of their indices, by number.
        writeable: the numbers of arrays from outside that steps may write into.

    Attributes:
        statements: what has been translated so far.
        given: where arrays lie that are made before.
        places: where values lie.
    """

    def __init__(self, program: Program, strides: dict[int, tuple[int, ...]], writeable: set[int]) -> None:
        self.program, self.strides, self.writeable = program, strides, writeable
        self.statements: list[Statement] = []
        self.given: dict[int, Place] = {}
        self.places: dict[int, Place] = {}
        # By place: itself, and where there is a copy of it in the order of the indices.
        self.packed: dict[tuple[Any, ...], tuple[Place, Place]] = {}

    def place(self, x: Any) -> Place:
        """Where a value lies."""
        if x.__class__ is not Ref:
            raise Untranslatable("no array")
        found = self.places.get(x.number)
        if found is None:
            value = self.program.values[x.number]
            if value.dtype is None:  # one of Python's numbers
                found = region_of((), (), F64, number=x.number, memory=value.memory)
                self.places[x.number] = self.given[x.number] = found
                return found
            if value.generic:
                raise Untranslatable("a number of NumPy's from outside")
            constant = self.program.constants.get(x.number)
            strides = self.strides.get(x.number)
            if constant is not None:  # one that is written into is copied first
                strides = contiguous(value.shape, value.dtype) if value.memory.written else constant.strides
            elif strides is None:
                if value.layout != "c":
                    raise Untranslatable("strides that are not known")
                strides = contiguous(value.shape, value.dtype)
            found = region_of(value.shape, strides, value.dtype, number=x.number, memory=value.memory)
            if constant is not None and not value.memory.written:
                found.region.constant = constant
            self.places[x.number] = self.given[x.number] = found
        return found

    def fresh(self, step: Step) -> Place:
        """Memory for the result of a step."""
        (n,) = step.out
        if n < 0:
            raise Untranslatable("a result that is an operand")
        value = self.program.values[n]
        dtype = F64 if value.dtype is None else value.dtype
        strides = contiguous(value.shape, dtype)
        if value.layout != "c" and value.strides is not None and not value.generic:
            strides = value.strides
        found = self.places[n] = region_of(value.shape, strides, dtype, number=n)
        if found.region.model.nbytes > found.size * dtype.itemsize:
            raise Untranslatable("a result with holes")
        return found

    def scratch(self, shape: tuple[int, ...], dtype: Any) -> Place:
        """Memory for what is no value of the program."""
        return region_of(shape, contiguous(shape, dtype), dtype)

    def is_weak(self, x: Any) -> bool:
        """Whether an operand is one of Python's numbers."""
        if x.__class__ is Ref:
            return self.program.values[x.number].dtype is None
        return x.__class__ in (bool, int, float)

    def operand(self, x: Any, dtype: Any, shape: tuple[int, ...]) -> Place | Number:
        """An operand of a pointwise function of numbers of a type."""
        if x.__class__ is Ref:
            place = self.place(x)
            if not operations.can_convert(place.dtype, dtype):
                raise Untranslatable("a real number as an integer")
            return place.broadcast(shape)
        if isinstance(x, (bool, int, float, np.generic)):
            with np.errstate(all="ignore"):
                return Number(np.asarray(x).astype(dtype).item(), dtype)
        raise Untranslatable("an operand of another kind")

    def write(self, target: Any) -> Place:
        """The place of an array that a step writes into."""
        place = self.place(target)
        if place.region.external and place.region.number not in self.writeable:
            raise Untranslatable("writes into an array that may share memory")
        if place.region.constant is not None or any(
            s == 0 and n > 1 for n, s in zip(place.shape, place.strides, strict=True)
        ):
            raise Untranslatable("writes into a constant")
        for key in [key for key, (source, _) in self.packed.items() if place.overlaps(source)]:
            del self.packed[key]
        return place

    def add(self, s: Statement) -> None:
        """One more statement."""
        self.statements.append(s)

    def pointwise(self, target: Place, name: str, given: Iterable[Any], dtype: Any) -> None:
        """`target = name(*given)`, if need be by way of other memory."""
        if target.size > MOST:
            raise Untranslatable("many elements")
        if not operations.is_known(name, dtype) or not operations.can_convert(
            operations.result_type(name, dtype), target.dtype
        ):
            raise Untranslatable(name)
        operands = []
        for i, x in enumerate(given):
            wanted = BOOL if name == "where" and i == 0 else dtype
            operands.append(self.operand(x, wanted, target.shape) if not isinstance(x, Place | Number) else x)
        if any(isinstance(x, Place) and x.overlaps(target) and not x.same(target) for x in operands):
            aside = self.scratch(target.shape, target.dtype)
            self.add(Pointwise(aside, name, tuple(operands), dtype))
            self.add(Pointwise(target, "identity", (aside,), target.dtype))
        else:
            self.add(Pointwise(target, name, tuple(operands), dtype))

    def copy(self, target: Place, source: Place) -> None:
        """`target[...] = source`."""
        if not operations.can_convert(source.dtype, target.dtype):
            raise Untranslatable("a real number as an integer")
        self.pointwise(target, "identity", [source.broadcast(target.shape)], target.dtype)

    def hold(self, name: str, *operands: Place | Number, dtype: Any = F64) -> None:
        """End the call unless something is so."""
        condition = self.scratch((), BOOL)
        self.add(Pointwise(condition, name, operands, dtype))
        self.add(Check(condition))

    def reduced(self, target: Place, name: str, source: Place, axis: Any) -> None:
        """`target = name of source over axes`, which the target may have with length 1 or not at all."""
        ndim = len(source.shape)
        axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = tuple(sorted({a % ndim for a in axes}))
        if source.size > MOST or not operations.can_convert(source.dtype, target.dtype):
            raise Untranslatable("many elements")
        if target.dtype == BOOL and name not in ("any", "all"):
            raise Untranslatable("an extremum of truth values")
        kept = tuple([n for i, n in enumerate(source.shape) if i not in axes])
        if not axes:
            self.copy(target, source)
            return
        self.add(Reduction(target.of(target.array.reshape(kept)), name, source, axes))
