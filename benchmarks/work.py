"""What is measured: the rows, their data, and what is asked of them.

The data are NumPy arrays, the same for all libraries. How a library does the work is in `in_torch.py`, `in_jax.py` and
so on, in the function that a row names; a library that has none takes no part.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace as Data
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Work:
    """A row.

    Attributes:
        name: what the row is called.
        function: the function of `in_torch.py` and the like.
        data: makes the data.
        eager: what is asked of our time ÷ torch's, both eager.
        compiled: what is asked of our time, compiled, ÷ those of torch eager, torch.compile and JAX.
        whole: whether `tapegrad.compile` gets the whole step, and not only its forward function.
        moved: bytes that have to be read and written, where waiting for memory is what takes the time.
        without: forms that would take minutes, or do not give the result.
    """

    name: str
    function: str
    data: Callable[[], Data]
    eager: float | None = None
    compiled: tuple[float | None, float | None, float | None] | None = None
    whole: bool = True
    moved: int | None = None
    without: tuple[str, ...] = ()


def floats(*shape: int, seed: int = 0) -> Any:
    """Normal random numbers in float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def weights(*sizes: int) -> list[Any]:
    """Weights and biases of layers, each of them (out, in) and (out,)."""
    found = []
    for i, (a, b) in enumerate(itertools.pairwise(sizes)):
        found += [floats(b, a, seed=i) / np.float32(a**0.5), floats(b, seed=100 + i) * np.float32(0.1)]
    return found


def numbers(size: int) -> Data:
    """So many numbers between 0 and 1."""
    return Data(x=np.random.default_rng(0).random(size, dtype="float32"), ones=np.ones(size, "float32"))


def thermometer() -> Data:
    """Readings of a thermometer, and what it should have said."""
    unknown = np.array([35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4], "float32")
    celsius = np.array([0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0], "float32")
    return Data(unknown=unknown * np.float32(0.1), celsius=celsius, line=np.array([1.0, 0.0], "float32"))


def regression() -> Data:
    """A small MLP and points to fit."""
    return Data(parameters=weights(2, 16, 16, 1), x=floats(32, 2), y=floats(32, 1, seed=1), rate=0.01)


def classes(sizes: tuple[int, ...], batch: int, rate: float = 1e-3) -> Data:
    """An MLP, and points with their classes."""
    labels = np.random.default_rng(1).integers(0, sizes[-1], batch)
    return Data(parameters=weights(*sizes), x=floats(batch, sizes[0]), y=labels, rate=rate)


def pictures() -> Data:
    """A convolutional network, and pictures of 28 × 28 with their classes."""
    parameters = [floats(16, 1, 3, 3) / 3, floats(16) / 10, floats(32, 16, 3, 3) / 12, floats(32) / 10]
    labels = np.random.default_rng(1).integers(0, 10, 32)
    return Data(parameters=[*parameters, *weights(32 * 49, 10)], x=floats(32, 1, 28, 28), y=labels)


def tokens() -> Data:
    """The parameters of a transformer's layer of width 128, in torch's order, and 8 × 64 tokens."""
    attention, back = weights(128, 384), weights(128, 128)
    feed = weights(128, 512, 128)
    one, zero = np.ones(128, "float32"), np.zeros(128, "float32")
    return Data(
        parameters=[*attention, *back, *feed, one, zero, one, zero], x=floats(8, 64, 128), y=floats(8, 64, 128, seed=1)
    )


def sequence() -> Data:
    """A recurrent layer of 32 for 16 inputs, and 50 steps of a batch of 8."""
    inward, onward = weights(16, 32), weights(32, 32)
    return Data(parameters=[inward[0], onward[0], inward[1], onward[1]], x=floats(50, 8, 16))


def matrices(n: int) -> Data:
    """Two square matrices."""
    return Data(a=floats(n, n), b=floats(n, n, seed=1))


def points() -> Data:
    """A point at which to take a Hessian."""
    return Data(x=np.linspace(-1, 1, 30, dtype="float32"))


MILLION = 1_000_000
ROWS = (4096, 1024)

WORK = [
    Work("x²·eˣ, 4 floats, function compiled", "x2ex", lambda: numbers(4), None, (0.25, 0.12, None), whole=False),
    Work("x²·eˣ, 4 floats", "x2ex", lambda: numbers(4), 0.35, (0.08, 0.05, 0.3)),
    Work("x²·eˣ, 1,000 floats", "x2ex", lambda: numbers(1000), 0.4),
    Work("x²·eˣ, 100,000 floats", "x2ex", lambda: numbers(100_000), 0.7),
    Work(
        "x²·eˣ, 4 million floats", "x2ex", lambda: numbers(4 * MILLION), 0.6, (0.12, 0.85, 0.7),
        moved=4 * 4 * 4 * MILLION,  # x and the gradient that arrives are read, y and the gradient of x are written
    ),
    Work("thermometer epoch", "thermometer", thermometer, 0.5, (0.06, 0.05, 0.4)),
    Work("tanh MLP 2-16-16-1, batch 32, SGD", "tanh_mlp", regression, 0.4, (0.1, 0.15, 0.25)),
    Work("MLP 64-128-10, batch 128, Adam", "classifier_adam", lambda: classes((64, 128, 10), 128), 0.7),
    Work("MLP 784-256-10, batch 64, SGD", "classifier_sgd", lambda: classes((784, 256, 10), 64), 0.8),
    Work(
        "MLP 784-256-10, batch 64, Adam", "classifier_adam", lambda: classes((784, 256, 10), 64), None, (0.6, 0.7, 1.0)
    ),
    Work("MLP 1024 × 3, batch 256", "wide_mlp", lambda: classes((1024, 1024, 1024, 1024), 256), 1.0),
    Work("CNN on 28 × 28, batch 32", "cnn", pictures, 1.3),
    Work("transformer layer 128, 8 × 64 tokens", "transformer", tokens, 1.1, (0.9, 1.0, 1.0)),
    Work("RNN of 50 steps, hidden 32, batch 8", "recurrent", sequence, 0.5, (0.15, 0.25, 0.8)),
    Work(
        "layer norm and softmax, 4096 × 1024", "norm_softmax", lambda: Data(x=floats(*ROWS), c=floats(*ROWS, seed=1)),
        1.0, (0.5, 0.9, 0.8), moved=3 * 4 * ROWS[0] * ROWS[1],  # x and c are read, the gradient of x is written
    ),
    Work("product of 64 × 64 matrices", "product", lambda: matrices(64)),
    Work("product of 512 × 512 matrices", "product", lambda: matrices(512)),
    Work(
        "chain of 4,000 scalar operations", "chain", lambda: Data(x=np.float32(1), length=4000), 0.5,
        without=("torch.compile", "JAX", "tinygrad"),  # which would take minutes to compile it
    ),
    Work(
        "Hessian of Rosenbrock, 30 variables", "functional_hessian", points, 0.35,
        without=("torch.compile",),  # of which the result is not the Hessian
    ),
    Work("the same by func.hessian", "func_hessian", points, 0.35),
    Work("gradients per sample, MLP 64-128-10, batch 32", "per_sample", lambda: classes((64, 128, 10), 32), None),
]  # fmt: skip
