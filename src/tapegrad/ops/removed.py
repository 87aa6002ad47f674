"""Functions of linear algebra that torch once had, and whose names now only say what took their place."""

from __future__ import annotations

from typing import Any, NoReturn


def _removed(name: str, says: str) -> Any:
    def function(*args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(f"This function was deprecated since version 1.9 and is now removed.{says}")

    function.__name__ = function.__qualname__ = name
    function.__module__ = "tapegrad"
    function.__doc__ = f"Removed from torch: raises an error that says what to write instead of `{name}`."
    return function


eig = _removed(
    "eig",
    " `torch.linalg.eig` returns complex tensors of dtype `cfloat` or `cdouble` rather than real tensors mimicking"
    " complex tensors. Write L, V = torch.linalg.eig(A).",
)
lstsq = _removed(
    "lstsq",
    " `torch.lstsq` is deprecated in favor of `torch.linalg.lstsq`. Its arguments are reversed: write"
    " torch.linalg.lstsq(A, B).solution.",
)
matrix_rank = _removed("matrix_rank", " Write torch.linalg.matrix_rank(A).")
solve = _removed(
    "solve",
    " `torch.solve` is deprecated in favor of `torch.linalg.solve`. `torch.linalg.solve` has its arguments reversed and"
    " does not return the LU factorization. Write torch.linalg.solve(A, B).",
)
symeig = _removed(
    "symeig",
    " The default behavior has changed from using the upper triangular portion of the matrix by default to using the"
    " lower triangular portion. Write L, V = torch.linalg.eigh(A, UPLO='L' or 'U').",
)

METHODS = {"eig": eig, "lstsq": lstsq, "solve": solve, "symeig": symeig}

__all__ = ["eig", "lstsq", "matrix_rank", "solve", "symeig"]
