"""Exchanging the code of function objects, so that every reference to a function does something more from now on.

Some of torch's features concern hundreds of functions at once, whoever holds a reference to them and since when:
`__torch_function__`, profiles, `autocast`.  A program that uses none of them shall not pay for them.  So the functions
know nothing of all this; when a feature is first used, a *layer* is put on each function it concerns: the code of the
function object is exchanged for the layer's, and what the function ran until then goes on as another function object,
`_raw`, which the layer calls.

Layers on one function are a chain of such objects.  They lie in the order of their ranks whatever the order in which
they came, the highest outside, and each can be taken away from between the others.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any, Final

from .ops.deferred import load_all
from .twins import twin

load_all()  # a layer concerns all functions, and finds those that are there


@dataclass(frozen=True, eq=False)
class Layer:
    """What a kind of layer does.

    Attributes:
        rank: layers of higher rank lie outside of those of lower rank.
        name: for tracebacks.
        body: its code: Python lines that read `args`, `kwargs`, `_raw` and the `given` names, and return.
        given: names whose values are given for each function (`put`).
    """

    rank: int
    name: str
    body: str
    given: tuple[str, ...]
    _codes: dict[int, CodeType] = field(default_factory=dict, repr=False)

    def code(self, cells: int) -> CodeType:
        """The code for a function of so many variables from around it: a function's code must have as many."""
        found = self._codes.get(cells)
        if found is None:
            found = self._codes[cells] = self._compile(cells)
        return found

    def _compile(self, cells: int) -> CodeType:
        # What the body uses comes as defaults of its own, as the namespace is that of the function it is put into.
        names = ", ".join(f"cell_{i}" for i in range(cells))
        body = "\n".join(f"        {line}" for line in self.body.strip("\n").splitlines())
        source = f"""\
def around({names}):
    def layer(*args, _layer, _raw, {", ".join(self.given)}, **kwargs):
        if 0: {names or None}
{body}
    return layer
"""
        # `warnings` does not count the frames of files so named as callers: a warning names the user's line as before.
        file = f"<tapegrad {self.name} {cells}: skipped by warnings, as importlib._bootstrap is>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        scope: dict[str, Any] = {}
        exec(compile(source, file, "exec"), scope)
        code: CodeType = scope["around"](*range(cells)).__code__
        return code


# What a class or a mode overrides is asked about first; an event of a profile comprises the casts of its operator.
ASKING: Final = Layer(
    rank=3,
    name="asking",
    given=("_override", "_plain", "_modes"),
    body="""
for arg in args:
    if arg.__class__ not in _plain: break
else:
    if not kwargs and not _modes: return _raw(*args)
return _override(args, kwargs)
""",
)
TIMING: Final = Layer(rank=2, name="profile", given=("_around",), body="return _around(_raw, args, kwargs)")
CASTING: Final = Layer(
    rank=1,
    name="autocast",
    given=("_cast", "_casting"),
    body="""
if _casting: return _cast(_raw, args, kwargs)
return _raw(*args, **kwargs)
""",
)


def put(function: FunctionType, layer: Layer, **given: Any) -> FunctionType:
    """Put a layer on a function; what it covers is the result.  The function must not have the layer yet.

    >>> def double(x): return 2 * x
    >>> loud = Layer(9, "loud", "print(_word, *args); return _raw(*args, **kwargs)", ("_word",))
    >>> raw = put(double, loud, _word="doubling")
    >>> double(3), raw(3)
    doubling 3
    (6, 6)
    >>> take(double, loud)
    >>> double(3)
    6
    """
    place = _outermost(function, layer.rank)
    assert _keywords(place).get("_layer") is not layer
    raw = twin(place)
    code = place.__code__
    # The old defaults stay among the new: for calls in other threads, up to the line after.
    place.__kwdefaults__ = {**_keywords(place), **given, "_layer": layer, "_raw": raw}
    place.__code__ = layer.code(len(code.co_freevars)).replace(co_name=code.co_name, co_qualname=code.co_qualname)
    place.__wrapped__ = raw  # type: ignore[attr-defined]  # the signature is found there
    return raw


def take(function: FunctionType, layer: Layer) -> None:
    """Take a layer off a function again, from between others if need be; nothing happens if it is not there."""
    place = _outermost(function, layer.rank)
    keywords = _keywords(place)
    if keywords.get("_layer") is not layer:
        return
    raw: FunctionType = keywords["_raw"]
    place.__code__ = raw.__code__
    place.__kwdefaults__ = raw.__kwdefaults__
    place.__dict__.pop("__wrapped__", None)
    place.__dict__.update(raw.__dict__)


def has(function: FunctionType, layer: Layer) -> bool:
    """Whether a function has the layer."""
    return _keywords(_outermost(function, layer.rank)).get("_layer") is layer


def _outermost(function: FunctionType, rank: int) -> FunctionType:
    """The outermost object of the chain with no layer above a rank."""
    while (layer := _keywords(function).get("_layer")) is not None and layer.rank > rank:
        function = _keywords(function)["_raw"]
    return function


def _keywords(function: FunctionType) -> dict[str, Any]:
    return function.__kwdefaults__ or {}
