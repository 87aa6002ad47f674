"""Windows for spectral analysis: `torch.signal.windows`.

Every function takes the number of elements `M`; `sym=True` (the default) makes the window symmetric, as filters want
it, `sym=False` makes one period of a periodic one, as the short-time Fourier transform wants it.  The other arguments
are those of `torch.linspace`; `dtype` is float32 or float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..ops.bessel import i0
from ..tensor import dtypes
from ..tensor.creation import tensor
from ..tensor.device import strided
from ..tensor.dtypes import default, dtype
from ..tensor.factories import empty, ones
from ..tensor.ranges import arange
from ..tensor.spacing import linspace
from ..tensor.tensor import Tensor


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """exp(-|n - center| / tau).

    Args:
        center: the place of the maximum; the middle by default, and always of a symmetric window.
        tau: in how many elements it falls to 1/e.

    Raises:
        ValueError: `tau` is not positive, `center` is given for a symmetric window, `M` is negative, or the dtype is
            neither float32 nor float64.

    >>> import tapegrad as torch
    >>> torch.signal.windows.exponential(3)
    tensor([0.3679, 1.0000, 0.3679])
    """
    options = _options("exponential", M, dtype, layout, device, requires_grad)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    if M == 0:
        return empty((0,), **options)
    middle = _period(M, sym, 1) / 2 if center is None else center
    scale = 1 / tau
    return (-linspace(-middle * scale, (-middle + (M - 1)) * scale, M, **options).abs()).exp()


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """sin(π (n + 1/2) / M): one arc of a sine.

    >>> import tapegrad as torch
    >>> torch.signal.windows.cosine(3)
    tensor([0.5000, 1.0000, 0.5000])
    """
    options = _options("cosine", M, dtype, layout, device, requires_grad)
    if M == 0:
        return empty((0,), **options)
    step = math.pi / _period(M, sym, 0)
    return linspace(0.5 * step, (0.5 + (M - 1)) * step, M, **options).sin()


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """exp(-(n / std)² / 2), with n counted from the middle.

    Raises:
        ValueError: `std` is not positive; the others of `exponential`.

    >>> import tapegrad as torch
    >>> torch.signal.windows.gaussian(3)
    tensor([0.6065, 1.0000, 0.6065])
    """
    options = _options("gaussian", M, dtype, layout, device, requires_grad)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    if M == 0:
        return empty((0,), **options)
    first = -_period(M, sym, 1) / 2
    scale = 1 / (std * math.sqrt(2))
    return (-(linspace(first * scale, (first + (M - 1)) * scale, M, **options) ** 2)).exp()


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """i0(√(beta² - k²)) / i0(beta), with k from -beta to beta: nearly the most energy in the main lobe.

    Args:
        beta: the shape: 0 for a rectangle; the larger, the wider the main lobe and the lower the others.

    Raises:
        ValueError: `beta` is negative; the others of `exponential`.

    >>> import tapegrad as torch
    >>> torch.signal.windows.kaiser(3, beta=5.0)
    tensor([0.0367, 1.0000, 0.0367])
    """
    options = _options("kaiser", M, dtype, layout, device, requires_grad)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    if M == 0:
        return empty((0,), **options)
    if M == 1:
        return ones((1,), **options)
    # In the precision of the window, so that no k is larger than beta.
    shape = tensor(beta, dtype=options["dtype"])
    last = (-shape + (M - 1) * (2.0 * beta / (M if not sym else M - 1))).minimum(shape)
    k = linspace(-shape, last, M, **options)
    return i0((shape * shape - k.pow(2)).sqrt()) / i0(shape)


def hamming(
    M: int,
    *,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """0.54 - 0.46 cos(2πn / (M - 1)).

    >>> import tapegrad as torch
    >>> torch.signal.windows.hamming(3)
    tensor([0.0800, 1.0000, 0.0800])
    """
    return general_hamming(M, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)


def hann(
    M: int,
    *,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """1/2 - 1/2 cos(2πn / (M - 1)).

    >>> import tapegrad as torch
    >>> torch.signal.windows.hann(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return general_hamming(
        M, alpha=0.5, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def blackman(
    M: int,
    *,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """0.42 - 0.5 cos(2πn / (M - 1)) + 0.08 cos(4πn / (M - 1)).

    >>> import tapegrad as torch
    >>> torch.signal.windows.blackman(5)
    tensor([-1.4901e-08,  3.4000e-01,  1.0000e+00,  3.4000e-01, -1.4901e-08])
    """
    options = _options("blackman", M, dtype, layout, device, requires_grad)
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **options)


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """1 - |2n / (M - 1) - 1|: a triangle.

    >>> import tapegrad as torch
    >>> torch.signal.windows.bartlett(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    options = _options("bartlett", M, dtype, layout, device, requires_grad)
    if M == 0:
        return empty((0,), **options)
    if M == 1:
        return ones((1,), **options)
    step = 2 / (M if not sym else M - 1)
    return 1 - linspace(-1, -1 + (M - 1) * step, M, **options).abs()


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Σ (-1)^i a[i] cos(2π i n / (M - 1)).

    Raises:
        ValueError: there are no coefficients; the others of `exponential`.
        TypeError: `a` is no sequence.

    >>> import tapegrad as torch
    >>> torch.signal.windows.general_cosine(3, a=[0.5, 0.5])
    tensor([0., 1., 0.])
    """
    options = _options("general_cosine", M, dtype, layout, device, requires_grad)
    if M == 0:
        return empty((0,), **options)
    if M == 1:
        return ones((1,), **options)
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    step = 2 * math.pi / (M if not sym else M - 1)
    k = linspace(0, (M - 1) * step, M, **options)
    signed = [(-1) ** i * weight for i, weight in enumerate(a)]
    weights = tensor(signed, dtype=options["dtype"], requires_grad=requires_grad)
    order = arange(len(signed), dtype=options["dtype"], requires_grad=requires_grad)
    return (weights.unsqueeze(-1) * (order.unsqueeze(-1) * k).cos()).sum(0)


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """alpha - (1 - alpha) cos(2πn / (M - 1)).

    >>> import tapegrad as torch
    >>> torch.signal.windows.general_hamming(3, alpha=0.6)
    tensor([0.2000, 1.0000, 0.2000])
    """
    options: dict[str, Any] = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def nuttall(
    M: int,
    *,
    sym: bool = True,
    dtype: dtype | None = None,
    layout: Any = strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The sum of four cosines whose side lobes are lowest: Nuttall's minimum four-term Blackman-Harris window.

    A. H. Nuttall, "Some windows with very good sidelobe behavior", IEEE Transactions on Acoustics, Speech, and Signal
    Processing 29 (1981).

    >>> import tapegrad as torch
    >>> torch.signal.windows.nuttall(3)
    tensor([3.6280e-04, 1.0000e+00, 3.6280e-04])
    """
    options: dict[str, Any] = {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **options)


def _options(function: str, M: int, kind: Any, layout: Any, device: Any, requires_grad: bool) -> dict[str, Any]:
    """The arguments that windows have in common, as `linspace` takes them.

    Raises:
        ValueError: the length is negative, the layout not strided, or the dtype neither float32 nor float64.
    """
    if M < 0:
        raise ValueError(f"{function} requires non-negative window length, got M={M}")
    if layout is not strided:
        raise ValueError(f"{function} is implemented for strided tensors only, got: {layout}")
    kind = default.dtype if kind is None else kind
    if kind not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"{function} expects float32 or float64 dtypes, got: {kind}")
    return {"dtype": kind, "layout": layout, "device": device, "requires_grad": requires_grad}


def _period(M: int, sym: bool, less: int) -> int:
    """The number of elements of a symmetric window of M, or of which M are a period, less `less` of them."""
    return (M if sym or M == 1 else M + 1) - less


__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming",
    "hann", "kaiser", "nuttall",
]  # fmt: skip
