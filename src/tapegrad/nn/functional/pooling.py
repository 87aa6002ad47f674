"""Pooling: maxima, averages and norms of windows.

Windows are given by `kernel_size`, `stride` (by default the kernel's size), `padding` at both sides and, for maxima,
`dilation`; each is one number, or one for each dimension. Inputs have the shape (N, C, *size) or (C, *size).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...errors import OutOfRangeError
from ...ops import pooling as ops
from ...ops.convolution import Size
from ...ops.outputs import given_out
from ...tensor.tensor import Tensor

Indexed = Tensor | tuple[Tensor, Tensor]


# -- maxima ------------------------------------------------------------------------------------------------------------


def _unset(stride: Any) -> bool:
    """Whether a stride is left to the kernel's size: None, or an empty sequence."""
    return stride is None or (isinstance(stride, (tuple, list)) and not stride)


def _one(function: str, name: str, value: Any) -> int:
    """The number for the only dimension of a window."""
    if isinstance(value, (tuple, list)):
        if len(value) != 1:
            raise RuntimeError(f"{function}() argument '{name}' should contain one int (got {len(value)})")
        return int(value[0])
    return int(value)


def _one_dim_window(kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, int, int, int]:
    """The numbers for the windows of `max_pool1d`."""
    name = "max_pool1d"
    kernel = _one(name, "kernel_size", kernel_size)
    step = kernel if _unset(stride) else _one(name, "stride", stride)
    return kernel, step, _one(name, "padding", padding), _one(name, "dilation", dilation)


def _check_max_pool1d(input: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool) -> None:
    """Refuse arguments in the words of the function that returns no positions."""
    name = "max_pool1d"
    shape = input._data.shape
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError(
            f"{name}: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but"
            f" got:{list(shape)}"
        )
    given = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    for what, value in given.items():
        if isinstance(value, (tuple, list)) and len(value) != 1 and not (what == "stride" and not value):
            one = {"kernel_size": "an int, list of ints or tuple", "stride": "None, an int, list of ints, or tuple"}
            kind = one.get(what, "an int, list of ints, or tuple")
            raise RuntimeError(f"{name}() {what} must be {kind} of ints of size 1 but got size {len(value)}")
    kernel, step, margin, spacing = _one_dim_window(kernel_size, stride, padding, dilation)
    for what, number in (("kernel_size", kernel), ("stride", step), ("dilation", spacing)):
        if number <= 0:
            raise RuntimeError(f"{name}() {what} must be greater than zero, but got {number}")
    if margin < 0:
        raise RuntimeError(f"{name}() padding must be non-negative, but got {margin}")
    if margin > kernel // 2:
        raise RuntimeError(
            f"{name}() padding should be at most half of kernel size, but got padding={margin} and kernel_size={kernel}"
        )
    out = ops.pooled_size(shape[-1], kernel, step, margin, spacing, ceil)
    if out <= 0:
        raise RuntimeError(f"{name}() Invalid computed output size: {out}")


def _max_pool1d(
    input: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, positions: bool
) -> tuple[Tensor, Tensor | None]:
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 'self' (while"
            " checking arguments for max_pool1d)"
        )
    x: Any = input
    kernel, step, margin, spacing = _one_dim_window(kernel_size, stride, padding, dilation)
    values, indices = ops.max_pool(
        x.unsqueeze(-2), (1, kernel), (1, step), (0, margin), (1, spacing), ceil_mode, positions
    )
    return values.squeeze(-2), None if indices is None else indices.squeeze(-2)


def _max_pool(
    input: Tensor, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, positions: bool,
    dims: int,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    name = f"max_pool{dims}d"
    if input.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(f"non-empty {dims + 1}D or {dims + 2}D (batch mode) tensor expected for input")
    kernel = ops.numbers(name, "kernel_size", kernel_size, dims)
    step = kernel if _unset(stride) else ops.numbers(name, "stride", stride, dims)
    margin, spacing = ops.numbers(name, "padding", padding, dims), ops.numbers(name, "dilation", dilation, dims)
    return ops.max_pool(input, kernel, step, margin, spacing, ceil_mode, positions)


_max_pool2d, _max_pool3d = partial(_max_pool, dims=2), partial(_max_pool, dims=3)


def _with_indices(name: str, pool: Any, doc: str) -> Any:
    """The function that returns the positions whether asked or not."""

    def function(
        input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        found: tuple[Tensor, Tensor] = pool(input, kernel_size, stride, padding, dilation, ceil_mode, True)
        return found

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


_FOUND = "The largest elements of windows of the last {}, and their positions in the {}."

max_pool1d_with_indices = _with_indices("max_pool1d_with_indices", _max_pool1d, _FOUND.format("dimension", "lines"))
max_pool2d_with_indices = _with_indices(
    "max_pool2d_with_indices", _max_pool2d, _FOUND.format("two dimensions", "planes")
)
max_pool3d_with_indices = _with_indices(
    "max_pool3d_with_indices", _max_pool3d, _FOUND.format("three dimensions", "volumes")
)


def _maxima(name: str, pool: Any, doc: str, check: Any = None) -> Any:
    """The function that returns the positions only if asked; `check` looks at its arguments first if not."""

    def function(
        input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> Indexed:  # fmt: skip
        if check is not None and not return_indices:
            check(input, kernel_size, stride, padding, dilation, ceil_mode)
        values, positions = pool(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)
        return (values, positions) if return_indices else values

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


_MAX = """The largest elements of windows of the last {}.

    Args:
        input: shape (N, C, *size) or (C, *size).
        ceil_mode: a last window that begins inside counts, too, though it ends outside.
        return_indices: return a pair of the elements and their positions, for `max_unpool`.

    Raises:
        RuntimeError: sizes that do not fit.
    """

max_pool1d = _maxima("max_pool1d", _max_pool1d, _MAX.format("dimension"), _check_max_pool1d)
max_pool2d = _maxima("max_pool2d", _max_pool2d, _MAX.format("two dimensions"))
max_pool3d = _maxima("max_pool3d", _max_pool3d, _MAX.format("three dimensions"))


# -- averages ----------------------------------------------------------------------------------------------------------


def _check_1d(name: str, input: Tensor) -> None:
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 'self' (while"
            f" checking arguments for {name})"
        )


def avg_pool1d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The averages of windows of the last dimension.

    Args:
        input: shape (N, C, L) or (C, L).
        ceil_mode: a last window that begins inside counts, too, though it ends outside.
        count_include_pad: the zeros of the padding count as elements.

    Raises:
        RuntimeError: sizes that do not fit.
    """
    kernel, margin = _one("avg_pool1d", "kernel_size", kernel_size), _one("avg_pool1d", "padding", padding)
    step = kernel if _unset(stride) else _one("avg_pool1d", "stride", stride)
    _check_1d("avg_pool1d", input)
    x: Any = input
    out: Any = ops.avg_pool(x.unsqueeze(-2), (1, kernel), (1, step), (0, margin), ceil_mode, count_include_pad, None)
    return out.squeeze(-2)


def _avg_pool(dims: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, *options: Any) -> Tensor:
    name = f"avg_pool{dims}d"
    kernel = ops.numbers(name, "kernel_size", kernel_size, dims)
    step = kernel if _unset(stride) else ops.numbers(name, "stride", stride, dims)
    ndim = input.ndim
    if ndim <= dims and dims == 2:
        raise OutOfRangeError(
            f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {-dims - 1})"
        )
    return ops.avg_pool(input, kernel, step, ops.numbers(name, "padding", padding, dims), *options)


def avg_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    *, out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The averages of windows of the last two dimensions.

    Args:
        input: shape (N, C, H, W) or (C, H, W).
        ceil_mode, count_include_pad: see `avg_pool1d`.
        divisor_override: what to divide the sums by, in place of the number of elements.

    Raises:
        RuntimeError: sizes that do not fit.
    """
    y = _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return y if out is None else given_out(out, y, input)


def avg_pool3d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
    *, out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The averages of windows of the last three dimensions; see `avg_pool2d`."""
    y = _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
    return y if out is None else given_out(out, y, input)


# -- windows that divide the input -------------------------------------------------------------------------------------


def _adaptive_size(name: str, input: Tensor, output_size: Any, dims: int, but_got: str) -> tuple[int, ...]:
    shape = input._data.shape
    values = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * dims
    if dims == 1 and len(values) != 1:
        raise RuntimeError(f"{name}() argument 'output_size' should contain one int (got {len(values)})")
    if dims > 1 and isinstance(output_size, (tuple, list)) and len(shape) <= len(values):
        raise ValueError(f"Input dimension should be at least {len(values) + 1}")
    if len(shape) not in (dims + 1, dims + 2):
        raise RuntimeError(f"{name}(): Expected {dims + 1}D or {dims + 2}D tensor, but {but_got} {list(shape)}")
    if len(values) != dims and "max" in name:
        raise RuntimeError(f"{name}(): internal error: output_size.size() must be {dims}")
    if len(values) != dims:
        raise RuntimeError(f"{name}: output_size must be {dims}")
    if dims == 1 and isinstance(output_size, (tuple, list)) and values[0] is None:
        raise TypeError(
            f"{name}(): argument 'output_size' (position 2) must be tuple of ints, but found element of type NoneType"
            " at pos 0"
        )
    size = tuple(n if v is None else int(v) for v, n in zip(values, shape[-dims:], strict=True))
    if min(size) < 0 and "max" in name:
        sizes = [*shape[:-dims], *(1,) * (dims == 1), *size]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(size)}: {sizes}")
    if min(size) < 0:
        inside = ", ".join(str(v) for v in size[:2]) + "".join(f",{v}" for v in size[2:])
        if dims == 1:  # it is computed in two
            name, inside = "adaptive_avg_pool2d", f"1, {inside}"
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received {{{inside}}}"
        )
    for i in range(len(shape) - dims - 1 + (len(shape) == dims + 1), len(shape)):
        if shape[i] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes"
                f" {list(shape)} with dimension {i} being empty"
            )
    return size


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The averages of `output_size` windows that divide the last dimension."""
    _check_1d("adaptive_avg_pool1d", input)
    (n,) = _adaptive_size("adaptive_avg_pool1d", input, output_size, 1, "got")
    x: Any = input
    out: Any = ops.adaptive_avg_pool(x.unsqueeze(-2), (1, n))
    return out.squeeze(-2)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The averages of windows that divide the last two dimensions; None keeps a size."""
    return ops.adaptive_avg_pool(input, _adaptive_size("adaptive_avg_pool2d", input, output_size, 2, "got"))


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The averages of windows that divide the last three dimensions; None keeps a size."""
    return ops.adaptive_avg_pool(input, _adaptive_size("adaptive_avg_pool3d", input, output_size, 3, "got"))


def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """The largest elements of `output_size` windows that divide the last dimension, and their positions."""
    _check_1d("adaptive_max_pool1d", input)
    (n,) = _adaptive_size("adaptive_max_pool1d", input, output_size, 1, "got:")
    x: Any = input
    values, indices = ops.adaptive_max_pool(x.unsqueeze(-2), (1, n))
    return values.squeeze(-2), indices.squeeze(-2)


def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """The largest elements of windows that divide the last two dimensions, and their positions in the planes."""
    return ops.adaptive_max_pool(input, _adaptive_size("adaptive_max_pool2d", input, output_size, 2, "got:"))


def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> tuple[Tensor, Tensor]:
    """The largest elements of windows that divide the last three dimensions, and their positions in the volumes."""
    return ops.adaptive_max_pool(input, _adaptive_size("adaptive_max_pool3d", input, output_size, 3, "got:"))


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Indexed:
    """The largest elements of `output_size` windows that divide the last dimension."""
    found = adaptive_max_pool1d_with_indices(input, output_size)
    return found if return_indices else found[0]


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Indexed:
    """The largest elements of windows that divide the last two dimensions; None keeps a size."""
    found = adaptive_max_pool2d_with_indices(input, output_size)
    return found if return_indices else found[0]


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Indexed:
    """The largest elements of windows that divide the last three dimensions; None keeps a size."""
    found = adaptive_max_pool3d_with_indices(input, output_size)
    return found if return_indices else found[0]


# -- norms -------------------------------------------------------------------------------------------------------------


def _norms(averages: Any, norm_type: float, count: int) -> Tensor:
    from ...ops.magnitude import sign
    from .activations import relu

    sums: Any = sign(averages) * relu(averages.abs())
    return (sums * count) ** (1.0 / norm_type)


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: int, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norms of windows of the last dimension."""
    x: Any = input
    return _norms(avg_pool1d(x**norm_type, kernel_size, stride, 0, ceil_mode), norm_type, kernel_size)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norms of windows of the last two dimensions."""
    x: Any = input
    a, b = ops.numbers("lp_pool2d", "kernel_size", kernel_size, 2)
    return _norms(avg_pool2d(x**norm_type, kernel_size, stride, 0, ceil_mode), norm_type, a * b)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Size, stride: Size | None = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norms of windows of the last three dimensions."""
    x: Any = input
    a, b, c = ops.numbers("lp_pool3d", "kernel_size", kernel_size, 3)
    return _norms(avg_pool3d(x**norm_type, kernel_size, stride, 0, ceil_mode), norm_type, a * b * c)


# -- back to the input's size ------------------------------------------------------------------------------------------


def _unpooled_size(
    x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...], asked: Any
) -> tuple[int, ...]:
    dims = len(kernel)
    size = x._data.shape[-dims:]
    if len(size) < dims:
        raise IndexError(
            f"tuple index out of range: the windows are of {dims} dimensions, the input has only {len(size)}."
        )
    usual = tuple((n - 1) * s + k - 2 * p for n, s, k, p in zip(size, stride, kernel, padding, strict=True))
    if asked is None:
        return usual
    wanted = tuple(asked)
    if len(wanted) == dims + 2:
        wanted = wanted[2:]
    if len(wanted) != dims:
        raise ValueError(
            f"output_size should be a sequence containing {dims} or {dims + 2} elements, but it has a length of"
            f" '{len(wanted)}'"
        )
    for d, (n, u, s) in enumerate(zip(wanted, usual, stride, strict=True)):
        if not u - s < n < u + s:
            raise ValueError(f'invalid output_size "{wanted}" (dim {d} must be between {u - s} and {u + s})')
    return wanted


def _max_unpool(
    dims: int, input: Tensor, indices: Tensor, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    name = f"max_unpool{dims}d"
    kernel = _numbers_of(name, "kernel_size", kernel_size, dims)
    step = kernel if _unset(stride) else _numbers_of(name, "stride", stride, dims)
    size = _unpooled_size(input, kernel, step, _numbers_of(name, "padding", padding, dims), output_size)
    if dims > 1:
        return ops.max_unpool(input, indices, size)
    x: Any = input
    i: Any = indices
    out: Any = ops.max_unpool(x.unsqueeze(-1), i.unsqueeze(-1), (*size, 1))
    return out.squeeze(-1)


def _numbers_of(name: str, what: str, value: Any, dims: int) -> tuple[int, ...]:
    return (_one(name, what, value),) if dims == 1 else ops.numbers(name, what, value, dims)


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Elements put back to where `max_pool1d` found them, with zeros elsewhere.

    Args:
        input: what `max_pool1d` returned.
        indices: its second result.
        output_size: the size of its input, where the windows leave it open.

    Raises:
        ValueError: `output_size` does not fit.
        RuntimeError: an index is out of range, or the shapes differ.
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Elements put back to where `max_pool2d` found them; see `max_unpool1d`."""
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
    output_size: Any = None,
) -> Tensor:  # fmt: skip
    """Elements put back to where `max_pool3d` found them; see `max_unpool1d`."""
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


# -- windows at random distances ---------------------------------------------------------------------------------------


def _fractional(
    dims: int, input: Tensor, kernel_size: Any, output_size: Any, output_ratio: Any, samples: Tensor | None
) -> tuple[Tensor, Tensor]:
    from ...random.creation import rand

    name = f"fractional_max_pool{dims}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    shape = input._data.shape
    if samples is None and len(shape) <= dims:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-len(shape)}, {len(shape) - 1}], but got"
            f" {-dims - 1}). There have to be channels in front of {dims} dimensions; found shape {list(shape)}."
        )
    if len(shape) not in (dims + 1, dims + 2):
        raise RuntimeError(f"{name}(): Expected {dims + 1}D or {dims + 2}D tensor, but got: {list(shape)}")
    kernel = ops.numbers(name, "kernel_size", kernel_size, dims)
    if output_size is None:
        ratios = output_ratio if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * dims
        output_size = [int(n * r) for n, r in zip(shape[-dims:], ratios, strict=True)]
    out = ops.numbers(name, "output_size", output_size, dims)
    for what, k, n, m in zip(("time", "height", "width")[-dims:], kernel, shape[-dims:], out, strict=True):
        if m + k - 1 > n:
            raise RuntimeError(f"{name}(): pool {what} {k} too large relative to input {what} {n}")
    batch, channels = (1 if len(shape) == dims + 1 else shape[0]), shape[-dims - 1]
    if samples is None:
        samples = rand(batch, channels, dims, dtype=input.dtype)
    given = tuple(samples.shape)
    if given[0] < batch:
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if given[1] != channels:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if given[2] != dims:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {dims}; got {given[2]}.")
    drawn = samples._data[:batch]
    # torch keeps the sample of the width first in two dimensions, but last in three.
    return ops.fractional_max_pool(input, kernel, out, (drawn[..., ::-1] if dims == 2 else drawn).copy())


def fractional_max_pool2d_with_indices(
    input: Tensor, kernel_size: Size, output_size: Any = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """`fractional_max_pool2d`, and the positions of the elements in the planes."""
    return _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d_with_indices(
    input: Tensor, kernel_size: Size, output_size: Any = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """`fractional_max_pool3d`, and the positions of the elements in the volumes."""
    return _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool2d(
    input: Tensor, kernel_size: Size, output_size: Any = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Indexed:  # fmt: skip
    """The largest elements of windows at random distances, of the last two dimensions (Graham, 2014).

    Args:
        output_size: the number of windows, or
        output_ratio: its ratio to the size of the input.

    Raises:
        ValueError: neither is given.
        RuntimeError: the windows are too large.
    """
    found = _fractional(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]


def fractional_max_pool3d(
    input: Tensor, kernel_size: Size, output_size: Any = None, output_ratio: Any = None,
    return_indices: bool = False, _random_samples: Tensor | None = None,
) -> Indexed:  # fmt: skip
    """The largest elements of windows at random distances, over three dimensions; see `fractional_max_pool2d`."""
    found = _fractional(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]


__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "avg_pool1d", "avg_pool2d", "avg_pool3d",
    "fractional_max_pool2d", "fractional_max_pool2d_with_indices", "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices", "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices",
    "max_unpool1d", "max_unpool2d", "max_unpool3d",
]  # fmt: skip
