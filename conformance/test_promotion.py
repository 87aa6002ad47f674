"""Element types with both libraries: what they are, how they promote, and what operators make of them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch as real

import tapegrad as ours

from .exact import check, table

INTS = ["int8", "uint8", "int16", "int32", "int64", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
EVERY = ["bool", *INTS, *FLOATS, *COMPLEX]

# Those with arithmetic in torch.
PLAIN = [name for name in EVERY if name not in ("uint16", "uint32", "uint64")]


def names(torch: Any) -> dict[str, Any]:
    """What the table's expressions may use besides torch."""
    return {
        "every": [getattr(torch, name) for name in EVERY],
        "floats": [getattr(torch, name) for name in FLOATS],
        "ints": [getattr(torch, name) for name in INTS],
        "plain": [getattr(torch, name) for name in PLAIN],
    }


@pytest.mark.parametrize("expression", table("types"))
def test_expression_gives_what_torch_gives(expression: str) -> None:
    check(expression, names)


OPERATORS: dict[str, Any] = {
    "+": lambda p, q: p + q,
    "*": lambda p, q: p * q,
    "/": lambda p, q: p / q,
    "==": lambda p, q: p == q,
}


def result(lib: Any, operator: str, p: Any, q: Any) -> str:
    """The type of a result, or the kind of the error."""
    try:
        return str(OPERATORS[operator](p(lib), q(lib)).dtype)
    except RuntimeError:
        return "RuntimeError"


def operand(name: str, ndim: int) -> Any:
    return lambda lib: lib.ones((2,) * ndim, dtype=getattr(lib, name))


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
@pytest.mark.parametrize("operator", OPERATORS)
def test_types_of_results_of_two_tensors_are_torchs(operator: str) -> None:
    for first, second in itertools.product(PLAIN, repeat=2):
        for dims in ((1, 1), (1, 0), (0, 1), (0, 0)):
            p, q = operand(first, dims[0]), operand(second, dims[1])
            expected = result(real, operator, p, q)
            if expected != "torch.complex32":  # NumPy has no such type
                assert result(ours, operator, p, q) == expected, (first, second, dims)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("number", [True, 2, 2.5, 2j])
def test_types_of_results_with_a_number_are_torchs(operator: str, number: Any) -> None:
    for name, ndim in itertools.product(PLAIN, (0, 1)):
        if isinstance(number, complex) and name == "float16":
            continue  # complex32 in torch, which NumPy does not have

        def constant(lib: Any) -> Any:
            return number

        p = operand(name, ndim)
        assert result(ours, operator, p, constant) == result(real, operator, p, constant), (name, ndim)
        assert result(ours, operator, constant, p) == result(real, operator, constant, p), (name, ndim)
