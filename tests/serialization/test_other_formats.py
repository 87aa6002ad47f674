"""safetensors and npz."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad import nn
from tapegrad.safetensors import SafetensorError, load, load_file, load_model, safe_open, save, save_file, save_model


def made(header: Any, content: bytes = b"") -> bytes:
    """A safetensors file of a header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def entry(begin: int, end: int, shape: list[Any] | None = None, dtype: Any = "U8") -> dict[str, Any]:
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


LIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "HeaderTooSmall"),
    "a header beyond the file": (struct.pack("<Q", 100), "InvalidHeaderLength"),
    "a huge header": (b"\xff" * 8, "HeaderTooLarge"),
    "no JSON": (made(b"{"), "InvalidHeaderDeserialization"),
    "no text": (made(b"\xff\xfe"), "InvalidHeaderDeserialization"),
    "no table": (made([1]), "no table"),
    "brackets without end": (made(b"[" * 100_000), "InvalidHeaderDeserialization"),
    "a name twice": (made(b'{"a":{},"a":{}}'), "InvalidHeaderDeserialization"),
    "metadata that are no strings": (made({"__metadata__": {"a": 1}}), "metadata are strings"),
    "no entry": (made({"a": 1}), "InvalidTensorInfo"),
    "an unknown type": (made({"a": entry(0, 4, dtype="X9")}, bytes(4)), "InvalidTensorInfo"),
    "a type that is a list": (made({"a": entry(0, 4, dtype=["U8"])}, bytes(4)), "InvalidTensorInfo"),
    "a negative size": (made({"a": entry(0, 4, [-4])}, bytes(4)), "InvalidTensorInfo"),
    "a size that is no integer": (made({"a": entry(0, 4, [4.0])}, bytes(4)), "InvalidTensorInfo"),
    "too many dimensions": (made({"a": entry(0, 1, [1] * 65)}, bytes(1)), "InvalidTensorInfo"),
    "another size than bytes": (made({"a": entry(0, 4, [5])}, bytes(4)), "TensorInvalidInfo"),
    "sizes that wrap around": (made({"a": entry(0, 0, [2**32, 2**32])}), "TensorInvalidInfo"),
    "a gap": (made({"a": entry(2, 4)}, bytes(4)), "InvalidOffset"),
    "an overlap": (made({"a": entry(0, 4), "b": entry(2, 6)}, bytes(6)), "InvalidOffset"),
    "the same place twice": (made({"a": entry(0, 4), "b": entry(0, 4)}, bytes(4)), "InvalidOffset"),
    "an end beyond the file": (made({"a": entry(0, 2**40, [2**40])}, bytes(4)), "MetadataIncompleteBuffer"),
    "more content than tensors": (made({"a": entry(0, 4)}, bytes(5)), "MetadataIncompleteBuffer"),
}


@pytest.mark.parametrize("lie", LIES)
def test_safetensors_that_lie_are_refused(lie: str) -> None:
    content, message = LIES[lie]
    with pytest.raises(SafetensorError, match=message):
        load(content)


def test_safetensors_keep_types_shapes_and_metadata(tmp_path: Path) -> None:
    path = tmp_path / "x"
    tensors = {
        name: torch.arange(6).reshape(2, 3).to(getattr(torch, name))
        for name in ("bool", "int8", "uint16", "float16", "bfloat16", "float64", "complex64")
    }
    tensors |= {"scalar": torch.tensor(2.5), "empty": torch.zeros(2, 0)}
    save_file(tensors, path, {"about": "test"})
    for found in (load_file(path), load(save(tensors))):
        assert list(found) == sorted(tensors)
        for name, x in found.items():
            assert x.dtype is tensors[name].dtype and x.shape == tensors[name].shape and torch.equal(x, tensors[name])
    with safe_open(path) as file:
        assert file.metadata() == {"about": "test"}
        assert set(file.keys()) == set(file.offset_keys()) == set(tensors)
        part = file.get_slice("float64")
        assert part.get_shape() == [2, 3] and part.get_dtype() == "F64" and part[1, :2].tolist() == [3.0, 4.0]
        with pytest.raises(SafetensorError, match="File does not contain tensor no"):
            file.get_tensor("no")


def test_safetensors_refuse_what_they_cannot_keep() -> None:
    x = torch.zeros(2, 3)
    for tensors, error, message in (
        ({"a": x.t()}, ValueError, "You are trying to save a non contiguous tensor: `a`"),
        ({"a": x, "b": x[0]}, RuntimeError, "Some tensors share memory"),
        ({"a": 1}, ValueError, "Key `a` is invalid, expected torch.Tensor"),
        ([x], ValueError, "Expected a dict"),
        ({"a": x.to(torch.complex128)}, ValueError, "complex128"),
    ):
        with pytest.raises(error, match=message):
            save(tensors)  # type: ignore[arg-type]
    for make in (lambda: load_file("x", device="cuda"), lambda: safe_open("x", framework="tf")):
        with pytest.raises(SafetensorError, match="is invalid"):
            make()


def test_models_with_tied_weights(tmp_path: Path) -> None:
    path = tmp_path / "x"
    first = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    first[1].weight = first[0].weight
    save_model(first, path)
    second = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    assert load_model(second, path) == ([], [])
    assert torch.equal(second[1].weight, first[0].weight)
    with pytest.raises(RuntimeError, match="Missing key"):
        load_model(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(1, 1)), path)


def test_npz_go_there_and_back(tmp_path: Path) -> None:
    tensors = {"a/b": torch.arange(6.0).reshape(2, 3).t(), "c": torch.tensor(True), "d": torch.zeros(0, 2)}
    for compressed in (False, True):
        torch.save_npz(tmp_path / "x", tensors, compressed)
        found = torch.load_npz(tmp_path / "x")
        assert [(k, v.tolist(), v.dtype) for k, v in found.items()] == [
            (k, v.tolist(), v.dtype) for k, v in tensors.items()
        ]
    for wrong in (torch.ones(1, dtype=torch.bfloat16), np.ones(1)):
        with pytest.raises(TypeError, match=r"tensors\['x'\] is"):
            torch.save_npz(tmp_path / "y", {"x": wrong})
    assert not (tmp_path / "y").exists()


def test_npz_with_objects_text_or_lies_are_refused() -> None:
    def npz(**arrays: Any) -> io.BytesIO:
        file = io.BytesIO()
        np.savez(file, **arrays)
        file.seek(0)
        return file

    def lying(shape: str, size: int) -> io.BytesIO:
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".encode()
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(size))
        return file

    for file, message in (
        (npz(x=np.array([{}], dtype=object)), "no tensor has"),
        (npz(x=np.array(["a"])), "no tensor has"),
        (npz(x=np.zeros(2, "i4,f4")), "no tensor has"),
        (npz(x=np.zeros(2, "M8[s]")), "no tensor has"),
        (npz(x=np.zeros(2, "S3")), "no tensor has"),
        (lying("(5,)", 16), "has more elements than the file|another length"),
        (lying("(3,)", 16), "another length"),
        (lying("(99999999999, 99999999999)", 16), "more elements than the file"),
        (lying("(__import__('os').getcwd(),)", 16), "damaged"),
        (io.BytesIO(b"nothing"), "is no .npz file"),
    ):
        with pytest.raises(ValueError, match=message):
            torch.load_npz(file)


def test_npz_that_grow_beyond_measure_are_refused() -> None:
    file = io.BytesIO()
    np.savez_compressed(file, x=np.zeros(2**20))
    with pytest.raises(ValueError, match="more memory than `max_bytes`"):
        torch.load_npz(file, max_bytes=2**20)
    assert torch.load_npz(file, max_bytes=2**24)["x"].numel() == 2**20
