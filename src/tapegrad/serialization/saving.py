"""`torch.save`, so that a file is either the old one or the new one, whatever happens."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from .legacy import MAGIC, VERSION
from .pickling import Pickler, StorageReference, bytes_of

PROTOCOL: Final = 2
ALIGNMENT: Final = 64  # of each storage in the archive, for memory mapping
_LOCAL_HEADER: Final = 30  # bytes of a zip entry's header before its name


def save(
    obj: object,
    f: Any,
    pickle_module: Any = None,
    pickle_protocol: int = PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Write tensors, and containers of them, to a file that torch opens, too.

    Tensors that share memory share it after loading.  A path is written to aside and moved into place when it is
    complete, so a crash or a full disk leaves an old file as it was.

    Args:
        obj: tensors, modules' state dicts, numbers, strings, and lists, tuples, dictionaries, sets of these.
        f: a path, or an object with a method `write`.
        pickle_module: for torch's sake; None.
        pickle_protocol: that of the pickle inside.
        _use_new_zipfile_serialization: False for the format of PyTorch before 1.6.

    Raises:
        RuntimeError: the folder does not exist.
        AttributeError: `f` is neither a path nor a file.
        pickle.PicklingError, AttributeError, TypeError: something in `obj` cannot be written; nothing is then.

    >>> import io
    >>> import tapegrad as torch
    >>> torch.save(torch.ones(2), io.BytesIO())
    """
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    if isinstance(f, (str, os.PathLike)):
        path = Path(f)
        if not path.parent.is_dir():
            raise RuntimeError(f"Parent directory {path.parent} does not exist.")
        if path.is_dir():
            where = "[enforce fail at inline_container.cc:747] . "  # torch's
            raise RuntimeError(f"{where}open file failed with strerror: Is a directory: {path}")
        with replacing(path) as file:
            _write(obj, file, path.stem, pickle_protocol, _use_new_zipfile_serialization, _disable_byteorder_record)
        return
    whole = io.BytesIO()  # so that a failure leaves nothing half-written
    _write(obj, whole, "archive", pickle_protocol, _use_new_zipfile_serialization, _disable_byteorder_record)
    f.write(whole.getvalue())


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Any]:
    """A file to write to that takes the place of `path` when the block ends without an error."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():  # a device or a pipe cannot be replaced
        with open(target, "wb") as file:
            yield file
        return
    aside = target.with_name(f".{target.name[:200]}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with open(aside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(aside, target.stat().st_mode & 0o7777)
        os.replace(aside, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)


def _write(obj: object, file: Any, name: str, protocol: int, as_archive: bool, no_byteorder: bool) -> None:
    body = io.BytesIO()
    pickler = Pickler(body, protocol, legacy=not as_archive)
    pickler.dump(obj)
    if as_archive:
        _write_archive(file, name, body.getvalue(), pickler.storages, no_byteorder)
    else:
        _write_legacy(file, body.getvalue(), pickler.storages, protocol)


# -- the zip format ----------------------------------------------------------------------------------------------------


def _write_archive(file: Any, name: str, body: bytes, storages: list[StorageReference], no_byteorder: bool) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        identity = hashlib.sha1(body, usedforsecurity=False)
        _record(archive, f"{name}/data.pkl", body)
        _record(archive, f"{name}/.format_version", b"1")
        _record(archive, f"{name}/.storage_alignment", str(ALIGNMENT).encode())
        if not no_byteorder:
            _record(archive, f"{name}/byteorder", sys.byteorder.encode())
        for storage in storages:
            content = bytes_of(storage.memory)
            identity.update(content)
            _record(archive, f"{name}/data/{storage.key}", content)
        _record(archive, f"{name}/version", b"3\n")
        number = int.from_bytes(identity.digest()[:16], "big")
        _record(archive, f"{name}/.data/serialization_id", f"{number:040d}"[:40].encode())


def _record(archive: zipfile.ZipFile, name: str, content: bytes | memoryview) -> None:
    """Write an entry whose content begins at a multiple of the alignment."""
    entry = zipfile.ZipInfo(name)
    begin = archive.fp.tell() + _LOCAL_HEADER + len(name.encode()) + 4  # type: ignore[union-attr]  # 4: of `extra`
    if len(content) > zipfile.ZIP64_LIMIT:
        begin += 20  # the entry's own field for large sizes
    padding = -begin % ALIGNMENT
    entry.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    with archive.open(entry, "w", force_zip64=len(content) > zipfile.ZIP64_LIMIT) as out:
        out.write(content)


# -- the older format --------------------------------------------------------------------------------------------------


def _write_legacy(file: Any, body: bytes, storages: list[StorageReference], protocol: int) -> None:
    import pickle

    facts = {
        "protocol_version": VERSION,
        "little_endian": sys.byteorder == "little",
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    for part in (MAGIC, VERSION, facts):
        pickle.dump(part, file, protocol)
    file.write(body)
    pickle.dump([storage.key for storage in storages], file, protocol)
    for storage in storages:
        file.write(struct.pack("<q", storage.numel))
        file.write(bytes_of(storage.memory))
