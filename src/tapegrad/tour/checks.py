"""Every gradient the tutorials show, against its formula worked out in NumPy, in double precision.

A check runs right after the cell it belongs to, on the variables that the cell left behind: nothing here knows what
the numbers should be, only which formula they follow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Variables = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """A gradient, the formula it should follow, and both as functions of a cell's variables."""

    gradient: str
    formula: str
    found: Callable[[Variables], Any]
    by_hand: Callable[[Variables], Any]


@dataclass(frozen=True)
class Outcome:
    """What a check found: the largest absolute difference, and whether rounding explains it."""

    check: Check
    difference: float
    passed: bool


def run(check: Check, variables: Variables) -> Outcome:
    """Compare a gradient with its formula.

    They agree if they have one shape and differ by no more than eight units in the last place of the largest entry,
    in the gradient's own precision: a handful of roundings, and far less than any wrong term would make.
    """
    gradient = check.found(variables)
    if gradient is None:
        return Outcome(check, float("inf"), passed=False)
    found = _numbers(gradient)
    by_hand = np.asarray(check.by_hand(variables), dtype=np.float64)
    if found.shape != by_hand.shape:
        return Outcome(check, float("inf"), passed=False)
    difference = float(np.max(np.abs(found - by_hand)))
    last_place = np.finfo(gradient.detach().numpy().dtype).eps
    allowed = 8 * last_place * max(1.0, float(np.max(np.abs(by_hand))))
    return Outcome(check, difference, passed=difference <= allowed)


def _numbers(tensor: Any) -> Array:
    return np.asarray(tensor.detach().numpy(), dtype=np.float64)


def _get(name: str) -> Callable[[Variables], Any]:
    return lambda variables: variables[name]


def _grad(name: str) -> Callable[[Variables], Any]:
    return lambda variables: variables[name].grad


# 1 · A single layer


def _logit_gradient(v: Variables) -> Any:
    z, target = _numbers(v["z"]), _numbers(v["target"])
    return (1 / (1 + np.exp(-z)) - target) / z.size


def _weight_gradient(v: Variables) -> Any:
    return np.outer(_numbers(v["x"]), _logit_gradient(v))


# 2 · x²·eˣ


def _first_derivative(v: Variables) -> Any:
    x = _numbers(v["x"])
    return 2 * x * np.exp(x) + x**2 * np.exp(x)


def _second_derivative(v: Variables) -> Any:
    x = _numbers(v["x"])
    return (x**2 + 4 * x + 2) * np.exp(x)


# 3 · Recordings


def _power_gradient(p: int) -> Check:
    """A check of one round of the loop over p, whose gradient the next round has overwritten: asked for again."""
    return Check(
        f"gradient of Σ u{'¹²³'[p - 1]}",
        ("1", "2u", "3u²")[p - 1],
        lambda v: v["torch"].autograd.grad((v["u"] ** p).sum(), v["u"])[0],
        lambda v: p * _numbers(v["u"]) ** (p - 1),
    )


# 4 · grad and backward


def _squared_error_gradient(w: str, x: str, y: str) -> Callable[[Variables], Any]:
    """d/dw of the mean of (w·x - y)², from the variables of these names."""

    def by_hand(v: Variables) -> Any:
        weights, inputs, targets = _numbers(v[w]), _numbers(v[x]), _numbers(v[y])
        return 2 * (weights * inputs - targets) * inputs / inputs.size

    return by_hand


def _softmax_gradient(v: Variables) -> Any:
    exponentials = np.exp(_numbers(v["scores"]))
    p = exponentials / exponentials.sum()
    cotangent = _numbers(v["only_last"])
    return p * (cotangent - (cotangent * p).sum())


# 5 · Thermometers


def _line_gradient(reading: str) -> Callable[[Variables], Any]:
    """The gradient of the mean squared error of a straight line by its weight and bias."""

    def by_hand(v: Variables) -> Any:
        (w, b), x, y = _numbers(v["params"]), _numbers(v[reading]), _numbers(v["celsius"])
        difference = w * x + b - y
        return np.array([(2 * difference * x).mean(), (2 * difference).mean()])

    return by_hand


_W_GRAD = Check("w.grad", "2(w·x - y)·x", _grad("w"), _squared_error_gradient("w", "x", "y"))

CHECKS: Mapping[tuple[int, str], list[Check]] = {
    (1, "backward"): [
        Check("b.grad", "(sigmoid(z) - target) / 3", _grad("b"), _logit_gradient),
        Check("W.grad", "x ⊗ (sigmoid(z) - target) / 3", _grad("W"), _weight_gradient),
    ],
    (2, "backward"): [Check("x.grad", "2x·eˣ + x²·eˣ", _grad("x"), _first_derivative)],
    (2, "one-hot"): [
        Check(
            "x.grad",
            "cotangent · (2x·eˣ + x²·eˣ)",
            _grad("x"),
            lambda v: _numbers(v["only_one"]) * _first_derivative(v),
        )
    ],
    (2, "sum"): [Check("x.grad", "2x·eˣ + x²·eˣ", _grad("x"), _first_derivative)],
    (2, "second"): [Check("second", "(x² + 4x + 2)·eˣ", _get("second"), _second_derivative)],
    (3, "mean-grad"): [Check("x.grad", "6(x + 2) / 4", _grad("x"), lambda v: 6 * (_numbers(v["x"]) + 2) / 4)],
    (3, "doubling-grad"): [
        Check("v.grad", "2^rounds · cotangent", _grad("v"), lambda v: 2 ** v["rounds"] * np.array([0.1, 1.0, 0.0001]))
    ],
    (3, "powers"): [_power_gradient(p) for p in (1, 2, 3)],
    (3, "adds"): [Check("u.grad", "1 + 2u", _grad("u"), lambda v: 1 + 2 * _numbers(v["u"]))],
    (3, "afterwards"): [Check("a.grad", "2a", _grad("a"), lambda v: 2 * _numbers(v["a"]))],
    (4, "grad"): [Check("answer", "2(w·x - y)·x", _get("answer"), _squared_error_gradient("w", "x", "y"))],
    (4, "backward"): [_W_GRAD],
    (4, "two-elements"): [
        Check("pair", "2(w·x - y)·x / 2", _get("pair"), _squared_error_gradient("w2", "x2", "y2")),
    ],
    (4, "mended-2"): [_W_GRAD],
    (4, "mended-3"): [
        Check("first", "2(w·x - y)·x", lambda v: v["first"][0], _squared_error_gradient("w", "x", "y")),
        Check("second", "2(w·x - y)·x", lambda v: v["second"][0], _squared_error_gradient("w", "x", "y")),
    ],
    (4, "mended-4"): [Check("scores.grad", "p·(v - Σ v·p)", _grad("scores"), _softmax_gradient)],
    (4, "ones"): [Check("flat", "0", _get("flat"), lambda v: np.zeros(3))],
    (5, "first-gradient"): [
        Check("params.grad", "mean 2(w·t + b - c)·(t, 1)", _grad("params"), _line_gradient("unknown")),
    ],
    (5, "scaling"): [
        Check("params.grad", "mean 2(w·t + b - c)·(t, 1)", _grad("params"), _line_gradient("scaled")),
    ],
}
