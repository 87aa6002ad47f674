"""Comparisons and tests of the elements: they give truth values and have no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, UnsupportedDtypeError
from ..tensor.dtypes import BOOL, COMPLEX, FLOAT, Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from . import pointwise
from .accepts import Accepts
from .frames import comparison, unary
from .in_place import is_operand
from .op import Op
from .runtime import lift
from .vocabulary import zeros_like

_ORDER = "bihf"

eq = comparison("eq", np.equal, doc="Whether each element of the input equals that of the other.")
ne = comparison("ne", np.not_equal, doc="Whether each element of the input differs from that of the other.")
lt = comparison("lt", np.less, kernel=Accepts("lt_cpu", _ORDER), doc="Whether input < other, by elements.")
le = comparison("le", np.less_equal, kernel=Accepts("le_cpu", _ORDER), doc="Whether input ≤ other, by elements.")
gt = comparison("gt", np.greater, kernel=Accepts("gt_cpu", _ORDER), doc="Whether input > other, by elements.")
ge = comparison("ge", np.greater_equal, kernel=Accepts("ge_cpu", _ORDER), doc="Whether input ≥ other, by elements.")

not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge


def _writing(function: Any) -> Any:
    """The in-place form of a comparison: 1 or 0 in self's type.  It cuts the gradient off: that of self is 0."""
    compared: Op = function.op
    name = compared.name.capitalize()
    write = Op(compared.name, compared.forward, node=f"{name}Backward1", inputs=("a", "b"), pointwise=True)
    write.with_rules(a=lambda g: zeros_like(g), b=lambda g: zeros_like(g))
    write.kernel, write.number_forms["b"] = compared.kernel, write.with_number("b", f"{name}Backward0")
    write.number_forms["b"].fitted = True

    def method(self: Tensor, other: Any) -> Tensor:
        return pointwise.in_place(write, self, other)

    method.__name__ = method.__qualname__ = compared.name + "_"
    method.__doc__ = f"In-place form of `{compared.name}`: the truth values as numbers."
    return method


# -- tests of single elements -------------------------------------------------------------------------------------------


def _test(name: str, real: Any, complex_: Any, doc: str, kernel: Accepts | None = None) -> Any:
    """A test that is `real` of floating-point, `complex_` of complex numbers; `never` says what it is of others."""

    def test(input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        x = pointwise.tensors_of(name, input=input)[0]._data
        return new_tensor(lift((complex_ if x.dtype.kind == "c" else real)(x)))

    test.__name__ = test.__qualname__ = name
    test.__module__, test.__doc__ = "tapegrad", doc
    return test


METHODS: dict[str, Any] = {
    "__eq__": eq.symbol, "__ge__": ge.symbol, "__gt__": gt.symbol, "__le__": le.symbol, "__lt__": lt.symbol,
    "__ne__": ne.symbol,
    "eq": eq, "ge": ge, "greater": gt, "greater_equal": ge, "gt": gt, "le": le, "less": lt, "less_equal": le,
    "lt": lt, "ne": ne, "not_equal": ne,
    "eq_": _writing(eq),
}

__all__ = ["eq", "ge", "greater", "greater_equal", "gt", "le", "less", "less_equal", "lt", "ne", "not_equal"]
