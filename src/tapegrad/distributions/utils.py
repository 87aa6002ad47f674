"""What distributions share: broadcasting of parameters, probabilities and logits, properties computed once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any

import tapegrad as torch

from ..nn import functional as F
from ..tensor.size import Size

euler_constant = 0.57721566490153286060  # the Euler–Mascheroni constant
SCALAR = Size(())  # the shape of a batch, an event or a sample of one

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Tensors and numbers as tensors of one shape.

    Numbers take dtype and device of the first tensor, or the default dtype if there is no tensor.

    Raises:
        ValueError: something is neither a tensor nor a number.

    >>> import tapegrad as torch
    >>> broadcast_all(torch.zeros(2), 1)
    (tensor([0., 0.]), tensor([1., 1.]))
    """
    if not all(_is_tensor_like(value) or isinstance(value, Number) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    if all(_is_tensor_like(value) for value in values):
        return tuple(torch.broadcast_tensors(*values))
    options: dict[str, Any] = {"dtype": torch.get_default_dtype()}
    for value in values:
        if isinstance(value, torch.Tensor):
            options = {"dtype": value.dtype, "device": value.device}
            break
    return tuple(torch.broadcast_tensors(*[v if _is_tensor_like(v) else torch.tensor(v, **options) for v in values]))


def _is_tensor_like(value: Any) -> bool:
    return isinstance(value, torch.Tensor) or hasattr(type(value), "__torch_function__")


def one_or_other(probs: Any, logits: Any) -> None:
    """Refuse both and neither.

    Raises:
        ValueError: both are None, or none is.
    """
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


def _standard_normal(shape: Sequence[int], dtype: Any, device: Any) -> Any:
    """Standard normal numbers, drawn as `torch.normal` draws them from tensors."""
    return torch.normal(torch.zeros(shape, dtype=dtype, device=device), torch.ones(shape, dtype=dtype, device=device))


def _sum_rightmost(value: Any, dim: int) -> Any:
    """The sum over the last `dim` dimensions."""
    return value if dim == 0 else value.reshape(*value.shape[: value.dim() - dim], -1).sum(-1)


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """Probabilities from log-odds (`is_binary`), or from unnormalised logarithms of them in the last dimension.

    >>> import tapegrad as torch
    >>> logits_to_probs(torch.zeros(2))
    tensor([0.5000, 0.5000])
    """
    return torch.sigmoid(logits) if is_binary else F.softmax(logits, dim=-1)


def clamp_probs(probs: Any) -> Any:
    """Probabilities kept off 0 and 1 by the machine epsilon of their dtype, so that their logits are finite.

    >>> import tapegrad as torch
    >>> bool(clamp_probs(torch.tensor(0.0)) > 0)
    True
    """

    eps = torch.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    """Log-odds of probabilities (`is_binary`), or logarithms of those in the last dimension, after `clamp_probs`.

    >>> import tapegrad as torch
    >>> probs_to_logits(torch.tensor(0.5), is_binary=True)
    tensor(0.)
    """
    kept = clamp_probs(probs)
    return torch.log(kept) - torch.log1p(-kept) if is_binary else torch.log(kept)


class lazy_property:
    """A property that is computed on first use, with gradients recorded, and then is an ordinary attribute.

    >>> class Circle:
    ...     @lazy_property
    ...     def area(self):
    ...         return 3.0
    >>> circle = Circle()
    >>> circle.area, vars(circle)
    (3.0, {'area': 3.0})
    """

    def __init__(self, wrapped: Callable[..., Any]) -> None:
        self.wrapped = wrapped
        functools.update_wrapper(self, wrapped)  # type: ignore[arg-type]

    def __get__(self, instance: Any, obj_type: Any = None) -> Any:
        if instance is None:
            return _lazy_property_and_property(self.wrapped)
        with torch.enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value


class _lazy_property_and_property(lazy_property, property):
    """What a lazy property is on its class: documentation tools look for a property there."""

    def __init__(self, wrapped: Callable[..., Any]) -> None:
        property.__init__(self, wrapped)


def tril_matrix_to_vec(mat: Any, diag: int = 0) -> Any:
    """The lower triangles of matrices (..., n, n) as vectors, row by row.

    Args:
        diag: the highest diagonal that belongs to the triangle: 0 is the main one, −1 the one below

    Raises:
        ValueError: `diag` is outside of the matrix.

    >>> import tapegrad as torch
    >>> tril_matrix_to_vec(torch.tensor([[1, 0], [2, 3]]))
    tensor([1, 2, 3])
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    rows = torch.arange(n, device=mat.device)
    return mat[..., rows < rows.view(-1, 1) + (diag + 1)]


def vec_to_tril_matrix(vec: Any, diag: int = 0) -> Any:
    """Vectors as the lower triangles of matrices that are zero elsewhere: the inverse of `tril_matrix_to_vec`.

    Raises:
        ValueError: no triangle has so many elements.

    >>> import tapegrad as torch
    >>> vec_to_tril_matrix(torch.tensor([1.0, 2.0, 3.0]))
    tensor([[1., 0.],
            [2., 3.]])
    """
    count = vec.shape[-1]
    n = (-(1 + 2 * diag) + ((1 + 2 * diag) ** 2 + 8 * count + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    if round(n) - n > torch.finfo(vec.dtype).eps:
        raise ValueError(
            f"The size of last dimension is {count} which cannot be expressed as the lower triangular part of a square"
            " D x D matrix."
        )
    size = round(n.real) if isinstance(n, complex) else round(n)
    matrix = vec.new_zeros((*vec.shape[:-1], size, size))
    rows = torch.arange(size, device=vec.device)
    matrix[..., rows < rows.view(-1, 1) + (diag + 1)] = vec
    return matrix


def scalar_batch(broadcast: Any, *parameters: Any) -> Any:
    """The batch shape of parameters that were broadcast: () if all were numbers."""
    return Size(()) if all(isinstance(p, Number) for p in parameters) else broadcast.size()
