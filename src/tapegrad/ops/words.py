"""The words of rules as they are read on tensors: the other half of the helpers in `vocabulary.py`."""

from __future__ import annotations

from typing import Any

from ..tensor.tensor import Tensor, new_tensor
from .conversion import to_dtype
from .expanding import _expand
from .permuting import _transpose
from .reductions import sum_dims
from .shape import _view
from .vocabulary import TENSOR


def sum_to(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Sum over what broadcasting from `shape` added or stretched."""
    extra = x.ndim - len(shape)
    dims = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1 and x.shape[extra + i] != 1)
    if dims:
        x = sum_dims(x, dims, True)
    return x if tuple(x.shape) == shape else _view(x, shape)


def reshaped(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The same elements in another shape."""
    return x.reshape(shape)


def summed(x: Tensor, dims: tuple[int, ...] | int, keepdims: bool) -> Tensor:
    """The sum over dimensions."""
    return sum_dims(x, (dims,) if isinstance(dims, int) else tuple(dims), keepdims)


def zeros_of(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Zeros of a shape, of the dtype of `like`."""
    import numpy as np

    return new_tensor(np.zeros(shape, like._data.dtype))


def zeros_like(x: Tensor) -> Tensor:
    """Zeros of the shape and dtype of a tensor."""
    import numpy as np

    return new_tensor(np.zeros_like(x._data))


def ones_like(x: Tensor) -> Tensor:
    """Ones of the shape and dtype of a tensor."""
    import numpy as np

    return new_tensor(np.ones_like(x._data))


def conj(x: Tensor) -> Tensor:
    """The complex conjugate; a real tensor is returned as it is."""
    return x.conj() if x._data.dtype.kind == "c" else x


def real_part(x: Tensor) -> Tensor:
    """The real part; a real tensor is returned as it is."""
    return x.real if x._data.dtype.kind == "c" else x


def imag_part(x: Tensor) -> Tensor:
    """The imaginary part of a complex tensor."""
    return x.imag


def real_if(like: Tensor, x: Tensor) -> Tensor:
    """The real part where `like`, whose gradient x is, is real; x itself otherwise."""
    return x if like._data.dtype.kind == "c" else real_part(x)


def is_complex(x: Tensor) -> bool:
    """Whether a tensor holds complex numbers."""
    return x._data.dtype.kind == "c"


def permuted(x: Tensor, order: tuple[int, ...]) -> Tensor:
    """Reorder the dimensions."""
    return x.permute(order)


def expand(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Broadcast to a shape."""
    return x if tuple(x._data.shape) == shape else _expand(x, shape)


def fit(x: Tensor, like: Any) -> Tensor:
    """Undo broadcasting and promotion."""
    from .runtime import fit_graph

    return fit_graph(x, like)


TENSOR.update(
    sum_to=sum_to, reshaped=reshaped, summed=summed, zeros_of=zeros_of, conj=conj, real_part=real_part,
    real_if=real_if, is_complex=is_complex, imag_part=imag_part,
    permuted=permuted, expand=expand, everywhere=expand, fit=fit, swap=_transpose,
    zeros_like=zeros_like, ones_like=ones_like, to_dtype=to_dtype,
)  # fmt: skip
