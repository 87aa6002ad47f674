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


aminmax = _results("aminmax", "min", "max")
cummax = _results("cummax", "values", "indices")
cummin = _results("cummin", "values", "indices")
frexp = _results("frexp", "mantissa", "exponent")
histogram = _results("histogram", "hist", "bin_edges")
histogramdd = _results("histogramdd", "hist", "bin_edges")
kthvalue = _results("kthvalue", "values", "indices")
max = _results("max", "values", "indices")
median = _results("median", "values", "indices")
min = _results("min", "values", "indices")
mode = _results("mode", "values", "indices")
nanmedian = _results("nanmedian", "values", "indices")
sort = _results("sort", "values", "indices")
topk = _results("topk", "values", "indices")

__all__ = [
    "aminmax", "cummax", "cummin", "frexp", "histogram", "histogramdd", "kthvalue", "max", "median", "min", "mode",
    "nanmedian", "sort", "topk",
]  # fmt: skip
