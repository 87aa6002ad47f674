"""The functions for Numba, by the names of NumPy's and SciPy's ufuncs."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from numba.core import config
from numba.extending import intrinsic

from . import error_function, exponential, inverse_trigonometric, logarithms, power, trigonometric
from .formats import DOUBLE, SINGLE, Format
from .rare import Rare
from .values import Value

UNARY: dict[str, Callable[[Value], Value]] = {
    "exp": exponential.exp,
    "exp2": exponential.exp2,
    "expm1": exponential.expm1,
    "expit": exponential.expit,
    "sinh": exponential.sinh,
    "cosh": exponential.cosh,
    "tanh": exponential.tanh,
    "log": logarithms.log,
    "log2": logarithms.log2,
    "log10": logarithms.log10,
    "log1p": logarithms.log1p,
    "arcsinh": logarithms.asinh,
    "arccosh": logarithms.acosh,
    "arctanh": logarithms.atanh,
    "sin": trigonometric.sin,
    "cos": trigonometric.cos,
    "tan": trigonometric.tan,
    "arcsin": inverse_trigonometric.asin,
    "arccos": inverse_trigonometric.acos,
    "arctan": inverse_trigonometric.atan,
    "erf": error_function.erf,
    "erfc": error_function.erfc,
}
BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "arctan2": inverse_trigonometric.atan2,
    "hypot": power.hypot,
    "logaddexp": logarithms.logaddexp,
    "logaddexp2": logarithms.logaddexp2,
    "power": power.power,
}
RARE = {"sin": trigonometric.LARGE_SIN, "cos": trigonometric.LARGE_COS, "tan": trigonometric.LARGE_TAN}


def unary(function: Callable[[Value], Value], form: Format, rare: Rare | None) -> Any:
    """`function` for nopython code, on numbers of that format."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x = Value(builder, form, arguments[0])
        result = function(x)
        return (result if rare is None else rare.corrected(result, x, context)).ir

    def typed(typing_context: Any, x: Any) -> Any:
        return form.numba_type(form.numba_type), lowered

    return intrinsic(typed)


def binary(function: Callable[[Value, Value], Value], form: Format) -> Any:
    """`function` of two numbers for nopython code."""

    def lowered(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return function(Value(builder, form, arguments[0]), Value(builder, form, arguments[1])).ir

    def typed(typing_context: Any, x: Any, y: Any) -> Any:
        return form.numba_type(form.numba_type, form.numba_type), lowered

    return intrinsic(typed)


def has_fma() -> bool:
    """True if the processor that Numba compiles for has fused multiply-add as an instruction."""
    if config.CPU_FEATURES is not None:
        return "+fma" in config.CPU_FEATURES.split(",")
    if config.CPU_NAME not in (None, "host"):
        return False  # some other processor than this one: unknown
    return platform.machine().lower() in ("arm64", "aarch64") or llvm.get_host_cpu_features().get("fma", False)


def functions() -> dict[str, dict[type[np.floating[Any]], Any]]:
    """The table."""
    if not has_fma():
        return {}
    forms: dict[type[np.floating[Any]], Format] = {np.float32: SINGLE, np.float64: DOUBLE}
    made = {name: {t: unary(f, form, RARE.get(name)) for t, form in forms.items()} for name, f in UNARY.items()}
    return made | {name: {t: binary(f, form) for t, form in forms.items()} for name, f in BINARY.items()}


FUNCTIONS = functions()
