"""Rules made readable for one particular operation: what its parameters decide is decided, helpers become signs.

A rule is written for all cases: `zeros_like(x) if exponent == 0 else real_if(x, g * exponent * pow_number(x, exponent
- 1))`.  Of an operation on real numbers with exponent 2 it says no more than g·exponent·x^(exponent − 1).
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Mapping
from typing import Any, Final

# Helpers of one array that matter to complex numbers only.
_ONLY_COMPLEX: Final = {"conj": 0, "real_part": 0, "real_if": 1, "real_as": 1}
# Helpers that bring an array to a shape by repeating its elements.
_REPEATING: Final = {"everywhere", "expand", "unsummed"}
_SIGNS: Final[dict[str, ast.operator]] = {
    "mm": ast.MatMult(),
    "bmm": ast.MatMult(),
    "mv": ast.MatMult(),
    "matmul": ast.MatMult(),
    "times_array": ast.Mult(),
    "pow_number": ast.Pow(),
}


def simplified(
    definition: ast.Lambda | ast.FunctionDef, params: Mapping[str, Any], is_complex: bool, conjugates: bool = False
) -> ast.Lambda | ast.FunctionDef:
    """A rule's definition as it reads for one operation; the original is left as it is.

    Args:
        definition: the syntax tree of the rule.
        params: what is known of the operation: numbers, shapes and flags by name, 'g.ndim' for a count of dimensions.
        is_complex: whether the operation computes with complex numbers.
        conjugates: whether the generated code conjugates the gradient before and after the rule.
    """
    known = _Simplifier(params, is_complex)
    tree = known.visit(copy.deepcopy(definition))
    assert isinstance(tree, (ast.Lambda, ast.FunctionDef))
    if isinstance(tree, ast.FunctionDef):
        tree = known.without_decided_cases(tree)
    if not conjugates:
        return tree
    tree = _ConjugatedGradient().visit(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            node.value = _conj(node.value)
    if isinstance(tree, ast.Lambda):
        tree.body = _conj(tree.body)
    return tree


class _ConjugatedGradient(ast.NodeTransformer):
    """Puts the conjugate of g in place of g."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return _conj(node) if node.id == "g" else node


def _conj(node: ast.expr) -> ast.expr:
    """The conjugate of an expression; of a conjugate, what it is the conjugate of."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "conj":
        return node.args[0]
    return ast.Call(ast.Name("conj", ast.Load()), [node], [])


class _Simplifier(ast.NodeTransformer):
    def __init__(self, params: Mapping[str, Any], is_complex: bool) -> None:
        self._params, self._complex = params, is_complex

    def decide(self, test: ast.expr) -> bool | None:
        """What a test comes to; None if that depends on more than the parameters."""
        names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
        if not names <= set(self._params) or any(isinstance(node, ast.Call) for node in ast.walk(test)):
            return None
        code = compile(ast.fix_missing_locations(ast.Expression(copy.deepcopy(test))), "<test of a rule>", "eval")
        try:
            return bool(eval(code, {"__builtins__": {}}, dict(self._params)))
        except Exception:  # a test on attributes of arrays: whatever it raises, nothing is decided
            return None

    def without_decided_cases(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """The function without `if`s whose test is known."""
        kept: list[ast.stmt] = []
        for statement in node.body:
            answer = self.decide(statement.test) if isinstance(statement, ast.If) else None
            if isinstance(statement, ast.If) and answer is not None:
                chosen = statement.body if answer else statement.orelse
                kept.extend(chosen)
                if any(isinstance(s, ast.Return) for s in chosen):
                    break
            else:
                kept.append(statement)
        node.body = kept
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        known = node.attr == "ndim" and isinstance(node.value, ast.Name) and f"{node.value.id}.ndim" in self._params
        return ast.Constant(self._params[ast.unparse(node)]) if known else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        answer = self.decide(node.test)
        return node if answer is None else node.body if answer else node.orelse

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name) or node.keywords:
            return node
        name, arguments = node.func.id, node.args
        if name in _ONLY_COMPLEX and not self._complex and len(arguments) > _ONLY_COMPLEX[name]:
            return arguments[_ONLY_COMPLEX[name]]
        if name == "is_complex":
            return ast.Constant(self._complex)
        if name in _REPEATING and len(arguments) >= 2:
            return arguments[0]
        if name in _SIGNS and len(arguments) == 2:
            return ast.BinOp(arguments[0], _SIGNS[name], arguments[1])
        if name == "swap" and len(arguments) == 3:
            return ast.Attribute(arguments[0], "mT", ast.Load())
        if name == "sum_to" and len(arguments) == 2:
            return ast.Call(ast.Name("sum", ast.Load()), arguments[:1], [])
        if name == "permuted" and len(arguments) == 2:
            return ast.Call(node.func, arguments[:1], [])
        if name == "scaled" and len(arguments) == 2:
            return self._scaled(*arguments)
        if name in ("size_of", "count_of"):
            return self._count(node)
        if name == "mse_slope" and len(arguments) == 4:
            return self._squared_error(arguments)
        return node

    def _scaled(self, value: ast.expr, factor: ast.expr) -> ast.expr:
        if isinstance(factor, ast.Name) and self._params.get(factor.id) == 1:
            return value
        return ast.BinOp(value, ast.Mult(), factor)

    def _count(self, node: ast.Call) -> ast.expr:
        """How many elements a sum went over, as a number."""
        values = [self._params.get(a.id) if isinstance(a, ast.Name) else None for a in node.args]
        shape = values[0]
        if not isinstance(shape, tuple):
            return node
        if len(values) == 1:
            return ast.Constant(math.prod(shape))
        dims = (values[1],) if isinstance(values[1], int) else values[1]
        if not isinstance(dims, tuple) or not all(isinstance(d, int) for d in dims):
            return node
        return ast.Constant(math.prod(shape[d] for d in dims))

    def _squared_error(self, arguments: list[ast.expr]) -> ast.expr:
        """The derivative of mse_loss in plain arithmetic."""
        g, x, y, reduction = arguments
        slope: ast.expr = ast.BinOp(ast.Constant(2), ast.Mult(), ast.BinOp(x, ast.Sub(), y))
        product = ast.BinOp(g, ast.Mult(), slope)
        mean = isinstance(reduction, ast.Name) and self._params.get(reduction.id) == "mean"
        return ast.BinOp(product, ast.Div(), ast.Name("n", ast.Load())) if mean else product
