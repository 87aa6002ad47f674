"""The work in HIPS autograd: NumPy's words, with gradients from its tape."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace as Data
from typing import Any

import autograd.numpy as np
from autograd import hessian, make_vjp, value_and_grad
from in_torch import rosenbrock

Step = Callable[[], tuple[Any, ...]]


def with_gradients(loss_of: Any, parameters: Any, *inputs: Any) -> Step:
    """A step that computes a loss and the gradients of the parameters."""
    both = value_and_grad(loss_of)

    def step() -> tuple[Any, ...]:
        loss, gradients = both(parameters, *inputs)
        return (loss, *gradients)

    return step


def x2ex(data: Data) -> Step:
    """x²·eˣ and its gradient."""
    both = make_vjp(lambda x: x**2 * np.exp(x))

    def step() -> tuple[Any, ...]:
        back, y = both(data.x)
        return y, back(data.ones)

    return step


def thermometer(data: Data) -> Step:
    """One epoch of the thermometer fit."""
    line = data.line

    def loss_of(line: Any) -> Any:
        return np.mean((line[0] * data.unknown + line[1] - data.celsius) ** 2)

    both = value_and_grad(loss_of)

    def epoch() -> tuple[Any, ...]:
        nonlocal line
        loss, gradient = both(line)
        line = line - np.float32(0.01) * gradient
        return loss, line

    return epoch


def chain(data: Data) -> Step:
    """A chain of operations on one number, forward and backward."""

    def f(x: Any) -> Any:
        y = x
        for _ in range(data.length // 2):
            y = y * 1.0001 + 0.001
        return y

    both = value_and_grad(f)
    return lambda: both(data.x)


def product(data: Data) -> Step:
    """A product of matrices, and both gradients."""
    return with_gradients(lambda p: np.sum(p[0] @ p[1]), (data.a, data.b))


def layers(parameters: Any, x: Any, activation: Any) -> Any:
    """A multi-layer perceptron."""
    for i in range(0, len(parameters), 2):
        x = x @ parameters[i].T + parameters[i + 1]
        if i < len(parameters) - 2:
            x = activation(x)
    return x


def relu(x: Any) -> Any:
    """The positive part."""
    return np.maximum(x, np.float32(0))


def cross_entropy(logits: Any, labels: Any) -> Any:
    """The mean of -log p(label)."""
    logits = logits - np.max(logits, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(logits), axis=1)) - logits[np.arange(len(labels)), labels])


def sgd(loss_of: Any, data: Data) -> Step:
    """Training with stochastic gradient descent."""
    parameters, both = data.parameters, value_and_grad(loss_of)

    def step() -> tuple[Any, ...]:
        nonlocal parameters
        loss, gradients = both(parameters)
        parameters = [p - np.float32(data.rate) * g for p, g in zip(parameters, gradients, strict=True)]
        return (loss, *parameters)

    return step


def tanh_mlp(data: Data) -> Step:
    """A small regression with SGD."""
    return sgd(lambda p: np.mean((layers(p, data.x, np.tanh) - data.y) ** 2), data)


def classifier_sgd(data: Data) -> Step:
    """A classification with SGD."""
    return sgd(lambda p: cross_entropy(layers(p, data.x, relu), data.y), data)


def wide_mlp(data: Data) -> Step:
    """Three wide layers, forward and backward."""
    return with_gradients(lambda p: np.mean(layers(p, data.x, relu) ** 2), data.parameters)


def recurrent(data: Data) -> Step:
    """A recurrent layer, forward and backward."""

    def loss_of(p: Any) -> Any:
        h = np.zeros((data.x.shape[1], 32), "float32")
        total = 0.0
        for x in data.x @ p[0].T + p[2] + p[3]:
            h = np.tanh(x + h @ p[1].T)
            total = total + np.sum(h)
        return total

    return with_gradients(loss_of, data.parameters)


def norm_softmax(data: Data) -> Step:
    """Layer norm, then softmax, forward and backward."""

    def loss_of(p: Any) -> Any:
        x = p[0] - np.mean(p[0], axis=1, keepdims=True)
        x = x / np.sqrt(np.mean(x * x, axis=1, keepdims=True) + np.float32(1e-5)) * p[1] + p[2]
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        return np.sum(e / np.sum(e, axis=1, keepdims=True) * data.c)

    columns = data.x.shape[1]
    return with_gradients(loss_of, (data.x, np.ones(columns, "float32"), np.zeros(columns, "float32")))


def func_hessian(data: Data) -> Step:
    """A Hessian."""
    of = hessian(rosenbrock)
    return lambda: (of(data.x),)
