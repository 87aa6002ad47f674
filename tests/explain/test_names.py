"""What leaves, results and parameters are called."""

from __future__ import annotations

from typing import Any

import tapegrad as torch
from tapegrad import nn

from .graphs import leaf


def _labels(explanation: Any, *kinds: str) -> list[str | None]:
    return [node["label"] for node in explanation.json()["nodes"] if node["kind"] in kinds]


def test_variables_give_their_names_to_leaves_results_and_inputs() -> None:
    w, x = leaf(1.0, 2.0), torch.tensor([3.0, 4.0])
    product = w * x
    loss = product.sum()
    explanation = torch.explain(loss)
    assert explanation.json()["title"] == "loss"
    assert _labels(explanation, "operation") == ["loss", "product"]
    assert _labels(explanation, "leaf") == ["w"]
    assert _labels(explanation, "input") == ["x"]


def test_names_that_are_given_come_first() -> None:
    w = leaf(1.0)
    assert _labels(torch.explain(w.sum(), names={"slope": w}), "leaf") == ["slope"]


def test_tensors_in_lists_and_dictionaries_are_named_by_their_places() -> None:
    params, table = [leaf(1.0), leaf(2.0)], {"gain": leaf(3.0)}
    explanation = torch.explain((params[0] * params[1] * table["gain"]).sum())
    assert set(_labels(explanation, "leaf")) == {"params[0]", "params[1]", "table['gain']"}


def test_parameters_of_one_model_have_its_names_and_of_several_the_variables_in_front() -> None:
    net = nn.Linear(2, 1)
    assert set(_labels(torch.explain(net(torch.ones(1, 2)).sum()), "parameter")) == {"weight", "bias"}
    head = nn.Linear(1, 1, bias=False)
    names = _labels(torch.explain(head(net(torch.ones(1, 2))).sum()), "parameter")
    assert set(names) == {"net.weight", "net.bias", "head.weight"}


def test_a_model_that_is_part_of_another_is_named_by_that() -> None:
    net = nn.Sequential(nn.Linear(1, 1), nn.Tanh())
    first = net[0]
    assert set(_labels(torch.explain(net(torch.ones(1, 1)).sum()), "parameter")) == {"0.weight", "0.bias"}
    assert first is net[0]


def test_a_model_may_be_given() -> None:
    def lost() -> Any:
        return nn.Linear(1, 1)

    made = [lost()]
    assert set(_labels(torch.explain(made[0](torch.ones(1, 1)).sum(), model=made[0]), "parameter")) == {
        "weight",
        "bias",
    }
    assert set(
        _labels(torch.explain(made[0](torch.ones(1, 1)).sum(), model={"a": made[0], "b": lost()}), "parameter")
    ) == {"a.weight", "a.bias"}


def test_models_in_attributes_of_self_and_in_lists_are_found() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.net, self.gain = nn.Linear(1, 1, bias=False), leaf(2.0)

        def explained(self) -> Any:
            return torch.explain((self.net(torch.ones(1, 1)) * self.gain).sum())

    assert set(_labels(Trainer().explained(), "parameter", "leaf")) == {"weight", "self.gain"}
    nets = [nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)]
    loss = nets[1](nets[0](torch.ones(1, 1))).sum()
    assert set(_labels(torch.explain(loss), "parameter")) == {"nets[0].weight", "nets[1].weight"}


def test_the_variables_of_callers_are_known_too() -> None:
    def explain(value: Any) -> Any:
        return torch.explain(value)

    weight = leaf(1.0)
    assert _labels(explain(weight.sum()), "leaf") == ["weight"]


def test_asking_for_names_leaves_the_callers_variables_alone() -> None:
    w = leaf(1.0)
    mine = locals()
    torch.explain(w.sum())
    assert mine["w"] is w
    del mine
    torch.explain(w.sum())
    assert locals()["w"] is w
