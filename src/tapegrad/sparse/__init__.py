"""`torch.sparse`: tensors that keep only some elements. Gradients go to their values.

>>> import tapegrad as torch
>>> torch.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3), check_invariants=True).to_dense()
tensor([[0., 0., 3.],
        [4., 0., 0.]])
"""

from __future__ import annotations

from typing import Any

from ..ops import mm as _dense_mm
from .construction import LEGACY, sparse_coo_tensor, sparse_csr_tensor
from .layouts import SparseTensor
from .operations import add as _add
from .operations import addmm as _addmm
from .operations import mm as _mm
from .operations import sum as _sum

__all__ = ["addmm", "mm", "sum", *LEGACY]


def mm(mat1: Any, mat2: Any) -> Any:
    """The product of two matrices of which one or both are sparse; gradients go to sparse values, too."""
    sparse = isinstance(mat1, SparseTensor) or isinstance(mat2, SparseTensor)
    return (_mm if sparse else _dense_mm)(mat1, mat2)


def addmm(mat: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """`beta * mat + alpha * mat1 @ mat2`, where mat1 is sparse."""
    return _addmm(mat, mat1, mat2, beta=beta, alpha=alpha)


def sum(input: Any, dim: Any = None, dtype: Any = None) -> Any:
    """The sum of a sparse tensor, over all dimensions or some."""
    return _sum(input, dim, dtype=dtype)


def __getattr__(name: str) -> Any:
    """`torch.sparse.FloatTensor` and the like."""
    if name in LEGACY:
        return LEGACY[name]
    raise AttributeError(f"module 'torch.sparse' has no attribute {name!r}", name=name)
