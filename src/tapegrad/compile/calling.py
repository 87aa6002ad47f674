"""The code of a whole call: guards before the steps of a program, effects and results after them."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Iterator
from contextlib import nullcontext
from threading import get_ident
from types import FunctionType
from typing import Any, Final

import numpy as np

from ..amp.state import settings as autocast
from ..autograd.grad_mode import inference, suspended
from ..autograd.node import watchers
from ..autograd.observing import runners, witnesses
from ..autograd.tangents import alive
from ..nn.modules.module.hooks import in_use
from ..tensor.dtypes import default
from ..tensor.rows import running
from ..tensor.tensor import REQUIRES_GRAD, VIEW, Tensor, allocate, wrap
from ..tensor.torch_function import modes
from ..tensor.version import version_of
from . import emit
from .arguments import Leaves
from .emit import Source as Text
from .facts import MISSING, Facts, same
from .native.building import with_kernels
from .native.grouping import Inputs
from .native.trial import Trial
from .plan import Atom, Made, Plan, Source
from .program import Program, uses
from .symbolic import isinstance_of_symbolic, shape_text
from .way_back import Way

_counter: Final = itertools.count(1)


class Call:
    """A function `run(args, kwargs)` made from a plan, and what is to be known about it.

    Attributes:
        run: the function.
        source: its text.
        facts: the Python state that it was made under.
        signature: of the calls that it may be used for; `form`: of these and of others that differ in numbers alone.
        guards: the conditions under which it is used, in words.
    """

    def __init__(self, plan: Plan, leaves: Leaves, facts: Facts, recording: bool, again: Any, name: str) -> None:
        self.plan, self.name = plan, name
        self.guards: list[str] = []
        self._way = Way(plan, again) if plan.backward is not None else None
        self._leaves, self.facts, self._recording = leaves, facts, recording
        self.signature: Any = None
        self.form: Any = None
        self.tier = "replayed on NumPy"
        self.kernels: list[str] = []
        self.run = self._build(plan.program)

    def replaces(self, other: Call) -> bool:
        """Whether another program, for certain sizes or numbers, is no longer needed."""
        if self.form != other.form or len(other.plan.atoms) >= len(self.plan.atoms):
            return False
        places = {atom[1] for atom in self.plan.atoms.values() if atom[0] == "place"}
        return self.facts.differences(other.facts) <= places

    @property
    def way_back_source(self) -> str:
        """The text of the way back."""
        return self._way.source if self._way is not None else ""

    def _build(self, program: Program, identical: bool = False) -> Any:
        """The function for a program.

        Args:
            identical: captured tensors must hold the very arrays they held, which are known not to overlap.
        """
        self._source = Text()
        self._program, self._identical = program, identical
        self._locals: dict[Any, str] = {}
        self.guards.clear()
        with nullcontext() if self.plan.symbols is None else self.plan.symbols.code_is_made():
            return self._written()

    def _written(self) -> Any:
        s = self._source
        s.scope.update(is_same=emit.is_same, same=same, new=allocate, version_of=version_of, wrap=wrap, in_use=in_use)
        s.add("try:")
        s.indent += 1
        self._structure()
        self._facts_hold()
        self._tensors(self._recording)
        self._conditions()
        s.add("a = None")
        here = len(s.lines)
        s.indent -= 1
        s.add("except (LookupError, AttributeError, ValueError, TypeError, ArithmeticError):")
        s.add("    return MISS")
        self._body()
        s.define_numbers(here, 2)
        text = "def run(args, kwargs):\n" + "\n".join(s.lines) + "\n"
        file = f"<tapegrad compiled {self.name} {next(_counter)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        exec(compile(text, file, "exec"), s.scope)
        self.source = text
        run: FunctionType = s.scope["run"]
        return run

    # -- native code -----------------------------------------------------------------------------------------------

    def build_native(self, at_once: bool) -> None:
        """Compile the runs of steps that pay; `at_once`: use them without trying which is the faster."""
        needed = set(self.plan.program.results)
        with nullcontext() if self.plan.symbols is None else self.plan.symbols.code_is_made():
            made: Any = self._in_few_calls(needed)
            if made is None:
                made = with_kernels(self.plan.program, needed, self._inputs())
        if made is not None:
            program, kernels = made
            plain, text = self.run, self.source
            native = self._build(program, identical=bool(self.plan.written))
            self.kernels += [kernel.title for kernel in kernels]

            def decided(choice: Any, plain_time: float, native_time: float) -> None:
                self.run = choice
                if choice is plain:
                    self.source = text
                    self.tier = (
                        f"replayed on NumPy; native code was dropped, {native_time / plain_time:.1f} times as slow"
                    )
                else:
                    self.tier = f"native, {plain_time / native_time:.1f} times as fast as replayed"

            if at_once:
                self.run, self.tier = native, "native"
            else:
                self.run = Trial(plain, native, (emit.MISS, emit.AGAIN), decided)
        if self._way is not None and not self._way.back.freed:
            self.kernels += self._way.build_native(at_once)

    def _in_few_calls(self, needed: set[int]) -> Any:
        """The program with its steps in a few native calls, if it is a small one."""
        from .native.whole.choosing import in_few_calls

        plan = self.plan

        strides = {n: array.strides for n, source in plan.inputs if (array := self._array(source)) is not None}
        if any(plan.program.values[n].strides != found for n, found in strides.items()):
            return None
        # Guards see to it that gradients and arguments are apart from what is written.
        apart = {n for n, source in plan.inputs if source[0] != "tensor"} | self._inputs().writeable
        return in_few_calls(plan.program, needed, strides, set(plan.written) & apart)

    def _inputs(self) -> Inputs:
        """What is known of the arrays from outside."""
        arrays = {n: self._array(source) for n, source in self.plan.inputs}
        found = Inputs()
        for n, array in arrays.items():
            if array is None:
                continue
            found.captured.add(id(self.plan.program.values[n].memory))
            if n in self.plan.written and not any(
                m != n and x is not None and np.may_share_memory(array, x) for m, x in arrays.items()
            ):
                found.writeable.add(n)
        return found

    def _array(self, source: Any) -> Any:
        """The array of a captured tensor; None for an argument, whose array differs from call to call."""
        kind, what = source
        return what._data if kind == "tensor" else None

    # -- guards ----------------------------------------------------------------------------------------------------

    def _need(self, condition: str, words: str) -> None:
        self._source.add(f"if not ({condition}): return MISS")
        if words:
            self.guards.append(words)

    def _name_number(self, atom: Atom, what: str, value: Any) -> bool:
        """Read a number that differs from call to call, if there is one at a place."""
        name = next((name for name, known in self.plan.atoms.items() if known == atom), None)
        if name is None:
            return False
        self._need(f"{what}.__class__ is {type(value).__name__}", f"{what} is any {type(value).__name__}, {name}")
        self._source.add(f"{name} = {what}")
        return True

    def _conditions(self) -> None:
        """What the function decided by numbers that differ from call to call."""
        symbols = self.plan.symbols
        if symbols is None:
            return
        reasons = {symbols.pin_text(name): f"{name} is {symbols.atoms[name]!r}: {why}"
                   for name, why in symbols.pinned.items()}  # fmt: skip
        for text, expected in symbols.conditions.items():
            test = text if expected else f"not {text}"
            self._need(test, reasons.get(text, test))

    def _structure(self) -> None:
        s, leaves = self._source, self._leaves
        for path, kind, size in leaves.containers:
            if path == "args":
                self._need(f"len(args) == {size}", "")
            elif path == "kwargs":
                self._need("not kwargs" if not size else f"tuple(kwargs) == {size!r}", "")
            elif isinstance(size, tuple):
                self._need(
                    f"{path}.__class__ is {s.bind(kind, kind.__name__)} and tuple({path}) == {size!r}",
                    f"{path}: keys {size}",
                )
            else:
                self._need(
                    f"{path}.__class__ is {s.bind(kind, kind.__name__)} and len({path}) == {size}",
                    f"{path}: {size} items",
                )
        for path, value in leaves.constants:
            if self._name_number(("number", path), path, value):
                continue
            name = s.bind(value, "value")
            self._need(f"{path} is {name} or same({path}, {name})", f"{path} is {value!r}")
        for path, value in leaves.objects:
            self._need(f"{path} is {s.bind(value, type(value).__name__)}", f"{path} is that {type(value).__name__}")
        for first, second in leaves.twice:
            self._need(f"{first} is {second}", f"{first} is {second}")

    def _facts_hold(self) -> None:
        s = self._source
        for where, (place, value) in self.facts.places.items():
            holder = s.bind(place.holder, "holder")
            if place.kind == "item":
                key = repr(place.key) if isinstance(place.key, (str, int)) else s.bind(place.key, "key")
                what = f"{holder}[{key}]"
                if value is MISSING:
                    self._need(f"{key} not in {holder}", "")
                    continue
            elif place.kind == "class":
                what = f"{holder}.__dict__[{place.key!r}]"
            elif place.kind == "cell":
                what = f"{holder}.cell_contents"
            elif place.kind == "attribute":
                what = f"{holder}.{place.key}"
            elif place.kind == "length":
                what = f"len({holder})"
            else:
                what = f"frozenset({holder})"
            if place.kind == "length":
                self._need(f"{what} == {value}", "")
            elif place.kind == "set":
                self._need(f"{what} == {s.bind(value, 'value')}", place.label)
            elif not self._name_number(("place", where), what, value):
                name = s.bind(value, "value")
                simple = isinstance(value, (int, float, complex, str)) and not isinstance(value, bool)
                test = f"{what} is {name}" + (f" or same({what}, {name})" if simple else "")
                self._need(test, f"{place.label} is {_short(value)}")

    def _tensors(self, recording: bool) -> None:
        s, plan = self._source, self.plan
        s.scope.update(
            suspended=suspended, get_ident=get_ident, runners=runners, witnesses=witnesses, watchers=watchers,
            modes=modes, alive=alive, inference=inference, running=running, default=default,
            default_kind=default.numpy, autocast=autocast,
        )  # fmt: skip
        self._need("not (runners or witnesses or watchers or modes or alive or inference or running)", "")
        self._need("default.numpy is default_kind and not autocast.enabled", "")
        thread = "not suspended or get_ident() not in suspended"
        self._need(
            thread if recording else f"not ({thread})", "gradients are " + ("recorded" if recording else "not recorded")
        )
        read = {self._key(source) for _, source in plan.inputs}
        for path, t in self._leaves.tensors:
            name = self._local(("path", path))
            self._tensor_guard(name, t, True, path, plan.shapes.get(path))
        for t in self.facts.tensors.values():
            name = self._local(("tensor", t))
            if ("tensor", id(t)) in read:
                array = s.bind(t._data, "array")
                s.add(f"if {name}._data is not {array}:")
                s.indent += 1
                if self._identical:
                    s.add("return MISS")
                else:
                    self._tensor_guard(name, t, True, "")
                s.indent -= 1
            self._need(f"{name}._flags == {t._flags} and {name}._fn is None", "")
        self._no_overlaps()
        for source, before in plan.known_grads:
            holder = self._local(source)
            if before is None:
                self._need(f"{holder}._grad is None", f"{self._words(source)}.grad is None")
                continue
            name = self._local(("grad", source))
            self._tensor_guard(name, before, ("grad", self._key(source)) in read, f"{self._words(source)}.grad")
        if self._identical:
            self._gradients_apart()

    def _no_overlaps(self) -> None:
        """No argument may share memory with another input that is written into: operators refuse some such writes."""
        s, plan = self._source, self.plan
        sources = dict(plan.inputs)
        for n, source in plan.inputs:
            if source[0] != "path":
                continue
            others = [sources[m] for m in (plan.inputs_but(n) if n in plan.written else plan.written) if m != n]
            others = [other for other in others if other[0] != "grad"]
            if not others:
                continue
            s.scope["overlaps"] = overlaps
            given = "".join(f"{self._local(other)}._data, " for other in others)
            # An array that owns its memory is apart from others that own theirs.
            owners = all(other[0] == "tensor" and other[1]._data.base is None for other in others)
            name = self._local(source)
            test = f"{name}._data.base is None or " if owners and n not in plan.written else ""
            self._need(f"{test}not overlaps({name}._data, ({given}))", "")

    def _gradients_apart(self) -> None:
        """Gradients that are read or written own their memory, and are no other input's array."""
        s, plan = self._source, self.plan
        for n, source in plan.inputs:
            if source[0] != "grad":
                continue
            name = self._local(source)
            self._need(f"{name}._data.base is None", "")
            for m, other in plan.inputs:
                if m == n or not {m, n} & set(plan.written) or (other[0] == "grad" and m < n):
                    continue
                array = f"{self._local(other)}._data"
                test = f"{array} is not {name}._data"
                if other[0] == "path" or (other[0] == "tensor" and other[1]._data.base is not None):
                    s.scope["overlaps"] = overlaps
                    test += f" and ({array}.base is None or not overlaps({name}._data, ({array},)))"
                self._need(test, "")

    def _tensor_guard(self, name: str, t: Tensor, whole: bool, words: str, shape: Any = None) -> None:
        s = self._source
        a = t._data
        cls = s.bind(t.__class__, t.__class__.__name__)
        tests = [f"{name}.__class__ is {cls}", f"{name}._flags == {t._flags}"]
        tests.append(f"{name}._fn is {'' if t._fn is None else 'not '}None")
        tests.append(f"{name}._view is {'' if t._view is None else 'not '}None")
        self._need(" and ".join(tests), "")
        if whole:
            dtype = s.bind(a.dtype, a.dtype.name)
            s.add(f"a = {name}._data")
            flags = f"a.flags.writeable is {a.flags.writeable}"
            if a.flags.carray:  # in the order of its indices, and writeable
                flags = "a.flags.carray"
            if shape is not None:
                s.add(f"{', '.join(f's{i}' for i in range(a.ndim))}, = a.shape")
                layout = "a.flags.c_contiguous"
            else:
                layout = f"a.shape == {a.shape!r}" + ("" if a.flags.carray else f" and a.strides == {a.strides!r}")
            self._need(
                f"{layout} and (a.dtype is {dtype} or a.dtype == {dtype}) and a.__class__ is ndarray and {flags}",
                words and f"{words}: {a.dtype.name} {shape_text(shape or a.shape)}",
            )
            for i, n in enumerate(shape or ()):
                if isinstance_of_symbolic(n) and self.plan.atoms[n.text] == ("size", words, i):
                    self._need(f"s{i} > 1", "")
                    s.add(f"{n.text} = s{i}")
                else:
                    self._need(f"s{i} == {s.text(n)}", "")

    def _key(self, source: Any) -> Any:
        kind, what = source
        return (kind, what if kind == "path" else self._key(what) if kind == "grad" else id(what))

    def _words(self, source: Any) -> str:
        kind, what = source
        return what if kind == "path" else f"{self._words(what)}.grad" if kind == "grad" else "a captured tensor"

    def _local(self, source: Any) -> str:
        """A name for a tensor from outside."""
        key = self._key(source)
        found = self._locals.get(key)
        if found is None:
            kind, what = source
            if kind == "tensor":
                return self._source.bind(what, "tensor")
            found = self._locals[key] = f"t{len(self._locals)}"
            self._source.add(f"{found} = {what}" if kind == "path" else f"{found} = {self._local(what)}._grad")
        return found

    # -- steps, effects, results -----------------------------------------------------------------------------------

    def _body(self) -> None:
        s, plan, program = self._source, self.plan, self._program
        for number, source in plan.inputs:
            if number in program.inputs:
                s.add(f"v{number} = {self._local(source)}._data")
        used = {n for step in program.steps for n in uses(step)} | set(program.results)
        for number, text in plan.numbers.items():
            if number in used:
                s.add(f"v{number} = {s.number(text)}")
        undo = self._copies_before()
        guarded = any(emit.may_fail(step) for step in program.steps)
        if plan.draws:
            streams = {id(x): x for step in program.steps if step.form == "draw" for x in step.args[:1]}
            for i, stream in enumerate(streams.values()):
                s.add(f"state{i} = {s.bind(stream, 'stream')}.state()")
                undo.append(f"{s.bind(stream, 'stream')}.set_state(state{i})")
        if guarded:
            s.add("try:")
            s.indent += 1

        def no_more_failures() -> None:
            s.indent -= 1
            s.add("except Exception:")
            for line in undo:
                s.add("    " + line)
            s.add("    return AGAIN")

        def sure() -> None:
            if guarded:
                no_more_failures()
            for source in self._replaced_grads():
                s.add(f"{self._local(source)}._grad = {self._local(('grad', source))} = None")

        emit.steps(s, program, sure)
        for source, n in plan.versions:
            s.add(f"version_of({self._local(source)}).n += {n}")
        self._made: dict[int, str] = {}
        self._node()
        for source, made in plan.grads:
            holder = self._local(source)
            s.add(f"{holder}._grad = {'None' if made is None else self._tensor(made)}")
        result = self._result(plan.result)
        s.add(f"return {result}")

    def _replaced_grads(self) -> list[Source]:
        """The tensors whose gradients a call replaces: let go before it makes its own, they make room for these."""
        plan = self.plan
        back = [] if plan.backward is None else plan.backward.inputs
        made = [x for _, x in plan.grads]
        mentioned = {self._key(x) for x in _sources([plan.result, made, back, [x for _, x in plan.inputs]])}
        before = {self._key(source) for source, grad in plan.known_grads if grad is not None}
        return [
            source
            for source, _ in plan.grads
            if self._key(source) in before and ("grad", self._key(source)) not in mentioned
        ]

    def _copies_before(self) -> list[str]:
        """Copies of what a step writes into, if a later one may fail; what to do to go back."""
        s, program = self._source, self._program
        first = next((i for i, step in enumerate(program.steps) if any(m.external for m in step.writes)), None)
        if first is None or not any(emit.may_fail(step) for step in program.steps[first:]):
            return []
        undo = []
        for number in self.plan.written:
            if number in program.inputs:
                s.add(f"u{number} = v{number}.copy()")
                undo.append(f"v{number}[...] = u{number}")
        return undo

    def _node(self) -> None:
        s, way = self._source, self._way
        if way is None:
            return
        back = self.plan.backward
        assert back is not None
        states = {id(x) for step in self.plan.program.steps if step.form == "draw" for x in step.args[:1]}
        parts = [
            [self._local(source) for source in back.inputs],
            [*[f"v{n}" for n in back.saved], *self.plan.atoms],
            [self._local(source) for _, source in self.plan.inputs],
            [f"state{i}" for i in range(len(states))],
        ]
        s.scope["node_of"] = way.node
        given = ", ".join("(" + "".join(f"{name}, " for name in names) + ")" for names in parts)
        if any(isinstance_of_symbolic(n) for shape, _ in back.outputs for n in shape):
            given += f", {s.text(tuple(back.outputs))}"
        s.add(f"node = node_of(args, kwargs, {given})")
        s.scope["edge"] = way.edge

    def _tensor(self, made: Any) -> str:
        """A name for a tensor that the call makes or gives back."""
        if made.__class__ is tuple:
            return self._local(made[1])
        found = self._made.get(id(made))
        if found is None:
            assert isinstance(made, Made)
            s = self._source
            found = self._made[id(made)] = f"r{len(self._made)}"
            s.add(f"{found} = new(); {found}._data = v{made.number}")
            s.add(f"{found}._form = {found}._grad = {found}._x = {found}._view = None")
            if made.output is not None:
                s.add(f"{found}._flags = {REQUIRES_GRAD}; {found}._fn = edge(node, {made.output}); {found}._vc = None")
            else:
                s.add(
                    f"{found}._flags = {REQUIRES_GRAD if made.requires_grad else 0}; {found}._fn = {found}._vc = None"
                )
            if made.view is not None:
                base, kind = made.view
                name = self._local(base[1]) if base.__class__ is tuple else self._tensor(base)
                s.add(f"{found}._vc = version_of({name}); {found}._flags |= {VIEW}")
                s.add(f"{found}._view = ({name} if {name}._view is None else {name}._view[0], {found}._vc.n, {kind})")
            elif made.shares is not None:
                s.add(f"{found}._vc = version_of({self._local(made.shares)})")
        return found

    def _result(self, template: Any) -> str:
        if isinstance(template, Made) or template[0] == "source":
            return self._tensor(template)
        kind, parts = template
        s = self._source
        if kind is None:
            return s.text(parts)
        if isinstance(parts, dict):
            items = ", ".join(f"({s.text(key)}, {self._result(part)})" for key, part in parts.items())
            return f"{s.bind(kind, kind.__name__)}([{items}])"
        listed = [self._result(part) for part in parts]
        if kind is list:
            return f"[{', '.join(listed)}]"
        if kind is tuple:
            return f"({''.join(i + ', ' for i in listed)})"
        return f"{s.bind(kind, getattr(kind, '__name__', 'named'))}({', '.join(listed)})"


def overlaps(array: Any, others: tuple[Any, ...]) -> bool:
    """Whether an array may share memory with one of the others."""
    return any(np.may_share_memory(array, other) for other in others)


def _sources(x: Any) -> Iterator[Source]:
    """The sources that templates of results mention."""
    if isinstance(x, Made):
        yield from _sources([x.view and x.view[0], x.shares])
    elif x.__class__ is tuple and len(x) == 2 and x[0] in ("path", "tensor", "grad"):
        yield x
    elif x.__class__ is tuple and len(x) == 2 and x[0] == "source":
        yield x[1]
    elif isinstance(x, dict):
        yield from _sources(list(x.values()))
    elif isinstance(x, (tuple, list)):
        for part in x:
            yield from _sources(part)


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, (int, float, str, type(None))) else f"that {type(value).__name__}"
    return text if len(text) < 60 else text[:57] + "..."


__all__ = ["Call"]
