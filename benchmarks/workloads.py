"""What is timed: each function takes a library and gives a function without arguments to call."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

Workload = Callable[[Any], Callable[[], object]]


def forward_recording(name: str) -> Workload:
    """One operation on 4 floats, one of which requires a gradient."""

    def prepare(torch: Any) -> Callable[[], object]:
        x = torch.tensor([0.5, 1.0, 1.5, 2.0], requires_grad=True)
        y = torch.tensor([1.0, 2.0, 3.0, 4.0])
        calls: dict[str, Callable[[], object]] = {
            "add": lambda: x + y,
            "mul": lambda: x * y,
            "div": lambda: x / y,
            "number": lambda: x * 3.0,
            "pow": lambda: x**2,
            "exp": lambda: x.exp(),
            "tanh": lambda: torch.tanh(x),
            "sum": lambda: x.sum(),
            "mean": lambda: x.mean(),
            "matmul": lambda: x @ y,
            "reshape": lambda: x.reshape(2, 2),
            "index": lambda: x[3],
        }
        return calls[name]

    return prepare


def without_recording(torch: Any) -> Callable[[], object]:
    """One product of 4 floats, nothing to record."""
    x, y = torch.tensor([0.5, 1.0, 1.5, 2.0]), torch.tensor([1.0, 2.0, 3.0, 4.0])
    return lambda: x * y


def x2ex(torch: Any) -> Callable[[], object]:
    """x²·eˣ on 4 floats, forward and backward."""
    x = torch.tensor([0.5, 1.0, 1.5, 2.0], requires_grad=True)
    ones = torch.ones(4)

    def step() -> None:
        x.grad = None
        y = x**2 * torch.exp(x)
        y.backward(ones)

    return step


def thermometer(torch: Any) -> Callable[[], object]:
    """One epoch of the thermometer fit: forward, backward, update."""
    celsius = torch.tensor([0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0])
    unknown = 0.1 * torch.tensor([35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4])
    params = torch.tensor([1.0, 0.0], requires_grad=True)

    def epoch() -> None:
        if params.grad is not None:
            params.grad.zero_()
        w, b = params
        loss = ((w * unknown + b - celsius) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            params.sub_(1e-2 * params.grad)

    return epoch


def mlp(torch: Any) -> Callable[[], object]:
    """A tanh MLP 2-16-16-1 on a batch of 32, forward and backward."""
    torch.manual_seed(0)
    x, y = torch.randn(32, 2), torch.randn(32, 1)
    sizes = (2, 16, 16, 1)
    weights = [torch.randn(a, b, requires_grad=True) for a, b in itertools.pairwise(sizes)]
    biases = [torch.zeros(b, requires_grad=True) for b in sizes[1:]]

    def step() -> None:
        for p in (*weights, *biases):
            p.grad = None
        h = x
        for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
            h = h @ w + b
            if i < 2:
                h = torch.tanh(h)
        loss = ((h - y) ** 2).mean()
        loss.backward()

    return step


def chain(torch: Any) -> Callable[[], object]:
    """1,000 scalar operations in a chain, forward and backward."""
    x = torch.tensor(1.0, requires_grad=True)

    def step() -> None:
        y = x
        for _ in range(500):
            y = y * 1.001 + 0.1
        y.backward()

    return step


# -- derivatives of functions ------------------------------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def functional_hessian(torch: Any) -> Callable[[], object]:
    """The Hessian of Rosenbrock's function of 30 variables, by autograd.functional."""
    x = torch.linspace(-1, 1, 30)
    return lambda: torch.autograd.functional.hessian(rosenbrock, x)


def func_hessian(torch: Any) -> Callable[[], object]:
    """The same by torch.func."""
    x = torch.linspace(-1, 1, 30)
    return lambda: torch.func.hessian(rosenbrock)(x)


def per_sample(inputs: int, hidden: int, batch: int) -> Workload:
    """Gradients for each sample of an MLP with ten classes, by vmap(grad(f))."""

    def prepare(torch: Any) -> Callable[[], object]:
        torch.manual_seed(0)
        linear, cross_entropy = torch.nn.functional.linear, torch.nn.functional.cross_entropy
        p = {"a": torch.randn(hidden, inputs) / inputs**0.5, "b": torch.zeros(hidden),
             "c": torch.randn(10, hidden) / hidden**0.5, "d": torch.zeros(10)}  # fmt: skip
        x, y = torch.randn(batch, inputs), torch.randint(0, 10, (batch,))

        def loss(p: Any, x: Any, y: Any) -> Any:
            h = torch.tanh(linear(x, p["a"], p["b"]))
            return cross_entropy(linear(h, p["c"], p["d"])[None], y[None])

        gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))
        return lambda: gradients(p, x, y)

    return prepare


# -- training steps ----------------------------------------------------------------------------------------------------


def training_step(sizes: tuple[int, ...], batch: int, optimizer: str, activation: str) -> Workload:
    """Forward, backward and the optimizer's step of an MLP with modules."""

    def prepare(torch: Any) -> Callable[[], object]:
        torch.manual_seed(0)
        layers: list[Any] = []
        for a, b in itertools.pairwise(sizes):
            layers += [torch.nn.Linear(a, b), getattr(torch.nn, activation)()]
        model = torch.nn.Sequential(*layers[:-1])
        steps = getattr(torch.optim, optimizer)(model.parameters(), lr=1e-3)
        x, y = torch.randn(batch, sizes[0]), torch.randint(0, sizes[-1], (batch,))
        loss_of = torch.nn.CrossEntropyLoss()

        def step() -> None:
            steps.zero_grad()
            loss_of(model(x), y).backward()
            steps.step()

        return step

    return prepare


def recurrent(torch: Any) -> Callable[[], object]:
    """An RNN of 50 steps, hidden 32, batch 8, forward and backward."""
    torch.manual_seed(0)
    model = torch.nn.RNN(16, 32)
    x = torch.randn(50, 8, 16)

    def step() -> None:
        model.zero_grad()
        model(x)[0].sum().backward()

    return step


# (row, workload, the ratio that is asked for)
WORKLOADS: list[tuple[str, Workload, float | None]] = [
    *[
        (f"forward, recorded, 4 floats: {name}", forward_recording(name), 0.7 if name == "index" else 0.8)
        for name in "add mul div number pow exp tanh sum mean matmul reshape index".split()
    ],
    ("forward, not recorded, 4 floats: mul", without_recording, None),
    ("x²·eˣ forward and backward, 4 floats", x2ex, 0.5),
    ("one thermometer epoch", thermometer, 0.65),
    ("tanh MLP 2-16-16-1, batch 32, forward and backward", mlp, 0.5),
    ("chain of 1,000 scalar operations, forward and backward", chain, None),
    ("Hessian of Rosenbrock, 30 variables, autograd.functional", functional_hessian, 0.4),
    ("the same, torch.func", func_hessian, 0.4),
    ("per-sample gradients, MLP 32-64-10, batch 64", per_sample(32, 64, 64), 0.7),
    ("per-sample gradients, MLP 64-128-10, batch 32", per_sample(64, 128, 32), 0.7),
    ("training step, MLP 64-128-10, batch 128, Adam", training_step((64, 128, 10), 128, "Adam", "ReLU"), None),
    ("training step, MLP 784-256-10, batch 64, SGD", training_step((784, 256, 10), 64, "SGD", "ReLU"), None),
    ("RNN of 50 steps, hidden 32, batch 8, forward and backward", recurrent, None),
]
