"""The formula of a derivative as LaTeX."""

from __future__ import annotations

import ast
import re
from typing import Final

from .formulas import Writer, statements_of

_LETTERS: Final = {
    "alpha": r"\alpha", "beta": r"\beta", "eps": r"\varepsilon", "lambd": r"\lambda", "pi": r"\pi", "gamma": r"\gamma",
}  # fmt: skip
_FUNCTIONS: Final = frozenset("cos cosh exp log sin sinh tan tanh".split())
_FORMS: Final = {
    "abs": r"\left|%s\right|", "conj": r"\overline{%s}", "reciprocal": r"\frac{1}{%s}",
    "rsqrt": r"\frac{1}{\sqrt{%s}}", "sqrt": r"\sqrt{%s}",
}  # fmt: skip
_RELATIONS: Final[dict[type[ast.AST], str]] = {
    ast.Eq: "=", ast.NotEq: r"\neq", ast.Lt: "<", ast.LtE: r"\le", ast.Gt: ">", ast.GtE: r"\ge",
}  # fmt: skip
_CONSTANTS: Final = {
    0.6931471805599453: r"\log 2", 2.302585092994046: r"\log 10", 2.3025850929940456: r"\log 10",
    3.141592653589793: r"\pi", 1.1283791670955126: r"\frac{2}{\sqrt{\pi}}", 2.5066282746310002: r"\sqrt{2\pi}",
    0.7071067811865476: r"\frac{1}{\sqrt{2}}", 0.886226925452758: r"\frac{\sqrt{\pi}}{2}",
}  # fmt: skip


class LatexWriter(Writer):
    r"""Writes LaTeX in place of plain text.

    >>> import tapegrad
    >>> from .formulas import definition_of, written
    >>> print(written(definition_of(tapegrad.tanh.op.rules["x",]), LatexWriter()))
    g \cdot \left(1 - \mathit{out} \cdot \mathit{out}\right)
    """

    def body(self, node: ast.FunctionDef) -> str:
        statements = statements_of(node)
        if len(statements) != 1 or not isinstance(statements[0], ast.Return) or statements[0].value is None:
            raise NotImplementedError  # several statements make no one formula
        return self.expression(statements[0].value)

    def expression(self, node: ast.expr, tight: int = -1) -> str:
        write = self.expression
        if isinstance(node, ast.BinOp):
            return self.operation(node, tight)
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.USub):
                return _bracketed("-" + write(node.operand, 6), tight > 4)
            if isinstance(node.op, (ast.Not, ast.Invert)):
                return _bracketed(r"\neg " + write(node.operand, 6), tight > 4)
        if isinstance(node, ast.Compare) and all(type(r) in _RELATIONS for r in node.ops):
            text = write(node.left, 3)
            for relation, right in zip(node.ops, node.comparators, strict=True):
                text += f" {_RELATIONS[type(relation)]} {write(right, 3)}"
            return _bracketed(text, tight > 2)
        if isinstance(node, ast.IfExp):
            return _cases([(write(node.body), write(node.test)), (write(node.orelse), None)])
        if isinstance(node, ast.Call) and not node.keywords:
            return self.call(node)
        if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
            return f"{write(node.value, 9)}^\\top"
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return _CONSTANTS.get(node.value, repr(node.value)) if isinstance(node.value, float) else repr(node.value)
        if isinstance(node, ast.Name):
            return _name(node.id)
        raise NotImplementedError

    def operation(self, node: ast.BinOp, tight: int) -> str:
        write = self.expression
        if isinstance(node.op, ast.Pow):
            return f"{write(node.left, 8)}^{{{write(node.right)}}}"
        if isinstance(node.op, ast.Div):
            return f"\\frac{{{write(node.left)}}}{{{write(node.right)}}}"
        signs: dict[type[ast.AST], tuple[str, int]] = {
            ast.Add: (" + ", 4),
            ast.Sub: (" - ", 4),
            ast.Mult: (r" \cdot ", 5),
            ast.MatMult: (r" \, ", 5),
            ast.BitAnd: (r" \land ", 1),
            ast.BitOr: (r" \lor ", 0),
        }
        if type(node.op) not in signs:
            raise NotImplementedError
        sign, level = signs[type(node.op)]
        left = level - 1 if isinstance(node.left, ast.UnaryOp) else level
        text = f"{write(node.left, left)}{sign}{write(node.right, level + isinstance(node.op, ast.Sub))}"
        return _bracketed(text, level < tight)

    def call(self, node: ast.Call) -> str:
        """Functions that have a sign of their own, and others by name."""
        write = self.expression
        if not isinstance(node.func, ast.Name):
            raise NotImplementedError
        name, arguments = node.func.id, [write(a) for a in node.args]
        if name == "where" and len(arguments) == 3:
            return _cases([(arguments[1], arguments[0]), (arguments[2], None)])
        if name in _FORMS and len(arguments) == 1:
            return _FORMS[name] % arguments[0]
        if name == "square":
            return f"{write(node.args[0], 8)}^{{2}}"
        shown = f"\\{name}" if name in _FUNCTIONS else f"\\operatorname{{{_escaped(name)}}}"
        return f"{shown}\\left({', '.join(arguments)}\\right)"


def _cases(cases: list[tuple[str, str | None]]) -> str:
    lines = [f"{value} & \\text{{{'if ' if test else 'else'}}}{test or ''}" for value, test in cases]
    return r"\begin{cases}" + r" \\ ".join(lines) + r"\end{cases}"


def _name(name: str) -> str:
    if name in _LETTERS or len(name) == 1:
        return _LETTERS.get(name, name)
    return f"\\mathit{{{_escaped(name)}}}"


def _escaped(name: str) -> str:
    return re.sub("_", r"\\_", name)


def _bracketed(text: str, needed: bool) -> str:
    return f"\\left({text}\\right)" if needed else text
