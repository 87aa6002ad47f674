"""NumPy's functions and methods, and Python's operators, as statements."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ...program import Ref, Step
from . import operations
from .builder import MOST, Builder
from .operations import F64
from .places import Untranslatable
from .products import product
from .statements import Accumulation, Number, Pointwise
from .views import VIEWS, view

OPERATORS: Final = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power", "neg": "negative",
    "abs": "absolute", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal", "and_": "bitwise_and", "or_": "bitwise_or", "xor": "bitwise_xor", "invert": "invert",
    "iadd": "add", "isub": "subtract", "imul": "multiply", "itruediv": "divide",
}  # fmt: skip
_REDUCTIONS: Final = {
    "sum": "sum", "add": "sum", "max": "max", "amax": "max", "maximum": "max", "min": "min", "amin": "min",
    "minimum": "min", "prod": "prod", "multiply": "prod", "any": "any", "logical_or": "any", "all": "all",
    "logical_and": "all",
}  # fmt: skip
_EMPTY: Final[dict[str, Any]] = {
    "empty": None, "empty_like": None, "zeros": 0, "zeros_like": 0, "ones": 1, "ones_like": 1, "full": None,
    "full_like": None,
}  # fmt: skip
_NAMES: Final = {"true_divide": "divide", "conjugate": "identity"}


def ufunc(low: Builder, step: Step, ufunc: np.ufunc) -> None:
    """A ufunc of arrays and numbers."""
    if not set(step.kwargs) <= {"out"} or ufunc.nout != 1:
        raise Untranslatable("options of a function")
    if ufunc is np.matmul:
        product(low, step)
        return
    types = [_type_of(low, x) for x in step.args]
    loop = ufunc.resolve_dtypes((*types[: ufunc.nin], None))
    if len(set(loop[: ufunc.nin])) != 1:
        raise Untranslatable("operands of several types")
    _apply(low, step, _NAMES.get(ufunc.__name__, ufunc.__name__), step.args, loop[0])


def ufunc_method(low: Builder, step: Step, ufunc: str, name: str) -> None:
    """`reduce` and `accumulate`."""
    if name == "reduce":
        _reduce(low, step, _REDUCTIONS[ufunc], step.args[0], step.args[1:], step.kwargs, 0)
    elif name == "accumulate" and ufunc == "add" and len(step.args) == 1 and set(step.kwargs) <= {"axis", "dtype"}:
        source, target = low.place(step.args[0]), low.fresh(step)
        axis = step.kwargs.get("axis", 0)
        if source.size > MOST or not operations.can_convert(source.dtype, target.dtype):
            raise Untranslatable("a sum of another type")
        low.add(
            Accumulation(target.of(np.moveaxis(target.array, axis, -1)), source.of(np.moveaxis(source.array, axis, -1)))
        )
    else:
        raise Untranslatable(name)


def arithmetic(low: Builder, step: Step, name: str) -> None:
    """One of Python's operators, on numbers of NumPy's or of Python's."""
    if all(low.is_weak(x) for x in step.args):
        _of_numbers(low, step, name)
        return
    ufunc = getattr(np, name)
    loop = ufunc.resolve_dtypes((*[_type_of(low, x) for x in step.args], None))
    if len(set(loop[:-1])) != 1:
        raise Untranslatable("operands of several types")
    low.pointwise(low.fresh(step), name, step.args, loop[0])


def _of_numbers(low: Builder, step: Step, name: str) -> None:
    """Arithmetic on Python's real numbers, which raises errors where NumPy gives infinity."""
    if not any(x.__class__ is Ref or x.__class__ is float for x in step.args):
        raise Untranslatable("arithmetic on Python integers")
    target = low.fresh(step)
    low.pointwise(target, name, step.args, F64)
    if name == "divide":
        low.hold("not_equal", low.operand(step.args[1], F64, ()), Number(0.0, F64))
    elif name == "power":
        low.hold("greater", low.operand(step.args[0], F64, ()), Number(0.0, F64))
        low.hold("isfinite", target)


def named(low: Builder, step: Step, name: str) -> None:
    """A function of NumPy's, or the method of that name."""
    args, kwargs = step.args, step.kwargs
    if name == "dot":
        product(low, step)
    elif name in VIEWS:
        view(low, step, name)
    elif name in _REDUCTIONS:
        _reduce(low, step, _REDUCTIONS[name], args[0], args[1:], kwargs, None)
    elif name == "mean":
        _mean(low, step)
    elif name in _EMPTY:
        _filled(low, step, name)
    elif name == "where" and len(args) == 3:
        _apply(low, step, "where", args, low.program.values[step.out[0]].dtype)
    elif name == "clip" and len(args) == 3 and not kwargs:
        _clip(low, step)
    elif name in ("astype", "copy") and not set(kwargs) - {"copy", "order"}:
        low.copy(low.fresh(step), low.place(args[0]))
    elif name == "fill":
        low.pointwise(low.write(args[0]), "identity", [args[1]], low.place(args[0]).dtype)
    elif name == "copyto" and len(args) == 2:
        _copyto(low, step)
    elif name in ("concatenate", "stack"):
        _joined(low, step, name)
    elif name == "item" and len(args) == 1:
        source = low.place(args[0])
        if not operations.is_float(source.dtype):
            raise Untranslatable("a Python integer")
        low.copy(low.fresh(step), source.of(source.array.reshape(())))
    else:
        raise Untranslatable(name)


def _apply(low: Builder, step: Step, name: str, operands: Any, dtype: Any) -> None:
    out = step.kwargs.get("out", operands[2] if len(operands) > 2 and name != "where" else None)
    if out is not None and name != "where":
        operands = operands[:2]
    low.pointwise(low.fresh(step) if out is None else low.write(out), name, operands, dtype)


def _type_of(low: Builder, x: Any) -> Any:
    if x.__class__ is Ref:
        return low.program.values[x.number].dtype or float
    return x.dtype if isinstance(x, np.generic) else x.__class__


def _reduce(low: Builder, step: Step, name: str, x: Any, rest: Any, options: dict[str, Any], default: Any) -> None:
    options = dict(options)
    axis = options.pop("axis", rest[0] if rest else default)
    if options.pop("dtype", None) is not None or options.pop("out", None) is not None or len(rest) > 1:
        raise Untranslatable("options of a reduction")
    options.pop("keepdims", None)
    if options:
        raise Untranslatable("options of a reduction")
    low.reduced(low.fresh(step), name, low.place(x), axis)


def _mean(low: Builder, step: Step) -> None:
    source, target = low.place(step.args[0]), low.fresh(step)
    if source.dtype != target.dtype or set(step.kwargs) - {"axis", "keepdims"} or len(step.args) > 2:
        raise Untranslatable("a mean of another type")
    axis = step.kwargs.get("axis", step.args[1] if len(step.args) > 1 else None)
    low.reduced(target, "sum", source, axis)
    count = Number(source.size / target.size, target.dtype)
    low.add(Pointwise(target, "divide", (target, count), target.dtype))


def _filled(low: Builder, step: Step, name: str) -> None:
    target = low.fresh(step)
    fill: Any = _EMPTY[name]
    if name.startswith("full"):
        fill = step.args[1]
    if fill is not None:
        low.pointwise(target, "identity", [fill], target.dtype)


def _clip(low: Builder, step: Step) -> None:
    x, least, largest = step.args
    target = low.fresh(step)
    if least is not None:
        low.pointwise(target, "maximum", [x, least], target.dtype)
        x = target
    if largest is not None:
        low.pointwise(target, "minimum", [x, largest], target.dtype)
    elif least is None:
        low.copy(target, low.place(x))


def _copyto(low: Builder, step: Step) -> None:
    target, source = step.args
    place, where = low.write(target), step.kwargs.get("where", True)
    if set(step.kwargs) - {"where"}:
        raise Untranslatable("options of a function")
    if where is True:
        low.pointwise(place, "identity", [source], place.dtype)
    else:
        low.pointwise(place, "where", [where, source, place], place.dtype)


def _joined(low: Builder, step: Step, name: str) -> None:
    parts = [low.place(x) for x in step.args[0]]
    axis = step.kwargs.get("axis", step.args[1] if len(step.args) > 1 else 0)
    if set(step.kwargs) - {"axis"} or not isinstance(axis, int):
        raise Untranslatable("options of a function")
    target = low.fresh(step)
    if name == "stack":
        parts = [p.of(np.expand_dims(p.array, axis)) for p in parts]
    axis %= len(target.shape)
    start = 0
    for p in parts:
        index: Any = (*[slice(None)] * axis, slice(start, start + p.shape[axis]))
        low.copy(target.of(target.array[index]), p)
        start += p.shape[axis]
