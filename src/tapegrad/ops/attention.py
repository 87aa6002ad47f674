"""Attention: averages of values, weighted by how well queries and keys go together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor.blocks import LARGE
from ..tensor.dtypes import F32, Array
from ..tensor.tensor import TANGENT, Tensor, new_tensor
from . import attention_by_heads, row_kernels
from .attention_kernels import allowed
from .normalized_exponential import softmax_dim
from .op import operator
from .scaling import scaled_by
from .splitting import _unbind
from .vocabulary import matmul, phrase, summed, swap, word

_max: Any = np.maximum.reduce
_sum: Any = np.add.reduce


@operator(name="safe_softmax", node="SafeSoftmaxBackward0")
def safe_softmax(x: Array, /) -> Array:
    """Softmax over the last dimension; zero where everything is -inf."""
    if x.size == 0:
        return np.zeros_like(x)
    if x.dtype.itemsize == 2:  # float16 and bfloat16 are rounded once, at the end
        return safe_softmax.forward(x.astype(F32)).astype(x.dtype)
    if x.size > LARGE and (found := row_kernels.softmax(x, safe=True)) is not None:
        return found
    top = _max(x, -1, None, None, True)
    e = np.exp(x - np.where(top == -np.inf, x.dtype.type(0), top))
    total = _sum(e, -1, None, None, True)
    return e / np.where(total == 0, x.dtype.type(1), total)


@safe_softmax.rule("x")
def _(g: Any, out: Any) -> Any:
    weighted = g * out
    return weighted - out * summed(weighted, out.ndim - 1, True)


# The parts of a projection, which torch selects one by one; as one node, their gradients are put together once.
selected = _unbind.twin("select", node="SelectBackward0", view=False)


@operator(name="flash_attention", node="ScaledDotProductFlashAttentionForCpuBackward0", constants=("mask",))
def flash_attention(q: Array, k: Array, v: Array, mask: Array | None = None, /, scale: float = 1.0) -> Array:
    """softmax(q · kᵀ · scale + mask) · v, over the last two dimensions; in memory as q."""
    if q.dtype.itemsize == 2:
        wide = [None if x is None else x.astype(F32) for x in (q, k, v, mask)]
        return flash_attention.forward(*wide, scale).astype(q.dtype)
    if (found := attention_by_heads.attended(q, k, v, mask, scale)) is not None:
        return found
    scores = np.matmul(q, k.swapaxes(-1, -2)) * scale
    out = np.empty_like(q)
    np.matmul(safe_softmax.forward(scores if mask is None else scores + mask), v, out=out)
    return out


def _not_by_heads(*_: Any) -> None:
    """Recorded gradients are computed in steps."""


word("attention_by_heads", raw=attention_by_heads.gradients, tensor=_not_by_heads)


@phrase
def attention_weights(q: Any, k: Any, mask: Any, scale: float) -> Any:
    """What the values are weighted by."""
    scores = matmul(q, swap(k, -1, -2)) * scale
    return safe_softmax(scores if mask is None else scores + mask)


@flash_attention.rule("q", "k", "v")
def _(g: Any, q: Any, k: Any, v: Any, mask: Any, scale: Any, needs: Any) -> Any:
    """q ← scale·s @ k, s = w·(h - Σ w·h), h = g @ vᵀ, w = softmax(scale·q @ kᵀ + mask)
    k ← scale·sᵀ @ q
    v ← wᵀ @ g
    """
    found = attention_by_heads(g, q, k, v, mask, scale, needs)  # type: ignore[operator]  # a word
    if found is not None:
        return found
    weights = attention_weights(q, k, mask, scale)
    by_q = by_k = by_v = None
    if needs[0] or needs[1]:
        weighted = matmul(g, swap(v, -1, -2)) * weights
        scores = (weighted - weights * summed(weighted, weights.ndim - 1, True)) * scale
        if needs[0]:
            by_q = matmul(scores, k)
        if needs[1]:
            by_k = matmul(swap(scores, -1, -2), q)
    if needs[2]:
        by_v = matmul(swap(weights, -1, -2), g)
    return by_q, by_k, by_v


def _check(q: Any, k: Any, v: Any, mask: Any, is_causal: bool) -> None:
    kinds = {t._data.dtype for t in (q, k, v)}
    if len(kinds) > 1:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype:"
            f" {_kind(q)} key.dtype: {_kind(k)} and value.dtype: {_kind(v)} instead."
        )
    if min(t._data.ndim for t in (q, k, v)) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim():"
            f" {q._data.ndim}, key.dim(): {k._data.ndim} and value.dim(): {v._data.ndim} instead."
        )
    if mask is not None:
        if mask._data.dtype.kind != "b" and mask._data.dtype is not q._data.dtype:
            raise RuntimeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype:"
                f" {_kind(mask)} and  query.dtype: {_kind(q)} instead."
            )
        if is_causal:
            raise RuntimeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
            )


def _kind(t: Tensor) -> str:
    from .outputs import c_name

    return c_name(t.dtype)


def _causal(q: Any, k: Any) -> Array:
    """0 where a query may look, -inf at keys behind it."""
    allowed = np.tri(q._data.shape[-2], k._data.shape[-2], dtype=bool)
    return np.where(allowed, 0, -np.inf).astype(q._data.dtype)


def _no_kernel() -> RuntimeError:
    says = "No viable backend for scaled_dot_product_attention was found"
    if allowed["flash"]:
        says = (
            "No available kernel. Aborting execution. SDPBackend.FLASH_ATTENTION is allowed, but not for such arguments"
        )
    return RuntimeError(
        f"{says}. On the CPU there are SDPBackend.MATH, for any arguments, and SDPBackend.FLASH_ATTENTION, for four"
        " dimensions without dropout, without gradients of the mask; torch.nn.attention.sdpa_kernel or"
        " torch.backends.cuda has switched off what would have been used."
    )


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(query · keyᵀ · scale + mask) · value.

    Args:
        query: shape (*, L, E).
        key: shape (*, S, E).
        value: shape (*, S, V).
        attn_mask: broadcast to (*, L, S); True where a query may look, or numbers that are added.
        dropout_p: the probability with which weights are set to zero; 0 in evaluation.
        is_causal: query i may look at the keys 0 to i.
        scale: by default 1 / √E.
        enable_gqa: several heads of the query (dimension -3) share one of key and value.

    Returns:
        Shape (*, L, V).

    Raises:
        RuntimeError: dtypes or shapes that do not fit, a mask together with `is_causal`, or no kernel is allowed.
    """
    q: Any
    k: Any
    v: Any
    q, k, v = query, key, value
    _check(q, k, v, attn_mask, is_causal)
    size = q._data.shape[-1]
    if scale is None:
        scale = 1.0 / math.sqrt(size) if size else 1.0
    mask: Any = attn_mask
    if mask is not None and mask._data.dtype.kind == "b":
        mask = new_tensor(np.where(mask._data, 0, -np.inf).astype(q._data.dtype))
    flash = (
        q._data.ndim == k._data.ndim == v._data.ndim == 4
        and dropout_p == 0.0
        and not enable_gqa
        and (mask is None or (mask._data.ndim in (2, 4) and not (mask.requires_grad or mask._flags & TANGENT)))
        and q._data.shape[:2] == k._data.shape[:2] == v._data.shape[:2]
        and size == v._data.shape[-1]
        and q._data.dtype.kind in "fV"
        and q.numel() > 0
        and k.numel() > 0
        and all(t._data.strides[-1] == t._data.itemsize for t in (q, k, v))
    )
    if not ((allowed["flash"] and flash) or allowed["math"]):
        raise _no_kernel()
    if is_causal and mask is None:
        mask = new_tensor(_causal(q, k))
    if flash and allowed["flash"]:
        return flash_attention.call(q, k, v, mask, scale)
    if enable_gqa:
        k = k.repeat_interleave(q.size(-3) // k.size(-3), -3)
        v = v.repeat_interleave(q.size(-3) // v.size(-3), -3)
    root = math.sqrt(abs(scale))
    scores: Any = scaled_by(q, -root if scale < 0 else root) @ scaled_by(k.transpose(-2, -1), root)
    if mask is not None:
        scores = scores + mask
    weights = safe_softmax.call(scores) if q._data.dtype.kind != "c" else softmax_dim.call(scores, scores.ndim - 1)
    if dropout_p > 0.0:
        from ..nn.functional.dropout import dropout

        weights = dropout(weights, dropout_p)
    return weights @ v


METHODS: dict[str, Any] = {}

__all__: list[str] = []
