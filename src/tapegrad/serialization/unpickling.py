"""A machine that runs the pickles of tensor files and can do nothing else.

A pickle is a program.  Python's own machine imports and calls whatever the program names; this one knows the
instructions that build numbers, strings and containers, and calls only what `rebuilding.TORCHS` lists or the user has
allowed.  It works through the program without recursion, and never makes more than the program's own length of
anything.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from ..tensor.tensor import Tensor
from .allowed import allowed_by_user
from .rebuilding import TORCHS, Malformed, set_attributes, torchs

# Modules whose functions are refused even where a user's list would allow them by accident.
BLOCKED: Final = frozenset(("sys", "os", "posix", "nt", "subprocess", "shutil", "importlib", "runpy", "ctypes"))


class UnsafeGlobal(pickle.UnpicklingError):
    """A file names a class or function that it may not use."""


class _Mark:
    def __repr__(self) -> str:
        return "MARK"


_MARK: Final = _Mark()


class Machine:
    """Runs one pickle.

    Args:
        body: bytes that begin with the pickle.
        at: where it begins.
        persistent: makes an object of a persistent id.
    """

    def __init__(self, body: bytes, persistent: Callable[[Any], Any], at: int = 0) -> None:
        self.body, self.at, self.persistent = body, at, persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """The object that the pickle builds; `at` is then behind it.

        Raises:
            UnsafeGlobal: it names something that is not allowed.
            pickle.UnpicklingError: it is no pickle of a tensor file.
        """
        body, steps = self.body, STEPS
        try:
            while True:
                code = body[self.at]
                self.at += 1
                if code == 0x2E:  # STOP
                    return self.stack.pop()
                step = steps.get(code)
                if step is None:
                    raise pickle.UnpicklingError(f"Unsupported operand {code}")
                step(self)
        except (IndexError, struct.error, KeyError, UnicodeDecodeError, TypeError, ValueError, OverflowError) as error:
            raise pickle.UnpicklingError(
                f"the pickle is damaged near byte {self.at} ({type(error).__name__}: {error})"
            ) from None

    # -- reading -------------------------------------------------------------------------------------------------------

    def take(self, count: int) -> bytes:
        """The next bytes of the program."""
        end = self.at + count
        if count < 0 or end > len(self.body):
            raise pickle.UnpicklingError("the pickle ends in the middle")
        part = self.body[self.at : end]
        self.at = end
        return part

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> bytes:
        end = self.body.index(b"\n", self.at)
        part = self.body[self.at : end]
        self.at = end + 1
        return part

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def since_mark(self) -> list[Any]:
        """What was pushed since the last mark."""
        stack = self.stack
        for i in range(len(stack) - 1, -1, -1):
            if stack[i] is _MARK:
                items = stack[i + 1 :]
                del stack[i:]
                return items
        raise pickle.UnpicklingError("a mark is missing")

    # -- names and calls -----------------------------------------------------------------------------------------------

    def named(self, module: str, name: str) -> Any:
        """What a name in the program means.

        Raises:
            UnsafeGlobal: it is not allowed.
        """
        found = torchs(module, name)
        if found is not None:
            return found
        full = f"{module}.{name}"
        if module.split(".")[0] in BLOCKED:
            raise UnsafeGlobal(
                f"Trying to load unsupported GLOBAL {full} whose module {module.split('.')[0]} is blocked."
            )
        found = allowed_by_user(full)
        if found is None:
            raise UnsafeGlobal(
                f"Unsupported global: GLOBAL {full} was not an allowed global by default. Please use"
                f" `torch.serialization.add_safe_globals([{full}])` or the"
                f" `torch.serialization.safe_globals([{full}])` context manager to allowlist this global if you trust"
                " this class/function."
            )
        return found

    def call(self) -> None:
        arguments = self.stack.pop()
        function = self.stack.pop()
        if not isinstance(arguments, tuple):
            raise Malformed("arguments that are no tuple")
        if not _is_allowed(function):
            raise UnsafeGlobal(f"Trying to call reduce for unrecognized function {function!r}")
        self.push(function(*arguments))

    def make(self, arguments: Any, keywords: dict[str, Any] | None = None) -> None:
        cls = self.stack.pop()
        if not (isinstance(cls, type) and _is_allowed(cls)):
            if cls is TORCHS["collections", "OrderedDict"] and arguments == ():
                self.push(OrderedDict())
                return
            raise UnsafeGlobal(f"Trying to call reduce for unrecognized function {cls!r}")
        self.push(cls.__new__(cls, *arguments, **(keywords or {})))

    def build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        if isinstance(made, OrderedDict):
            if state:
                set_attributes(made, state)
            return
        if isinstance(made, Tensor) or _is_allowed(type(made)):
            setstate = getattr(made, "__setstate__", None)
            if setstate is not None and _is_allowed(type(made)) and not isinstance(made, Tensor):
                setstate(state)
            else:
                set_attributes(made, state)
            return
        raise UnsafeGlobal(
            f"Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got {type(made)}"
        )


def _is_allowed(thing: Any) -> bool:
    """Whether the machine may call this: torch's own few, and what the user has allowed."""
    if any(thing is known for known in TORCHS.values()):
        return True
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    from .allowed import _allowed

    return any(thing is known for known in _allowed.values()) or (
        module is not None and name is not None and allowed_by_user(f"{module}.{name}") is thing
    )


# -- the instructions --------------------------------------------------------------------------------------------------

Step = Callable[[Machine], None]


def _signed(raw: bytes) -> int:
    return int.from_bytes(raw, "little", signed=True)


def _append_to(m: Machine, items: list[Any]) -> None:
    target = m.stack[-1]
    if not isinstance(target, list):
        raise Malformed("items for what is no list")
    target.extend(items)


def _set_items(m: Machine, items: list[Any]) -> None:
    target = m.stack[-1]
    if not isinstance(target, dict):
        raise Malformed("items for what is no dictionary")
    for i in range(0, len(items) - 1, 2):
        target[items[i]] = items[i + 1]


def _add_items(m: Machine) -> None:
    items = m.since_mark()
    target = m.stack[-1]
    if not isinstance(target, set):
        raise Malformed("items for what is no set")
    target.update(items)


def _global(m: Machine) -> None:
    module, name = m.line().decode(), m.line().decode()
    m.push(m.named(module, name))


def _stack_global(m: Machine) -> None:
    name, module = m.stack.pop(), m.stack.pop()
    if type(name) is not str or type(module) is not str:
        raise Malformed("a name that is no string")
    m.push(m.named(module, name))


def _put(form: str) -> Step:
    def step(m: Machine) -> None:
        m.memo[m.number(form)] = m.stack[-1]

    return step


def _get(form: str) -> Step:
    return lambda m: m.push(m.memo[m.number(form)])


def _push(form: str) -> Step:
    return lambda m: m.push(m.number(form))


def _text(form: str) -> Step:
    return lambda m: m.push(m.take(m.number(form)).decode("utf-8", "surrogatepass"))


def _bytes(form: str) -> Step:
    return lambda m: m.push(m.take(m.number(form)))


def _constant(value: Any) -> Step:
    return lambda m: m.push(value)


def _tuple_of(n: int) -> Step:
    def step(m: Machine) -> None:
        items = tuple(m.stack[-n:])
        if len(items) < n or _MARK in [i for i in items if i is _MARK]:
            raise Malformed("a tuple of too few items")
        m.stack[-n:] = [items]

    return step


def _keyword_call(m: Machine) -> None:
    keywords, arguments = m.stack.pop(), m.stack.pop()
    m.make(arguments, keywords)


STEPS: Final[dict[int, Step]] = {
    ord("\x80"): lambda m: m.number("<B") and None,  # the protocol
    ord("\x95"): lambda m: m.number("<Q") and None,  # the length of a frame
    ord("("): lambda m: m.push(_MARK),
    ord("0"): lambda m: m.stack.pop() and None,
    ord("2"): lambda m: m.push(m.stack[-1]),
    ord("N"): _constant(None),
    ord("\x88"): _constant(True),
    ord("\x89"): _constant(False),
    ord("J"): _push("<i"),
    ord("K"): _push("<B"),
    ord("M"): _push("<H"),
    ord("G"): _push(">d"),
    ord("\x8a"): lambda m: m.push(_signed(m.take(m.number("<B")))),
    ord("\x8b"): lambda m: m.push(_signed(m.take(m.number("<i")))),
    ord("X"): _text("<I"),
    ord("\x8c"): _text("<B"),
    ord("\x8d"): _text("<Q"),
    ord("B"): _bytes("<I"),
    ord("C"): _bytes("<B"),
    ord("\x8e"): _bytes("<Q"),
    ord("\x96"): lambda m: m.push(bytearray(m.take(m.number("<Q")))),
    ord("U"): lambda m: m.push(m.take(m.number("<B")).decode("latin1")),
    ord("T"): lambda m: m.push(m.take(m.number("<i")).decode("latin1")),
    ord("]"): lambda m: m.push([]),
    ord("}"): lambda m: m.push({}),
    ord(")"): lambda m: m.push(()),
    ord("\x8f"): lambda m: m.push(set()),
    ord("a"): lambda m: _append_to(m, [m.stack.pop()]),
    ord("e"): lambda m: _append_to(m, m.since_mark()),
    ord("s"): lambda m: _set_items(m, [m.stack.pop(-2), m.stack.pop()]),
    ord("u"): lambda m: _set_items(m, m.since_mark()),
    ord("\x90"): _add_items,
    ord("\x91"): lambda m: m.push(frozenset(m.since_mark())),
    ord("t"): lambda m: m.push(tuple(m.since_mark())),
    ord("l"): lambda m: m.push(m.since_mark()),
    ord("\x85"): _tuple_of(1),
    ord("\x86"): _tuple_of(2),
    ord("\x87"): _tuple_of(3),
    ord("q"): _put("<B"),
    ord("r"): _put("<I"),
    ord("\x94"): lambda m: m.memo.__setitem__(len(m.memo), m.stack[-1]),
    ord("h"): _get("<B"),
    ord("j"): _get("<I"),
    ord("c"): _global,
    ord("\x93"): _stack_global,
    ord("Q"): lambda m: m.push(m.persistent(m.stack.pop())),
    ord("R"): Machine.call,
    ord("\x81"): lambda m: m.make(m.stack.pop()),
    ord("\x92"): _keyword_call,
    ord("b"): Machine.build,
}
