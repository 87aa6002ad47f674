"""A hash of the elements of a tensor: `hash_tensor`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, OutOfRangeError
from ..tensor import dtypes
from ..tensor.arguments import wrap_dims
from ..tensor.dtypes import COMPLEX, FLOAT, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .accepts import not_implemented
from .pointwise import tensors_of, write_out

_exclusive_or: Any = np.bitwise_xor.reduce


def hash_tensor(
    input: Tensor, dim: Any = (), *, keepdim: bool = False, mode: int = 0, out: Tensor | None = None
) -> Tensor:
    """The exclusive or of the elements' bits, each converted to int64 or float64 first.

    Args:
        dim: one or several dimensions; all by default.
        keepdim: keep them, with size 1.
        mode: 0, the only one there is.

    Returns:
        Numbers of type uint64; equal tensors have equal hashes.

    Raises:
        RuntimeError: there is no such mode, or there are no elements.
        NotImplementedError: the elements are complex or wide unsigned integers.

    >>> import tapegrad as torch
    >>> torch.hash_tensor(torch.tensor([1, 2, 4]))
    tensor(7, dtype=torch.uint64)
    """
    tensors_of("hash_tensor", input=input)
    if mode != 0:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    if out is not None and isinstance(out, Tensor) and out.dtype is not dtypes.uint64:
        raise DtypeError(f"Expected result to be of dtype uint64, but got {scalar_type_name(out.dtype)}")
    x = input._data
    dims = wrap_dims(dim, x.ndim)
    whole = dim is None or dim == ()
    empty = next((d for d in dims if x.ndim and not x.shape[d]), None)
    if whole and x.size == 0:
        raise RuntimeError(
            "hash_tensor: Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with"
            " the 'dim' argument."
        )
    if empty is not None:
        raise OutOfRangeError(f"hash_tensor: Expected reduction dim {empty} to have non-zero size.")
    kind = input.dtype
    if kind.category == COMPLEX or kind in (dtypes.uint16, dtypes.uint32, dtypes.uint64):
        raise not_implemented("xor_sum_cpu", kind)
    bits = x.astype(np.float64 if kind.category == FLOAT else np.int64).view(np.uint64)
    y = np.asarray(_exclusive_or(bits, axis=dims if x.ndim else None, keepdims=keepdim), np.uint64)
    return new_tensor(y) if out is None else write_out(out, y, dtypes.uint64, (), "hash_tensor")


METHODS: dict[str, Any] = {"hash_tensor": hash_tensor}

__all__ = ["hash_tensor"]
