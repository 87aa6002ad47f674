"""What is timed beyond small work: larger arrays, and the layers that real models are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Workload = Callable[[Any], Callable[[], object]]


def x2ex_of(size: int) -> Workload:
    """x²·eˣ of so many floats, forward and backward."""

    def prepare(torch: Any) -> Callable[[], object]:
        torch.manual_seed(0)
        x, ones = torch.rand(size, requires_grad=True), torch.ones(size)

        def step() -> None:
            x.grad = None
            (x**2 * torch.exp(x)).backward(ones)

        return step

    return prepare


def forward_and_backward(torch: Any, model: Any, x: Any) -> Callable[[], object]:
    """A model's gradients for the sum of what it makes of x."""

    def step() -> None:
        model.zero_grad()
        model(x).sum().backward()

    return step


def wide_mlp(torch: Any) -> Callable[[], object]:
    """Three layers of 1024, batch of 256, forward and backward."""
    torch.manual_seed(0)
    layers = [layer for _ in range(3) for layer in (torch.nn.Linear(1024, 1024), torch.nn.ReLU())]
    return forward_and_backward(torch, torch.nn.Sequential(*layers), torch.randn(256, 1024))


def cnn(torch: Any) -> Callable[[], object]:
    """A small convolutional network on 32 pictures of 28×28, forward and backward."""
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 49, 10),
    )  # fmt: skip
    return forward_and_backward(torch, model, torch.randn(32, 1, 28, 28))


def transformer_layer(torch: Any) -> Callable[[], object]:
    """A transformer's layer, width 128, 4 heads, on 8 × 64 tokens, forward and backward."""
    torch.manual_seed(0)
    model = torch.nn.TransformerEncoderLayer(128, 4, dim_feedforward=512, dropout=0.0, batch_first=True)
    return forward_and_backward(torch, model, torch.randn(8, 64, 128))


def norm_and_softmax(torch: Any) -> Callable[[], object]:
    """Layer norm, then softmax, of 4096 × 1024, forward and backward."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.LayerNorm(1024), torch.nn.Softmax(dim=-1))
    x = torch.randn(4096, 1024, requires_grad=True)

    def step() -> None:
        x.grad = None
        model.zero_grad()
        (model(x) * x).sum().backward()

    return step


def product(torch: Any) -> Callable[[], object]:
    """A product of 512 × 512 matrices, forward and backward."""
    torch.manual_seed(0)
    a, b = torch.randn(512, 512, requires_grad=True), torch.randn(512, 512, requires_grad=True)

    def step() -> None:
        a.grad = b.grad = None
        (a @ b).sum().backward()

    return step


LARGER: list[tuple[str, Workload, float | None]] = [
    ("x²·eˣ forward and backward, 1,000 floats", x2ex_of(1000), 0.4),
    ("x²·eˣ forward and backward, 100,000 floats", x2ex_of(100_000), 0.7),
    ("x²·eˣ forward and backward, 4 million floats", x2ex_of(4_000_000), 0.6),
    ("product of 512 × 512 matrices, forward and backward", product, None),
    ("MLP of three layers of 1024, batch 256, forward and backward", wide_mlp, 1.0),
    ("CNN on 28×28, batch 32, forward and backward", cnn, 1.3),
    ("transformer layer 128, 8 × 64 tokens, forward and backward", transformer_layer, 1.1),
    ("layer norm and softmax, 4096 × 1024, forward and backward", norm_and_softmax, 1.0),
]
