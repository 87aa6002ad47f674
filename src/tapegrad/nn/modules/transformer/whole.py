"""Encoder and decoder together."""

from __future__ import annotations

from typing import Any

from ....tensor.tensor import Tensor
from ... import functional as F
from ... import init
from ..module import Module
from ..normalization import LayerNorm
from .layers import TransformerDecoderLayer, TransformerEncoderLayer
from .parts import Activation, _generate_square_subsequent_mask
from .stacks import TransformerDecoder, TransformerEncoder


class Transformer(Module):
    """An encoder, and a decoder that attends to what the encoder gives.

    Args:
        d_model: features of inputs and outputs.
        nhead: heads of each attention.
        num_encoder_layers, num_decoder_layers: layers of each.
        dim_feedforward: features between the two linear layers.
        dropout: share that is zeroed in training.
        activation: between the linear layers: "relu", "gelu" or a function.
        custom_encoder, custom_decoder: modules to take in their places.
        layer_norm_eps: added to the variance in the layer norms.
        batch_first: inputs have shape (batch, time, features) instead of (time, batch, features).
        norm_first: normalise before attention and linear layers, rather than after.
        bias: whether linear layers and norms have biases.

    Shape:
        src (S, N, E) or (S, E) and tgt (T, N, E) or (T, E) → (T, N, E) or (T, E).

    >>> import tapegrad as torch
    >>> model = torch.nn.Transformer(16, 4, 1, 1, dim_feedforward=32, batch_first=True)
    >>> model(torch.randn(2, 10, 16), torch.randn(2, 7, 16)).shape
    torch.Size([2, 7, 16])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        options = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias,
                   device, dtype)  # fmt: skip
        norm = {"eps": layer_norm_eps, "bias": bias, "device": device, "dtype": dtype}
        if custom_encoder is not None:
            self.encoder = custom_encoder
        else:
            layer = TransformerEncoderLayer(*options)
            self.encoder = TransformerEncoder(layer, num_encoder_layers, LayerNorm(d_model, **norm))
        if custom_decoder is not None:
            self.decoder = custom_decoder
        else:
            decoder_layer = TransformerDecoderLayer(*options)
            self.decoder = TransformerDecoder(decoder_layer, num_decoder_layers, LayerNorm(d_model, **norm))
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The decoder's output for a source and a target sequence.

        Args:
            src, tgt: the sequences.
            src_mask, tgt_mask, memory_mask: shapes (S, S), (T, T) and (T, S), or with N · nhead before; True, or
                numbers to add, where attention is not allowed.
            src_key_padding_mask, tgt_key_padding_mask, memory_key_padding_mask: shapes (N, S), (N, T) and (N, S);
                likewise, for elements that do not count.
            src_is_causal, tgt_is_causal, memory_is_causal: hints that the masks are causal ones.

        Raises:
            RuntimeError: batches or features do not go together.
        """
        batch = 0 if self.batch_first else 1
        if src.dim() == 3 and src.size(batch) != tgt.size(batch):
            raise RuntimeError(
                f"the batch number of src and tgt must be equal. Found: {src.size(batch)} and {tgt.size(batch)}."
            )
        if src.size(-1) != self.d_model or tgt.size(-1) != self.d_model:
            raise RuntimeError(
                "the feature number of src and tgt must be equal to d_model."
                f" Found: {src.size(-1)}, {tgt.size(-1)} and {self.d_model}."
            )
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The causal mask: -inf for what comes later, else 0.

        >>> import tapegrad as torch
        >>> torch.nn.Transformer.generate_square_subsequent_mask(2)
        tensor([[0., -inf],
                [0., 0.]])
        """
        return _generate_square_subsequent_mask(sz, device, dtype)

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.dim() > 1:
                init.xavier_uniform_(parameter)
