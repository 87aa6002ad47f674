"""Windows for spectral analysis by torch's older names, such as `hann_window`; `torch.signal.windows` has more.

They are computed step by step, every constant being rounded to the type asked for, so that they come out as torch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..errors import DtypeError
from ..tensor.arguments import type_name
from ..tensor.device import strided
from ..tensor.dtypes import COMPLEX, FLOAT, as_dtype, default, dtype
from ..tensor.factories import empty, full, ones
from ..tensor.ranges import arange
from ..tensor.tensor import Tensor
from .accepts import c_name, not_implemented
from .bessel import i0

dtype_ = dtype  # `dtype` is the name of an argument below


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """1/2 - 1/2 cos(2πn / N).

    Args:
        window_length: the number of elements.
        periodic: N is the number of elements, so that the window is one period; else one less, and it is symmetric.

    Raises:
        RuntimeError: `window_length` is negative, or the dtype is not floating-point.

    >>> import tapegrad as torch
    >>> torch.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    kind = _checked("hann_window", window_length, dtype, layout)
    make = lambda n: _hamming(n, 0.5, 0.5, kind)
    return _finished(make, window_length, periodic, kind, device, pin_memory, requires_grad)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """alpha - beta cos(2πn / N); arguments as for `hann_window`.

    >>> import tapegrad as torch
    >>> torch.hamming_window(4)
    tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    kind = _checked("hamming_window", window_length, dtype, layout)
    make = lambda n: _hamming(n, alpha, beta, kind)
    return _finished(make, window_length, periodic, kind, device, pin_memory, requires_grad)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """0.42 - 0.5 cos(2πn / N) + 0.08 cos(4πn / N); arguments as for `hann_window`.

    >>> import tapegrad as torch
    >>> torch.blackman_window(4)
    tensor([-2.9802e-08,  3.4000e-01,  1.0000e+00,  3.4000e-01])
    """
    kind = _checked("blackman_window", window_length, dtype, layout)

    def make(n: int) -> Tensor:
        angles = arange(n, dtype=kind).mul_(_rounded(math.pi / (n - 1), kind))
        slow, fast = (angles * 2).cos_().mul_(0.5), (angles * 4).cos_().mul_(_rounded(0.08, kind))
        return fast - slow + _rounded(0.42, kind)

    return _finished(make, window_length, periodic, kind, device, pin_memory, requires_grad)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """1 - |2n / N - 1|: a triangle; arguments as for `hann_window`.

    >>> import tapegrad as torch
    >>> torch.bartlett_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    kind = _checked("bartlett_window", window_length, dtype, layout)

    def make(n: int) -> Tensor:
        window = arange(n, dtype=kind).mul_(_rounded(2 / (n - 1), kind))
        window[(n - 1) // 2 + 1 :].mul_(-1).add_(2)
        return window

    return _finished(make, window_length, periodic, kind, device, pin_memory, requires_grad)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    layout: Any = strided,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """i0(beta √(1 - (2n / N - 1)²)) / i0(beta); arguments as for `hann_window`.

    Args:
        beta: the shape: 0 for a rectangle; the larger, the wider the main lobe and the lower the others.

    >>> import tapegrad as torch
    >>> torch.kaiser_window(4, True, 5.0)
    tensor([0.0367, 0.5529, 1.0000, 0.5529])
    """
    kind = _checked("kaiser_window", window_length, dtype, layout)

    def make(n: int) -> Tensor:
        # Half precision is computed in single.
        wide = kind if kind.itemsize > 2 else default.dtype
        place = arange(n, dtype=kind).to(wide) * (2 / (n - 1)) - 1
        top = i0(full((), beta, dtype=wide))
        window: Tensor = (i0((1 - place * place).sqrt() * beta) / top).to(kind)
        return window

    return _finished(make, window_length, periodic, kind, device, pin_memory, requires_grad)


def _rounded(number: float, kind: dtype_) -> float:
    """A number as a type of elements can hold it."""
    return float(kind.numpy.type(number))


def _hamming(n: int, alpha: float, beta: float, kind: dtype_) -> Tensor:
    step, low, high = (_rounded(number, kind) for number in (2 * math.pi / (n - 1), -beta, alpha))
    window: Tensor = arange(n, dtype=kind).mul_(step).cos_().mul_(low).add_(high)
    return window


def _checked(function: str, length: Any, spec: Any, layout: Any) -> dtype_:
    """The type of a window, after a look at its arguments."""
    if isinstance(length, bool) or not hasattr(length, "__index__"):
        raise TypeError(f"{function}(): argument 'window_length' (position 1) must be int, not {type_name(length)}")
    kind = default.dtype if spec is None else as_dtype(spec, function)
    if layout is not strided and layout is not None:
        raise RuntimeError(f"{function} is not implemented for sparse types, got: layout={layout}")
    if kind.category < FLOAT:
        raise DtypeError(
            f"{function} expects floating point dtypes, got: TensorOptions(dtype={c_name(kind)}, device=cpu,"
            " layout=Strided (default), requires_grad=false (default), pinned_memory=false, memory_format=(nullopt))"
        )
    if length < 0:
        raise RuntimeError(f"{function} requires non-negative window_length, got window_length={length}")
    if kind.category == COMPLEX:
        raise not_implemented("arange_cpu", kind)
    return kind


def _finished(
    make: Callable[[int], Tensor],
    length: int,
    periodic: bool,
    kind: dtype_,
    device: Any,
    pin_memory: bool,
    requires_grad: bool,
) -> Tensor:
    """The window that `make` makes of one more element if it is periodic, which is then left out."""
    options: Any = {"dtype": kind, "device": device, "pin_memory": pin_memory}
    if length < 2:
        window = (empty if length == 0 else ones)((length,), **options)
    else:
        empty((0,), **options)  # checks the device
        window = make(length + 1)[:length].clone() if periodic else make(length)
    return window.requires_grad_() if requires_grad else window


METHODS: dict[str, Any] = {}

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]
