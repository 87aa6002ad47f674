"""What happened to gradients while the journal is kept: which pass added what, who cleared or changed it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..autograd import deposits, hook_calls, observing
from ..autograd.node import FREED, Node, Port
from ..autograd.passes import backward, grad
from ..source_lines import Origin, here
from ..tensor.tensor import Tensor
from .answers import Cause
from .arrays import arrays_of, finite, zero
from .flow import Event, Flow, cancelled
from .journal import Write, writes
from .notes import Deposit, notes_of

_REASON: Final = "journal"
USED: Final = "_used_at"  # in the dictionary of a node that a pass has used up


class _Thread(threading.local):
    def __init__(self) -> None:
        self.flows: list[Flow] = []
        self.calling = False
        self.hook: Cause | None = None  # the last that changed a gradient, until somebody takes it


_thread: Final = _Thread()
_handles: Final[list[Any]] = []


def start(layer: Callable[[Any, Any], None]) -> None:
    """Begin to note; `layer` has a function run something around itself."""
    from ..nn.modules.module.converting import Converting
    from ..optim.optimizer import (
        Optimizer,
        register_optimizer_step_post_hook,
        register_optimizer_step_pre_hook,
    )

    layer(deposits.accumulate, _depositing)
    layer(deposits.accumulate_graph, _depositing)
    layer(hook_calls.through, _hooking)
    layer(vars(Tensor)["backward"], _passing)
    layer(backward, _passing)
    layer(grad, _returning)
    layer(vars(Optimizer)["zero_grad"], _clearing_all)
    layer(vars(Converting)["zero_grad"], _clearing_all)
    attribute: Any = vars(Tensor)["grad"]
    layer(attribute.fset, _assigning)
    layer(attribute.fdel, _assigning)
    layer(vars(Tensor)["requires_grad_"], _requiring)
    _handles.extend((register_optimizer_step_pre_hook(_stepping), register_optimizer_step_post_hook(_stepped)))
    observing.reasons.add(_REASON)
    observing.witnesses.append(_witness)


def stop() -> None:
    """Note no more."""
    while _handles:
        _handles.pop().remove()
    observing.reasons.discard(_REASON)
    observing.witnesses.remove(_witness)


# -- passes ------------------------------------------------------------------------------------------------------------


class _Witness:
    """Told by the engine of each node that has run."""

    def ran(self, now: Any, node: Node, grad: Any, grads: Any) -> None:
        if _thread.flows:
            flow = _thread.flows[-1]
            if _thread.hook is not None:
                flow.reached[node] = [Event(_thread.hook, True), Event(_thread.hook, False)]
                _thread.hook = None
            flow.saw(node, grad, grads)

    def ended(self, now: Any) -> None:
        _thread.hook = None


_witness: Final = _Witness()


def _passing(raw: Any, args: Any, kwargs: Any) -> Any:
    """A backward call: follow its gradients, and note on the nodes that it used them up."""
    if _thread.calling:  # Tensor.backward calls autograd.backward
        return raw(*args, **kwargs)
    _thread.calling = True
    roots = _roots(args, kwargs)
    flow = Flow()
    _thread.flows.append(flow)
    try:
        result = raw(*args, **kwargs)
    finally:
        _thread.flows.pop()
        _thread.calling = False
    mark_used(roots, here())
    return result


def _returning(raw: Any, args: Any, kwargs: Any) -> Any:
    result = _passing(raw, args, kwargs)
    inputs = args[1] if len(args) > 1 else kwargs.get("inputs")
    for t in (inputs,) if isinstance(inputs, Tensor) else inputs or ():
        if isinstance(t, Tensor):
            notes_of(t).returned = here()
    return result


def _roots(args: Any, kwargs: Any) -> list[Any]:
    outputs = args[0] if args else kwargs.get("tensors", kwargs.get("outputs"))
    outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs or ())
    return [t._fn for t in outputs if isinstance(t, Tensor) and t._fn is not None]


def mark_used(roots: list[Any], origin: Origin) -> None:
    """Note on all freed nodes behind the roots which line used them up, unless an earlier one did."""
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        edge = stack.pop()
        node = edge.node if edge.__class__ is Port else edge
        if isinstance(node, Node) and node not in seen:
            seen.add(node)
            if node.saved is FREED:
                node.__dict__.setdefault(USED, origin)
            stack.extend(e for e in node.edges if e is not None)


# -- .grad -------------------------------------------------------------------------------------------------------------


def _depositing(raw: Any, args: Any, kwargs: Any) -> Any:
    leaf, grad = args[0], args[1]
    notes = notes_of(leaf)
    notes.before_deposit(leaf._grad)
    causes = _causes(leaf, grad)
    del grad
    result = raw(*args, **kwargs)
    notes.after_deposit(leaf._grad, Deposit(here(), _version(leaf), causes))
    return result


def _causes(leaf: Tensor, grad: Any) -> list[Cause]:
    """Why a gradient that arrived is all zeros, or not finite; the hook that changed it."""
    hook, _thread.hook = _thread.hook, None
    if hook is not None:
        return [hook]
    arrays = arrays_of(grad)
    if not arrays or not _thread.flows:
        return []
    events = _thread.flows[-1].reached.get(leaf if leaf._fn is None else leaf._fn, [])
    if not finite(arrays[0]):
        return [e.cause for e in events if not e.zero]
    if zero(arrays[0]) and arrays[0].size:
        return [e.cause for e in events if e.zero] or [cancelled(leaf, here())]
    return []


def _version(t: Tensor) -> int:
    return 0 if t._vc is None else int(t._vc.n)


def _hooking(raw: Any, args: Any, kwargs: Any) -> Any:
    """Hooks on a gradient: note one that changes it."""
    functions, before = list(args[0]), arrays_of(args[1])
    copies = [a.copy() for a in before]
    result = raw(*args, **kwargs)
    after = arrays_of(result)
    changed = len(after) != len(copies) or any(
        a.shape != b.shape or not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
        for a, b in zip(after, copies, strict=True)
    )
    if changed:
        _thread.hook = hook_cause(functions)
    return result


def hook_cause(functions: list[Any]) -> Cause:
    """The hooks that changed a gradient, in words."""
    names, line = [], None
    for function in functions:
        code = getattr(function, "__code__", None)
        names.append(getattr(function, "__name__", type(function).__name__))
        if code is not None:
            line = Origin(code.co_filename, code.co_firstlineno, code.co_name)
    return Cause(
        "hook",
        f"A hook ({', '.join(names)}) changed the gradient.",
        "Remove it, handle.remove(), or have it return None, which leaves the gradient as it is.",
        line,
    )


def _clearing_all(raw: Any, args: Any, kwargs: Any) -> Any:
    """`zero_grad` of an optimizer or module."""
    owner = args[0]
    if hasattr(owner, "param_groups"):
        parameters = [p for group in owner.param_groups for p in group["params"]]
    else:
        parameters = list(owner.parameters())
    had = [p for p in parameters if p._grad is not None]
    result = raw(*args, **kwargs)
    for p in had:
        notes = notes_of(p)
        notes.begin()
        notes.cleared = (f"{type(owner).__name__}.zero_grad", here())
    return result


def _assigning(raw: Any, args: Any, kwargs: Any) -> Any:
    t, value = args[0], args[1] if len(args) > 1 else None
    had = t._grad is not None
    result = raw(*args, **kwargs)
    notes = notes_of(t)
    notes.begin()
    if value is not None:
        notes.assigned, notes.cleared = here(), None
    elif had:
        notes.cleared = (".grad = None", here())
    return result


def _requiring(raw: Any, args: Any, kwargs: Any) -> Any:
    t = args[0]
    before = t._flags & 1
    result = raw(*args, **kwargs)
    if t._flags & 1 and not before:
        notes_of(t).required = here()
    return result


def _stepping(optimizer: Any, args: Any, kwargs: Any) -> None:
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p._grad is not None:
                notes_of(p).before = all(map(finite, arrays_of(p)))


def _stepped(optimizer: Any, args: Any, kwargs: Any) -> None:
    line = here()
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p._grad is not None:
                notes = notes_of(p)
                notes.updated(line)
                if notes.before and not all(map(finite, arrays_of(p))):
                    notes.diverged = line
                if p._vc is not None:
                    writes.append(Write(p, f"{type(optimizer).__name__}.step", line))
