"""Graphs of all sorts: for each a function that makes a loss, and the tensors that it depends on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tapegrad as torch
from tapegrad import nn
from tapegrad.utils.checkpoint import checkpoint


def leaf(*values: Any, dtype: Any = torch.float64) -> Any:
    return torch.tensor(values, dtype=dtype, requires_grad=True)


def thermometer() -> Any:
    w, b = leaf(1.5)[0], leaf(0.5)
    x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 4.0, 6.5])
    return ((w * x + b - y) ** 2).mean()


def mlp() -> Any:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2))
    return nn.functional.cross_entropy(net(torch.randn(6, 3)), torch.tensor([0, 1, 0, 1, 1, 0]))


def cnn() -> Any:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2))
    net = nn.Sequential(body, nn.Flatten(), nn.Linear(8, 3))
    return net(torch.randn(2, 1, 6, 6)).logsumexp(1).sum()


def recurrent(steps: int = 5) -> Any:
    torch.manual_seed(0)
    w, u = torch.randn(3, 3, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    h = torch.zeros(1, 3)
    for x in torch.randn(steps, 1, 2):
        h = torch.tanh(h @ w + x @ u)
    return h.sum()


def lstm_cells(steps: int = 3) -> Any:
    torch.manual_seed(0)
    cell, head = nn.LSTMCell(2, 3), nn.Linear(3, 1)
    h = c = torch.zeros(1, 3)
    for x in torch.randn(steps, 1, 2):
        h, c = cell(x, (h, c))
    return head(h).sum()


def views() -> Any:
    x = leaf([1.0, 2.0], [3.0, 4.0])
    return (x.T.reshape(-1)[1:] * x.view(4)[:3].flip(0)).sum() + x.diagonal().prod()


def in_place() -> Any:
    x = leaf(1.0, 2.0, 3.0)
    y = x * 2
    y[1:] *= x[:2]
    y.add_(1)
    y[0].exp_()
    return y.sum()


class Scaled(torch.autograd.Function):
    """Two results of two inputs, and a number."""

    @staticmethod
    def forward(ctx: Any, a: Any, k: float, b: Any) -> Any:
        ctx.save_for_backward(a, b)
        ctx.k = k
        return k * a * b, a + b

    @staticmethod
    def backward(ctx: Any, g: Any, h: Any) -> Any:
        a, b = ctx.saved_tensors
        return ctx.k * g * b + h, None, ctx.k * g * a + h


def custom_function() -> Any:
    product, total = Scaled.apply(leaf(1.0, 2.0), 3.0, leaf(4.0, 5.0))
    return (product * total).sum()


def several_results() -> Any:
    x = leaf([3.0, 1.0, 2.0], [0.5, 2.5, 1.5])
    values, _ = x.sort(dim=1)
    a, b = values.split([1, 2], dim=1)
    parts = x.unbind(1)
    return (a * b).sum() + (parts[0] * parts[2]).sum() + torch.std_mean(x, 0)[0].sum()


def complex_numbers() -> Any:
    z = leaf(1.0 + 2.0j, -0.5 + 0.3j, dtype=torch.complex128)
    w = leaf(0.2, 0.7)
    return ((z * w).exp() * z.conj()).abs().sum() + (z**2).real.sum()


def broadcasting() -> Any:
    return (leaf([1.0], [2.0]) * leaf(3.0, 4.0, 5.0) / leaf(2.0)).sum() * leaf(0.5)[0]


def joined_and_indexed() -> Any:
    x, y = leaf(1.0, 2.0, 3.0), leaf(4.0, 5.0)
    joined = torch.cat([x, y, x * 2])
    return joined[torch.tensor([0, 0, 4, 6])].softmax(0)[1] + torch.stack([y, y * y])[joined[3:5] > 4].sum()


def mixed_dtypes() -> Any:
    return (leaf(1.0, 2.0, dtype=torch.float32) * leaf(3.0, 4.0)).sum() + leaf(2.0, dtype=torch.float32).half().sum()


def checkpointed() -> Any:
    w = leaf(1.0, 2.0)
    return checkpoint(lambda a: (a * a).sin().exp(), w * 2, use_reentrant=False).sum()


def packed_away() -> Any:
    w = leaf(1.0, 2.0)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach().numpy().copy(), torch.tensor):
        return (w * w.exp()).sum()


GRAPHS: list[Callable[[], Any]] = [
    thermometer, mlp, cnn, recurrent, lstm_cells, views, in_place, custom_function, several_results, complex_numbers,
    broadcasting, joined_and_indexed, mixed_dtypes, checkpointed, packed_away,
]  # fmt: skip
