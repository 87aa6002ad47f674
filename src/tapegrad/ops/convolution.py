"""The convolutions that users call: conv1d to conv3d and their transposes, with torch's checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import DtypeError, wrong_argument
from ..tensor.dtypes import scalar_type_name
from ..tensor.tensor import Tensor
from .accepts import not_implemented
from .convolving import correlated, correlated_input, output_size
from .padding import constant_pad_nd
from .patches import Ints

Size = int | Sequence[int]


def expanded(name: str, value: Any, dims: int) -> Ints:
    """One number for each dimension, from one for all.

    Raises:
        RuntimeError: another number of them.
    """
    if isinstance(value, (tuple, list)):
        values = tuple(int(v) for v in value)
        if len(values) == 1:
            return values * dims
        if len(values) != dims:
            raise RuntimeError(
                f"expected {name} to be a single integer value or a list of {dims} values to match the convolution"
                f" dimensions, but got {name}={list(values)}"
            )
        return values
    return (int(value),) * dims


def _check(x: Tensor, w: Tensor, b: Tensor | None, groups: int, transposed: bool) -> None:
    """Refuse weights and biases that do not fit the input, which is batched."""
    xs, ws = x._data.shape, w._data.shape
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    sizes = f"groups={groups}, weight of size {list(ws)}"
    if ws[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size"
            f" {list(ws)} instead"
        )
    if ws[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size"
            f" [{list(ws)}] instead"
        )
    channels = ws[0] if transposed else ws[1] * groups
    if xs[1] != channels:
        says = f"transposed=1, weight of size {list(ws)}" if transposed else sizes
        raise RuntimeError(
            f"Given {says}, expected input{list(xs)} to have {channels} channels, but got {xs[1]} channels instead"
        )
    outs = ws[1] * groups if transposed else ws[0]
    if b is not None and b._data.shape != (outs,):
        says = "transposed=1, weight" if transposed else "weight"
        raise RuntimeError(
            f"Given {says} of size {list(ws)}, expected bias to be 1-dimensional with {outs} elements, but got bias of"
            f" size {list(b._data.shape)} instead"
        )


def _check_types(x: Tensor, w: Tensor, b: Tensor | None) -> None:
    kind = x._data.dtype
    if w._data.dtype is not kind:
        raise DtypeError(
            f"expected scalar type {scalar_type_name(x.dtype)} but found {scalar_type_name(w.dtype)}",
            f"Input and weight must have one dtype: weight.to({x.dtype}).",
        )
    if b is not None and b._data.dtype is not kind:
        names = [scalar_type_name(t.dtype).lower() for t in (x, b)]
        raise DtypeError(f"Input type ({names[0]}) and bias type ({names[1]}) should be the same")
    if kind.kind == "b":
        raise not_implemented("slow_conv2d_cpu", x.dtype)


def _batched(name: str, x: Any, w: Any, dims: int) -> tuple[Any, bool]:
    """The input with a dimension of samples, and whether it had one."""
    for argument, position, t in (("input", 1, x), ("weight", 2, w)):
        if not isinstance(t, Tensor):
            raise wrong_argument(name, argument, position, t)
    batched = x._data.ndim == dims + 2
    if not batched and x._data.ndim != dims + 1:
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {name}, but got input of size:"
            f" {list(x._data.shape)}"
        )
    if w._data.ndim < 3:
        raise RuntimeError("weight should have at least three dimensions. Found shape " + str(list(w._data.shape)))
    if w._data.ndim != dims + 2:
        raise RuntimeError(
            f"Expected {w.ndim}-dimensional input for {w.ndim}-dimensional weight {list(w._data.shape)}, but"
            f" got {x._data.ndim}-dimensional input of size {list(x._data.shape)} instead"
        )
    return (x if batched else x.unsqueeze(0)), batched


def _check_steps(w: Tensor, dims: int, stride: Ints, padding: Ints, dilation: Ints) -> None:
    if any(p < 0 for p in padding):
        raise RuntimeError("negative padding is not supported")
    if any(s <= 0 for s in stride):
        raise RuntimeError("non-positive stride is not supported")
    if any(d <= 0 for d in dilation):
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")


def _convolution(
    name: str, dims: int, input: Tensor, weight: Tensor, bias: Tensor | None,
    stride: Any, padding: Any, dilation: Any, groups: int,
) -> Tensor:  # fmt: skip
    x, batched = _batched(name, input, weight, dims)
    steps, spacing = expanded("stride", stride, dims), expanded("dilation", dilation, dims)
    if isinstance(padding, str):
        x, margins = _named_padding(x, weight, padding, steps, spacing)
    else:
        margins = expanded("padding", padding, dims)
    _check_steps(weight, dims, steps, margins, spacing)
    _check(x, weight, bias, groups, False)
    size, kernel = x._data.shape[2:], weight._data.shape[2:]
    whole = tuple([n + 2 * p for n, p in zip(size, margins, strict=True)])
    if any(n < d * (k - 1) + 1 for n, k, d in zip(whole, kernel, spacing, strict=True)):
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, spacing, strict=True)]
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_by(whole)}). Kernel size: ({_by(reach)})."
            " Kernel size can't be"
            " greater than actual input size"
        )
    _check_types(x, weight, bias)
    out = output_size(size, kernel, steps, margins, spacing)
    y: Any = correlated.call(x, weight, bias, steps, margins, spacing, groups, out)
    return y if batched else y.squeeze(0)


def _heights(name: str, values: Ints) -> str:
    """Numbers by dimension; in one dimension torch speaks of a height of its own, of 0 or 1."""
    if len(values) == 1:
        values = (0 if "padding" in name else 1, *values)
    names = ("depth", "height", "width")[-len(values) :]
    return " ".join(f"{name}_{n}: {v}" for n, v in zip(names, values, strict=True))


def _by(sizes: Any) -> str:
    return " x ".join(str(n) for n in sizes)


def _named_padding(x: Any, w: Tensor, padding: str, stride: Ints, dilation: Ints) -> tuple[Any, Ints]:
    """The padding that "valid" and "same" mean; where it is uneven, part of it is done at once."""
    dims = len(stride)
    if padding == "valid":
        return x, (0,) * dims
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for k, d in zip(w._data.shape[2:], dilation, strict=True)]
    uneven = [t % 2 for t in totals]
    if any(uneven):
        pads: list[int] = []
        for extra in reversed(uneven):
            pads += [0, extra]
        x = constant_pad_nd(x, pads)
    return x, tuple([t // 2 for t in totals])


def _transposed(
    name: str, dims: int, input: Tensor, weight: Tensor, bias: Tensor | None,
    stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any,
) -> Tensor:  # fmt: skip
    x, batched = _batched(name, input, weight, dims)
    steps, spacing = expanded("stride", stride, dims), expanded("dilation", dilation, dims)
    margins, extra = expanded("padding", padding, dims), expanded("output_padding", output_padding, dims)
    _check_steps(weight, dims, steps, margins, spacing)
    if any(e < 0 for e in extra):
        raise RuntimeError("negative output_padding is not supported")
    _check(x, weight, bias, groups, True)
    if any(e >= s and e >= d for e, s, d in zip(extra, steps, spacing, strict=True)):
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got"
            f" {_heights('output_padding', extra)} {_heights('stride', steps)} {_heights('dilation', spacing)}"
        )
    _check_types(x, weight, bias)
    size = tuple(
        [
            (n - 1) * s - 2 * p + d * (k - 1) + 1 + e
            for n, s, p, d, k, e in zip(
                x._data.shape[2:], steps, margins, spacing, weight._data.shape[2:], extra, strict=True
            )
        ]
    )
    if any(n < 1 for n in size):
        raise RuntimeError(
            f"Given input size per channel: {list(x._data.shape[2:])}. Calculated output size per channel:"
            f" {list(size)}."
            " Output size is too small"
        )
    y: Any = correlated_input.call(x, weight, bias, steps, margins, spacing, groups, size)
    return y if batched else y.squeeze(0)


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Size = 1, padding: Size | str = 0, dilation: Size = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Convolution over one dimension (without flipping the weights, as is usual in the field).

    Args:
        input: shape (N, C, L) or (C, L).
        weight: shape (O, C / groups, K).
        bias: shape (O,).
        stride: the distance between two places of the weights.
        padding: the number of zeros at each side; "valid" for none, "same" for as many as keep the size.
        dilation: the distance between two weights.
        groups: the channels are divided into so many groups, each with weights of its own.

    Raises:
        RuntimeError: shapes or dtypes that do not fit.

    >>> import tapegrad as torch
    >>> torch.conv1d(torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[[1.0, -1.0]]]))
    tensor([[-1., -2.]])
    """
    return _convolution("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Size = 1, padding: Size | str = 0, dilation: Size = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Convolution over two dimensions.

    Args:
        input: shape (N, C, H, W) or (C, H, W).
        weight: shape (O, C / groups, KH, KW).
        bias: shape (O,).
        stride, padding, dilation: one number, or one for each dimension; see `conv1d`.

    Raises:
        RuntimeError: shapes or dtypes that do not fit.
    """
    return _convolution("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Size = 1, padding: Size | str = 0, dilation: Size = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Convolution over three dimensions.

    Args:
        input: shape (N, C, D, H, W) or (C, D, H, W).
        weight: shape (O, C / groups, KD, KH, KW).
        bias: shape (O,).
        stride, padding, dilation: one number, or one for each dimension; see `conv1d`.

    Raises:
        RuntimeError: shapes or dtypes that do not fit.
    """
    return _convolution("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Size = 1, padding: Size = 0, output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Tensor:  # fmt: skip
    """The transpose of `conv1d`: the gradient of its input, as a function.

    Args:
        input: shape (N, C, L) or (C, L).
        weight: shape (C, O / groups, K).
        bias: shape (O,).
        padding: that of the convolution; here it cuts off.
        output_padding: what to add to the size, which a stride leaves open.

    Raises:
        RuntimeError: shapes or dtypes that do not fit.
    """
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Size = 1, padding: Size = 0, output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Tensor:  # fmt: skip
    """The transpose of `conv2d`; see `conv_transpose1d`."""
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None,
    stride: Size = 1, padding: Size = 0, output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Tensor:  # fmt: skip
    """The transpose of `conv3d`; see `conv_transpose1d`."""
    return _transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


METHODS: dict[str, Any] = {}

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]
