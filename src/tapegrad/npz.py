"""`.npz` files: NumPy's archives of arrays, read without pickle.

An archive is read here and not by `numpy.load`, which trusts the lengths that a file states, and evaluates the text of
its headers.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np

from .serialization.saving import replacing
from .tensor import dtypes
from .tensor.tensor import Tensor, new_tensor

__all__ = ["load_npz", "save_npz"]

_MAGIC: Final = b"\x93NUMPY"
_LONGEST_HEADER: Final = 10_000
_HEADER: Final = re.compile(
    rb"\{'descr': ?'([<>|=][a-zA-Z]\d{1,2})', ?'fortran_order': ?(True|False), ?'shape': ?\(([0-9, ]*)\),? ?\} *\n?"
)
_MOST_COMPRESSED: Final = 200
_ALLOWANCE: Final = 2**28
_BY_NUMPY: Final = {kind.numpy: kind for kind in dtypes.ALL if kind is not dtypes.bfloat16}


def save_npz(file: str | os.PathLike[str], tensors: dict[str, Any], compressed: bool = False) -> None:
    """Write tensors to a `.npz` file, which `numpy.load` opens; an old one is replaced when the new is complete.

    Args:
        file: a path.
        tensors: tensors by name; of any type but bfloat16, which NumPy does not have.
        compressed: whether to pack them.

    Raises:
        TypeError: a tensor of bfloat16, or no tensor.

    >>> import os, tempfile
    >>> import tapegrad as torch
    >>> path = os.path.join(tempfile.mkdtemp(), "x.npz")
    >>> torch.save_npz(path, {"w": torch.ones(2)})
    >>> torch.load_npz(path)
    {'w': tensor([1., 1.])}
    """
    arrays = {}
    for name, t in tensors.items():
        if not isinstance(t, Tensor):
            raise TypeError(f"tensors[{name!r}] is a {type(t).__name__}: wrap it in torch.as_tensor")
        if t.dtype is dtypes.bfloat16:
            raise TypeError(f"tensors[{name!r}] is of torch.bfloat16, which NumPy does not have: write .float()")
        arrays[name] = t._data
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with replacing(Path(file)) as out, zipfile.ZipFile(out, "w", method) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)


def load_npz(file: Any, max_bytes: int | None = None) -> dict[str, Tensor]:
    """The arrays of a `.npz` file as tensors; text and objects are refused.

    Args:
        file: a path, or a file that can be read from and seeked.
        max_bytes: how much memory they may take all together; by default 256 MiB and 200 times the file, which only
            a file made for the purpose, or one of very many zeros, goes beyond.

    Raises:
        ValueError: it is no such file, is damaged, or holds what no tensor can.
    """
    size = file.seek(0, os.SEEK_END) if hasattr(file, "seek") else os.path.getsize(file)
    left = _ALLOWANCE + _MOST_COMPRESSED * size if max_bytes is None else max_bytes
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, struct.error, EOFError, NotImplementedError, OverflowError) as error:
        raise ValueError(
            f"{file if isinstance(file, (str, os.PathLike)) else 'this'} is no .npz file ({type(error).__name__})"
        ) from error
    with archive:
        names = archive.namelist()
        if len(set(names)) != len(names):
            raise ValueError("two arrays have the same name")
        found = {}
        for entry in archive.infolist():
            name = entry.filename.removesuffix(".npy")
            left -= entry.file_size
            if left < 0:
                raise ValueError(f"the arrays up to {name[:50]!r} would need more memory than `max_bytes` says")
            found[name] = _array(archive, entry)
        return found


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Tensor:
    where = f"array {entry.filename[:50]!r}"
    try:
        with archive.open(entry) as stream:
            dtype, in_fortran_order, shape = _header(stream, where)
            size = dtype.itemsize
            for n in shape:
                size *= n
            if size > entry.file_size:
                raise ValueError(f"{where} of shape {shape} has more elements than the file")
            content = bytearray(stream.read(size + 1))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        struct.error,
        OSError,
    ) as error:
        raise ValueError(f"{where} is damaged ({type(error).__name__})") from error
    if len(content) != size:
        raise ValueError(f"{where} has another length than its header says")
    if dtype.newbyteorder("=") not in _BY_NUMPY:
        raise ValueError(f"{where} is of type {dtype}, which no tensor has")
    flat = np.frombuffer(content, dtype).astype(dtype.newbyteorder("="), copy=False)
    return new_tensor(flat.reshape(shape, order="F" if in_fortran_order else "C"))


def _header(stream: Any, where: str) -> tuple[np.dtype[Any], bool, tuple[int, ...]]:
    start = stream.read(8)
    wide = start[6:7] in (b"\x02", b"\x03")
    if start[:6] != _MAGIC or start[6:7] not in (b"\x01", b"\x02", b"\x03"):
        raise ValueError(f"{where} is no array of NumPy's")
    (length,) = struct.unpack("<I" if wide else "<H", stream.read(4 if wide else 2))
    text = stream.read(min(length, _LONGEST_HEADER))
    said = _HEADER.fullmatch(text)
    if len(text) != length or said is None:
        raise ValueError(f"{where} is of a type that no tensor has, or its header is damaged")
    shape = tuple(int(n) for n in said[3].split(b",") if n.strip())
    if len(shape) > 64 or any(n >= 2**63 for n in shape):
        raise ValueError(f"{where} has an impossible shape")
    try:
        return np.dtype(said[1].decode()), said[2] == b"True", shape
    except TypeError as error:
        raise ValueError(f"{where} is of an unknown type") from error
