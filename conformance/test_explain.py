"""What `explain` says of a backward pass is what torch's hooks see of it: nodes, their order and their gradients."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

import tapegrad
from tapegrad.autograd.passes import edge_of
from tapegrad.explain.walking import walk


def mlp(torch: ModuleType) -> Any:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    return torch.nn.functional.cross_entropy(net(torch.randn(5, 3)), torch.tensor([0, 1, 0, 1, 1]))


def recurrent(torch: ModuleType) -> Any:
    torch.manual_seed(0)
    into, inside, h = torch.nn.Linear(2, 6), torch.nn.Linear(3, 6, bias=False), torch.zeros(1, 3)
    for x in torch.randn(4, 1, 2):
        gate, new = (into(x) + inside(h)).chunk(2, 1)
        h = torch.sigmoid(gate) * torch.tanh(new) + h
    return h.sum()


def views_and_writes(torch: ModuleType) -> Any:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 2
    y[0].mul_(x[1])
    y.t().add_(1)
    return (y.reshape(4)[1:] * y.flip(0).reshape(-1)[:3]).sum()


def several_results(torch: ModuleType) -> Any:
    x = torch.tensor([[3.0, 1.0, 2.0], [0.5, 2.5, 1.5]], dtype=torch.float64, requires_grad=True)
    values, _ = x.sort(dim=1)
    a, b = values.split([1, 2], dim=1)
    return (a * b).sum() + sum(part.prod() for part in x.unbind(1))


def complex_numbers(torch: ModuleType) -> Any:
    z = torch.tensor([1 + 2j, -0.5 + 0.3j], dtype=torch.complex128, requires_grad=True)
    return ((z * z.conj()).exp() + z**2).abs().sum()


def attention(torch: ModuleType) -> Any:
    torch.manual_seed(0)
    q, k, v = (torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True) for _ in range(3))
    return (torch.softmax(q @ k.transpose(1, 2) / 2, -1) @ v).pow(2).mean()


GRAPHS = [mlp, recurrent, views_and_writes, several_results, complex_numbers, attention]


def _seen_by_hooks(loss: torch.Tensor) -> list[tuple[str, list[Any]]]:
    """What arrives at each node while torch runs them."""
    seen: list[tuple[str, list[Any]]] = []
    nodes, waiting = {loss.grad_fn}, [loss.grad_fn]
    while waiting:
        for node, _ in waiting.pop().next_functions:
            if node is not None and node not in nodes and not hasattr(node, "variable"):
                nodes.add(node)
                waiting.append(node)
    for node in nodes:
        node.register_prehook(
            lambda grads, node=node: seen.append((node.name(), [None if g is None else g.numpy() for g in grads]))
        )
    loss.backward()
    return seen


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_nodes_order_and_gradients_are_torchs(graph: Callable[[ModuleType], Any]) -> None:
    expected = _seen_by_hooks(graph(torch))
    loss = graph(tapegrad)
    found: list[tuple[str, list[Any]]] = []
    walk(
        [(edge_of(loss), np.ones_like(loss._data))],
        lambda node, grad, _: found.append((node.name(), grad if isinstance(grad, list) else [grad])),
    )
    described = [node["name"] for node in tapegrad.explain(loss).json()["nodes"] if node["kind"] == "operation"]
    assert [name for name, _ in found] == [name for name, _ in expected]
    assert described == [name.removeprefix("torch::autograd::") for name, _ in expected]
    for (name, ours), (_, theirs) in zip(found, expected, strict=True):
        for a, b in zip(ours, theirs, strict=False):
            if a is not None and b is not None:
                np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6, err_msg=name)
