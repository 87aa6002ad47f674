"""MultiheadAttention and the Transformer modules."""

from __future__ import annotations

import copy
import warnings
from typing import Any

from .attempts import attempts

L, S, N, E = 2, 3, 2, 4


def tensor(torch: Any, *shape: int) -> Any:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def attention(torch: Any, **options: Any) -> Any:
    return torch.nn.MultiheadAttention(E, 2, dtype=torch.float64, **options)


def gradients(*tensors: Any) -> list[Any]:
    """Gradients without what is only rounding: 0 for the biases of keys, for one."""
    return [t.grad.round(decimals=8) + 0.0 for t in tensors]


def padding(lib: Any) -> Any:
    return lib.tensor([[False, False, True], [False, False, False]])


def causal(lib: Any) -> Any:
    return lib.ones(L, S, dtype=lib.bool).triu(1)


def run(torch: Any, m: Any, call: Any = None, **masks: Any) -> Any:
    """Output, weights, and all gradients."""
    q, k, v = tensor(torch, L, N, E), tensor(torch, S, N, m.kdim), tensor(torch, S, N, m.vdim)
    if m.batch_first:
        q, k, v = (x.detach().transpose(0, 1).contiguous().requires_grad_() for x in (q, k, v))
    output, weights = m(q, k, v, **masks)
    (output.square().sum() + (0 if weights is None else weights.square().sum())).backward()
    return output, weights, gradients(q, k, v, *m.parameters())


def plain(torch: Any) -> Any:
    return run(torch, attention(torch))


def batch_first(torch: Any) -> Any:
    return run(torch, attention(torch, batch_first=True), need_weights=False)


def other_features(torch: Any) -> Any:
    return run(torch, attention(torch, kdim=3, vdim=5)), run(torch, attention(torch, kdim=3, bias=False))


def learned_and_zero_keys(torch: Any) -> Any:
    m = attention(torch, add_bias_kv=True, add_zero_attn=True)
    return run(torch, m, key_padding_mask=padding(torch), attn_mask=causal(torch))


def without_weights(torch: Any) -> Any:
    return run(torch, attention(torch), need_weights=False, key_padding_mask=padding(torch))


def weights_of_each_head(torch: Any) -> Any:
    return run(torch, attention(torch), average_attn_weights=False, attn_mask=causal(torch))


def masks_of_numbers(torch: Any) -> Any:
    return run(torch, attention(torch), attn_mask=torch.randn(N * 2, L, S, dtype=torch.float64))


def masks_of_two_kinds_warn(torch: Any) -> Any:
    numbers = torch.zeros(N, S, dtype=torch.float64)
    return run(torch, attention(torch), key_padding_mask=numbers, attn_mask=causal(torch))[0]


def causal_hint(torch: Any) -> Any:
    m, x = attention(torch), tensor(torch, S, N, E)
    mask = torch.ones(S, S, dtype=torch.bool).triu(1)
    return [m(x, x, x, attn_mask=mask, is_causal=True, need_weights=need)[0] for need in (True, False)]


def without_a_batch(torch: Any) -> Any:
    m, x = attention(torch), tensor(torch, S, E)
    return m(x, x, x), m(x, x, x, need_weights=False)


def attention_to_itself(torch: Any) -> Any:
    x = tensor(torch, S, N, E)
    return [attention(torch, batch_first=first)(x, x, x) for first in (True, False)]


def in_evaluation(torch: Any) -> Any:
    m, x = attention(torch, dropout=0.5).eval(), tensor(torch, S, N, E)
    with torch.no_grad():
        return m(x, x, x)


def dropout(torch: Any) -> Any:
    m, x = attention(torch, dropout=0.5), tensor(torch, S, N, E)
    return m(x, x, x)


def first_values(torch: Any) -> Any:
    made = ({}, {"bias": False}, {"kdim": 2, "vdim": 3}, {"add_bias_kv": True})
    return [dict(torch.nn.MultiheadAttention(2, 1, **options).state_dict()) for options in made]


def options_are_checked(torch: Any) -> Any:
    made = torch.nn.MultiheadAttention
    return attempts(lambda: made(0, 1), lambda: made(4, 0), lambda: made(4, 3))


def inputs_are_checked(torch: Any) -> Any:
    m, x = attention(torch), tensor(torch, S, N, E)
    return attempts(
        lambda: m(x[:, 0], x, x),
        lambda: m(x[0, 0], x, x),
        lambda: m(x, x, x[:2]),
        lambda: m(x[..., :2], x, x),
        lambda: m(x, x, x, attn_mask=torch.zeros(2, 2, dtype=torch.float64)),
        lambda: m(x, x, x, attn_mask=torch.zeros(3, 3, dtype=torch.int64)),
        lambda: m(x, x, x, key_padding_mask=torch.zeros(1, 3, dtype=torch.float64)),
        lambda: m(x, x, x, key_padding_mask=torch.zeros(3, dtype=torch.float64)),
    )


def merged_masks(torch: Any) -> Any:
    m, x = attention(torch), torch.zeros(2, 3, 4)
    square, pad = torch.randn(3, 3), torch.randn(2, 3)
    return [m.merge_masks(*masks, x) for masks in ((square, pad), (square, None), (None, pad), (None, None))]


def canonical_masks(torch: Any) -> Any:
    F = torch.nn.functional
    return attempts(
        lambda: F._canonical_mask(torch.tensor([True, False]), "a", torch.bool, "b", torch.float32),
        lambda: F._canonical_mask(torch.tensor([True, False]), "a", torch.float32, "b", torch.float32),
        lambda: F._canonical_mask(torch.tensor([1, 0]), "a", None, "", torch.float32),
        lambda: F._canonical_mask(None, "a", None, "", torch.float32),
        lambda: [F._none_or_dtype(None), F._none_or_dtype(torch.zeros(1))],
        lambda: F._none_or_dtype(5),
    )


# -- Transformer -------------------------------------------------------------------------------------------------------


def model(torch: Any, **options: Any) -> Any:
    return torch.nn.Transformer(E, 2, 1, 1, 6, 0.0, dtype=torch.float64, **options)


def translate(torch: Any, m: Any, **masks: Any) -> Any:
    src, tgt = tensor(torch, S, N, E), tensor(torch, L, N, E)
    if m.batch_first:
        src, tgt = (x.detach().transpose(0, 1).contiguous().requires_grad_() for x in (src, tgt))
    output = m(src, tgt, **masks)
    output.pow(3).sum().backward()
    return output, gradients(src, tgt, *m.parameters())


def texts_of_transformers(torch: Any) -> Any:
    nn = torch.nn
    return str(model(torch)), str(nn.TransformerEncoderLayer(4, 2, activation=nn.GELU()))


def transformer(torch: Any) -> Any:
    return translate(torch, model(torch))


def transformer_with_gelu_and_norm_first(torch: Any) -> Any:
    return translate(torch, model(torch, activation="gelu", norm_first=True, batch_first=True))


def transformer_without_biases(torch: Any) -> Any:
    return translate(torch, model(torch, bias=False))


def transformer_with_masks(torch: Any) -> Any:
    square, pad = torch.nn.Transformer.generate_square_subsequent_mask, padding(torch)
    return translate(
        torch, model(torch), src_mask=square(S, dtype=torch.float64), tgt_mask=square(L, dtype=torch.float64),
        src_key_padding_mask=pad.double().masked_fill(pad, float("-inf")),
        memory_key_padding_mask=pad.double().masked_fill(pad, float("-inf")), tgt_is_causal=True,
    )  # fmt: skip


def square_masks(torch: Any) -> Any:
    square = torch.nn.Transformer.generate_square_subsequent_mask
    return square(3), square(2, dtype=torch.float64), square(0)


def first_values_of_transformers(torch: Any) -> Any:
    return [float(p.sum()) for p in torch.nn.Transformer(4, 2, 1, 1, 6).state_dict().values()]


def shapes_are_checked(torch: Any) -> Any:
    m, z = model(torch), torch.zeros(5, 2, 4, dtype=torch.float64)
    return attempts(lambda: m(z, z[:, :1]), lambda: m(z, z[..., :3]), lambda: m(z[:, 0], z[:2, 0]).shape)


def unknown_activations(torch: Any) -> Any:
    return attempts(lambda: torch.nn.TransformerEncoderLayer(4, 2, activation="sin"))


def encoders_say_why_they_keep_padding(torch: Any) -> Any:
    nn, found = torch.nn, []
    for options in ({"batch_first": True}, {"norm_first": True}, {"bias": False}, {"activation": torch.tanh}, {}):
        layer = nn.TransformerEncoderLayer(4, 2, 8, **({"batch_first": True} | options if options else {}))
        found.append(nn.TransformerEncoder(layer, 1).use_nested_tensor)
    return found, nn.TransformerEncoder(nn.TransformerDecoderLayer(4, 2, 8), 1).num_layers


def padding_is_left_out_in_evaluation(torch: Any) -> Any:
    nn = torch.nn
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2, nn.LayerNorm(4)).eval()
    x, found = torch.randn(2, 3, 4), []
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for pad in (padding(torch), padding(torch).flip(1)):
            found.append(encoder(x, src_key_padding_mask=pad))
    return [(y * 100).round() for y in found]


def decoder(torch: Any) -> Any:
    nn = torch.nn
    m = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8, 0.0, dtype=torch.float64), 2)
    tgt, memory = tensor(torch, L, N, E), tensor(torch, S, N, E)
    y = m(tgt, memory, tgt_mask=nn.Transformer.generate_square_subsequent_mask(L, dtype=torch.float64))
    y.square().sum().backward()
    return y, gradients(tgt, memory)


def layers_are_copies(torch: Any) -> Any:
    nn = torch.nn
    m = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 2)
    first, second = m.layers
    equal = [bool((a == b).all()) for a, b in zip(first.parameters(), second.parameters(), strict=True)]
    return equal, first.linear1.weight is second.linear1.weight, list(copy.deepcopy(m).state_dict())[:3]


def given_parts(torch: Any) -> Any:
    m = torch.nn.Transformer(4, 2, custom_encoder=torch.nn.Identity(), custom_decoder=torch.nn.Identity())
    return str(m), m.d_model, m.nhead


def dropout_in_a_layer(torch: Any) -> Any:
    layer = torch.nn.TransformerEncoderLayer(4, 2, 8, 0.5, dtype=torch.float64)
    return layer(tensor(torch, S, N, E))
