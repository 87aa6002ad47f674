"""The format of PyTorch before 1.6: a sequence of pickles, and the memory of all storages behind them."""

from __future__ import annotations

import struct
import sys
from typing import Any, Final

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.storage import TypedStorage
from .malformed import Malformed, need
from .placing import Place
from .reading import storage_of, typed
from .unpickling import Machine

MAGIC: Final = 0x1950A86A20F9469CFC6C
VERSION: Final = 1001


class _Reader:
    """Reads one file of the older format.

    The pickle speaks of storages whose memory comes later.  So the memory is made when a storage is first spoken of,
    and filled at the end; all together it cannot be longer than the file.
    """

    def __init__(self, body: bytes, place: Place, machine: type[Machine]) -> None:
        self.body, self.place, self.machine = body, place, machine
        self.at = 0
        self.left = len(body)
        self.known: dict[str, TypedStorage] = {}
        self.lengths: dict[str, int] = {}
        self.parts: dict[str, TypedStorage] = {}

    def pickle(self, persistent: Any) -> Any:
        machine = self.machine(self.body, persistent, self.at)
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
        need(isinstance(keys, list) and len(keys) == len(self.lengths), "the list of storages")
        for key in keys:
            need(type(key) is str and key in self.lengths, "the list of storages")
            self.fill(self.known[key], self.lengths.pop(key), swapped)
        return made

    def persistent(self, identity: Any) -> Any:
        """The storage, or part of one, that a persistent id speaks of; or a module's class, as it stands there."""
        if isinstance(identity, tuple) and len(identity) == 4 and identity[0] == "module":
            return identity[1]  # behind it is the class's source, which is not read
        need(isinstance(identity, tuple) and len(identity) == 6 and identity[0] == "storage", "a persistent id")
        _, kind, key, location, numel, view = identity
        need(type(key) is str and type(location) is str, "a persistent id")
        if key not in self.known:
            need(type(numel) is int and 0 <= numel <= self.left, "a storage that is longer than the file")
            self.known[key] = self.place(storage_of(kind, numel, self.reserve, False), location)
            self.lengths[key] = numel
        if view is None:
            return self.known[key]
        need(isinstance(view, tuple) and len(view) == 3 and type(view[0]) is str, "a part of a storage")
        name, offset, size = view
        whole = self.known[key]
        need(all(type(n) is int and n >= 0 for n in (offset, size)), "a part of a storage")
        need(offset + size <= len(whole), "a part of a storage that reaches outside")
        if name not in self.parts:
            self.parts[name] = typed(whole._elements[offset : offset + size], whole.dtype)
        return self.parts[name]

    def reserve(self, count: int) -> Array:
        """Memory to be filled later."""
        self.left -= count
        need(self.left >= 0, "storages that are longer than the file")
        return np.zeros(count, np.uint8)

    def fill(self, storage: TypedStorage, numel: int, swapped: bool) -> None:
        """Read a storage's memory from where the file stands."""
        body, at = self.body, self.at
        memory = storage.untyped()._memory
        need(at + 8 + memory.nbytes <= len(body), "a storage that is cut off")
        (count,) = struct.unpack_from("<q", body, at)
        need(count == numel, "a storage of another length than was said")
        raw = np.frombuffer(body, np.uint8, memory.nbytes, at + 8)
        width = storage.element_size() // (2 if storage.dtype.is_complex else 1)
        memory[...] = raw.reshape(-1, width)[:, ::-1].reshape(-1) if swapped else raw
        self.at = at + 8 + memory.nbytes


def _none(identity: Any) -> Any:
    raise Malformed("a persistent id")


def read_legacy(body: bytes, place: Place, machine: type[Machine] = Machine) -> tuple[Any, int]:
    """The object in a file of the older format, as a machine makes it, and where the file ends."""
    reader = _Reader(body, place, machine)
    made = reader.read()
    return made, reader.at
