"""Numbers that differ from call to call: sizes of arguments, and Python numbers.

While a function is captured, a `Symbolic` stands for such a number.  It has the value of this run and a text, the
expression that gives it in every run; arithmetic makes expressions of expressions.  It says that it is an int or a
float and can be told from one by nothing but `type(x)`.  What the run decides by it (`if n > 8`) becomes a condition of
the program, and what takes its value away (`range(n)`, `list[n]`, `math.sqrt(k)`) makes the program one for this value
alone.  So a program is used only where the function would do the same, and nothing is guessed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any, Final

import numpy as np

from .places import place_of, user_frame

# A polynomial with whole coefficients: by the atoms of each term, sorted, its coefficient.
Terms = dict[tuple[str, ...], int]


class Symbols:
    """The numbers of one capture that differ from call to call.

    Attributes:
        recorder: says whether the capture is still going on, and writes down steps.
        atoms: the names of the numbers, with their values.
        conditions: what must come out the same again, by text.
        pinned: names of the numbers that must be what they were, with the reason.
    """

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.atoms: dict[str, Any] = {}
        self.conditions: dict[str, bool] = {}
        self.pinned: dict[str, str] = {}
        self._strict: set[int] = set()

    def new(self, value: int | float) -> Symbolic:
        """Another number."""
        name = f"n{len(self.atoms)}"
        self.atoms[name] = value
        terms: Terms | None = {(name,): 1} if isinstance(value, int) else None
        return Symbolic(self, value, name, terms, frozenset((name,)))

    def hidden(self, value: int, atoms: Iterable[str]) -> Symbolic:
        """A number that follows from others in a way that is not known: looking at it pins them."""
        return Symbolic(self, value, "", None, frozenset(atoms))

    @property
    def recording(self) -> bool:
        """Whether the capture is going on, in this thread."""
        return bool(self.recorder.active) and self.recorder.thread == get_ident()

    @property
    def strict(self) -> bool:
        """Whether code is being made, in this thread: then nothing may depend on the values of this run."""
        return get_ident() in self._strict

    @contextmanager
    def code_is_made(self) -> Iterator[None]:
        """A region in which numbers are the same only if they always are, and none gives its value away."""
        self._strict.add(get_ident())
        try:
            yield
        finally:
            self._strict.discard(get_ident())

    def pin(self, atoms: Iterable[str], reason: str) -> None:
        """Numbers must be what they were in this run."""
        for name in atoms:
            if name not in self.pinned:
                self.pinned[name] = f"it {reason} at {place_of(user_frame())}"
                self.conditions[self.pin_text(name)] = True

    def pin_text(self, name: str) -> str:
        """The condition that a number is what it was."""
        return f"same({name}, {self.atoms[name]!r})"

    def value_of(self, x: Symbolic, reason: str) -> Any:
        """The value of a number, for somebody who takes it away.

        Raises:
            TypeError: code is being made, which must not depend on it.
        """
        if self.recording:
            self.pin(x.atoms, reason)
        elif self.strict:
            raise TypeError(f"{x.text} differs from call to call")
        return x.value

    def combined(self, sign: str, operation: Callable[..., Any], a: Any, b: Any) -> Any:
        """a + b and the like."""
        x, y = _plain(a), _plain(b)
        result = operation(x, y)
        if not (self.recording or self.strict):
            return result
        kind = type(result)
        if self._is_hidden(a, b):
            return result
        if kind not in (int, float) or not math.isfinite(result) or not (_is_number(x) and _is_number(y)):
            self.pin(_atoms(a) | _atoms(b), "gives a number of another type")
            return result
        terms = _terms(sign, a, b) if kind is int else None
        if terms is None and kind is int and sign in ("//", "%"):
            terms = self._divided(sign, a, b)
        if terms is not None and all(not atoms for atoms in terms):
            return terms.get((), 0)
        text = f"({_text_of(a)} {sign} {_text_of(b)})"
        if kind is int and terms is None:
            terms = {(text,): 1}
        return Symbolic(self, result, _polynomial(terms) if terms else text, terms, _atoms(a) | _atoms(b))

    def _divided(self, sign: str, a: Any, b: Any) -> Terms | None:
        """A division that comes out even for all values."""
        divided = _exact_quotient(_terms_of(a), _terms_of(b))
        if divided is None:
            return None
        if isinstance_of_symbolic(b) and self.compared("==", operator.eq, b, 0):
            return None
        return divided if sign == "//" else {}

    def _is_hidden(self, a: Any, b: Any) -> bool:
        """Whether one of two numbers follows from others in an unknown way; then they are what they were."""
        if any(type(x) is Symbolic and not x.text for x in (a, b)):
            self.pin(_atoms(a) | _atoms(b), "decides about strides")
            return True
        return False

    def compared(self, sign: str, operation: Callable[..., Any], a: Any, b: Any) -> Any:
        """a < b and the like; it has to come out the same again."""
        x, y = _plain(a), _plain(b)
        result = operation(x, y)
        if result is NotImplemented or not (_is_number(x) and _is_number(y)):
            return result
        if self._is_hidden(a, b):
            return result
        terms = _terms_of(a)
        if terms is not None and terms == _terms_of(b):  # so in every run
            return result
        if self.recording:
            self.conditions[f"{_text_of(a)} {sign} {_text_of(b)}"] = bool(result)
        elif self.strict and sign in ("==", "!="):  # what is not the same in all runs is taken for different
            return sign == "!="
        return result


class Symbolic:
    """A number that differs from call to call.

    Attributes:
        value: what it is in this run.
        text: the expression that gives it; empty if it is not known.
        terms: whole numbers as a polynomial; None for others.
        atoms: the names of the numbers that it is made of.
    """

    __slots__ = ("atoms", "symbols", "terms", "text", "value")
    __array_priority__ = 1e5

    def __init__(self, symbols: Symbols, value: Any, text: str, terms: Terms | None, atoms: frozenset[str]) -> None:
        self.symbols, self.value, self.text, self.terms, self.atoms = symbols, value, text, terms, atoms

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.value)

    def __bool__(self) -> bool:
        return bool(self.symbols.compared("!=", operator.ne, self, 0))

    def __int__(self) -> int:
        return int(self.symbols.value_of(self, "is made a whole number"))

    def __index__(self) -> int:
        return operator.index(self.symbols.value_of(self, "is needed as a plain number"))

    def __float__(self) -> float:
        return float(self.symbols.value_of(self, "is made a floating-point number"))

    def __complex__(self) -> complex:
        return complex(self.symbols.value_of(self, "is made a complex number"))

    def __hash__(self) -> int:
        return hash(self.symbols.value_of(self, "is looked up"))

    def __format__(self, spec: str) -> str:
        return format(self.symbols.value_of(self, "is printed"), spec)

    def __str__(self) -> str:
        return str(self.symbols.value_of(self, "is printed"))

    def __repr__(self) -> str:
        return self.text if self.symbols.strict else repr(self.symbols.value_of(self, "is printed"))

    def __round__(self, *digits: int) -> Any:
        return round(self.symbols.value_of(self, "is rounded"), *digits)

    def __trunc__(self) -> int:
        return math.trunc(self.symbols.value_of(self, "is rounded"))

    def __floor__(self) -> int:
        return math.floor(self.symbols.value_of(self, "is rounded"))

    def __ceil__(self) -> int:
        return math.ceil(self.symbols.value_of(self, "is rounded"))

    def __neg__(self) -> Any:
        return self * -1  # type: ignore[operator]

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self  # type: ignore[operator]

    def __divmod__(self, other: Any) -> Any:
        return (self // other, self % other)

    def __reduce__(self) -> Any:
        return (type(self.value), (self.symbols.value_of(self, "is copied"),))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.symbols.value_of(self, "is made an array"), dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if self.symbols.recording:
            return self.symbols.recorder.ufunc(ufunc, method, inputs, kwargs)
        return getattr(ufunc, method)(*[_plain(x) for x in inputs], **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.symbols.value_of(self, f"is asked for {name}"), name)


def isinstance_of_symbolic(x: Any) -> bool:
    """Whether a number is a `Symbolic`, which says of itself that it is none."""
    return type(x) is Symbolic


def whole(x: Any) -> Any:
    """A shape or a number with the values of this run."""
    return tuple([_plain(n) for n in x]) if isinstance(x, tuple) else _plain(x)


def shape_text(shape: Iterable[Any]) -> str:
    """A shape as it is shown: with names for the sizes that differ from call to call."""
    return f"[{', '.join(x.text if type(x) is Symbolic else str(x) for x in shape)}]"


def size_in_bytes(shape: Iterable[Any], itemsize: int) -> int:
    """How large an array is in this run."""
    return math.prod([_plain(n) for n in shape]) * itemsize


def _plain(x: Any) -> Any:
    return x.value if type(x) is Symbolic else x


def _is_number(x: Any) -> bool:
    return type(x) in (int, float, bool)


def _atoms(x: Any) -> frozenset[str]:
    return x.atoms if type(x) is Symbolic else frozenset()


def _text_of(x: Any) -> str:
    return x.text if type(x) is Symbolic else f"({x!r})" if x < 0 else repr(x)


# -- polynomials -------------------------------------------------------------------------------------------------------


def _terms_of(x: Any) -> Terms | None:
    if type(x) is Symbolic:
        found: Terms | None = x.terms
        return found
    return {(): int(x)} if type(x) in (int, bool) else None


def _terms(sign: str, a: Any, b: Any) -> Terms | None:
    x, y = _terms_of(a), _terms_of(b)
    if x is None or y is None or sign not in ("+", "-", "*"):
        return None
    found: Terms = {}
    if sign == "*":
        for p, m in x.items():
            for q, n in y.items():
                atoms = tuple(sorted(p + q))
                found[atoms] = found.get(atoms, 0) + m * n
    else:
        found = dict(x)
        for q, n in y.items():
            found[q] = found.get(q, 0) + (n if sign == "+" else -n)
    return {atoms: n for atoms, n in found.items() if n}


def _exact_quotient(x: Terms | None, y: Terms | None) -> Terms | None:
    """x ÷ y, if y is one term that divides all of x."""
    if x is None or y is None or len(y) != 1:
        return None
    ((divisor, factor),) = y.items()
    found: Terms = {}
    for atoms, n in x.items():
        left = list(atoms)
        for atom in divisor:
            if atom not in left:
                return None
            left.remove(atom)
        if factor == 0 or n % factor:
            return None
        found[tuple(left)] = n // factor
    return found


def _polynomial(terms: Terms) -> str:
    """The text of a polynomial: the same for the same one."""
    parts = []
    for atoms, n in sorted(terms.items()):
        factors = ([] if n == 1 and atoms else [str(n) if n >= 0 else f"({n})"]) + list(atoms)
        parts.append(" * ".join(factors))
    return parts[0] if len(parts) == 1 and " " not in parts[0] else f"({' + '.join(parts)})"


# -- operators ---------------------------------------------------------------------------------------------------------


def _operator(sign: str, operation: Any, reflected: bool) -> Any:
    def method(self: Symbolic, other: Any) -> Any:
        if type(other) is not Symbolic and not isinstance(other, (int, float, complex)):
            return NotImplemented
        pair = (other, self) if reflected else (self, other)
        return self.symbols.combined(sign, operation, *pair)

    return method


def _comparison(sign: str, operation: Any) -> Any:
    def method(self: Symbolic, other: Any) -> Any:
        if type(other) is not Symbolic and not isinstance(other, (int, float)):
            return NotImplemented
        return self.symbols.compared(sign, operation, self, other)

    return method


def _attach() -> None:
    for name, sign in {
        "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    }.items():  # fmt: skip
        operation = getattr(operator, name)
        setattr(Symbolic, f"__{name}__", _operator(sign, operation, reflected=False))
        setattr(Symbolic, f"__r{name}__", _operator(sign, operation, reflected=True))
    for name, sign in {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
        setattr(Symbolic, f"__{name}__", _comparison(sign, getattr(operator, name)))


_attach()

__all__: Final = ["Symbolic", "Symbols", "isinstance_of_symbolic", "shape_text", "size_in_bytes", "whole"]
