"""Results written into the tensors that were given as `out=`."""

from __future__ import annotations

from typing import Any

from ..errors import DtypeError
from ..tensor import dtypes
from ..tensor.dtypes import dtype, scalar_type_name
from ..tensor.tensor import Tensor
from .pointwise import write_out

# What torch says where the dtype of `out` has to be that of the result.
EXPECTED = "Expected out tensor to have dtype {wanted_c}, but got {found_c} instead"

# C++'s names of the types, as they appear there.
_C_NAMES = {
    dtypes.int64: "long int",
    dtypes.int32: "int",
    dtypes.int16: "short int",
    dtypes.int8: "signed char",
    dtypes.uint8: "unsigned char",
    dtypes.float32: "float",
    dtypes.float64: "double",
    dtypes.float16: "c10::Half",
    dtypes.bfloat16: "c10::BFloat16",
    dtypes.complex64: "c10::complex<float>",
    dtypes.complex128: "c10::complex<double>",
}


def c_name(kind: dtype) -> str:
    return _C_NAMES.get(kind, kind._name)


def given_out(out: Any, result: Tensor, *operands: Tensor, says: str | None = None) -> Tensor:
    """Write a result into the tensor given as `out=`.

    Args:
        out: the tensor; it is resized if need be.
        result: what was computed.
        operands: the inputs, none of which may require a gradient.
        says: torch's sentence where it wants the very dtype of the result, with {wanted}, {found}, {wanted_c} and
            {found_c} for the two types; if not given, a dtype that the result can be cast to will do.

    Raises:
        RuntimeError: the dtype is wrong, or an operand requires a gradient.
    """
    if says is not None and isinstance(out, Tensor) and out._data.dtype is not result._data.dtype:
        wanted, found = result.dtype, out.dtype
        names = {
            "wanted": scalar_type_name(wanted),
            "found": scalar_type_name(found),
            "wanted_c": c_name(wanted),
            "found_c": c_name(found),
        }
        raise DtypeError(says.format(**names), f"Make it torch.empty(0, dtype={wanted}).")
    return write_out(out, result._data, result.dtype, operands)


def given_outs(outs: Any, results: Any, *operands: Tensor, says: str = EXPECTED) -> Any:
    """Write several results into a tuple of tensors; the same named tuple, of these."""
    if not isinstance(outs, (tuple, list)):
        raise TypeError(f"argument 'out' must be tuple of Tensors, {len(results)} of them, not {type(outs).__name__}")
    if len(outs) != len(results):
        raise TypeError(f"expected tuple of {len(results)} elements but got {len(outs)}")
    written = [given_out(out, result, *operands, says=says) for out, result in zip(outs, results, strict=True)]
    return tuple.__new__(type(results), written)
