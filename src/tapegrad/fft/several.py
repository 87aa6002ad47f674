"""Transforms over several dimensions.

Those over two dimensions are the same with another default for `dim`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..errors import DtypeError
from ..ops.complex_numbers import conj, conj_physical
from ..ops.fourier import fft_c2c, fft_c2r, fft_r2c
from ..tensor.dtypes import COMPLEX, scalar_type_name
from ..tensor.tensor import Tensor
from .arguments import (
    as_complex,
    as_real,
    check_out,
    checked,
    finish,
    half_spectrum,
    needs_axes,
    resized,
    scale_of,
    several,
)

Sizes = int | Sequence[int] | None
_LAST_TWO: Final = (-2, -1)


def fftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The discrete Fourier transform over several dimensions.

    Args:
        input: real or complex numbers; integers are converted to the default type.
        s: the numbers of points, to which the tensor is cut off or padded with zeros; -1 for its own size. Without
            `dim`, they are for the last dimensions.
        dim: the dimensions; all of them, unless `s` is given.
        norm: "backward" (the default): not scaled; "ortho": times 1/√n; "forward": times 1/n, where n is the number of
            elements transformed together.

    Raises:
        RuntimeError: a number of points is not positive, a dimension appears twice, `s` and `dim` are of different
            lengths, or the type is float16 or bfloat16.
        IndexError: there is no such dimension.

    >>> import tapegrad as torch
    >>> torch.fft.fftn(torch.ones(2, 2))
    tensor([[4.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return _to_complex("fftn", input, s, dim, norm, out, True)


def ifftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The inverse of `fftn`; its `norm` is "backward" (the default): times 1/n, "ortho": 1/√n, "forward": not scaled.

    >>> import tapegrad as torch
    >>> torch.fft.ifftn(torch.ones(1, 2))
    tensor([[1.+0.j, 0.+0.j]])
    """
    return _to_complex("ifftn", input, s, dim, norm, out, False)


def rfftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The transform of a real signal over several dimensions, of the last of which only the first half is kept.

    Arguments as for `fftn`.

    Raises:
        RuntimeError: the tensor is complex, or there is no dimension to transform over.

    >>> import tapegrad as torch
    >>> torch.fft.rfftn(torch.ones(2, 4)).shape
    torch.Size([2, 3])
    """
    x = as_real("rfftn", checked("rfftn", input), "expects a real-valued input tensor")
    check_out("rfftn", out, True)
    dims, sizes = several(x, s, dim, "rfftn")
    needs_axes(dims, "rfftn")
    y = fft_r2c.call(resized(x, dims, sizes), dims, scale_of(norm, True, "rfftn"), True)
    return finish(y, out, input, "_fft_r2c")


def irfftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The inverse of `rfftn`: real numbers.

    Args:
        s: the sizes of the result; the last is by default 2 (m - 1), where m is the size of the tensor.
        norm: as for `ifftn`.

    >>> import tapegrad as torch
    >>> torch.fft.irfftn(torch.tensor([[4.0, 0.0]]))
    tensor([[2., 2.]])
    """
    check_out("irfftn", out, False)
    dims, sizes, last = half_spectrum(checked("irfftn", input), s, dim, "irfftn")
    x = resized(as_complex("irfftn", input), dims, sizes)
    y = fft_c2r.call(x, dims, scale_of(norm, False, "irfftn"), last)
    return finish(y, out, input, "_fft_c2r")


def hfftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The transform over several dimensions of a signal with conjugate symmetry, given by the first half of the last.

    The result is real. Arguments as for `irfftn`, but `norm` as for `fftn`.

    >>> import tapegrad as torch
    >>> torch.fft.hfftn(torch.tensor([[1.0, 2.0, 3.0]]))
    tensor([[ 8., -2.,  0., -2.]])
    """
    check_out("hfftn", out, False)
    dims, sizes, last = half_spectrum(checked("hfftn", input), s, dim, "hfftn")
    x = resized(as_complex("hfftn", input), dims, sizes)
    scale = scale_of(norm, True, "hfftn")
    if len(dims) > 1:
        x = fft_c2c.call(x, dims[:-1], scale, True)
    return finish(fft_c2r.call(conj(x), dims[-1:], scale, last), out, input, "_fft_c2r")


def ihfftn(input: Tensor, s: Sizes = None, dim: Sizes = None, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The inverse of `hfftn`: of the last dimension only the first half is kept.

    Arguments as for `rfftn`, but `norm` as for `ifftn`.

    >>> import tapegrad as torch
    >>> torch.fft.ihfftn(torch.tensor([[8.0, -2.0, 0.0, -2.0]])).real
    tensor([[1., 2., 3.]])
    """
    if checked("ihfftn", input).dtype.category == COMPLEX:
        raise DtypeError(f"Only supports floating-point dtypes, but found: {scalar_type_name(input.dtype)}")
    x = as_real("ihfftn", input)
    dims, sizes = several(x, s, dim, "ihfftn")
    needs_axes(dims, "ihfftn")
    if len(dims) > 1:
        check_out("ihfftn", out, True)
    elif out is not None:
        _check_same_kind(out, x)
    scale = scale_of(norm, False, "ihfftn")
    y = fft_r2c.call(resized(x, dims, sizes), dims[-1:], scale, True)
    y = conj(y) if len(dims) == 1 else fft_c2c.call(conj_physical(y), dims[:-1], scale, False)
    return finish(y, out, input, "_fft_c2c")


def fft2(input: Tensor, s: Sizes = None, dim: Sizes = _LAST_TWO, norm: str | None = None, *, out: Any = None) -> Tensor:
    """The discrete Fourier transform over two dimensions, the last two by default; see `fftn`.

    >>> import tapegrad as torch
    >>> torch.fft.fft2(torch.ones(2, 2))
    tensor([[4.+0.j, 0.+0.j],
            [0.+0.j, 0.+0.j]])
    """
    return fftn(checked("fft2", input), s, dim, norm, out=out)


def ifft2(
    input: Tensor, s: Sizes = None, dim: Sizes = _LAST_TWO, norm: str | None = None, *, out: Any = None
) -> Tensor:
    """The inverse of `fft2`; see `ifftn`.

    >>> import tapegrad as torch
    >>> torch.fft.ifft2(torch.ones(1, 2))
    tensor([[1.+0.j, 0.+0.j]])
    """
    return ifftn(checked("ifft2", input), s, dim, norm, out=out)


def rfft2(
    input: Tensor, s: Sizes = None, dim: Sizes = _LAST_TWO, norm: str | None = None, *, out: Any = None
) -> Tensor:
    """The transform of a real signal over two dimensions, the last two by default; see `rfftn`.

    >>> import tapegrad as torch
    >>> torch.fft.rfft2(torch.ones(2, 4)).shape
    torch.Size([2, 3])
    """
    return rfftn(checked("rfft2", input), s, dim, norm, out=out)


def irfft2(
    input: Tensor, s: Sizes = None, dim: Sizes = _LAST_TWO, norm: str | None = None, *, out: Any = None
) -> Tensor:
    """The inverse of `rfft2`; see `irfftn`.

    >>> import tapegrad as torch
    >>> torch.fft.irfft2(torch.tensor([[4.0, 0.0]]))
    tensor([[2., 2.]])
    """
    return irfftn(checked("irfft2", input), s, dim, norm, out=out)


def hfft2(
    input: Tensor, s: Sizes = None, dim: Sizes = _LAST_TWO, norm: str | None = None, *, out: Any = None
) -> Tensor:
    """`hfftn` over two dimensions, the last two by default.

    >>> import tapegrad as torch
    >>> torch.fft.hfft2(torch.tensor([[1.0, 2.0, 3.0]]))
    tensor([[ 8., -2.,  0., -2.]])
    """
    return hfftn(checked("hfft2", input), s, dim, norm, out=out)


def ihfft2(
    input: Tensor, s: Sizes = None, dim: Sizes = _LAST_TWO, norm: str | None = None, *, out: Any = None
) -> Tensor:
    """`ihfftn` over two dimensions, the last two by default.

    >>> import tapegrad as torch
    >>> torch.fft.ihfft2(torch.tensor([[8.0, -2.0, 0.0, -2.0]])).real
    tensor([[1., 2., 3.]])
    """
    return ihfftn(checked("ihfft2", input), s, dim, norm, out=out)


def _to_complex(name: str, input: Any, s: Sizes, dim: Sizes, norm: Any, out: Any, forward: bool) -> Tensor:
    check_out(name, out, True)
    dims, sizes = several(checked(name, input), s, dim, name)
    x = resized(as_complex(name, input), dims, sizes)
    return finish(fft_c2c.call(x, dims, scale_of(norm, forward, name), forward), out, input, "_fft_c2c")


def _check_same_kind(out: Any, x: Tensor) -> None:
    """Refuse an `out` for complex numbers of x's precision that holds others."""
    if isinstance(out, Tensor) and out.dtype is not x.dtype.to_complex():
        found, wanted = scalar_type_name(x.dtype.to_complex()), scalar_type_name(out.dtype)
        raise DtypeError(f"Found dtype {found} but expected {wanted}", f"Give an out of {x.dtype.to_complex()}.")
