"""Memory, loops and vectors as LLVM instructions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from llvmlite import ir

from .operations import BOOL, has_fma, memory_type

I1, I8, I64 = ir.IntType(1), ir.IntType(8), ir.IntType(64)
POINTER: Final = I8.as_pointer()
VECTOR: Final = 32  # bytes of what is computed at once in products and sums

Axes = list[tuple[int, list[int]]]  # length, and the step of every place in bytes


def load_as(b: ir.IRBuilder, pointer: ir.Value, kind: ir.Type) -> ir.Value:
    """What lies at an address."""
    found = b.load(b.bitcast(pointer, kind.as_pointer()))
    found.align = 1
    return found


def store_as(b: ir.IRBuilder, value: ir.Value, pointer: ir.Value) -> None:
    """Put something to an address."""
    b.store(value, b.bitcast(pointer, value.type.as_pointer())).align = 1


def load(b: ir.IRBuilder, pointer: ir.Value, dtype: Any) -> ir.Value:
    """A number from memory."""
    found = load_as(b, pointer, memory_type(dtype))
    return b.icmp_unsigned("!=", found, I8(0)) if dtype == BOOL else found


def store(b: ir.IRBuilder, value: ir.Value, pointer: ir.Value, dtype: Any) -> None:
    """A number into memory."""
    store_as(b, b.zext(value, I8) if dtype == BOOL else value, pointer)


def variable(b: ir.IRBuilder, start: ir.Value) -> ir.Value:
    """Something that changes, to be kept in a register."""
    with b.goto_entry_block():
        found = b.alloca(start.type)
    b.store(start, found)
    return found


def moved(b: ir.IRBuilder, pointer: ir.Value, count: ir.Value, step: int) -> ir.Value:
    """An address some steps further."""
    if step == 0:
        return pointer
    return b.gep(pointer, [b.mul(count, I64(step), flags=["nsw"])], inbounds=True)


def spread(b: ir.IRBuilder, one: ir.Value, kind: ir.Type) -> ir.Value:
    """A vector of the same number."""
    if not isinstance(kind, ir.VectorType):
        return one
    start = b.insert_element(ir.Constant(kind, ir.Undefined), one, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), None)
    return b.shuffle_vector(start, ir.Constant(kind, ir.Undefined), mask)


def multiplied(b: ir.IRBuilder, x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
    """x·y + z, rounded once where the processor can."""
    if not has_fma():
        return b.fadd(b.fmul(x, y), z)
    kind, name = x.type, "llvm.fma.f32" if z.type == ir.FloatType() else "llvm.fma.f64"
    if isinstance(kind, ir.VectorType):
        name = f"llvm.fma.v{kind.count}{'f32' if kind.element == ir.FloatType() else 'f64'}"
    function = b.module.globals.get(name)
    if function is None:
        function = ir.Function(b.module, ir.FunctionType(kind, [kind] * 3), name)
    return b.call(function, [x, y, z])


@contextmanager
def counted(b: ir.IRBuilder, count: int) -> Iterator[ir.Value]:
    """A loop with the number of its turn."""
    if count == 1:
        yield I64(0)
        return
    before, body = b.block, b.append_basic_block()
    b.branch(body)
    b.position_at_end(body)
    i = b.phi(I64)
    i.add_incoming(I64(0), before)
    yield i
    after = b.add(i, I64(1), flags=["nuw", "nsw"])
    i.add_incoming(after, b.block)
    done = b.append_basic_block()
    b.cbranch(b.icmp_unsigned("<", after, I64(count)), body, done)
    b.position_at_end(done)


@contextmanager
def nested(b: ir.IRBuilder, axes: Axes, pointers: list[ir.Value]) -> Iterator[list[ir.Value]]:
    """Loops over axes, with where the pointers have got to."""
    if not axes:
        yield pointers
        return
    (count, steps), rest = axes[0], axes[1:]
    with counted(b, count) as i:
        here = [moved(b, p, i, step) for p, step in zip(pointers, steps, strict=True)]
        with nested(b, rest, here) as inside:
            yield inside


def axes_of(shape: tuple[int, ...], strides: list[tuple[int, ...]], order: list[int], stored: set[int]) -> Axes:
    """Axes without those of one element, the one that lies closest in memory last, joined where that is possible.

    Args:
        strides: those of every place.
        order: names of the places; `stored` those that decide.
    """
    axes: Axes = [(n, [s[i] for s in strides]) for i, n in enumerate(shape) if n > 1]
    deciding = [k for k, name in enumerate(order) if name in stored]
    if deciding:
        axes.sort(key=lambda axis: -max(abs(axis[1][k]) for k in deciding))
    joined: Axes = []
    for n, steps in axes:
        if joined and all(s == n * t for s, t in zip(joined[-1][1], steps, strict=True)):
            joined[-1] = (joined[-1][0] * n, steps)
        else:
            joined.append((n, steps))
    return joined


def column_tiles(columns: int, width: int) -> list[tuple[int, int, list[int]]]:
    """Columns in parts: the start, how many of the kind there are, and the widths of the vectors in one."""
    found: list[tuple[int, int, list[int]]] = []
    start = 0
    for widths in ([width, width], [width], *[[w] for w in (4, 2, 1) if w < width]):
        count = (columns - start) // sum(widths)
        if count:
            found.append((start, count, widths))
            start += count * sum(widths)
    return found
