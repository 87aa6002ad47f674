"""Draws with tensors for parameters: `normal`, `bernoulli`, `multinomial`, `poisson`, `binomial`; dropout's mask."""

from __future__ import annotations

import math
import warnings
from threading import get_ident
from typing import Any

import numpy as np

from ..errors import broadcast_error, wrong_argument
from ..tensor.device import check_device
from ..tensor.dtypes import default, dtype, numpy_dtype
from ..tensor.rows import running
from ..tensor.tensor import Tensor, new_tensor
from . import categorical, continuous, discrete, layout, rejection
from .arguments import (
    given,
    int_argument,
    is_float,
    is_floating,
    no_such_call,
    not_implemented,
    scalar_name,
    shape_for,
    stream_for,
)
from .creation import finished, refuse_out_with_grad, resized, store
from .generator import stream_of
from .inplace import bernoulli_, draw_bernoulli, draw_bernoulli_like, normal_
from .mapped import mapped
from .records import of_one, of_two, without_derivative
from .stream import Stream

Array = np.ndarray[Any, Any]

_NORMAL_MEAN = of_one("normal", "NormalBackward1")
_NORMAL_STD = of_one("normal", "NormalBackward2")
_NORMAL_BOTH = of_two("normal", "NormalBackward3")
_BERNOULLI = of_one("bernoulli", "BernoulliBackward0")
_BERNOULLI_P = without_derivative("bernoulli", ("x",))
_POISSON = of_one("poisson", "PoissonBackward0")
_BINOMIAL = without_derivative("binomial", ("count", "prob"))


def _recorded(op: Any, array: Array, *sources: Tensor) -> Tensor:
    t = new_tensor(array)
    if any(source._flags for source in sources):
        op.record(t, *sources)
    return t


# -- normal ----------------------------------------------------------------------------------------------------------


@mapped("tensors")
def normal(
    mean: Any = None,
    std: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers, each with a mean and a standard deviation of its own.

    The forms are `normal(mean, std)`, where at least one is a tensor and they broadcast, and `normal(mean, std, size)`
    for two numbers. Without `std` it is 1.

    Raises:
        RuntimeError: a standard deviation is negative, or the shapes do not broadcast.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.normal(torch.tensor([0.0, 100.0]), torch.tensor([1.0, 10.0]))
    tensor([ 1.5410, 97.0657])
    """
    keywords = given(size=size, dtype=dtype)
    stream = stream_for("normal", generator, tuple(a for a in (mean, std, size) if a is not None))
    if size is not None:
        if not (is_float(mean) and is_float(std) and isinstance(size, (tuple, list))):
            raise no_such_call("normal", (mean, std, size), {})
        return _normal_of_size(float(mean), float(std), size, generator, out, dtype, device, requires_grad)
    if isinstance(mean, Tensor) and std is None:
        std = 1.0
    if dtype is not None or not (
        (isinstance(mean, Tensor) and (isinstance(std, Tensor) or is_float(std)))
        or (is_float(mean) and isinstance(std, Tensor))
    ):
        raise no_such_call("normal", tuple(a for a in (mean, std) if a is not None), keywords)
    if out is not None:
        refuse_out_with_grad("normal", mean, std, out)
        values = _normal_of_tensors(stream, mean, std, out._data.dtype if isinstance(out, Tensor) else None)
        _warn_resized(out, values.shape)
        return store(resized("normal", out, values.shape, None, (mean, std)), values)
    array = _normal_of_tensors(stream, mean, std, None)
    if isinstance(mean, Tensor):
        if isinstance(std, Tensor):
            return _recorded(_NORMAL_BOTH, array, mean, std)
        return _recorded(_NORMAL_MEAN, array, mean)
    return _recorded(_NORMAL_STD, array, std)


def _normal_of_size(
    mean: float,
    std: float,
    size: Any,
    generator: Any,
    out: Tensor | None,
    kind: Any,
    device: Any,
    requires_grad: bool,
) -> Tensor:
    shape = shape_for("normal", (size,), 3)
    check_device(device)
    if out is not None:
        return normal_(resized("normal", out, shape, kind, (mean, std, size)), mean, std, generator=generator)
    t = new_tensor(np.empty(shape, default.numpy if kind is None else numpy_dtype(kind)))
    return finished(normal_(t, mean, std, generator=generator)._data, requires_grad)


def _normal_of_tensors(stream: Stream, mean: Any, std: Any, kind: np.dtype[Any] | None) -> Array:
    """Standard normals times `std` plus `mean`, rounded to the element type after each step, as torch does."""
    if isinstance(std, Tensor):
        if std._data.dtype.kind == "c":
            raise RuntimeError("normal expects standard deviation to be non-complex")
        if std._data.size and not (std._data.min() >= 0):
            raise RuntimeError("normal expects all elements of std >= 0.0")
    elif not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {float(std):g}")
    if kind is None:
        kind = (mean if isinstance(mean, Tensor) else std)._data.dtype
    shape = _broadcast(mean, std)
    if kind.kind != "c" and not is_floating(kind) and 0 not in shape:
        raise not_implemented("normal_kernel_cpu", kind)
    if not isinstance(std, Tensor):
        values = continuous.normal(stream, shape, kind, 0.0, float(std))
    else:
        values = continuous.normal(stream, shape, kind)
        values = continuous.narrow(values * std._data, kind)
    return continuous.narrow(values + (mean._data if isinstance(mean, Tensor) else kind.type(mean)), kind)


def _warn_resized(out: Any, shape: tuple[int, ...]) -> None:
    if isinstance(out, Tensor) and out._data.size and out._data.shape != shape:
        warnings.warn(
            f"An output with one or more elements was resized since it had shape {list(out._data.shape)}, which does"
            f" not match the required output shape {list(shape)}.",
            UserWarning,
            stacklevel=3,
        )


def _broadcast(mean: Any, std: Any) -> tuple[int, ...]:
    a = mean._data.shape if isinstance(mean, Tensor) else ()
    b = std._data.shape if isinstance(std, Tensor) else ()
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        raise broadcast_error(a, b) from None


# -- Bernoulli -------------------------------------------------------------------------------------------------------


@mapped("tensors")
def bernoulli(input: Tensor, p: Any = None, *, generator: Any = None, out: Tensor | None = None) -> Tensor:
    """1 with the probabilities in `input`, else 0; with a number `p`, `input` gives only shape and dtype.

    Raises:
        RuntimeError: a probability is outside of [0, 1].

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.bernoulli(torch.tensor([0.1, 0.5, 0.9]))
    tensor([0., 0., 1.])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("bernoulli", "input", 1, input)
    if p is not None and (not is_float(p) or out is not None):
        raise no_such_call("bernoulli", (input, p), given(out=out))
    if out is not None:
        refuse_out_with_grad("bernoulli", input, out)
        return bernoulli_(resized("bernoulli", out, input._data.shape, None, (input,)), input, generator=generator)
    stream = stream_for("bernoulli", generator, (input,))
    array = input._data
    if p is not None:
        return _recorded(_BERNOULLI_P, draw_bernoulli(stream, array.shape, array.dtype, float(p)), input)
    values = draw_bernoulli_like(stream, np.empty(array.shape, array.dtype), array)
    return _recorded(_BERNOULLI, values, input)


def dropout_mask(array: Array, shape: tuple[int, ...], p: float) -> Array:
    """Zeros with probability `p`, else ones: what dropout multiplies its input by, before the division by 1 − p.

    Args:
        array: the input, of a floating-point type, which the mask has too
        shape: that of the mask. If it is that of the input, the mask takes the input's order of dimensions in memory,
            and with it the order of the draws.
        p: in (0, 1)
    """
    if running and get_ident() in running:
        from ..func.randomness import mask_with_rows

        return mask_with_rows(_mask, array, shape, p)
    return _mask(array, shape, p)


def _mask(array: Array, shape: tuple[int, ...], p: float) -> Array:
    values = discrete.bernoulli(stream_of(None), (math.prod(shape),), array.dtype, 1.0 - p)
    return layout.laid_out_like(array, values) if shape == array.shape else values.reshape(shape)


# -- categories and counts -------------------------------------------------------------------------------------------


@mapped("tensors")
def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """Indices of categories, drawn with probabilities proportional to the weights in each row of `input`.

    Args:
        input: weights, of shape (categories,) or (rows, categories); they need not add up to 1
        num_samples: how many to draw per row
        replacement: whether a category can be drawn again

    Returns:
        int64 of shape (num_samples,) or (rows, num_samples).

    Raises:
        RuntimeError: a weight is negative or not finite, a row is all zero, or more is to be drawn than there is.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.multinomial(torch.tensor([0.0, 10.0, 3.0, 0.0]), 4, replacement=True)
    tensor([2, 1, 1, 2])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("multinomial", "input", 1, input)
    count = int_argument("multinomial", "num_samples", 2, num_samples)
    if not isinstance(replacement, bool):
        raise wrong_argument("multinomial", "replacement", 3, replacement, "bool")
    stream = stream_for("multinomial", generator)
    weights = input._data
    _check_weights(weights, count, replacement)
    if out is not None and isinstance(out, Tensor) and out._data.dtype != np.int64:
        raise RuntimeError(f"multinomial expects Long tensor out, got: {scalar_name(out._data.dtype)}")
    shape = (*weights.shape[:-1], count)
    if 0 in shape:
        values = np.empty(shape, np.int64)
    else:
        values = categorical.multinomial(stream, weights, count, replacement)
    return new_tensor(values) if out is None else store(resized("multinomial", out, shape), values)


def _check_weights(weights: Array, count: int, replacement: bool) -> None:
    if not 0 < weights.ndim <= 2:
        raise RuntimeError(f"prob_dist must be 1 or 2 dim; it has {weights.ndim}")
    if not is_floating(weights.dtype):
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {scalar_name(weights.dtype)}"
        )
    if count <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples; n_sample is {count}")
    categories = weights.shape[-1]
    if not replacement and count > categories:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement: there are"
            f" {categories} categories for {count} samples; pass replacement=True or draw fewer"
        )
    if categories > 2**24:
        raise RuntimeError(f"number of categories cannot exceed 2^24; there are {categories}")


@mapped("tensors")
def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """Poisson numbers with the rates (means) in `input`.

    Raises:
        RuntimeError: a rate is negative.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.poisson(torch.tensor([1.0, 10.0, 100.0]))
    tensor([  2.,  15., 109.])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("poisson", "input", 1, input)
    stream = stream_for("poisson", generator)
    rate = input._data
    if not is_floating(rate.dtype):
        raise not_implemented("poisson_cpu", rate.dtype)
    if not (rate >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    return _recorded(_POISSON, rejection.poisson(stream, rate), input)


@mapped("tensors")
def binomial(count: Tensor, prob: Tensor, generator: Any = None) -> Tensor:
    """Binomial numbers: the successes among `count` trials, each of probability `prob`; the two broadcast.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.binomial(torch.tensor([10.0, 100.0]), torch.tensor([0.5, 0.1]))
    tensor([ 7., 11.])
    """
    for position, (name, argument) in enumerate((("count", count), ("prob", prob)), 1):
        if not isinstance(argument, Tensor):
            raise wrong_argument("binomial", name, position, argument)
    stream = stream_for("binomial", generator)
    kind = count._data.dtype
    if prob._data.dtype != kind:
        raise RuntimeError(f"Found dtype {scalar_name(prob._data.dtype)} but expected {scalar_name(kind)}")
    if kind.kind != "f" or kind.itemsize == 2:
        raise not_implemented("binomial_cpu", kind)
    shape = _broadcast(count, prob)
    trials, p = (np.broadcast_to(t._data, shape) for t in (count, prob))
    return _recorded(_BINOMIAL, rejection.binomial(stream, trials, p), count, prob)


METHODS = {"bernoulli": bernoulli, "multinomial": multinomial}

__all__ = ["bernoulli", "binomial", "multinomial", "normal", "poisson"]
