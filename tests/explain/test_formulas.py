"""Derivatives as formulas: plain, as LaTeX, and with numbers put in."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch
from tapegrad import nn
from tapegrad.explain.formulas import stated
from tapegrad.ops.op import TABLE

from .graphs import leaf


def _formulas(loss: Any) -> list[tuple[str, str, str, str | None]]:
    nodes = torch.explain(loss).json()["nodes"]
    return [(n["operator"], f["input"], f["plain"], f["numbers"]) for n in nodes for f in n["formula"]]


def test_numbers_stand_in_the_formula_and_behind_it_what_comes_out() -> None:
    w, x = leaf(1.5, -2.0), leaf(2.0, 3.0)
    assert _formulas((w * x).sum())[1:] == [
        ("mul", "a", "g·b", "[1, 1]·[2, 3] = [2, 3]"),
        ("mul", "b", "g·a", "[1, 1]·[1.5, -2] = [1.5, -2]"),
    ]


def test_what_parameters_decide_is_decided() -> None:
    x = leaf(1.0, 3.0)
    assert _formulas((x**3).mean()) == [
        ("mean", "x", "g/2", "1/2 = [0.5, 0.5]"),
        ("pow", "x", "g·exponent·x^(exponent − 1)", "[0.5, 0.5]·3·[1, 3]^(3 − 1) = [1.5, 13.5]"),
    ]
    assert _formulas(x**0 @ torch.ones(2, dtype=torch.float64))[-1][2] == "zeros_like(x)"


def test_negative_numbers_are_put_in_brackets() -> None:
    x = leaf(-3.0)[0]
    assert _formulas(x * -2.0)[0][3] == "1·(-2) = -2"
    assert _formulas(x**3)[0][3] == "1·3·(-3)^(3 − 1) = 27"


def test_sums_over_what_was_broadcast_are_part_of_the_formula() -> None:
    w, x = leaf(2.0), torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    assert _formulas((w * x).sum())[1] == ("mul", "a", "sum(g·b)", "sum([1, 1, 1]·[1, 2, 3]) = [6]")


def test_matrix_products_are_written_as_such() -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0], [4.0])
    assert _formulas((a @ b).sum())[1:] == [
        ("mm", "a", "g @ bᵀ", "[[1]] @ [[3], [4]]ᵀ = [[3, 4]]"),
        ("mm", "b", "aᵀ @ g", "[[1, 2]]ᵀ @ [[1]] = [[1], [2]]"),
    ]


def test_factors_of_one_are_left_out() -> None:
    layer, x = nn.Linear(2, 1), leaf([1.0, 2.0], dtype=torch.float32)
    plain = [(name, formula) for operator, name, formula, _ in _formulas(layer(x).sum()) if operator == "addmm"]
    assert plain == [("c", "sum(g)"), ("a", "g @ bᵀ"), ("b", "aᵀ @ g")]
    scaled = _formulas(torch.addmm(layer.bias, x, layer.weight.t(), alpha=3).sum())
    assert [formula for operator, _, formula, _ in scaled if operator == "addmm"][1] == "g @ bᵀ·alpha"


def test_long_tensors_leave_the_formula_without_numbers() -> None:
    x = leaf(*range(1, 6))
    assert _formulas(x.exp().sum())[1] == ("exp", "x", "g·out", None)


def test_conjugates_are_written_of_complex_numbers_only() -> None:
    z, x = leaf([1 + 2j, 2j], [1j, 1.0], dtype=torch.complex128), leaf([1.0, 2.0], [3.0, 4.0])
    of_complex = [f[2] for f in _formulas((z @ z).abs().sum()) if f[0] == "mm"]
    of_real = [f[2] for f in _formulas((x @ x).abs().sum()) if f[0] == "mm"]
    assert of_complex == ["conj(conj(g) @ bᵀ)", "conj(aᵀ @ conj(g))"]
    assert of_real == ["g @ bᵀ", "aᵀ @ g"]


def test_rules_that_are_no_formula_are_told_in_words() -> None:
    x = leaf(1.0, 2.0)
    assert _formulas(torch.cat([x, x]).sum())[1][2] == "its part of g"
    assert _formulas(x.prod())[0][2] == stated(TABLE["prod_all"].rules["x",])["x"]


@pytest.mark.parametrize(
    ("function", "latex"),
    [
        (lambda x: x.tanh(), r"g \cdot \left(1 - \mathit{out} \cdot \mathit{out}\right)"),
        (lambda x: x.log(), r"\frac{g}{x}"),
        (lambda x: x.relu(), r"\begin{cases}0 & \text{if }\mathit{out} \le 0 \\ g & \text{else}\end{cases}"),
        (lambda x: x**3, r"g \cdot \mathit{exponent} \cdot x^{\mathit{exponent} - 1}"),
    ],
)
def test_formulas_have_a_form_in_latex(function: Any, latex: str) -> None:
    nodes = torch.explain(function(leaf(1.0, 2.0)).sum()).json()["nodes"]
    assert nodes[1]["formula"][0]["latex"] == latex


def test_every_layer_of_a_network_has_formulas() -> None:
    net = nn.Sequential(nn.Conv2d(1, 1, 2), nn.BatchNorm2d(1), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2), nn.Softmax(1))
    for _, name, plain, _ in _formulas(net(torch.ones(1, 1, 3, 3)).sum()):
        assert name and plain
