"""`torch.types`: names for annotations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO, Any, TypeAlias

from .tensor.device import device, layout
from .tensor.dtypes import dtype
from .tensor.size import Size
from .tensor.storage import UntypedStorage as Storage
from .tensor.tensor import Tensor

__all__ = ["Device", "FileLike", "Number", "Storage"]

_bool: TypeAlias = bool
_bytes: TypeAlias = bytes
_complex: TypeAlias = complex
_device: TypeAlias = device
_dtype: TypeAlias = dtype
_float: TypeAlias = float
_int: TypeAlias = int
_layout: TypeAlias = layout
_size: TypeAlias = Size | list[int] | tuple[int, ...]
_str: TypeAlias = str
_symsize: TypeAlias = Size | Sequence[int]
_TensorOrTensors: TypeAlias = Tensor | Sequence[Tensor]
_TensorOrOptionalTensors: TypeAlias = Tensor | Sequence[Tensor | None]
_TensorOrTensorsOrGradEdge: TypeAlias = Tensor | Sequence[Tensor] | Any | Sequence[Any]
_Number = (int, float, bool)

# There are no symbolic numbers: sizes are what they are.
IntLikeType: TypeAlias = int
FloatLikeType: TypeAlias = float
BoolLikeType: TypeAlias = bool
py_sym_types: tuple[type, ...] = ()

Number: TypeAlias = int | float | bool
Device: TypeAlias = device | str | int | None
FileLike: TypeAlias = str | os.PathLike[str] | IO[bytes]
