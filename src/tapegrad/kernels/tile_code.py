"""The words of `tiles.py` in LLVM's language.

LLVM makes vectors of loops by itself, but it does not keep a tile of sums in registers over a loop around them. So
the loops are written here with vectors as their values: a tile of 6 registers by 4 rows has 24 sums, and each step
loads 6 vectors and 4 numbers for 24 multiplications.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_I1, _I32, _I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)
_BYTES: Final = 64 if llvm.get_host_cpu_features().get("avx512f", False) else 32  # of a register

ROWS: Final = (4, 2, 1)  # how many rows a tile can have

Step = Callable[[Any, Sequence[Any]], list[Any]]


class _Lanes:
    """Vectors of one type of numbers, in the code that a builder makes."""

    def __init__(self, context: Any, builder: Any, pointer: Any) -> None:
        self.builder = builder
        self.bytes = pointer.dtype.bitwidth // 8
        self.count = _BYTES // self.bytes
        self.number = context.get_value_type(pointer.dtype)
        self.vector = ir.VectorType(self.number, self.count)
        self.mask = ir.VectorType(_I1, self.count)
        self.zeros = ir.Constant(self.vector, None)
        self._suffix = f"v{self.count}f{pointer.dtype.bitwidth}"

    def _call(self, name: str, result: Any, arguments: Sequence[Any], **options: Any) -> Any:
        """A call of one of LLVM's functions on vectors."""
        module = self.builder.module
        kind = ir.FunctionType(result, [a.type for a in arguments])
        full = name.format(self._suffix)
        return self.builder.call(module.globals.get(full) or ir.Function(module, kind, full), arguments, **options)

    def at(self, pointer: Any, place: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(pointer, [place]), self.vector.as_pointer())

    def load(self, pointer: Any, place: Any) -> Any:
        return self.builder.load(self.at(pointer, place), align=self.bytes)

    def store(self, vector: Any, pointer: Any, place: Any) -> None:
        self.builder.store(vector, self.at(pointer, place), align=self.bytes)

    def load_some(self, pointer: Any, place: Any, mask: Any) -> Any:
        """The elements that a mask names, and zeros."""
        arguments = [self.at(pointer, place), _I32(self.bytes), mask, self.zeros]
        return self._call("llvm.masked.load.{}.p0", self.vector, arguments)

    def store_some(self, vector: Any, pointer: Any, place: Any, mask: Any) -> None:
        arguments = [vector, self.at(pointer, place), _I32(self.bytes), mask]
        self._call("llvm.masked.store.{}.p0", ir.VoidType(), arguments)

    def all_of(self, number: Any) -> Any:
        """A vector of equal elements."""
        undefined = ir.Constant(ir.VectorType(number.type, self.count), ir.Undefined)
        one = self.builder.insert_element(undefined, number, _I32(0))
        return self.builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(_I32, self.count), None))

    def first(self, count: Any) -> Any:
        """The mask of so many elements from the first on."""
        numbers = ir.Constant(ir.VectorType(_I64, self.count), [_I64(k) for k in range(self.count)])
        return self.builder.icmp_signed("<", numbers, self.all_of(count))

    def mask_of(self, bits: Any) -> Any:
        """The mask whose elements are the bits of an integer."""
        return self.builder.bitcast(self.builder.trunc(bits, ir.IntType(self.count)), self.mask)

    def plus_product(self, a: Any, b: Any, c: Any) -> Any:
        """a · b + c."""
        return self._call("llvm.fmuladd.{}", self.vector, [a, b, c])

    def sum(self, vector: Any) -> Any:
        """The sum of the elements, in any order."""
        zero = ir.Constant(self.number, 0.0)
        return self._call("llvm.vector.reduce.fadd.{}", self.number, [zero, vector], fastmath=("reassoc",))


def _repeated(builder: Any, count: Any, values: Sequence[Any], step: Step) -> list[Any]:
    """What becomes of values when `step` is applied `count` times, at least once."""
    before, head = builder.block, builder.append_basic_block()
    builder.branch(head)
    builder.position_at_end(head)
    number = builder.phi(_I64)
    number.add_incoming(_I64(0), before)
    states = []
    for value in values:
        state = builder.phi(value.type)
        state.add_incoming(value, before)
        states.append(state)
    made = step(number, states)
    following = builder.add(number, _I64(1))
    for state, value in zip([number, *states], [following, *made], strict=True):
        state.add_incoming(value, builder.block)
    after = builder.append_basic_block()
    again = builder.cbranch(builder.icmp_signed("<", following, count), head, after)
    _keep_rolled(builder.module, again)
    builder.position_at_end(after)
    return made


def _keep_rolled(module: Any, branch: Any) -> None:
    """Have LLVM not unroll a loop, whose sums then would not all find a register."""
    rolled = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    loop = module.add_metadata([ir.MetaDataString(module, f"loop {len(module.metadata)}")])
    loop.operands = (loop, rolled)  # which is how LLVM knows one from another
    branch.set_metadata("llvm.loop", loop)


def _place(builder: Any, start: Any, step: Any, number: int) -> Any:
    """start + number · step."""
    return builder.add(start, builder.mul(step, _I64(number)))


def _number(builder: Any, pointer: Any, place: Any) -> Any:
    return builder.load(builder.gep(pointer, [place]))


def _in_tiles(builder: Any, count: Any, rows: Any, sizes: Sequence[int], tile: Callable[[Any, int, int], None]) -> None:
    """Call `tile` for parts of `count` things, as large as there are enough, and for the number of rows.

    Args:
        sizes: of the parts, the last of which is 1.
        tile: makes code for a part, by where it begins, its size, and the number of rows.
    """
    for high in ROWS:
        with builder.if_then(builder.icmp_signed("==", rows, _I64(high))):
            begin = _I64(0)
            for wide in sizes:
                times = builder.sdiv(builder.sub(count, begin), _I64(wide))
                with builder.if_then(builder.icmp_signed(">", times, _I64(0))):
                    _repeated(builder, times, [], _part(builder, begin, wide, high, tile))
                begin = builder.add(begin, builder.mul(times, _I64(wide)))


def _part(builder: Any, begin: Any, wide: int, high: int, tile: Callable[[Any, int, int], None]) -> Step:
    def step(number: Any, values: Sequence[Any]) -> list[Any]:
        tile(_place(builder, begin, number, wide), wide, high)
        return []

    return step


def _products(
    typing: Any, x: Any, at: Any, w: Any, first: Any, step: Any, table: Any, taps: Any, y: Any, to: Any, apart: Any,
    registers: Any, rows: Any,
) -> Any:  # fmt: skip
    """See `tiles.products`."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x_, at, w, first, step, table, taps, y, to, apart, registers, rows = arguments
        lanes = _Lanes(context, builder, x)

        def tile(begin: Any, wide: int, high: int) -> None:
            starts = [_place(builder, first, step, r) for r in range(high)]
            on = builder.mul(begin, _I64(lanes.count))
            from_here = builder.add(at, on)

            def tap(number: Any, sums: Sequence[Any]) -> list[Any]:
                entry = builder.mul(number, _I64(2))
                place = builder.add(from_here, _number(builder, table, entry))
                weight = _number(builder, table, builder.add(entry, _I64(1)))
                weights = [lanes.all_of(_number(builder, w, builder.add(start, weight))) for start in starts]
                made = list(sums)
                for v in range(wide):  # one after the other: there are no registers left for all that is seen
                    seen = lanes.load(x_, builder.add(place, _I64(v * lanes.count)))
                    for r in range(high):
                        made[r * wide + v] = lanes.plus_product(seen, weights[r], sums[r * wide + v])
                return made

            sums = _repeated(builder, taps, [lanes.zeros] * (wide * high), tap)
            for r in range(high):
                row = builder.add(_place(builder, to, apart, r), on)
                for v in range(wide):
                    lanes.store(sums[r * wide + v], y, builder.add(row, _I64(v * lanes.count)))

        _in_tiles(builder, registers, rows, (6, 4, 2, 1), tile)
        return context.get_dummy_value()

    n = types.int64
    return types.void(x, n, w, n, n, table, n, y, n, n, n, n), lowered


def _dots(
    typing: Any, x: Any, at: Any, next_x: Any, table: Any, g: Any, begin: Any, next_g: Any, apart: Any, masks: Any,
    mask: Any, images: Any, registers: Any, y: Any, to: Any, step: Any, taps: Any, rows: Any,
) -> Any:  # fmt: skip
    """See `tiles.dots`."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x_, at, next_x, table, g, begin, next_g, apart, masks, mask, images, registers, y, to, step, taps, rows = (
            arguments
        )
        lanes = _Lanes(context, builder, x)

        def tile(first: Any, wide: int, high: int) -> None:
            entries = [builder.mul(builder.add(first, _I64(j)), _I64(2)) for j in range(wide)]
            places = [builder.add(at, _number(builder, table, entry)) for entry in entries]
            starts = [_place(builder, begin, apart, r) for r in range(high)]

            def image(number: Any, sums: Sequence[Any]) -> list[Any]:
                in_x, in_g = builder.mul(number, next_x), builder.mul(number, next_g)
                seen_at = [builder.add(place, in_x) for place in places]
                rows_at = [builder.add(start, in_g) for start in starts]

                def register(number: Any, sums: Sequence[Any]) -> list[Any]:
                    on = builder.mul(number, _I64(lanes.count))
                    counts = lanes.mask_of(_number(builder, masks, builder.add(mask, number)))
                    results = [lanes.load(g, builder.add(row, on)) for row in rows_at]
                    made = list(sums)
                    for j in range(wide):
                        seen = lanes.load_some(x_, builder.add(seen_at[j], on), counts)
                        for r in range(high):
                            made[r * wide + j] = lanes.plus_product(seen, results[r], sums[r * wide + j])
                    return made

                return _repeated(builder, registers, sums, register)

            sums = _repeated(builder, images, [lanes.zeros] * (wide * high), image)
            for r in range(high):
                row = builder.add(_place(builder, to, step, r), first)
                for j in range(wide):
                    total = builder.gep(y, [builder.add(row, _I64(j))])
                    builder.store(builder.fadd(builder.load(total), lanes.sum(sums[r * wide + j])), total)

        _in_tiles(builder, taps, rows, (6, 3, 1), tile)
        return context.get_dummy_value()

    n = types.int64
    return types.void(x, n, n, table, g, n, n, n, masks, n, n, n, y, n, n, n, n), lowered


def _move(typing: Any, y: Any, to: Any, x: Any, at: Any, count: Any, plus: Any) -> Any:
    """See `tiles.move`."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        y, to, x_, at, count, plus = arguments
        lanes = _Lanes(context, builder, x)
        some = lanes.first(count)
        lanes.store_some(builder.fadd(lanes.load_some(x_, at, some), lanes.all_of(plus)), y, to, some)
        return context.get_dummy_value()

    return types.void(y, types.int64, x, types.int64, types.int64, x.dtype), lowered


def _lanes(typing: Any, x: Any) -> Any:
    """See `tiles.lanes`."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _I64(_BYTES * 8 // x.dtype.bitwidth)

    return types.int64(x), lowered


products: Final[Any] = intrinsic(_products)
dots: Final[Any] = intrinsic(_dots)
move: Final[Any] = intrinsic(_move)
lanes: Final[Any] = intrinsic(_lanes)

__all__ = ["dots", "lanes", "move", "products"]
