"""The work by hand: forward and backward written out in NumPy, as the floor for everything that computes with it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace as Data
from typing import Any

import numpy as np

Step = Callable[[], tuple[Any, ...]]


def x2ex(data: Data) -> Step:
    """x²·eˣ and its gradient."""
    x, ones = data.x, data.ones

    def step() -> tuple[Any, ...]:
        e = np.exp(x)
        y = x * x * e
        return y, ones * (y + 2 * x * e)

    return step


def thermometer(data: Data) -> Step:
    """One epoch of the thermometer fit."""
    line = data.line.copy()

    def epoch() -> tuple[Any, ...]:
        error = line[0] * data.unknown + line[1] - data.celsius
        slope = error * (2 / len(error))
        gradient = np.array([slope @ data.unknown, slope.sum()])
        np.subtract(line, np.float32(0.01) * gradient, out=line)
        return (error * error).mean(), line

    return epoch


def chain(data: Data) -> Step:
    """A chain of operations on one number, forward and backward."""
    a, b, one = np.float32(1.0001), np.float32(0.001), np.float32(1)

    def step() -> tuple[Any, ...]:
        y, gradient = data.x, one
        for _ in range(data.length // 2):
            y = y * a + b
        for _ in range(data.length // 2):
            gradient = gradient * a
        return y, gradient

    return step


def product(data: Data) -> Step:
    """A product of matrices, and both gradients."""
    a, b = data.a, data.b

    def step() -> tuple[Any, ...]:
        y = a @ b
        ones = np.ones_like(y)
        return y.sum(), ones @ b.T, a.T @ ones

    return step


# -- models ------------------------------------------------------------------------------------------------------------


def through_layers(parameters: list[Any], inputs: list[Any], g: Any, slope: Callable[[Any], Any]) -> list[Any]:
    """Gradients of an MLP's parameters.

    Args:
        inputs: what went into each layer.
        g: the gradient of the last layer's outputs.
        slope: the derivative of the activation, from its value.
    """
    found: list[Any] = []
    for i in reversed(range(len(inputs))):
        found = [g.T @ inputs[i], g.sum(0), *found]
        if i:
            g = g @ parameters[2 * i]
            g *= slope(inputs[i])
    return found


def layers(parameters: list[Any], x: Any, activation: Callable[[Any], Any]) -> tuple[list[Any], Any]:
    """What goes into each layer of an MLP, and what comes out of the last."""
    inputs = []
    for i in range(0, len(parameters), 2):
        inputs.append(x)
        x = x @ parameters[i].T
        x += parameters[i + 1]
        if i < len(parameters) - 2:
            x = activation(x)
    return inputs, x


def squares(parameters: list[Any], x: Any, y: Any) -> tuple[Any, list[Any]]:
    """Mean squared error of a tanh MLP, and gradients."""
    inputs, out = layers(parameters, x, np.tanh)
    error = out - y
    return (error * error).mean(), through_layers(parameters, inputs, error * (2 / error.size), lambda h: 1 - h * h)


def cross_entropy(parameters: list[Any], x: Any, y: Any) -> tuple[Any, list[Any]]:
    """Cross entropy of a ReLU MLP, and gradients."""
    inputs, out = layers(parameters, x, lambda h: np.maximum(h, 0))
    out -= out.max(1, keepdims=True)
    e = np.exp(out)
    sums = e.sum(1, keepdims=True)
    rows = np.arange(len(y))
    loss = (np.log(sums)[:, 0] - out[rows, y]).mean()
    e /= sums
    e[rows, y] -= 1
    e /= len(y)
    return loss, through_layers(parameters, inputs, e, lambda h: h > 0)


def sgd(loss_of: Any, data: Data) -> Step:
    """Training with stochastic gradient descent."""
    parameters, rate = [p.copy() for p in data.parameters], np.float32(data.rate)

    def step() -> tuple[Any, ...]:
        loss, gradients = loss_of(parameters, data.x, data.y)
        for p, g in zip(parameters, gradients, strict=True):
            p -= rate * g
        return (loss, *parameters)

    return step


def adam(loss_of: Any, data: Data) -> Step:
    """Training with Adam."""
    parameters = [p.copy() for p in data.parameters]
    means, squares = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters]
    a, b, epsilon, n = 0.9, 0.999, 1e-8, 0

    def step() -> tuple[Any, ...]:
        nonlocal n
        n += 1
        loss, gradients = loss_of(parameters, data.x, data.y)
        rate, scale = data.rate / (1 - a**n), (1 - b**n) ** 0.5
        for p, g, m, s in zip(parameters, gradients, means, squares, strict=True):
            m += (1 - a) * (g - m)
            s += (1 - b) * (g * g - s)
            p -= rate * m / (np.sqrt(s) / scale + epsilon)
        return (loss, *parameters)

    return step


def tanh_mlp(data: Data) -> Step:
    """A small regression with SGD."""
    return sgd(squares, data)


def classifier_sgd(data: Data) -> Step:
    """A classification with SGD."""
    return sgd(cross_entropy, data)


def classifier_adam(data: Data) -> Step:
    """A classification with Adam."""
    return adam(cross_entropy, data)


def wide_mlp(data: Data) -> Step:
    """Three wide layers, forward and backward."""

    def step() -> tuple[Any, ...]:
        inputs, out = layers(data.parameters, data.x, lambda h: np.maximum(h, 0))
        gradients = through_layers(data.parameters, inputs, out * (2 / out.size), lambda h: h > 0)
        return ((out * out).mean(), *gradients)

    return step


def recurrent(data: Data) -> Step:
    """A recurrent layer, forward and backward."""
    inward, onward, bias, bias2 = data.parameters
    x = data.x

    def step() -> tuple[Any, ...]:
        states = np.zeros((len(x) + 1, x.shape[1], len(onward)), "float32")
        given = x @ inward.T + (bias + bias2)
        for t in range(len(x)):
            np.tanh(given[t] + states[t] @ onward.T, out=states[t + 1])
        slopes = 1 - states[1:] ** 2
        g = slopes[-1]
        gradients = np.empty_like(slopes)
        gradients[-1] = g
        for t in range(len(x) - 2, -1, -1):
            g = (g @ onward + 1) * slopes[t]
            gradients[t] = g
        flat = gradients.reshape(-1, len(onward))
        of_inward, of_onward = flat.T @ x.reshape(-1, x.shape[2]), flat.T @ states[:-1].reshape(flat.shape)
        of_bias = flat.sum(0)
        return states[1:].sum(), of_inward, of_onward, of_bias, of_bias

    return step


def norm_softmax(data: Data) -> Step:
    """Layer norm, then softmax, forward and backward."""
    x, c = data.x, data.c
    weight, bias = np.ones(x.shape[1], "float32"), np.zeros(x.shape[1], "float32")

    def step() -> tuple[Any, ...]:
        centred = x - x.mean(1, keepdims=True)
        scale = 1 / np.sqrt(np.square(centred).mean(1, keepdims=True) + 1e-5)
        normed = centred * scale
        e = normed * weight + bias
        e -= e.max(1, keepdims=True)
        np.exp(e, out=e)
        e /= e.sum(1, keepdims=True)
        g = e * c
        sums = g.sum(1, keepdims=True)
        loss = sums.sum()
        g -= e * sums
        of_weight, of_bias = np.einsum("ij,ij->j", g, normed), g.sum(0)
        g *= weight
        along = np.einsum("ij,ij->i", g, normed)[:, None] / x.shape[1]
        g -= g.mean(1, keepdims=True)
        g -= normed * along
        g *= scale
        return loss, g, of_weight, of_bias

    return step
