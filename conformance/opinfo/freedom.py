"""Results that are right in several ways: random numbers, eigenvectors, positions among ties, masked elements.

Each is reduced to what all right results have in common, and that is compared.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch.masked._ops

from .comparing import Check, Mismatch, Tolerance, compare_values, for_result
from .sides import Array

RANDOM = frozenset(
    {
        "bernoulli", "cauchy", "exponential", "geometric", "log_normal", "multinomial", "nn.functional.alpha_dropout",
        "nn.functional.dropout", "nn.functional.dropout2d", "nn.functional.dropout3d",
        "nn.functional.feature_alpha_dropout", "nn.functional.fractional_max_pool2d",
        "nn.functional.fractional_max_pool3d", "nn.functional.multi_head_attention_forward", "nn.functional.rrelu",
        "nn.functional.scaled_dot_product_attention", "normal", "rand_like", "randint", "randint_like", "randn",
        "randn_like", "uniform",
    }
)  # fmt: skip
UNBOUNDED = frozenset({"cauchy", "exponential", "geometric", "log_normal", "normal", "randn", "randn_like"})
# Memory as it was found: structure, shape and dtype only.
UNINITIALISED = frozenset(
    {
        "empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided", "resize_",
        "resize_as_",
    }
)  # fmt: skip


# -- decompositions: what does not depend on signs, phases and order --------------------------------------------------


def _adjoint(x: Array) -> Array:
    return np.conj(np.swapaxes(x, -1, -2))


def _singular(result: Sequence[Array], _: Any, adjoint: bool) -> list[Array]:
    u, s, v = result
    k, vh = s.shape[-1], v if adjoint else _adjoint(v)
    if vh.shape[-1] == 0 or u.shape[-1] == 0 or not (u.any() and vh.any()):  # no vectors asked for
        return [s]
    return [s, (u[..., :k] * s[..., None, :]) @ vh[..., :k, :], _adjoint(u) @ u, vh @ _adjoint(vh)]


def _orthogonal(result: Sequence[Array], _: Any) -> list[Array]:
    q, r = result
    return [_adjoint(r) @ r, np.tril(r, -1), *([q @ r, _adjoint(q) @ q] if q.size else [])]


def _hermitian_eigen(result: Sequence[Array], _: Any) -> list[Array]:
    w, v = result
    return [w, (v * w[..., None, :]) @ _adjoint(v), _adjoint(v) @ v]


def _in_order(w: Array) -> Array:
    return np.take_along_axis(w, np.lexsort((w.imag.round(6), w.real.round(6)), axis=-1), -1)


def _eigen(result: Sequence[Array], sample: Any) -> list[Array]:
    w, v = result
    a = sample.input.detach().numpy()
    return [_in_order(w), a @ v - v * w[..., None, :], np.asarray(np.linalg.norm(v, axis=-2))]


# -- positions: they need only point at equal values ------------------------------------------------------------------

_PLACE_OF_DIM = {"sort": 0, "argsort": 0, "median": 0, "nanmedian": 0, "mode": 0, "topk": 1, "kthvalue": 1}


def _picked(result: Sequence[Array], sample: Any, name: str) -> Sequence[Array]:
    x = sample.input.detach().resolve_conj().numpy()
    *found, index = result
    if x.ndim == 0 or sample.kwargs.get("stable") or (not found and name != "argsort"):
        return result
    place = _PLACE_OF_DIM[name]
    dim = sample.kwargs.get("dim", sample.args[place] if len(sample.args) > place else -1)
    if isinstance(dim, bool):
        dim = -1
    whole = index if index.ndim == x.ndim else np.expand_dims(index, dim)
    if whole.size and (whole.min() < 0 or whole.max() >= x.shape[dim]):
        raise Mismatch("values", "index out of range")
    return [*found, np.take_along_axis(x, whole, dim), *([np.sort(whole, dim)] if "sort" in name else [])]


_Canonical = Callable[[Sequence[Array], Any], Sequence[Array]]
_CANONICAL: dict[str, _Canonical] = {
    "svd": functools.partial(_singular, adjoint=False),
    "svd_lowrank": functools.partial(_singular, adjoint=False),
    "pca_lowrank": functools.partial(_singular, adjoint=False),
    "linalg.svd": functools.partial(_singular, adjoint=True),
    "qr": _orthogonal,
    "linalg.qr": _orthogonal,
    "linalg.eigh": _hermitian_eigen,
    "linalg.eig": _eigen,
    "linalg.eigvals": lambda result, _: [_in_order(result[0])],
    **{name: functools.partial(_picked, name=name) for name in _PLACE_OF_DIM},
}


def canonical_check(name: str, sample: Any, allowed: Tolerance) -> Check | None:
    """For an operator in the table above: the comparison of canonical forms."""
    canonical = _CANONICAL.get(name)
    if canonical is None:
        return None

    def check(expected: list[Array], got: list[Array]) -> None:
        pairs = zip(canonical(expected, sample), canonical(got, sample), strict=True)
        for i, (r, m) in enumerate(pairs):
            compare_values(r, m, for_result(allowed, r.dtype), False, f"canonical[{i}]")

    return check


# -- masks: elements that no unmasked one enters have no defined value ------------------------------------------------


def mask_of(fn: Any, sample: Any) -> Array | None:
    """Where the result of a function of torch.masked is defined; None if everywhere."""
    keywords, x = sample.kwargs, sample.input
    with torch.no_grad():
        if keywords.get("input_mask") is not None and keywords.get("other_mask") is not None:
            both = keywords["input_mask"] & keywords["other_mask"]
            return np.asarray(torch.masked._ops._input_mask(x, *sample.args, mask=both).numpy())
        if keywords.get("mask") is not None:
            return np.asarray(torch.masked._ops._output_mask(fn, x, *sample.args, **keywords).numpy())
    return None


def masked_check(mask: Array | None, allowed: Tolerance) -> Check | None:
    """The comparison of what is defined."""
    if mask is None:
        return None

    def check(expected: list[Array], got: list[Array]) -> None:
        for r, m in zip(expected, got, strict=True):
            compare_values(np.where(mask, r, 0), np.where(mask, m, 0), for_result(allowed, r.dtype), False)

    return check


# -- random numbers: finite, and in the range of many of torch's ------------------------------------------------------


def range_check(draws: list[list[Array]], bounded: bool) -> Check:
    """The comparison with many results of torch; a distribution with tails may go beyond their range, threefold."""

    def check(expected: list[Array], got: list[Array]) -> None:
        for i, result in enumerate(got):
            many = np.concatenate([draw[i].ravel() for draw in draws])
            mine, flat = (np.abs(x) if x.dtype.kind == "c" else x.astype(np.float64) for x in (result, many))
            if not mine.size:
                continue
            if np.isfinite(flat).all() and not np.isfinite(mine).all():
                raise Mismatch("range", f"out[{i}]: not finite")
            low, high = np.nanmin(flat), np.nanmax(flat)
            few = (expected[i].dtype.kind in "biu" and high - low < 50) or len(np.unique(flat)) <= 2
            slack = 0.0 if few else 0.05 if bounded else 3.0
            margin = slack * (high - low) + 1e-5 * max(abs(low), abs(high))
            if (mine < low - margin).any() or (mine > high + margin).any():
                raise Mismatch("range", f"out[{i}]: outside [{low:.4g}, {high:.4g}]")

    return check
