"""A group of steps as a function for Numba.

A loop over rows; in each row the statements run in phases: what depends on a reduction over the row comes in a later
pass over it.  What one pass makes and a later one needs lies in a scratch row, which stays in the cache.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

import numpy as np

from ..program import Program
from .grouping import Group

_INFIX: Final = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "greater": ">",
    "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!=",
}  # fmt: skip
_FUNCTIONS: Final = frozenset("exp log tanh sin cos expm1 log1p exp2 log2".split())


class Kernel:
    """The text of a kernel, and how it is called.

    Attributes:
        text: the source of a module with the function `kernel`.
        arguments: the numbers of the values that it gets, in order.
        outputs: the numbers of those that are made by it, for which arrays have to be allocated.
        signature: Numba's types of the arguments, as text.
        title: the names of what was fused.
    """

    def __init__(self, program: Program, group: Group, needed: set[int]) -> None:
        self.program, self.group = program, group
        self.letter = "f" if group.dtype == np.float32 else "d"
        self.scalar = "np.float32" if self.letter == "f" else "np.float64"
        self.outputs = [n for n in group.made if n in needed]
        self.stores = [n for n in group.written if n not in group.made] + self.outputs
        self.arguments = list(dict.fromkeys([*group.given, *self.stores]))
        self.title = " ".join(name for _, name, _ in group.statements)
        self._phases()
        self.text = _numbered_anew(self._write())
        self.signature = ["int64", "int64", *[self._type(n) for n in self.arguments]]

    def _type(self, n: int) -> str:
        value = self.program.values[n]
        if value.dtype is None:
            return "float64"
        name = "boolean" if value.dtype == np.bool_ else value.dtype.name
        if value.generic:
            return name
        return f"Array({name}, {len(value.shape)}, 'C')"

    # -- phases ----------------------------------------------------------------------------------------------------

    def _phases(self) -> None:
        """For each statement the pass that it belongs to, and whether it is one of elements or of the row."""
        self.phase: dict[str, int] = {}
        self.of_row: set[str] = set()
        self.of_columns: dict[str, int] = {}
        kinds = self.group.kinds
        for version, name, operands in self.group.statements:
            n = int(version.rpartition("_")[2])
            level = max([self.phase.get(x, 0) for x in operands if isinstance(x, str)], default=0)
            if name in ("sum", "max"):
                self.of_row.add(version)
                level += 1
            elif kinds[n] == "c":
                self.of_row.add(version)
            self.phase[version] = level
            if name == "column_sum":
                self.of_columns[version] = n
        self.count = max(self.phase.values(), default=0) + 1
        # The last pass that needs an element-wise version that an earlier one makes.
        self.scratch: dict[str, int] = {}
        for version, name, operands in self.group.statements:
            for x in operands:
                if isinstance(x, str) and x in self.phase and x not in self.of_row:
                    pass_of_use = self.phase[version] - (1 if name in ("sum", "max") else 0)
                    if pass_of_use > self.phase[x] or name in ("sum", "max"):
                        self.scratch.setdefault(x, len(self.scratch))

    # -- text ------------------------------------------------------------------------------------------------------

    def _write(self) -> str:
        group, program = self.group, self.program
        names = {n: f"a{n}" for n in self.arguments}
        head = [f"def kernel(rows, columns, {', '.join(names.values())}):"]
        one_row = (
            not group.reductions
            and not group.at_end
            and not any(group.kinds[n] in "rc" for n in (*group.given, *group.made))
        )
        self.rows, self.columns = (1, group.rows * group.columns) if one_row else (group.rows, group.columns)
        for n in self.arguments:
            value = program.values[n]
            if group.kinds[n] == "s":
                if value.dtype is None:
                    head.append(f"    x{n} = {self.scalar}(a{n})")
                elif value.generic:
                    head.append(f"    x{n} = a{n}")
                else:
                    head.append(f"    x{n} = a{n}{'[()]' if not value.shape else '.reshape(1)[0]'}")
            else:
                head.append(f"    b{n} = a{n}.reshape(a{n}.size)")
        for version, k in self.scratch.items():
            flavour = "np.bool_" if self._is_bool(version) else self.scalar
            head.append(f"    t{k} = np.empty(columns, {flavour})")
        head += [f"    s{n} = np.zeros(columns, np.float64)" for n in self.of_columns.values()]
        body = ["    for i in range(rows):", "        o = i * columns"]
        for n in self.arguments:
            if group.kinds[n] == "c" and n in group.given:
                body.append(f"        x{n} = b{n}[i]")
        for phase in range(self.count):
            body += self._row_statements(phase)
            body += self._pass(phase)
        for n in self.of_columns.values():
            body += ["    for j in range(columns):", f"        b{n}[j] = s{n}[j]"]
        return "\n".join([*head, *body]) + "\n"

    def _is_bool(self, version: str) -> bool:
        return bool(self.program.values[int(version.rpartition("_")[2])].dtype == np.bool_)

    def _row_statements(self, phase: int) -> list[str]:
        """What is computed once per row, before a pass."""
        lines = []
        for version, name, operands in self.group.statements:
            if version in self.of_row and self.phase[version] == phase:
                if name in ("sum", "max"):
                    source = operands[0]
                    if source in self.scratch:
                        lines.append(f"        {version} = row_{name}(t{self.scratch[source]})")
                    else:
                        n = source[1:]
                        lines.append(f"        {version} = row_{name}(b{n}[o:o + columns])")
                else:
                    lines.append(f"        {version} = {self._expression(name, operands)}")
                n = int(version.rpartition("_")[2])
                if n in self.stores and self.group.current[n] == version:
                    lines.append(f"        b{n}[i] = {version}")
        return lines

    def _pass(self, phase: int) -> list[str]:
        """One pass over the elements of a row."""
        lines: list[str] = []
        loaded: set[str] = set()
        kinds = self.group.kinds
        for version, name, operands in self.group.statements:
            if version in self.of_row or self.phase[version] != phase:
                continue
            for x in operands:
                if not isinstance(x, str) or x in loaded:
                    continue
                if x.startswith("x"):
                    kind = kinds[int(x[1:])]
                    if kind in "er":
                        lines.append(f"            {x} = b{x[1:]}[{'o + j' if kind == 'e' else 'j'}]")
                        loaded.add(x)
                elif x not in self.of_row and self.phase[x] < phase:
                    lines.append(f"            {x} = t{self.scratch[x]}[j]")
                    loaded.add(x)
            if version in self.of_columns:
                lines.append(f"            s{self.of_columns[version]}[j] += {operands[0]}")
                continue
            lines.append(f"            {version} = {self._expression(name, operands)}")
            loaded.add(version)
            if version in self.scratch:
                lines.append(f"            t{self.scratch[version]}[j] = {version}")
        for n in self.stores:
            version = self.group.current.get(n, "")
            if (
                version
                and version not in self.of_row
                and version not in self.of_columns
                and self.phase[version] == phase
            ):
                lines.append(f"            b{n}[o + j] = {version}")
        return ["        for j in range(columns):", *lines] if lines else []

    def _expression(self, name: str, operands: list[Any]) -> str:
        given = [x if isinstance(x, str) else self._number(x) for x in operands]
        if name in _INFIX:
            return f"{given[0]} {_INFIX[name]} {given[1]}"
        a = given[0]
        if name == "negative":
            return f"-{a}"
        if name == "positive":
            return a
        if name == "square":
            return f"{a} * {a}"
        if name == "reciprocal":
            return f"{self._number(1.0)} / {a}"
        if name == "absolute":
            return f"abs({a})"
        if name == "sqrt":
            return f"np.sqrt({a})"
        if name == "where":
            return f"{given[1]} if {given[0]} else {given[2]}"
        if name in ("maximum", "minimum"):  # NaN wins
            sign = ">" if name == "maximum" else "<"
            return f"{a} if {a} {sign} {given[1]} or {a} != {a} else {given[1]}"
        assert name in _FUNCTIONS, name
        return f"{name}_{self.letter}({a})"

    def _number(self, x: float) -> str:
        if math.isfinite(x):
            return f"{self.scalar}({x!r})"
        return f"{self.scalar}(np.nan)" if x != x else f"{self.scalar}({'-' if x < 0 else ''}np.inf)"


def _numbered_anew(text: str) -> str:
    """The text with values numbered in the order in which they come, so that the same loop is the same text."""
    numbers: dict[str, int] = {}

    def anew(match: re.Match[str]) -> str:
        return match[1] + str(numbers.setdefault(match[2], len(numbers)))

    return re.sub(r"\b([abxs]|w\d+_)(\d+)\b", anew, text)


def module_text(kernel: Kernel) -> str:
    """The kernel's module: imports, reductions of a row, and the function."""
    return _HEAD + "\n\n" + _DECORATOR + kernel.text


_DECORATOR: Final = '@njit(cache=True, error_model="numpy", nogil=True)\n'
_HEAD: Final = '''"""A fused loop of tapegrad.compile."""
import numpy as np
from numba import njit
from tapegrad.compile.native.functions import FUNCTIONS

for _name, _by_dtype in FUNCTIONS.items():
    globals()[_name + "_f"] = _by_dtype[np.float32]
    globals()[_name + "_d"] = _by_dtype[np.float64]


@njit(fastmath={"reassoc"}, error_model="numpy")
def row_sum(x):
    s = x.dtype.type(0)
    for j in range(x.size):
        s += x[j]
    return s


@njit(fastmath={"nnan", "nsz"}, error_model="numpy")
def row_largest(x):
    m = x[0]
    for j in range(x.size):
        m = x[j] if x[j] > m else m
    return m


@njit(error_model="numpy")
def row_max(x):
    bad = 0
    for j in range(x.size):
        bad += x[j] != x[j]
    return row_largest(x) if bad == 0 else x[0] * np.nan
'''
