"""Folding: what is repeated becomes a group, and what is shown is never too much, nor in a circle."""

from __future__ import annotations

import functools
import random
from typing import Any

import pytest

import tapegrad as torch
from tapegrad import nn
from tapegrad.explain.grouping import MOST_ITEMS
from tapegrad.explain.view import view

from .graphs import GRAPHS, leaf, lstm_cells, mlp, recurrent


def _irregular(operations: int = 3_000) -> Any:
    draw = random.Random(0)
    values = [leaf(1.0, 2.0) for _ in range(200)]
    for _ in range(operations):
        a, b = draw.choice(values), draw.choice(values)
        values[draw.randrange(200)] = draw.choice([torch.add, torch.mul, torch.sub, torch.maximum])(a, b)
    return torch.stack(values).sum()


def _recorded(graph: Any, *args: Any) -> Any:
    with torch.explain.recording():
        return graph(*args)


SIZES = [
    pytest.param(lambda: recurrent(50), id="50 steps"),
    pytest.param(lambda: _recorded(recurrent, 50), id="50 steps, recorded"),
    pytest.param(lambda: recurrent(1_200), id="1,200 steps"),
    pytest.param(lambda: lstm_cells(60), id="60 cells"),
    pytest.param(lambda: _recorded(lstm_cells, 60), id="60 cells, recorded"),
    pytest.param(_irregular, id="without any order"),
    pytest.param(mlp, id="small"),
]


@functools.cache
def _model(graph: Any) -> Any:
    """The model of a graph, made once for all tests."""
    return torch.explain(graph()).json()


def _members(model: Any) -> dict[int | None, int]:
    """How many nodes and groups are in each group."""
    found: dict[int | None, int] = {}
    for holder in [n["group"] for n in model["nodes"]] + [g["parent"] for g in model["groups"]]:
        found[holder] = found.get(holder, 0) + 1
    return found


@pytest.mark.parametrize("graph", SIZES)
def test_folded_a_graph_shows_no_more_than_sixty_items_at_each_level(graph: Any) -> None:
    model = _model(graph)
    assert all(count <= MOST_ITEMS + 11 for count in _members(model).values()), _members(model)
    assert len(view(model, 60).items) <= 62
    assert {n for item in view(model, 60).items for n in item.numbers} == set(range(len(model["nodes"])))


@pytest.mark.parametrize("graph", SIZES)
@pytest.mark.parametrize("most", [1, 20, 60])
def test_what_is_shown_has_no_circle(graph: Any, most: int) -> None:
    shown = view(_model(graph), most)
    waiting = [0] * len(shown.items)
    for link in shown.links:
        waiting[link.producer] += 1
    ready = [i for i, count in enumerate(waiting) if count == 0]
    placed = 0
    while ready:
        consumer = ready.pop()
        placed += 1
        for link in shown.links:
            if link.consumer == consumer:
                waiting[link.producer] -= 1
                if waiting[link.producer] == 0:
                    ready.append(link.producer)
    assert placed == len(shown.items)


@pytest.mark.parametrize("graph", [*SIZES, *GRAPHS])
def test_groups_hold_what_they_say(graph: Any) -> None:
    model = _model(graph)
    held = [0] * len(model["groups"])
    for node in model["nodes"]:
        group = node["group"] if node["kind"] == "operation" else None
        while group is not None:
            held[group] += 1
            group = model["groups"][group]["parent"]
    assert held == [group["operations"] for group in model["groups"]]
    assert all(group["parent"] is None or group["parent"] < group["id"] for group in model["groups"])


def test_a_loop_is_folded_and_its_weights_stand_beside_it() -> None:
    model = torch.explain(recurrent(50)).json()
    (loop,) = [group for group in model["groups"] if group["count"] == 50]
    assert loop["label"].endswith("× 50") and loop["parent"] is None
    assert sum(group["parent"] == loop["id"] for group in model["groups"]) == 50
    assert [node["group"] for node in model["nodes"] if node["kind"] == "leaf"] == [None, None]


def test_a_recorded_loop_is_named_by_its_function_and_line() -> None:
    model = torch.explain(_recorded(recurrent, 50)).json()
    (loop,) = [group for group in model["groups"] if group["count"] == 50]
    source = next(n["source"] for n in model["nodes"] if n["operator"] == "tanh")
    assert loop["label"] == f"recurrent, line {source['line']} × 50"


def test_a_module_that_is_called_again_and_again_is_named_by_its_class() -> None:
    cell = nn.GRUCell(2, 2)
    h = torch.zeros(1, 2)
    with torch.explain.recording():
        for _ in range(10):
            h = cell(torch.ones(1, 2), h)
    labels = [group["label"] for group in torch.explain(h.sum()).json()["groups"]]
    assert labels[0] == "GRUCell × 10"


def test_repeated_layers_are_one_group_of_so_many() -> None:
    layers = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh()) for _ in range(12)])
    with torch.explain.recording():
        loss = layers(torch.ones(1, 2)).sum()
    labels = [group["label"] for group in torch.explain(loss).json()["groups"]]
    assert labels[0] == "Sequential × 12"
    assert "11" in labels or "11.0" in labels


def test_modules_hold_the_modules_inside_of_them() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(2, 2)

        def forward(self, x: Any) -> Any:
            return self.inner(x).relu() + x

    net = nn.Sequential(Block(), nn.Linear(2, 1))
    with torch.explain.recording():
        loss = net(torch.ones(1, 2, requires_grad=True)).sum()
    model = torch.explain(loss).json()
    block, inner, last = model["groups"]
    assert (block["label"], inner["label"], last["label"]) == ("0", "0.inner", "1")
    assert (block["parent"], inner["parent"], last["parent"]) == (None, block["id"], None)
    weight = next(n for n in model["nodes"] if n["label"] == "0.inner.weight")
    assert weight["group"] == inner["id"]


def test_without_recording_operations_on_parameters_belong_to_their_modules() -> None:
    model = torch.explain(mlp()).json()
    by_name = {(n["name"], n["module"]) for n in model["nodes"] if n["kind"] == "operation"}
    assert ("AddmmBackward0", None) in by_name  # no model is among the variables here
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    nodes = torch.explain(net(torch.ones(1, 2)).sum()).json()["nodes"]
    modules = {n["name"]: n["module"] for n in nodes if n["kind"] == "operation"}
    assert modules == {"SumBackward0": None, "TanhBackward0": None, "AddmmBackward0": "0", "TBackward0": "0"}
