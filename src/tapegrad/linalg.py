"""Linear algebra: `torch.linalg`.

>>> import tapegrad as torch
>>> torch.linalg.solve(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([2.0, 2.0]))
tensor([1.0000, 0.5000])
"""

from __future__ import annotations

from .errors import LinAlgError
from .ops.cholesky import cholesky_ex
from .ops.cholesky import linalg_cholesky as cholesky
from .ops.determinants import linalg_det as det
from .ops.determinants import linalg_slogdet as slogdet
from .ops.eigenvalues import eig, eigh, eigvals, eigvalsh
from .ops.least_squares import lstsq
from .ops.linear_algebra import diagonal, multi_dot, vecdot
from .ops.linear_algebra import linalg_cross as cross
from .ops.linear_algebra import linalg_vander as vander
from .ops.lu_factorization import linalg_lu as lu
from .ops.lu_factorization import lu_factor, lu_factor_ex
from .ops.lu_solving import linalg_lu_solve as lu_solve
from .ops.matrix_functions import linalg_matrix_exp as matrix_exp
from .ops.matrix_functions import linalg_matrix_power as matrix_power
from .ops.matrix_norms import cond, matrix_norm, norm
from .ops.matrix_products import matmul
from .ops.norms import vector_norm
from .ops.orthogonal import linalg_qr as qr
from .ops.pseudo_inverses import matrix_rank, pinv
from .ops.reflections import householder_product
from .ops.singular_values import linalg_svd as svd
from .ops.singular_values import svdvals
from .ops.solving import inv, inv_ex, solve, solve_ex, tensorinv, tensorsolve
from .ops.symmetric_indefinite import ldl_factor, ldl_factor_ex, ldl_solve
from .ops.triangular_systems import solve_triangular
from .twins import twins

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh",
    "householder_product", "inv", "inv_ex", "ldl_factor", "ldl_factor_ex", "ldl_solve", "lstsq", "lu", "lu_factor",
    "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot",
    "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals", "tensorinv",
    "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip

globals().update(twins(globals(), __all__, "linalg_"))  # as in torch, torch.matmul is another object
