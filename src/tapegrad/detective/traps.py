"""The known ways in which finite numbers become inf or nan, by name, with the usual cure.

A trap is named only if the operands show it: a 0 under the logarithm, an exponent whose exponential overflows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Trap(NamedTuple):
    """A known trap.

    Attributes:
        name: such as 'log_of_zero'.
        text: what happens, in a sentence.
        cure: what to write instead.
    """

    name: str
    text: str
    cure: str


LOG_OF_ZERO: Final = Trap(
    "log_of_zero",
    "The logarithm of 0 is -inf, and its derivative 1/0 is inf.",
    "Keep the argument away from 0, log(x.clamp_min(1e-12)); of probabilities, take F.log_softmax(logits) or a loss on"
    " logits (F.cross_entropy, F.binary_cross_entropy_with_logits) instead of log(softmax(…)).",
)
LOG_OF_NEGATIVE: Final = Trap(
    "log_of_negative",
    "The logarithm of a negative number is nan.",
    "Find out why the argument is negative; an argument that rounding made so is cured by log(x.clamp_min(1e-12)).",
)
SQRT_AT_ZERO: Final = Trap(
    "sqrt_at_zero",
    "The derivative of the square root, 1/(2·sqrt(x)), is infinite at 0.",
    "Write sqrt(x + 1e-12) or sqrt(x.clamp_min(1e-12)); for a length, torch.linalg.vector_norm, whose gradient at 0 is"
    " 0.",
)
SQRT_OF_NEGATIVE: Final = Trap(
    "sqrt_of_negative",
    "The square root of a negative number is nan.",
    "Rounding can make a variance or a squared distance slightly negative: write sqrt(x.clamp_min(0) + 1e-12).",
)
DIVISION_BY_ZERO: Final = Trap(
    "division_by_zero",
    "Something was divided by 0.",
    "Divide by x.clamp_min(1e-12) or by x + 1e-12; where the quotient is not wanted, replace the divisor before the"
    " division: a / torch.where(b == 0, 1, b).",
)
POW_AT_ZERO: Final = Trap(
    "pow_at_zero",
    "A power with an exponent below 1 has an infinite derivative at 0, and one below 0 is itself infinite there.",
    "Keep the base away from 0: (x + 1e-12) ** p or x.clamp_min(1e-12) ** p.",
)
POW_OF_NEGATIVE: Final = Trap(
    "pow_of_negative",
    "A negative number to the power of a fraction is nan, and so is the derivative by the exponent, which contains"
    " log(base).",
    "Take the power of x.abs(), keep the sign apart (x.sign() * x.abs() ** p), or make an integer exponent a Python"
    " number: x ** 2.",
)
EXP_OVERFLOW: Final = Trap(
    "exp_overflow",
    "exp overflows to inf, in float32 from 88.7 on.",
    "Subtract the maximum first, or use what does so: torch.softmax, F.log_softmax, torch.logsumexp, F.softplus,"
    " torch.sigmoid.",
)
ACOS_AT_ONE: Final = Trap(
    "acos_at_one",
    "The derivative of acos and asin, 1/sqrt(1 - x²), is infinite at -1 and 1.",
    "Write acos(x.clamp(-1 + 1e-6, 1 - 1e-6)); for the angle between vectors use torch.atan2 of the cross and the dot"
    " product.",
)
OUTSIDE_DOMAIN: Final = Trap(
    "outside_domain",
    "The function is not defined there: acos, asin and atanh are between -1 and 1, acosh from 1 on, log1p above -1.",
    "Clamp the argument to where the function is defined: x.clamp(-1 + 1e-6, 1 - 1e-6).",
)
ATANH_AT_ONE: Final = Trap(
    "atanh_at_one",
    "atanh and logit are infinite at the ends of their range, and so are their derivatives.",
    "Keep the argument inside: torch.logit(p, eps=1e-6), torch.atanh(x.clamp(-1 + 1e-6, 1 - 1e-6)).",
)
STD_OF_ONE: Final = Trap(
    "std_of_one",
    "The standard deviation (or variance) of one element, divided by n - 1 = 0, is nan.",
    "Use correction=0, or do not normalise by the deviation of a batch of one.",
)
MEAN_OF_NOTHING: Final = Trap(
    "mean_of_nothing",
    "The mean of no elements is 0/0 = nan.",
    "Skip the batch in which the mask selects nothing, or divide the sum by count.clamp(min=1).",
)
ALL_MASKED: Final = Trap(
    "all_masked",
    "A softmax over a row of which every element is -inf is 0/0 = nan.",
    "Do not mask whole rows: leave one element in, or fill such rows with 0 before the softmax.",
)
INF_MINUS_INF: Final = Trap(
    "inf_minus_inf",
    "inf - inf is nan.",
    "Look for what made the infinities; the answer names it if it was noted.",
)
ZERO_TIMES_INF: Final = Trap(
    "zero_times_infinity",
    "0 · inf is nan.",
    "Multiplying by a mask does not remove inf or nan: select with torch.where(mask, x, 0).",
)
BEHIND_WHERE: Final = Trap(
    "zero_times_infinity",
    "An element that was masked out later (torch.where, a mask, an index) gets the gradient 0, and 0 times the infinite"
    " derivative of this operation is nan: where does not protect what comes before it.",
    "Make the operand safe before the operation, not the result after it:"
    " torch.where(ok, f(torch.where(ok, x, 1)), 0).",
)
OVERFLOW: Final = Trap(
    "overflow",
    "The result is larger than the largest number of its dtype.",
    "Scale the numbers down (normalise inputs, lower the learning rate, clip gradients), or compute in a wider dtype.",
)


def _any(condition: Any) -> bool:
    return bool(np.any(condition))


def _log(x: Any, result: Any) -> Trap | None:
    return LOG_OF_NEGATIVE if _any(x < 0) else LOG_OF_ZERO if _any(x == 0) else None


def _log1p(x: Any, result: Any) -> Trap | None:
    return OUTSIDE_DOMAIN if _any(x < -1) else LOG_OF_ZERO if _any(x == -1) else None


def _sqrt(x: Any, result: Any) -> Trap | None:
    return SQRT_OF_NEGATIVE if _any(x < 0) else None


def _rsqrt(x: Any, result: Any) -> Trap | None:
    return SQRT_OF_NEGATIVE if _any(x < 0) else DIVISION_BY_ZERO if _any(x == 0) else None


def _div(a: Any, b: Any, result: Any) -> Trap | None:
    return DIVISION_BY_ZERO if _any(b == 0) else OVERFLOW if _any(np.isinf(result)) else None


def _reciprocal(x: Any, *rest: Any) -> Trap | None:
    return DIVISION_BY_ZERO if _any(x == 0) else None


def _pow(a: Any, b: Any, result: Any) -> Trap | None:
    if _any((a == 0) & (b < 0)):
        return POW_AT_ZERO
    if _any((a < 0) & (b != np.floor(b))):
        return POW_OF_NEGATIVE
    return OVERFLOW if _any(np.isinf(result)) else None


def _exp(x: Any, result: Any) -> Trap | None:
    return EXP_OVERFLOW if _any(np.isinf(result)) else None


def _acos(x: Any, result: Any) -> Trap | None:
    return OUTSIDE_DOMAIN if _any(abs(x) > 1) else None


def _atanh(x: Any, result: Any) -> Trap | None:
    return OUTSIDE_DOMAIN if _any(abs(x) > 1) else ATANH_AT_ONE if _any(abs(x) == 1) else None


def _logit(x: Any, *rest: Any) -> Trap | None:
    return OUTSIDE_DOMAIN if _any((x < 0) | (x > 1)) else ATANH_AT_ONE if _any((x == 0) | (x == 1)) else None


def _acosh(x: Any, result: Any) -> Trap | None:
    return OUTSIDE_DOMAIN if _any(x < 1) else None


def _deviation(x: Any, *rest: Any) -> Trap | None:
    result = rest[-1]
    per_result = x.size // max(1, np.size(result))
    return MEAN_OF_NOTHING if x.size == 0 else STD_OF_ONE if per_result == 1 else None


def _mean(x: Any, *rest: Any) -> Trap | None:
    return MEAN_OF_NOTHING if np.size(x) == 0 else OVERFLOW if _any(np.isinf(rest[-1])) else None


def _softmax(x: Any, *rest: Any) -> Trap | None:
    nan = np.isnan(rest[-1])
    return ALL_MASKED if nan.any() and nan.shape == x.shape and np.isneginf(x[nan]).all() else None


def _minus(a: Any, b: Any, result: Any) -> Trap | None:
    return INF_MINUS_INF if _any(np.isinf(a)) and _any(np.isinf(b)) else _grown(result)


def _times(a: Any, b: Any, result: Any) -> Trap | None:
    zero_times_inf = _any((a == 0) & np.isinf(b)) or _any(np.isinf(a) & (b == 0))
    return ZERO_TIMES_INF if zero_times_inf else _grown(result)


def _grown(*rest: Any) -> Trap | None:
    return OVERFLOW if _any(np.isinf(rest[-1])) else None


def _ignored(*rest: Any) -> Trap | None:
    """A loss averaged over targets none of which counts."""
    x, target = rest[0], rest[1]
    if np.size(x) == 0 or (getattr(target, "dtype", None) is not None and target.dtype.kind == "i"):
        return MEAN_OF_NOTHING if np.isfinite(x).all() else None
    return None


_FORWARD: Final[Mapping[str, Callable[..., Trap | None]]] = {
    "acos": _acos, "acosh": _acosh, "add": _minus, "addmm": _grown, "arccos": _acos, "arccosh": _acosh,
    "arcsin": _acos, "arctanh": _atanh, "asin": _acos, "atanh": _atanh, "bmm": _grown, "cosh": _exp,
    "cross_entropy": _ignored, "cumprod": _grown, "cumsum": _grown, "div": _div, "divide": _div, "exp": _exp,
    "exp2": _exp, "expm1": _exp, "half": _grown, "linear": _grown, "log": _log, "log10": _log, "log1p": _log1p,
    "log2": _log, "log_softmax": _softmax, "logit": _logit, "matmul": _grown, "mean": _mean, "mm": _grown,
    "mse_loss": _grown, "mul": _times, "multiply": _times, "nll_loss": _ignored, "pow": _pow, "prod": _grown,
    "reciprocal": _reciprocal, "rsqrt": _rsqrt, "sinh": _exp, "softmax": _softmax, "sqrt": _sqrt, "square": _grown,
    "std": _deviation, "sub": _minus, "subtract": _minus, "sum": _grown, "to": _grown, "true_divide": _div,
    "truediv": _div, "var": _deviation,
}  # fmt: skip


def forward_trap(name: str, operands: Sequence[Any], result: Any) -> Trap | None:
    """The trap that made a function's result infinite or nan, if it is a known one.

    Args:
        name: the function's name, also as a method, in place, or of an operator symbol.
        operands: arrays and numbers.
        result: the array.

    >>> import numpy as np
    >>> forward_trap("log", [np.zeros(2)], np.full(2, -np.inf)).name
    'log_of_zero'
    >>> forward_trap("__truediv__", [np.ones(2), np.zeros(2)], np.full(2, np.inf)).name
    'division_by_zero'
    """
    plain = name.strip("_")
    operands = list(operands)
    if plain.startswith("r") and plain[1:] in ("truediv", "pow", "sub"):
        plain, operands = plain[1:], operands[::-1]
    elif plain.startswith("i") and plain[1:] in ("truediv", "pow", "sub", "add", "mul"):
        plain = plain[1:]
    found = _FORWARD.get(plain)
    if found is None or not operands:
        return None
    try:
        with np.errstate(all="ignore"):
            return found(*operands, result)
    except TypeError:  # called in another form, with a keyword or without an operand
        return None


# -- derivatives -------------------------------------------------------------------------------------------------------

# An operator's infinite derivatives: where (of its saved values), and what they are called.
Kept = Mapping[str, Any]
_DERIVATIVES: Final[Mapping[str, Callable[[Kept], tuple[Any, Trap]]]] = {
    "acos": lambda kept: (abs(kept["x"]) >= 1, ACOS_AT_ONE),
    "asin": lambda kept: (abs(kept["x"]) >= 1, ACOS_AT_ONE),
    "atanh": lambda kept: (abs(kept["x"]) >= 1, ATANH_AT_ONE),
    "div": lambda kept: (kept["b"] == 0, DIVISION_BY_ZERO),
    "exp": lambda kept: (np.isinf(kept["out"]), EXP_OVERFLOW),
    "log": lambda kept: (kept["x"] == 0, LOG_OF_ZERO),
    "log10": lambda kept: (kept["x"] == 0, LOG_OF_ZERO),
    "log1p": lambda kept: (kept["x"] == -1, LOG_OF_ZERO),
    "log2": lambda kept: (kept["x"] == 0, LOG_OF_ZERO),
    "logit": lambda kept: ((kept["x"] == 0) | (kept["x"] == 1), ATANH_AT_ONE),
    "pow_number": lambda kept: (kept["x"] == 0, POW_AT_ZERO),
    "power": lambda kept: (
        (kept["a"] <= 0),
        POW_OF_NEGATIVE if _any(kept["a"] < 0) else POW_AT_ZERO,
    ),
    "reciprocal": lambda kept: (np.isinf(kept["out"]), DIVISION_BY_ZERO),
    "rsqrt": lambda kept: (np.isinf(kept["out"]), DIVISION_BY_ZERO),
    "sqrt": lambda kept: (kept["out"] == 0, SQRT_AT_ZERO),
    "vector_norm_dims": lambda kept: (kept["x"] == 0, POW_AT_ZERO),
}


def derivative_trap(name: str, kept: Kept, grad: Any, part: Any) -> Trap | None:
    """The trap that made a computed gradient infinite or nan out of finite numbers, if it is a known one.

    Args:
        name: the operator's name.
        kept: the arrays that its node saved, by name.
        grad: the gradient that came in.
        part: the one that came out.

    >>> import numpy as np
    >>> zero = np.zeros(1)
    >>> derivative_trap("sqrt", {"out": zero}, np.ones(1), np.full(1, np.inf)).name
    'sqrt_at_zero'
    >>> derivative_trap("sqrt", {"out": zero}, zero, np.full(1, np.nan)).name
    'zero_times_infinity'
    """
    find = _DERIVATIVES.get(name)
    if find is not None:
        try:
            where, trap = find(kept)
        except (KeyError, TypeError):
            return None
        if _any(where):
            return BEHIND_WHERE if _masked(where, grad, part) else trap
    for value in kept.values():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and np.isinf(value).any():
            return ZERO_TIMES_INF
    return OVERFLOW if _any(np.isinf(part)) and not _any(np.isnan(part)) else None


def _masked(where: Any, grad: Any, part: Any) -> bool:
    """Whether every nan comes of a gradient that was 0."""
    if not isinstance(grad, np.ndarray) or grad.shape != part.shape or np.shape(where) != part.shape:
        return False
    nan = np.isnan(part)
    return bool(nan.any()) and bool((grad[nan] == 0).all())
