"""The work in JAX: pure functions, compiled whole by `jit`; a step waits until its results are there."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace as Data
from typing import Any

import jax
import jax.numpy as jnp

Step = Callable[[], tuple[Any, ...]]


def arrays(x: Any) -> Any:
    """NumPy arrays, put where JAX computes."""
    return jax.tree.map(jnp.asarray, x)


def pure(function: Any, *inputs: Any) -> Step:
    """A step that computes the same each time."""
    compiled, inputs = jax.jit(function), arrays(inputs)
    return lambda: jax.block_until_ready(compiled(*inputs))


def training(update: Any, state: Any, *inputs: Any) -> Step:
    """A step that makes a new state, of which the parameters come first, from the one before."""
    compiled, state, inputs = jax.jit(update, donate_argnums=0), arrays(state), arrays(inputs)

    def step() -> tuple[Any, ...]:
        nonlocal state
        loss, state = jax.block_until_ready(compiled(state, *inputs))
        return (loss, *state[0])

    return step


def with_gradients(loss_of: Any, parameters: Any, *inputs: Any) -> Step:
    """A step that computes a loss and the gradients of the parameters."""

    def both(parameters: Any, *inputs: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(parameters, *inputs)
        return (loss, *jax.tree.leaves(gradients))

    return pure(both, parameters, *inputs)


def x2ex(data: Data) -> Step:
    """x²·eˣ and its gradient."""

    def both(x: Any, ones: Any) -> Any:
        y, back = jax.vjp(lambda x: x**2 * jnp.exp(x), x)
        return y, *back(ones)

    return pure(both, data.x, data.ones)


def thermometer(data: Data) -> Step:
    """One epoch of the thermometer fit."""

    def loss_of(line: Any, unknown: Any, celsius: Any) -> Any:
        return ((line[0] * unknown + line[1] - celsius) ** 2).mean()

    def update(state: Any, *inputs: Any) -> Any:
        loss, gradient = jax.value_and_grad(loss_of)(state[0][0], *inputs)
        return loss, ((state[0][0] - 0.01 * gradient,),)

    return training(update, ((data.line,),), data.unknown, data.celsius)


def product(data: Data) -> Step:
    """A product of matrices, and both gradients."""
    return with_gradients(lambda p: (p[0] @ p[1]).sum(), (data.a, data.b))


# -- models ------------------------------------------------------------------------------------------------------------


def layers(parameters: Any, x: Any, activation: Any) -> Any:
    """A multi-layer perceptron."""
    for i in range(0, len(parameters), 2):
        x = x @ parameters[i].T + parameters[i + 1]
        if i < len(parameters) - 2:
            x = activation(x)
    return x


def cross_entropy(logits: Any, labels: Any) -> Any:
    """The mean of -log p(label)."""
    logs = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(logs, labels[:, None], 1).mean()


def sgd(loss_of: Any, data: Data) -> Step:
    """Training with stochastic gradient descent."""

    def update(state: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(state[0], x, y)
        return loss, ([p - data.rate * g for p, g in zip(state[0], gradients, strict=True)],)

    return training(update, (data.parameters,), data.x, data.y)


def adam(loss_of: Any, data: Data) -> Step:
    """Training with Adam."""
    a, b, epsilon = 0.9, 0.999, 1e-8

    def update(state: Any, x: Any, y: Any) -> Any:
        parameters, means, squares, n = state
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, y)
        means = [a * m + (1 - a) * g for m, g in zip(means, gradients, strict=True)]
        squares = [b * s + (1 - b) * g * g for s, g in zip(squares, gradients, strict=True)]
        rate, scale = data.rate / (1 - a**n), jnp.sqrt(1 - b**n)
        moved = zip(parameters, means, squares, strict=True)
        parameters = [p - rate * m / (jnp.sqrt(s) / scale + epsilon) for p, m, s in moved]
        return loss, (parameters, means, squares, n + 1)

    zeros = [0 * p for p in data.parameters]
    return training(update, (data.parameters, zeros, zeros, 1.0), data.x, data.y)


def tanh_mlp(data: Data) -> Step:
    """A small regression with SGD."""
    return sgd(lambda p, x, y: ((layers(p, x, jnp.tanh) - y) ** 2).mean(), data)


def classifier_sgd(data: Data) -> Step:
    """A classification with SGD."""
    return sgd(lambda p, x, y: cross_entropy(layers(p, x, jax.nn.relu), y), data)


def classifier_adam(data: Data) -> Step:
    """A classification with Adam."""
    return adam(lambda p, x, y: cross_entropy(layers(p, x, jax.nn.relu), y), data)


def wide_mlp(data: Data) -> Step:
    """Three wide layers, forward and backward."""
    return with_gradients(lambda p, x: (layers(p, x, jax.nn.relu) ** 2).mean(), data.parameters, data.x)


def cnn(data: Data) -> Step:
    """A small convolutional network, forward and backward."""

    def layer(x: Any, weight: Any, bias: Any) -> Any:
        x = jax.lax.conv_general_dilated(x, weight, (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"))
        x = jax.nn.relu(x + bias[:, None, None])
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def loss_of(p: Any, x: Any, y: Any) -> Any:
        x = layer(layer(x, p[0], p[1]), p[2], p[3])
        return cross_entropy(x.reshape(len(x), -1) @ p[4].T + p[5], y)

    return with_gradients(loss_of, data.parameters, data.x, data.y)


def normed(x: Any) -> Any:
    """Layer norm over the last dimension, without weight and bias."""
    x = x - x.mean(-1, keepdims=True)
    return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5)


def transformer(data: Data) -> Step:
    """A transformer's layer, forward and backward."""

    def loss_of(p: Any, x: Any, y: Any) -> Any:
        (batch, length, width), heads = x.shape, 4
        q, k, v = jnp.split(x @ p[0].T + p[1], 3, -1)
        q, k, v = (t.reshape(batch, length, heads, width // heads) for t in (q, k, v))
        attended = jax.nn.dot_product_attention(q, k, v).reshape(x.shape)
        x = normed(x + attended @ p[2].T + p[3]) * p[8] + p[9]
        x = normed(x + layers(p[4:8], x, jax.nn.relu)) * p[10] + p[11]
        return (x * y).sum()

    return with_gradients(loss_of, data.parameters, data.x, data.y)


def recurrent(data: Data) -> Step:
    """A recurrent layer, forward and backward."""

    def loss_of(p: Any, x: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            h = jnp.tanh(x + h @ p[1].T)
            return h, h

        _, outputs = jax.lax.scan(step, jnp.zeros((x.shape[1], 32)), x @ p[0].T + p[2] + p[3])
        return outputs.sum()

    return with_gradients(loss_of, data.parameters, data.x)


def norm_softmax(data: Data) -> Step:
    """Layer norm, then softmax, forward and backward."""
    one, zero = jnp.ones(data.x.shape[1]), jnp.zeros(data.x.shape[1])
    loss_of = lambda p, c: (jax.nn.softmax(normed(p[0]) * p[1] + p[2]) * c).sum()
    return with_gradients(loss_of, (data.x, one, zero), data.c)


# -- derivatives of functions ------------------------------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    """Rosenbrock's function."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def func_hessian(data: Data) -> Step:
    """A Hessian."""
    return pure(lambda x: (jax.hessian(rosenbrock)(x),), data.x)


functional_hessian = func_hessian


def per_sample(data: Data) -> Step:
    """Gradients for each sample of an MLP."""
    loss_of = lambda p, x, y: cross_entropy(layers(p, x, jnp.tanh)[None], y[None])
    of_each = jax.vmap(jax.grad(loss_of), in_axes=(None, 0, 0))
    return pure(lambda p, x, y: tuple(of_each(p, x, y)), tuple(data.parameters), data.x, data.y)
