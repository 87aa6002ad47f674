"""Attention with several heads."""

from __future__ import annotations

import warnings
from typing import Any

from ...errors import unsupported
from ...ops.attention import scaled_dot_product_attention, selected
from ...tensor.tensor import Tensor
from .activations import softmax
from .dropout import dropout
from .linear import linear
from .padding import pad


def _check_shapes(query: Any, key: Any, value: Any, padding: Any, mask: Any, heads: int) -> bool:
    """Whether the inputs are batched; refuse numbers of dimensions that do not go together."""
    ndim = query.dim()
    if ndim not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor")
    kind, other = ("batched", "3-D") if ndim == 3 else ("unbatched", "2-D")
    if key.dim() != ndim or value.dim() != ndim:
        raise AssertionError(
            f"For {kind} ({other}) `query`, expected `key` and `value` to be {other} but found {key.dim()}-D and"
            f" {value.dim()}-D tensors respectively"
        )
    if padding is not None and padding.dim() != ndim - 1:
        raise AssertionError(
            f"For {kind} ({other}) `query`, expected `key_padding_mask` to be `None` or {ndim - 1}-D but found"
            f" {padding.dim()}-D tensor instead"
        )
    if mask is not None and mask.dim() not in (2, 3):
        raise AssertionError(
            f"For {kind} ({other}) `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.ndim}-D"
            " tensor instead"
        )
    if ndim == 2 and mask is not None and mask.dim() == 3:
        expected = (heads, query.shape[0], key.shape[0])
        if tuple(mask.shape) != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {mask.shape}")
    return ndim == 3


def _none_or_dtype(input: Tensor | None) -> Any:
    """The dtype of a tensor; None for None."""
    if input is None:
        return None
    if isinstance(input, Tensor):
        return input.dtype
    raise RuntimeError("input to _none_or_dtype() must be None or torch.Tensor")


def _canonical_mask(
    mask: Any, mask_name: str, other_type: Any, other_name: str, target_type: Any, check_other: bool = True
) -> Any:
    """A mask as numbers to add: a Boolean one is True where attention is not allowed.

    Args:
        mask: the mask, or None.
        mask_name: its name in messages.
        other_type: the dtype of the other mask, or None.
        other_name: the other's name.
        target_type: the dtype of the numbers.
        check_other: warn if the other mask has another dtype.
    """
    from ...tensor.dtypes import bool_ as boolean
    from ...tensor.likes import zeros_like

    if mask is None:
        return None
    if mask.dtype is not boolean and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {mask_name} are supported")
    if check_other and other_type is not None and mask.dtype is not other_type:
        warnings.warn(
            f"Support for mismatched {mask_name} and {other_name} is deprecated. Use same type for both instead.",
            UserWarning,
            stacklevel=3,
        )
    if mask.dtype is boolean:
        return zeros_like(mask, dtype=target_type).masked_fill_(mask, float("-inf"))
    return mask


def _projected(query: Any, key: Any, value: Any, weight: Any, bias: Any) -> tuple[Any, Any, Any]:
    """Queries, keys and values, with one matrix for all three."""
    size = query.size(-1)
    if key is value and query is key:
        projected = linear(query, weight, bias)
        parts: Any = projected.unflatten(-1, (3, size)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
        return tuple(selected.call(parts, 0))
    if key is value:
        w_q, w_kv = weight.split([size, size * 2])
        b_q, b_kv = (None, None) if bias is None else bias.split([size, size * 2])
        both: Any = linear(key, w_kv, b_kv)
        both = both.unflatten(-1, (2, size)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
        return (linear(query, w_q, b_q), *selected.call(both, 0))
    weights = weight.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return tuple(linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases, strict=True))  # type: ignore[return-value]


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention of several heads, with the projections before and after it (Vaswani et al., 2017).

    Args:
        query: shape (L, N, E) or (L, E).
        key, value: shape (S, N, E) or (S, E).
        key_padding_mask: shape (N, S) or (S,); True, or numbers to add, where keys do not count.
        attn_mask: shape (L, S) or (N · heads, L, S); True, or numbers to add, where attention is not allowed.
        need_weights: return the attention weights, too, averaged over the heads if `average_attn_weights`.

    Returns:
        Shape (L, N, E) or (L, E), and the weights, (N, L, S) or (N, heads, L, S), or None.

    Raises:
        AssertionError, RuntimeError: shapes or options that do not go together.
    """
    from ...ops.joining import cat
    from ...tensor.factories import zeros

    if static_k is not None or static_v is not None:
        raise unsupported("multi_head_attention_forward with static_k or static_v")
    batched = _check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    q: Any
    k: Any
    v: Any
    q, k, v = query, key, value
    if not batched:
        q = q.unsqueeze(1)
        same_k, same_v = key is query, value is key
        k = q if same_k else k.unsqueeze(1)
        v = k if same_v else v.unsqueeze(1)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    length, batch, size = q.shape
    source = k.shape[0]
    padding: Any = _canonical_mask(
        key_padding_mask, "key_padding_mask", _none_or_dtype(attn_mask), "attn_mask", q.dtype
    )
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    if is_causal and padding is None and not need_weights:
        attn_mask = None  # the hint says it all
    else:
        if padding is not None:
            is_causal = False
    mask: Any = _canonical_mask(attn_mask, "attn_mask", None, "", q.dtype, False)
    if size != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {size}")
    head = size // num_heads
    if head * num_heads != size:
        raise AssertionError(f"embed_dim {size} not divisible by num_heads {num_heads}")
    if use_separate_proj_weight:
        if k.shape[:2] != v.shape[:2]:
            raise AssertionError(f"key's sequence and batch dims {k.shape[:2]} do not match value's {v.shape[:2]}")
        b_q, b_k, b_v = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
        for name, w in (
            ("q_proj_weight", q_proj_weight),
            ("k_proj_weight", k_proj_weight),
            ("v_proj_weight", v_proj_weight),
        ):
            if w is None:
                raise AssertionError(f"use_separate_proj_weight is True but {name} is None")
        q, k, v = linear(q, q_proj_weight, b_q), linear(k, k_proj_weight, b_k), linear(v, v_proj_weight, b_v)  # type: ignore[arg-type]
    else:
        if k.shape != v.shape:
            raise AssertionError(f"key shape {k.shape} does not match value shape {v.shape}")
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _projected(q, k, v, in_proj_weight, in_proj_bias)
    if mask is not None:
        if mask.dim() == 2:
            if tuple(mask.shape) != (length, source):
                raise RuntimeError(f"The shape of the 2D attn_mask is {mask.shape}, but should be {(length, source)}.")
            mask = mask.unsqueeze(0)
        elif tuple(mask.shape) != (batch * num_heads, length, source):
            raise RuntimeError(
                f"The shape of the 3D attn_mask is {mask.shape}, but should be {(batch * num_heads, length, source)}."
            )
    if bias_k is not None and bias_v is not None:
        k, v = cat([k, bias_k.repeat(1, batch, 1)]), cat([v, bias_v.repeat(1, batch, 1)])
        mask, padding = _wider(mask), _wider(padding)
    elif bias_k is not None or bias_v is not None:
        raise AssertionError("bias_k and bias_v must both be given, or neither")
    q = q.view(length, batch * num_heads, head).transpose(0, 1)
    k = k.view(k.shape[0], batch * num_heads, head).transpose(0, 1)
    v = v.view(v.shape[0], batch * num_heads, head).transpose(0, 1)
    if add_zero_attn:
        extra = (batch * num_heads, 1, head)
        k, v = cat([k, zeros(extra, dtype=k.dtype)], dim=1), cat([v, zeros(extra, dtype=v.dtype)], dim=1)
        mask, padding = _wider(mask), _wider(padding)
    source = k.size(1)
    if padding is not None:
        for i, n in enumerate((batch, source)):
            if padding.shape[i] != n:
                raise AssertionError(f"Expected key_padded_mask.shape[{i}] to be {n}, but got {padding.shape[i]}")
        padding = padding.view(batch, 1, 1, source).expand(-1, num_heads, -1, -1)
        padding = padding.reshape(batch * num_heads, 1, source)
        mask = padding if mask is None else mask + padding
    if not training:
        dropout_p = 0.0
    if need_weights:
        return _with_weights(
            q, k, v, mask, dropout_p, (length, batch, size), num_heads, out_proj_weight, out_proj_bias,
            average_attn_weights, batched,
        )  # fmt: skip
    if mask is not None:
        mask = mask.unsqueeze(0) if mask.size(0) == 1 and mask.dim() == 3 else mask.view(batch, num_heads, -1, source)
    out: Any = scaled_dot_product_attention(
        q.view(batch, num_heads, length, head),
        k.view(batch, num_heads, source, head),
        v.view(batch, num_heads, source, head),
        mask, dropout_p, is_causal and mask is None,
    )  # fmt: skip
    out = out.permute(2, 0, 1, 3).contiguous().view(batch * length, size)
    out = linear(out, out_proj_weight, out_proj_bias)
    out = out.view(length, batch, out.size(1))
    return (out if batched else out.squeeze(1)), None


def _wider(mask: Any) -> Any:
    """A mask for one more key, to which attention is allowed."""
    return None if mask is None else pad(mask, (0, 1))


def _with_weights(
    q: Any, k: Any, v: Any, mask: Any, dropout_p: float, shape: tuple[int, int, int], heads: int,
    weight: Tensor, bias: Tensor | None, average: bool, batched: bool,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Attention by its definition, which has the weights."""
    from ...ops.products import bmm
    from ...ops.sums_of_products import baddbmm

    length, batch, size = shape
    scaled = q * (1.0 / q.shape[-1]) ** 0.5
    keys = k.transpose(-2, -1)
    scores = bmm(scaled, keys) if mask is None else baddbmm(mask, scaled, keys)
    weights: Any = softmax(scores, dim=-1)
    if dropout_p > 0.0:
        weights = dropout(weights, p=dropout_p)
    out: Any = bmm(weights, v)
    out = out.transpose(0, 1).contiguous().view(length * batch, size)
    out = linear(out, weight, bias)
    out = out.view(length, batch, out.size(1))
    weights = weights.view(batch, heads, length, k.size(1))
    if average:
        weights = weights.mean(dim=1)
    return (out, weights) if batched else (out.squeeze(1), weights.squeeze(0))


__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]
