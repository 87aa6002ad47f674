"""`torch.ops.aten`: operators by the names of torch's lowest level.

    torch.ops.aten.add(x, y)            torch.ops.aten.add.Tensor(x, y)            torch.ops.aten.relu.default(x)

Most are the functions or methods of the same name, whose arguments they take; an overload such as `.Tensor` is the same
function again.  Those that have no other name are defined here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .deferred import load_all
from .interpolation import upsampled
from .native_layers import native_batch_norm, native_dropout_backward
from .normalized_exponential import softmax
from .op import operator
from .positions import added_elements, in_planes, picked_elements
from .selection import where
from .slicing import sliced
from .vocabulary import zeros_like

load_all()


class Overload:
    """A function of `torch.ops.aten`, or one of its overloads, which are all the same function."""

    __slots__ = ("__name__", "_function")

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.__name__, self._function = name, function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __getattr__(self, overload: str) -> Overload:
        if overload.startswith("__"):
            raise AttributeError(overload)
        return Overload(f"{self.__name__}.{overload}", self._function)

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='aten.{self.__name__}')>"


def _softmax_backward_data(grad_output: Tensor, output: Tensor, dim: int, input_dtype: Any) -> Tensor:
    """The gradient of softmax."""
    weighted: Any = grad_output * output
    gradient: Tensor = weighted - output * weighted.sum(dim, keepdim=True)
    return gradient if gradient.dtype is input_dtype else gradient.to(input_dtype)


def _safe_softmax(self: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """softmax, but 0 where all elements are -inf."""
    masked: Any = (self == float("-inf")).all(dim, keepdim=True)
    return where(masked, 0.0, softmax(where(masked, 0.0, self), dim, dtype))


def _batch_norm_with_update(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
    *,
    out: Any = None,
) -> tuple[Tensor, ...]:
    """`native_batch_norm` in training; its last result is room that other devices need."""
    from ..tensor.dtypes import uint8
    from ..tensor.factories import empty

    first = None if out is None else out[:3]
    results = native_batch_norm(input, weight, bias, running_mean, running_var, True, momentum, eps, out=first)
    return (*results, empty(0, dtype=uint8) if out is None else out[3])


def _slice(self: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """The slice start:end:step of a dimension; a view."""
    return sliced(self, dim, start, end, step)


def _upsample_bilinear2d_aa(
    input: Tensor,
    output_size: Sequence[int] | None,
    align_corners: bool,
    scale_factors: Any = None,
    scales_w: float | None = None,
    *,
    scales_h: float | None = None,
) -> Tensor:
    """Bilinear interpolation that averages where it makes images smaller.

    Args:
        output_size: the sizes of the result; None if they follow from `scale_factors`.
        scale_factors: a factor for each of the two dimensions; that of the first, if `output_size` is given.
        scales_h, scales_w: factors beside `output_size`, which give the distance between the points read.
    """
    if output_size is None:
        scales = [float(f) for f in scale_factors]
        output_size = [math.floor(n * f) for n, f in zip(input.shape[2:], scales, strict=True)]
        return upsampled(input, tuple(output_size), "bilinear", align_corners, [*scales], True)
    first = scale_factors if scales_h is None else scales_h
    return upsampled(input, tuple(output_size), "bilinear", align_corners, [first, scales_w], True)


@operator(node="MaxPool2DWithIndicesBackwardBackward0")
def pooling_gradient(g: Array, x: Array, /, places: Array) -> Array:
    """The gradient of max_pool2d; it does not depend on x, but torch's node has an edge for it."""
    return added_elements.forward(g, places, x.shape)


pooling_gradient.with_rules(g=lambda g, places: picked_elements(g, places), x=lambda x: zeros_like(x))


def max_pool2d_with_indices_backward(
    grad_output: Tensor,
    self: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    indices: Tensor,
) -> Tensor:
    """The gradient of max_pool2d: each element goes to the place of its window's largest."""
    shape, index = tuple(self.shape), indices._data
    places = in_planes(index.reshape(*index.shape[:-2], -1), shape[-2] * shape[-1])
    return pooling_gradient.call(grad_output, self, places)


_OWN: dict[str, Callable[..., Any]] = {
    "_batch_norm_with_update": _batch_norm_with_update,
    "_safe_softmax": _safe_softmax,
    "_softmax_backward_data": _softmax_backward_data,
    "_upsample_bilinear2d_aa": _upsample_bilinear2d_aa,
    "max_pool2d_with_indices_backward": max_pool2d_with_indices_backward,
    "native_dropout_backward": native_dropout_backward,
    "slice": _slice,
}


class Namespace:
    """Operators by name: functions of their own, of `torch`, of `torch.nn.functional`, or methods.

    >>> import tapegrad as torch
    >>> torch.ops.aten.add.Tensor(torch.ones(1), torch.ones(1))
    tensor([2.])
    """

    def __getattr__(self, name: str) -> Overload:
        import tapegrad

        if not name.startswith("__"):
            for place in (_OWN, vars(tapegrad), vars(tapegrad.nn.functional), vars(Tensor)):
                function = place.get(name)
                if callable(function):
                    return Overload(name, function)
        raise AttributeError(f"'_OpNamespace' 'aten' object has no attribute '{name}'")


aten = Namespace()
