"""The node that a compiled call leaves in the graph, and its backward step, compiled as well.

A recorded backward pass (`create_graph=True`, forward mode) calls the function once more, uncompiled, and goes through
the graph that this makes: so derivatives of any order are there.
"""

from __future__ import annotations

import itertools
import linecache
from contextlib import nullcontext
from typing import Any, Final

import numpy as np

from ..autograd.grad_mode import is_grad_enabled, switch
from ..autograd.node import FREED, Node, Port, sequence
from ..autograd.stale import freed, stale
from ..ops.op import Op
from ..tensor.tensor import Tensor, wrap
from . import emit
from .native.building import with_kernels
from .native.grouping import Inputs
from .native.trial import Trial
from .plan import Plan
from .program import Program, uses

_counter: Final = itertools.count(1)


class CompiledOp(Op):
    """The record of a compiled function's node."""

    def __init__(self, way: Way) -> None:
        super().__init__("compiled", None, node="CompiledFunctionBackward", inputs=("xs",), variadic=True)
        self.backward = way.backward
        self.backward_graph = way.backward_graph


class Way:
    """The way back of a plan.

    Args:
        plan: the plan, which has one.
        again: the function itself.
    """

    def __init__(self, plan: Plan, again: Any) -> None:
        assert plan.backward is not None
        self.plan, self.back, self.again = plan, plan.backward, again
        self.op = CompiledOp(self)
        self.single = len(self.back.outputs) == 1
        memories = {id(plan.program.values[n].memory) for n in self.back.saved}
        numbers = [n for n, _ in plan.inputs]
        # The places of the inputs that the way back reads.
        self._read = tuple([i for i, n in enumerate(numbers) if id(plan.program.values[n].memory) in memories])
        self.source = ""
        self._in_order = False  # loops take arrays in the order of their indices only
        self._exact = False  # machine code takes what it is given for what it expects
        self._run = None if self.back.freed else self._build(self.back.program)

    def _build(self, program: Program) -> Any:
        s = emit.Source()
        s.scope["is_same"] = emit.is_same
        back = self.back
        saved = [*[f"v{n}" for n in back.saved], *self.plan.atoms]
        if saved:
            s.add(f"{', '.join(saved)}, = saved")
        s.add(f"{', '.join(f'v{n}' for n in back.cotangents)}, = gradients")
        here = len(s.lines)
        used = {n for step in program.steps for n in uses(step)} - set(back.saved)
        for number, number_text in self.plan.numbers.items():
            if number in used:
                s.add(f"v{number} = {s.number(number_text)}")
        with nullcontext() if self.plan.symbols is None else self.plan.symbols.code_is_made():
            emit.steps(s, program)
        results = ", ".join("None" if n is None else f"v{n}" for n in back.gradients)
        s.add(f"return ({results},)")
        s.define_numbers(here, 1)
        text = "def backward(saved, gradients):\n" + "\n".join(s.lines) + "\n"
        file = f"<tapegrad compiled backward {next(_counter)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), s.scope)
        self.source = text
        return s.scope["backward"]

    def build_native(self, at_once: bool) -> list[str]:
        """Compile the runs of steps that pay; returns what was fused."""
        with nullcontext() if self.plan.symbols is None else self.plan.symbols.code_is_made():
            made: Any = self._in_few_calls()
            self._exact = made is not None
            if made is None:
                made = with_kernels(self.back.program, set(self.back.program.results), Inputs())
        if made is None:
            return []
        program, kernels = made
        plain, text = self._run, self.source
        native = self._build(program)

        def decided(choice: Any, plain_time: float, native_time: float) -> None:
            self._run = choice
            if choice is plain:
                self.source = text

        self._in_order = True
        self._run = native if at_once else Trial(plain, native, (), decided)
        return [kernel.title for kernel in kernels]

    def _in_few_calls(self) -> Any:
        """The program with its steps in a few native calls, if it is a small one."""
        from .native.whole.choosing import in_few_calls

        # `backward` puts gradients in the order of their indices.
        return in_few_calls(
            self.back.program, set(self.back.program.results), dict.fromkeys(self.back.cotangents), set()
        )

    # -- forward ---------------------------------------------------------------------------------------------------

    def node(
        self, args: Any, kwargs: Any, inputs: Any, saved: Any, tensors: Any, states: Any, outputs: Any = None
    ) -> Node:
        """The node of one call; `outputs`: shapes and types of the results, if they differ from call to call."""
        node = Node()
        node.op, node.hooks, node.out_version, node.info = self.op, None, None, states
        node.edges = tuple([t._fn or t for t in inputs])
        node.saved = (saved, args, kwargs, inputs, tensors) if not self.back.freed else FREED
        node.versions = tuple([0 if t._vc is None else t._vc.n for t in tensors])
        node.seq = next(sequence)
        if not self.single:
            node.__dict__["_outputs"] = outputs or self.back.outputs
        return node

    def edge(self, node: Node, output: int) -> Any:
        """What a result's `_fn` is."""
        return node if self.single else Port(node, output)

    # -- backward --------------------------------------------------------------------------------------------------

    def _unpacked(self, node: Node, needed: tuple[int, ...] | range) -> Any:
        """What a node saved, if the inputs at the given places are what they were."""
        if node.saved is FREED:
            freed(node)
        tensors, versions = node.saved[4], node.versions
        assert versions is not None
        for i in needed:
            version = tensors[i]._vc
            if version is not None and version.n != versions[i]:
                stale(node, tensors[i], i)
        return node.saved

    def _full(self, node: Node, g: Any) -> Any:
        """The gradients of all results, zeros for those that have none."""
        if self.single:
            return [g]
        parts = list(g)
        for i, (shape, dtype) in enumerate(node.__dict__["_outputs"]):
            if parts[i] is None:
                parts[i] = np.zeros(shape, dtype)
        return parts

    def backward(self, node: Node, g: Any) -> Any:
        """Gradients of the inputs, as arrays."""
        saved = self._unpacked(node, self._read)
        parts = self._full(node, g)
        if any(part.__class__ is not np.ndarray for part in parts):
            parts = [np.asarray(part) if isinstance(part, np.generic) else part for part in parts]
        if any(part.__class__ is not np.ndarray for part in parts):  # inside of `vmap`, or of another capture
            return self._by_graph(node, saved, [wrap(part) for part in parts], recorded=False)
        if self._in_order:
            parts = [part if part.flags.carray else np.array(part, order="C") for part in parts]
            if self._exact and any(
                part.shape != shape or part.dtype != dtype
                for part, (shape, dtype) in zip(parts, self.back.outputs, strict=True)
            ):
                return self._by_graph(node, saved, [wrap(part) for part in parts], recorded=False)
        run: Any = self._run
        try:
            return run(saved[0], parts)
        except emit.Bail:  # a value is not what the program relies on
            return self._by_graph(node, saved, [wrap(part) for part in parts], recorded=False)

    def backward_graph(self, node: Node, g: Any) -> Any:
        """Gradients of the inputs, as tensors, recorded."""
        saved = self._unpacked(node, range(len(self.plan.inputs)))
        parts = [part if isinstance(part, Tensor) else wrap(part) for part in self._full(node, g)]
        return self._by_graph(node, saved, parts, recorded=True)

    def _by_graph(self, node: Node, saved: Any, parts: list[Tensor], recorded: bool) -> Any:
        """Through the graph of the function called once more."""
        from ..autograd.passes import grad

        _, args, kwargs, inputs, _ = saved
        streams = list({id(x): x for st in self.plan.program.steps if st.form == "draw" for x in st.args[:1]}.values())
        now = [stream.state() for stream in streams]
        written = [(t, t._data.copy(), t._vc) for t in self._written(node)]
        versions = [None if v is None else v.n for _, _, v in written]
        recording = is_grad_enabled()
        for stream, state in zip(streams, node.info, strict=True):
            stream.set_state(state)
        switch(True)
        try:
            entries: dict[int, Tensor] = {}
            result = self.again(*_behind(args, entries), **_behind(kwargs, entries))
            outputs = [t for t in _differentiable(result) if id(t) not in {id(e) for e in entries.values()}]
            targets = [entries.get(id(t), t) for t in inputs]
            edges = [(e._fn, e._fn.edges) for e in entries.values()]
            for fn, _ in edges:
                fn.edges = (None,)
            try:
                found = grad(outputs, targets, parts, create_graph=recorded, retain_graph=True, allow_unused=True)
            finally:
                for fn, was in edges:
                    fn.edges = was
        finally:
            switch(recording)
            for stream, state in zip(streams, now, strict=True):
                stream.set_state(state)
            for (t, before, _), n in zip(written, versions, strict=True):
                t._data[...] = before
                if t._vc is not None:
                    t._vc.n = n or 0
        return tuple(found) if recorded else tuple(None if g is None else g._data for g in found)

    def _written(self, node: Node) -> list[Tensor]:
        """The inputs that the function writes into."""
        numbers = [n for n, _ in self.plan.inputs]
        return [t for n, t in zip(numbers, node.saved[4], strict=True) if n in self.plan.written]


def _behind(x: Any, entries: dict[int, Tensor]) -> Any:
    """Arguments in which those with a history are replaced by copies, which begin a graph of their own."""
    if isinstance(x, Tensor):
        if x._fn is None:
            return x
        found = entries.get(id(x))
        if found is None:
            found = entries[id(x)] = x.clone()
        return found
    if x.__class__ in (tuple, list):
        return x.__class__([_behind(part, entries) for part in x])
    if x.__class__ is dict:
        return {key: _behind(part, entries) for key, part in x.items()}
    return x


def _differentiable(x: Any) -> list[Tensor]:
    """The tensors of a result that have a history, each once, in order."""
    found: dict[int, Tensor] = {}

    def enter(x: Any) -> None:
        if isinstance(x, Tensor):
            if x._fn is not None:
                found.setdefault(id(x), x)
        elif isinstance(x, (tuple, list)):
            for part in x:
                enter(part)
        elif isinstance(x, dict):
            for part in x.values():
                enter(part)

    enter(x)
    return list(found.values())
