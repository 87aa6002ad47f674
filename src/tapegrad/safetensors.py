"""The safetensors format: named tensors in a file that is a header and their memory, and never code.

The format is read and written here and not by the package `safetensors`: it is a JSON header and bytes, and NumPy,
which that package would go through, has no bfloat16.

>>> import tapegrad as torch
>>> from tapegrad.safetensors import load, save
>>> load(save({"w": torch.ones(2)}))
{'w': tensor([1., 1.])}
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from .serialization.names import dtype_named, name_of
from .serialization.pickling import bytes_of
from .serialization.saving import replacing
from .tensor.dtypes import Array
from .tensor.storage import owner_of, window
from .tensor.tensor import Tensor, new_tensor

__all__ = ["SafetensorError", "load", "load_file", "load_model", "safe_open", "save", "save_file", "save_model"]

DTYPES: Final[dict[str, str]] = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "F16": "float16",
    "BF16": "bfloat16",
    "U32": "uint32",
    "I32": "int32",
    "F32": "float32",
    "U64": "uint64",
    "I64": "int64",
    "F64": "float64",
    "C64": "complex64",
}
_NAMES: Final[dict[str, str]] = {ours: theirs for theirs, ours in DTYPES.items()}
_LONGEST_HEADER: Final = 100_000_000
_ALIGNMENT: Final = 8
_METADATA: Final = "__metadata__"


class SafetensorError(ValueError):
    """A file is not in the safetensors format, or is damaged."""


class _Header:
    """What a file's header says, checked: the tensors' places follow each other without gaps to the end of the file."""

    def __init__(self, file: BinaryIO) -> None:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        start = file.read(8)
        if len(start) < 8:
            raise SafetensorError(f"HeaderTooSmall: a file of {size} bytes")
        (length,) = struct.unpack("<Q", start)
        if length > _LONGEST_HEADER:
            raise SafetensorError(f"HeaderTooLarge: {length} bytes; is this a safetensors file?")
        if 8 + length > size:
            raise SafetensorError(f"InvalidHeaderLength: {length} bytes in a file of {size}")
        try:
            said = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise SafetensorError(f"InvalidHeaderDeserialization: {type(error).__name__}") from error
        if not isinstance(said, dict):
            raise SafetensorError("InvalidHeaderDeserialization: the header is no table")
        self.metadata = _metadata(said.pop(_METADATA, None))
        self.begin = 8 + length
        self.places = {name: _place(name, entry) for name, entry in said.items()}
        end = 0
        for name in sorted(self.places, key=lambda name: self.places[name][2:]):
            first, last = self.places[name][2:]
            if first != end:
                raise SafetensorError(f"InvalidOffset: tensor {name[:50]!r} begins at {first} and not at {end}")
            end = last
        if self.begin + end != size:
            raise SafetensorError(
                f"MetadataIncompleteBuffer: tensors of {end} bytes, where the file has {size - self.begin}"
            )


Place = tuple[Any, tuple[int, ...], int, int]
"""Element type, shape, first byte and the byte behind the last."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _metadata(said: Any) -> dict[str, str] | None:
    if said is None:
        return None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise SafetensorError("InvalidHeaderDeserialization: metadata are strings by name")
    return said


def _place(name: str, entry: Any) -> Place:
    def whole(x: Any, count: int | None = None) -> bool:
        right = isinstance(x, list) and all(type(n) is int and 0 <= n < 2**63 for n in x)
        return right and len(x) <= 64 and (count is None or len(x) == count)

    if not isinstance(entry, dict) or not whole(entry.get("shape")) or not whole(entry.get("data_offsets"), 2):
        raise SafetensorError(f"InvalidTensorInfo: of tensor {name[:50]!r}")
    if not isinstance(entry.get("dtype"), str) or entry["dtype"] not in DTYPES:
        raise SafetensorError(f"InvalidTensorInfo: the type of tensor {name[:50]!r} is not one of {', '.join(DTYPES)}")
    dtype = dtype_named(DTYPES[entry["dtype"]])
    begin, end = entry["data_offsets"]
    needed = dtype.itemsize
    for n in entry["shape"]:
        needed *= n
    if needed != end - begin:
        raise SafetensorError(f"TensorInvalidInfo: tensor {name[:50]!r} has {end - begin} bytes and needs {needed}")
    return dtype, tuple(entry["shape"]), begin, end


def _tensor(raw: Array, dtype: Any, shape: tuple[int, ...]) -> Tensor:
    numpy = dtype.numpy
    if sys.byteorder == "big":
        width = numpy.itemsize // (2 if dtype.is_complex else 1)
        raw = raw.reshape(-1, width)[:, ::-1].reshape(-1).copy()
    if not raw.size:
        return new_tensor(np.zeros(shape, numpy))
    strides = [1]
    for n in reversed(shape[1:]):
        strides.insert(0, strides[0] * n)
    return new_tensor(window(raw, numpy, shape, tuple(strides[: len(shape)])))


class safe_open:
    """An open file, from which tensors are read one at a time.

    Args:
        filename: a path.
        framework: 'pt'.
        device: 'cpu'.

    >>> import os, tempfile
    >>> import tapegrad as torch
    >>> from tapegrad.safetensors import safe_open, save_file
    >>> path = os.path.join(tempfile.mkdtemp(), "x.safetensors")
    >>> save_file({"w": torch.arange(6).reshape(3, 2)}, path)
    >>> with safe_open(path) as file:
    ...     file.get_slice("w")[1:]
    tensor([[2, 3],
            [4, 5]])
    """

    def __init__(self, filename: str | os.PathLike[str], framework: str = "pt", device: Any = "cpu") -> None:
        if framework not in ("pt", "torch", "pytorch"):
            raise SafetensorError(f"framework {framework!r} is invalid: write 'pt'")
        _check_device(device)
        self._file = open(filename, "rb")  # closed by __exit__
        try:
            self._header = _Header(self._file)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> safe_open:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def keys(self) -> list[str]:
        """The names of the tensors, sorted."""
        return sorted(self._header.places)

    def offset_keys(self) -> list[str]:
        """The names of the tensors in the order in which they lie in the file."""
        return sorted(self._header.places, key=lambda name: self._header.places[name][2:])

    def metadata(self) -> dict[str, str] | None:
        """What was given as metadata when the file was written."""
        return self._header.metadata

    def get_tensor(self, name: str) -> Tensor:
        """Read a tensor.

        Raises:
            SafetensorError: there is none of this name.
        """
        if name not in self._header.places:
            raise SafetensorError(f"File does not contain tensor {name}")
        return _read(self._file, self._header, name)

    def get_slice(self, name: str) -> Any:
        """A tensor, of which a part can be taken by an index."""
        return _Slice(self.get_tensor(name))


class _Slice:
    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor

    def get_shape(self) -> list[int]:
        """The lengths of the dimensions."""
        return list(self._tensor.shape)

    def get_dtype(self) -> str:
        """The format's name of the element type, such as 'F32'."""
        return _NAMES[name_of(self._tensor.dtype)]

    def __getitem__(self, index: Any) -> Tensor:
        part: Tensor = self._tensor[index].clone()
        return part


def _read(file: BinaryIO, header: _Header, name: str) -> Tensor:
    dtype, shape, begin, end = header.places[name]
    raw = np.empty(end - begin, np.uint8)
    file.seek(header.begin + begin)
    if file.readinto(memoryview(raw)) != len(raw):  # type: ignore[arg-type, attr-defined]
        raise SafetensorError(f"tensor {name[:50]!r} is cut off")
    return _tensor(raw, dtype, shape)


def _check_device(device: Any) -> None:
    if str(device).partition(":")[0] != "cpu":
        raise SafetensorError(f"device {device} is invalid: everything lives on the CPU here")


def load_file(filename: str | os.PathLike[str], device: Any = "cpu") -> dict[str, Tensor]:
    """The tensors of a file.

    Args:
        filename: a path.
        device: 'cpu'.

    Raises:
        SafetensorError: it is no safetensors file.
    """
    _check_device(device)
    with open(filename, "rb") as file:
        return _all(file)


def load(data: bytes) -> dict[str, Tensor]:
    """The tensors of a file's content."""
    return _all(io.BytesIO(data))


def _all(file: BinaryIO) -> dict[str, Tensor]:
    header = _Header(file)
    return {name: _read(file, header, name) for name in sorted(header.places)}


def save(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """The content of a file with these tensors.

    Raises:
        ValueError: a tensor is not contiguous.
        RuntimeError: tensors share memory, which the format does not know.
    """
    return b"".join(_parts(tensors, metadata))


def save_file(
    tensors: dict[str, Tensor], filename: str | os.PathLike[str], metadata: dict[str, str] | None = None
) -> None:
    """Write tensors to a file; an old one is replaced when the new is complete.

    Args:
        tensors: contiguous ones, which share no memory.
        filename: a path.
        metadata: strings, to be found by `safe_open(…).metadata()`.

    Raises:
        ValueError: a tensor is not contiguous.
        RuntimeError: tensors share memory, which the format does not know.
    """
    parts = _parts(tensors, metadata)
    with replacing(Path(filename)) as file:
        for part in parts:
            file.write(part)


def _parts(tensors: dict[str, Tensor], metadata: dict[str, str] | None) -> Iterator[Any]:
    _check(tensors)
    header: dict[str, Any] = {} if metadata is None else {_METADATA: _metadata(metadata)}
    # Wide types first, so that each tensor is aligned.
    names = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))
    at = 0
    for name in names:
        t = tensors[name]
        end = at + t._data.nbytes
        header[name] = {"dtype": _NAMES[name_of(t.dtype)], "shape": list(t.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return iter([struct.pack("<Q", len(text)), text, *(_content(tensors[name]) for name in names)])


def _content(t: Tensor) -> Any:
    array = t._data
    if sys.byteorder == "big":
        array = array.astype(array.dtype.newbyteorder("<"))
    return bytes_of(array)


def _check(tensors: Any) -> None:
    if not isinstance(tensors, dict):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}")
    owners: dict[int, list[str]] = {}
    for name, t in tensors.items():
        if not isinstance(name, str) or not isinstance(t, Tensor):
            raise ValueError(f"Key `{name}` is invalid, expected torch.Tensor but received {type(t)}")
        if name_of(t.dtype) not in _NAMES:
            raise ValueError(f"tensor `{name}` is of {t.dtype}, which the safetensors format does not have")
        if not t.is_contiguous():
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. It either means you"
                " are trying to save tensors which are reference of each other in which case it's recommended to save"
                " only the full tensors, and reslice at load time, or simply call `.contiguous()` on your tensor to"
                " pack it before saving."
            )
        if t._data.size:
            owners.setdefault(id(owner_of(t._data)), []).append(name)
    for names in owners.values():
        if len(names) > 1:
            raise RuntimeError(
                f"Some tensors share memory, this will lead to duplicate memory on disk and potential differences when"
                f" loading them again: {[set(names)]}. A potential way to correctly save your model is to use"
                " `save_model`, which leaves out all but one of each group."
            )


def save_model(model: Any, filename: str | os.PathLike[str], metadata: dict[str, str] | None = None) -> None:
    """Write a module's parameters and buffers; of those that share memory only the first by name.

    Which names were left out stands in the metadata.
    """
    kept: dict[str, Tensor] = {}
    first: dict[Any, str] = {}
    metadata = dict(metadata or {})
    for name, t in sorted(model.state_dict().items()):
        same = (id(owner_of(t._data)), t.storage_offset(), tuple(t.shape), t.stride())
        if t._data.size and same in first:
            metadata[name] = first[same]
        else:
            first[same] = name
            kept[name] = t.detach() if t.is_contiguous() else t.detach().contiguous()
    save_file(kept, filename, metadata or None)


def load_model(
    model: Any, filename: str | os.PathLike[str], strict: bool = True, device: Any = "cpu"
) -> tuple[list[str], list[str]]:
    """Load what `save_model` has written into a module.

    Returns:
        names that the file lacks, and names that the module lacks.

    Raises:
        RuntimeError: there are such names, and `strict`.
    """
    _check_device(device)
    with safe_open(filename) as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # not a dictionary
        for name, same in (file.metadata() or {}).items():
            if same in state and name not in state:
                state[name] = state[same]
    missing, unexpected = model.load_state_dict(state, strict=strict)
    return missing, unexpected
