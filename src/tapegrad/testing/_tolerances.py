"""How far apart two numbers may be and still count as close, by their types."""

from __future__ import annotations

from typing import Any, Final

from ..tensor import dtypes
from ..tensor.dtypes import dtype
from ..tensor.tensor import Tensor
from ._errors import ErrorMeta

_HALF: Final = (1e-3, 1e-5)
_SINGLE: Final = (1.3e-6, 1e-5)
_DOUBLE: Final = (1e-7, 1e-7)

# (rtol, atol); what is not here has to be equal.
_DTYPE_PRECISIONS: Final[dict[dtype, tuple[float, float]]] = {
    dtypes.float16: _HALF,
    dtypes.bfloat16: (1.6e-2, 1e-5),
    dtypes.float32: _SINGLE,
    dtypes.float64: _DOUBLE,
    dtypes.complex32: _HALF,
    dtypes.complex64: _SINGLE,
    dtypes.complex128: _DOUBLE,
}


def default_tolerances(
    *inputs: Tensor | dtype, dtype_precisions: dict[dtype, tuple[float, float]] | None = None
) -> tuple[float, float]:
    """The widest (rtol, atol) of the types of some tensors.

    Args:
        *inputs: tensors or types.
        dtype_precisions: (rtol, atol) by type, instead of torch's table.

    Raises:
        TypeError: an argument is neither a tensor nor a type.

    >>> import tapegrad as torch
    >>> default_tolerances(torch.float32, torch.ones(1, dtype=torch.int64))
    (1.3e-06, 1e-05)
    """
    table = dtype_precisions or _DTYPE_PRECISIONS
    found = []
    for x in inputs:
        if not isinstance(x, (Tensor, dtype)):
            raise TypeError(f"Expected a torch.Tensor or a torch.dtype, but got {type(x)} instead.")
        found.append(table.get(x.dtype if isinstance(x, Tensor) else x, (0.0, 0.0)))
    return max(rtol for rtol, _ in found), max(atol for _, atol in found)


def get_tolerances(
    *inputs: Tensor | dtype, rtol: float | None, atol: float | None, id: tuple[Any, ...] = ()
) -> tuple[float, float]:
    """The tolerances that were given, or the default ones if neither was.

    Raises:
        ErrorMeta: only one was given.
    """
    if (rtol is None) is not (atol is None):
        lacking = "rtol" if rtol is None else "atol"
        message = f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {lacking}."
        raise ErrorMeta(ValueError, message, id=id)
    if rtol is None or atol is None:
        return default_tolerances(*inputs)
    return rtol, atol
