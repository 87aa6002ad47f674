"""The gradients of an explanation are those of `autograd.grad`, at every node, and nothing is changed by asking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.autograd.graph import GradientEdge
from tapegrad.autograd.passes import edge_of
from tapegrad.explain.walking import walk

from .graphs import GRAPHS, custom_function, leaf, mlp

every_graph = pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)


def _walked(loss: Any) -> list[tuple[Any, Any, Any]]:
    found: list[tuple[Any, Any, Any]] = []
    walk([(edge_of(loss), np.ones_like(loss._data))], lambda node, grad, grads: found.append((node, grad, grads)))
    return found


def _leaves(loss: Any) -> list[Any]:
    """The leaves behind a loss, in the order in which the nodes lead to them."""
    found: dict[int, Any] = {}
    for node, _, _ in _walked(loss):
        found |= {id(edge): edge for edge in node.edges if isinstance(edge, torch.Tensor)}
    return list(found.values())


@every_graph
def test_the_gradient_at_every_node_is_that_of_autograd_grad(graph: Any) -> None:
    loss = graph()
    steps = _walked(loss)
    assert steps
    for node, grad, _ in steps:
        for number, part in enumerate(grad if isinstance(grad, list) else [grad]):
            if part is None:
                continue
            edge = GradientEdge(node, number)
            (expected,) = torch.autograd.grad(loss, edge, retain_graph=True)
            np.testing.assert_array_equal(np.asarray(part), expected.numpy())


@every_graph
def test_the_steps_are_the_engines(graph: Any) -> None:
    loss = graph()
    order: list[str] = []
    nodes = [node for node, _, _ in _walked(loss)]
    handles = [node.register_prehook(lambda grads, node=node: order.append(node.name())) for node in nodes]
    loss.backward(retain_graph=True)
    for handle in handles:
        handle.remove()
    assert order == [node.name() for node in nodes]
    described = torch.explain(loss).json()
    operations = [n for n in described["nodes"] if n["kind"] == "operation"]
    assert [n["name"] for n in operations] == [name.removeprefix("torch::autograd::") for name in order]
    assert [described["engine"]["steps"][i]["node"] for i in range(len(order))] == [n["id"] for n in operations]


@every_graph
def test_the_gradients_of_leaves_are_described_as_backward_gives_them(graph: Any) -> None:
    loss = graph()
    leaves = _leaves(loss)
    names = {f"leaf {i}": t for i, t in enumerate(leaves)}
    nodes = {node["label"]: node for node in torch.explain(loss, names=names, model={}).json()["nodes"]}
    loss.backward()
    for name, t in names.items():
        found, grad = nodes[name]["gradient"], t.grad.numpy()
        size = np.abs(grad) if grad.dtype.kind == "c" else grad
        assert found["shape"] == list(grad.shape)
        assert found["dtype"] == str(t.dtype).removeprefix("torch.")
        assert [found["min"], found["max"]] == pytest.approx([size.min(), size.max()], rel=1e-5)
        assert [found["mean"], found["std"]] == pytest.approx([size.mean(), size.std()], rel=1e-5, abs=1e-7)


@every_graph
def test_contributions_are_the_edges_that_brought_gradients(graph: Any) -> None:
    model = torch.explain(graph()).json()
    for step in model["engine"]["steps"]:
        edges = [model["edges"][i] for i in step["contributions"]]
        assert all(edge["to"] == step["node"] and edge["gradient"] is not None for edge in edges)
        assert step["accumulates"] == (len(edges) > 1)
        assert bool(edges) == (step["node"] not in model["roots"])
    brought = [i for step in model["engine"]["steps"] for i in step["contributions"]]
    assert sorted(brought) == [i for i, edge in enumerate(model["edges"]) if edge["gradient"] is not None]


@every_graph
def test_explaining_changes_nothing(graph: Any) -> None:
    torch.manual_seed(0)
    loss, again = graph(), graph()
    leaves = _leaves(again)
    state = torch.get_rng_state()
    torch.explain(loss)
    assert all(t.grad is None for t in _leaves(loss))
    assert torch.equal(torch.get_rng_state(), state)
    loss.backward()
    again.backward()
    for t, u in zip(_leaves_of_freed(loss), leaves, strict=True):
        np.testing.assert_array_equal(t.grad.numpy(), u.grad.numpy())


def _leaves_of_freed(loss: Any) -> list[Any]:
    """The same as `_leaves` of a graph whose saved values are gone: newest nodes first."""
    nodes, found = {loss.grad_fn}, {}
    while nodes:
        node = max(nodes, key=lambda n: n.seq)
        nodes.remove(node)
        for edge in node.edges:
            end = getattr(edge, "node", edge)
            if isinstance(end, torch.Tensor):
                found[id(end)] = end
            elif end is not None:
                nodes.add(end)
    return list(found.values())


def test_a_gradient_that_is_there_stays_as_it_is() -> None:
    x = leaf(1.0, 2.0)
    x.grad = torch.tensor([7.0, 8.0], dtype=torch.float64)
    y = x * 3
    y.retain_grad()
    torch.explain(y.sum())
    assert x.grad.tolist() == [7.0, 8.0]
    assert y.grad is None


def test_several_losses_are_explained_together() -> None:
    x = leaf(1.0, 2.0)
    model = torch.explain([x.sum(), x * 2], [None, torch.tensor([1.0, 10.0], dtype=torch.float64)]).json()
    assert len(model["roots"]) == 2
    assert model["nodes"][-1]["gradient"]["text"] == "[3, 21]"


def test_hooks_are_not_run_and_said_not_to_be() -> None:
    called = []
    x = leaf(1.0, 2.0)
    y = x * 3
    y.register_hook(called.append)
    y.grad_fn.register_hook(lambda *_: called.append("node"))
    x.register_hook(called.append)
    explanation = torch.explain(y.sum())
    assert called == []
    assert [node["notes"] for node in explanation.json()["nodes"]] == [
        [],
        ["it has 2 hooks, not run here"],
        ["its hooks were not run"],
    ]
    assert "x: its hooks were not run." in explanation.text()


def test_the_explanation_keeps_no_part_of_the_graph_alive() -> None:
    import weakref

    loss = mlp()
    node = weakref.ref(loss.grad_fn)
    explanation = torch.explain(loss)
    del loss
    assert node() is None
    assert explanation.json()["nodes"]


def test_a_custom_function_has_the_names_of_its_arguments() -> None:
    model = torch.explain(custom_function()).json()
    (node,) = [node for node in model["nodes"] if node["name"] == "ScaledBackward"]
    assert [formula["input"] for formula in node["formula"]] == ["a", "b"]
    assert node["formula"][0]["plain"] == "Scaled.backward"
    assert node["outputs"] is not None and len(node["outputs"]) == 2
    assert [edge["input"] for edge in model["edges"] if edge["from"] == node["id"]] == ["a", "b"]
