"""The format of PyTorch before 1.6: a sequence of pickles, and the memory of all storages behind them."""

from __future__ import annotations

import struct
import sys
from typing import Any, Final

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.storage import TypedStorage
from .placing import Place
from .reading import storage_of, typed
from .rebuilding import Malformed, StorageKind, need
from .unpickling import Machine

MAGIC: Final = 0x1950A86A20F9469CFC6C
VERSION: Final = 1001


class _Reader:
    """Reads one file of the older format.

    The pickle speaks of storages whose memory comes later.  So the memory is made when a storage is first spoken of,
    and filled at the end; all together it cannot be longer than the file.
    """

    def __init__(self, body: bytes, place: Place) -> None:
        self.body, self.place = body, place
        self.at = 0
        self.left = len(body)
        self.memory: dict[str, tuple[Array, int, int]] = {}  # bytes, elements, width of a number in bytes
        self.known: dict[str, TypedStorage] = {}
        self.parts: dict[str, TypedStorage] = {}

    def pickle(self, persistent: Any) -> Any:
        machine = Machine(self.body, persistent, self.at)
        made = machine.run()
        self.at = machine.at
        return made

    def read(self) -> Any:
        if self.pickle(_none) != MAGIC:
            raise RuntimeError("Invalid magic number; corrupt file?")
        version = self.pickle(_none)
        if version != VERSION:
            raise RuntimeError(f"Invalid protocol version: {version if type(version) is int else type(version)}")
        facts = self.pickle(_none)
        need(isinstance(facts, dict), "the system's description")
        swapped = (facts.get("little_endian", True) is True) != (sys.byteorder == "little")
        made = self.pickle(self.persistent)
        keys = self.pickle(_none)
        need(isinstance(keys, list) and len(keys) == len(self.memory), "the list of storages")
        for key in keys:
            need(type(key) is str and key in self.memory, "the list of storages")
            self.fill(*self.memory.pop(key), swapped)
        return made

    def persistent(self, identity: Any) -> TypedStorage:
        """The storage, or part of one, that a persistent id speaks of."""
        need(isinstance(identity, tuple) and len(identity) == 6 and identity[0] == "storage", "a persistent id")
        _, kind, key, location, numel, view = identity
        need(type(key) is str and type(location) is str, "a persistent id")
        if key not in self.known:
            need(type(numel) is int and 0 <= numel <= self.left, "a storage that is longer than the file")
            self.known[key] = self.place(
                storage_of(kind, numel, lambda count: self.reserve(key, numel, count), False), location
            )
            if isinstance(kind, StorageKind) and kind.dtype is not None and kind.dtype.is_complex:
                memory, numel, width = self.memory[key]
                self.memory[key] = memory, numel, width // 2
        if view is None:
            return self.known[key]
        need(isinstance(view, tuple) and len(view) == 3 and type(view[0]) is str, "a part of a storage")
        name, offset, size = view
        whole = self.known[key]
        need(
            all(type(n) is int and n >= 0 for n in (offset, size)) and offset + size <= len(whole),
            "a part of a storage",
        )
        if name not in self.parts:
            self.parts[name] = typed(whole._elements[offset : offset + size], whole.dtype)
        return self.parts[name]

    def reserve(self, key: str, numel: int, count: int) -> Array:
        self.left -= count
        need(self.left >= 0, "storages that are longer than the file")
        memory = np.zeros(count, np.uint8)
        self.memory[key] = memory, numel, count // numel if numel else 1
        return memory

    def fill(self, memory: Array, numel: int, width: int, swapped: bool) -> None:
        """Read a storage's memory from where the file stands."""
        body, at = self.body, self.at
        need(at + 8 + memory.nbytes <= len(body), "a storage that is cut off")
        (count,) = struct.unpack_from("<q", body, at)
        need(count == numel, "a storage of another length than was said")
        raw = np.frombuffer(body, np.uint8, memory.nbytes, at + 8)
        memory[...] = raw.reshape(-1, width)[:, ::-1].reshape(-1) if swapped else raw
        self.at = at + 8 + memory.nbytes


def _none(identity: Any) -> Any:
    raise Malformed("a persistent id")


def read_legacy(body: bytes, place: Place) -> tuple[Any, int]:
    """The object in a file of the older format, and where the file ends."""
    reader = _Reader(body, place)
    made = reader.read()
    return made, reader.at
