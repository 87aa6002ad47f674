"""Tensors laid out against each other: block_diag, meshgrid, cartesian_prod, combinations."""

from __future__ import annotations

from itertools import combinations as combine
from itertools import combinations_with_replacement as combine_repeating
from typing import Any
from warnings import warn

import numpy as np

from ..errors import ShapeError
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor, new_tensor
from .expanding import _expand
from .joining import list_of_tensors, promoted, stack
from .masking import masked_select
from .op import operator
from .shape import _reshape, _view

# -- along a diagonal --------------------------------------------------------------------------------------------------


@operator(name="block_diag")
def _block_diag(*tensors: Array) -> Array:
    shapes = [((1, 1) + x.shape)[-2:] for x in tensors]
    y = np.zeros((sum(n for n, _ in shapes), sum(m for _, m in shapes)), tensors[0].dtype)
    i = j = 0
    for x, (n, m) in zip(tensors, shapes, strict=True):
        y[i : i + n, j : j + m] = x
        i, j = i + n, j + m
    return y


_block_diag.linear_in("tensors", jointly=True)


@_block_diag.rule("tensors")
def _(g: Any, tensors_shapes: Any) -> Any:
    """tensors[i] ← the i-th block of the diagonal of g"""
    parts, i, j = [], 0, 0
    for shape in tensors_shapes:
        n, m = ((1, 1) + shape)[-2:]
        parts.append(g[i : i + n, j : j + m].reshape(shape))
        i, j = i + n, j + m
    return parts


def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with the given matrices along its diagonal and zeros elsewhere; vectors count as rows.

    Raises:
        RuntimeError: a tensor has more than two dimensions.

    >>> import tapegrad as torch
    >>> torch.block_diag(torch.tensor([[1, 2]]), torch.tensor(3))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    list_of_tensors("block_diag", tensors)
    if not tensors:
        return new_tensor(np.zeros((1, 0), np.float32))
    for i, x in enumerate(tensors):
        if x._data.ndim > 2:
            raise ShapeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions."
                f" Input {i} has {x._data.ndim} dimensions"
            )
    parts = promoted(tensors)
    return _block_diag.call(parts)


# -- grids and combinations --------------------------------------------------------------------------------------------


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of all points of the grid that vectors span, one tensor per vector; views.

    Args:
        tensors: vectors, or one sequence of them; a tensor of no dimensions counts as a vector of one element.
        indexing: "ij" for results indexed as the vectors are given (the default), "xy" for the first two exchanged.

    >>> import tapegrad as torch
    >>> torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4, 5]), indexing="ij")[0]
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    list_of_tensors("meshgrid", tensors)
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing is None:
        warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
            UserWarning,
            stacklevel=2,
        )
    return _meshgrid(tensors, "ij" if indexing is None else indexing)


def _meshgrid(tensors: Any, indexing: str) -> tuple[Tensor, ...]:
    for x in tensors:
        if x._data.ndim > 1:
            raise ShapeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {x._data.tolist()}")
        if x._data.dtype is not tensors[0]._data.dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing not in ("xy", "ij"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    exchanged = indexing == "xy" and len(tensors) > 1
    if exchanged:
        tensors = (tensors[1], tensors[0], *tensors[2:])
    shape = tuple(x._data.size for x in tensors)
    grids = [
        _expand.call(_view.call(x, (1,) * i + (-1,) + (1,) * (len(shape) - i - 1)), shape)
        for i, x in enumerate(tensors)
    ]
    if exchanged:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


def _check_vector(x: Tensor) -> None:
    if x._data.ndim != 1:
        raise ShapeError(f"Expect a 1D vector, but got shape {list(x._data.shape)}")


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All tuples with one element of each vector, as rows.

    >>> import tapegrad as torch
    >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    list_of_tensors("cartesian_prod", tensors)
    for x in tensors:
        _check_vector(x)
    if len(tensors) == 1:
        return tensors[0]
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    return stack([_reshape(grid, (-1,)) for grid in _meshgrid(tensors, "ij")], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All combinations of `r` elements of a vector, as rows, in the order of their places.

    >>> import tapegrad as torch
    >>> torch.combinations(torch.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    _check_vector(input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return new_tensor(np.empty(0, input._data.dtype))
    n = input._data.size
    chosen = np.zeros((n,) * r, bool)
    rows = list((combine_repeating if with_replacement else combine)(range(n), r))
    if rows:
        chosen[tuple(np.array(rows).T)] = True
    mask = new_tensor(chosen)
    return stack([masked_select(grid, mask) for grid in _meshgrid((input,) * r, "ij")], 1)


METHODS: dict[str, Any] = {}

__all__ = ["block_diag", "cartesian_prod", "combinations", "meshgrid"]
