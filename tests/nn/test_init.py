"""First values of weights: their spread, bounds and shape, and what is refused."""

from __future__ import annotations

import math

import pytest

import tapegrad as torch

init = torch.nn.init


@pytest.mark.parametrize(
    ("fill", "std"),
    [
        (lambda w: init.xavier_normal_(w, gain=2.0), 2 * math.sqrt(2 / 300)),
        (lambda w: init.xavier_uniform_(w), math.sqrt(2 / 300)),
        (lambda w: init.kaiming_normal_(w, nonlinearity="relu"), math.sqrt(2 / 100)),
        (lambda w: init.kaiming_uniform_(w, mode="fan_out", nonlinearity="linear"), math.sqrt(1 / 200)),
    ],
)
def test_spread_is_that_of_the_formula(fill: object, std: float) -> None:
    torch.manual_seed(0)
    w = fill(torch.empty(200, 100))  # type: ignore[operator]
    assert w.std().item() == pytest.approx(std, rel=0.03)
    assert abs(w.mean().item()) < std / 50


def test_kernels_count_towards_the_fans() -> None:
    assert init._calculate_fan_in_and_fan_out(torch.empty(5, 3, 2, 4)) == (24, 40)


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"), [(0.0, 1.0, -2.0, 2.0), (3.0, 0.5, -1.0, 2.2), (0.0, 10.0, 0.0, 1.0)]
)
def test_truncated_normal_numbers_stay_within_their_bounds(mean: float, std: float, a: float, b: float) -> None:
    w = init.trunc_normal_(torch.empty(500), mean, std, a, b)
    assert a <= w.min().item() <= w.max().item() <= b


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (2, 3, 4)])
def test_orthogonal_rows_or_columns_are_orthonormal(shape: tuple[int, ...]) -> None:
    w = init.orthogonal_(torch.empty(shape, dtype=torch.float64), gain=3.0).flatten(1) / 3
    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    assert torch.allclose(gram, torch.eye(len(gram), dtype=torch.float64))


def test_dirac_passes_channels_on() -> None:
    conv = torch.nn.Conv1d(2, 2, 3, padding=1, bias=False)
    init.dirac_(conv.weight)
    x = torch.randn(1, 2, 5)
    assert torch.equal(conv(x), x)


def test_dirac_in_groups_passes_each_groups_channels_on() -> None:
    conv = torch.nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False)
    init.dirac_(conv.weight, groups=2)
    x = torch.randn(1, 4, 3, 3)
    assert torch.equal(conv(x), x)


def test_sparse_columns_have_their_share_of_zeros() -> None:
    w = init.sparse_(torch.empty(10, 4), sparsity=0.25)
    assert (w == 0).sum(0).tolist() == [3] * 4


def test_leaves_that_require_gradients_are_filled_without_recording() -> None:
    w = torch.nn.Parameter(torch.empty(3))
    assert init.ones_(w) is w
    assert w.is_leaf
    assert w.grad_fn is None


def test_a_view_of_a_parameter_can_be_filled() -> None:
    w = torch.nn.Parameter(torch.zeros(2, 3))
    with torch.no_grad():
        init.ones_(w[1])
    assert w.sum().item() == 3


def test_a_bias_has_no_fans() -> None:
    with pytest.raises(ValueError, match="Fan in and fan out can not be computed"):
        init.xavier_uniform_(torch.empty(3))


def test_tensors_without_elements_are_left_alone_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        assert init.kaiming_uniform_(torch.empty(0, 2)).shape == (0, 2)


def test_former_names_warn_and_do_the_same() -> None:
    with pytest.warns(FutureWarning, match=r"`nn.init.constant` is now deprecated"):
        assert init.constant(torch.empty(2), 0.5).tolist() == [0.5, 0.5]
