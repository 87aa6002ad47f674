"""A compiled function: which calls run as programs, how these come about, and what is said about it.

The first call of a kind (classes, shapes and types of the arguments) runs as it is written, and is watched, to learn
what Python state the function reads.  The second is captured, and shows whether the function changes any of that state.
From then on calls for which the guards hold run the program.  What cannot become a program runs as it is written, for
good.  One thread at a time watches or captures; calls of others in the meantime run as they are written.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, Final

from ..amp.state import settings as autocast
from ..autograd import observing, tangents
from ..autograd.grad_mode import in_inference_mode, is_recording
from ..autograd.node import watchers
from ..once import warn_once
from ..tensor import dtypes
from ..tensor.rows import running
from ..tensor.torch_function import modes
from .arguments import Leaves, is_plain
from .calling import Call
from .capture import Capture, Run
from .emit import AGAIN, MISS
from .facts import Facts
from .native.building import available, worker
from .observe import Observed, Observer
from .places import user_frame
from .report import explanation, report, source
from .unsupported import Unsupported
from .varying import Varying

PROGRAMS: Final = 8  # as torch's limit of recompilations
_TRIES: Final = 3
_AGAINS: Final = 16


class _Inside(threading.local):
    """Whether this thread is in the middle of a capture, or of a call that leads to one."""

    depth = 0


_inside: Final = _Inside()
_one_at_a_time = threading.Lock()


def _begin_in_child() -> None:
    """In a process made by `fork`, nobody else is capturing."""
    global _one_at_a_time
    if not _inside.depth:
        _one_at_a_time = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)


class Stage:
    """What is known of one kind of calls.

    Attributes:
        step: 0 before the first call, 1 when it has been watched, 2 when there is a program.
        tries: how often it did not come out.
        eager: the reason why these calls run as they are written; None if they do not, for now.
    """

    def __init__(self) -> None:
        self.step = self.tries = 0
        self.eager: str | None = None
        self.where = ""


class Compiled:
    """What `torch.compile` makes of a function.

    Args:
        function: the function.
        fullgraph: raise where a call cannot become a program.
        backend: "auto": native code, made in the background, where it is faster; "numba": native code at once; "numpy".
        dynamic: whether sizes of arguments that differ from call to call share a program; None: once two have differed.
        root: the object whose state the function reads, such as the module whose `forward` it is.
    """

    _is_torch_compile = True

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        fullgraph: bool = False,
        root: Any = None,
        backend: str = "auto",
        dynamic: bool | None = None,
    ) -> None:
        functools.update_wrapper(self, function, updated=())
        if backend == "numba" and not available():
            raise ImportError("torch.compile: backend='numba' needs Numba: pip install tapegrad[compile]")
        self.backend = backend
        self.function, self.fullgraph, self.root = function, fullgraph, root
        self.calls: list[Call] = []
        self.stages: dict[Any, Stage] = {}
        self.observed = Observed()
        self.varying = Varying(dynamic)
        self.dropped: list[tuple[str, str]] = []
        self._agains = 0

    # -- calls -----------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        for call in self.calls:
            result = call.run(args, kwargs)
            if result is not MISS:
                if result is AGAIN:
                    return self._again(call, args, kwargs)
                return result
        return self._otherwise(args, kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def _again(self, call: Call, args: Any, kwargs: Any) -> Any:
        """A call that turned out not to be the captured one: as it is written."""
        self._agains += 1
        if self._agains % 2 == 0 and call in self.calls:  # captured anew at the next call
            self.calls.remove(call)
            if self._agains >= _AGAINS:
                self._give_up(call.signature, "depends on the values of tensors, which differ from call to call", "")
        return self.function(*args, **kwargs)

    def _otherwise(self, args: Any, kwargs: Any) -> Any:
        """A call for which there is no program."""
        if not _ordinary():
            return self.function(*args, **kwargs)
        leaves = Leaves(args, kwargs)
        form = self.varying.form(leaves)
        signature = (self.varying.signature(form, leaves), is_recording(), dtypes.default.numpy)
        stage = self.stages.get(signature)
        if stage is not None and stage.eager is not None:
            return self.function(*args, **kwargs)
        if len(self.calls) >= PROGRAMS:
            return self.function(*args, **kwargs)
        turn = _one_at_a_time
        if not turn.acquire(blocking=False):
            return self.function(*args, **kwargs)
        _inside.depth = 1
        try:
            known = self.varying.is_known(form)
            self.varying.learn(form, leaves)
            signature = (self.varying.signature(form, leaves), is_recording(), dtypes.default.numpy)
            stage = self.stages.get(signature)
            if stage is None:
                stage = self.stages[signature] = Stage()
                stage.step = int(known and not self.fullgraph)
            return self._advance(stage, signature, form, leaves, args, kwargs)
        finally:
            _inside.depth = 0
            turn.release()

    def _advance(self, stage: Stage, signature: Any, form: Any, leaves: Leaves, args: Any, kwargs: Any) -> Any:
        unknown = [t for _, t in leaves.tensors if not is_plain(t)]
        if unknown:
            self._give_up(signature, f"gets a tensor of the class {type(unknown[0]).__name__}", "")
            return self.function(*args, **kwargs)
        if stage.step == 0 and not self.fullgraph:
            with Observer(self.observed):
                result = self.function(*args, **kwargs)
            stage.step = 1
            return result
        facts = self._facts(leaves)
        if facts.problem is not None and not (self.fullgraph and stage.step == 0):
            self._give_up(signature, facts.problem, "")
            return self.function(*args, **kwargs)
        seen = self.observed.size()
        native = self.backend == "numba" or (self.backend == "auto" and available())
        for call in self.calls:
            if call.signature == signature:
                self.varying.compare(call.facts, facts)
        varying = self.varying if self.varying.is_proven(form) else None
        capture = Capture(self.function, leaves, facts, native, varying)
        with Observer(self.observed):
            run = capture.run(args, kwargs)
        self.varying.fix([capture.atoms[name] for name in capture.recorder.symbols.pinned])
        if capture.atoms and run.plan is None:  # as a program for these sizes and numbers alone, at the next call
            self.varying.fix(capture.atoms.values())
            return self.function(*args, **kwargs) if run.aborted else run.result
        if run.aborted:
            self._give_up(signature, run.reason, run.where)
            return self.function(*args, **kwargs)
        if run.plan is None:
            self._give_up(signature, run.reason, run.where)
        elif stage.step == 0:  # fullgraph: the first call only showed that there is nothing in the way
            stage.step = 1
            later = self._facts(leaves)
            if later.problem is not None:
                self._give_up(signature, later.problem, "")
        elif self._judge(stage, signature, facts, leaves, seen):
            self.varying.prove(form, leaves)
            if capture.atoms or not (self.varying.dynamic and self.varying.within(form, leaves)):
                self._enter(run, leaves, facts, (signature, form))
        return run.result

    def _facts(self, leaves: Leaves) -> Facts:
        objects = tuple(x for _, x in leaves.objects)
        if self.root is not None:
            objects = (self.root, *objects)
        return Facts(self.observed).walk(self.function, objects)

    def _judge(self, stage: Stage, signature: Any, before: Facts, leaves: Leaves, seen: int) -> bool:
        """Whether a call has changed nothing and shown nothing new; else it is tried again, but not for ever."""
        if self.observed.size() == seen:
            changed = before.changed(self._facts(leaves))
            if changed is None:
                stage.step = 2
                return True
            reason = f"changes {changed}"
        else:
            reason = "runs other code each time"
        stage.tries += 1
        if stage.tries >= _TRIES:
            self._give_up(signature, reason, "")
        stage.step = 1
        return False

    def _enter(self, run: Run, leaves: Leaves, facts: Facts, kind: tuple[Any, Any]) -> None:
        assert run.plan is not None
        call = Call(run.plan, leaves, facts, is_recording(), self.function, _name(self.function))
        call.signature, call.form = kind
        self.calls = [call, *[other for other in self.calls if not call.replaces(other)]]
        if self.backend == "numba" and not call.plan.shapes:
            call.build_native(at_once=True)
        elif self.backend == "numba":
            _build_quietly(call, at_once=True)
        elif self.backend == "auto" and available():
            worker.submit(lambda: _build_quietly(call))
        elif self.backend == "auto":
            warn_once(
                "torch.compile: programs are replayed on NumPy. For native code, install Numba:"
                " pip install tapegrad[compile]"
            )
        if len(self.calls) >= PROGRAMS:
            self._say(
                f"has been compiled {PROGRAMS} times for arguments that differ; other calls run as they are written"
            )

    def _give_up(self, signature: Any, reason: str, where: str) -> None:
        stage = self.stages.setdefault(signature, Stage())
        stage.eager, stage.where = reason, where
        self.dropped.append((reason, where))
        if self.fullgraph:
            raise Unsupported(
                _torch_sentence(reason) + f"\n  {_name(self.function)} {reason}" + (f" at {where}" if where else "")
            )
        if [r for r, _ in self.dropped].count(reason) == 1:
            self._say(
                f"{reason}{' at ' + where if where else ''}\n  These calls run as they are written. {_advice(reason)}"
            )

    def _say(self, text: str) -> None:
        frame, level = user_frame(), 1
        here: Any = sys._getframe(0)
        while here is not None and here is not frame:
            here, level = here.f_back, level + 1
        warnings.warn(f"torch.compile: {_name(self.function)} {text}", UserWarning, stacklevel=level)

    # -- what is known ---------------------------------------------------------------------------------------------

    def report(self) -> str:
        """Programs, their guards, and the calls that run as they are written, with the reason."""
        return report(self)

    def source(self) -> str:
        """The generated code of all programs."""
        return source(self)

    def explain(self) -> str:
        """The steps of each program, and what they were made of."""
        return explanation(self)

    def reset(self) -> None:
        """Forget all programs."""
        self.calls, self.stages, self.dropped, self.observed = [], {}, [], Observed()
        self.varying = Varying(self.varying.dynamic)
        self._agains = 0


def _build_quietly(call: Call, at_once: bool = False) -> None:
    """Native code for a call; if that does not work out, it is replayed for good."""
    try:
        call.build_native(at_once)
    except Exception as error:
        call.tier = f"replayed on NumPy; native code failed: {type(error).__name__}: {error}"


def _ordinary() -> bool:
    """Whether nothing is going on that programs do not know: transforms, forward mode, watched nodes, a capture."""
    if running or tangents.alive or observing.runners or observing.witnesses or watchers or _inside.depth:
        return False
    if in_inference_mode():
        return False
    return not (modes or autocast.enabled)


def _name(function: Any) -> str:
    return getattr(function, "__name__", None) or type(function).__name__


def _advice(reason: str) -> str:
    if "branches" in reason:
        return "Write torch.where(condition, a, b) instead of if."
    if "item()" in reason or "Python number" in reason or "tolist" in reason or "numpy()" in reason:
        return "Return the tensor, and ask for its value outside."
    if "NumPy" in reason:
        return "Make it a tensor outside of the function."
    if reason.startswith("changes"):
        return "Keep the state in tensors, or change it outside of the function."
    return ""


def _torch_sentence(reason: str) -> str:
    """How torch begins its message."""
    if "branches" in reason:
        return "Data-dependent branching"
    if "item()" in reason:
        return "Unsupported Tensor.item() call with capture_scalar_outputs=False"
    if reason.startswith("calls print") or "calls" in reason:
        return (
            "Attempted to call function marked as skipped"
            if "print" not in reason
            else "Failed to trace builtin operator"
        )
    return f"Cannot be captured as a whole: {reason}"


__all__ = ["Compiled"]
