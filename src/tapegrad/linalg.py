"""`torch.linalg`: norms and products; decompositions and solvers are still to come."""

from __future__ import annotations

from .ops.linear_algebra import diagonal, matrix_norm, multi_dot, norm, vecdot
from .ops.linear_algebra import linalg_cross as cross
from .ops.matrix_products import matmul
from .ops.norms import vector_norm

__all__ = ["cross", "diagonal", "matmul", "matrix_norm", "multi_dot", "norm", "vecdot", "vector_norm"]
