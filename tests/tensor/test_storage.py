"""Storages, and what a tensor does with its memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.tensor.storage import memory_of, owner_of, window
from tapegrad.tensor.strides import contiguous_strides, is_dense, preserving_strides


def test_views_look_into_one_storage() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    assert x.untyped_storage() == x[1].untyped_storage() == x.t().untyped_storage()
    assert x.untyped_storage() != x.clone().untyped_storage()
    assert x[1].untyped_storage().nbytes() == 24 and x[1].storage_offset() == 3


def test_bytes_of_a_storage_are_those_of_the_tensor() -> None:
    t = torch.tensor([1.0, 2.0])
    storage = t.untyped_storage()
    assert bytes(storage.tolist()) == t.numpy().tobytes() and storage[3] == 63
    storage[3] = 191
    assert t.tolist() == [-1, 2]
    with pytest.raises(IndexError, match="index 100 out of range for storage of size 8"):
        storage[100]


def test_untyped_storage_prints_as_torchs() -> None:
    assert repr(torch.UntypedStorage([1, 255])) == (" 1\n 255\n[torch.storage.UntypedStorage(device=cpu) of size 2]")


def test_typed_storage_holds_elements() -> None:
    storage = torch.FloatStorage([1, 2])
    assert isinstance(storage, torch.FloatStorage) and not isinstance(storage, torch.LongStorage)
    assert list(storage) == [1.0, 2.0] and storage.double().dtype is torch.float64
    assert repr(storage) == " 1.0\n 2.0\n[torch.storage.TypedStorage(dtype=torch.float32, device=cpu) of size 2]"


def test_storages_do_not_change_their_size() -> None:
    storage = torch.ones(2).untyped_storage()
    assert storage.resize_(8) is storage
    with pytest.raises(NotImplementedError, match="tapegrad has no UntypedStorage.resize_ to another size"):
        storage.resize_(4)


def test_set_looks_at_other_memory() -> None:
    source, t = torch.arange(6.0), torch.zeros(2)
    t.set_(source.untyped_storage(), 1, (2, 2), (2, 1))
    assert t.tolist() == [[1, 2], [3, 4]] and t._version == 1
    t.zero_()
    assert source.tolist() == [0, 0, 0, 0, 0, 5]
    assert t.set_().shape == (0,)
    with pytest.raises(RuntimeError, match="Could not set tensor of type long int to a tensor of type float"):
        t.set_(torch.arange(2))
    with pytest.raises(RuntimeError, match="are out of bounds for storage of size 24"):
        t.set_(source.untyped_storage(), 4, (3,), (1,))


def test_resize_keeps_the_memory_where_it_suffices() -> None:
    t = torch.arange(6.0)
    address = t.data_ptr()
    assert t.resize_(2, 2).tolist() == [[0, 1], [2, 3]] and t.data_ptr() == address
    assert t.resize_(6).tolist() == [0, 1, 2, 3, 4, 5]
    assert t.resize_(8)[:6].tolist() == [0, 1, 2, 3, 4, 5] and t.data_ptr() != address
    with pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
        torch.ones(2, requires_grad=True).resize_(3)


def test_resize_of_a_view_goes_on_behind_it() -> None:
    assert torch.arange(6)[2:4].resize_(4).tolist() == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 3)), np.zeros((2, 3)).T, np.asfortranarray(np.zeros((2, 3, 4))), np.zeros((4, 6))[::2, ::3],
        np.broadcast_to(np.zeros(3), (2, 3)), np.zeros((2, 0)), np.array(1.0),
    ],
)  # fmt: skip
def test_memory_of_an_array_is_contiguous_and_begins_with_its_owner(
    array: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    memory = memory_of(array)
    assert memory.flags.c_contiguous
    assert memory.__array_interface__["data"][0] == owner_of(array).__array_interface__["data"][0]


def test_memory_of_an_owner_with_gaps_covers_them() -> None:
    t = torch.from_numpy(np.arange(12.0).reshape(3, 4)[:, 1:3])
    assert t.as_strided((2,), (4,), 1).tolist() == [2, 6]
    assert t.untyped_storage().nbytes() == 8 * (2 * 4 + 2)


def test_window_sees_memory_under_any_geometry() -> None:
    memory = np.arange(6.0)
    seen = window(memory, np.dtype("float64"), (2, 2), (1, 2), 1)
    assert seen.tolist() == [[1, 3], [2, 4]] and owner_of(seen) is memory
    with pytest.raises((TypeError, ValueError)):
        window(memory, np.dtype("float64"), (4,), (2,))


def test_strides() -> None:
    assert contiguous_strides((2, 3, 4)) == (12, 4, 1) and contiguous_strides((2, 0, 3)) == (3, 3, 1)
    assert is_dense((2, 3), (1, 2)) and not is_dense((2, 3), (4, 1)) and not is_dense((2, 3), (0, 1))
    assert preserving_strides((2, 3, 2), (1, 2, 6)) == (1, 2, 6)
    assert preserving_strides((2, 3, 2), (1, 4, 12)) == (1, 2, 6)
    assert preserving_strides((2, 3, 4), (4, 0, 1)) == (12, 4, 1)


def test_storages_of_files(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\0\1\2\3")
    private = torch.UntypedStorage.from_file(path, nbytes=3)
    private[0] = 9
    assert private.tolist() == [9, 1, 2] and path.read_bytes() == b"\0\1\2\3"
    shared = torch.UntypedStorage.from_file(path, shared=True, nbytes=4)
    shared[0] = 9
    assert path.read_bytes() == b"\t\1\2\3"
