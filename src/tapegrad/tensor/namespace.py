"""The public names that are neither functions of tensors nor operators: types, devices, layouts, memory formats."""

from __future__ import annotations

from typing import Any, Final

from . import device as _device
from .device import device, get_default_device, layout, memory_format, set_default_device
from .dtypes import NAMES, can_cast, dtype, get_default_dtype, promote_types, set_default_dtype
from .size import Size
from .storage import TypedStorage, UntypedStorage

_CONSTANTS = (
    "strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged",
    "contiguous_format", "preserve_format", "channels_last", "channels_last_3d",
)  # fmt: skip

NAMESPACE: Final[dict[str, Any]] = {
    **NAMES,
    **{name: getattr(_device, name) for name in _CONSTANTS},
    "Size": Size,
    "TypedStorage": TypedStorage,
    "UntypedStorage": UntypedStorage,
    "can_cast": can_cast,
    "device": device,
    "dtype": dtype,
    "get_default_device": get_default_device,
    "get_default_dtype": get_default_dtype,
    "layout": layout,
    "memory_format": memory_format,
    "promote_types": promote_types,
    "set_default_device": set_default_device,
    "set_default_dtype": set_default_dtype,
}

globals().update(NAMESPACE)
__all__ = sorted(NAMESPACE)
