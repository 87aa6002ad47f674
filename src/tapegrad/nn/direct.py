"""Functions of `torch.nn.functional` that torch has at its top level, too.

There they take reductions and modes as numbers, and no defaults for what a layer always gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..ops import convolution as convolutions
from ..ops.pointwise import tensors_of
from ..ops.shuffling import channel_shuffle as native_channel_shuffle
from ..tensor.tensor import Tensor
from ..twins import twins
from . import functional as F
from .functional import (
    adaptive_avg_pool1d,
    avg_pool1d,
    bilinear,
    celu,
    celu_,
    conv_tbc,
    cosine_similarity,
    hardshrink,
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool3d,
    pairwise_distance,
    prelu,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    threshold,
    threshold_,
)
from .functional.dropout import feature_dropout as drop_channels
from .functional.embedding import limit_norms

_REDUCTIONS: Final = ("none", "mean", "sum")
_SAMPLING: Final = ("bilinear", "nearest", "bicubic")
_PADDING: Final = ("zeros", "border", "reflection")


def _named(names: tuple[str, ...], number: int, function: str, argument: str) -> str:
    """What a number stands for."""
    if isinstance(number, str):
        raise TypeError(f"{function}(): argument '{argument}' must be int, not str")
    if not 0 <= number < len(names):
        raise ValueError(f"{function}(): {argument} must be from 0 to {len(names) - 1}, but got {number}")
    return names[number]


def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """The largest elements of `output_size` windows of the last dimension, and their positions.

    >>> import tapegrad as torch
    >>> torch.adaptive_max_pool1d(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    (tensor([[3., 2.]]), tensor([[1, 2]]))
    """
    values, indices = F.adaptive_max_pool1d_with_indices(input, output_size)
    return values, indices


# -- dropout ----------------------------------------------------------------------------------------------------------


def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`torch.nn.functional.dropout`; `train` says whether to do anything."""
    return F.dropout(input, p, train)


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """`dropout` in place."""
    return F.dropout(input, p, train, inplace=True)


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`torch.nn.functional.alpha_dropout`; `train` says whether to do anything."""
    return F.alpha_dropout(input, p, train)


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """`alpha_dropout` in place."""
    return F.alpha_dropout(input, p, train, inplace=True)


def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout of whole channels (dimension 1)."""
    return drop_channels(input, p, train)


def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """`feature_dropout` in place."""
    return drop_channels(input, p, train, inplace=True)


def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """`torch.nn.functional.feature_alpha_dropout`; `train` says whether to do anything."""
    return F.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """`feature_alpha_dropout` in place."""
    return F.feature_alpha_dropout(input, p, train, inplace=True)


# -- losses: reduction 0 is "none", 1 "mean", 2 "sum" -----------------------------------------------------------------


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: int = 1,
) -> Tensor:
    """`torch.nn.functional.binary_cross_entropy_with_logits`, with the reduction as a number."""
    how = _named(_REDUCTIONS, reduction, "binary_cross_entropy_with_logits", "reduction")
    return F.binary_cross_entropy_with_logits(input, target, weight, reduction=how, pos_weight=pos_weight)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 1
) -> Tensor:
    """`torch.nn.functional.cosine_embedding_loss`, with the reduction as a number."""
    how = _named(_REDUCTIONS, reduction, "cosine_embedding_loss", "reduction")
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=how)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 1,
    zero_infinity: bool = False,
) -> Tensor:
    """`torch.nn.functional.ctc_loss`, with the reduction as a number."""
    how = _named(_REDUCTIONS, reduction, "ctc_loss", "reduction")
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, how, zero_infinity)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 1) -> Tensor:
    """`torch.nn.functional.hinge_embedding_loss`, with the reduction as a number."""
    how = _named(_REDUCTIONS, reduction, "hinge_embedding_loss", "reduction")
    return F.hinge_embedding_loss(input, target, margin, reduction=how)


def kl_div(input: Tensor, target: Tensor, reduction: int = 1, *, log_target: bool = False) -> Tensor:
    """`torch.nn.functional.kl_div`, with the reduction as a number."""
    how = _named(_REDUCTIONS, reduction, "kl_div", "reduction")
    values = F.kl_div(input, target, reduction="none", log_target=log_target)
    return values if how == "none" else values.mean() if how == "mean" else values.sum()


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 1
) -> Tensor:
    """`torch.nn.functional.margin_ranking_loss`, with the reduction as a number."""
    how = _named(_REDUCTIONS, reduction, "margin_ranking_loss", "reduction")
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=how)


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """`torch.nn.functional.poisson_nll_loss`, with the reduction as a number."""
    how = _named(_REDUCTIONS, reduction, "poisson_nll_loss", "reduction")
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=how)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 1,
) -> Tensor:
    """`torch.nn.functional.triplet_margin_loss`, with the reduction as a number."""
    how = _named(_REDUCTIONS, reduction, "triplet_margin_loss", "reduction")
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=how)


# -- images -----------------------------------------------------------------------------------------------------------


def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """`torch.nn.functional.grid_sample`, with modes as numbers.

    Args:
        interpolation_mode: 0 for bilinear, 1 for nearest, 2 for bicubic.
        padding_mode: 0 for zeros, 1 for the border, 2 for reflection.
    """
    mode = _named(_SAMPLING, interpolation_mode, "grid_sampler", "interpolation_mode")
    padding = _named(_PADDING, padding_mode, "grid_sampler", "padding_mode")
    return F.grid_sample(input, grid, mode, padding, align_corners)


grid_sampler_2d = grid_sampler_3d = grid_sampler


def affine_grid_generator(theta: Tensor, size: Sequence[int], align_corners: bool) -> Tensor:
    """`torch.nn.functional.affine_grid`."""
    return F.affine_grid(theta, size, align_corners)


def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Tensor:
    """A convolution, or a transposed one, over as many dimensions as the weight has behind its first two.

    >>> import tapegrad as torch
    >>> x, w = torch.ones(1, 1, 3), torch.ones(1, 1, 2)
    >>> torch.convolution(x, w, None, [1], [0], [1], False, [0], 1)
    tensor([[[2., 2.]]])
    """
    spatial = f"{weight.ndim - 2}d"
    if transposed:
        function = getattr(convolutions, "conv_transpose" + spatial)
        result: Tensor = function(input, weight, bias, stride, padding, output_padding, groups, dilation)
        return result
    result = getattr(convolutions, "conv" + spatial)(input, weight, bias, stride, padding, dilation, groups)
    return result


# -- in place ---------------------------------------------------------------------------------------------------------


def embedding_renorm_(input: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> Tensor:
    """Scale those rows of a matrix that indices name and whose norm is larger than `max_norm` down to it, in place."""
    limit_norms(input, indices, max_norm, norm_type)
    return input


def addmv_(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """`x.addmv_(mat, vec)`."""
    result: Tensor = tensors_of("addmv_", input=input)[0].addmv_(mat, vec, beta=beta, alpha=alpha)
    return result


__all__ = [
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "addmv_", "affine_grid_generator", "alpha_dropout", "alpha_dropout_",
    "avg_pool1d", "bilinear", "binary_cross_entropy_with_logits", "celu", "celu_", "conv_tbc", "convolution",
    "cosine_embedding_loss", "cosine_similarity", "ctc_loss", "dropout", "dropout_", "embedding_renorm_",
    "feature_alpha_dropout", "feature_alpha_dropout_", "feature_dropout", "feature_dropout_", "grid_sampler",
    "grid_sampler_2d", "grid_sampler_3d", "hardshrink", "hinge_embedding_loss", "kl_div", "margin_ranking_loss",
    "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d", "native_channel_shuffle",
    "pairwise_distance", "poisson_nll_loss", "prelu", "relu_", "rrelu", "rrelu_", "selu", "selu_", "threshold",
    "threshold_", "triplet_margin_loss",
]  # fmt: skip

# As in torch, torch.nn.functional has objects of its own for these.
_ALIKE: Final = (
    "celu", "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d", "rrelu", "selu", "threshold",
)  # fmt: skip
globals().update(twins(globals(), _ALIKE))
