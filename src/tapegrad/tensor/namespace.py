"""The public names that are neither functions of tensors nor operators: types, devices, layouts, memory formats."""

from __future__ import annotations

from typing import Any, Final

from .device import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    device,
    layout,
    memory_format,
    preserve_format,
    sparse_coo,
    sparse_csr,
    strided,
)
from .dtypes import NAMES, can_cast, dtype, get_default_dtype, promote_types, set_default_dtype
from .size import Size

NAMESPACE: Final[dict[str, Any]] = {
    **NAMES,
    "Size": Size,
    "can_cast": can_cast,
    "channels_last": channels_last,
    "channels_last_3d": channels_last_3d,
    "contiguous_format": contiguous_format,
    "device": device,
    "dtype": dtype,
    "get_default_dtype": get_default_dtype,
    "layout": layout,
    "memory_format": memory_format,
    "preserve_format": preserve_format,
    "promote_types": promote_types,
    "set_default_dtype": set_default_dtype,
    "sparse_coo": sparse_coo,
    "sparse_csr": sparse_csr,
    "strided": strided,
}

globals().update(NAMESPACE)
__all__ = sorted(NAMESPACE)  # noqa: PLE0605
