"""torch's zip format: an archive with a pickle, and the memory of each storage, as records."""

from __future__ import annotations

import errno
import mmap
import os
import struct
import sys
import zipfile
from typing import Any, Final

import numpy as np

from ..tensor import dtypes
from ..tensor.dtypes import Array
from ..tensor.storage import TypedStorage, UntypedStorage
from .malformed import need
from .options import default_byteorder
from .placing import Place
from .rebuilding import StorageKind
from .unpickling import Machine

BROKEN_ARCHIVE: Final = (
    "PytorchStreamReader failed reading zip archive: {}. If you are seeing this error, there is a high likelihood that"
    " your checkpoint file is corrupted. This can happen if the checkpoint was not saved properly, was transferred"
    " incorrectly, or the file was modified after saving."
)
_MOST_COMPRESSED: Final = 200  # how many times its size in the file a record may grow when it is unpacked
_ALLOWANCE: Final = 2**16  # for records that are small anyway
_ALIGNMENT: Final = 16  # of memory that is looked at in the file
_PART: Final = 2**22
_ENCRYPTED: Final = 1


class Archive:
    """torch's zip format: `name/data.pkl`, `name/data/0` and so on.

    Nothing is ever written to where a record's name says; and all records together are no longer than the file, or,
    if they are compressed, than 200 times the file.

    Args:
        file: what to read from.
        mapped: the file's path, to leave the storages' memory in the file until it is used.
        shared: whether writing into that memory writes into the file.

    Raises:
        RuntimeError: it is not such an archive.
    """

    def __init__(self, file: Any, mapped: str | None = None, shared: bool = False) -> None:
        self.mapped, self.shared = mapped, shared
        self._map: mmap.mmap | None = None
        try:
            self.zip = zipfile.ZipFile(file)
        except OSError as error:
            if error.errno not in (None, errno.EINVAL):  # EINVAL: a place before the file's beginning
                raise
            raise RuntimeError(BROKEN_ARCHIVE.format("failed finding central directory")) from None
        except (zipfile.BadZipFile, ValueError, struct.error, EOFError, NotImplementedError, OverflowError):
            raise RuntimeError(BROKEN_ARCHIVE.format("failed finding central directory")) from None
        names = self.zip.namelist()
        if len(set(names)) != len(names):
            raise RuntimeError(BROKEN_ARCHIVE.format("two records have the same name"))
        found = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
        if any(name.endswith("/constants.pkl") for name in names):
            raise RuntimeError(
                "Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. The file holds a"
                " program; save the weights alone with torch.save(model.state_dict(), path)."
            )
        if len(found) != 1:
            raise RuntimeError(BROKEN_ARCHIVE.format("the record data.pkl is missing"))
        self.prefix = found[0].removesuffix("data.pkl")
        file.seek(0, os.SEEK_END)
        self.left = file.tell() + _ALLOWANCE
        self.swapped = self._is_swapped(names)

    def _is_swapped(self, names: list[str]) -> bool:
        if f"{self.prefix}byteorder" not in names:
            return default_byteorder() != sys.byteorder
        order = self.record("byteorder")
        if order not in (b"little", b"big"):
            raise ValueError(f"Unknown endianness type: {order[:20].decode('latin1')}")
        return order.decode() != sys.byteorder

    def _entry(self, name: str) -> zipfile.ZipInfo:
        try:
            entry = self.zip.getinfo(self.prefix + name)
        except KeyError:
            raise RuntimeError(BROKEN_ARCHIVE.format(f"the record {name[:50]} is missing")) from None
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & _ENCRYPTED:
            raise RuntimeError(BROKEN_ARCHIVE.format(f"the record {name[:50]} is packed in an unknown way"))
        return entry

    def fill(self, name: str, size: int | None = None) -> Array:
        """A record's first bytes, or all, checked against its checksum."""
        entry = self._entry(name)
        stored = entry.compress_type == zipfile.ZIP_STORED
        self.left -= entry.file_size if stored else -(-entry.file_size // _MOST_COMPRESSED)
        if self.left < 0:
            raise RuntimeError(BROKEN_ARCHIVE.format(f"the record {name[:50]} would grow to {entry.file_size} bytes"))
        need(size is None or entry.file_size >= size, f"storage {name[:50]} of fewer bytes than {size}")
        content = np.empty(entry.file_size, np.uint8)
        at = 0
        try:
            with self.zip.open(entry) as record:
                while part := record.read(_PART):
                    content[at : at + len(part)] = np.frombuffer(part, np.uint8)
                    at += len(part)
        except Exception as error:  # zlib's, zipfile's, struct's, NumPy's: whatever a damaged entry leads to
            what = f"the record {name[:50]} is damaged ({type(error).__name__})"
            raise RuntimeError(BROKEN_ARCHIVE.format(what)) from error
        if at != entry.file_size:
            raise RuntimeError(BROKEN_ARCHIVE.format(f"the record {name[:50]} is cut off"))
        return content if size is None else content[:size]

    def record(self, name: str) -> bytes:
        """A record's content."""
        return self.fill(name).tobytes()

    def pickle(self) -> bytes:
        """The pickle."""
        return self.record("data.pkl")

    def memory(self, key: str, count: int) -> Array:
        """The bytes of a storage, which are to be `count`."""
        need(0 < len(key) < 100 and "/" not in key and "\\" not in key, "the name of a storage")
        if self.mapped is not None and count:
            found = self._in_file(key, count)
            if found is not None:
                return found
        return self.fill(f"data/{key}", count)

    def _in_file(self, key: str, count: int) -> Array | None:
        """The bytes where they lie in the file; None if they do not lie there as they are."""
        entry = self._entry(f"data/{key}")
        file = self.zip.fp
        assert file is not None and self.mapped is not None
        file.seek(entry.header_offset)
        header = file.read(30)
        need(len(header) == 30 and header[:4] == b"PK\x03\x04" and entry.file_size >= count, "a record's header")
        name, extra = struct.unpack_from("<HH", header, 26)
        begin = entry.header_offset + 30 + name + extra
        if entry.compress_type != zipfile.ZIP_STORED or begin % _ALIGNMENT:
            return None
        need(begin + count <= os.path.getsize(self.mapped), "a record that reaches beyond the file")
        return np.frombuffer(self._whole_file(), np.uint8, count, begin)

    def _whole_file(self) -> mmap.mmap:
        if self._map is None:
            assert self.mapped is not None
            access = mmap.ACCESS_WRITE if self.shared else mmap.ACCESS_COPY
            with open(self.mapped, "r+b" if self.shared else "rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=access)
        return self._map


def storage_of(kind: Any, numel: Any, fetch: Any, swapped: bool) -> TypedStorage:
    """The storage that a persistent id speaks of; `fetch(bytes)` gives the memory."""
    need(isinstance(kind, StorageKind), "a storage of an unknown type")
    need(type(numel) is int and 0 <= numel < 2**48, "a storage of an impossible size")
    dtype = kind.dtype
    if dtype is None:
        need(not swapped, "bytes of an unknown type in the other byte order")
        return typed(fetch(numel), None)
    raw = fetch(numel * dtype.numpy.itemsize)
    if swapped:
        width = dtype.numpy.itemsize // (2 if dtype.is_complex else 1)
        raw = raw.reshape(-1, width)[:, ::-1].reshape(-1).copy()
    return typed(raw, dtype)


def typed(memory: Array, dtype: Any) -> TypedStorage:
    """Bytes as a storage of a type; torch calls those of no type uint8."""
    return TypedStorage(wrap_storage=UntypedStorage._of(memory), dtype=dtypes.uint8 if dtype is None else dtype)


def read_archive(archive: Archive, place: Place, machine: type[Machine] = Machine) -> Any:
    """The object in an archive, as a machine makes it."""
    known: dict[str, TypedStorage] = {}

    def persistent(identity: Any) -> TypedStorage:
        need(isinstance(identity, tuple) and len(identity) == 5 and identity[0] == "storage", "a persistent id")
        _, kind, key, location, numel = identity
        need(type(key) is str and type(location) is str, "a persistent id")
        if key not in known:
            made = storage_of(kind, numel, lambda count: archive.memory(key, count), archive.swapped)
            known[key] = place(made, location)
        return known[key]

    return machine(archive.pickle(), persistent).run()
