"""Explanations as text, Graphviz, SVG, page and JSON."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

import tapegrad as torch

from .graphs import GRAPHS, leaf, recurrent

every_graph = pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
SVG = "{http://www.w3.org/2000/svg}"
EVIL = '</title></script><script>alert("1")</script> & \\" \n \x00 ]]>'


def _evil() -> Any:
    w = leaf(1.0, 2.0)
    return torch.explain((w * 2).sum(), names={EVIL: w})


def test_the_text_tells_the_steps_in_order() -> None:
    w, x, b = leaf(1.5), torch.tensor([1.0, 2.0], dtype=torch.float64), leaf(0.5)
    error = w * x + b
    loss = (error * error).mean()
    assert torch.explain(loss).text() == str(torch.explain(loss)) == repr(torch.explain(loss))
    assert torch.explain(loss).text().splitlines() == [
        "The backward pass of loss: value 8.125, 4 operations and 2 leaves.",
        "",
        "step  operation             gradient g           passes on",
        "─" * 66,
        "   1  MeanBackward0 → loss  1                    x ← g/2",
        "   2  MulBackward0          [0.5, 0.5]           a ← g·b; b ← g·a",
        "   3  AddBackward0 → error  [2, 3.5] (sum of 2)  a ← g; b ← sum(g)",
        "   4  MulBackward0          [2, 3.5]             a ← sum(g·b)",
        "   5  b.grad                [5.5]",
        "   6  w.grad                [9]",
    ]


def test_lines_stand_behind_the_steps_where_they_were_recorded() -> None:
    w = leaf(1.0)
    with torch.explain.recording():
        loss = w.exp().sum()
    line = (loss.grad_fn.metadata and None) or torch.explain(loss).json()["nodes"][0]["source"]["line"]
    rows = torch.explain(loss).text().splitlines()
    assert rows[2].endswith("line")
    assert rows[4].endswith(f"{Path(__file__).name}:{line}")


def test_long_graphs_are_folded_in_the_text() -> None:
    text = torch.explain(recurrent(50)).text()
    assert len(text.splitlines()) < 20
    assert re.search(r"2–201 +▸ mm, add, tanh × 50 +200 operations", text)
    assert len(torch.explain(recurrent(50)).text(most=1_000).splitlines()) > 200


@every_graph
def test_the_graphviz_form_has_each_node_and_edge(graph: Any) -> None:
    explanation = torch.explain(graph())
    model, text = explanation.json(), explanation.dot()
    assert text.startswith("digraph ") and text.endswith("}\n")
    assert re.findall(r"^  (n\d+) \[", text, re.M) == [f"n{node['id']}" for node in model["nodes"]]
    pairs = {(f"n{edge['to']}", f"n{edge['from']}") for edge in model["edges"]}
    assert set(re.findall(r"^  (n\d+) -> (n\d+) \[", text, re.M)) == pairs


@every_graph
def test_the_picture_is_well_formed_and_has_each_node(graph: Any) -> None:
    explanation = torch.explain(graph())
    root = ElementTree.fromstring(explanation.svg(most=1_000))
    assert len(root.findall(f"{SVG}g")) == len(explanation.json()["nodes"])
    assert explanation._repr_svg_() == explanation.svg()


def test_a_folded_picture_is_small() -> None:
    root = ElementTree.fromstring(torch.explain(recurrent(400)).svg())
    assert len(root.findall(f"{SVG}g")) <= 60
    assert any("× 400" in text.text for text in root.iter(f"{SVG}text"))


def test_the_picture_has_no_colours_but_those_for_light_and_dark() -> None:
    svg = torch.explain(recurrent(3)).svg()
    assert "prefers-color-scheme:dark" in svg
    assert not re.search(r"#[0-9a-f]{6}", re.sub(r"<style>.*?</style>", "", svg, flags=re.S))


def test_names_cannot_break_out_of_the_picture() -> None:
    svg = _evil().svg()
    assert "<script" not in svg
    titles = [title.text or "" for title in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert any("</script><script>alert" in title for title in titles)


def test_names_of_several_lines_take_one_row_of_the_text() -> None:
    assert len(_evil().text().splitlines()) == 7


def test_names_cannot_break_out_of_graphviz_strings() -> None:
    string = r'"(?:[^"\\]|\\.)*"'
    value = rf"(?:{string}|\w+)"
    attributes = rf"\w+={value}(?:, \w+={value})*"
    statement = rf"  (?:rankdir=TB;|(?:node|edge|n\d+(?: -> n\d+)?) \[{attributes}\];)"
    first, *statements, last = _evil().dot().splitlines()
    assert re.fullmatch(rf"digraph {string} {{", first) and last == "}"
    for line in statements:
        assert re.fullmatch(statement, line), line
    assert sum("alert" in line for line in statements) == 1


def test_names_cannot_break_out_of_the_page() -> None:
    page = _evil().html()
    assert page.lower().count("<script") == torch.explain(leaf(1.0).sum()).html().lower().count("<script")
    assert 'alert("1")</script>' not in page


def test_the_model_is_json_without_nan() -> None:
    z = leaf(0.0)
    model = torch.explain((z / z).sum()).json()
    assert json.loads(json.dumps(model, allow_nan=False)) == model
    assert model["version"] == 1


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.html", "<!doctype html>"),
        ("a.svg", "<svg "),
        ("a.dot", "digraph "),
        ("a.gv", "digraph "),
        ("a.json", '{"version": 1'),
        ("a.txt", "The backward pass"),
    ],
)
def test_the_suffix_says_what_is_saved(name: str, begins: str, tmp_path: Path) -> None:
    path = torch.explain(leaf(1.0).sum()).save(tmp_path / name)
    assert path == tmp_path / name
    assert path.read_text(encoding="utf-8").startswith(begins)


def test_an_unknown_suffix_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'a.png' has none of the suffixes .html, .htm, .svg, .dot, .gv, .json, .txt"):
        torch.explain(leaf(1.0).sum()).save(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
