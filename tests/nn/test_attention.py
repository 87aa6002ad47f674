"""MultiheadAttention: against its formula, its masks, and what is refused."""

from __future__ import annotations

import math

import pytest

import tapegrad as torch


def made(**options: object) -> torch.nn.MultiheadAttention:
    torch.manual_seed(0)
    return torch.nn.MultiheadAttention(6, 2, dtype=torch.float64, **options)


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def test_output_and_weights_are_those_of_the_formula() -> None:
    m, q, k, v = made(), numbers(3, 6), numbers(4, 6), numbers(4, 6)
    projections = zip((q, k, v), m.in_proj_weight.chunk(3), m.in_proj_bias.chunk(3), strict=True)
    q_heads, k_heads, v_heads = ((x @ w.T + b).chunk(2, 1) for x, w, b in projections)
    weights = [(a @ b.T / math.sqrt(3)).softmax(1) for a, b in zip(q_heads, k_heads, strict=True)]
    heads = torch.cat([w @ c for w, c in zip(weights, v_heads, strict=True)], 1)
    output, averaged = m(q, k, v)
    assert torch.allclose(output, heads @ m.out_proj.weight.T + m.out_proj.bias)
    assert torch.allclose(averaged, (weights[0] + weights[1]) / 2)


@pytest.mark.parametrize("options", [{}, {"kdim": 4, "vdim": 5}, {"add_bias_kv": True}, {"add_zero_attn": True}])
def test_asking_for_weights_does_not_change_the_output(options: dict[str, object]) -> None:
    m = made(**options)
    q, k, v = numbers(3, 2, 6), numbers(4, 2, m.kdim), numbers(4, 2, m.vdim)
    assert torch.allclose(m(q, k, v)[0], m(q, k, v, need_weights=False)[0])
    assert m(q, k, v, need_weights=False)[1] is None


def test_padding_does_not_count() -> None:
    m, q, k = made(), numbers(3, 2, 6), numbers(4, 2, 6)
    padding = torch.tensor([[False, False, True, True]] * 2)
    output, weights = m(q, k, k, key_padding_mask=padding)
    assert torch.allclose(output, m(q, k[:2], k[:2])[0])
    assert (weights[:, :, 2:] == 0).all()


def test_a_causal_mask_hides_what_comes_later() -> None:
    m, x = made(), numbers(4, 1, 6)
    mask = torch.ones(4, 4, dtype=torch.bool).triu(1)
    whole = m(x, x, x, attn_mask=mask)[0]
    assert torch.allclose(whole[:2], m(x[:2], x[:2], x[:2], attn_mask=mask[:2, :2])[0])


def test_the_hint_alone_gives_the_same_as_the_mask() -> None:
    m, x = made(), numbers(4, 1, 6)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64)
    hinted = m(x, x, x, attn_mask=mask, is_causal=True, need_weights=False)[0]
    assert torch.allclose(hinted, m(x, x, x, attn_mask=mask)[0])


def test_the_batch_may_come_first() -> None:
    time_first, batch_first = made(), made(batch_first=True)
    q, k = numbers(3, 2, 6), numbers(4, 2, 6)
    one = time_first(q, k, k)
    other = batch_first(q.transpose(0, 1), k.transpose(0, 1), k.transpose(0, 1))
    assert torch.allclose(one[0], other[0].transpose(0, 1))
    assert torch.allclose(one[1], other[1])


def test_without_a_batch_it_is_a_batch_of_one() -> None:
    m, q, k = made(batch_first=True), numbers(3, 6), numbers(4, 6)
    output, weights = m(q, k, k)
    batched, batched_weights = m(q[None], k[None], k[None])
    assert torch.allclose(output, batched[0])
    assert torch.allclose(weights, batched_weights[0])


def test_dropout_is_for_training() -> None:
    m, x = made(dropout=0.5), numbers(4, 1, 6)
    assert not torch.equal(m(x, x, x)[0], m(x, x, x)[0])
    m.eval()
    assert torch.equal(m(x, x, x)[0], m(x, x, x)[0])


def test_second_derivatives_are_right() -> None:
    m, x = made(), numbers(2, 1, 6).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda x: m(x, x, x)[0], (x,))
    assert torch.autograd.gradgradcheck(lambda x: m(x, x, x, need_weights=False)[0], (x,))


def test_heads_must_divide_the_features() -> None:
    with pytest.raises(AssertionError, match=r"embed_dim must be divisible by num_heads. Found: 6 and 4"):
        torch.nn.MultiheadAttention(6, 4)


def test_a_hint_without_a_mask_is_refused() -> None:
    x = numbers(4, 1, 6)
    with pytest.raises(RuntimeError, match="Need attn_mask if specifying the is_causal hint"):
        made()(x, x, x, is_causal=True)


def test_a_kernel_that_does_not_fit_the_arguments_is_not_available() -> None:
    q = torch.zeros(1, 2, 3, 4)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.FLASH_ATTENTION):
        torch.nn.functional.scaled_dot_product_attention(q, q, q)
        with pytest.raises(RuntimeError, match="^No available kernel. Aborting execution."):
            torch.nn.functional.scaled_dot_product_attention(q, q, q, dropout_p=0.5)
    with torch.nn.attention.sdpa_kernel([]), pytest.raises(RuntimeError, match="^No viable backend for"):
        torch.nn.functional.scaled_dot_product_attention(q, q, q)
    torch.nn.functional.scaled_dot_product_attention(q, q, q, dropout_p=0.5)
