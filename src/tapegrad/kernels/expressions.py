"""Pointwise expressions as kernels: what NumPy does in several calls, each going through memory, is one loop.

The text of a kernel follows from which calls are made; numbers among the operands are its arguments.  So programs that
differ in their numbers only, and later processes, find the kernel that there is.  Arithmetic
gives NumPy's bits, since each call is one rounding; exponentials and their like are those of `compile.vector_math`,
which differ from NumPy's by rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from .finding import Kernel

# What a call is in the words of kernels, of the names of its operands.
_OF_REALS: Final[dict[Any, str]] = {
    np.absolute: "abs({0})", np.add: "{0} + {1}", np.divide: "{0} / {1}", np.multiply: "{0} * {1}",
    np.negative: "-{0}", np.positive: "{0}", np.reciprocal: "real(1) / {0}", np.sqrt: "sqrt({0})",
    np.square: "{0} * {0}", np.subtract: "{0} - {1}",
    np.maximum: "{0} if {0} > {1} or {0} != {0} else {1}", np.minimum: "{0} if {0} < {1} or {0} != {0} else {1}",
}  # fmt: skip
_COMPARISONS: Final[dict[Any, str]] = {
    np.equal: "{0} == {1}", np.greater: "{0} > {1}", np.greater_equal: "{0} >= {1}", np.isnan: "{0} != {0}",
    np.less: "{0} < {1}", np.less_equal: "{0} <= {1}", np.not_equal: "{0} != {1}",
}  # fmt: skip
_FUNCTIONS: Final = frozenset(("cos", "erf", "exp", "expit", "expm1", "log", "log1p", "sin", "tanh"))  # ufuncs, by name
_OF_MASKS: Final[dict[Any, str]] = {
    np.bitwise_and: "{0} & {1}", np.bitwise_or: "{0} | {1}", np.invert: "not {0}", np.logical_and: "{0} & {1}",
    np.logical_not: "not {0}", np.logical_or: "{0} | {1}",
}  # fmt: skip
_SLOW: Final = frozenset((np.maximum, np.minimum, np.where))  # in NumPy
_BOOL: Final = np.dtype(bool)
_MOST: Final = 256  # kernels of a process: a program that always computes something else shall not compile for ever
_LARGEST_INT: Final = 1 << 53  # that is the same number as a float

texts: Final[dict[str, str]] = {}  # of modules that hold one kernel each, by name
_kernels: Final[dict[str, Kernel]] = {}  # by their text


class Expression:
    """A program of pointwise calls as a kernel, and what the kernel is given besides arrays.

    The kernel takes the arrays that are read, without those that repeat one element; the arrays that are written,
    without one that is written over the first that is read; `numbers`; the repeated elements; the first place and the
    one behind the last.

    Attributes:
        kernel: to be asked for by `find`.
        dtype: of the real numbers.
        numbers: the numbers among the operands.
    """

    __slots__ = ("dtype", "kernel", "numbers")

    def __init__(self, kernel: Kernel, dtype: np.dtype[Any], numbers: list[float]) -> None:
        self.kernel, self.dtype, self.numbers = kernel, dtype, numbers


def expression(
    calls: Sequence[Any], dtypes: dict[int, np.dtype[Any]], inputs: int, repeated: Sequence[bool],
    made: Sequence[int], over: int | None,
) -> Expression | None:  # fmt: skip
    """The calls of a program as a kernel; None if there are others than those of `_OF_REALS` and its like, or too few.

    Args:
        calls: function, operands as pairs of a slot and a number that stands where there is no such slot, and the
            result's slot.
        dtypes: by slot; the inputs have the slots -1, -2, …
        inputs: how many there are.
        repeated: of each input, whether it is one element everywhere.
        made: the slots of the results that are wanted.
        over: which of these is written over the first input.
    """
    real = next((dtypes[-1 - i] for i in range(inputs) if dtypes[-1 - i].char in "fd"), None)
    if real is None or any(dtype is not real and dtype != _BOOL for dtype in dtypes.values()):
        return None
    if sum(2 if call[0] in _SLOW else 1 for call in calls) < 2:
        return None
    text = _Text(real, dtypes, repeated)
    for function, operands, slot, *_ in calls:
        if not text.call(function, operands, slot):
            return None
    whole = text.whole(made, over)
    kernel = _kernels.get(whole)
    if kernel is None:
        if len(_kernels) >= _MOST:
            return None
        import hashlib

        name = "expression_" + hashlib.sha256(whole.encode()).hexdigest()[:16]
        texts[name] = whole
        kernel = _kernels[whole] = Kernel(name, "kernel")
    return Expression(kernel, real, text.numbers)


class _Text:
    """The text of a kernel as it is written call by call."""

    def __init__(self, real: np.dtype[Any], dtypes: dict[int, np.dtype[Any]], repeated: Sequence[bool]) -> None:
        self.real, self.dtypes, self.repeated = real, dtypes, repeated
        self.numbers: list[float] = []
        self._lines: list[str] = []
        self._words: set[str] = set()  # functions that are called

    def call(self, function: Any, operands: Sequence[Any], slot: int) -> bool:
        """Add a call; whether it can be."""
        kinds = [self.dtypes.get(at) for at, _ in operands]  # None of numbers
        whole = self.dtypes[slot]
        if function is np.where:
            fits = kinds[0] == _BOOL and whole is self.real and _BOOL not in kinds[1:]
            form: str | None = "{1} if {0} else {2}"
        elif function in _OF_REALS or function in _COMPARISONS:
            fits = (whole is self.real) == (function in _OF_REALS) and _BOOL not in kinds
            form = _OF_REALS.get(function) or _COMPARISONS[function]
        elif function.__name__ in _FUNCTIONS:
            fits, form = whole is self.real and _BOOL not in kinds, f"{function.__name__}({{0}})"
            self._words.add(function.__name__)
        else:
            fits, form = all(kind == _BOOL for kind in kinds), _OF_MASKS.get(function)
        names = [self._name(at, number) for at, number in operands] if fits and form is not None else [None]
        if None in names:
            return False
        assert form is not None
        self._lines.append(f"{_value(slot)} = {form.format(*names)}")
        return True

    def _name(self, slot: int, number: Any) -> str | None:
        """An operand's; None of a number that a real number of NumPy's would not be computed with as it is."""
        if slot in self.dtypes:
            return _value(slot)
        weak = number.__class__ is float or (number.__class__ is int and abs(number) < _LARGEST_INT)
        if not weak and getattr(number, "dtype", None) is not self.real:
            return None
        self.numbers.append(float(number))
        return f"n{len(self.numbers) - 1}"

    def whole(self, made: Sequence[int], over: int | None) -> str:
        """The module; what it is given is told at `Expression`."""
        given, given_numbers, at_first, loads = [], [f"m{i}" for i in range(len(self.numbers))], [], []
        for i, again in enumerate(self.repeated):
            mask = self.dtypes[-1 - i] == _BOOL
            if again:
                given_numbers.append(f"r{i}")
                at_first.append(f"{_value(-1 - i)} = {f'r{i} != 0' if mask else f'real(r{i})'}")
            else:
                given.append(f"a{i}: {'Bytes' if mask else 'Reals'}")
                loads.append(f"{_value(-1 - i)} = a{i}[i]{' != 0' if mask else ''}")
        at_first += [f"n{i} = real(m{i})" for i in range(len(self.numbers))]
        stores = []
        for slot in made:
            mask = self.dtypes[slot] == _BOOL
            if slot != over:
                given.append(f"o{slot}: {'Bytes' if mask else 'Reals'}")
            target = "a0" if slot == over else f"o{slot}"
            stores.append(f"{target}[i] = {'1 if ' if mask else ''}{_value(slot)}{' else 0' if mask else ''}")
        words = ["Bytes", "Reals", "real", "sqrt", *sorted(self._words)]
        given += [f"{name}: float" for name in given_numbers] + ["begin: int", "end: int"]
        return "\n".join(
            [
                "from __future__ import annotations",
                f"from tapegrad.kernels.words import {', '.join(words)}",
                f"def kernel({', '.join(given)}) -> None:",
                *["    " + line for line in at_first],
                "    for i in range(begin, end):",
                *["        " + line for line in (*loads, *self._lines, *stores)],
                "",
            ]
        )


def _value(slot: int) -> str:
    return f"x{-1 - slot}" if slot < 0 else f"t{slot}"


__all__ = ["Expression", "expression", "texts"]
