"""Lines, modules and values, where recording is asked for."""

from __future__ import annotations

from typing import Any

import tapegrad as torch
from tapegrad import nn
from tapegrad.autograd import node as nodes

from .graphs import leaf


def _operations(explanation: Any) -> list[Any]:
    return [node for node in explanation.json()["nodes"] if node["kind"] == "operation"]


def test_each_operation_has_its_line_and_the_value_of_its_result() -> None:
    w = leaf(1.0, 2.0)
    with torch.explain.recording():
        y = w * 3
        loss = y.exp().sum()
    total, exponential, product = _operations(torch.explain(loss))
    assert total["source"]["text"] == exponential["source"]["text"] == "loss = y.exp().sum()"
    assert product["source"]["text"] == "y = w * 3"
    assert product["source"]["function"] == "test_each_operation_has_its_line_and_the_value_of_its_result"
    assert product["source"]["file"] == __file__
    assert exponential["source"]["line"] == product["source"]["line"] + 1
    assert product["value"]["text"] == "[3, 6]"
    assert total["value"]["text"] == "423.5"


def test_without_recording_values_come_from_what_operations_saved() -> None:
    w = leaf(1.0, 2.0)
    total, exponential, product = _operations(torch.explain((w + 3).exp().sum()))
    assert total["source"] is None
    assert exponential["value"]["text"] == "[54.6, 148.4]"  # its own result, which its rule reads
    assert total["value"]["text"] == "203"  # that which is explained
    assert product["value"] is None  # which nothing keeps
    assert [saved["name"] for saved in exponential["saved"]] == ["out"]


def test_modules_are_recorded_by_their_names_in_the_model() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(2, 3), nn.Tanh())

        def forward(self, x: Any) -> Any:
            return self.body(x).sum()

    net = Net()
    with torch.explain.recording():
        loss = net(torch.ones(1, 2))
    by_name = {node["name"]: node["module"] for node in _operations(torch.explain(loss))}
    assert by_name == {
        "SumBackward0": "",
        "TanhBackward0": "body.1",
        "AddmmBackward0": "body.0",
        "TBackward0": "body.0",
    }
    named = [node["name"] for node in torch.explain(loss).json()["nodes"] if node["kind"] == "parameter"]
    assert sorted(named) == ["body.0.bias", "body.0.weight"]
    del net
    assert {node["module"] for node in _operations(torch.explain(loss, names={}, model={}))} >= {"Tanh", "Linear"}


def test_recording_stops_with_the_block_and_may_be_nested() -> None:
    before = list(nodes.watchers), list(nodes.result_watchers)
    x = leaf(1.0)
    with torch.explain.recording():
        with torch.explain.recording():
            pass
        inside = x * 2
    outside = x * 2
    assert (nodes.watchers, nodes.result_watchers) == before
    assert _operations(torch.explain(inside.sum()))[1]["source"] is not None
    assert _operations(torch.explain(outside.sum()))[1]["source"] is None


def test_the_result_of_each_kind_of_operation_is_taken_down() -> None:
    x = leaf([3.0, 1.0], [2.0, 4.0])
    with torch.explain.recording():
        a, b = x.unbind(1)
        loss = (torch.cat([a, b]).view(2, 2) * x[1]).sum()
    values = {node["name"]: node["value"]["text"] for node in _operations(torch.explain(loss)) if node["value"]}
    assert values["UnbindBackward0"] == "[3, 2]"  # the first of two
    assert values["CatBackward0"] == "[3, 2, 1, 4]"
    assert values["SelectBackward0"] == "[2, 4]"
    assert values["MulBackward0"] == "[[6, 8], [2, 16]]"
