"""Transformer (Vaswani et al., 2017): encoder, decoder, and both together."""

from .layers import TransformerDecoderLayer, TransformerEncoderLayer
from .parts import (
    _detect_is_causal_mask,
    _generate_square_subsequent_mask,
    _get_activation_fn,
    _get_clones,
    _get_seq_len,
)
from .stacks import TransformerDecoder, TransformerEncoder
from .whole import Transformer

__all__ = [
    "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
]  # fmt: skip
