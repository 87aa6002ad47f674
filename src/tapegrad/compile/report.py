"""What a compiled function says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .symbolic import shape_text

if TYPE_CHECKING:
    from .calling import Call
    from .compiled import Compiled
    from .program import Program


def report(compiled: Compiled) -> str:
    """Programs, their guards, and the calls that run as they are written, with the reason."""
    name = getattr(compiled.function, "__name__", type(compiled.function).__name__)
    lines = [f"{name}: {len(compiled.calls)} program{'s' if len(compiled.calls) != 1 else ''}"]
    for i, call in enumerate(compiled.calls, 1):
        lines += [f"  program {i}: {_sizes(call)}; {call.tier}"]
        lines += [f"    used if {guard}" for guard in call.guards if guard]
    for reason, where in dict.fromkeys(compiled.dropped):
        lines.append(f"  as it is written: {reason}" + (f" at {where}" if where else ""))
    return "\n".join(lines)


def source(compiled: Compiled) -> str:
    """The generated code of all programs."""
    parts = []
    for i, call in enumerate(compiled.calls, 1):
        parts.append(f"# program {i}\n{call.source}")
        if call.way_back_source:
            parts.append(f"# program {i}, backward\n{call.way_back_source}")
    return "\n".join(parts)


def explanation(compiled: Compiled) -> str:
    """The steps of each program."""
    parts = []
    for i, call in enumerate(compiled.calls, 1):
        parts.append(f"program {i}\n{_steps(call.plan.program)}")
        parts += [f"fused: {title}" for title in call.kernels]
        back = call.plan.backward
        if back is not None and not back.freed:
            parts.append(f"program {i}, backward\n{_steps(back.program)}")
    return "\n".join(parts)


def _sizes(call: Call) -> str:
    plan = call.plan
    text = f"{len(plan.program.steps)} steps"
    if plan.backward is not None:
        text += ", no way back" if plan.backward.freed else f", {len(plan.backward.program.steps)} backward"
    return text


def _steps(program: Program) -> str:
    lines = []
    for step in program.steps:
        what = step.what if isinstance(step.what, str) else getattr(step.what, "__name__", str(step.what))
        outs = ", ".join(
            f"v{n} {value.dtype} {shape_text(value.shape)}"
            for n in step.out
            if (value := program.values.get(n)) is not None
        )
        lines.append(f"  {outs or '-'} <- {step.form} {what}")
    return "\n".join(lines)
