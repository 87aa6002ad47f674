"""What belongs to the results of transforms: their frequencies, and their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError
from ..ops.accepts import not_implemented
from ..ops.pointwise import tensors_of
from ..ops.rearranging import roll
from ..quiet import make_quiet
from ..tensor.arguments import type_name
from ..tensor.dtypes import COMPLEX, F32, FLOAT, as_dtype, default
from ..tensor.outputs import finish
from ..tensor.tensor import Tensor


def fftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The frequencies that the elements of `fft` of `n` points stand for, in cycles per unit of `d`.

    From 0 upwards, then from the most negative one up to the one below 0.

    Args:
        n: the number of points.
        d: the distance between two points.

    >>> import tapegrad as torch
    >>> torch.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    count = _count("fftfreq", n, dtype, n)
    count[(n + 1) // 2 :] -= n
    y = _scaled(count, n, d, out, dtype)
    return finish("fft_fftfreq", y, out, dtype, layout, device, pin_memory, requires_grad)


def rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    out: Tensor | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:
    """The frequencies that the elements of `rfft` of `n` points stand for, in cycles per unit of `d`.

    >>> import tapegrad as torch
    >>> torch.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    y = _scaled(_count("rfftfreq", n, dtype, int(n / 2) + 1 if isinstance(n, int) else 0), n, d, out, dtype)
    return finish("fft_rfftfreq", y, out, dtype, layout, device, pin_memory, requires_grad)


def fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The elements moved so that the one for frequency 0 comes to lie in the middle.

    Args:
        dim: one or several dimensions; all by default.

    >>> import tapegrad as torch
    >>> torch.fft.fftshift(torch.fft.fftfreq(4))
    tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    tensors_of("fft_fftshift", input=input)
    dims = _dims(dim, input)
    return roll(input, tuple([input.size(d) // 2 for d in dims]), dims)


def ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The inverse of `fftshift`.

    >>> import tapegrad as torch
    >>> torch.fft.ifftshift(torch.tensor([-2, -1, 0, 1, 2]))
    tensor([ 0,  1,  2, -2, -1])
    """
    tensors_of("fft_ifftshift", input=input)
    dims = _dims(dim, input)
    return roll(input, tuple([(input.size(d) + 1) // 2 for d in dims]), dims)


def _dims(dim: Any, input: Tensor) -> tuple[int, ...]:
    if dim is None:
        return tuple(range(input._data.ndim))
    return (dim,) if hasattr(dim, "__index__") else tuple(dim)


def _count(function: str, n: Any, dtype: Any, length: int) -> Any:
    """0, 1, …, in float64, after a look at the arguments."""
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"fft_{function}(): argument 'n' (position 1) must be int, not {type_name(n)}")
    kind = default.dtype if dtype is None else as_dtype(dtype)
    if kind.category < FLOAT:
        raise DtypeError(f"{function} requires a floating point or complex dtype", f"Found: dtype={kind}.")
    if kind.category == COMPLEX:
        raise not_implemented("arange_cpu", kind)
    if length < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {length}: [{length}]")
    return np.arange(float(length))


def _scaled(count: Any, n: int, d: Any, out: Tensor | None, dtype: Any) -> Any:
    """count / (n·d), rounded as torch does: the scale is a number of the type computed in."""
    kind = out.dtype if out is not None and dtype is None else default.dtype if dtype is None else as_dtype(dtype)
    computed = F32 if kind.itemsize == 2 else kind.numpy
    scale = np.divide(1.0, np.float64(n * float(d)))
    product = count.astype(kind.numpy).astype(computed) * scale.astype(computed)
    return product.astype(kind.numpy)


make_quiet(globals())
