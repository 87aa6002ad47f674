"""The instructions of pickles, by their codes: what each does to the machine that runs them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from .malformed import Malformed

if TYPE_CHECKING:
    from .unpickling import Machine


class _Mark:
    """What stands on the stack where a container begins."""

    def __repr__(self) -> str:
        return "MARK"


MARK: Final = _Mark()


Step = Callable[["Machine"], None]


def _number(form: str) -> Callable[[Machine], Any]:
    packed = struct.Struct(form)
    return lambda m: packed.unpack(m.take(packed.size))[0]


_ONE, _TWO, _FOUR, _EIGHT = (_number(form) for form in ("<B", "<H", "<I", "<Q"))
_SIGNED, _REAL = _number("<i"), _number(">d")
_Number = Callable[["Machine"], Any]


def _whole(raw: bytes) -> int:
    return int.from_bytes(raw, "little", signed=True)


def _global(m: Machine) -> None:
    module, name = m.line(), m.line()
    m.push(m.named(module, name))


def _stack_global(m: Machine) -> None:
    name, module = m.pop(), m.pop()
    if type(name) is not str or type(module) is not str:
        raise Malformed("a name that is no string")
    m.push(m.named(module, name))


def _put(number: _Number) -> Step:
    def step(m: Machine) -> None:
        m.memo[number(m)] = m.top()

    return step


def _get(number: _Number) -> Step:
    return lambda m: m.push(m.memo[number(m)])


def _push(number: _Number) -> Step:
    return lambda m: m.push(number(m))


def _text(number: _Number, encoding: str = "utf-8", errors: str = "surrogatepass") -> Step:
    return lambda m: m.push(m.take(number(m)).decode(encoding, errors))


def _bytes(number: _Number) -> Step:
    return lambda m: m.push(m.take(number(m)))


def _constant(value: Any) -> Step:
    return lambda m: m.push(value)


def _tuple_of(n: int) -> Step:
    def step(m: Machine) -> None:
        items = tuple(m.stack[-n:])
        if len(items) < n or any(item is MARK for item in items):
            raise Malformed("a tuple of too few items")
        m.stack[-n:] = [items]

    return step


def _frozen(m: Machine) -> None:
    items = m.since_mark()
    m.keys.check(items, items)
    m.push(frozenset(items))


def _memoize(m: Machine) -> None:
    m.memo[len(m.memo)] = m.top()


def _pop_mark(m: Machine) -> None:
    m.since_mark()


def _append(m: Machine) -> None:
    item = m.pop()
    m.extend(m.top(), [item])


def _appends(m: Machine) -> None:
    items = m.since_mark()
    m.extend(m.top(), items)


def _set_item(m: Machine) -> None:
    value, key = m.pop(), m.pop()
    m.set_items(m.top(), [key, value])


def _set_all_items(m: Machine) -> None:
    items = m.since_mark()
    m.set_items(m.top(), items)


def _add_items(m: Machine) -> None:
    items = m.since_mark()
    m.add(m.top(), items)


def _call(m: Machine) -> None:
    arguments, function = m.pop(), m.pop()
    m.push(m.call(function, arguments))


def _new(m: Machine) -> None:
    arguments, cls = m.pop(), m.pop()
    m.push(m.make(cls, arguments))


def _new_with_keywords(m: Machine) -> None:
    keywords, arguments, cls = m.pop(), m.pop(), m.pop()
    m.push(m.make(cls, arguments, keywords))


def _build(m: Machine) -> None:
    state = m.pop()
    m.build(m.top(), state)


STEPS: Final[dict[int, Step]] = {
    ord("\x80"): lambda m: _ONE(m) and None,  # the protocol
    ord("\x95"): lambda m: _EIGHT(m) and None,  # the length of a frame
    ord("("): lambda m: m.push(MARK),
    ord("0"): lambda m: m.stack.pop() and None,
    ord("1"): _pop_mark,
    ord("2"): lambda m: m.push(m.top()),
    ord("N"): _constant(None),
    ord("\x88"): _constant(True),
    ord("\x89"): _constant(False),
    ord("J"): _push(_SIGNED),
    ord("K"): _push(_ONE),
    ord("M"): _push(_TWO),
    ord("G"): _push(_REAL),
    ord("\x8a"): lambda m: m.push(_whole(m.take(_ONE(m)))),
    ord("\x8b"): lambda m: m.push(_whole(m.take(_SIGNED(m)))),
    ord("X"): _text(_FOUR),
    ord("\x8c"): _text(_ONE),
    ord("\x8d"): _text(_EIGHT),
    ord("B"): _bytes(_FOUR),
    ord("C"): _bytes(_ONE),
    ord("\x8e"): _bytes(_EIGHT),
    ord("\x96"): lambda m: m.push(bytearray(m.take(_EIGHT(m)))),
    ord("U"): _text(_ONE, "latin1", "strict"),
    ord("T"): _text(_SIGNED, "latin1", "strict"),
    ord("]"): lambda m: m.push([]),
    ord("}"): lambda m: m.push({}),
    ord(")"): lambda m: m.push(()),
    ord("\x8f"): lambda m: m.push(set()),
    ord("a"): _append,
    ord("e"): _appends,
    ord("s"): _set_item,
    ord("u"): _set_all_items,
    ord("\x90"): _add_items,
    ord("\x91"): _frozen,
    ord("t"): lambda m: m.push(tuple(m.since_mark())),
    ord("l"): lambda m: m.push(m.since_mark()),
    ord("\x85"): _tuple_of(1),
    ord("\x86"): _tuple_of(2),
    ord("\x87"): _tuple_of(3),
    ord("q"): _put(_ONE),
    ord("r"): _put(_FOUR),
    ord("\x94"): _memoize,
    ord("h"): _get(_ONE),
    ord("j"): _get(_FOUR),
    ord("c"): _global,
    ord("\x93"): _stack_global,
    ord("Q"): lambda m: m.push(m.persist(m.pop())),
    ord("R"): _call,
    ord("\x81"): _new,
    ord("\x92"): _new_with_keywords,
    ord("b"): _build,
}
