"""Transformer modules: how they are put together, their masks, and padding in evaluation."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import tapegrad as torch

nn = torch.nn


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def encoder_layer(**options: Any) -> Any:
    torch.manual_seed(0)
    return nn.TransformerEncoderLayer(4, 2, 8, 0.0, dtype=torch.float64, **options)


@pytest.mark.parametrize("activation", ["relu", "gelu", torch.tanh, nn.SiLU()])
def test_an_encoder_layer_is_attention_and_two_linear_layers(activation: Any) -> None:
    m, x = encoder_layer(activation=activation), numbers(3, 2, 4)
    function = getattr(torch.nn.functional, activation) if isinstance(activation, str) else activation
    y = m.norm1(x + m.self_attn(x, x, x)[0])
    y = m.norm2(y + m.linear2(function(m.linear1(y))))
    assert torch.allclose(m(x), y)


def test_norms_may_come_first() -> None:
    m, x = encoder_layer(norm_first=True), numbers(3, 2, 4)
    n = m.norm1(x)
    y = x + m.self_attn(n, n, n)[0]
    y = y + m.linear2(m.linear1(m.norm2(y)).relu())
    assert torch.allclose(m(x), y)


def test_a_decoder_layer_attends_to_itself_and_to_memory() -> None:
    m = nn.TransformerDecoderLayer(4, 2, 8, 0.0, dtype=torch.float64)
    x, memory = numbers(3, 2, 4), numbers(5, 2, 4)
    y = m.norm1(x + m.self_attn(x, x, x)[0])
    y = m.norm2(y + m.multihead_attn(y, memory, memory)[0])
    y = m.norm3(y + m.linear2(m.linear1(y).relu()))
    assert torch.allclose(m(x, memory), y)


def test_a_transformer_is_an_encoder_and_a_decoder() -> None:
    m = nn.Transformer(4, 2, 2, 1, 8, 0.0, batch_first=True, dtype=torch.float64)
    src, tgt = numbers(2, 5, 4), numbers(2, 3, 4)
    assert torch.equal(m(src, tgt), m.decoder(tgt, m.encoder(src)))


def test_layers_of_a_stack_are_copies_with_weights_of_their_own() -> None:
    m = nn.TransformerEncoder(encoder_layer(batch_first=True), 3)
    first, second, _ = m.layers
    assert torch.equal(first.linear1.weight, second.linear1.weight)
    assert first.linear1.weight is not second.linear1.weight
    assert len(list(m.parameters())) == 3 * len(list(first.parameters()))


def test_a_causal_mask_is_recognised() -> None:
    detect = torch.nn.modules.transformer._detect_is_causal_mask
    causal = nn.Transformer.generate_square_subsequent_mask(3)
    assert detect(causal)
    assert detect(causal, False) is False
    assert not detect(torch.zeros(3, 3))
    assert not detect(None)
    assert not detect(causal, None, 4)


def test_padding_gives_zeros_in_evaluation_only() -> None:
    m = nn.TransformerEncoder(encoder_layer(batch_first=True), 1)
    x, padding = numbers(2, 3, 4), torch.tensor([[False, True, True], [False, False, False]])
    assert (m(x, src_key_padding_mask=padding)[0, 1:] != 0).all()
    m.eval()
    with torch.no_grad():
        y = m(x, src_key_padding_mask=padding)
    assert (y[0, 1:] == 0).all()
    assert torch.allclose(y[0, :1], m(x[:1, :1])[0])


def test_padding_within_a_sequence_is_not_left_out() -> None:
    m = nn.TransformerEncoder(encoder_layer(batch_first=True), 1).eval()
    with torch.no_grad():
        y = m(numbers(1, 3, 4), src_key_padding_mask=torch.tensor([[False, True, False]]))
    assert (y != 0).all()


def test_copies_and_pickles_compute_the_same() -> None:
    m, x = encoder_layer(activation="gelu"), numbers(3, 2, 4)
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        assert torch.equal(other(x), m(x))


def test_batches_must_agree() -> None:
    m = nn.Transformer(4, 2, 1, 1, 8, batch_first=True)
    with pytest.raises(RuntimeError, match="the batch number of src and tgt must be equal"):
        m(torch.zeros(2, 5, 4), torch.zeros(3, 5, 4))
    with pytest.raises(RuntimeError, match="the feature number of src and tgt must be equal to d_model"):
        m(torch.zeros(5, 2, 4), torch.zeros(5, 2, 3))


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(RuntimeError, match="activation should be relu/gelu, not sin"):
        encoder_layer(activation="sin")
