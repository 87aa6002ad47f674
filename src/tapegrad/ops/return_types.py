"""The named tuples that operators of several results return: `torch.return_types`."""

from __future__ import annotations

from typing import Any


class _Results(tuple[Any, ...]):
    """Several tensors by name; prints as torch's structure sequences do."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()
    n_fields = n_sequence_fields = n_unnamed_fields = 0

    def __new__(cls, values: Any, _: Any = None) -> _Results:
        made = tuple.__new__(cls, values)
        if len(made) != cls.n_fields:
            raise TypeError(
                f"torch.return_types.{cls.__name__}() takes a {cls.n_fields}-sequence ({len(made)}-sequence given)"
            )
        return made

    def __repr__(self) -> str:
        fields = ",\n".join(f"{name}={value!r}" for name, value in zip(self.__match_args__, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{fields})"

    def __reduce__(self) -> Any:
        return (_named, (type(self).__name__, tuple(self)))


def _named(name: str, values: tuple[Any, ...]) -> Any:
    """Results by the name of their class, which in a pickle could also be that of the real torch."""
    return globals()[name](values)


def _results(name: str, *fields: str) -> Any:
    """The class torch.return_types.<name>."""
    from operator import itemgetter

    members: dict[str, Any] = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    members |= {
        "__slots__": (),
        "__module__": "torch.return_types",
        "__qualname__": name,
        "__match_args__": fields,
        "n_fields": len(fields),
        "n_sequence_fields": len(fields),
    }
    return type(name, (_Results,), members)


_lu_with_info = _results("_lu_with_info", "LU", "pivots", "info")
aminmax = _results("aminmax", "min", "max")
cummax = _results("cummax", "values", "indices")
cummin = _results("cummin", "values", "indices")
frexp = _results("frexp", "mantissa", "exponent")
geqrf = _results("geqrf", "a", "tau")
histogram = _results("histogram", "hist", "bin_edges")
histogramdd = _results("histogramdd", "hist", "bin_edges")
kthvalue = _results("kthvalue", "values", "indices")
linalg_cholesky_ex = _results("linalg_cholesky_ex", "L", "info")
linalg_eig = _results("linalg_eig", "eigenvalues", "eigenvectors")
linalg_eigh = _results("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_inv_ex = _results("linalg_inv_ex", "inverse", "info")
linalg_ldl_factor = _results("linalg_ldl_factor", "LD", "pivots")
linalg_ldl_factor_ex = _results("linalg_ldl_factor_ex", "LD", "pivots", "info")
linalg_lstsq = _results("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_lu = _results("linalg_lu", "P", "L", "U")
linalg_lu_factor = _results("linalg_lu_factor", "LU", "pivots")
linalg_lu_factor_ex = _results("linalg_lu_factor_ex", "LU", "pivots", "info")
linalg_qr = _results("linalg_qr", "Q", "R")
linalg_slogdet = _results("linalg_slogdet", "sign", "logabsdet")
linalg_solve_ex = _results("linalg_solve_ex", "result", "info")
linalg_svd = _results("linalg_svd", "U", "S", "Vh")
lu_unpack = _results("lu_unpack", "P", "L", "U")
max = _results("max", "values", "indices")
median = _results("median", "values", "indices")
min = _results("min", "values", "indices")
mode = _results("mode", "values", "indices")
nanmedian = _results("nanmedian", "values", "indices")
qr = _results("qr", "Q", "R")
slogdet = _results("slogdet", "sign", "logabsdet")
sort = _results("sort", "values", "indices")
svd = _results("svd", "U", "S", "V")
topk = _results("topk", "values", "indices")
triangular_solve = _results("triangular_solve", "solution", "cloned_coefficient")

__all__ = [
    "aminmax", "cummax", "cummin", "frexp", "geqrf", "histogram", "histogramdd", "kthvalue", "linalg_cholesky_ex",
    "linalg_eig", "linalg_eigh", "linalg_inv_ex", "linalg_ldl_factor", "linalg_ldl_factor_ex", "linalg_lstsq",
    "linalg_lu", "linalg_lu_factor", "linalg_lu_factor_ex", "linalg_qr", "linalg_slogdet", "linalg_solve_ex",
    "linalg_svd", "lu_unpack", "max", "median", "min", "mode", "nanmedian", "qr", "slogdet", "sort", "svd", "topk",
    "triangular_solve",
]  # fmt: skip
