"""The formula of a derivative, read off the text of its rule."""

from __future__ import annotations

import ast
import functools
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LONGEST = 110
_SIGNS: dict[type[ast.AST], tuple[str, int]] = {
    ast.Add: (" + ", 4),
    ast.Sub: (" − ", 4),
    ast.Mult: ("·", 5),
    ast.Div: ("/", 5),
    ast.MatMult: (" @ ", 5),
    ast.BitAnd: (" and ", 1),
    ast.BitOr: (" or ", 0),
}
_RELATIONS: dict[type[ast.AST], str] = {
    ast.Eq: "==", ast.NotEq: "≠", ast.Lt: "<", ast.LtE: "≤", ast.Gt: ">", ast.GtE: "≥", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_CONSTANTS = {
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
    written = isinstance(rule, types.FunctionType) and Path(rule.__code__.co_filename).exists()  # not generated
    node = _definition(rule) if written else None
    if node is None:
        return ""
    try:
        text = write(node.body) if isinstance(node, ast.Lambda) else _body(node)
    except NotImplementedError:
        return ""
    return text if len(text) <= _LONGEST else ""


def _body(node: ast.FunctionDef) -> str:
    """A function of assignments, cases and a return, as 'a if case, else b where name = …'."""
    *before, last = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if not isinstance(last, ast.Return) or last.value is None or len(before) > 2:
        raise NotImplementedError
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


def write(node: ast.expr, tight: int = -1) -> str:
    """An expression as formula; in brackets if it binds less than `tight`."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Pow):
            return f"{write(node.left, 8)}^{write(node.right, 8)}"
        if type(node.op) not in _SIGNS:
            raise NotImplementedError
        sign, level = _SIGNS[type(node.op)]
        # what follows a minus or a stroke is bracketed, if it is of the same kind
        closer = isinstance(node.op, (ast.Sub, ast.Div))
        left = level - 1 if isinstance(node.left, ast.UnaryOp) else level
        return _bracketed(f"{write(node.left, left)}{sign}{write(node.right, level + closer)}", level < tight)
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
        return _bracketed(
            (" and " if isinstance(node.op, ast.And) else " or ").join(map(write, node.values)), tight > 0
        )
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
        return node.id
    if isinstance(node, ast.Starred):
        return f"*{write(node.value)}"
    if isinstance(node, (ast.Tuple, ast.Subscript, ast.List, ast.ListComp, ast.GeneratorExp, ast.Slice)):
        return ast.unparse(node)
    raise NotImplementedError


def _bracketed(text: str, needed: bool) -> str:
    return f"({text})" if needed else text


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
