"""The formula of a derivative, read off the text of its rule: as plain text, as LaTeX, or with numbers put in."""

from __future__ import annotations

import ast
import functools
import inspect
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

_LONGEST: Final = 110
_SIGNS: Final[dict[type[ast.AST], tuple[str, int]]] = {
    ast.Add: (" + ", 4),
    ast.Sub: (" − ", 4),
    ast.Mult: ("·", 5),
    ast.Div: ("/", 5),
    ast.FloorDiv: ("//", 5),
    ast.MatMult: (" @ ", 5),
    ast.BitAnd: (" and ", 1),
    ast.BitOr: (" or ", 0),
}
_RELATIONS: Final[dict[type[ast.AST], str]] = {
    ast.Eq: "==", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_CONSTANTS: Final = {
    0.6931471805599453: "log 2", 2.302585092994046: "log 10", 2.3025850929940456: "log 10", 3.141592653589793: "π",
    1.1283791670955126: "2/√π", 2.5066282746310002: "√(2π)", 0.7071067811865476: "1/√2",
    0.886226925452758: "√π/2", 57.29577951308232: "180/π", 0.017453292519943295: "π/180",
}  # fmt: skip


def formula(rule: Any) -> str:
    """What a rule computes, in one line; empty if that takes more.

    >>> import tapegrad
    >>> formula(tapegrad.mul.op.rules["a",])
    'g·b'
    """
    definition = definition_of(rule)
    return "" if definition is None else written(definition, Writer())


def stated(rule: Any) -> dict[str, str]:
    """The formulas that the docstring of a rule states, by input, where its text is too long to be one.

    >>> import tapegrad
    >>> stated(tapegrad.ops.op.TABLE["prod_all"].rules["x",])
    {'x': 'g·out/x; where a factor is 0, g·the product of the others'}
    """
    found: dict[str, str] = {}
    for line in inspect.cleandoc(rule.__doc__ or "").split("\n"):
        name, arrow, right = line.partition(" ← ")
        if arrow:
            found[name] = right
        elif found:  # the formula of the line before goes on
            found[list(found)[-1]] += f" {line.strip()}"
    return found


def written(definition: ast.Lambda | ast.FunctionDef, writer: Writer) -> str:
    """What a writer makes of a rule's syntax tree; empty if that is no formula, or too long for a line.

    >>> import tapegrad
    >>> written(definition_of(tapegrad.mul.op.rules["a",]), Writer({"g": "1.5", "b": "[2, 3]"}))
    '1.5·[2, 3]'
    """
    try:
        if isinstance(definition, ast.Lambda):
            text = writer.expression(definition.body)
        else:
            text = writer.body(definition)
    except NotImplementedError:
        return ""
    return text if len(text) <= _LONGEST else ""


class Writer:
    """Writes the expressions of rules.

    Args:
        values: what to write in place of names.

    Raises:
        NotImplementedError: from all methods, where what stands there is no formula.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = values or {}

    def body(self, node: ast.FunctionDef) -> str:
        """A function of assignments, cases and a return, as 'a if case, else b where name = …'."""
        *before, last = statements_of(node)
        if not isinstance(last, ast.Return) or last.value is None or len(before) > 2:
            raise NotImplementedError
        write = self.expression
        cases, names = "", []
        for statement in before:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                names.append(f"{write(statement.targets[0])} = {write(statement.value)}")
            elif isinstance(statement, ast.If) and not statement.orelse and isinstance(statement.body[0], ast.Return):
                value = statement.body[0].value
                cases += f"{write(value) if value else None} if {write(statement.test)}, else "
            else:
                raise NotImplementedError
        return cases + write(last.value) + (" where " + ", ".join(names) if names else "")

    def expression(self, node: ast.expr, tight: int = -1) -> str:
        """An expression as formula; in brackets if it binds less than `tight`."""
        write = self.expression
        if isinstance(node, ast.BinOp):
            return self.operation(node, tight)
        if isinstance(node, ast.UnaryOp):
            prefix = {ast.USub: "−", ast.Invert: "not ", ast.Not: "not "}.get(type(node.op))
            if prefix is None:
                raise NotImplementedError
            return _bracketed(prefix + write(node.operand, 6), tight > 4)
        if isinstance(node, ast.Compare):
            text = write(node.left, 3)
            for relation, right in zip(node.ops, node.comparators, strict=True):
                text += f" {_RELATIONS[type(relation)]} {write(right, 3)}"
            return _bracketed(text, tight > 2)
        if isinstance(node, ast.BoolOp):
            word = " and " if isinstance(node.op, ast.And) else " or "
            return _bracketed(word.join(map(write, node.values)), tight > 0)
        if isinstance(node, ast.IfExp):
            return _bracketed(f"{write(node.body)} if {write(node.test)} else {write(node.orelse)}", tight >= 0)
        if isinstance(node, ast.Call):
            arguments = [write(a) for a in node.args] + [f"{k.arg}={write(k.value)}" for k in node.keywords]
            return f"{write(node.func, 9)}({', '.join(arguments)})"
        if isinstance(node, ast.Attribute):
            return write(node.value, 9) + {"T": "ᵀ", "mT": "ᵀ"}.get(node.attr, f".{node.attr}")
        if isinstance(node, ast.Constant):
            return _CONSTANTS.get(node.value, repr(node.value)) if isinstance(node.value, float) else repr(node.value)
        if isinstance(node, ast.Name):
            value = self._values.get(node.id)
            return node.id if value is None else _bracketed(value, value.startswith("-") and tight >= 0)
        if isinstance(node, ast.Starred):
            return f"*{write(node.value)}"
        if isinstance(node, (ast.Tuple, ast.Subscript, ast.List, ast.ListComp, ast.GeneratorExp, ast.Slice)):
            return ast.unparse(node)
        raise NotImplementedError

    def operation(self, node: ast.BinOp, tight: int) -> str:
        """Two operands and a sign between them."""
        if isinstance(node.op, ast.Pow):
            return f"{self.expression(node.left, 8)}^{self.expression(node.right, 8)}"
        if type(node.op) not in _SIGNS:
            raise NotImplementedError
        sign, level = _SIGNS[type(node.op)]
        # what follows a minus or a stroke is bracketed, if it is of the same kind
        closer = isinstance(node.op, (ast.Sub, ast.Div))
        left = level - 1 if isinstance(node.left, ast.UnaryOp) else level
        text = f"{self.expression(node.left, left)}{sign}{self.expression(node.right, level + closer)}"
        return _bracketed(text, level < tight)


def statements_of(node: ast.FunctionDef) -> list[ast.stmt]:
    """What a function does, without its docstring."""
    return [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]


def _bracketed(text: str, needed: bool) -> str:
    return f"({text})" if needed else text


# -- where a rule is written -------------------------------------------------------------------------------------------


@functools.cache
def definition_of(rule: Any) -> ast.Lambda | ast.FunctionDef | None:
    """The syntax tree of a rule; None if it was generated, or its file is not there."""
    written = isinstance(rule, types.FunctionType) and Path(rule.__code__.co_filename).exists()
    return _definition(rule) if written else None


def _definition(rule: types.FunctionType) -> ast.Lambda | ast.FunctionDef | None:
    """The node of the syntax tree that a function was compiled from."""
    code = rule.__code__
    place = max((p for p in code.co_positions() if p[0] is not None and p[2] is not None), key=_extent)
    found = []
    for node in _functions(code.co_filename):
        first = min([node.lineno, *[d.lineno for d in getattr(node, "decorator_list", [])]])
        if first == code.co_firstlineno and _names(node) == code.co_varnames[: len(_names(node))]:
            found.append(node)
    if len(found) > 1:  # lambdas in one line, told apart by where their bodies are
        found = [n for n in found if isinstance(n, ast.Lambda) and _covers(n.body, place)]
    return found[0] if found else None


def _extent(place: tuple[Any, ...]) -> tuple[int, int]:
    line, end_line, column, end_column = place
    return (end_line - line, end_column - column)


def _covers(node: ast.expr, place: tuple[Any, ...]) -> bool:
    line, end_line, column, end_column = place
    inside = (node.lineno, node.col_offset) <= (line, column)
    return inside and (end_line, end_column) <= (node.end_lineno or 0, node.end_col_offset or 0)


def _names(node: ast.Lambda | ast.FunctionDef) -> tuple[str, ...]:
    return tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args))


@functools.cache
def _functions(file: str) -> list[ast.Lambda | ast.FunctionDef]:
    def walk() -> Iterator[ast.Lambda | ast.FunctionDef]:
        for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Lambda, ast.FunctionDef)):
                yield node

    return list(walk())
