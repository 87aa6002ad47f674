"""The passes of a program, taken down as the engine runs them."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch
from tapegrad.autograd import node, observing
from tapegrad.explain.capturing import Capture

from .graphs import GRAPHS, leaf


def _without_names(model: Any) -> Any:
    """What two descriptions of the same pass have in common."""
    steps = [(s["node"], s["gradient"], s["contributions"], s["accumulates"]) for s in model["engine"]["steps"]]
    nodes = [(n["kind"], n["name"], n["gradient"], n["formula"], n["saved"], n["outputs"]) for n in model["nodes"]]
    return steps, nodes, model["edges"], model["roots"]


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_what_is_captured_is_what_explain_says(graph: Any) -> None:
    loss = graph()
    explained = torch.explain(loss, names={}, model={}).json()
    with Capture() as capture:
        loss.backward()
    (captured,) = capture.models
    for model in (explained, captured):
        for end in model["nodes"]:
            if end["kind"] != "operation":  # a name that one of them may not know
                end["name"] = end["label"] = None
                end["kind"] = "leaf" if end["kind"] == "parameter" else end["kind"]
    assert _without_names(captured) == _without_names(explained)


def test_capturing_changes_no_gradient_and_leaves_nothing_behind() -> None:
    before = list(observing.witnesses), set(observing.reasons), list(node.watchers)
    x, y = leaf(1.0, 2.0), leaf(1.0, 2.0)
    with Capture() as capture:
        (x.exp() * x).sum().backward()
    (y.exp() * y).sum().backward()
    assert x.grad.tolist() == y.grad.tolist()
    assert (observing.witnesses, observing.reasons, node.watchers) == before
    assert "explain" not in observing.reasons
    assert capture.passes == 1


def test_hooks_are_run_once_and_their_gradients_are_shown() -> None:
    calls = []

    def double(grad: Any) -> Any:
        calls.append(grad)
        return 2 * grad

    x = leaf(1.0)
    with Capture() as capture:
        y = x * 3
        y.register_hook(double)
        y.sum().backward()
    assert len(calls) == 1
    nodes = {n["name"]: n for n in capture.models[0]["nodes"]}
    assert nodes["MulBackward0"]["gradient"]["text"] == "[2]"
    assert nodes["x"]["gradient"]["text"] == "[6]" == f"[{x.grad.item():.4g}]"


def test_passes_of_grad_and_recorded_passes_are_captured() -> None:
    x = leaf(3.0)
    with Capture() as capture:
        (slope,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        torch.autograd.grad(slope.sum(), x)
    found = [node["gradient"]["text"] for model in capture.models for node in model["nodes"] if node["label"] == "x"]
    assert found == ["[27]", "[18]"]


def test_one_pass_can_be_chosen_and_only_that_is_recorded() -> None:
    w = leaf(1.0)
    recorded = []
    with Capture(only=3) as capture:
        for i in range(5):
            loss = (w * i).sum()
            recorded.append(torch.source_lines.origin_of(loss.grad_fn) is not None)
            loss.backward()
    assert recorded == [False, False, True, False, False]
    assert capture.passes == 5
    (model,) = capture.models
    assert model["nodes"][-1]["gradient"]["text"] == "[2]"
    assert model["title"].startswith("loss (test_capturing.py:") and model["title"].endswith(", pass 3)")


def test_of_many_passes_the_first_are_described() -> None:
    w = leaf(1.0)
    with Capture(most=2) as capture:
        for _ in range(5):
            w.sum().backward()
    assert (capture.passes, len(capture.models)) == (5, 2)


def test_a_pass_that_fails_raises_as_without_capturing() -> None:
    loss = leaf(1.0).exp().sum()
    with Capture() as capture:
        loss.backward()
        with pytest.raises(RuntimeError, match="second time"):
            loss.backward()
        leaf(2.0).sum().backward()
    assert capture.passes == 3


def test_passes_inside_of_vmap_are_left_out() -> None:
    with Capture() as capture:
        torch.vmap(torch.func.grad(lambda x: (x * x).sum()))(torch.ones(3, 2))
        leaf(1.0).sum().backward()
    assert len(capture.models) == 1
