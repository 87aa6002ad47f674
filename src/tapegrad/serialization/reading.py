"""What is in a file: the zip archive with its records, and the older format's sequence of pickles."""

from __future__ import annotations

import struct
import sys
import zipfile
from typing import Any, Final

import numpy as np

from ..tensor.device import device
from ..tensor.dtypes import Array
from .rebuilding import Malformed, StorageKind, StoredMemory, need
from .saving import LEGACY_VERSION, MAGIC
from .unpickling import Machine

BROKEN_ARCHIVE: Final = (
    "PytorchStreamReader failed reading zip archive: {}. If you are seeing this error, there is a high likelihood that"
    " your checkpoint file is corrupted. This can happen if the checkpoint was not saved properly, was transferred"
    " incorrectly, or the file was modified after saving."
)
_MOST_COMPRESSED: Final = 200  # how many times a record may grow when it is unpacked

Place = Any  # a function of a storage and the device it was saved from that gives the storage to use


class Archive:
    """torch's zip format: `name/data.pkl`, `name/data/0` and so on."""

    def __init__(self, file: Any, mapped: str | None = None) -> None:
        try:
            self.zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, struct.error, OSError, EOFError, NotImplementedError) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise RuntimeError(BROKEN_ARCHIVE.format("failed finding central directory")) from None
        names = self.zip.namelist()
        found = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
        if not found:
            if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
                raise RuntimeError(
                    "Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. The file"
                    " holds a program; save the weights alone with torch.save(model.state_dict(), path)."
                )
            raise RuntimeError(BROKEN_ARCHIVE.format("the record data.pkl is missing"))
        self.prefix = found[0].removesuffix("data.pkl")
        self.mapped = mapped
        order = self.record("byteorder") if f"{self.prefix}byteorder" in names else b"little"
        need(order in (b"little", b"big"), f"byte order {order[:20]!r}")
        self.swapped = order.decode() != sys.byteorder

    def record(self, name: str) -> bytes:
        """A record's content, checked against its checksum."""
        try:
            entry = self.zip.getinfo(self.prefix + name)
        except KeyError:
            raise RuntimeError(BROKEN_ARCHIVE.format(f"the record {name} is missing")) from None
        if entry.file_size > _MOST_COMPRESSED * (entry.compress_size + 1000):
            raise RuntimeError(BROKEN_ARCHIVE.format(f"the record {name} would grow to {entry.file_size} bytes"))
        try:
            return self.zip.read(entry)
        except Exception as error:  # zlib's, zipfile's, struct's: whatever a damaged entry leads to
            raise RuntimeError(BROKEN_ARCHIVE.format(f"the record {name} is damaged ({error})")) from None

    def pickle(self) -> bytes:
        """The pickle."""
        return self.record("data.pkl")

    def memory(self, key: str, count: int) -> Array:
        """The bytes of a storage, which are to be `count`."""
        need(bool(key) and "/" not in key and "\\" not in key, f"storage {key!r}")
        if self.mapped is not None:
            return self._mapped(key, count)
        content = self.record(f"data/{key}")
        need(len(content) >= count, f"storage {key} has {len(content)} bytes, where {count} are expected")
        return np.frombuffer(bytearray(content[:count]), np.uint8)

    def _mapped(self, key: str, count: int) -> Array:
        entry = self.zip.getinfo(f"{self.prefix}data/{key}")
        need(entry.compress_type == zipfile.ZIP_STORED and entry.file_size >= count, f"storage {key} cannot be mapped")
        assert self.zip.fp is not None and self.mapped is not None
        self.zip.fp.seek(entry.header_offset + 26)
        name, extra = struct.unpack("<HH", self.zip.fp.read(4))
        begin = entry.header_offset + 30 + name + extra
        if count == 0:
            return np.zeros(0, np.uint8)
        return np.asarray(np.memmap(self.mapped, np.uint8, "c", begin, (count,)))


def storage_of(kind: Any, numel: Any, fetch: Any, swapped: bool) -> StoredMemory:
    """The storage that a persistent id speaks of; `fetch(bytes)` gives the memory."""
    need(isinstance(kind, StorageKind), "a storage of an unknown type")
    need(type(numel) is int and 0 <= numel < 2**48, f"a storage of {numel!r} elements")
    if kind.dtype is None:
        return StoredMemory(fetch(numel), None)
    numpy = kind.dtype.numpy
    raw = fetch(numel * numpy.itemsize)
    if swapped:
        width = numpy.itemsize // (2 if numpy.kind == "c" else 1)
        raw = raw.reshape(-1, width)[:, ::-1].reshape(-1).copy()
    memory = raw.view(np.uint16).view(numpy) if numpy.kind == "V" else raw.view(numpy)
    return StoredMemory(memory, kind.dtype)


def read_archive(archive: Archive, place: Place) -> Any:
    """The object in an archive."""
    known: dict[str, StoredMemory] = {}

    def persistent(identity: Any) -> StoredMemory:
        need(isinstance(identity, tuple) and len(identity) == 5 and identity[0] == "storage", "a persistent id")
        _, kind, key, location, numel = identity
        need(type(key) is str and type(location) is str, "a persistent id")
        if key not in known:
            made = storage_of(kind, numel, lambda count: archive.memory(key, count), archive.swapped)
            known[key] = place(made, location)
        return known[key]

    return Machine(archive.pickle(), persistent).run()


def read_legacy(body: bytes, place: Place) -> Any:
    """The object in a file of the older format."""

    def refuse(_: Any) -> Any:
        raise Malformed("a persistent id")

    machine = Machine(body, refuse)

    def next_pickle(persistent: Any = refuse) -> Any:
        nonlocal machine
        machine = Machine(body, persistent, machine.at)
        return machine.run()

    if next_pickle() != MAGIC:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = next_pickle()
    if version != LEGACY_VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    facts = next_pickle()
    need(isinstance(facts, dict), "the system's description")
    swapped = facts.get("little_endian", True) != (sys.byteorder == "little")
    known: dict[str, StoredMemory] = {}
    parts: dict[str, StoredMemory] = {}
    sizes: dict[str, Any] = {}

    def persistent(identity: Any) -> StoredMemory:
        need(isinstance(identity, tuple) and len(identity) == 6 and identity[0] == "storage", "a persistent id")
        _, kind, key, location, numel, view = identity
        need(type(key) is str and type(location) is str, "a persistent id")
        if key not in known:
            # The memory comes later in the file, so it cannot be longer than that.
            need(type(numel) is int and 0 <= numel <= len(body), f"a storage of {numel!r} elements")
            known[key] = place(storage_of(kind, numel, lambda count: np.zeros(count, np.uint8), False), location)
            sizes[key] = numel
        if view is None:
            return known[key]
        need(isinstance(view, tuple) and len(view) == 3 and type(view[0]) is str, "a view of a storage")
        name, offset, size = view
        whole = known[key]
        need(
            all(type(n) is int and n >= 0 for n in (offset, size)) and offset + size <= sizes[key],
            "a view of a storage",
        )
        if name not in parts:
            parts[name] = StoredMemory(whole.memory[offset : offset + size], whole.kind)
        return parts[name]

    made = next_pickle(persistent)
    keys = next_pickle()
    need(isinstance(keys, list), "the list of storages")
    at = machine.at
    for key in keys:
        storage = known.get(key)
        need(storage is not None, f"storage {key!r}")
        assert storage is not None
        need(at + 8 <= len(body), "storages that are cut off")
        (count,) = struct.unpack_from("<q", body, at)
        at += 8
        memory = storage.memory.view(np.uint16) if storage.memory.dtype.kind == "V" else storage.memory
        need(count == sizes[key] and at + memory.nbytes <= len(body), "a storage that is cut off")
        raw = np.frombuffer(body, np.uint8, memory.nbytes, at)
        if swapped and storage.kind is not None:
            width = memory.itemsize // (2 if memory.dtype.kind == "c" else 1)
            raw = raw.reshape(-1, width)[:, ::-1].reshape(-1)
        memory.view(np.uint8)[...] = raw
        at += memory.nbytes
    return made


def placing(map_location: Any) -> Place:
    """What `map_location` does with a storage, as a function of the storage and where it was saved from."""
    if map_location is None:
        return _here
    if isinstance(map_location, (str, device)):
        _check_here(str(map_location))
        return lambda storage, location: storage
    if isinstance(map_location, dict):
        mapping = {str(k): str(v) for k, v in map_location.items()}
        return lambda storage, location: _here(storage, mapping.get(location, location))

    def asked(storage: StoredMemory, location: str) -> StoredMemory:
        given = map_location(storage.storage(), location)
        return _here(storage, location) if given is None else storage

    return asked


def _here(storage: StoredMemory, location: str) -> StoredMemory:
    _check_here(location)
    return storage


def _check_here(location: str) -> None:
    kind = location.split(":")[0]
    if kind == "cpu":
        return
    if kind == "cuda":
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are"
            " running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your"
            " storages to the CPU."
        )
    raise RuntimeError(
        f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location})"
        "\n  Everything lives on the CPU here: pass map_location='cpu'."
    )


__all__ = ["Archive", "placing", "read_archive", "read_legacy"]
