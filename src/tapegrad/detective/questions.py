"""`why`, and the other questions that one asks about a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..source_lines import recording_lines
from ..tensor.tensor import Tensor
from .absent import causes_of_none
from .answers import Answer, Cause, distinct
from .arrays import finite, zero
from .cutting import all_cuts
from .flow import cancelled
from .graphs import edge_of, is_used_up, leads_to, overwritten_behind, used_up
from .journal import step_of
from .nonfinite import follow, forward_causes, leaf_cause
from .notes import Notes, known_of
from .passing import hook_cause
from .words import at, what

_NOT_NOTED = "Lines were not noted: run the program inside of `with tapegrad.record_lines():` to be told where."


def why(tensor: Tensor, of: Tensor | None = None) -> Answer:
    """Why a tensor's `.grad` is None, zero, not finite, or not what was expected.

    Only causes that were checked are named, each with what to write instead. More can be checked if the program ran
    inside of `record_lines()`, and if the output is given; its graph should not have been used up.

    Args:
        tensor: the tensor whose `.grad` is asked about; of a result without a history, why it has none.
        of: the output (the loss) that it was to be the derivative of.

    Returns:
        The answer, to be printed; its causes are in `.causes`, and it is false if there are none.

    Raises:
        TypeError: an argument is no tensor.

    >>> import tapegrad as torch
    >>> w = torch.ones(3, requires_grad=True)
    >>> loss = (w.detach() * 2).sum()
    >>> print(torch.why(w, of=loss))
    Why is .grad of this float32 tensor of shape (3,) None?
    - no_history: The output does not require a gradient: none of the operations that led to it was recorded...
    """
    for name, value in (("tensor", tensor), ("of", of)):
        if not isinstance(value, Tensor) and (name == "tensor" or value is not None):
            raise TypeError(f"why(): argument '{name}' must be Tensor, not {type(value).__name__}")
    grad = tensor._grad
    shown = what(tensor)
    if grad is None:
        answer = Answer(f"Why is .grad of {shown} None?", causes_of_none(tensor, of))
    elif not finite(grad._data):
        answer = Answer(f"Why is .grad of {shown} not finite?", _nonfinite(tensor, of))
    elif zero(grad._data) and grad._data.size:
        answer = Answer(f"Why is .grad of {shown} zero?", _zero(tensor, of))
    else:
        answer = Answer(f"What is .grad of {shown}?", _other(tensor, grad, of))
    answer.facts += _facts(tensor, answer)
    return answer


def _facts(t: Tensor, answer: Answer) -> list[str]:
    known = known_of(t)
    facts = [] if known is None or not known.count else [_sum(known)]
    if (
        not any(cause.line for cause in answer.causes)
        and known is None
        and step_of(t) is None
        and not recording_lines()
    ):
        if answer.causes or t._grad is None or not t._grad._data.any():
            facts.append(_NOT_NOTED)
    return facts


def _sum(known: Notes) -> str:
    lines: dict[str, int] = {}
    for deposit in known.deposits:
        lines[str(deposit.origin)] = lines.get(str(deposit.origin), 0) + 1
    where = "; ".join(f"{line} ({n} times)" if n > 1 else line for line, n in lines.items())
    passes = "one backward pass" if known.count == 1 else f"{known.count} backward passes"
    return f".grad is the sum of {passes}: {where}."


def _alive(t: Tensor, of: Tensor) -> bool:
    """Whether the gradient of an output can be computed now: its graph is there and leads to the tensor."""
    return of.requires_grad and leads_to(of, t) and not is_used_up(of) and not overwritten_behind(of)


def _events(t: Tensor, of: Tensor | None, zeros: bool) -> list[Cause]:
    """What made the gradient zero (or not finite) on its way: as noted in the pass, or found out now."""
    known = known_of(t)
    if known is not None and known.deposits:
        noted = [cause for deposit in known.deposits for cause in deposit.causes]
        if noted:
            return distinct(noted)
    if of is None or not _alive(t, of):
        return []
    flow, edge = follow(of), edge_of(t)
    found = [e.cause for e in flow.reached.get(getattr(edge, "node", edge), []) if e.zero is zeros]
    return distinct(found)


def _zero(t: Tensor, of: Tensor | None) -> list[Cause]:
    known = known_of(t)
    if known is not None and known.cleared is not None:
        name, line = known.cleared
        return [_cleared(name, line)]
    assert t._grad is not None
    step = step_of(t._grad)
    if step is not None and step.name in ("zero_", "fill_", "copy_", "mul_", "__imul__", "zero"):
        return [_cleared(f".grad.{step.name}", step.origin)]
    found = _events(t, of, zeros=True)
    if found:
        return found
    if of is not None and _alive(t, of):
        gradient = _gradient(of, t)
        if gradient is not None and not zero(gradient):
            return [_hooked(t) or _cleared("something (zero_grad, or a write into .grad)", None)]
        return [cancelled(t)]
    return []


def _cleared(name: str, line: Any) -> Cause:
    return Cause(
        "zeroed",
        f"It was filled with zeros by {name} after the backward pass.",
        "Read .grad between backward() and zero_grad(); call zero_grad() before backward(), not after it.",
        line,
    )


def _nonfinite(t: Tensor, of: Tensor | None) -> list[Cause]:
    if not finite(t._data):
        return [leaf_cause(t)]
    if of is not None:
        forward = forward_causes(of)
        if forward:
            return forward
    return _events(t, of, zeros=False)


def _gradient(of: Tensor, t: Tensor) -> Any:
    """d(of)/dt now, without hooks, for an output of one element."""
    from ..explain.walking import walk

    total: list[Any] = []
    edge = edge_of(t)

    def witness(node: Any, grad: Any, grads: Any) -> None:
        total.extend(
            part for e, part in zip(node.edges, grads, strict=False) if e is not None and e is edge and part is not None
        )

    walk([(edge_of(of), np.ones_like(of._data))], witness)
    return sum(total[1:], start=total[0]) if total else None


def _hooked(t: Tensor) -> Cause | None:
    hooks = None if t._x is None else t._x.get("hooks")
    return hook_cause(list(hooks.before.values())) if hooks is not None and hooks.before else None


def _other(t: Tensor, grad: Tensor, of: Tensor | None) -> list[Cause]:
    """A finite gradient that is not zero: is it that of the output?"""
    known = known_of(t)
    if known is not None and known.mixed is not None:
        return [
            Cause(
                "accumulated",
                f".grad is the sum of {known.count} backward passes, the tensor was changed between them, and the sum"
                f" was used to update it{at(known.mixed)}: gradients at different places were added up.",
                "Call optimizer.zero_grad() before each backward().",
                known.deposits[-1].origin,
            )
        ]
    if of is None or of._data.size != 1 or not _alive(t, of):
        return []
    now = _gradient(of, t)
    if now is None or now.shape != grad._data.shape or np.allclose(now, grad._data, rtol=1e-4, atol=1e-6):
        return []
    hook = _hooked(t)
    if hook is not None:
        return [hook]
    if known is not None and known.assigned is not None:
        return [Cause("assigned", "It was set by hand.", "Let backward() fill .grad.", known.assigned)]
    for n in range(2, 101):
        if np.allclose(n * now, grad._data, rtol=1e-4, atol=1e-6) and (known is None or known.count in (0, n)):
            return [_several(n, known)]
    return []


def _several(n: int, known: Notes | None) -> Cause:
    noted = known is not None and known.count > 1
    return Cause(
        "accumulated",
        f"It is {n} times the gradient of the output: backward passes add to .grad, and "
        + (
            f"it was not cleared between {n} of them."
            if noted
            else f"{n} passes (or one with a cotangent of {n}) do so."
        ),
        "Call optimizer.zero_grad() (or set x.grad = None) before backward().",
        known.deposits[-1].origin if known is not None and known.deposits else None,
    )


# -- the other questions -----------------------------------------------------------------------------------------------


def cuts(tensor: Tensor) -> Answer:
    """Where the history behind a tensor was cut: detach, no_grad, conversions to integers, `.item()`, `.data`.

    What is listed may well be meant: a target that is detached, an index. The program has to run inside of
    `record_lines()`.

    >>> import tapegrad as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> with torch.record_lines():
    ...     loss = (w * w.detach()).sum()
    >>> torch.detective.cuts(loss).kinds
    ['detached']
    """
    answer = Answer(f"Where was the history behind {what(tensor)} cut?", all_cuts(tensor))
    if not answer.causes:
        answer.facts.append(_NOT_NOTED if step_of(tensor) is None else "Nowhere.")
    return answer


def overwritten(tensor: Tensor) -> Answer:
    """Which saved values behind a tensor were overwritten, so that a backward pass fails: saved here, written there.

    >>> import tapegrad as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> a = x * 2
    >>> b = (a * a).sum()
    >>> _ = a.add_(1)
    >>> torch.detective.overwritten(b).kinds
    ['overwritten']
    """
    return Answer(f"Which values behind {what(tensor)} were overwritten?", overwritten_behind(tensor))


def shared(tensor: Tensor) -> Answer:
    """Which part of the graph behind a tensor an earlier backward pass has used up, so that another one fails.

    >>> import tapegrad as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> h = x.exp()
    >>> h.sum().backward()
    >>> torch.detective.shared((h * h).sum()).kinds
    ['freed']
    """
    found = used_up(tensor)
    return Answer(f"What makes a backward pass from {what(tensor)} fail?", [found] if found is not None else [])


def passes(tensor: Tensor) -> Answer:
    """Of how many backward passes a tensor's `.grad` is the sum, and where they were called.

    >>> import tapegrad as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.record_lines():
    ...     for _ in range(2):
    ...         (x * 3).sum().backward()
    >>> print(torch.detective.passes(x))
    Of how many backward passes is .grad of this float32 tensor of shape (2,) the sum?
    - .grad is the sum of 2 backward passes: ...: `(x * 3).sum().backward()` (2 times).
    """
    answer = Answer(f"Of how many backward passes is .grad of {what(tensor)} the sum?")
    known = known_of(tensor)
    if tensor._grad is None:
        answer.facts.append("Of none: .grad is None.")
    else:
        answer.facts.append(_NOT_NOTED if known is None or not known.count else _sum(known))
    return answer
