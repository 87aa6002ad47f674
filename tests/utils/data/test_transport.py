"""How batches travel between processes."""

from __future__ import annotations

import gc
import multiprocessing
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.utils.data._utils import transport

linux = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="files in memory are Linux's")


@pytest.fixture
def ends() -> Iterator[Any]:
    """Two ends of a connection."""
    first, second = multiprocessing.Pipe()
    with first, second:
        yield first, second


def sent(ends: Any, obj: Any) -> Any:
    transport.send(ends[0], obj)
    return transport.receive(ends[1])


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("size", [0, 3, 5000, 300_000])
def test_tensors_arrive_as_they_were(ends: Any, size: int) -> None:
    batch = {"x": torch.arange(size), "y": torch.rand(size), "name": "b", "array": np.arange(size, dtype=np.int8)}
    got = sent(ends, batch)
    assert torch.equal(got["x"], batch["x"])
    assert torch.equal(got["y"], batch["y"])
    assert got["name"] == "b"
    assert np.array_equal(got["array"], batch["array"])
    got["x"] += 1
    got["array"][...] = 0


def test_a_large_text_arrives(ends: Any) -> None:
    text = "ä" * 1_000_000
    assert sent(ends, [text, text]) == [text, text]


def test_strides_types_and_parameters_are_kept(ends: Any) -> None:
    x = torch.rand(200, 300).t()
    parameter = torch.nn.Parameter(torch.rand(3))
    got, kept, half = sent(ends, (x, parameter, torch.ones(3, dtype=torch.bfloat16)))
    assert (got.stride(), torch.equal(got, x)) == (x.stride(), True)
    assert isinstance(kept, torch.nn.Parameter)
    assert half.dtype == torch.bfloat16


def test_tensors_that_share_memory_share_it_afterwards(ends: Any) -> None:
    x = torch.zeros(100)
    first, second = sent(ends, (x, x[:60]))
    first += 1
    assert second.sum() == 60


def test_a_row_travels_without_the_other_rows(ends: Any) -> None:
    x = torch.rand(1000, 1000)
    got = sent(ends, x[3])
    assert torch.equal(got, x[3])
    assert got.untyped_storage().nbytes() <= 4096


def test_results_of_recorded_operations_are_refused(ends: Any) -> None:
    x = torch.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="^Cowardly refusing to serialize non-leaf tensor which requires_grad"):
        transport.send(ends[0], x * 2)
    assert sent(ends, "after") == "after"


class Unreadable:
    def __reduce__(self) -> Any:
        return _fail, ()


def _fail() -> None:
    raise ValueError("cannot be made here")


@pytest.mark.parametrize("size", [1, 100_000])
def test_a_message_that_cannot_be_unpickled_leaves_the_connection_usable(ends: Any, size: int) -> None:
    with pytest.raises(ValueError, match="cannot be made here"):
        sent(ends, (Unreadable(), bytes(size)))
    assert sent(ends, "after") == "after"


@linux
def test_descriptors_are_given_back(ends: Any) -> None:
    sent(ends, torch.ones(100_000))
    gc.collect()  # what earlier tests left open shall not be closed in between
    before = descriptors()
    for _ in range(10):
        sent(ends, torch.ones(100_000))
    assert descriptors() == before


@linux
def test_more_batches_than_there_are_descriptors_can_be_kept(ends: Any) -> None:
    gc.collect()  # what earlier tests left open shall not be closed in between
    before = descriptors()
    kept = [sent(ends, torch.full((9000,), float(i))) for i in range(transport.MAPPED_LIMIT + 50)]
    assert [int(x[-1]) for x in kept] == list(range(transport.MAPPED_LIMIT + 50))
    assert descriptors() - before <= transport.MAPPED_LIMIT
    del kept
    assert descriptors() == before


@linux
@pytest.mark.parametrize(
    "beginning",
    [
        struct.pack("!i", 1000) + b"x",  # a message of 1000 bytes
        struct.pack("!i", 17) + transport._PREFIX.pack(True, 1) + struct.pack("<q", 10),  # followed by a descriptor
    ],
)
def test_the_end_of_the_other_side_in_the_midst_of_a_message_is_an_end(ends: Any, beginning: bytes) -> None:
    os.write(ends[0].fileno(), beginning)
    ends[0].close()
    with pytest.raises(EOFError):
        transport.receive(ends[1])


def test_without_files_in_memory_all_goes_through_the_connection(ends: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    x = torch.rand(15_000)
    got = sent(ends, x)
    assert torch.equal(got, x)
    got += 1


@linux
@pytest.mark.skipif(sys.platform != "linux", reason="/dev/shm")
def test_nothing_is_left_in_the_folder_of_shared_memory(ends: Any) -> None:
    before = set(Path("/dev/shm").iterdir())
    kept = sent(ends, torch.ones(100_000))
    assert {path for path in Path("/dev/shm").iterdir() if "tapegrad" in path.name} <= before
    assert kept.sum() == 100_000
