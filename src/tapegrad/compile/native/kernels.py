"""A group of steps as a function for Numba.

A loop over rows; in each row the statements run in phases: what depends on a reduction over the row comes in a later
pass over it.  What one pass makes and a later one needs lies in a scratch row, which stays in the cache, or is computed
again where that is cheaper.  A group without rows is one pass over all of its elements.

`kernel(begin, end, columns, block, ...)` does the rows from `begin` to `end`; what it adds up over rows goes to place
`block` of an array of such sums.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from ..program import Program
from .blocks import rows_of_block
from .grouping import Group
from .statements import expression, functions_in, number_text, takes_both

REDUCTIONS: Final = ("sum", "max", "min")
# Additions in float32 one after the other are made in float64 from here on; vectors add up a 64th of the elements each.
MANY_ROWS: Final = 256
MANY_COLUMNS: Final = 1 << 14
_CHEAP: Final = frozenset("add subtract multiply negative positive square maximum minimum absolute".split())


class Kernel:
    """The text of a kernel, and how it is called.

    Attributes:
        text: the source of a module with the function `kernel`.
        arguments: the numbers of the values that it gets, in order.
        outputs: the numbers of those that are made by it, for which arrays have to be allocated.
        signature: Numba's types of the arguments, as text.
        title: the names of what was fused.
        rows, columns: what is called with.
        sums: the places among the arguments of what is added up over all rows, and the dtype in which that happens.
    """

    def __init__(self, program: Program, group: Group, needed: set[int]) -> None:
        self.program, self.group = program, group
        self.letter = "f" if group.dtype == np.float32 else "d"
        self.scalar = "np.float32" if self.letter == "f" else "np.float64"
        self.outputs = [n for n in group.made if n in needed]
        self.stores = [n for n in group.written if n not in group.made] + self.outputs
        self.arguments = list(dict.fromkeys([*group.given, *self.stores]))
        self.statements = [  # sums that nobody needs are left out
            s for s in group.statements if number_of(s[0]) in self.outputs or number_of(s[0]) not in group.at_end
        ]
        self.title = " ".join(name for _, name, _ in self.statements)
        self.flat = not group.reductions and not any(group.kinds[n] in "rc" for n in (*group.given, *group.made))
        self.rows, self.columns = (group.rows * group.columns, 1) if self.flat else (group.rows, group.columns)
        height = rows_of_block(self.rows, self.columns)
        narrow = self.letter == "f"
        self.wide_rows = narrow and height > MANY_ROWS
        self.wide_columns = narrow and (height if self.flat else self.columns) > MANY_COLUMNS
        self._phases()
        self.sums = {
            self.arguments.index(n): np.dtype(np.float64) if version in self.totals else group.dtype
            for version, n in (self.of_columns | self.totals).items()
        }
        self.text = _numbered_anew(self._write())
        self.signature = ["int64", "int64", "int64", "int64", *[self._type(n) for n in self.arguments]]

    def _type(self, n: int) -> str:
        value = self.program.values[n]
        if value.dtype is None:
            return "float64"
        name = "boolean" if value.dtype == np.bool_ else value.dtype.name
        if value.generic and n in self.group.given:
            return name
        if n in self.totals.values():
            return "Array(float64, 1, 'C')"
        return f"Array({name}, {len(value.shape)}, 'C')"

    # -- phases ----------------------------------------------------------------------------------------------------

    def _phases(self) -> None:
        """For each statement the pass that it belongs to, and whether it is one of elements or of the row."""
        group = self.group
        self.phase: dict[str, int] = {}
        self.made = {version: (name, operands) for version, name, operands in self.statements}
        self.of_row: set[str] = set()
        self.of_columns: dict[str, int] = {}
        self.totals: dict[str, int] = {}
        for version, name, operands in self.statements:
            n = number_of(version)
            level = max([self.phase.get(x, 0) for x in operands if isinstance(x, str)], default=0)
            if name in REDUCTIONS:
                self.of_row.add(version)
                level += 1
            elif name == "column_sum":
                self.of_columns[version] = n
            elif name == "total":
                self.totals[version] = n
            elif group.kinds[n] == "c":
                self.of_row.add(version)
            self.phase[version] = level
        self.count = max(self.phase.values(), default=0) + 1
        # An array that is written into is written when nobody reads what it held.
        self.store_in: dict[str, int] = {}
        for n in self.stores:
            version = group.current.get(n, "")
            if version and n not in group.at_end:
                reads = [self._pass_of(v) for v, _, operands in self.statements if f"x{n}" in operands]
                self.store_in[version] = max([self.phase[version], *reads])
        self.scratch: dict[str, int] = {}
        for version, _, operands in self.statements:
            for x in operands:
                self._keep(x, self._pass_of(version))
        for version, phase in self.store_in.items():
            self._keep(version, phase)

    def _pass_of(self, version: str) -> int:
        """The pass in which a statement reads its operands."""
        return self.phase[version] - (self.made[version][0] in REDUCTIONS)

    def _keep(self, x: Any, phase: int) -> None:
        """Give a version scratch if a pass needs it that is later than the one that makes it."""
        if isinstance(x, str) and x in self.phase and x not in self.of_row and phase > self.phase[x]:
            if not self._is_cheap(x, phase):
                self.scratch.setdefault(x, len(self.scratch))

    def _is_cheap(self, version: str, phase: int) -> bool:
        """Whether a version is had as soon by computing it again, from arrays that are read anyway."""
        arrays: set[str] = set()
        steps = 0

        def walk(version: str) -> bool:
            nonlocal steps
            name, operands = self.made[version]
            steps += 1
            arrays.update(x for x in operands if isinstance(x, str) and x.startswith("x"))
            inner = [x for x in operands if isinstance(x, str) and not x.startswith("x")]
            return name in _CHEAP and all(
                self.phase[x] <= phase if x in self.of_row else x not in self.scratch and walk(x) for x in inner
            )

        known = walk(version) and steps <= 3 and len(arrays) <= 2
        return known and not any(int(x[1:]) in self.group.written for x in arrays)

    # -- text ------------------------------------------------------------------------------------------------------

    def _write(self) -> str:
        group, program = self.group, self.program
        head = [f"def kernel(begin, end, columns, block, {', '.join(f'a{n}' for n in self.arguments)}):"]
        for n in self.arguments:
            if group.kinds[n] == "s" and n in group.given:
                value = program.values[n]
                if value.dtype is None:
                    head.append(f"    x{n} = {self.scalar}(a{n})")
                else:
                    head.append(f"    x{n} = a{n}" if value.generic else f"    x{n} = load(a{n}, n{n}, 0)")
        for version, k in self.scratch.items():
            head.append(f"    t{k} = np.empty(columns, {'np.bool_' if self._is_bool(version) else self.scalar})")
        wide = "np.float64" if self.wide_rows else self.scalar
        for n in self.of_columns.values():
            head.append(f"    s{n} = np.zeros(columns, {wide})")
        for n in self.totals.values():
            head.append(f"    s{n} = np.float64(0)")
        body: list[str] = []
        for n in self.arguments:
            if group.kinds[n] == "c" and n in group.given:
                body.append(f"x{n} = load(a{n}, n{n}, i)")
        for phase in range(self.count):
            body += self._row_statements(phase)
            body += self._pass(phase)
        if not self.flat:
            head += ["    for i in range(begin, end):", "        o = i * columns"]
        head += ["    " * (1 if self.flat else 2) + line for line in body]
        for n in self.of_columns.values():
            head.append("    for j in range(columns):")
            head.append(f"        store(a{n}, n{n}, block * columns + j, {self.scalar}(load(s{n}, {self._own(n)}, j)))")
        for n in self.totals.values():
            head.append(f"    store(a{n}, n{n}, block, s{n})")
        return "\n".join(head) + "\n"

    def _is_bool(self, version: str) -> bool:
        return bool(self.program.values[number_of(version)].dtype == np.bool_)

    def _row_statements(self, phase: int) -> list[str]:
        """What is computed once per row, before a pass."""
        lines = []
        for version, (name, operands) in self.made.items():
            if version in self.of_row and self.phase[version] == phase:
                if name == "sum":
                    lines.append(f"{version} = {self.scalar}(r{version})")
                elif name in REDUCTIONS:
                    lines.append(f"{version} = r{version} if q{version} == 0 else {self.scalar}(np.nan)")
                else:
                    lines.append(f"{version} = {self._expression(name, operands)}")
                if version in self.store_in:
                    n = number_of(version)
                    lines.append(f"store(a{n}, n{n}, i, {version})")
        return lines

    def _pass(self, phase: int) -> list[str]:
        """One pass over the elements of a row."""
        before: list[str] = []
        lines: list[str] = []
        after: list[str] = []
        there: set[str] = set(self.of_row)
        wide = "np.float64" if self.wide_columns else self.scalar
        for version, (name, operands) in self.made.items():
            if self._pass_of(version) != phase or (version in self.of_row and name not in REDUCTIONS):
                continue
            for x in operands:
                lines += self._fetch(x, phase, there)
            if name in ("sum", "total"):
                before.append(f"r{version} = {wide}(0)")
                lines.append(f"r{version} = added(r{version}, {wide}({self._text(operands[0])}))")
                if name == "total":
                    after.append(f"s{self.totals[version]} += np.float64(r{version})")
            elif name in REDUCTIONS:
                worst = self._text(-np.inf if name == "max" else np.inf)
                before += [f"r{version} = {worst}", f"q{version} = np.int{32 if self.letter == 'f' else 64}(0)"]
                best, x = ("larger" if name == "max" else "smaller"), operands[0]
                lines.append(f"r{version} = {best}(r{version}, {x})")
                lines.append(f"q{version} = nan_seen(q{version}, {x})")
            elif name == "column_sum":
                n = self.of_columns[version]
                wide = "np.float64" if self.wide_rows else self.scalar
                sum_ = f"load(s{n}, {self._own(n)}, j) + {wide}({operands[0]})"
                lines.append(f"store(s{n}, {self._own(n)}, j, {sum_})")
            else:
                lines.append(f"{version} = {self._expression(name, operands)}")
                there.add(version)
                if version in self.scratch:
                    k = self.scratch[version]
                    lines.append(f"store(t{k}, {self._scratch_number(k)}, j, {version})")
        for version, where in self.store_in.items():
            if version not in self.of_row and where == phase:
                n = number_of(version)
                lines += self._fetch(version, phase, there)
                lines.append(f"store(a{n}, n{n}, {self._place('e')}, {version})")
        if not lines:
            return []
        loop = "for j in range(begin, end):" if self.flat else "for j in range(columns):"
        return [*before, loop, *["    " + line for line in lines], *after]

    def _fetch(self, x: Any, phase: int, there: set[str]) -> list[str]:
        """The lines that make an operand known in a pass."""
        if not isinstance(x, str) or x in there:
            return []
        there.add(x)
        if x.startswith("x"):
            n = int(x[1:])
            kind = self.group.kinds[n]
            return [f"{x} = load(a{n}, n{n}, {self._place(kind)})"] if kind in "er" else []
        if x in self.scratch:
            k = self.scratch[x]
            return [f"{x} = load(t{k}, {self._scratch_number(k)}, j)"]
        name, operands = self.made[x]
        lines = [line for y in operands for line in self._fetch(y, phase, there)]
        return [*lines, f"{x} = {self._expression(name, operands)}"]

    def _place(self, kind: str) -> str:
        return "j" if self.flat or kind == "r" else "o + j"

    def _scratch_number(self, k: int) -> int:
        """The number by which loops tell a scratch row from other arrays, which have those from 0."""
        return len(self.arguments) + k

    def _own(self, n: int) -> int:
        """That of a row of sums."""
        return len(self.arguments) + len(self.scratch) + list(self.of_columns.values()).index(n)

    def _text(self, x: Any) -> str:
        return x if isinstance(x, str) else number_text(x, self.scalar)

    def _expression(self, name: str, operands: list[Any]) -> str:
        texts = [f"{self.scalar}({x})" if self._is_truth(x) and takes_both(name) else self._text(x) for x in operands]
        return expression(name, texts, self.scalar)

    def _is_truth(self, x: Any) -> bool:
        return isinstance(x, str) and self._is_bool(x.replace("x", "x_"))


def number_of(version: str) -> int:
    """The value that a version is one of."""
    return int(version.rpartition("_")[2])


def _numbered_anew(text: str) -> str:
    """The text with values numbered in the order in which they come, so that the same loop is the same text."""
    numbers: dict[str, int] = {}

    def anew(match: re.Match[str]) -> str:
        number = str(numbers.setdefault(match[2], len(numbers)))
        return number if match[1] == "n" else match[1] + number

    return re.sub(r"\b([anxs]|[rq]?w\d+_)(\d+)\b", anew, text)


def module_text(kernel: Kernel) -> str:
    """The kernel's module."""
    lines = [*_HEAD, f"zero, one, infinity = {kernel.scalar}(0), {kernel.scalar}(1), {kernel.scalar}(np.inf)"]
    for name, letter in functions_in(kernel.text):
        lines.append(f"{name}_{letter} = FUNCTIONS[{name!r}][np.{'float32' if letter == 'f' else 'float64'}]")
    return "\n".join([*lines, "", "", '@njit(cache=True, error_model="numpy", nogil=True)', kernel.text])


_HEAD: Final = (
    '"""A fused loop of tapegrad.compile."""',
    "import numpy as np",
    "from numba import njit",
    "from tapegrad.compile.native.elements import added, larger, load, nan_seen, smaller, store",
    "from tapegrad.compile.vector_math import FUNCTIONS",
    "",
)

__all__ = ["Kernel", "module_text"]
