"""Facts of torch.nn.functional's layers that are no samples: state, indices, errors, sums over alignments."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import tapegrad as torch

F = torch.nn.functional


def test_batch_norm_moves_running_statistics_with_the_unbiased_variance() -> None:
    x = torch.tensor([[1.0], [3.0], [8.0]])
    mean, var = torch.zeros(1), torch.ones(1)
    F.batch_norm(x, mean, var, training=True, momentum=0.5)
    assert mean.tolist() == [2.0]
    assert var.tolist() == [0.5 + 0.5 * 13.0]


def test_batch_norm_in_evaluation_leaves_running_statistics() -> None:
    mean, var = torch.ones(1), torch.full((1,), 4.0)
    y = F.batch_norm(torch.tensor([[5.0]]), mean, var, eps=0.0)
    assert (y.tolist(), mean.tolist(), var.tolist()) == ([[2.0]], [1.0], [4.0])


def test_gradient_of_evaluation_survives_a_change_of_the_running_mean() -> None:
    mean, var = torch.zeros(1), torch.ones(1)
    weight = torch.ones(1, requires_grad=True)
    y = F.batch_norm(torch.tensor([[5.0]]), mean, var, weight, eps=0.0)
    mean += 100
    y.sum().backward()
    assert weight.grad.tolist() == [5.0]


def test_instance_norm_moves_running_statistics_by_the_mean_over_samples() -> None:
    x = torch.tensor([[[0.0, 2.0]], [[10.0, 12.0]]])
    mean, var = torch.zeros(1), torch.zeros(1)
    F.instance_norm(x, mean, var, momentum=1.0)
    assert (mean.tolist(), var.tolist()) == ([6.0], [2.0])


def test_embedding_scales_long_rows_in_place() -> None:
    table = torch.tensor([[3.0, 4.0], [6.0, 8.0]])
    F.embedding(torch.tensor([1]), table, max_norm=5.0)
    assert table.tolist() == [[3.0, 4.0], pytest.approx([3.0, 4.0])]


def test_embedding_bag_of_nothing_is_zero() -> None:
    table = torch.ones(2, 2)
    for mode in ("sum", "mean", "max"):
        bags = F.embedding_bag(torch.tensor([1]), table, torch.tensor([0, 1, 1]), mode=mode)
        assert bags.tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]


def test_max_pool_points_into_the_plane_even_where_all_is_minus_infinity() -> None:
    x = torch.full((1, 1, 3, 3), -math.inf)
    values, indices = F.max_pool2d(x, 2, 2, 1, return_indices=True)
    assert indices.tolist() == [[[[0, 1], [3, 4]]]]
    assert values.tolist() == [[[[-math.inf] * 2] * 2]]


def test_max_pool_of_a_nan_is_nan() -> None:
    assert math.isnan(F.max_pool1d(torch.tensor([[1.0, math.nan, 3.0]]), 3).item())


def test_average_of_integers_is_cut_off_towards_zero() -> None:
    x = torch.tensor([[[[-1, -2], [0, 0]]]])
    assert F.avg_pool2d(x, 2).tolist() == [[[[0]]]]


def test_an_infinite_element_does_not_reach_other_windows() -> None:
    assert F.avg_pool1d(torch.tensor([[math.inf, 1.0, 2.0, 4.0]]), 2).tolist() == [[math.inf, 3.0]]


def test_same_padding_of_an_even_kernel_pads_the_end() -> None:
    x, w = torch.tensor([[[1.0, 2.0, 3.0]]]), torch.tensor([[[1.0, 10.0]]])
    assert F.conv1d(x, w, padding="same").tolist() == [[[21.0, 32.0, 3.0]]]


def test_convolution_is_the_sum_of_products() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((6, 2, 2, 3))
    y = F.conv2d(torch.from_numpy(x), torch.from_numpy(w), stride=(2, 1), padding=1, dilation=(1, 2), groups=2).numpy()
    wide = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    for n, o, i, j in itertools.product(*map(range, y.shape)):
        first = o // 3 * 2
        patch = wide[n, first : first + 2, 2 * i : 2 * i + 2, j : j + 5 : 2]
        assert y[n, o, i, j] == pytest.approx((patch * w[o]).sum())


def test_folding_what_was_unfolded_counts_the_patches_of_each_element() -> None:
    ones = torch.ones(1, 1, 3, 3)
    assert F.fold(F.unfold(ones, 2), 3, 2).tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]


def test_attention_to_nothing_is_zero() -> None:
    x = torch.ones(1, 1, 2, 3)
    mask = torch.tensor([[True, True], [False, False]])
    assert F.scaled_dot_product_attention(x, x, x, attn_mask=mask)[0, 0].tolist() == [[1.0] * 3, [0.0] * 3]


def test_interpolation_that_keeps_the_size_keeps_the_elements() -> None:
    x = torch.rand(1, 1, 4, 5)
    for mode in ("nearest", "bilinear", "bicubic", "area"):
        assert F.interpolate(x, size=(4, 5), mode=mode).tolist() == x.tolist()


def alignments(text: tuple[int, ...], times: int, classes: int) -> list[tuple[int, ...]]:
    """All sequences of classes that spell a text, 0 being the blank."""
    found = []
    for path in itertools.product(range(classes), repeat=times):
        spelled = [c for c, _ in itertools.groupby(path) if c != 0]
        if tuple(spelled) == text:
            found.append(path)
    return found


@pytest.mark.parametrize("text", [(), (1,), (2, 1), (1, 1), (1, 2, 1)])
def test_ctc_loss_sums_over_all_alignments(text: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    scores = torch.from_numpy(rng.standard_normal((5, 1, 3))).log_softmax(2)
    p = np.exp(scores.numpy()[:, 0])
    total = sum(math.prod(p[t, c] for t, c in enumerate(path)) for path in alignments(text, 5, 3))
    labels = torch.tensor([list(text)], dtype=torch.int64)
    loss = F.ctc_loss(scores, labels, (5,), (len(text),), reduction="sum")
    assert loss.item() == pytest.approx(-math.log(total))


def test_ctc_loss_of_a_text_that_does_not_fit() -> None:
    scores = torch.zeros(2, 1, 3).log_softmax(2).requires_grad_()
    args = (torch.tensor([[1, 1]]), (2,), (2,))
    assert F.ctc_loss(scores, *args).item() == math.inf
    loss = F.ctc_loss(scores, *args, zero_infinity=True)
    loss.backward()
    assert loss.item() == 0 and not scores.grad.any()


def test_dropped_features_have_one_value_per_channel() -> None:
    torch.manual_seed(0)
    y = F.feature_alpha_dropout(torch.ones(4, 8, 5), 0.5, training=True)
    assert (y == y[:, :, :1]).all() and len(y.unique()) == 2


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: F.pad(torch.ones(3), (1,)), RuntimeError, "Padding length must be divisible by 2"),
        (
            lambda: F.pad(torch.ones(1, 3), (3, 0), mode="reflect"),
            RuntimeError,
            "Argument #4: Padding size should be less than",
        ),
        (lambda: F.embedding(torch.tensor([2]), torch.ones(2, 3)), IndexError, "index out of range in self"),
        (lambda: F.embedding(torch.tensor([0.5]), torch.ones(2, 3)), RuntimeError, "Expected tensor for argument #1"),
        (lambda: F.conv1d(torch.ones(1, 2, 5), torch.ones(1, 3, 2)), RuntimeError, "Given groups=1, weight of size"),
        (lambda: F.max_pool2d(torch.ones(1, 1, 3, 3), 4), RuntimeError, "Given input size"),
        (lambda: F.layer_norm(torch.ones(2, 3), (2,)), RuntimeError, "Given normalized_shape="),
        (lambda: F.batch_norm(torch.ones(1, 3), None, None, training=True), ValueError, "Expected more than 1 value"),
        (lambda: F.interpolate(torch.ones(1, 1, 3), size=2, scale_factor=2), ValueError, "only one of size or"),
        (lambda: F.grid_sample(torch.ones(1, 1, 2, 2), torch.ones(1, 2, 2, 2), mode="x"), ValueError, "nn.functional"),
    ],
)
def test_bad_input_is_refused(call: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as raised:
        call()  # type: ignore[operator]
    assert str(raised.value).startswith(says)
