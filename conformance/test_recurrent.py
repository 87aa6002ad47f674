"""Recurrent layers beside torch's: values, both derivatives, packed sequences, first values, in many forms."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

KINDS = ("RNN", "LSTM", "GRU")
FORMS = ("time first", "batch first", "unbatched", "packed", "packed unsorted", "packed of one length")
OPTIONS = [
    {}, {"num_layers": 2}, {"bidirectional": True}, {"num_layers": 3, "bidirectional": True, "bias": False},
    {"nonlinearity": "relu"}, {"proj_size": 2, "num_layers": 2, "bidirectional": True},
]  # fmt: skip
LENGTHS = {"packed": (4, 2, 2), "packed unsorted": (1, 4, 2), "packed of one length": (3, 3, 3)}
CASES = [
    (kind, options, form)
    for kind, options, form in itertools.product(KINDS, OPTIONS, FORMS)
    if not ("nonlinearity" in options and kind != "RNN") and not ("proj_size" in options and kind != "LSTM")
]


def flat(x: Any) -> list[Any]:
    if isinstance(x, (tuple, list)) and not hasattr(x, "batch_sizes"):
        return [t for item in x for t in flat(item)]
    return [x.data] if hasattr(x, "batch_sizes") else [x]


def layer(lib: Any, kind: str, options: dict[str, Any], dtype: str, batch_first: bool = False) -> Any:
    lib.manual_seed(1)
    return getattr(lib.nn, kind)(3, 4, dtype=getattr(lib, dtype), batch_first=batch_first, **options)


def inputs(lib: Any, form: str, dtype: str) -> tuple[Any, list[Any]]:
    """What the layer is called with, and the leaves of it."""
    rng = np.random.default_rng(0)

    def leaf(*shape: int) -> Any:
        return lib.from_numpy(rng.standard_normal(shape).astype(dtype)).requires_grad_()

    if form in LENGTHS:
        leaves = [leaf(n, 3) for n in LENGTHS[form]]
        return lib.nn.utils.rnn.pack_sequence(leaves, enforce_sorted=form != "packed unsorted"), leaves
    x = leaf(5, 3) if form == "unbatched" else leaf(3, 5, 3) if form == "batch first" else leaf(5, 3, 3)
    return x, [x]


def run(lib: Any, kind: str, options: dict[str, Any], form: str, dtype: str, second: bool) -> list[Any]:
    m = layer(lib, kind, options, dtype, form == "batch first")
    x, leaves = inputs(lib, form, dtype)
    wanted = [*leaves, *m.parameters()]
    results = flat(m(x))
    rng = np.random.default_rng(2)
    cotangents = [lib.from_numpy(rng.standard_normal(tuple(y.shape)).astype(dtype)) for y in results]
    first = lib.autograd.grad(results, wanted, cotangents, create_graph=second)
    found = [*results, *first]
    if second:
        cotangents = [lib.from_numpy(rng.standard_normal(tuple(g.shape)).astype(dtype)) for g in first]
        found += lib.autograd.grad(first, wanted, cotangents)
    return [t.detach().numpy() for t in found]


def assert_close(expected: list[Any], got: list[Any], tolerance: float) -> None:
    assert len(got) == len(expected)
    for e, g in zip(expected, got, strict=True):
        assert (g.dtype, g.shape) == (e.dtype, e.shape)
        np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance * (1 + np.abs(e).max(initial=0.0)))


@pytest.mark.parametrize(("kind", "options", "form"), CASES)
def test_values_and_both_derivatives_agree_in_double_precision(kind: str, options: dict[str, Any], form: str) -> None:
    expected, got = (run(lib, kind, options, form, "float64", True) for lib in (real, ours))
    assert_close(expected, got, 1e-10)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize(("kind", "options", "form"), CASES)
def test_values_and_gradients_agree_in_single_precision(kind: str, options: dict[str, Any], form: str) -> None:
    expected, got = (run(lib, kind, options, form, "float32", False) for lib in (real, ours))
    assert_close(expected, got, 1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_agrees(kind: str, dtype: str) -> None:
    found = []
    for lib in (real, ours):
        m = layer(lib, kind, {}, dtype)
        x = lib.from_numpy(np.linspace(-1, 1, 18, dtype="float32").reshape(3, 2, 3)).to(getattr(lib, dtype))
        found.append(flat(m(x))[0].detach().float().numpy())
    np.testing.assert_allclose(found[1], found[0], rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("options", OPTIONS[:4])
@pytest.mark.parametrize("kind", KINDS)
def test_first_values_are_torchs_bit_for_bit(kind: str, options: dict[str, Any]) -> None:
    expected, got = (layer(lib, kind, options, "float32").state_dict() for lib in (real, ours))
    assert list(got) == list(expected)
    for name in expected:
        np.testing.assert_array_equal(got[name].numpy(), expected[name].numpy(), err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_training_takes_the_same_course(kind: str) -> None:
    """Twenty steps of gradient descent end at the same weights."""
    found = []
    for lib in (real, ours):
        m = layer(lib, kind, {"num_layers": 2}, "float64")
        x, _ = inputs(lib, "time first", "float64")
        for _ in range(20):
            flat(m(x))[0].square().mean().backward()
            with lib.no_grad():
                for p in m.parameters():
                    p -= 0.5 * p.grad
                    p.grad = None
        found.append([p.detach().numpy() for p in m.parameters()])
    assert_close(found[0], found[1], 1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_draws_the_same_numbers(kind: str) -> None:
    found = []
    for lib in (real, ours):
        m = layer(lib, kind, {"num_layers": 3, "dropout": 0.4}, "float64")
        x, _ = inputs(lib, "time first", "float64")
        lib.manual_seed(5)
        found.append([t.detach().numpy() for t in flat(m(x))])
    assert_close(found[0], found[1], 1e-12)


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_cells_agree_with_both_derivatives(kind: str) -> None:
    found = []
    for lib in (real, ours):
        lib.manual_seed(1)
        m = getattr(lib.nn, kind)(3, 4, dtype=lib.float64)
        x = lib.from_numpy(np.linspace(-1, 1, 6).reshape(2, 3)).requires_grad_()
        y = flat(m(x))
        first = lib.autograd.grad([t.square().sum() for t in y], [x, *m.parameters()], create_graph=True)
        second = lib.autograd.grad([g.square().sum() for g in first], [x, *m.parameters()])
        found.append([t.detach().numpy() for t in (*y, *first, *second)])
    assert_close(found[0], found[1], 1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_at_a_time_gives_what_the_whole_sequence_gives(kind: str) -> None:
    m = layer(ours, kind, {"num_layers": 2}, "float64")
    x, _ = inputs(ours, "time first", "float64")
    whole, state = m(x)[0], None
    steps = []
    for row in x.split(1):
        y, state = m(row, state)
        steps.append(y)
    np.testing.assert_allclose(ours.cat(steps).detach().numpy(), whole.detach().numpy(), rtol=1e-12, atol=1e-14)
