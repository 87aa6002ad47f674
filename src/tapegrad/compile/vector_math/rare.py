"""Leaving rare arguments to libm without losing vectorisation.

Sines of large arguments need hundreds of digits of π, which the C library's functions have (M. Payne and R. Hanek,
"Radian reduction for trigonometric functions", ACM SIGNUM Newsletter 18, 1983). A branch to them would keep LLVM from
vectorising the loop. So the branch is put into a function that has vector variants: LLVM's loop vectoriser replaces a
call to it by a call of the variant for its number of lanes, as compilers do with vector libraries of mathematics
(https://llvm.org/docs/LangRef.html, attribute "vector-function-abi-variant"). The variant looks whether any lane is
rare, and only then goes through them one by one. Each lane's result is the same whatever the number of lanes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

from .formats import DOUBLE, Format
from .values import Value

LANES = (2, 4, 8, 16)


@dataclass(frozen=True)
class Rare:
    """Arguments of size `double` (in float64) or `single` (in float32) and larger go to libm's function `name`."""

    name: str
    double: float
    single: float

    def symbol(self, form: Format) -> str:
        """The name of the compiled function; those of its variants end in the number of lanes."""
        return f"tapegrad_{self.name}_unless_large_{form.name}"

    def corrected(self, result: Value, x: Value, context: Any) -> Value:
        """`result` where x is not rare (or NaN), libm's function of x elsewhere."""
        form, builder = x.format, x.builder
        symbol = self.symbol(form)
        context.active_code_library.add_linking_library(library(context.codegen(), self, form))
        if symbol not in builder.module.globals:
            ir.Function(builder.module, ir.FunctionType(form.ir_type, [form.ir_type] * 2), symbol)
        return x.made(builder.call(builder.module.globals[symbol], [result.ir, x.ir]))


@cache
def library(codegen: Any, rare: Rare, form: Format) -> Any:
    """The compiled function and its variants, to be linked into what calls them."""
    made = codegen.create_library(rare.symbol(form))
    made.add_llvm_module(llvm.parse_assembly(source(rare, form)))
    made.finalize()
    return made


def source(rare: Rare, form: Format) -> str:
    """LLVM's text of the function and its variants."""
    symbol = rare.symbol(form)
    variants = ",".join(f"_ZGV_LLVM_N{lanes}vv_{symbol}({symbol}_{lanes})" for lanes in LANES)
    # Not inlined, or the branch would be in the loop again; without effects, but for errno, which nobody reads.
    pure = "noinline nounwind willreturn memory(none)"
    return "\n".join(
        [
            f"declare double @{rare.name}(double)",
            one_lane(rare, form),
            *(several_lanes(rare, form, lanes) for lanes in LANES),
            f"attributes #0 = {{ {pure} }}",
            f'attributes #1 = {{ {pure} "vector-function-abi-variant"="{variants}" }}',
        ]
    )


def limit(rare: Rare, form: Format) -> str:
    """The smallest rare argument; LLVM writes numbers of both formats by the bits of the float64."""
    return "0x" + struct.pack(">d", rare.double if form is DOUBLE else rare.single).hex()


def one_lane(rare: Rare, form: Format) -> str:
    """The function itself; libm's is called in float64, which every C library has."""
    t, short = str(form.ir_type), form.ir_type.intrinsic_name
    if form is DOUBLE:
        call = [f"%y = call double @{rare.name}(double %x)"]
    else:
        call = [
            f"%wide = fpext {t} %x to double",
            f"%wide_y = call double @{rare.name}(double %wide)",
            f"%y = fptrunc double %wide_y to {t}",
        ]
    return "\n".join(
        [
            f"declare {t} @llvm.fabs.{short}({t})",
            f"define weak_odr {t} @{rare.symbol(form)}({t} %result, {t} %x) #1 {{",
            f"%size = call {t} @llvm.fabs.{short}({t} %x)",
            f"%large = fcmp oge {t} %size, {limit(rare, form)}",
            "br i1 %large, label %rare, label %usual",
            "rare:",
            *call,
            f"ret {t} %y",
            "usual:",
            f"ret {t} %result",
            "}",
        ]
    )


def several_lanes(rare: Rare, form: Format, lanes: int) -> str:
    """The variant for so many lanes."""
    t, symbol = str(form.ir_type), rare.symbol(form)
    vector, truths = f"<{lanes} x {t}>", f"<{lanes} x i1>"
    fabs, any_of = f"@llvm.fabs.v{lanes}{form.ir_type.intrinsic_name}", f"@llvm.vector.reduce.or.v{lanes}i1"
    each, last = [], "%result"
    for lane in range(lanes):
        each += [
            f"%x{lane} = extractelement {vector} %x, i32 {lane}",
            f"%result{lane} = extractelement {vector} %result, i32 {lane}",
            f"%y{lane} = call {t} @{symbol}({t} %result{lane}, {t} %x{lane})",
            f"%all{lane} = insertelement {vector} {last}, {t} %y{lane}, i32 {lane}",
        ]
        last = f"%all{lane}"
    limits = ", ".join([f"{t} {limit(rare, form)}"] * lanes)
    return "\n".join(
        [
            f"declare {vector} {fabs}({vector})",
            f"declare i1 {any_of}({truths})",
            f"define weak_odr {vector} @{symbol}_{lanes}({vector} %result, {vector} %x) #0 {{",
            f"%size = call {vector} {fabs}({vector} %x)",
            f"%large = fcmp oge {vector} %size, <{limits}>",
            f"%any = call i1 {any_of}({truths} %large)",
            "br i1 %any, label %rare, label %usual",
            "rare:",
            *each,
            f"ret {vector} {last}",
            "usual:",
            f"ret {vector} %result",
            "}",
        ]
    )
