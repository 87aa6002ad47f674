"""Functions of numbers as LLVM instructions, as NumPy computes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from llvmlite import ir

from ...vector_math.formats import DOUBLE, SINGLE, Format
from ...vector_math.table import BINARY, UNARY, has_fma
from ...vector_math.values import Value, select

__all__ = [
    "BOOL", "F32", "F64", "applied", "can_convert", "constant", "converted", "has_fma", "is_float", "is_known",
    "memory_type", "result_type",
]  # fmt: skip

F32, F64, BOOL = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.bool_)
_INTEGERS: Final = {np.dtype(np.int64): ir.IntType(64), np.dtype(np.int32): ir.IntType(32)}
_FORMATS: Final[dict[Any, Format]] = {F32: SINGLE, F64: DOUBLE}

_COMPARISONS: Final = {
    "greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!=",
}  # fmt: skip
_ARITHMETIC: Final = {"add": "add", "subtract": "sub", "multiply": "mul"}
_TRUTH: Final = {
    "logical_and": "and_", "bitwise_and": "and_", "multiply": "and_", "minimum": "and_",
    "logical_or": "or_", "bitwise_or": "or_", "add": "or_", "maximum": "or_",
    "logical_xor": "xor", "bitwise_xor": "xor", "not_equal": "xor",
}  # fmt: skip
_ROUNDINGS: Final = {"floor": "llvm.floor", "ceil": "llvm.ceil", "trunc": "llvm.trunc", "rint": "llvm.rint"}
# Those that leave rare arguments to libm cannot be called from here.
_VECTORISED: Final = frozenset(UNARY) - {"sin", "cos", "tan"} if has_fma() else frozenset()
_VECTORISED_2: Final = frozenset(BINARY) if has_fma() else frozenset()


def is_float(dtype: Any) -> bool:
    """Whether a type is one of real numbers."""
    return dtype in _FORMATS


def memory_type(dtype: Any) -> ir.Type:
    """How a number lies in memory."""
    if dtype == BOOL:
        return ir.IntType(8)
    return _FORMATS[dtype].ir_type if dtype in _FORMATS else _INTEGERS[dtype]


def constant(value: Any, dtype: Any) -> ir.Value:
    """A constant of a type."""
    if dtype == BOOL:
        return ir.Constant(ir.IntType(1), int(bool(value)))
    return ir.Constant(memory_type(dtype), float(value) if is_float(dtype) else int(value))


def can_convert(before: Any, after: Any) -> bool:
    """Whether `converted` knows the way; what NumPy makes of a real number as an integer is undefined in part."""
    return bool(before == after or after == BOOL or not (is_float(before) and not is_float(after)))


def converted(b: ir.IRBuilder, x: ir.Value, before: Any, after: Any) -> ir.Value:
    """A number as one of another type."""
    if before == after:
        return x
    if after == BOOL:
        zero = constant(0, before)
        return b.fcmp_unordered("!=", x, zero) if is_float(before) else b.icmp_signed("!=", x, zero)
    target = memory_type(after)
    if is_float(before):
        return b.fpext(x, target) if after == F64 else b.fptrunc(x, target)
    if is_float(after):
        return b.uitofp(x, target) if before == BOOL else b.sitofp(x, target)
    if before == BOOL:
        return b.zext(x, target)
    return b.sext(x, target) if target.width == 64 else b.trunc(x, target)


def is_known(name: str, dtype: Any) -> bool:
    """Whether `applied` knows a function of numbers of a type."""
    if name in ("where", "identity", "positive") or name in _COMPARISONS:
        return True
    if dtype == BOOL:
        return name in _TRUTH or name in ("logical_not", "invert")
    if name in _ARITHMETIC or name in ("negative", "absolute", "maximum", "minimum", "square", "sign"):
        return True
    if not is_float(dtype):
        return name in ("bitwise_and", "bitwise_or", "bitwise_xor", "invert")
    return (
        name in ("divide", "sqrt", "reciprocal", "fabs", "isnan", "isfinite", "isinf", "copysign", "signbit", "same")
        or name in _ROUNDINGS
        or name in _VECTORISED
        or name in _VECTORISED_2
    )


def result_type(name: str, dtype: Any) -> Any:
    """The type of what `applied` gives."""
    truth = name in _COMPARISONS or name in ("isnan", "isfinite", "isinf", "signbit", "same", "logical_not")
    return BOOL if truth else dtype


def applied(b: ir.IRBuilder, name: str, dtype: Any, given: list[ir.Value]) -> ir.Value:
    """A function of numbers of a type; it must be known."""
    if name in ("identity", "positive"):
        return given[0]
    if name == "where":
        return b.select(given[0], given[1], given[2])
    if dtype == BOOL:
        return _of_truths(b, name, given)
    if is_float(dtype):
        return _of_reals(b, name, [Value(b, _FORMATS[dtype], x) for x in given])
    return _of_integers(b, name, given)


def _of_truths(b: ir.IRBuilder, name: str, given: list[ir.Value]) -> ir.Value:
    if name in ("logical_not", "invert"):
        return b.not_(given[0])
    if name in _TRUTH:
        return getattr(b, _TRUTH[name])(*given)
    return b.icmp_unsigned(_COMPARISONS[name], *given)


def _of_integers(b: ir.IRBuilder, name: str, given: list[ir.Value]) -> ir.Value:
    x = given[0]
    zero = ir.Constant(x.type, 0)
    simple: dict[str, Callable[[], ir.Value]] = {
        "square": lambda: b.mul(x, x),
        "negative": lambda: b.neg(x),
        "invert": lambda: b.not_(x),
        "absolute": lambda: b.select(b.icmp_signed("<", x, zero), b.neg(x), x),
        "sign": lambda: b.sub(b.zext(b.icmp_signed(">", x, zero), x.type), b.zext(b.icmp_signed("<", x, zero), x.type)),
        "maximum": lambda: b.select(b.icmp_signed(">", *given), *given),
        "minimum": lambda: b.select(b.icmp_signed("<", *given), *given),
        "bitwise_and": lambda: b.and_(*given),
        "bitwise_or": lambda: b.or_(*given),
        "bitwise_xor": lambda: b.xor(*given),
    }
    if name in simple:
        return simple[name]()
    if name in _ARITHMETIC:
        return getattr(b, _ARITHMETIC[name])(*given)
    return b.icmp_signed(_COMPARISONS[name], *given)


def _of_reals(b: ir.IRBuilder, name: str, given: list[Value]) -> ir.Value:
    x = given[0]
    if name in _COMPARISONS:
        y = given[1]
        compare = b.fcmp_unordered if name == "not_equal" else b.fcmp_ordered
        return compare(_COMPARISONS[name], x.ir, y.ir)
    if name in _ARITHMETIC:
        return getattr(b, "f" + _ARITHMETIC[name])(x.ir, given[1].ir)
    if name in ("maximum", "minimum"):  # NaN wins
        first = x > given[1] if name == "maximum" else x < given[1]
        return select(first | x.is_nan(), x, given[1]).ir
    if name in _ROUNDINGS:
        return x.call(_ROUNDINGS[name]).ir
    infinity = float("inf")
    simple: dict[str, Callable[[], Any]] = {
        "divide": lambda: (x / given[1]).ir,
        "negative": lambda: (-x).ir,
        "absolute": lambda: x.call("llvm.fabs").ir,
        "fabs": lambda: x.call("llvm.fabs").ir,
        "square": lambda: (x * x).ir,
        "sqrt": lambda: x.call("llvm.sqrt").ir,
        "reciprocal": lambda: (1.0 / x).ir,
        "copysign": lambda: x.call("llvm.copysign", given[1]).ir,
        "isnan": lambda: x.is_nan().ir,
        "isfinite": lambda: (x.call("llvm.fabs") < infinity).ir,
        "isinf": lambda: x.call("llvm.fabs").equals(infinity).ir,
        "signbit": lambda: b.icmp_signed("<", x.bits(), x.integer(0)),
        "sign": lambda: select(x > 0.0, 1.0, select(x < 0.0, -1.0, select(x.equals(0.0), 0.0, x))).ir,
        # As Python prints them: 0.0 is not -0.0, and NaN is NaN.
        "same": lambda: b.or_(b.icmp_unsigned("==", x.bits(), given[1].bits()), (x.is_nan() & given[1].is_nan()).ir),
    }
    if name in simple:
        return simple[name]()
    if name in _VECTORISED_2:
        return BINARY[name](x, given[1]).ir
    return UNARY[name](x).ir
