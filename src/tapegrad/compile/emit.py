"""Python source for a plan: guards, steps, effects and results as straight-line code in one function.

What the code needs besides its arguments (functions, constants, tensors) is bound to names of its namespace, so that a
call looks nothing up.  `run(args, kwargs)` returns the result, or MISS if the call is not the one that was captured, or
AGAIN if it turned out half-way that it is not: nothing outside has changed then.
"""

from __future__ import annotations

import keyword
from typing import Any, Final

import numpy as np

from .buffers import LARGE, is_empty, reused
from .program import Program, Ref, Step, refs, uses
from .recorder import shape_of
from .symbolic import isinstance_of_symbolic, size_in_bytes

MISS: Final = object()
AGAIN: Final = object()
_LITERALS: Final = (bool, int, float, str, type(None))


class Bail(Exception):
    """A value that the program relies on is another than in the captured run."""


class Source:
    """Source text in the making, and the namespace that goes with it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {
            "__name__": None,  # NumPy's floating-point warnings are dropped: see quiet.py
            "Bail": Bail, "MISS": MISS, "AGAIN": AGAIN, "ndarray": np.ndarray,
        }  # fmt: skip
        self.expressions: dict[str, str] = {}  # names of numbers that differ from call to call
        self._names: dict[int, str] = {}
        self._keep: list[Any] = []
        self.indent = 1

    def add(self, line: str) -> None:
        """One line at the present depth."""
        self.lines.append("    " * self.indent + line)

    def bind(self, x: Any, hint: str = "k") -> str:
        """A name for an object."""
        found = self._names.get(id(x))
        if found is None:
            base = "".join(c if c.isalnum() else "_" for c in hint) or "k"
            name = base if base.isidentifier() and not keyword.iskeyword(base) else "k"
            while name in self.scope or len(name) < 2:
                name = f"{base}_{len(self.scope)}"
            self.scope[name] = x
            found = self._names[id(x)] = name
            self._keep.append(x)
        return found

    def number(self, text: str) -> str:
        """A name for an expression of numbers that differ from call to call."""
        return text if text.isidentifier() else self.expressions.setdefault(text, f"m{len(self.expressions)}")

    def define_numbers(self, at: int, indent: int) -> None:
        """Put the definitions of these names before a line."""
        lines = [f"{'    ' * indent}{name} = {text}" for text, name in self.expressions.items()]
        self.lines[at:at] = lines

    def text(self, x: Any) -> str:
        """An expression for a template."""
        if isinstance_of_symbolic(x):
            return self.number(x.text)
        kind = x.__class__
        if kind is Ref:
            return f"v{x.number}"
        if kind in _LITERALS and (kind is not float or np.isfinite(x)):
            return repr(x)
        if kind is tuple:
            return "(" + "".join(f"{self.text(part)}, " for part in x) + ")"
        if kind is list:
            return "[" + ", ".join(self.text(part) for part in x) + "]"
        if kind is slice:
            return f"slice({self.text(x.start)}, {self.text(x.stop)}, {self.text(x.step)})"
        if kind is dict and all(isinstance(key, str) for key in x):
            return "{" + ", ".join(f"{key!r}: {self.text(part)}" for key, part in x.items()) + "}"
        return self.bind(x, kind.__name__ if not isinstance(x, type) else x.__name__)


def steps(source: Source, program: Program, after_failures: Any = None) -> None:
    """The steps of a program; `after_failures` is called when the last that may fail has been written."""
    given = reused(program)
    last = _last_uses(program, {donor: i for i, (_, donor) in given.items()})
    written = {n for n, _ in given.values()}
    sure = max([i for i, step in enumerate(program.steps) if may_fail(step)], default=-1) + 1
    for number, array in program.constants.items():
        memory = program.values[number].memory
        name = source.bind(array, f"c{number}")
        escapes = memory.written or memory in {program.values[n].memory for n in program.results}
        source.add(f"v{number} = {name}.copy()" if escapes else f"v{number} = {name}")
    for i, step in enumerate(program.steps):
        if i == sure and after_failures is not None:
            after_failures()
            after_failures = None
        made, donor = given.get(i, (-1, -1))
        if donor >= 0 and made not in step.out:  # it is written into, and was not needed before
            source.add(f"v{made} = v{donor}")
        if not (is_empty(step) and step.out[0] in written):
            for line in _step(source, step, donor if donor >= 0 and made in step.out else None):
                source.add(line)
        dead = [f"v{n}" for n in sorted(last.get(i, ()))]
        if dead:
            source.add(" = ".join(dead) + " = None")
    if after_failures is not None:
        after_failures()


def _step(source: Source, step: Step, array: int | None = None) -> list[str]:
    """The lines of a step; `array`: the value into whose array it writes its result."""
    text, args = source.text, step.args
    if step.form == "check":
        if step.what is shape_of:
            return [f"if {text(args[0])}.shape != {text(step.expected)}: raise Bail"]
        read = source.bind(step.what, _name_of(step.what))
        expected = source.bind(step.expected, "expected")
        given = ", ".join([text(a) for a in args] + [f"{key}={text(value)}" for key, value in step.kwargs.items()])
        return [f"if not is_same({read}({given}), {expected}): raise Bail"]
    keywords = "".join(f", {key}={text(value)}" for key, value in step.kwargs.items())
    if array is not None:
        keywords += f", out=v{array}"
    if step.form == "kernel":
        return [f"{source.bind(step.what, 'kernel')}({', '.join(text(a) for a in args)})"]
    if step.form == "attribute":
        value = f"{text(args[0])}.{step.what}"
    elif step.form == "method":
        rest = ", ".join(text(a) for a in args[1:])
        value = f"{text(args[0])}.{step.what}({rest}{keywords if rest else keywords[2:]})"
    elif step.form == "getitem":
        value = f"{text(args[0])}[{_index(source, args[1])}]"
    elif step.form == "setitem":
        return [f"{text(args[0])}[{_index(source, args[1])}] = {text(args[2])}"]
    else:
        name = source.bind(step.what, _name_of(step.what))
        rest = ", ".join(text(a) for a in args)
        value = f"{name}({rest}{keywords if rest else keywords[2:]})"
    if step.several:
        targets = ", ".join("_" if n < 0 else f"v{n}" for n in step.out)
        return [f"{targets}, = {value}"]
    if not step.out or step.out[0] < 0:
        return [value]
    return [f"v{step.out[0]} = {value}"]


def _index(source: Source, index: Any) -> str:
    if index.__class__ is tuple and index and not any(i.__class__ is slice for i in index):
        return source.text(index)[1:-1].strip()
    return source.text(index)


def _name_of(what: Any) -> str:
    name = getattr(what, "__name__", "function").strip("_<>") or "function"
    owner = getattr(what, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"{owner.__name__}_{name}"
    return name


def _last_uses(program: Program, given: dict[int, int]) -> dict[int, set[int]]:
    """For each step the large values that are not needed after it; `given`: where arrays get other values."""
    last: dict[int, int] = {}
    for i, step in enumerate(program.steps):
        for n in (*uses(step), *step.out):
            last[n] = i
    found: dict[int, set[int]] = {}
    for n, i in (last | given).items():
        value = program.values.get(n)
        if value is None or n in program.results or n in program.constants or value.dtype is None:
            continue
        if value.memory.external and value.memory.written:  # to be put back if a later step fails
            continue
        if size_in_bytes(value.shape, value.dtype.itemsize) >= LARGE:
            found.setdefault(i, set()).add(n)
    return found


# Functions of NumPy's that cannot fail once the shapes are what they were.
_SURE: Final = frozenset(
    """all any arange asarray broadcast_to clip concatenate copyto cumprod cumsum dot einsum empty empty_like
    expand_dims flip full full_like matmul max mean min moveaxis ones ones_like over_dims over_rows prod repeat reshape
    roll squeeze stack sum swapaxes tensordot total transpose where zeros zeros_like""".split()
)


def may_fail(step: Step) -> bool:
    """Whether a step may raise, or find that the call is another one."""
    if step.form in ("check", "draw"):
        return True
    if step.form == "kernel":
        return False
    if step.form == "call":
        what = step.what
        if isinstance(what, np.ufunc) or isinstance(getattr(what, "__self__", None), np.ufunc):
            return getattr(what, "__name__", "") == "at"
        module = getattr(what, "__module__", "")
        ours = str(module).endswith(("ops.summation", "tensor.arena"))
        return not (module == "_operator" or ((module == "numpy" or ours) and what.__name__ in _SURE))
    if step.form in ("getitem", "setitem"):
        return next(refs(step.args[1]), None) is not None
    return step.what in ("take", "choose", "compress")


def is_same(a: Any, b: Any) -> bool:
    """Whether a Python value is what it was, bit for bit."""
    return a is b or (a.__class__ is b.__class__ and (a == b or a != a) and repr(a) == repr(b))
