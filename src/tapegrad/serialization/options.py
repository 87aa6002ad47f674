"""Settings of `torch.save` and `torch.load` for the whole program."""

from __future__ import annotations

import mmap
import sys
from enum import Enum
from typing import Any, Final

MAP_SHARED: Final = getattr(mmap, "MAP_SHARED", 1)
MAP_PRIVATE: Final = getattr(mmap, "MAP_PRIVATE", 2)

_endianness: list[Any] = [None]
_mmap_flags: list[int] = [MAP_PRIVATE]
_crc32: list[bool] = [True]


class LoadEndianness(Enum):
    """The byte order of archives that do not say theirs."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


def get_default_load_endianness() -> str:
    """'little' or 'big': how `torch.load` takes archives that do not say their byte order.

    >>> import tapegrad as torch
    >>> torch.serialization.set_default_load_endianness(torch.serialization.LoadEndianness.BIG)
    >>> torch.serialization.set_default_load_endianness(None)
    """
    chosen = _endianness[0]
    return "big" if chosen is LoadEndianness.BIG or chosen is LoadEndianness.NATIVE and sys.byteorder == "big" else "little"
