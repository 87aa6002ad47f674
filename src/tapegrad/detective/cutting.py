"""Where the history of a tensor was cut: the steps whose result is not recorded although an input was."""

from __future__ import annotations

from ..tensor.tensor import Tensor
from .answers import Cause, distinct
from .journal import LEAVING, MAKING, Seen, Step, left, required, step_of, steps_behind
from .notes import known_of
from .words import at

_COMPARISONS = frozenset(
    "eq ne lt le gt ge __eq__ __ne__ __lt__ __le__ __gt__ __ge__ isclose greater less greater_equal less_equal".split()
)
_CHOOSING = frozenset("argmax argmin argsort nonzero argwhere searchsorted bucketize multinomial".split())


def cause_of_cut(step: Step) -> Cause:
    """A step whose result has no history, in words."""
    name, line = step.name, step.origin
    if name in ("detach", "detach_", "detach_copy"):
        return Cause(
            "detached",
            "detach() cut the history: its result is a constant to autograd.",
            "Leave detach() out where the gradient shall pass; keep it for values that are only logged or are targets.",
            line,
        )
    if name == "data":
        return Cause(
            "data",
            ".data cut the history: it shows the values without it.",
            "Use the tensor itself; for an update write `with torch.no_grad():` around an in-place operation.",
            line,
        )
    if name in LEAVING:
        shown = {"__float__": "float(…)", "__int__": "int(…)", "__array__": "NumPy"}.get(name, f"{name}()")
        return Cause(
            "number",
            f"{shown} took the values out of the tensor; numbers and NumPy arrays have no history.",
            "Compute with the tensors (torch.stack(losses).mean(), loss * 2) and take numbers out only to print them.",
            line,
        )
    if name in MAKING:
        return Cause(
            "copied",
            f"{name}(…) made a new tensor of the values only; it is a leaf of its own.",
            "Use the tensor itself, x.clone() for a copy with history, torch.stack or torch.cat to join several.",
            line,
        )
    if not step.recorded:
        mode = "inference_mode" if step.inference else "no_grad"
        return Cause(
            mode,
            f"{name} ran while recording was off ({mode}{', switched off' + at(step.off) if step.off else ''}).",
            "Move it out of the block, or put `with torch.enable_grad():` around it (under inference_mode that does not"
            " help).",
            line,
        )
    if step.integer:
        return Cause("integer", _integer_text(name), _integer_cure(name), line)
    return Cause(
        "not_differentiable",
        f"{name} has no derivative: its result is not recorded.",
        "Use a differentiable function in its place (of random draws, rsample() or Gumbel-softmax).",
        line,
    )


def _integer_text(name: str) -> str:
    if name in _COMPARISONS:
        return f"{name.strip('_')} compares: its result is True or False, which no small change alters."
    if name in _CHOOSING:
        return f"{name} gives indices, which are integers: no small change alters them."
    return f"{name} made integers (or bools) of the values; only floating-point numbers have gradients."


def _integer_cure(name: str) -> str:
    if name in _COMPARISONS:
        return "Use a smooth stand-in for the comparison, torch.sigmoid((a - b) / t), or a loss on the values."
    if name in _CHOOSING:
        return "Use the values (amax, a softmax, F.cross_entropy on the logits), or F.gumbel_softmax(hard=True)."
    return "Leave the conversion out, or do it after the loss."


def set_late(t: Tensor, step: Step) -> Cause:
    """A tensor that required no gradient yet when it was used."""
    known = known_of(t)
    required = None if known is None else known.required
    since = "" if required is None else f" (which it does since the line{at(required)})"
    return Cause(
        "set_late",
        f"{step.name} used this tensor before it required a gradient{since}: only what comes after"
        " requires_grad_() is recorded.",
        "Call requires_grad_() before anything is computed from the tensor, and compute the output again.",
        step.origin,
    )


def cuts_between(t: Tensor, of: Tensor) -> list[Cause]:
    """The first cuts on all noted ways from `t` to `of`."""
    start = step_of(of)
    return [] if start is None else _cuts_before(t, start)


def cuts_by_values(t: Tensor, of: Tensor) -> list[Cause]:
    """The cuts on the way from `t` to values that left the tensors before `of` was made of values."""
    start = step_of(of)
    behind = [] if start is None else steps_behind(start)
    last = max((step.number for step in behind if step.name in MAKING and not step.inputs), default=-1)
    return distinct([cause for step in left if step.number < last for cause in _cuts_before(t, step)])


def _cuts_before(t: Tensor, start: Step) -> list[Cause]:
    consumers, first = _ways(t, start)
    found: list[Cause] = []
    seen: set[int] = set()
    stack: list[Step] = []
    for step, taken in first:
        if not taken.required and required(t) and step.name not in MAKING:
            found.append(set_late(t, step))
        else:
            stack.append(step)
    while stack:
        step = stack.pop()
        if id(step) in seen:
            continue
        seen.add(id(step))
        if not step.tracked:
            found.append(cause_of_cut(step))
        else:
            stack += consumers.get(id(step), [])
    return distinct(found)


def _ways(t: Tensor, start: Step) -> tuple[dict[int, list[Step]], list[tuple[Step, Seen]]]:
    """For each step behind `start`, who used its result; and those that took `t` itself."""
    consumers: dict[int, list[Step]] = {}
    first: list[tuple[Step, Seen]] = []
    for step in steps_behind(start):
        for taken in step.inputs:
            if taken.tensor() is t:
                first.append((step, taken))
            if taken.step is not None:
                consumers.setdefault(id(taken.step), []).append(step)
    return consumers, first


def was_used(t: Tensor, of: Tensor) -> bool | None:
    """Whether a noted way leads from `t` to `of`; None if `of` came from nothing that was noted."""
    start = step_of(of)
    return None if start is None else bool(_ways(t, start)[1])


def all_cuts(of: Tensor) -> list[Cause]:
    """All steps behind `of` at which a history ended."""
    start = step_of(of)
    steps = [] if start is None else sorted(steps_behind(start), key=lambda step: step.number)
    return distinct(
        [cause_of_cut(step) for step in steps if not step.tracked and any(taken.required for taken in step.inputs)]
    )
