"""Why a `.grad` is None."""

from __future__ import annotations

from ..autograd.node import FREED
from ..source_lines import Origin, origin_of
from ..tensor.tensor import Tensor
from .answers import Cause
from .cutting import all_cuts, cuts_between, cuts_by_values, was_used
from .graphs import edge_of, is_used_up, leads_to, overwritten_behind
from .journal import step_of
from .notes import Notes, known_of


def causes_of_none(t: Tensor, of: Tensor | None) -> list[Cause]:
    """Why `t.grad` is None, given the output that it was to be derived from, if that is known."""
    if t._data.dtype.kind not in "fcV":
        return all_cuts(t) or [_integer(t)]
    if t.grad_fn is not None:
        return _of_result(t, of)
    if not t.requires_grad:
        return all_cuts(t) or [_not_required(t)]
    known = known_of(t)
    if known is not None and known.cleared is not None:
        name, line = known.cleared
        return [_zeroed(f"It had a gradient, and {name} cleared it.", line)]
    if of is None:
        return _returned(known)
    return _of_leaf(t, of)


def _integer(t: Tensor) -> Cause:
    return Cause(
        "integer",
        f"It holds elements of {t.dtype}; only floating-point and complex numbers have gradients.",
        "Make it floating point before anything is computed from it: x.float().requires_grad_().",
    )


def _not_required(t: Tensor) -> Cause:
    return Cause(
        "no_requires_grad",
        "Its requires_grad is False: it is a constant to autograd.",
        "Make it with requires_grad=True, as an nn.Parameter, or call x.requires_grad_() before anything is computed"
        " from it.",
        None if (step := step_of(t)) is None else step.origin,
    )


def _zeroed(text: str, line: Origin | None = None) -> Cause:
    return Cause(
        "zeroed",
        text,
        "Read .grad between backward() and zero_grad(); call zero_grad() before backward(), not after it.",
        line,
    )


def _returned(known: Notes | None) -> list[Cause]:
    """A gradient that `autograd.grad` returned, if it did."""
    if known is None or known.returned is None:
        return []
    return [
        Cause(
            "returned",
            "torch.autograd.grad returned the gradient; it does not write to .grad.",
            "Use what it returns, or call backward(), which adds to .grad.",
            known.returned,
        )
    ]


def _of_result(t: Tensor, of: Tensor | None) -> list[Cause]:
    """Of a tensor that an operation produced."""
    node = t.grad_fn
    assert node is not None
    causes = []
    if not t.retains_grad:
        causes.append(
            Cause(
                "not_leaf",
                f"It is no leaf but the result of {node.name()}: backward passes add to .grad of leaves only.",
                "If it was meant to be a parameter, make a leaf of the result, torch.randn(3).mul(0.1).requires_grad_()"
                " or x.detach().requires_grad_(); else call x.retain_grad() before backward().",
                origin_of(node),
            )
        )
    elif node.saved is FREED:
        causes.append(
            Cause(
                "retained_late",
                "retain_grad() was called, but no backward pass has run since: the graph was used up before.",
                "Call retain_grad() before backward().",
                origin_of(node),
            )
        )
    if of is None or of is t:
        return causes + overwritten_behind(t)
    if not leads_to(of, t):
        causes += _of_leaf(t, of)
    return causes or _not_run(t, of)


def _of_leaf(t: Tensor, of: Tensor) -> list[Cause]:
    """Of a tensor that requires a gradient, and an output."""
    if not of.requires_grad:
        return cuts_between(t, of) or cuts_by_values(t, of) or _unrecorded(t, of)
    if edge_of(of) is t:
        return [
            Cause(
                "is_output",
                "The output is the tensor itself: no operation lies between.",
                "Pass the loss that was computed from it.",
            )
        ]
    if leads_to(of, t):
        return _not_run(t, of)
    return cuts_between(t, of) or cuts_by_values(t, of) or [_unused(t, of)]


def _unrecorded(t: Tensor, of: Tensor) -> list[Cause]:
    """The output has no history, and no way from the tensor to it was noted."""
    other = all_cuts(of)
    if other and was_used(t, of) is False:
        return [_unused(t, of), *other]
    return other or [
        Cause(
            "no_history",
            "The output does not require a gradient: none of the operations that led to it was recorded.",
            "Do not set requires_grad on the output (that would train nothing). Compute it from tensors that require a"
            " gradient, outside of no_grad and without detach(), .data, .item() or torch.tensor(…) on the way; inside"
            " of `with tapegrad.record_lines():` the line is named.",
        )
    ]


def _unused(t: Tensor, of: Tensor) -> Cause:
    noted = was_used(t, of)
    more = "" if noted is None else " No function that was noted took it, either."
    return Cause(
        "unused",
        f"No recorded operation leads from it to the output.{more}",
        "Check which tensor the output is computed from: a copy (copy.deepcopy, x = x * 2 makes a new x), another"
        " attribute, a branch that was not taken. For a parameter that is unused on purpose nothing needs doing.",
    )


def _not_run(t: Tensor, of: Tensor) -> list[Cause]:
    """The output depends on it, by recorded operations; so why has it no gradient?"""
    found = _returned(known_of(t)) or overwritten_behind(of)
    if found:
        return found
    if is_used_up(of):
        return [
            _zeroed(
                "The output depends on it and a backward pass has used the graph up: .grad was cleared since, or the"
                " pass was asked for other gradients (autograd.grad, inputs=)."
            )
        ]
    return [
        Cause(
            "no_backward",
            "The output depends on it, but no backward pass has reached it yet (or .grad was cleared since).",
            "Call backward() on the output.",
        )
    ]
