"""Attention of several heads."""

from __future__ import annotations

from typing import Any

from ....tensor.factories import empty
from ....tensor.tensor import Parameter, Tensor
from ... import functional as F
from ... import init
from ..linear import NonDynamicallyQuantizableLinear
from ..module import Module


class MultiheadAttention(Module):
    """Attention of several heads (Vaswani et al., 2017): each looks at a projection of its own, side by side.

    MultiHead(Q, K, V) = concat(head_1, …, head_h) · W_O, where head_i = softmax(Q_i · K_iᵀ / √(E/h)) · V_i of
    Q_i = Q · W_Qi, K_i = K · W_Ki and V_i = V · W_Vi.

    Args:
        embed_dim: features E of queries and output, which all heads share.
        num_heads: number h of heads; must divide `embed_dim`.
        dropout: share of the attention weights that are zeroed in training.
        bias: whether the projections have biases.
        add_bias_kv: append a learned key and value to the sequence.
        add_zero_attn: append a key and value of zeros to the sequence.
        kdim, vdim: features of keys and of values, if not `embed_dim`.
        batch_first: input and output have shape (batch, time, features) instead of (time, batch, features).

    Attributes:
        in_proj_weight: W_Q, W_K and W_V, shape (3 · embed_dim, embed_dim); or None, and the three are `q_proj_weight`,
            `k_proj_weight` and `v_proj_weight`, if keys or values have other features than queries.
        in_proj_bias: shape (3 · embed_dim,), or None.
        out_proj: the layer with W_O.
        bias_k, bias_v: shape (1, 1, embed_dim), or None.

    Raises:
        ValueError: sizes that are not positive.
        AssertionError: `num_heads` does not divide `embed_dim`.

    >>> import tapegrad as torch
    >>> attention, x = torch.nn.MultiheadAttention(8, 2), torch.randn(5, 3, 8)
    >>> output, weights = attention(x, x, x)
    >>> output.shape, weights.shape
    (torch.Size([5, 3, 8]), torch.Size([3, 5, 5]))
    """

    __constants__ = ["batch_first"]
    bias_k: Parameter | None
    bias_v: Parameter | None
    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads}"
                " instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError(f"embed_dim must be divisible by num_heads. Found: {embed_dim} and {num_heads}.")

        def parameter(*shape: int) -> Parameter:
            return Parameter(empty(shape, device=device, dtype=dtype))

        separate = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
        if self._qkv_same_embed_dim:
            self.in_proj_weight = parameter(3 * embed_dim, embed_dim)
            for name in separate:
                self.register_parameter(name, None)
        else:
            for name, features in zip(separate, (embed_dim, self.kdim, self.vdim), strict=True):
                setattr(self, name, parameter(embed_dim, features))
            self.register_parameter("in_proj_weight", None)
        self.register_parameter("in_proj_bias", parameter(3 * embed_dim) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.bias_k = parameter(1, 1, embed_dim) if add_bias_kv else None
        self.bias_v = parameter(1, 1, embed_dim) if add_bias_kv else None
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        weights = (
            [self.in_proj_weight]
            if self._qkv_same_embed_dim
            else [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        )
        for weight in weights:
            init.xavier_uniform_(weight)  # type: ignore[arg-type]  # not None
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)  # type: ignore[arg-type]  # both have biases or none
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attention from queries to keys.

        Args:
            query: shape (L, N, E), or (N, L, E) if `batch_first`, or (L, E).
            key: shape (S, N, kdim), likewise.
            value: shape (S, N, vdim), likewise.
            key_padding_mask: shape (N, S) or (S,); True, or numbers to add, where keys do not count.
            need_weights: return the weights, too; without, a faster way is taken.
            attn_mask: shape (L, S) or (N · num_heads, L, S); True, or numbers to add, where attention is not allowed.
            average_attn_weights: average the weights over the heads.
            is_causal: a hint that `attn_mask` is the causal mask.

        Returns:
            Shape as the query's, and the weights, (N, L, S), or (N, num_heads, L, S), or None.
        """
        swap = self.batch_first and query.dim() == 3
        q, k, v = _time_first(query, key, value) if swap else (query, key, value)
        output, weights = F.multi_head_attention_forward(
            q, k, v, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k, self.bias_v,
            self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, training=self.training,
            key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim, q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight, v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return output.transpose(1, 0) if swap else output, weights

    def merge_masks(
        self, attn_mask: Tensor | None, key_padding_mask: Tensor | None, query: Tensor
    ) -> tuple[Tensor | None, int | None]:
        """Both masks as one, and its kind.

        Args:
            attn_mask: shape (L, L) or (N · num_heads, L, L), or None.
            key_padding_mask: shape (N, L), or None.
            query: shape (N, L, E).

        Returns:
            Shape (N, num_heads, L, L) and 2 if there is an `attn_mask`; the padding mask and 1 if there is only that.
        """
        padding: Any = key_padding_mask
        mask: Any = attn_mask
        if mask is None:
            return padding, None if padding is None else 1
        batch, length, _ = query.shape
        if mask.dim() == 3:
            merged = mask.view(batch, -1, length, length)
        else:
            merged = mask.view(1, 1, length, length).expand(batch, self.num_heads, -1, -1)
        if padding is not None:
            merged = merged + padding.view(batch, 1, 1, length).expand(-1, self.num_heads, -1, -1)
        return merged, 2


def _time_first(query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
    """The inputs with the first two dimensions exchanged; what is one tensor stays one, which allows one projection."""
    q = query.transpose(1, 0)
    k = q if key is query else key.transpose(1, 0)
    return q, k, k if value is key else value.transpose(1, 0)
