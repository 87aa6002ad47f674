"""What the transforms take: types, dimensions, sizes, scales; and what becomes of their result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..errors import DtypeError, OutOfRangeError, wrong_argument
from ..ops.fourier import BY_ROOT, BY_SIZE, UNSCALED
from ..ops.padding import constant_pad
from ..ops.pointwise import tensors_of, write_out
from ..ops.slicing import sliced
from ..tensor import dtypes
from ..tensor.arguments import type_name, wrap_dim
from ..tensor.dtypes import COMPLEX, FLOAT, scalar_type_name
from ..tensor.tensor import Tensor

Ints = tuple[int, ...]

_FORWARD_SCALES: Final = {None: UNSCALED, "backward": UNSCALED, "forward": BY_SIZE, "ortho": BY_ROOT}
_INVERSE_SCALES: Final = {None: BY_SIZE, "backward": BY_SIZE, "forward": UNSCALED, "ortho": BY_ROOT}


def scale_of(norm: Any, forward: bool, function: str) -> int:
    """The scale of a transform in one direction that a `norm` asks for.

    Raises:
        RuntimeError: there is no such `norm`.
    """
    if norm is not None and not isinstance(norm, str):
        raise TypeError(f"fft_{function}(): argument 'norm' must be str, not {type_name(norm)}")
    scales = _FORWARD_SCALES if forward else _INVERSE_SCALES
    if norm not in scales:
        raise RuntimeError(f'Invalid normalization mode: "{norm}". Write "backward", "ortho" or "forward".')
    return scales[norm]


def checked(function: str, input: Any) -> Tensor:
    """The tensor to be transformed."""
    return tensors_of(f"fft_{function}", input=input)[0]


def as_real(function: str, input: Tensor, says: str = "expects a real input tensor") -> Tensor:
    """The tensor as floating-point numbers of a precision that transforms are computed in.

    Raises:
        RuntimeError: it is complex, or of half precision.
    """
    kind = input.dtype
    if kind.category == COMPLEX:
        raise DtypeError(
            f"{function} {says}, but got {scalar_type_name(kind)}",
            "Write x.real for the real part, or use a transform of complex numbers.",
        )
    if kind.category == FLOAT:
        if kind.itemsize == 2:
            raise DtypeError(f"Unsupported dtype {scalar_type_name(kind)}", "Convert the tensor first: x.float().")
        return input
    return input.to(dtypes.default.dtype)


def as_complex(function: str, input: Tensor) -> Tensor:
    """The tensor as complex numbers."""
    if input.dtype.category == COMPLEX:
        return input
    real = as_real(function, input)
    return real.to(real.dtype.to_complex())


def check_out(function: str, out: Any, complex_result: bool) -> None:
    """Refuse an `out` that cannot hold the result."""
    if out is None:
        return
    if not isinstance(out, Tensor):
        raise wrong_argument(f"fft_{function}", "out", 0, out)
    category = out.dtype.category
    if category != (COMPLEX if complex_result else FLOAT):
        wanted = "complex" if complex_result else "floating point"
        raise DtypeError(f"{function} expects a {wanted} output tensor, but got {scalar_type_name(out.dtype)}")


def finish(y: Tensor, out: Tensor | None, input: Tensor, function: str) -> Tensor:
    """The result, written into `out` if that was given."""
    return y if out is None else write_out(out, y._data, y.dtype, (input,), function)


# -- one dimension ----------------------------------------------------------------------------------------------------


def one_dim(dim: Any, input: Tensor, function: str) -> int:
    """The dimension to transform over, counted from the front.

    Raises:
        IndexError: there is no such dimension; a tensor of no dimensions has none.
    """
    if isinstance(dim, bool) or not hasattr(dim, "__index__"):
        raise TypeError(f"fft_{function}(): argument 'dim' must be int, not {type_name(dim)}")
    if not input._data.ndim:
        raise OutOfRangeError(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, input._data.ndim)


def one_size(n: Any, default: int, function: str) -> int:
    """The number of points of a transform.

    Raises:
        RuntimeError: it is not positive.
    """
    if n is None:
        n = default
    elif isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"fft_{function}(): argument 'n' must be int, not {type_name(n)}")
    return points(n.__index__())


def points(n: int) -> int:
    """A number of points, which must be positive."""
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified; a transform needs at least one")
    return n


def resized(input: Tensor, dims: Ints, sizes: Ints) -> Tensor:
    """The tensor, cut off or padded with zeros to the sizes given for some of its dimensions."""
    shape = input._data.shape
    pads = [0] * (2 * len(shape))
    for dim, size in zip(dims, sizes, strict=True):
        if size < shape[dim]:
            input = sliced(input, dim, 0, size)
        elif size > shape[dim]:
            pads[2 * (len(shape) - 1 - dim) + 1] = size - shape[dim]
    return constant_pad.call(input, tuple(pads), 0) if any(pads) else input


# -- several dimensions -----------------------------------------------------------------------------------------------


def several(input: Tensor, s: Any, dim: Any, function: str) -> tuple[Ints, Ints]:
    """The dimensions to transform over and their sizes; a size of -1 stands for the tensor's.

    Raises:
        RuntimeError: a dimension appears twice, the two do not go together, or a size is not positive.
    """
    shape = input._data.shape
    given = None if s is None else _ints(s, "s", function)
    if dim is not None:
        wanted = _ints(dim, "dim", function)
        if wanted and not shape:
            raise OutOfRangeError(f"Dimension specified as {wanted[0]} but tensor has no dimensions")
        dims = tuple([wrap_dim(d, len(shape)) for d in wanted])
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"FFT dims must be unique; found {dims}")
        if given is not None and len(given) != len(dims):
            raise RuntimeError(
                "When given, dim and shape arguments must have the same length."
                f" Found: {len(dims)} dimensions and {len(given)} sizes."
            )
    elif given is not None:
        if len(given) > len(shape):
            raise RuntimeError(f"Got shape with {len(given)} values but input tensor only has {len(shape)} dimensions.")
        dims = tuple(range(len(shape) - len(given), len(shape)))
    else:
        dims = tuple(range(len(shape)))
    sizes = [shape[d] for d in dims] if given is None else given
    return dims, tuple([points(shape[d] if n == -1 else n) for d, n in zip(dims, sizes, strict=True)])


def needs_axes(dims: Ints, function: str) -> None:
    """Refuse a transform to or from real numbers over no dimensions."""
    if not dims:
        raise RuntimeError(f"{function} must transform at least one axis")


def half_spectrum(input: Tensor, s: Any, dim: Any, function: str) -> tuple[Ints, Ints, int]:
    """For a one-sided spectrum: the dimensions, the sizes of the spectrum, and the size of its last in the result."""
    dims, sizes = several(input, s, dim, function)
    needs_axes(dims, function)
    last = sizes[-1]
    if s is None or _ints(s, "s", function)[-1] == -1:
        last = points(2 * (input._data.shape[dims[-1]] - 1))
    return dims, (*sizes[:-1], last // 2 + 1), last


def _ints(values: Any, name: str, function: str) -> Ints:
    """Integers from an integer or a sequence of them."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        values = (values,)
    for value in values:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(f"fft_{function}(): argument '{name}' must be tuple of ints, not {type_name(value)}")
    return tuple([int(value.__index__()) for value in values])
