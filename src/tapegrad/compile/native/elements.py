"""What loops do with elements of arrays, as single LLVM instructions.

`load` and `store` reach an element by its place in memory.  Numba's own indexing counts from the end where an index is
negative, which keeps LLVM from loading whole registers where it cannot rule that out.  They also say which of the
kernel's arrays is meant: arrays with different numbers share no memory, so nothing has to be tested before a loop.

`added`, `larger` and `smaller` accumulate, in an order that is LLVM's to choose: this one instruction may be
reassociated, and no other.

    >>> import numpy as np
    >>> from numba import njit
    >>> @njit
    ... def total(x):
    ...     s = np.float32(0)
    ...     for j in range(x.size):
    ...         s = added(s, load(x, 0, j))
    ...     return s
    >>> float(total(np.ones((2, 3), np.float32)))
    6.0
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def _load(typing: Any, array: Any, number: Any, place: Any) -> Any:
    """The element at a place of a contiguous array, which is the kernel's array of that number."""
    if not isinstance(number, types.Literal):
        return None

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        read = builder.load(_address(context, builder, array, arguments), align=_bytes(array.dtype))
        _tell_apart(read, number.literal_value)
        return context.data_model_manager[array.dtype].from_data(builder, read)

    return array.dtype(array, number, types.int64), lowered


def _store(typing: Any, array: Any, number: Any, place: Any, value: Any) -> Any:
    """Put a value to a place of a contiguous array, which is the kernel's array of that number."""
    if not isinstance(number, types.Literal):
        return None

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.data_model_manager[array.dtype].as_data(builder, arguments[3])
        address = _address(context, builder, array, arguments)
        _tell_apart(builder.store(data, address, align=_bytes(array.dtype)), number.literal_value)
        return context.get_dummy_value()

    return types.void(array, number, types.int64, array.dtype), lowered


load: Final[Any] = intrinsic(prefer_literal=True)(_load)
store: Final[Any] = intrinsic(prefer_literal=True)(_store)


def _bytes(dtype: Any) -> int:
    return 1 if dtype == types.boolean else int(dtype.bitwidth) // 8


def _address(context: Any, builder: Any, array: Any, arguments: Any) -> Any:
    data = context.make_array(array)(context, builder, arguments[0]).data
    return builder.gep(data, [arguments[2]], inbounds=True)


_ARRAYS: Final = 64  # numbers are taken modulo this, and beyond it nothing is said


def _tell_apart(instruction: Any, number: int) -> None:
    """LLVM's metadata for: this touches the array of that number and no other."""
    module = instruction.parent.parent.module
    if number >= _ARRAYS:
        return
    domain = module.add_metadata([ir.MetaDataString(module, "arrays of a kernel")])
    scopes = [module.add_metadata([ir.MetaDataString(module, f"array {k}"), domain]) for k in range(_ARRAYS)]
    instruction.set_metadata("alias.scope", module.add_metadata([scopes[number]]))
    instruction.set_metadata("noalias", module.add_metadata([s for k, s in enumerate(scopes) if k != number]))


def _added(typing: Any, total: Any, x: Any) -> Any:
    """total + x, where many are added up in any order."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments, flags=("reassoc",))

    return total(total, total), lowered


def _fused(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a·b + c, rounded once."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return a(a, a, a), lowered


def _extreme(sign: str) -> Any:
    def typed(typing: Any, best: Any, x: Any) -> Any:
        def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            best, x = arguments
            better = builder.fcmp_ordered(sign, x, best, flags=("nnan", "nsz"))
            return builder.select(better, x, best, flags=("nnan", "nsz"))

        return best(best, best), lowered

    return intrinsic(typed)


larger: Final = _extreme(">")  # the larger of two numbers that are not NaN
smaller: Final = _extreme("<")


def _nan_seen(typing: Any, seen: Any, x: Any) -> Any:
    """`seen`, an integer as wide as x, or something else than 0 if x is NaN."""
    width = types.int32 if x == types.float32 else types.int64

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        seen, x = arguments
        return builder.or_(seen, builder.zext(builder.fcmp_unordered("uno", x, x), seen.type))

    return width(width, x), lowered


def _prefetch(typing: Any, pointer: Any, place: Any) -> Any:
    """Have the element at a place brought into the cache; places out of the array do no harm."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [address.type, *[ir.IntType(32)] * 3])
        function = builder.module.declare_intrinsic("llvm.prefetch", [address.type], kind)
        how = [ir.Constant(ir.IntType(32), n) for n in (0, 3, 1)]  # to read, nearest, data
        builder.call(function, [address, *how])
        return context.get_dummy_value()

    return types.void(pointer, types.int64), lowered


added: Final[Any] = intrinsic(_added)
fused: Final[Any] = intrinsic(_fused)
nan_seen: Final[Any] = intrinsic(_nan_seen)
prefetch: Final[Any] = intrinsic(_prefetch)


__all__ = ["added", "fused", "larger", "load", "nan_seen", "prefetch", "smaller", "store"]
