"""Loops, reductions and products as LLVM functions.

Every part of a program is a function of the places that it looks at.  Parts that do the same to different places are
the same function, so that fifty steps of a recurrent network are as short as one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from . import operations
from .instructions import (
    I1,
    I64,
    POINTER,
    VECTOR,
    Axes,
    axes_of,
    column_tiles,
    counted,
    load,
    load_as,
    moved,
    multiplied,
    nested,
    spread,
    store,
    store_as,
    variable,
)
from .operations import BOOL, applied, converted, memory_type, result_type
from .places import Place
from .reductions import folded, sum_in_rows, sum_of_rows
from .scheduling import Loop, Part
from .statements import Accumulation, Check, Gather, Number, Product, Reduction


class Writer:
    """A module with a function for each part that differs from those before."""

    def __init__(self) -> None:
        self.module = ir.Module("whole")
        self._known: dict[Any, ir.Function] = {}

    def function(self, part: Part, in_memory: set[int]) -> tuple[ir.Function, list[Place]]:
        """The function that does a part, and the places that it gets."""
        places: list[Place] = []
        if isinstance(part, Loop):
            key, write = self._loop(part, in_memory, places)
        elif isinstance(part, Product):
            key, write = self._product(part, places)
        elif isinstance(part, Reduction):
            key, write = self._reduction(part, places)
        elif isinstance(part, Accumulation):
            key, write = self._accumulation(part, places)
        elif isinstance(part, Gather):
            key, write = self._gather(part, places)
        else:
            assert isinstance(part, Check)
            key, write = self._check(part, places)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._begin(len(places))
            builder = ir.IRBuilder(found.append_basic_block())
            status = write(builder, list(found.args))
            builder.ret(I1(0) if status is None else status)
        return found, places

    def _begin(self, count: int) -> ir.Function:
        """A function of pointers to memory that do not overlap, which says whether the call is to end."""
        function = ir.Function(self.module, ir.FunctionType(I1, [POINTER] * count), f"part{len(self._known)}")
        function.linkage = "internal"
        function.attributes.add("noinline")
        function.attributes.add("nounwind")
        for a in function.args:
            a.add_attribute("noalias")
        return function

    # -- pointwise -------------------------------------------------------------------------------------------------

    def _loop(self, loop: Loop, in_memory: set[int], places: list[Place]) -> tuple[Any, Callable[..., Any]]:
        index: dict[Any, int] = {}  # by place: its number among all, in memory or not
        every: list[Place] = []

        def number(p: Place) -> int:
            at = (id(p.region), p.offset, tuple([s for n, s in zip(p.shape, p.strides, strict=True) if n > 1]), p.dtype)
            if at not in index:
                index[at] = len(every)
                every.append(p)
            return index[at]

        lines = []
        for s in loop.statements:
            given = [x if isinstance(x, Number) else number(x) for x in s.operands]
            lines.append((s.function, s.dtype, given, number(s.target)))
        stored = {t for _, _, _, t in lines if id(every[t].region) in in_memory}
        fetched = self._fetched(lines)
        arguments = [k for k in range(len(every)) if k in stored or k in fetched]
        places += [every[k] for k in arguments]
        axes = axes_of(loop.shape, [every[k].strides for k in arguments], arguments, stored)
        key = (
            "loop", str(axes), tuple(arguments), tuple(sorted(stored)), tuple(p.dtype.char for p in every),
            tuple((f, d.char, tuple((repr(x.value), x.dtype.char) if isinstance(x, Number) else x for x in g), t)
                  for f, d, g, t in lines),
        )  # fmt: skip

        def write(b: ir.IRBuilder, given: list[ir.Value]) -> None:
            with nested(b, axes, given) as pointers:
                at = dict(zip(arguments, pointers, strict=True))
                now: dict[int, ir.Value] = {}
                for k in sorted(fetched):
                    now[k] = load(b, at[k], every[k].dtype)
                for name, dtype, operands, target in lines:
                    values = []
                    for i, x in enumerate(operands):
                        wanted = BOOL if name == "where" and i == 0 else dtype
                        if isinstance(x, Number):
                            values.append(operations.constant(x.value, x.dtype))
                        else:
                            values.append(converted(b, now[x], every[x].dtype, wanted))
                    result = applied(b, name, dtype, values)
                    now[target] = converted(b, result, result_type(name, dtype), every[target].dtype)
                for k in sorted(stored):
                    store(b, now[k], at[k], every[k].dtype)

        return key, write

    def _fetched(self, lines: list[Any]) -> set[int]:
        """The places that a loop reads before it writes them."""
        made: set[int] = set()
        found = set()
        for _, _, given, target in lines:
            found |= {x for x in given if x.__class__ is int and x not in made}
            made.add(target)
        return found

    # -- reductions ------------------------------------------------------------------------------------------------

    def _reduction(self, s: Reduction, places: list[Place]) -> tuple[Any, Callable[..., Any]]:
        source, target = s.source, s.target
        places += [target, source]
        kept = [i for i in range(len(source.shape)) if i not in s.axes]
        outer = axes_of(target.shape, [target.strides, tuple(source.strides[i] for i in kept)], [0, 1], {0})
        inner = axes_of(tuple(source.shape[i] for i in s.axes), [tuple(source.strides[i] for i in s.axes)], [0], {0})
        key = ("reduction", s.function, str(outer), str(inner), source.dtype.char, target.dtype.char)
        size = source.dtype.itemsize
        sums = s.function == "sum" and operations.is_float(source.dtype) and source.dtype == target.dtype

        def write(b: ir.IRBuilder, given: list[ir.Value]) -> None:
            if sums and outer and outer[-1][1] == [size, size] and outer[-1][0] > 1:
                sum_of_rows(b, outer, inner, given, source.dtype)
            elif sums and inner and inner[-1][1] == [size]:
                sum_in_rows(b, outer, inner, given, source.dtype)
            else:
                folded(b, s.function, outer, inner, given, source.dtype, target.dtype)

        return key, write

    def _accumulation(self, s: Accumulation, places: list[Place]) -> tuple[Any, Callable[..., Any]]:
        places += [s.target, s.source]
        before, after = s.source.dtype, s.target.dtype
        axes: Axes = [(n, [t, f]) for n, t, f in zip(s.source.shape, s.target.strides, s.source.strides, strict=True)]
        key = ("accumulation", str(axes), before.char, after.char)

        def write(b: ir.IRBuilder, given: list[ir.Value]) -> None:
            count, steps = axes[-1]
            with nested(b, axes[:-1], given) as (target, source):
                first = converted(b, load(b, source, before), before, after)
                store(b, first, target, after)
                total = variable(b, first)
                if count == 1:
                    return
                with counted(b, count - 1) as i:
                    k = b.add(i, I64(1))
                    x = converted(b, load(b, moved(b, source, k, steps[1]), before), before, after)
                    new = applied(b, "add", after, [b.load(total), x])
                    b.store(new, total)
                    store(b, new, moved(b, target, k, steps[0]), after)

        return key, write

    # -- products --------------------------------------------------------------------------------------------------

    def _product(self, s: Product, places: list[Place]) -> tuple[Any, Callable[..., Any]]:
        places += [s.target, s.a, s.b]
        t, x, y, dtype = s.target, s.a, s.b, s.target.dtype
        key = ("product", t.shape, x.shape, t.strides[0], x.strides, y.strides[0], dtype.char)
        rows, columns, inner, size = t.shape[0], t.shape[1], x.shape[1], dtype.itemsize
        width = VECTOR // size

        def tile(b: ir.IRBuilder, given: list[ir.Value], height: int, widths: list[int]) -> None:
            """A part of the target: `height` rows, as many columns as the widths amount to."""
            target, first, second = given
            number = memory_type(dtype)
            kinds = [ir.VectorType(number, w) if w > 1 else number for w in widths]
            offsets = [sum(widths[:k]) * size for k in range(len(widths))]
            zeros = [ir.Constant(kind, None if w > 1 else 0.0) for kind, w in zip(kinds, widths, strict=True)]
            totals = [[variable(b, zero) for zero in zeros] for _ in range(height)]
            with counted(b, inner) as k:
                row = moved(b, second, k, y.strides[0])
                parts = [load_as(b, moved(b, row, I64(1), o), kind) for o, kind in zip(offsets, kinds, strict=True)]
                for r in range(height):
                    one = load_as(b, moved(b, moved(b, first, I64(r), x.strides[0]), k, x.strides[1]), number)
                    for j, kind in enumerate(kinds):
                        value = spread(b, one, kind)
                        b.store(multiplied(b, value, parts[j], b.load(totals[r][j])), totals[r][j])
            for r in range(height):
                for j, o in enumerate(offsets):
                    place = moved(b, moved(b, target, I64(r), t.strides[0]), I64(1), o)
                    store_as(b, b.load(totals[r][j]), place)

        def write(b: ir.IRBuilder, given: list[ir.Value]) -> None:
            target, first, second = given
            tall = 4
            for start, count, widths in column_tiles(columns, width):
                with counted(b, count) as c:
                    step = sum(widths) * size
                    there = moved(b, moved(b, target, I64(1), start * size), c, step)
                    this = moved(b, moved(b, second, I64(1), start * size), c, step)
                    if rows >= tall:
                        with counted(b, rows // tall) as r:
                            tile(
                                b,
                                [
                                    moved(b, there, r, tall * t.strides[0]),
                                    moved(b, first, r, tall * x.strides[0]),
                                    this,
                                ],
                                tall,
                                widths,
                            )
                    if rows % tall:
                        done = I64(rows - rows % tall)
                        tile(
                            b,
                            [moved(b, there, done, t.strides[0]), moved(b, first, done, x.strides[0]), this],
                            rows % tall,
                            widths,
                        )

        return key, write

    # -- gathering and checks --------------------------------------------------------------------------------------

    def _gather(self, s: Gather, places: list[Place]) -> tuple[Any, Callable[..., Any]]:
        places += [s.target, s.source, *s.indices]
        depth, dtype = len(s.indices), s.source.dtype
        outer_shape = s.indices[0].shape
        outer = [(n, [s.target.strides[i], *[p.strides[i] for p in s.indices]]) for i, n in enumerate(outer_shape)]
        inner = [
            (n, [s.target.strides[len(outer_shape) + i], s.source.strides[depth + i]])
            for i, n in enumerate(s.source.shape[depth:])
        ]
        lengths, steps = s.source.shape[:depth], s.source.strides[:depth]
        key = ("gather", s.scatter, str(outer), str(inner), lengths, steps, dtype.char)

        def write(b: ir.IRBuilder, given: list[ir.Value]) -> ir.Value:
            bad = variable(b, I1(0))
            with nested(b, outer, [given[0], *given[2:]]) as (target, *indices):
                source = given[1]
                for p, length, step in zip(indices, lengths, steps, strict=True):
                    i = load_as(b, p, I64)
                    i = b.select(b.icmp_signed("<", i, I64(0)), b.add(i, I64(length)), i)
                    outside = b.icmp_unsigned(">=", i, I64(length))
                    b.store(b.or_(b.load(bad), outside), bad)
                    source = moved(b, source, b.select(outside, I64(0), i), step)
                with nested(b, inner, [target, source]) as (there, here):
                    if s.scatter:
                        store(b, load(b, there, dtype), here, dtype)
                    else:
                        store(b, load(b, here, dtype), there, dtype)
            return b.load(bad)

        return key, write

    def _check(self, s: Check, places: list[Place]) -> tuple[Any, Callable[..., Any]]:
        places.append(s.condition)
        return ("check",), lambda b, given: b.not_(load(b, given[0], BOOL))
