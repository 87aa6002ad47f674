"""The work in torch's words, for torch and tapegrad alike, as it is written and compiled.

Each function takes a `Way` and the data of `work.py`, and gives a step: a function without arguments that does the work
once and returns what it made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace as Data
from typing import Any

Step = Callable[[], tuple[Any, ...]]


def as_written(function: Any) -> Any:
    """No compiler."""
    return function


@dataclass(frozen=True)
class Way:
    """A library with torch's names, and what is compiled.

    Attributes:
        torch: the library.
        forward: applied to the function of which gradients are taken.
        step: applied to the whole step: forward, backward and update.
    """

    torch: Any
    forward: Callable[[Any], Any] = as_written
    step: Callable[[Any], Any] = as_written


def x2ex(way: Way, data: Data) -> Step:
    """x²·eˣ and its gradient."""
    torch = way.torch
    x, ones = torch.tensor(data.x, requires_grad=True), torch.tensor(data.ones)
    f = way.forward(lambda x: x**2 * torch.exp(x))

    def step() -> tuple[Any, ...]:
        x.grad = None
        y = f(x)
        y.backward(ones)
        return y, x.grad

    return way.step(step)


def thermometer(way: Way, data: Data) -> Step:
    """One epoch of the thermometer fit: forward, backward, update."""
    torch = way.torch
    unknown, celsius = torch.tensor(data.unknown), torch.tensor(data.celsius)
    line = torch.tensor(data.line, requires_grad=True)

    def loss_of(line: Any) -> Any:
        slope, offset = line
        return ((slope * unknown + offset - celsius) ** 2).mean()

    loss_of = way.forward(loss_of)

    def epoch() -> tuple[Any, ...]:
        line.grad = None
        loss = loss_of(line)
        loss.backward()
        with torch.no_grad():
            line.sub_(0.01 * line.grad)
        return loss, line

    return way.step(epoch)


def chain(way: Way, data: Data) -> Step:
    """A chain of operations on one number, forward and backward."""
    torch = way.torch
    x = torch.tensor(data.x, requires_grad=True)

    def f(x: Any) -> Any:
        y = x
        for _ in range(data.length // 2):
            y = y * 1.0001 + 0.001
        return y

    f = way.forward(f)

    def step() -> tuple[Any, ...]:
        x.grad = None
        y = f(x)
        y.backward()
        return y, x.grad

    return way.step(step)


def product(way: Way, data: Data) -> Step:
    """A product of matrices, and both gradients."""
    torch = way.torch
    a, b = torch.tensor(data.a, requires_grad=True), torch.tensor(data.b, requires_grad=True)
    f = way.forward(lambda a, b: (a @ b).sum())

    def step() -> tuple[Any, ...]:
        a.grad = b.grad = None
        y = f(a, b)
        y.backward()
        return y, a.grad, b.grad

    return way.step(step)


# -- models ------------------------------------------------------------------------------------------------------------


def set_parameters(torch: Any, model: Any, arrays: list[Any]) -> None:
    """Give a model the numbers that all libraries begin with."""
    with torch.no_grad():
        for p, array in zip(model.parameters(), arrays, strict=True):
            p.copy_(torch.tensor(array))


def gradients(way: Way, model: Any, loss_of: Any, *inputs: Any) -> Step:
    """A step that computes a loss and the gradients of a model's parameters."""
    parameters = list(model.parameters())
    loss_of = way.forward(loss_of)

    def step() -> tuple[Any, ...]:
        model.zero_grad()
        loss = loss_of(*inputs)
        loss.backward()
        return (loss, *[p.grad for p in parameters])

    return way.step(step)


def training(way: Way, model: Any, optimizer: Any, loss_of: Any, *inputs: Any) -> Step:
    """A step that also updates the parameters."""
    parameters = list(model.parameters())
    loss_of = way.forward(loss_of)

    def step() -> tuple[Any, ...]:
        optimizer.zero_grad()
        loss = loss_of(*inputs)
        loss.backward()
        optimizer.step()
        return (loss, *parameters)

    return way.step(step)


def mlp(torch: Any, parameters: list[Any], activation: str) -> Any:
    """A multi-layer perceptron with the given weights and biases."""
    layers: list[Any] = []
    for weight in parameters[::2]:
        layers += [torch.nn.Linear(weight.shape[1], weight.shape[0]), getattr(torch.nn, activation)()]
    model = torch.nn.Sequential(*layers[:-1])
    set_parameters(torch, model, parameters)
    return model


def tanh_mlp(way: Way, data: Data) -> Step:
    """A small regression: forward, backward and a step of SGD."""
    torch = way.torch
    model = mlp(torch, data.parameters, "Tanh")
    loss_of = lambda x, y: torch.nn.functional.mse_loss(model(x), y)
    optimizer = torch.optim.SGD(model.parameters(), lr=data.rate)
    return training(way, model, optimizer, loss_of, torch.tensor(data.x), torch.tensor(data.y))


def classifier(way: Way, data: Data, optimizer: str) -> Step:
    """A classification: forward, backward and a step of the optimizer."""
    torch = way.torch
    model = mlp(torch, data.parameters, "ReLU")
    loss_of = lambda x, y: torch.nn.functional.cross_entropy(model(x), y)
    steps = getattr(torch.optim, optimizer)(model.parameters(), lr=data.rate)
    return training(way, model, steps, loss_of, torch.tensor(data.x), torch.tensor(data.y))


def classifier_sgd(way: Way, data: Data) -> Step:
    """With SGD."""
    return classifier(way, data, "SGD")


def classifier_adam(way: Way, data: Data) -> Step:
    """With Adam."""
    return classifier(way, data, "Adam")


def wide_mlp(way: Way, data: Data) -> Step:
    """Three wide layers, forward and backward."""
    torch = way.torch
    model = mlp(torch, data.parameters, "ReLU")
    return gradients(way, model, lambda x: model(x).square().mean(), torch.tensor(data.x))


def cnn(way: Way, data: Data) -> Step:
    """A small convolutional network, forward and backward."""
    torch = way.torch
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 49, 10),
    )  # fmt: skip
    set_parameters(torch, model, data.parameters)
    loss_of = lambda x, y: nn.functional.cross_entropy(model(x), y)
    return gradients(way, model, loss_of, torch.tensor(data.x), torch.tensor(data.y))


def transformer(way: Way, data: Data) -> Step:
    """A transformer's layer, forward and backward."""
    torch = way.torch
    model = torch.nn.TransformerEncoderLayer(128, 4, dim_feedforward=512, dropout=0.0, batch_first=True)
    set_parameters(torch, model, data.parameters)
    target = torch.tensor(data.y)
    return gradients(way, model, lambda x: (model(x) * target).sum(), torch.tensor(data.x))


def recurrent(way: Way, data: Data) -> Step:
    """A recurrent layer, forward and backward."""
    torch = way.torch
    model = torch.nn.RNN(16, 32)
    set_parameters(torch, model, data.parameters)
    return gradients(way, model, lambda x: model(x)[0].sum(), torch.tensor(data.x))


def norm_softmax(way: Way, data: Data) -> Step:
    """Layer norm, then softmax, forward and backward."""
    torch = way.torch
    norm = torch.nn.LayerNorm(data.x.shape[1])
    x, c = torch.tensor(data.x, requires_grad=True), torch.tensor(data.c)
    loss_of = way.forward(lambda x: (torch.softmax(norm(x), dim=-1) * c).sum())

    def step() -> tuple[Any, ...]:
        x.grad = None
        norm.zero_grad()
        loss = loss_of(x)
        loss.backward()
        return loss, x.grad, norm.weight.grad, norm.bias.grad

    return way.step(step)


# -- derivatives of functions ------------------------------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    """Rosenbrock's function."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def function_of(way: Way, function: Step) -> Step:
    """A step that is nothing but a function, so that both kinds of compiling get the same."""
    return way.step(way.forward(function))


def functional_hessian(way: Way, data: Data) -> Step:
    """A Hessian by autograd.functional."""
    x, hessian = way.torch.tensor(data.x), way.torch.autograd.functional.hessian
    return function_of(way, lambda: (hessian(rosenbrock, x),))


def func_hessian(way: Way, data: Data) -> Step:
    """A Hessian by func."""
    x, hessian = way.torch.tensor(data.x), way.torch.func.hessian(rosenbrock)
    return function_of(way, lambda: (hessian(x),))


def per_sample(way: Way, data: Data) -> Step:
    """Gradients for each sample of an MLP, by vmap(grad(f))."""
    torch = way.torch
    functional = torch.nn.functional
    parameters = tuple(torch.tensor(array) for array in data.parameters)
    x, y = torch.tensor(data.x), torch.tensor(data.y)

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        for i, (w, b) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
            x = functional.linear(torch.tanh(x) if i else x, w, b)
        return functional.cross_entropy(x[None], y[None])

    of_each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))
    return function_of(way, lambda: tuple(of_each(parameters, x, y)))
