"""Transforms over one dimension."""

from __future__ import annotations

from typing import Any

from ..ops.complex_numbers import conj
from ..ops.fourier import fft_c2c, fft_c2r, fft_r2c
from ..tensor.dtypes import COMPLEX
from ..tensor.tensor import Tensor
from .arguments import as_complex, as_real, check_out, checked, finish, one_dim, one_size, resized, scale_of


def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The discrete Fourier transform over a dimension: X[k] = Σ x[j] exp(-2πi jk / n).

    Args:
        input: real or complex numbers; integers are converted to the default type.
        n: the number of points; the tensor is cut off or padded with zeros to it. By default its size.
        dim: the dimension.
        norm: "backward" (the default): not scaled; "ortho": times 1/√n; "forward": times 1/n.

    Returns:
        Complex numbers, `n` of them in dimension `dim`.

    Raises:
        RuntimeError: `n` is not positive, or the type is float16 or bfloat16.
        IndexError: there is no such dimension.

    >>> import tapegrad as torch
    >>> torch.fft.fft(torch.tensor([1.0, 2.0, 3.0]))
    tensor([ 6.0000+0.0000j, -1.5000+0.8660j, -1.5000-0.8660j])
    """
    return _to_complex("fft", input, n, dim, norm, out, True)


def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The inverse of `fft`: x[j] = 1/n Σ X[k] exp(2πi jk / n).

    Args:
        norm: "backward" (the default): times 1/n; "ortho": times 1/√n; "forward": not scaled.

    >>> import tapegrad as torch
    >>> torch.fft.ifft(torch.tensor([6.0, 0.0])).real
    tensor([3., 3.])
    """
    return _to_complex("ifft", input, n, dim, norm, out, False)


def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The transform of a real signal, of which only the first half is kept: n // 2 + 1 complex numbers.

    The other half are the complex conjugates of these. Arguments and errors as for `fft`.

    Raises:
        RuntimeError: the tensor is complex.

    >>> import tapegrad as torch
    >>> torch.fft.rfft(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j])
    """
    return _from_real("rfft", input, n, dim, norm, out, True, True)


def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The inverse of `rfft`: a real signal of `n` elements.

    Args:
        input: the first half of a spectrum, n // 2 + 1 numbers; an imaginary part of the first, and of the last for an
            even `n`, cannot belong to a real signal and is taken for 0.
        n: the number of elements of the signal; by default 2 (m - 1) where m is the size of the tensor, so name it if
            the signal has an odd number of elements.
        norm: as for `ifft`.

    >>> import tapegrad as torch
    >>> torch.fft.irfft(torch.tensor([10.0, -2 + 2j, -2.0]))
    tensor([1., 2., 3., 4.])
    """
    return _to_real("irfft", input, n, dim, norm, out, False)


def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The transform of a signal with conjugate symmetry, given by its first half; it is real.

    Arguments as for `irfft`, but `norm` as for `fft`.

    >>> import tapegrad as torch
    >>> torch.fft.hfft(torch.tensor([1.0, 2.0, 3.0]))
    tensor([ 8., -2.,  0., -2.])
    """
    return _to_real("hfft", input, n, dim, norm, out, True)


def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The inverse of `hfft`: the first half of a signal with conjugate symmetry, n // 2 + 1 complex numbers.

    Arguments as for `rfft`, but `norm` as for `ifft`.

    >>> import tapegrad as torch
    >>> torch.fft.ihfft(torch.tensor([8.0, -2.0, 0.0, -2.0])).real
    tensor([1., 2., 3.])
    """
    return _from_real("ihfft", input, n, dim, norm, out, False, True)


def _to_complex(name: str, input: Any, n: Any, dim: Any, norm: Any, out: Any, forward: bool) -> Tensor:
    if checked(name, input).dtype.category != COMPLEX:
        return _from_real(name, input, n, dim, norm, out, forward, False)
    check_out(name, out, True)
    at = one_dim(dim, input, name)
    size = one_size(n, input._data.shape[at], name)
    x = input if n is None else resized(input, (at,), (size,))
    return finish(fft_c2c.call(x, (at,), scale_of(norm, forward, name), forward), out, input, "_fft_c2c")


def _from_real(name: str, input: Any, n: Any, dim: Any, norm: Any, out: Any, forward: bool, onesided: bool) -> Tensor:
    x = as_real(name, checked(name, input))
    check_out(name, out, True)
    at = one_dim(dim, x, name)
    size = one_size(n, x._data.shape[at], name)
    x = x if n is None else resized(x, (at,), (size,))
    y = fft_r2c.call(x, (at,), scale_of(norm, forward, name), onesided)
    return finish(y if forward else conj(y), out, input, "_fft_r2c")


def _to_real(name: str, input: Any, n: Any, dim: Any, norm: Any, out: Any, forward: bool) -> Tensor:
    check_out(name, out, False)
    x = as_complex(name, checked(name, input))
    at = one_dim(dim, x, name)
    size = one_size(n, 2 * (x._data.shape[at] - 1), name)
    x = x if n is None else resized(x, (at,), (size // 2 + 1,))
    y = fft_c2r.call(conj(x) if forward else x, (at,), scale_of(norm, forward, name), size)
    return finish(y, out, input, "_fft_c2r")
