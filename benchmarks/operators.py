"""What one operation costs: twenty common ones at four sizes, recorded, not recorded, and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]

KINDS = ("not recorded", "recorded", "backward")
SIZES = (4, 1_000, 100_000, 4_000_000)
WIDTHS = {4: 2, 1_000: 10, 100_000: 100, 4_000_000: 100}  # of the matrix that softmax and matmul are given

# In torch's words, then in NumPy's; of x, which requires a gradient, y, which does not, and w, a square matrix.
OPERATORS: dict[str, tuple[Function, Function]] = {
    "add": (lambda torch, x, y, w: x + y, lambda x, y, w: x + y),
    "mul": (lambda torch, x, y, w: x * y, lambda x, y, w: x * y),
    "div": (lambda torch, x, y, w: x / y, lambda x, y, w: x / y),
    "mul by a number": (lambda torch, x, y, w: x * 3.0, lambda x, y, w: x * 3.0),
    "pow": (lambda torch, x, y, w: x**2, lambda x, y, w: x**2),
    "exp": (lambda torch, x, y, w: x.exp(), lambda x, y, w: np.exp(x)),
    "log": (lambda torch, x, y, w: x.log(), lambda x, y, w: np.log(x)),
    "sqrt": (lambda torch, x, y, w: x.sqrt(), lambda x, y, w: np.sqrt(x)),
    "tanh": (lambda torch, x, y, w: torch.tanh(x), lambda x, y, w: np.tanh(x)),
    "sigmoid": (lambda torch, x, y, w: torch.sigmoid(x), lambda x, y, w: 1 / (1 + np.exp(-x))),
    "relu": (lambda torch, x, y, w: torch.relu(x), lambda x, y, w: np.maximum(x, 0)),
    "where": (lambda torch, x, y, w: torch.where(y > 1, x, y), lambda x, y, w: np.where(y > 1, x, y)),
    "sum": (lambda torch, x, y, w: x.sum(), lambda x, y, w: x.sum()),
    "mean": (lambda torch, x, y, w: x.mean(), lambda x, y, w: x.mean()),
    "max": (lambda torch, x, y, w: x.max(), lambda x, y, w: x.max()),
    "softmax": (lambda torch, x, y, w: torch.softmax(x, -1), lambda x, y, w: _softmax(x)),
    "matmul": (lambda torch, x, y, w: x @ w, lambda x, y, w: x @ w),
    "reshape": (lambda torch, x, y, w: x.reshape(2, -1), lambda x, y, w: x.reshape(2, -1)),
    "index": (lambda torch, x, y, w: x[1], lambda x, y, w: x[1]),
    "cat": (lambda torch, x, y, w: torch.cat((x, y)), lambda x, y, w: np.concatenate((x, y))),
}
MATRICES = ("softmax", "matmul", "index")  # are given rows of the width above, the others one row of all


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max(-1, keepdims=True))
    e /= e.sum(-1, keepdims=True)
    return e


def operands(name: str, size: int) -> tuple[Any, Any, Any]:
    """x, y and w as NumPy arrays."""
    random = np.random.default_rng(0)
    width = WIDTHS[size]
    shape = (size // width, width) if name in MATRICES else (size,)
    x, y = (random.random(shape, dtype="float32") + np.float32(0.5) for _ in range(2))
    return x, y, random.random((width, width), dtype="float32")


def calls(torch: Any, name: str, size: int) -> dict[str, Callable[[], Any]]:
    """An operation in each of `KINDS`, in a library with torch's words; backward is the backward pass alone."""
    function = OPERATORS[name][0]
    x, y, w = (torch.tensor(a) for a in operands(name, size))
    leaf = torch.tensor(operands(name, size)[0], requires_grad=True)
    made = function(torch, leaf, y, w)
    arriving = torch.tensor(np.asarray(np.random.default_rng(1).random(tuple(made.shape)), "float32"))
    grad = torch.autograd.grad
    return {
        "not recorded": lambda: function(torch, x, y, w),
        "recorded": lambda: function(torch, leaf, y, w),
        "backward": lambda: grad(made, leaf, arriving, retain_graph=True),
    }


def floor(name: str, size: int) -> Callable[[], Any]:
    """The same operation on bare arrays."""
    function = OPERATORS[name][1]
    x, y, w = operands(name, size)
    return lambda: function(x, y, w)
