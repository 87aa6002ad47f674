"""The NaN detective: the first operation, forward or backward, that made a number that is not finite of finite ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.node import FREED, Node
from ..explain.walking import walk
from ..source_lines import origin_of
from ..tensor.tensor import Tensor
from .answers import Answer, Cause
from .arrays import finite, kept_by
from .flow import Flow, trapped
from .graphs import edge_of, is_used_up, nodes_behind
from .journal import Step, step_of, steps_behind
from .notes import known_of
from .traps import ALL_MASKED, ZERO_TIMES_INF, forward_trap
from .words import values, what

# Names of functions by the name of the operator, where the trap goes by another.
_FUNCTIONS = {
    "pow_number": "pow", "power": "pow", "std_dims": "std", "var_dims": "var", "softmax_dim": "softmax",
    "log_softmax_dim": "log_softmax", "mean_dims": "mean", "mean_all": "mean",
}  # fmt: skip


def find_nan(tensor: Tensor) -> Answer:
    """The first operation behind a tensor that made inf or nan out of finite numbers, going forward, then backward.

    Args:
        tensor: a result, usually the loss, whose graph has not been used up (call it before `backward()`, or pass
            `retain_graph=True` to that). Run the forward pass inside of `record_lines()` to be told lines, and the
            operands of operations that keep none.

    Returns:
        An answer with one cause, named for the trap if it is a known one; without a cause if everything is finite.

    Raises:
        TypeError: the argument is no tensor.

    >>> import tapegrad as torch
    >>> x = torch.tensor([0.0, 4.0], requires_grad=True)
    >>> loss = torch.where(x > 0, x.sqrt(), 0.0).sum()
    >>> torch.find_nan(loss).kinds
    ['zero_times_infinity']
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"find_nan(): argument 'tensor' must be Tensor, not {type(tensor).__name__}")
    answer = Answer(f"Where does {what(tensor)} get numbers that are not finite from?")
    forward = forward_causes(tensor)
    if forward:
        answer.causes = forward
    elif not tensor.requires_grad:
        answer.facts.append("It has no history: nothing was recorded." if step_of(tensor) is None else "It is finite.")
    elif is_used_up(tensor):
        answer.facts.append(
            "Its value is finite, and its graph was used up by a backward pass: ask before backward(), or pass"
            " retain_graph=True to it."
        )
    else:
        backward = follow(tensor).first_at_a_leaf()
        if backward is not None:
            hidden = _hidden(tensor) if backward.cause.kind == ZERO_TIMES_INF.name else None
            answer.causes = hidden or [backward.cause]
        else:
            answer.facts.append("Its value is finite, and so are the gradients of all leaves.")
    return answer


def follow(of: Tensor) -> Flow:
    """A backward pass from a tensor that changes nothing, followed node by node.

    Raises:
        RuntimeError: the graph was used up, or a value that a derivative needs was overwritten.
    """
    flow = Flow()
    walk([(edge_of(of), np.ones_like(of._data))], flow.saw)
    return flow


def forward_causes(of: Tensor) -> list[Cause]:
    """Who made the numbers of a tensor that are not finite; empty if all are finite."""
    if finite(of._data):
        return []
    start = step_of(of)
    return (_by_journal(start) if start is not None else None) or _by_graph(of)


def _hidden(of: Tensor) -> list[Cause] | None:
    """Who made an infinity that does not show in the result."""
    start = step_of(of)
    if start is not None:
        return _by_journal(start, everywhere=True)
    for node in nodes_behind(of):
        found = _made_by(node, kept_by(node))
        if found is not None:
            return [found]
    return None


def _by_journal(start: Step, everywhere: bool = False) -> list[Cause] | None:
    """The oldest step that made something not finite, on the ways by which it reached the result (or on any)."""
    steps = steps_behind(start, lambda taken: everywhere or not taken.finite)
    made = [step for step in steps if step.made is not None and (step.tracked or not everywhere)]
    given = [
        step
        for step in steps
        if any(not t.finite and (t.step is None or not t.step.inputs) for t in step.inputs) and not everywhere
    ]
    if not made:
        return [_given(min(given, key=lambda s: s.number))] if given else None
    first = min(made, key=lambda s: s.number)
    step = next((s for s in made if s.trap is ALL_MASKED), first)  # the -inf of a mask are meant
    text = f"{step.name} made {step.made} of finite numbers: {', '.join(step.operands)}."
    return [
        trapped(step.trap, text, "Look at the operands: the function is not defined, or overflows, there.", step.origin)
    ]


def _given(step: Step) -> Cause:
    """A step that was given numbers that are not finite, from where no step made them."""
    for taken in step.inputs:
        t = taken.tensor()
        if taken.finite or (taken.step is not None and taken.step.inputs):
            continue
        if t is not None and t.requires_grad and not finite(t._data):
            return leaf_cause(t)
        if taken.step is not None:
            line = taken.step.origin
            return Cause("input", f"{taken.step.name}(…) made it of numbers that are not finite.", _CHECK_INPUT, line)
    return Cause("input", f"{step.name} was given numbers that are not finite.", _CHECK_INPUT, step.origin)


_RECORD = "Run the forward pass inside of `with tapegrad.record_lines():`"
_CHECK_INPUT = "Check the data (torch.isfinite(x).all()) and, of parameters, the update before this pass."


def _by_graph(of: Tensor) -> list[Cause]:
    """The same from what the nodes have saved, oldest node first."""
    nodes = nodes_behind(of) if of.requires_grad else []
    for leaf in {id(e): e for node in nodes for e in node.edges if isinstance(e, Tensor)}.values():
        if not finite(leaf._data):
            return [leaf_cause(leaf)]
    for node in nodes:
        if node.saved is FREED:
            continue
        kept = kept_by(node)
        for name, value in kept.items():
            if name != "out" and isinstance(value, np.ndarray) and not finite(value) and value.dtype.kind in "fc":
                text = f"An operand of {node.name()} is not finite: {name} = {values(value)}."
                return [Cause("nonfinite", text, f"{_RECORD} to learn what made it.", origin_of(node))]
        found = _made_by(node, kept)
        if found is not None:
            return [found]
    return [
        Cause(
            "nonfinite",
            "Its value is not finite, and the operations behind it have kept too little to say which one made it so.",
            f"{_RECORD} and ask again.",
        )
    ]


def _made_by(node: Node, kept: dict[str, Any]) -> Cause | None:
    name = node.op.name
    out = kept.get("out")
    operands = [kept[x] for x in ("x", "base", "a", "b", "exponent") if x in kept]
    if isinstance(out, np.ndarray):
        if finite(out):
            return None
    elif name in ("log", "log2", "log10", "log1p", "acos", "asin", "div", "std_dims", "var_dims"):
        out = np.full(1, np.nan)
    else:
        return None
    if name == "exp":
        operands = [np.zeros(1)]
    trap = forward_trap(_FUNCTIONS.get(name, name), operands, out)
    if trap is None and "out" not in kept:
        return None
    shown = ", ".join(
        f"{n} = {values(v)}" for n, v in kept.items() if n != "out" and isinstance(v, (np.ndarray, float))
    )
    text = f"{node.name()} stands for an operation that made inf or nan{' of ' + shown if shown else ''}."
    return trapped(trap, text, "Look at its operands.", origin_of(node))


def leaf_cause(leaf: Tensor) -> Cause:
    """A leaf whose own values are not finite."""
    known = known_of(leaf)
    if known is not None and known.diverged is not None:
        return Cause(
            "diverged",
            f"The parameter itself is not finite, {values(leaf)}, since this optimizer step; before it, it was.",
            "Lower the learning rate, clip the gradients (torch.nn.utils.clip_grad_norm_), or look at the step before"
            " with find_nan: a gradient may have been inf or nan already.",
            known.diverged,
        )
    return Cause(
        "input",
        f"A leaf itself is not finite: {values(leaf)}. It came so into the computation.",
        _CHECK_INPUT,
    )
