"""Which sizes and Python numbers of a function's calls differ from call to call, as far as calls have shown."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..tensor.tensor import Tensor
from .arguments import Leaves
from .facts import Facts, same
from .plan import Atom


class Varying:
    """What is known of it.

    A program for numbers that differ is made only of a function that has become a program before, so that the numbers
    in it, which are no plain ones while it is captured, stay in the function.

    Args:
        dynamic: sizes may differ; True: they are taken to differ, None: once they have.
    """

    def __init__(self, dynamic: bool | None) -> None:
        self.dynamic = dynamic
        self.differ: set[Atom] = set()
        self.fixed: set[Atom] = set()  # those that a program cannot do without
        self._first: dict[Any, tuple[list[tuple[int, ...]], list[Any]]] = {}  # shapes and constants, by form
        self._proven: set[Any] = set()

    def form(self, leaves: Leaves) -> Any:
        """What calls have in common that differ in sizes and numbers alone."""
        return (
            tuple(leaves.containers),
            tuple([(p, t.__class__, t._flags, t._fn is None, t._view is None, t._data.dtype, t._data.ndim)
                   for p, t in leaves.tensors]),
            tuple([(p, type(c), None if _is_number(c) else repr(c)) for p, c in leaves.constants]),
            tuple([(p, id(o)) for p, o in leaves.objects]),
            tuple(leaves.twice),
        )  # fmt: skip

    def is_known(self, form: Any) -> bool:
        """Whether a call of this form has been seen."""
        return form in self._first

    def learn(self, form: Any, leaves: Leaves) -> None:
        """Compare a call with the first of its form."""
        now = ([t._data.shape for _, t in leaves.tensors], [c for _, c in leaves.constants])
        shapes, constants = self._first.setdefault(form, now)
        for (path, t), shape in zip(leaves.tensors, shapes, strict=True):
            for i, (a, b) in enumerate(zip(t._data.shape, shape, strict=True)):
                if a != b and self.dynamic is not False:
                    self.differ.add(("size", path, i))
        for (path, value), constant in zip(leaves.constants, constants, strict=True):
            if not same(value, constant):
                self.differ.add(("number", path))

    def prove(self, form: Any, leaves: Leaves) -> None:
        """A call of this form has become a program."""
        self._proven.add(form)
        if self.dynamic:
            for path, t in leaves.tensors:
                self.differ |= {("size", path, i) for i in range(t._data.ndim)}

    def is_proven(self, form: Any) -> bool:
        """Whether a call of this form has become a program."""
        return form in self._proven

    def compare(self, before: Facts, now: Facts) -> None:
        """Learn from the facts of a program that was not used."""
        for key, (_, value) in before.places.items():
            other = now.places.get(key)
            if other is not None and _is_number(value) and type(value) is type(other[1]) and not same(value, other[1]):
                self.differ.add(("place", key))

    def fix(self, atoms: Iterable[Atom]) -> None:
        """Programs with these do not come out: they are for one value each."""
        self.fixed.update(atoms)

    def within(self, form: Any, leaves: Leaves) -> bool:
        """Whether a program for numbers that differ can be tried, and there are any."""
        if form not in self._proven:
            return False
        return any(self.dims_of(p, t) for p, t in leaves.tensors) or any(
            self.is_number(p, c) for p, c in leaves.constants
        )

    def dims_of(self, path: str, t: Tensor) -> list[int]:
        """The dimensions of an argument that differ from call to call; lengths 0 and 1 mean something of their own."""
        a = t._data
        if not a.flags.c_contiguous:
            return []
        return [i for i, n in enumerate(a.shape) if n > 1 and self._differs(("size", path, i))]

    def is_number(self, path: str, value: Any) -> bool:
        """Whether an argument is a number that differs from call to call."""
        return _is_number(value) and self._differs(("number", path))

    def is_place(self, key: Any, value: Any) -> bool:
        """Whether a fact is a number that differs from call to call."""
        return key[0] in ("item", "cell", "attribute") and _is_number(value) and self._differs(("place", key))

    def _differs(self, atom: Atom) -> bool:
        return atom in self.differ and atom not in self.fixed

    def signature(self, form: Any, leaves: Leaves) -> Any:
        """What tells calls apart that need programs of their own."""
        if not self.within(form, leaves):
            return leaves.signature()
        return (
            form,
            tuple([tuple([0 if i in self.dims_of(p, t) else n for i, n in enumerate(t._data.shape)])
                   for p, t in leaves.tensors]),
            tuple([None if self.is_number(p, c) else repr(c) for p, c in leaves.constants]),
        )  # fmt: skip


def _is_number(x: Any) -> bool:
    """Whether a value is a number that may differ: no truth value, and finite."""
    return type(x) is int or (type(x) is float and math.isfinite(x))
