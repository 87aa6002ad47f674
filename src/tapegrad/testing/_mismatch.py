"""The text that says how far apart two numbers or tensors are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..quiet import make_quiet
from ..tensor.tensor import Tensor

Identifier = str | Callable[[str], str] | None


def _text(
    default: str, identifier: Identifier, detail: str, atol: float, rtol: float, difference: str, relative: str
) -> str:
    name = default if identifier is None else identifier if isinstance(identifier, str) else identifier(default)
    exact = rtol == 0 and atol == 0
    lines = [f"{name} are not {'equal' if exact else 'close'}!", "", detail]
    lines += [difference + ("" if exact else f" (up to {atol} allowed)")]
    lines += [relative + ("" if exact else f" (up to {rtol} allowed)")]
    return "\n".join(lines)


def make_scalar_mismatch_msg(
    actual: complex, expected: complex, *, rtol: float, atol: float, identifier: Identifier = None
) -> str:
    """The text about two numbers that are not close.

    >>> print(make_scalar_mismatch_msg(1, 2, rtol=0, atol=0))
    Scalars are not equal!
    <BLANKLINE>
    Expected 2 but got 1.
    Absolute difference: 1
    Relative difference: 0.5
    """
    apart = abs(actual - expected)
    relative = float("inf") if expected == 0 else apart / abs(expected)
    return _text(
        "Scalars",
        identifier,
        f"Expected {expected} but got {actual}.",
        atol,
        rtol,
        f"Absolute difference: {apart}",
        f"Relative difference: {relative}",
    )


def make_tensor_mismatch_msg(
    actual: Tensor, expected: Tensor, matches: Tensor, *, rtol: float, atol: float, identifier: Identifier = None
) -> str:
    """The text about two tensors of one shape and dtype that are not close.

    Args:
        actual, expected: the tensors.
        matches: which elements are close, a tensor of truth values.
        rtol, atol: the tolerances.
        identifier: what to call the tensors, or a function of what they would be called.
    """
    a, b, close = actual._data, expected._data, matches._data
    if a.dtype.kind in "biu":  # the difference of small integers may not fit
        a, b = a.astype(np.int64), b.astype(np.int64)
    apart, size = np.abs(a - b), np.abs(b)
    if apart.dtype.kind == "i":  # torch divides integers in float32
        relative = apart.astype(np.float32) / size.astype(np.float32)
    else:
        relative = apart / size
    zero = apart.dtype.type(0)
    apart, relative = np.where(close, zero, apart), np.where(close, relative.dtype.type(0), relative)
    total, wrong = close.size, int(close.size - np.count_nonzero(close))
    return _text(
        "Tensor-likes",
        identifier,
        f"Mismatched elements: {wrong} / {total} ({wrong / total:.1%})",
        atol,
        rtol,
        f"Greatest absolute difference: {_greatest(apart)}",
        f"Greatest relative difference: {_greatest(relative)}",
    )


def _greatest(x: Any) -> str:
    """The greatest element (a NaN is greater than all) and its index."""
    flat = x.reshape(-1)
    at = int(np.argmax(flat.astype(np.float32) if flat.dtype.kind == "V" else flat))
    index = tuple(int(i) for i in np.unravel_index(at, x.shape))
    value = float(flat[at]) if flat.dtype.kind == "V" else flat[at].item()
    return f"{value} at index {index}"


make_quiet(globals())  # 0 / 0
