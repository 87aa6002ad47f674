"""`torch.nn.init`: first values for weights, with torch's random numbers.

Each function overwrites a tensor in place, without recording, and returns it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.grad_mode import no_grad
from ..tensor.tensor import Tensor, new_tensor

if TYPE_CHECKING:
    from ..random import Generator

_GAINS = {
    "linear": 1,
    "conv1d": 1,
    "conv2d": 1,
    "conv3d": 1,
    "conv_transpose1d": 1,
    "conv_transpose2d": 1,
    "conv_transpose3d": 1,
    "sigmoid": 1,
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights are scaled so that a nonlinearity keeps the spread of its input.

    Args:
        nonlinearity: its name in `nn.functional`.
        param: the negative slope of `leaky_relu`, 0.01 if not given.

    Raises:
        ValueError: an unknown nonlinearity, or a slope that is no number.

    >>> import tapegrad as torch
    >>> torch.nn.init.calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}. Known are: {', '.join(_GAINS)}, leaky_relu.")
    return _GAINS[nonlinearity]


# -- fixed values ------------------------------------------------------------------------------------------------------


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one value.

    >>> import tapegrad as torch
    >>> torch.nn.init.constant_(torch.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1.

    >>> import tapegrad as torch
    >>> torch.nn.init.ones_(torch.empty(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0.

    >>> import tapegrad as torch
    >>> torch.nn.init.zeros_(torch.empty(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix, which need not be square, with the identity.

    Raises:
        ValueError: the tensor does not have two dimensions.

    >>> import tapegrad as torch
    >>> torch.nn.init.eye_(torch.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    _check_matrix(tensor)
    with no_grad():
        tensor.zero_()
        tensor.diagonal().fill_(1)
    return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution so that it passes on as many channels as it can, unchanged.

    Args:
        tensor: 3 to 5 dimensions, (out channels, in channels / groups, *kernel).
        groups: of the convolution; each passes on its own channels.

    Raises:
        ValueError: another number of dimensions, or channels that do not divide into groups.

    >>> import tapegrad as torch
    >>> torch.nn.init.dirac_(torch.empty(1, 1, 3))
    tensor([[[0., 1., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"Only tensors with 3, 4, or 5 dimensions are supported. Found: {tensor.ndim} dimensions.")
    channels, _inputs, *kernel = tensor.shape
    if channels % groups != 0:
        raise ValueError(f"dim 0 must be divisible by groups. Found: {channels} channels in {groups} groups.")
    each = channels // groups
    middle = tuple([n // 2 for n in kernel])
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            part = tensor[group * each : (group + 1) * each]
            part[(slice(None), slice(None), *middle)].diagonal().fill_(1)
    return tensor


# -- random values -----------------------------------------------------------------------------------------------------


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with uniform numbers from [a, b).

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.uniform_(torch.empty(2))
    tensor([0.4963, 0.7682])
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.normal_(torch.empty(2))
    tensor([ 1.5410, -0.2934])
    """
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normal numbers, those outside [a, b] being drawn again.

    Warns:
        UserWarning: the mean lies more than two standard deviations outside [a, b].

    >>> import tapegrad as torch
    >>> bool((torch.nn.init.trunc_normal_(torch.empty(100)).abs() <= 2).all())
    True
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    below_b, below_a = ((1.0 + math.erf((x - mean) / std / math.sqrt(2.0))) / 2.0 for x in (b, a))
    with no_grad():
        # Drawing from the whole normal distribution is quick unless little of it lies between the bounds.
        draw = _normals_within if below_b - below_a > 0.3 else _uniforms_thinned
        tensor.copy_(draw(tensor, mean, std, a, b, generator))
    return tensor


def _normals_within(like: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    """Normal numbers; as long as some lie outside the bounds, all are drawn anew and those replaced."""
    from ..ops.selection import where

    low, high = like.new_tensor(a).item(), like.new_tensor(b).item()  # as the dtype can hold them
    found: Any = _empty_like(like).normal_(mean, std, generator=generator)
    while bool((outside := (found < low) | (found > high)).any()):
        found = where(outside, _empty_like(like).normal_(mean, std, generator=generator), found)
    return found


def _uniforms_thinned(like: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    """Uniform numbers, each accepted with a probability that is the density there over its largest value."""
    from ..ops.selection import where

    log_peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    found: Any = None
    pending: Any = None
    while pending is None or bool(pending.any()):
        drawn = _empty_like(like).uniform_(a, b, generator=generator)
        log_density = ((drawn - mean) / std) ** 2 * -0.5 - log_peak
        rejected = _empty_like(like).uniform_(generator=generator).log() > log_density
        found = drawn if pending is None else where(pending, drawn, found)
        pending = rejected if pending is None else pending & rejected
    return found


def _empty_like(tensor: Tensor) -> Any:
    return new_tensor(np.empty_like(tensor._data))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with uniform numbers of standard deviation gain · sqrt(2 / (fan in + fan out)) (Glorot and Bengio, 2010).

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.xavier_uniform_(torch.empty(1, 2))
    tensor([[-0.0106,  0.7586]])
    """
    bound = math.sqrt(3.0) * _xavier(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers of standard deviation gain · sqrt(2 / (fan in + fan out)) (Glorot and Bengio, 2010).

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.xavier_normal_(torch.empty(1, 2))
    tensor([[ 1.2582, -0.2396]])
    """
    return normal_(tensor, 0.0, _xavier(tensor, gain), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with uniform numbers of standard deviation gain / sqrt(fan) (He et al., 2015).

    Args:
        a: the negative slope, if the nonlinearity is `leaky_relu`.
        mode: "fan_in" keeps the spread of values going forward, "fan_out" that of gradients going back.
        nonlinearity: that after the layer; it decides the gain.

    Warns:
        UserWarning: the tensor has no elements.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.kaiming_uniform_(torch.empty(1, 2))
    tensor([[-0.0130,  0.9291]])
    """
    if 0 in tensor.shape:
        _warn_of_no_elements()
        return tensor
    bound = math.sqrt(3.0) * _kaiming(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normal numbers of standard deviation gain / sqrt(fan); arguments as for `kaiming_uniform_`.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.nn.init.kaiming_normal_(torch.empty(1, 2), nonlinearity="relu")
    tensor([[ 1.5410, -0.2934]])
    """
    if 0 in tensor.shape:
        _warn_of_no_elements()
        return tensor
    return normal_(tensor, 0, _kaiming(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with an orthogonal matrix, drawn uniformly (Saxe et al., 2013; Mezzadri, 2006), times `gain`.

    Dimensions after the first are taken as one; if rows and columns differ, the shorter ones are orthonormal.

    Raises:
        ValueError: fewer than two dimensions.

    >>> import tapegrad as torch
    >>> w = torch.nn.init.orthogonal_(torch.empty(2, 3))
    >>> torch.allclose(w @ w.T, torch.eye(2), atol=1e-6)
    True
    """
    if tensor.ndim < 2:
        raise ValueError(f"Only tensors with 2 or more dimensions are supported. Found: {tensor.ndim}.")
    if not tensor.numel():
        return tensor
    rows = tensor.shape[0]
    columns = tensor.numel() // rows
    drawn = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)._data
    if drawn.dtype.char not in "fdFD":
        from ..random.arguments import not_implemented

        raise not_implemented("geqrf_cpu", drawn.dtype)
    q, r = np.linalg.qr(drawn.T if rows < columns else drawn)
    # Householder's method gives the diagonal of R signs of its own; this makes the distribution of Q uniform.
    q = q * np.sign(np.diagonal(r))
    with no_grad():
        tensor.copy_(new_tensor(q.T if rows < columns else q).view(tensor.shape))
        tensor.mul_(gain)
    return tensor


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill a matrix with normal numbers, of which the fraction `sparsity` in each column is set to 0 (Martens, 2010).

    Raises:
        ValueError: the tensor does not have two dimensions.

    >>> import tapegrad as torch
    >>> (torch.nn.init.sparse_(torch.empty(4, 2), 0.5) == 0).sum(0)
    tensor([2, 2])
    """
    from ..random.creation import randperm

    _check_matrix(tensor)
    rows, columns = tensor.shape
    count = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[randperm(rows)[:count], column] = 0
    return tensor


# -- what they share ---------------------------------------------------------------------------------------------------


def _check_matrix(tensor: Tensor) -> None:
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported. Found: {tensor.ndim} dimensions.")


def _warn_of_no_elements() -> None:
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output of the layer depends on, and the other way around."""
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions."
            f" Found: shape {tuple(tensor.shape)}; for a bias, write zeros_ or uniform_."
        )
    outputs, inputs, *kernel = tensor.shape
    return inputs * math.prod(kernel), outputs * math.prod(kernel)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    modes = ["fan_in", "fan_out"]
    mode = mode.lower()
    if mode not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {modes}")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode)]


def _xavier(tensor: Tensor, gain: float) -> float:
    """The standard deviation of Xavier initialisation."""
    return gain * math.sqrt(2.0 / float(sum(_calculate_fan_in_and_fan_out(tensor))))


def _kaiming(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """The standard deviation of Kaiming initialisation."""
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _deprecated(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function under its name of old, without the underscore."""
    new = function.__name__
    old = new[:-1]

    @wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{old}` is now deprecated in favor of `nn.init.{new}`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    renamed.__name__ = renamed.__qualname__ = old
    renamed.__doc__ = f"The former name of `{new}`."
    return renamed


constant = _deprecated(constant_)
dirac = _deprecated(dirac_)
eye = _deprecated(eye_)
kaiming_normal = _deprecated(kaiming_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
normal = _deprecated(normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)
uniform = _deprecated(uniform_)
xavier_normal = _deprecated(xavier_normal_)
xavier_uniform = _deprecated(xavier_uniform_)

__all__ = [
    "calculate_gain", "constant", "constant_", "dirac", "dirac_", "eye", "eye_", "kaiming_normal", "kaiming_normal_",
    "kaiming_uniform", "kaiming_uniform_", "normal", "normal_", "ones_", "orthogonal", "orthogonal_", "sparse",
    "sparse_", "trunc_normal_", "uniform", "uniform_", "xavier_normal", "xavier_normal_", "xavier_uniform",
    "xavier_uniform_", "zeros_",
]  # fmt: skip
