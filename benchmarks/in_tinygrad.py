"""The work in tinygrad, captured by TinyJit, where there is clang, with which it compiles."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from types import SimpleNamespace as Data
from typing import Any

if shutil.which(os.environ.get("CC", "clang")) is None:
    raise ImportError("tinygrad needs clang")
os.environ["DEV"] = "CPU"
from tinygrad import Context, Device, Tensor, TinyJit, nn

Step = Callable[[], tuple[Any, ...]]


def compiled(function: Any) -> Step:
    """A step that computes now, and not when somebody looks."""

    def realized() -> tuple[Any, ...]:
        results = function()
        Tensor.realize(*results)
        return tuple(results)

    jitted = TinyJit(realized)

    def step() -> tuple[Any, ...]:
        results = jitted()
        Device[Device.DEFAULT].synchronize()
        return results

    return step


def tensors(arrays: Any) -> list[Any]:
    """NumPy arrays, put where tinygrad computes."""
    return [Tensor(array).realize() for array in arrays]


def with_gradients(loss_of: Any, parameters: Any) -> Step:
    """A step that computes a loss and the gradients of the parameters."""
    p = tensors(parameters)

    def both() -> tuple[Any, ...]:
        loss = loss_of(p)
        return (loss, *loss.gradient(*p))

    return compiled(both)


def x2ex(data: Data) -> Step:
    """x²·eˣ and its gradient."""
    x, ones = tensors((data.x, data.ones))

    def both() -> tuple[Any, ...]:
        y = x**2 * x.exp()
        return (y, *y.gradient(x, gradient=ones))

    return compiled(both)


def thermometer(data: Data) -> Step:
    """One epoch of the thermometer fit."""
    line, unknown, celsius = tensors((data.line, data.unknown, data.celsius))

    def epoch() -> tuple[Any, ...]:
        loss = ((line[0] * unknown + line[1] - celsius) ** 2).mean()
        (gradient,) = loss.gradient(line)
        return loss, line.assign(line - 0.01 * gradient)

    return compiled(epoch)


def layers(parameters: Any, x: Any, activation: Any) -> Any:
    """A multi-layer perceptron."""
    for i in range(0, len(parameters), 2):
        x = x.linear(parameters[i].T, parameters[i + 1])
        if i < len(parameters) - 2:
            x = activation(x)
    return x


def training(loss_of: Any, optimizer: Any, data: Data) -> Step:
    """Training with one of tinygrad's optimizers."""
    p = tensors(data.parameters)
    steps = optimizer(p, lr=data.rate)

    def step() -> tuple[Any, ...]:
        with Context(TRAINING=1):
            steps.zero_grad()
            loss = loss_of(p).backward()
            loss.realize(*steps.schedule_step())  # at once: afterwards, it would be that of the new parameters
        return (loss, *p)

    return compiled(step)


def tanh_mlp(data: Data) -> Step:
    """A small regression with SGD."""
    x, y = tensors((data.x, data.y))
    return training(lambda p: ((layers(p, x, Tensor.tanh) - y) ** 2).mean(), nn.optim.SGD, data)


def classifier(data: Data, optimizer: Any) -> Step:
    """A classification."""
    x, y = tensors((data.x, data.y))
    return training(lambda p: layers(p, x, Tensor.relu).sparse_categorical_crossentropy(y), optimizer, data)


def classifier_sgd(data: Data) -> Step:
    """With SGD."""
    return classifier(data, nn.optim.SGD)


def classifier_adam(data: Data) -> Step:
    """With Adam."""
    return classifier(data, nn.optim.Adam)


def product(data: Data) -> Step:
    """A product of matrices, and both gradients."""
    return with_gradients(lambda p: (p[0] @ p[1]).sum(), (data.a, data.b))


def norm_softmax(data: Data) -> Step:
    """Layer norm, then softmax, forward and backward."""
    (c,) = tensors((data.c,))
    columns = data.x.shape[1]
    one, zero = Tensor.ones(columns).contiguous().realize(), Tensor.zeros(columns).contiguous().realize()
    loss_of = lambda p: ((p[0].layernorm() * p[1] + p[2]).softmax() * c).sum()
    return with_gradients(loss_of, (data.x, one.numpy(), zero.numpy()))
