"""What one operation costs: twenty common ones at four sizes, recorded, not recorded, and backward."""

from __future__ import annotations

from itertools import repeat
from typing import Any

import numpy as np

KINDS = ("not recorded", "recorded", "backward")
SIZES = (4, 1_000, 100_000, 4_000_000)
WIDTHS = {4: 2, 1_000: 10, 100_000: 100, 4_000_000: 100}  # of the matrix that softmax and matmul are given

# In torch's words, then in NumPy's; of x, which requires a gradient, y, which does not, and w, a square matrix.
OPERATORS: dict[str, tuple[str, str]] = {
    "add": ("x + y", "x + y"),
    "mul": ("x * y", "x * y"),
    "div": ("x / y", "x / y"),
    "mul by a number": ("x * 3.0", "x * 3.0"),
    "pow": ("x**2", "x**2"),
    "exp": ("x.exp()", "np.exp(x)"),
    "log": ("x.log()", "np.log(x)"),
    "sqrt": ("x.sqrt()", "np.sqrt(x)"),
    "tanh": ("torch.tanh(x)", "np.tanh(x)"),
    "sigmoid": ("torch.sigmoid(x)", "1 / (1 + np.exp(-x))"),
    "relu": ("torch.relu(x)", "np.maximum(x, 0)"),
    "where": ("torch.where(y > 1, x, y)", "np.where(y > 1, x, y)"),
    "sum": ("x.sum()", "x.sum()"),
    "mean": ("x.mean()", "x.mean()"),
    "max": ("x.max()", "x.max()"),
    "softmax": ("torch.softmax(x, -1)", "softmax(x)"),
    "matmul": ("x @ w", "x @ w"),
    "reshape": ("x.reshape(2, -1)", "x.reshape(2, -1)"),
    "index": ("x[1]", "x[1]"),
    "cat": ("torch.cat((x, y))", "np.concatenate((x, y))"),
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


class Loop:
    """An expression; called, it is evaluated once.

    `run(times)` is the bare loop over the expression, as `timeit` has it: what calls of functions around it would take
    is a part of what is to be seen.
    """

    def __init__(self, text: str, names: dict[str, Any]) -> None:
        source = f"def run(times):\n    for _ in times: {text}\ndef once(): return {text}\n"
        exec(compile(source, f"<{text}>", "exec"), names)
        self._run, self.once = names["run"], names["once"]

    def __call__(self) -> Any:
        return self.once()

    def run(self, times: int) -> None:
        """Evaluate the expression so many times."""
        self._run(repeat(None, times))


def calls(torch: Any, name: str, size: int) -> dict[str, Loop]:
    """An operation in each of `KINDS`, in a library with torch's words; backward is the backward pass alone."""
    text = OPERATORS[name][0]
    x, y, w = (torch.tensor(a) for a in operands(name, size))
    leaf = torch.tensor(operands(name, size)[0], requires_grad=True)
    recorded = Loop(text, {"torch": torch, "x": leaf, "y": y, "w": w})
    made = recorded()
    arriving = torch.tensor(np.asarray(np.random.default_rng(1).random(tuple(made.shape)), "float32"))
    names = {"grad": torch.autograd.grad, "made": made, "leaf": leaf, "arriving": arriving}
    return {
        "not recorded": Loop(text, {"torch": torch, "x": x, "y": y, "w": w}),
        "recorded": recorded,
        "backward": Loop("grad(made, leaf, arriving, retain_graph=True)", names),
    }


def floor(name: str, size: int) -> Loop:
    """The same operation on bare arrays."""
    x, y, w = operands(name, size)
    return Loop(OPERATORS[name][1], {"np": np, "softmax": _softmax, "x": x, "y": y, "w": w})
