"""Settings of `torch.save` and `torch.load` for the whole program."""

from __future__ import annotations

import mmap
import sys
from enum import Enum
from typing import Any, Final

MAP_SHARED: Final = getattr(mmap, "MAP_SHARED", 1)
MAP_PRIVATE: Final = getattr(mmap, "MAP_PRIVATE", 2)

_settings: Final[dict[str, Any]] = {"endianness": None, "mmap": MAP_PRIVATE, "crc32": True}


class LoadEndianness(Enum):
    """The byte order of archives that do not say theirs."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


def get_default_load_endianness() -> LoadEndianness | None:
    """How `torch.load` takes archives that do not say their byte order; None: little."""
    found: LoadEndianness | None = _settings["endianness"]
    return found


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Say how `torch.load` takes archives that do not say their byte order.

    Raises:
        TypeError: it is no `LoadEndianness`.

    >>> import tapegrad as torch
    >>> torch.serialization.set_default_load_endianness(torch.serialization.LoadEndianness.BIG)
    >>> torch.serialization.get_default_load_endianness()
    <LoadEndianness.BIG: 3>
    >>> torch.serialization.set_default_load_endianness(None)
    """
    if not isinstance(endianness, LoadEndianness) and endianness is not None:
        raise TypeError("Invalid argument type in function set_default_load_endianness")
    _settings["endianness"] = endianness


def default_byteorder() -> str:
    """'little' or 'big': the byte order of archives that do not say theirs."""
    chosen = get_default_load_endianness()
    if chosen is LoadEndianness.NATIVE:
        return sys.byteorder
    return "big" if chosen is LoadEndianness.BIG else "little"


def get_default_mmap_options() -> int:
    """`MAP_PRIVATE` or `MAP_SHARED`: whether writing to tensors of `torch.load(mmap=True)` leaves the file as it is."""
    found: int = _settings["mmap"]
    return found


class set_default_mmap_options:
    """Choose between `MAP_PRIVATE` and `MAP_SHARED`; as a context manager, for a block.

    Raises:
        ValueError: neither of the two.

    >>> import tapegrad as torch
    >>> with torch.serialization.set_default_mmap_options(torch.serialization.MAP_SHARED):
    ...     torch.serialization.get_default_mmap_options() == torch.serialization.MAP_SHARED
    True
    """

    def __init__(self, flags: int) -> None:
        if flags not in (MAP_PRIVATE, MAP_SHARED):
            raise ValueError(
                "Invalid argument in function set_default_mmap_options, expected mmap.MAP_PRIVATE or mmap.MAP_SHARED,"
                f" but got {flags}"
            )
        self.prev = get_default_mmap_options()
        _settings["mmap"] = flags

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _settings["mmap"] = self.prev


def get_crc32_options() -> bool:
    """What `set_crc32_options` was given."""
    found: bool = _settings["crc32"]
    return found


def set_crc32_options(compute_crc32: bool) -> None:
    """Whether torch writes checksums; tapegrad always does, since they cost little and find damage."""
    _settings["crc32"] = compute_crc32
