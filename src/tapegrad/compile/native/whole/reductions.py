"""Reductions as LLVM instructions; real numbers are added up in double precision."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from . import operations
from .instructions import (
    I64,
    VECTOR,
    Axes,
    column_tiles,
    counted,
    load,
    load_as,
    moved,
    nested,
    store,
    store_as,
    variable,
)
from .operations import F32, F64, applied, converted, memory_type


def folded(
    b: ir.IRBuilder, name: str, outer: Axes, inner: Axes, given: list[ir.Value], before: Any, after: Any
) -> None:
    """A reduction one element after the other; sums of real numbers in double precision."""
    kind = F64 if name in ("sum", "prod") and operations.is_float(after) else after
    function = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum", "any": "logical_or",
                "all": "logical_and"}[name]  # fmt: skip
    with nested(b, outer, given) as (target, source):
        start = converted(b, load(b, source, before), before, kind)
        neutral = {"sum": 0, "prod": 1, "any": 0, "all": 1}.get(name)
        total = variable(b, start if neutral is None else operations.constant(neutral, kind))
        with nested(b, inner, [source]) as (here,):
            x = converted(b, load(b, here, before), before, kind)
            b.store(applied(b, function, kind, [b.load(total), x]), total)
        store(b, converted(b, b.load(total), kind, after), target, after)


def sum_of_rows(b: ir.IRBuilder, outer: Axes, inner: Axes, given: list[ir.Value], dtype: Any) -> None:
    """Sums down columns that lie side by side, several columns at once."""
    columns, _ = outer[-1]
    size = dtype.itemsize
    number, double = memory_type(dtype), ir.DoubleType()
    with nested(b, outer[:-1], given) as (target, source):
        for start, count, (width, *more) in column_tiles(columns, VECTOR // size):
            assert not more or width > 0
            for k, w in enumerate((width, *more)):
                kind: Any = ir.VectorType(number, w) if w > 1 else number
                wide: Any = ir.VectorType(double, w) if w > 1 else double
                with counted(b, count) as c:
                    first = start + k * width
                    step = sum((width, *more)) * size
                    there = moved(b, moved(b, target, I64(1), first * size), c, step)
                    here = moved(b, moved(b, source, I64(1), first * size), c, step)
                    total = variable(b, ir.Constant(wide, None if w > 1 else 0.0))
                    with nested(b, inner, [here]) as (place,):
                        x = load_as(b, place, kind)
                        b.store(b.fadd(b.load(total), b.fpext(x, wide) if dtype == F32 else x), total)
                    found = b.load(total)
                    store_as(b, b.fptrunc(found, kind) if dtype == F32 else found, there)


def sum_in_rows(b: ir.IRBuilder, outer: Axes, inner: Axes, given: list[ir.Value], dtype: Any) -> None:
    """Sums along rows, in as many parts as fit into registers."""
    count, _ = inner[-1]
    size, number, double = dtype.itemsize, memory_type(dtype), ir.DoubleType()
    width = 8
    with nested(b, outer, given) as (target, source):
        total = variable(b, ir.Constant(double, 0.0))
        kind, wide = ir.VectorType(number, width), ir.VectorType(double, width)
        parts = variable(b, ir.Constant(wide, None))
        with nested(b, inner[:-1], [source]) as (row,):
            if count >= width:
                with counted(b, count // width) as i:
                    x = load_as(b, moved(b, row, i, width * size), kind)
                    b.store(b.fadd(b.load(parts), b.fpext(x, wide) if dtype == F32 else x), parts)
            if count % width:
                rest = moved(b, row, I64(count - count % width), size)
                with counted(b, count % width) as i:
                    y = load_as(b, moved(b, rest, i, size), number)
                    b.store(b.fadd(b.load(total), b.fpext(y, double) if dtype == F32 else y), total)
        found = b.load(parts)
        numbers = [b.extract_element(found, ir.IntType(32)(k)) for k in range(width)] if count >= width else []
        while len(numbers) > 1:  # in pairs
            numbers = [b.fadd(numbers[k], numbers[k + 1]) for k in range(0, len(numbers), 2)]
        result = b.load(total)
        if numbers:
            result = b.fadd(result, numbers[0])
        store(b, converted(b, result, F64, dtype), target, dtype)
