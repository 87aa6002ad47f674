"""Recurrent layers: against their formulas, in every form of input, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch
from tapegrad.nn.utils import rnn

KINDS = ("RNN", "LSTM", "GRU")


def layer(kind: str, *sizes: int, **options: Any) -> Any:
    torch.manual_seed(0)
    return getattr(torch.nn, kind)(*sizes, dtype=torch.float64, **options)


def flat(x: Any) -> list[Any]:
    return [t for item in x for t in flat(item)] if isinstance(x, (tuple, list)) else [x]


def weights(m: Any) -> list[Any]:
    return [m.weight_ih_l0, m.weight_hh_l0, m.bias_ih_l0, m.bias_hh_l0]


def by_formula(kind: str, m: Any, x: Any) -> Any:
    """The outputs of one layer, written out."""
    w, u, b, d = weights(m)
    h = c = torch.zeros(x.shape[1], m.hidden_size, dtype=x.dtype)
    steps = []
    for row in x:
        p, q = row @ w.T + b, h @ u.T + d
        if kind == "RNN":
            h = torch.tanh(p + q)
        elif kind == "LSTM":
            i, f, g, o = (p + q).chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        else:
            (pr, pz, pn), (qr, qz, qn) = p.chunk(3, 1), q.chunk(3, 1)
            r, z = (pr + qr).sigmoid(), (pz + qz).sigmoid()
            h = (1 - z) * (pn + r * qn).tanh() + z * h
        steps.append(h)
    return torch.stack(steps)


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_and_gradients_are_those_of_the_formula(kind: str) -> None:
    m, x = layer(kind, 3, 4), torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    outputs, expected = m(x)[0], by_formula(kind, m, x)
    assert torch.allclose(outputs, expected, rtol=1e-12)
    wanted = [x, *weights(m)]
    found = torch.autograd.grad(outputs.sin().sum(), wanted)
    for ours, theirs in zip(found, torch.autograd.grad(expected.sin().sum(), wanted), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_other_direction_is_the_sequence_backwards(kind: str) -> None:
    m, one = layer(kind, 3, 4, bidirectional=True), layer(kind, 3, 4)
    for name, p in one.named_parameters():
        p.data = getattr(m, f"{name}_reverse").data
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    assert torch.allclose(m(x)[0][..., 4:], one(x.flip(0))[0].flip(0))


@pytest.mark.parametrize("options", [{}, {"bidirectional": True, "num_layers": 2}])
@pytest.mark.parametrize("kind", KINDS)
def test_packed_sequences_give_what_each_gives_alone(kind: str, options: dict[str, Any]) -> None:
    m = layer(kind, 3, 4, **options)
    sequences = [torch.randn(n, 3, dtype=torch.float64) for n in (2, 5, 1, 5)]
    packed, states = m(rnn.pack_sequence(sequences, enforce_sorted=False))
    outputs = rnn.unpack_sequence(packed)
    for i, sequence in enumerate(sequences):
        alone, state = m(sequence)
        assert torch.allclose(outputs[i], alone)
        for batch, single in zip(flat(states), flat(state), strict=True):
            assert torch.allclose(batch[:, i], single)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_gets_no_gradient_from_a_packed_sequence(kind: str) -> None:
    m = layer(kind, 3, 4)
    x = torch.randn(4, 2, 3, dtype=torch.float64, requires_grad=True)
    m(rnn.pack_padded_sequence(x, [4, 2]))[0].data.sum().backward()
    assert (x.grad[2:, 1] == 0).all()
    assert (x.grad[:2, 1] != 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_second_derivatives_are_right(kind: str) -> None:
    m = layer(kind, 2, 2, bidirectional=True)
    x = torch.randn(3, 1, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: m(x)[0], (x,))


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_that_serves_twice_gets_both_gradients(kind: str) -> None:
    m = layer(kind, 2, 3)
    h = torch.randn(1, 2, 3, dtype=torch.float64, requires_grad=True)
    y = m(torch.randn(2, 2, 2, dtype=torch.float64), (h, h) if kind == "LSTM" else h)[0]
    (g,) = torch.autograd.grad(y.sum(), h, create_graph=True)
    (again,) = torch.autograd.grad(g.square().sum(), h)
    assert g.shape == again.shape == h.shape


def test_a_long_sequence_needs_no_recursion() -> None:
    m, x = torch.nn.LSTM(1, 2), torch.randn(20_000, 1, 1, requires_grad=True)
    m(x)[0].sum().backward()
    assert x.grad.shape == x.shape


def test_saturated_gates_make_no_warnings_and_no_nan() -> None:
    m = torch.nn.LSTM(1, 2)
    y = m(torch.full((2, 1, 1), 1e30))[0]
    y.sum().backward()
    assert all(bool(p.grad.isfinite().all()) for p in m.parameters() if p is not m.weight_ih_l0)


@pytest.mark.parametrize("kind", KINDS)
def test_graphs_die_by_reference_counting(kind: str) -> None:
    import gc
    import weakref

    m, x = layer(kind, 2, 2), torch.randn(3, 1, 2, dtype=torch.float64)
    gc.collect()
    gc.disable()
    try:
        y = m(x)[0]
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("kind", KINDS)
def test_writing_into_outputs_is_an_error_in_the_backward_pass(kind: str) -> None:
    m = layer(kind, 2, 2)
    y = m(torch.randn(3, 1, 2, dtype=torch.float64))[0]
    y.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@pytest.mark.parametrize("kind", KINDS)
def test_final_states_have_memory_of_their_own(kind: str) -> None:
    with torch.no_grad():
        y, states = layer(kind, 2, 2)(torch.randn(3, 1, 2, dtype=torch.float64))
        before = y.clone()
        for state in flat(states):
            state.zero_()
    assert torch.equal(y, before)


def test_an_empty_batch_gives_empty_outputs() -> None:
    for kind in KINDS:
        y, states = layer(kind, 2, 3)(torch.zeros(4, 0, 2, dtype=torch.float64))
        assert y.shape == (4, 0, 3)
        assert all(state.shape == (1, 0, 3) for state in flat(states))
        y.sum().backward()


def test_weights_assigned_or_deleted_are_seen() -> None:
    m = torch.nn.GRU(2, 2)
    m.weight_hh_l0 = torch.nn.Parameter(torch.zeros(6, 2))
    assert m._flat_weights[1] is m.weight_hh_l0
    del m._parameters["weight_hh_l0"]
    assert m._flat_weights[1] is None


@pytest.mark.parametrize("kind", KINDS)
def test_first_states_of_the_wrong_size_are_refused_for_packed_input_too(kind: str) -> None:
    h = torch.zeros(1, 2, 4, dtype=torch.float64)
    packed = rnn.pack_sequence([torch.zeros(3, 3, dtype=torch.float64)])
    with pytest.raises(RuntimeError, match=r"Expected hidden(\[0\])? size \(1, 1, 4\), got \[1, 2, 4\]"):
        layer(kind, 3, 4)(packed, (h, h) if kind == "LSTM" else h)


def test_too_few_parameters_are_refused() -> None:
    x, h = torch.zeros(2, 1, 2), torch.zeros(1, 1, 2)
    with pytest.raises(RuntimeError, match="expected 4 parameters"):
        torch.gru(x, h, [torch.zeros(6, 2)], True, 1, 0.0, True, False, False)


def test_calls_of_neither_form_are_refused() -> None:
    with pytest.raises(TypeError, match="invalid combination of arguments"):
        torch.gru(torch.zeros(2, 1, 2), torch.zeros(1, 1, 2))


def test_lengths_beyond_the_padded_batch_are_refused() -> None:
    with pytest.raises(RuntimeError, match="A length of 6 exceeds the 5 steps"):
        rnn.pack_padded_sequence(torch.zeros(5, 2, 1), [6, 1])


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_twice_differentiated(side: str, batch_first: bool) -> None:
    xs = [torch.randn(n, 2, dtype=torch.float64, requires_grad=True) for n in (1, 3)]
    assert torch.autograd.gradgradcheck(
        lambda *xs: rnn.pad_sequence(list(xs), batch_first, padding_side=side).sin(), xs
    )


def test_packing_twice_differentiated() -> None:
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: rnn.pack_padded_sequence(x, [3, 2]).data.sin(), (x,))
    assert torch.autograd.gradgradcheck(
        lambda x: rnn.pad_packed_sequence(rnn.pack_padded_sequence(x, [3, 2]))[0].sin(), (x,)
    )
