"""One captured run: the function is called once, for true, and what it did becomes a plan for calling it again.

A plan says what a call does: the program, where its inputs come from, what it changes outside (gradients, versions),
and how the result is put together.  A run that cannot be planned is an ordinary run, with the reason noted.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd import engine
from ..autograd.node import FREED, Node, Port, sequence
from ..autograd.reach import reachable
from ..tensor.rows import Unbatchable
from ..tensor.size import Size
from ..tensor.tensor import REQUIRES_GRAD, Tensor, new_tensor
from .arguments import CONTAINERS, Leaves, is_plain
from .cleaning import (
    without_dead_steps,
    without_idle_broadcasts,
    without_idle_reshapes,
    without_repetitions,
)
from .entries import CLOSED, OPEN
from .facts import CONSTANTS, Facts, Place, is_ours_class
from .interception import Watch, put_grad, slot_array, true_array, true_grad
from .plan import Atom, Backward, Made, Plan, Source
from .program import Program, uses
from .recomputing import recompute
from .recorder import Abort, Recorder
from .symbolic import Symbolic, isinstance_of_symbolic
from .traced import TracedArray
from .values import plain
from .varying import Varying


@dataclass(slots=True)
class Run:
    """A captured run: its result, and the plan or the reason why there is none."""

    result: Any = None
    plan: Plan | None = None
    reason: str = ""
    where: str = ""
    aborted: bool = False


class Capture:
    """The run of a function under a recorder.

    Args:
        recompute: large values may be computed again on the way back.
        varying: the sizes and numbers that differ from call to call; None if the program is for this call's alone.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        leaves: Leaves,
        facts: Facts,
        recompute: bool = False,
        varying: Varying | None = None,
    ) -> None:
        self.function, self.leaves, self.facts, self.recompute = function, leaves, facts, recompute
        self.recorder = Recorder()
        self.watch = Watch(self.recorder)
        self.atoms: dict[str, Atom] = {}
        self.numbers: dict[str, Symbolic] = {}  # by the path of an argument
        self.shapes: dict[str, tuple[Any, ...]] = {}  # by the path of an argument
        self.places: list[tuple[Place, Any, Symbolic]] = []
        if varying is not None:
            self._name_numbers(varying)
        self.aliases: dict[int, Tensor] = {}  # by the id of an argument with a history: what the function gets
        self.originals: dict[int, Tensor] = {}  # by the id of an alias

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run:
        """Call the function.

        Returns:
            The run.  If it is `aborted`, everything is as it was, and the function has to be called without.
        """
        given_args, given_kwargs = self._with_aliases(args, "args"), self._with_aliases(kwargs, "kwargs")
        for original, twin in self.aliases.items():
            if original in self.watch.shapes:
                self.watch.shapes[id(twin)] = self.watch.shapes[original]
        self._before = {id(t): (t, t._flags, t._fn) for t in self._known()}
        found = Run()
        with self.watch:
            try:
                for place, _, number in self.places:
                    place.put(number)
                for alias in self.originals:
                    self.recorder.untouchable.add(id(self.watch._read(self._alias(alias)).memory))
                found.result = self.function(*given_args, **given_kwargs)
                if self.recorder.active:
                    found.plan = self._plan(found.result)
            except Abort as abort:
                self._undo()
                return Run(reason=abort.reason, aborted=True)
            except Exception as error:
                if self.recorder.active or self.recorder.reason is None:
                    self._undo()
                    return Run(reason=_why(error), aborted=True)
                raise
            finally:
                self.recorder.active = False
                for place, value, number in self.places:
                    if place.look() is number:
                        place.put(value)
        if found.plan is None:
            found.reason, found.where = self.recorder.reason or "cannot be captured", self.recorder.where
        self._release()
        found.result = self._with_originals(found.result)
        return found

    # -- what differs from call to call ----------------------------------------------------------------------------

    def _name_numbers(self, varying: Varying) -> None:
        """Give names to sizes and numbers that differ from call to call; sizes that are equal have one name."""
        symbols = self.recorder.symbols
        sizes: dict[int, Symbolic] = {}

        def named(value: Any, atom: Atom) -> Symbolic:
            found = symbols.new(value)
            self.atoms[found.text] = atom
            return found

        for path, t in self.leaves.tensors:
            shape: list[Any] = list(t._data.shape)
            for i in varying.dims_of(path, t):
                if shape[i] not in sizes:
                    sizes[shape[i]] = named(shape[i], ("size", path, i))
                shape[i] = sizes[shape[i]]
            if any(isinstance_of_symbolic(n) for n in shape):
                self.watch.shapes[id(t)] = self.shapes[path] = tuple(shape)
        for path, value in self.leaves.constants:
            if varying.is_number(path, value):
                self.numbers[path] = named(value, ("number", path))
        for key, (place, value) in self.facts.places.items():
            if varying.is_place(key, value):
                self.places.append((place, value, named(value, ("place", key))))

    # -- arguments with a history ----------------------------------------------------------------------------------

    def _alias(self, key: int) -> Tensor:
        return next(a for a in self.aliases.values() if id(a) == key)

    def _with_aliases(self, x: Any, path: str) -> Any:
        if path in self.numbers:
            return self.numbers[path]
        if isinstance(x, Tensor):
            if x._fn is None or not x._flags & REQUIRES_GRAD:
                return x
            found = self.aliases.get(id(x))
            if found is None:
                found = self.aliases[id(x)] = new_tensor(x._data)
                node = Node()
                node.op, node.hooks, node.out_version, node.edges = CLOSED, None, None, (x._fn,)
                node.saved, node.versions, node.info, node.seq = (), None, None, next(sequence)
                found._fn, found._flags = node, REQUIRES_GRAD
                self.originals[id(found)] = x
            return found
        if x.__class__ in CONTAINERS:
            if isinstance(x, dict):
                return type(x)((key, self._with_aliases(part, f"{path}[{key!r}]")) for key, part in x.items())
            return type(x)([self._with_aliases(part, f"{path}[{i}]") for i, part in enumerate(x)])
        return x

    def _with_originals(self, x: Any) -> Any:
        """A result in which aliases are the arguments that they stand for, and numbers are plain."""
        if not self.originals and not self.atoms:
            return x
        if isinstance(x, Tensor):
            return self.originals.get(id(x), x)
        if isinstance_of_symbolic(x) or isinstance(x, Size):
            return plain(x)
        if x.__class__ in CONTAINERS:
            if isinstance(x, dict):
                return type(x)((key, self._with_originals(part)) for key, part in x.items())
            return type(x)([self._with_originals(part) for part in x])
        return x

    def _release(self) -> None:
        """Make an ordinary graph of the one that the run has made: over true arrays, open to arguments' histories."""
        for alias in self.aliases.values():
            if alias._fn is not None and alias._fn.op is CLOSED:
                alias._fn.op = OPEN
        for t in self.watch.made.values():
            node = t._fn.node if t._fn.__class__ is Port else t._fn
            if isinstance(node, Node):
                node.saved = plain(node.saved)
                node.info = plain(node.info)

    def _known(self) -> list[Tensor]:
        return [t for _, t in self.leaves.tensors] + list(self.facts.tensors.values())

    def _undo(self) -> None:
        """Give everything outside the state it had before the run."""
        self.recorder.undo()
        for t, grad in self.watch.grads.values():
            put_grad(t, grad)
        for t, _, _, version in self.watch.met.values():
            if t._vc is not None and t._vc.n != version:
                t._vc.n = version
        for t, flags, fn in self._before.values():
            t._flags, t._fn = flags, fn

    # -- the plan --------------------------------------------------------------------------------------------------

    def _plan(self, result: Any) -> Plan | None:
        """The plan of the run that has just ended; None if there is none, for a reason that the recorder is told."""
        try:
            return self._make_plan(result)
        except _Unplanned as reason:
            self.recorder.stop(str(reason))
            return None

    def _make_plan(self, result: Any) -> Plan:
        program = self.recorder.program
        self._made: dict[int, Made] = {}
        self._outputs: list[Tensor] = []
        for t, flags, fn in self._before.values():
            if t._flags != flags or t._fn is not fn:
                raise _Unplanned("changes the history of a tensor from outside")
        inner = self._inner_sources()
        template = self._template(result)
        plan = Plan(program, [], template)
        if self.atoms:
            plan.symbols, plan.atoms, plan.shapes = self.recorder.symbols, self.atoms, self.shapes
            plan.numbers = self.recorder.numbers
        for t, before in self.watch.grads.values():
            source = inner.get(id(t)) or self._source(t)
            now = true_grad(t)
            plan.known_grads.append((source, before))
            if now is not before:
                plan.grads.append((source, None if now is None else self._tensor(now)))
        counted: set[int] = set()
        for t, _, traced, version in self.watch.met.values():
            source = self._source(t)
            plan.inputs.append((traced.number, source))
            if traced.memory.written:
                plan.written.append(traced.number)
            if t._vc is not None and id(t._vc) not in counted:
                counted.add(id(t._vc))
                if t._vc.n != version:
                    plan.versions.append((source, t._vc.n - version))
        self._check_overlaps()
        plan.backward = self._backward(plan)
        self.recorder.active = False
        with self.recorder.symbols.code_is_made():
            self._tidy(plan)
        return plan

    def _inner_sources(self) -> dict[int, Source]:
        """Sources of the gradients that tensors had before."""
        self._grad_sources: dict[int, Source] = {}
        for t, before in self.watch.grads.values():
            if before is not None:
                self._grad_sources[id(before)] = ("grad", t)
        return {}

    def _source(self, t: Tensor) -> Source:
        """Where a tensor from outside comes from.

        Raises:
            _Unplanned: nobody knows.
        """
        original = self.originals.get(id(t), t)
        if not is_plain(original):
            raise _Unplanned(f"uses a tensor of the class {type(original).__name__}")
        path = self.leaves.path_of.get(id(original))
        if path is not None:
            return ("path", path)
        if id(t) in self.facts.tensors:
            if t._fn is not None:
                raise _Unplanned("uses a tensor from outside that has a history")
            return ("tensor", t)
        found = self._grad_sources.get(id(t))
        if found is not None:
            return ("grad", self._source(found[1]))
        raise _Unplanned("uses a tensor that it has from somewhere that cannot be watched")

    def _template(self, x: Any) -> Any:
        """A result: `Made` and sources in the place of tensors, constants, and containers of these."""
        if isinstance(x, Tensor):
            return self._tensor(x)
        kind = x.__class__
        if kind in CONTAINERS or (isinstance(x, tuple) and hasattr(kind, "_fields")):
            if isinstance(x, dict):
                return (kind, {key: self._template(part) for key, part in x.items()})
            return (kind, [self._template(part) for part in x])
        if isinstance(x, tuple) and is_ours_class(kind):  # a named result, which is made of a sequence
            return (functools.partial(_of_parts, kind), [self._template(part) for part in x])
        if isinstance(x, CONSTANTS):
            return (None, x)
        raise _Unplanned(f"returns an object of the type {kind.__name__}")

    def _tensor(self, t: Tensor) -> Any:
        """A tensor of the result or of the effects."""
        if id(t) in self._made:
            return self._made[id(t)]
        if id(t) not in self.watch.made:
            return ("source", self._source(t))
        array = slot_array(t)
        if t.__class__ is not Tensor or array.__class__ is not TracedArray or t._x:
            raise _Unplanned(f"makes a tensor of the class {type(t).__name__}, or one with hooks or a name")
        made = self._made[id(t)] = Made(array.number)
        if t._flags & REQUIRES_GRAD:
            made.requires_grad = True
            if t._fn is not None:
                made.output = len(self._outputs)
                self._outputs.append(t)
        if t._view is not None:
            base, _, kind = t._view
            if id(base) in self.watch.made:
                if any(base is x for x in self.watch.made.values()) and id(base) in self._made:
                    if made.requires_grad:
                        raise _Unplanned("returns a tensor and a view of it")
                    made.view = (self._made[id(base)], kind)
            else:
                if made.requires_grad or base._flags & REQUIRES_GRAD:
                    raise _Unplanned("returns a view of an argument that requires a gradient")
                made.view = (("source", self._source(base)), kind)
        elif t._vc is not None:
            for other, _, _, _ in self.watch.met.values():
                if other._vc is t._vc:
                    made.shares = self._source(other)
        memory = array.memory
        if memory.external and made.view is None and made.shares is None and made.output is not None:
            raise _Unplanned("returns the memory of an argument")
        return made

    def _check_overlaps(self) -> None:
        """Programs that write into a tensor from outside are for tensors that are apart."""
        arrays = [(t, traced.value, traced.memory.written) for t, _, traced, _ in self.watch.met.values()]
        for t, array, written in arrays:
            if written and any(t is not x and np.may_share_memory(array, other) for x, other, _ in arrays):
                if id(self.originals.get(id(t), t)) in self.leaves.path_of or self._shares_with_argument(array):
                    raise _Unplanned("writes into an argument that shares memory with another tensor")

    def _shares_with_argument(self, array: Any) -> bool:
        return any(np.may_share_memory(array, true_array(t)) for _, t in self.leaves.tensors)

    # -- the way back ----------------------------------------------------------------------------------------------

    def _backward(self, plan: Plan) -> Backward | None:
        if not self._outputs:
            return None
        recorder, program = self.recorder, plan.program
        wanted: list[tuple[Source, Tensor]] = []
        for t, _, _, _ in list(self.watch.met.values()):
            if t._flags & REQUIRES_GRAD:
                wanted.append((self._source(t), t))
        forward_end = len(program.steps)
        forward_values = set(program.values)
        cotangents, roots = [], []
        for t in self._outputs:
            array = slot_array(t)
            g = recorder._value(TracedArray, _ones(array.value), _external(), False, array.dims)
            cotangents.append(g.number)
            roots.append((t._fn, g))
        targets: dict[Any, int] = {}
        for i, (_, t) in enumerate(wanted):
            fn = t._fn
            targets[t if fn is None else (fn.node, fn.index) if fn.__class__ is Port else fn] = i
        if any(node.hooks is not None for node in reachable([t._fn for t in self._outputs])):
            raise _Unplanned("registers hooks on what it computes")
        hooked = [(t, t._x) for _, t in wanted if t._x is not None]
        entries = [alias._fn for alias in self.aliases.values()]
        edges = [node.edges for node in entries]
        for t, _ in hooked:
            t._x = None
        for node in entries:
            node.edges = (None,)
        kept_grads = dict(self.watch.grads)
        try:
            found = engine.run(roots, keep=True, graph=False, targets=targets, into_leaves=False)
        except RuntimeError as error:
            if any(n.saved is FREED for n in reachable([t._fn for t in self._outputs])):
                del program.steps[forward_end:]
                return Backward(
                    Program([], {}, {}), [], [], [s for s, _ in wanted], [], freed=True, outputs=self._shapes()
                )
            raise _Unplanned(f"has no way back: {error}") from None
        finally:
            for t, x in hooked:
                t._x = x
            for node, was in zip(entries, edges, strict=True):
                node.edges = was
        if dict(self.watch.grads).keys() != kept_grads.keys():
            self.watch.grads = kept_grads
        steps = program.steps[forward_end:]
        del program.steps[forward_end:]
        gradients: list[int | None] = []
        for i in range(len(wanted)):
            g = found.get(i)
            gradients.append(None if g is None else self._as_array(g, wanted[i][1]))
        way = Program(steps, program.values, {}, [], [n for n in gradients if n is not None])
        for step in steps:
            if any(id(m) in self._memories(forward_values) for m in step.writes):
                raise _Unplanned("writes, on the way back, into what it computed on the way there")
        without_dead_steps(way)
        saved: list[int] = []
        for n in [n for step in way.steps for n in uses(step)] + list(way.results):
            if n in program.constants:
                way.constants[n] = program.constants[n]
            elif n in forward_values and n not in saved:
                saved.append(n)
        for n in saved:
            if program.values[n].memory.external and n not in [
                traced.number for _, _, traced, _ in self.watch.met.values()
            ]:
                pass  # a view of an input: saved as it is, its version is that of the input
        return Backward(way, saved, cotangents, [s for s, _ in wanted], gradients, outputs=self._shapes())

    def _memories(self, numbers: set[int]) -> set[int]:
        return {id(self.recorder.program.values[n].memory) for n in numbers}

    def _shapes(self) -> list[tuple[tuple[int, ...], Any]]:
        return [(slot_array(t).shape, slot_array(t).value.dtype) for t in self._outputs]

    def _as_array(self, g: Any, like: Tensor) -> int:
        if g.__class__ is not TracedArray:
            g = self.recorder.constant(g)
        if g.value.dtype is not like._data.dtype:
            g = g.astype(like._data.dtype)
        return int(g.number)

    # -- order -----------------------------------------------------------------------------------------------------

    def _tidy(self, plan: Plan) -> None:
        """Leave out and merge what can be."""
        program = plan.program
        program.results = [made.number for made in self._made.values()]
        if plan.backward is not None:
            program.results += plan.backward.saved
        program.results = list(dict.fromkeys(program.results))
        if plan.backward is not None and self.recompute:
            recompute(plan.backward, program, len(self._made))
        without_dead_steps(program)
        without_idle_reshapes(program)
        without_idle_broadcasts(program)
        without_repetitions(program)
        without_dead_steps(program)
        if plan.backward is not None and not plan.backward.freed:
            way = plan.backward.program
            without_idle_reshapes(way)
            without_idle_broadcasts(way)
            without_repetitions(way)
            without_dead_steps(way)
        used = {n for step in program.steps for n in uses(step)} | set(program.results)
        plan.inputs = [(n, source) for n, source in plan.inputs]
        plan.draws = any(step.form == "draw" for step in program.steps)
        program.inputs = [n for n, _ in plan.inputs if n in used]


def _why(error: Exception) -> str:
    """The reason that an exception gives why a run cannot be captured."""
    if isinstance(error, Unbatchable):
        return f"uses a function that needs {error.wanted}"
    first = str(error).partition("\n")[0]
    return f"raised {type(error).__name__}" + (f": {first}" if first else "")


def _of_parts(kind: Any, *parts: Any) -> Any:
    return kind(parts)


class _Unplanned(Exception):
    """The run cannot be planned."""


def _ones(array: Any) -> Any:
    return np.ones_like(array, order="C")  # as `Way.backward` gives them to loops


def _external() -> Any:
    from .program import Memory

    return Memory(external=True)
