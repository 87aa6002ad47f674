"""Losses.

`reduction` is "mean", "sum" or "none"; the old `size_average` and `reduce` still decide it where they are given.
"""

from __future__ import annotations

import math
import warnings
from functools import lru_cache
from typing import Any, Final

import numpy as np

from ...autograd.batching import all_rows, in_all_rows, mappable
from ...errors import ShapeError, broadcast_error, cannot_cast
from ...ops import losses as ops
from ...ops.accepts import not_implemented
from ...ops.gathering import in_range
from ...ops.op import Op
from ...ops.pointwise import apply, result_type
from ...ops.scaling import divided_by, scaled_by, shifted
from ...tensor.dtypes import F32, F64, I64, Array
from ...tensor.tensor import Tensor, new_tensor
from .activations import log_softmax


def _reduction(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The name of the reduction, checked; torch's older flags are translated, with its warning."""
    if size_average is not None or reduce is not None:
        old = "sum" if size_average is False else "mean"
        old = "none" if reduce is False else old
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{old}' instead.",
            UserWarning,
            stacklevel=3,
        )
        return old
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction: write 'none', 'mean' or 'sum'")
    return reduction


def _reduce(values: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return values
    return values.mean() if reduction == "mean" else values.sum()


def _paired(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both tensors in one shape, with torch's warning if they had to be broadcast."""
    if input._data.shape == target._data.shape:
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size ({input.size()}). This will likely"
        " lead to incorrect results due to broadcasting. Please ensure they have the same size.",
        UserWarning,
        stacklevel=3,
    )
    from ...ops.expanding import broadcast_tensors

    a, b = broadcast_tensors(input, target)
    return a, b


def _compared(op: Op, input: Tensor, target: Tensor, *others: Any) -> Tensor:
    """A loss of two tensors; those of different dtypes promote, and each gets its gradient in its own."""
    if input._data.dtype is target._data.dtype:
        loss: Tensor = op.call(input, target, *others)
        return loss
    mixed = op.twin("mixed", pointwise=True)
    mixed.diagonal = False
    tensors = len(op.inputs) - 2
    return apply(mixed, (input, target, *others[:tensors]), others[tensors:])


# -- regression --------------------------------------------------------------------------------------------------------


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The mean squared error.

    >>> import tapegrad as torch
    >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    reduction = _reduction(reduction, size_average, reduce)
    a, b = _paired(input, target)
    if weight is None:
        return _compared(ops.mse_loss, a, b, reduction)
    return _weighted(_compared(ops.mse_loss, a, b, "none"), weight, a, reduction)


def _weighted(values: Tensor, weight: Tensor, input: Tensor, reduction: str) -> Tensor:
    """Weigh each element's loss; the mean is taken over the weights."""
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    weighted = values * weight
    if reduction == "mean":
        return weighted.sum() / weight.sum()
    return _reduce(weighted, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The mean absolute error."""
    reduction = _reduction(reduction, size_average, reduce)
    a, b = _paired(input, target)
    values = (a - b).abs()
    return _reduce(values, reduction) if weight is None else _weighted(values, weight, a, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Squared error where below `beta`, absolute error beyond.

    Raises:
        RuntimeError: `beta` is negative.
    """
    reduction = _reduction(reduction, size_average, reduce)
    a, b = _paired(input, target)
    if beta == 0.0:
        return l1_loss(a, b, reduction=reduction)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return _compared(ops.smooth_l1_loss, a, b, reduction, beta)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Half the squared error where at most `delta`, linear beyond.

    Raises:
        RuntimeError: `delta` is not positive.
    """
    reduction = _reduction(reduction)
    a, b = _paired(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is None:
        return _compared(ops.huber_loss, a, b, reduction, delta)
    return _weighted(_compared(ops.huber_loss, a, b, "none", delta), weight, a, reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + e^(-target · x)), for targets -1 and 1."""
    reduction = _reduction(reduction, size_average, reduce)
    try:
        return ops.soft_margin_loss.call(input, target, reduction)
    except ValueError:
        raise broadcast_error(input._data.shape, target._data.shape) from None


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """target · (log target - input), where `input` holds log-probabilities.

    "batchmean" divides the sum by the batch size and is the mathematical divergence; "mean" divides by all elements.
    """
    batch = reduction == "batchmean"
    reduction = _reduction("sum" if batch else reduction, size_average, reduce)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size. 'batchmean' divides"
            " only by the batch size, and aligns with the KL div math definition. 'mean' will be changed to behave the"
            " same as 'batchmean' in the next major release.",
            UserWarning,
            stacklevel=2,
        )
    if log_target:
        values = target.exp() * (target - input)
    else:
        from ...ops.exponential import xlogy

        values = xlogy(target, target) - target * input
    loss = _reduce(values, reduction)
    return loss / input.shape[0] if batch and input.ndim else loss


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts under Poisson distributions of rate e^input, or `input`."""
    if size_average is not None or reduce is not None:
        reduction = _reduction(reduction, size_average, reduce)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    x: Any = input
    t: Any = target
    loss = x.exp() - t * x if log_input else x - t * (x + eps).log()
    if full:
        stirling = t * t.log() - t + (2 * math.pi * t).log() * 0.5
        loss = loss + stirling.masked_fill(t <= 1, 0)
    return _reduce(loss, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood under normal distributions of mean `input` and variance `var` (at least `eps`).

    Raises:
        ValueError: a variance is negative or of the wrong shape.
    """
    from ...autograd.grad_mode import no_grad
    from ...tensor.likes import full_like

    if not isinstance(var, Tensor):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = full_like(input, var)
    elif all_rows((var < 0)._data).any():
        raise ValueError("var has negative entry/entries")
    v: Any = var
    if v.shape != input.shape:
        if input.shape[:-1] == v.shape:
            v = v.unsqueeze(-1)
        elif v.ndim != input.ndim or sum(n != m for n, m in zip(v.shape, input.shape, strict=True) if n != 1):
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    v = v.clone()
    with no_grad():
        v.clamp_(min=eps)
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduce(loss, reduction)


# -- binary classification ---------------------------------------------------------------------------------------------


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(target · log x + (1 - target) · log(1 - x)), for probabilities x; logarithms are not below -100.

    Raises:
        ValueError: the shapes differ.
        RuntimeError: an element of `input` or `target` is outside of [0, 1].
    """
    reduction = _reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is"
            " deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        weight = weight.expand(_broadcast(target, weight))
    for name, t in (("input", input), ("target", target)):
        if t._data.size and not all_rows((t._data >= 0) & (t._data <= 1)).all():
            raise RuntimeError(
                f"all elements of {name} should be between 0 and 1. Pass probabilities, as from torch.sigmoid(x), or"
                " use binary_cross_entropy_with_logits on x itself."
            )
    a, b = (input, target)
    if a._data.dtype is not b._data.dtype:
        from ...tensor.dtypes import scalar_type_name

        raise RuntimeError(
            f"Found dtype {scalar_type_name(b.dtype)} but expected {scalar_type_name(a.dtype)}."
            f" Convert the target: target.to({a.dtype})."
        )
    return ops.binary_cross_entropy.call(a, b, weight, reduction)


def _broadcast(a: Tensor, b: Tensor) -> tuple[int, ...]:
    return np.broadcast_shapes(a._data.shape, b._data.shape)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross-entropy of sigmoid(x), without overflow.

    Args:
        input: any shape.
        target: probabilities, of the same shape.
        weight: factor for each element's loss, broadcast.
        pos_weight: factor for the positive class, broadcast.

    Raises:
        ValueError: the shapes of input and target differ.
    """
    reduction = _reduction(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    if input._data.dtype.kind not in "fV":
        raise not_implemented("log_sigmoid_cpu", input.dtype)
    if target._data.dtype.kind not in "fV":
        raise cannot_cast(result_type(input, target), target.dtype)
    return _compared(ops.binary_cross_entropy_with_logits, input, target, weight, pos_weight, reduction)


# -- classification ----------------------------------------------------------------------------------------------------


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log-probability of the target class.

    Args:
        input: log-probabilities, shape (N, C), (C,) or (N, C, d1, d2, …).
        target: class indices, shape (N,), () or (N, d1, d2, …).
        weight: factor per class, shape (C,); the mean is taken over the weights.
        ignore_index: targets of this value do not contribute.

    Raises:
        IndexError: a target is not a class.
        ValueError, RuntimeError: shapes or dtypes that do not fit.
    """
    reduction = _reduction(reduction, size_average, reduce)
    if weight is None and (usual := _usual_nll_loss(input, target, ignore_index, reduction)) is not None:
        return usual
    _check_nll_shapes(input, target)
    classes = input._data.shape[1 if input.ndim > 1 else 0]
    t: Array = target._data
    if target._data.dtype.kind not in "iu" or target._data.dtype.itemsize not in (1, 8):
        from ...tensor.dtypes import scalar_type_name

        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {scalar_type_name(target.dtype)}."
            " Class indices are integers: target.long()."
        )
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of"
            f" shape: {list(weight.shape)}"
        )
    weights = None if weight is None else weight._data
    kind = input._data.dtype
    if t.__class__ is np.ndarray or weights.__class__ not in (np.ndarray, type(None)):
        safe, factor = _coefficients(t, weights, classes, ignore_index, reduction, kind)
    else:  # all rows of a `vmap`
        safe, factor = in_all_rows(_coefficients, t, weights, classes, ignore_index, reduction, kind)
    total = reduction != "none"
    if input.ndim <= 2:
        return ops.picked.call(input, _places(input._data.shape, safe), factor, total)
    flat: Any = input
    lead = input._data.shape[:2]
    if input.ndim != 4:
        flat = input.contiguous().view(*lead, 1, -1)
    grid = flat._data.shape[:1] + flat._data.shape[2:]
    loss = ops.picked_2d.call(flat, _places(flat._data.shape, safe.reshape(grid)), factor.reshape(grid), total)
    return loss if total or input.ndim == 4 else loss.view(t.shape)


_FEW: Final = 1024  # rows whose numbers are kept


def _usual_nll_loss(input: Any, target: Any, ignore_index: int, reduction: str) -> Tensor | None:
    """The loss of rows of log-probabilities, one class for each; None if anything else has to be looked at."""
    x, t = input._data, target._data
    if not (x.__class__ is t.__class__ is np.ndarray and t.dtype is I64 and (x.dtype is F32 or x.dtype is F64)):
        return None
    shape = x.shape
    if len(shape) != 2 or t.shape != shape[:1]:
        return None
    count, classes = shape
    if count == 0 or 0 <= ignore_index < classes or not in_range(t, classes):
        return None
    rows, factor = (_rows_and_factor if count <= _FEW else _rows_and_factor.__wrapped__)(
        count, reduction == "mean", x.dtype
    )
    loss: Tensor = ops.picked.call(input, (rows, t.copy()), factor, reduction != "none")
    return loss


@lru_cache(maxsize=64)
def _rows_and_factor(count: int, mean: bool, kind: np.dtype[Any]) -> tuple[Array, Array]:
    """The numbers of so many rows, and what each one's log-probability is multiplied by."""
    return np.arange(count), np.array(-1.0 / count if mean else -1.0, kind)


def _coefficients(
    t: Array,
    weight: Array | None,
    classes: int,
    ignore_index: int,
    reduction: str,
    kind: np.dtype[Any],
    samples: tuple[int, ...] | None = None,
) -> tuple[Array, Array]:
    """Targets that can be looked up, and what the log-probabilities there are multiplied by.

    Args:
        samples: the axes of samples; all if None.

    Raises:
        IndexError: a target is not a class.
    """
    used = t != ignore_index
    bad = used & ((t < 0) | (t >= classes))
    if all_rows(bad).any():
        wrong = int(all_rows(t)[all_rows(bad)].flat[0])
        raise IndexError(f"Target {wrong} is out of bounds. There are {classes} classes, 0 to {classes - 1}.")
    safe = np.where(used, t, 0)
    w = np.ones((), kind) if weight is None else _weights_of(weight, safe)
    coefficients = np.where(used, w, np.zeros((), kind)).astype(kind, copy=False)
    if reduction != "mean":
        return safe, -coefficients
    weights = coefficients.sum(samples, keepdims=samples is not None)
    with np.errstate(divide="ignore", invalid="ignore"):
        return safe, -coefficients / weights


@mappable
def _weight_of_all(weight: Array, classes: Array, used: Array) -> Any:
    """The sum of the weights of the samples that are used."""
    return weight[classes][used].sum()


@mappable
def _weights_of(weight: Array, classes: Array) -> Array:
    """The weight of each sample's class."""
    return weight.take(classes)


def _places(shape: tuple[int, ...], classes: Array) -> tuple[Array, ...]:
    """The index that picks each sample's class out of an array of the given shape."""
    if len(shape) == 1:
        return (classes,)
    grid = np.ogrid[tuple(slice(n) for n in classes.shape)] if classes.ndim > 1 else (np.arange(classes.shape[0]),)
    return (grid[0], classes, *grid[1:])


def _check_nll_shapes(input: Tensor, target: Tensor) -> None:
    got, given = list(input.shape), list(target.shape)
    if not got:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if len(got) == 1:
        if len(given) == 1 and given[0] != 1:
            raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {given[0]}")
        if len(given) > 1:
            raise ShapeError("0D or 1D target tensor expected, multi-target not supported")
        return
    batch = given[0] if given else 0
    if got[0] != batch:
        raise ValueError(f"Expected input batch_size ({got[0]}) to match target batch_size ({batch}).")
    if given == [got[0], *got[2:]]:
        return
    if len(got) == 2:
        raise ShapeError("0D or 1D target tensor expected, multi-target not supported")
    if len(got) != 4:
        raise ShapeError(f"Expected target size {[got[0], *got[2:]]}, got {given}")
    if len(given) != 3:
        raise ShapeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {len(given)}"
        )
    raise ShapeError(f"size mismatch (got input: {got} , target: {given}")


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """`nll_loss` of `log_softmax`: the cross-entropy of unnormalised scores against classes or probabilities.

    Args:
        input: scores, shape (N, C), (C,) or (N, C, d1, d2, …).
        target: class indices (shape without C), or probabilities (input's shape).
        label_smoothing: part of the probability that is spread evenly over all classes, 0 to 1.

    Raises:
        IndexError: a target is not a class.
        RuntimeError: `label_smoothing` is outside of [0, 1], or the shapes do not fit.

    >>> import tapegrad as torch
    >>> torch.nn.functional.cross_entropy(torch.zeros(2, 4), torch.tensor([0, 3]))
    tensor(1.3863)
    """
    reduction = _reduction(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    dim = 1 if input.ndim > 1 else 0
    probabilities = input._data.shape == target._data.shape
    if probabilities:
        _check_probabilities(target, weight, input._data.shape[dim : dim + 1], ignore_index)
    log_p: Any = log_softmax(input, dim)
    if probabilities:
        return _cross_entropy_of_probabilities(log_p, target, weight, reduction, label_smoothing, dim)
    if label_smoothing == 0.0:
        return nll_loss(log_p, target, weight, ignore_index=ignore_index, reduction=reduction)
    nll = nll_loss(log_p, target, weight, ignore_index=ignore_index, reduction=reduction)
    smooth: Any
    if weight is None:
        smooth = -log_p.sum(dim)
    else:
        smooth = -(log_p * weight.view(_along(weight, dim, log_p.ndim))).sum(dim)
    ignored: Any = target == ignore_index
    smooth = smooth.masked_fill(ignored, 0.0)
    if reduction == "mean":
        used = ~ignored._data
        total = used.sum() if weight is None else _weight_of_all(weight._data, np.where(used, target._data, 0), used)
        smooth = smooth.sum() / (new_tensor(total) if hasattr(total, "level") else float(total))
    elif reduction == "sum":
        smooth = smooth.sum()
    classes = input.shape[dim]
    first: Any = scaled_by(nll, 1 - label_smoothing)
    return first + scaled_by(smooth, label_smoothing / classes)


def _check_probabilities(target: Tensor, weight: Tensor | None, classes: tuple[int, ...], ignore_index: int) -> None:
    if target._data.dtype.kind not in "fV":
        from ...tensor.dtypes import scalar_type_name

        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got"
            f" {scalar_type_name(target.dtype)}. Classes have a shape without the dimension of scores."
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    if weight is not None and tuple(weight.shape) != classes:
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes[0]} classes or no classes but got"
            f" weight tensor of shape: {list(weight.shape)}"
        )


def _along(weight: Tensor, dim: int, ndim: int) -> list[int]:
    return [weight.numel() if i == dim else 1 for i in range(ndim)]


def _cross_entropy_of_probabilities(
    log_p: Any, target: Any, weight: Any, reduction: str, smoothing: float, dim: int
) -> Tensor:
    if target.shape != log_p.shape:
        raise ShapeError(f"Expected target size {list(log_p.shape)}, got {list(target.shape)}")
    if smoothing > 0.0:
        target = target * (1 - smoothing) + smoothing / log_p.shape[dim]
    products = log_p * target
    if weight is not None:
        products = products * weight.view(_along(weight, dim, log_p.ndim))
    if reduction == "none":
        return -products.sum(dim)
    loss = -products.sum()
    if reduction == "sum":
        return loss
    samples = log_p.numel() // log_p.shape[dim] if log_p.shape[dim] else 0
    return divided_by(loss, samples or math.nan)


# -- margins -----------------------------------------------------------------------------------------------------------


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """x for targets 1, max(0, margin - x) for targets -1."""
    from ...ops.selection import where
    from ...tensor.likes import zeros_like

    reduction = _reduction(reduction, size_average, reduce)
    x: Any = input
    zeros = zeros_like(input)
    negative = where(target != 1, (margin - x).clamp_min(0), zeros)
    positive = where(target != -1, input, zeros)
    return _reduce(negative + positive, reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, -target · (x1 - x2) + margin).

    Raises:
        RuntimeError: the tensors have different numbers of dimensions.
    """
    reduction = _reduction(reduction, size_average, reduce)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    t: Any = target
    return _reduce(shifted(-t * (input1 - input2), margin).clamp_min(0), reduction)


__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss",
    "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "margin_ranking_loss", "mse_loss", "nll_loss",
    "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip
