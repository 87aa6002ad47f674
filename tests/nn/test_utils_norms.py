"""Weight norm, spectral norm and orthogonal matrices have the properties that they are named for."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch
from tapegrad.nn.utils import parametrizations, parametrize, stateless

DIMS = (0, 1, None)


def linear(*sizes: int) -> Any:
    torch.manual_seed(0)
    return torch.nn.Linear(*sizes, dtype=torch.float64)


@pytest.mark.parametrize("dim", DIMS)
def test_weight_norm_keeps_the_value_and_separates_the_magnitude(dim: int | None) -> None:
    before = linear(3, 4).weight
    m = parametrizations.weight_norm(linear(3, 4), dim=dim)
    g, v = m.parametrizations.weight.original0, m.parametrizations.weight.original1
    assert torch.allclose(m.weight, before)
    with torch.no_grad():
        v *= 5
        g *= 2
    assert torch.allclose(m.weight, 2 * before)


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
def test_weight_norm_twice_differentiated(dim: int) -> None:
    from tapegrad.ops.weight_norms import weight_normed

    v = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    g = torch.norm_except_dim(v, 2, dim).detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda v, g: weight_normed(v, g, dim), (v, g))
    assert torch.autograd.gradgradcheck(lambda v, g: weight_normed(v, g, dim), (v, g))


def test_the_older_weight_norm_keeps_the_value_and_can_be_removed() -> None:
    m = linear(3, 4)
    before = m.weight.detach().clone()
    with pytest.warns(FutureWarning, match="is deprecated in favor of"):
        torch.nn.utils.weight_norm(m)
    x = torch.randn(2, 3, dtype=torch.float64)
    assert torch.allclose(m(x), x @ before.T + m.bias)
    torch.nn.utils.remove_weight_norm(m)
    assert isinstance(m.weight, torch.nn.Parameter)
    assert torch.allclose(m.weight, before)


@pytest.mark.parametrize("shape", [(4, 3), (3, 5), (4, 2, 3)])
def test_spectral_norm_makes_the_largest_singular_value_one(shape: tuple[int, ...]) -> None:
    class Holder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.w = torch.nn.Parameter(torch.randn(shape, dtype=torch.float64))

        def forward(self) -> torch.Tensor:
            return self.w

    m = parametrizations.spectral_norm(Holder(), "w", n_power_iterations=100)
    assert torch.linalg.matrix_norm(m.w.flatten(1), 2).item() == pytest.approx(1, rel=1e-6)
    older = torch.nn.utils.spectral_norm(Holder(), "w", n_power_iterations=200)
    assert torch.linalg.matrix_norm(older().flatten(1), 2).item() == pytest.approx(1, rel=1e-6)


def test_spectral_norm_is_still_in_evaluation() -> None:
    m = torch.nn.utils.spectral_norm(linear(3, 4)).eval()
    u = m.weight_u.clone()
    m(torch.ones(1, 3, dtype=torch.float64))
    assert torch.equal(m.weight_u, u)


def test_removing_spectral_norm_leaves_no_hooks() -> None:
    m = torch.nn.utils.spectral_norm(linear(3, 4))
    torch.nn.utils.remove_spectral_norm(m)
    assert not (m._forward_pre_hooks or m._state_dict_hooks or m._load_state_dict_pre_hooks)


@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("sizes", [(3, 3), (2, 4), (4, 2)])
def test_orthogonal_stays_orthogonal_through_training(kind: str, sizes: tuple[int, int]) -> None:
    m = parametrizations.orthogonal(linear(*sizes), orthogonal_map=kind)
    x = torch.randn(5, sizes[0], dtype=torch.float64)
    for _ in range(3):
        m(x).pow(3).sum().backward()
        with torch.no_grad():
            for p in m.parameters():
                p -= 0.05 * p.grad
                p.grad = None
    w = m.weight
    gram = w @ w.mT if w.shape[0] <= w.shape[1] else w.mT @ w
    assert torch.allclose(gram, torch.eye(len(gram), dtype=torch.float64))


def test_a_complex_matrix_becomes_unitary() -> None:
    m = parametrizations.orthogonal(torch.nn.Linear(3, 3, dtype=torch.complex128))
    assert torch.allclose(m.weight @ m.weight.mH, torch.eye(3, dtype=torch.complex128))


def test_a_parametrized_layer_is_called_with_other_originals() -> None:
    m = parametrizations.weight_norm(linear(2, 1))
    given = {"parametrizations.weight.original0": torch.full((1, 1), 5.0, dtype=torch.float64),
             "parametrizations.weight.original1": torch.tensor([[3.0, 4.0]], dtype=torch.float64),
             "bias": torch.zeros(1, dtype=torch.float64)}  # fmt: skip
    y = stateless._functional_call(m, given, torch.ones(1, 2, dtype=torch.float64))
    assert y.item() == pytest.approx(7)


def test_a_cached_value_is_computed_anew_afterwards() -> None:
    m = parametrizations.weight_norm(linear(2, 1))
    with parametrize.cached():
        kept = m.weight
        assert m.weight is kept
    assert m.weight is not kept
    assert not parametrize._cache
