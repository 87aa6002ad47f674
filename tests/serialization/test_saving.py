"""Writing: a file is either the old one or the new one."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.safetensors import save_file
from tapegrad.serialization import saving


def listing(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


class FullDisk:
    """A file on a disk with room for some bytes only."""

    def __init__(self, file: Any, room: int) -> None:
        self.file, self.room = file, room

    def write(self, content: Any) -> int:
        self.room -= len(content)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(self.file.write(content))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> FullDisk:
        return self

    def __exit__(self, *exc: object) -> None:
        self.file.close()


WRITERS = {
    "zip": lambda path: torch.save({"w": torch.zeros(1000)}, path),
    "legacy": lambda path: torch.save({"w": torch.zeros(1000)}, path, _use_new_zipfile_serialization=False),
    "safetensors": lambda path: save_file({"w": torch.zeros(1000)}, path),
    "npz": lambda path: torch.save_npz(path, {"w": torch.zeros(1000)}),
}


@pytest.mark.parametrize("room", [0, 10, 500, 2000, 4000])
@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_leaves_the_old_file(kind: str, room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    monkeypatch.setattr(saving, "open", lambda *args: FullDisk(open(*args), room), raising=False)
    with pytest.raises(OSError, match="No space left"):
        WRITERS[kind](path)
    assert path.read_bytes() == b"old"
    assert listing(tmp_path) == ["x"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("kind", WRITERS)
def test_a_failure_at_the_end_leaves_the_old_file(
    kind: str, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def fail(*args: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="Input/output"):
        WRITERS[kind](path)
    assert path.read_bytes() == b"old"
    assert listing(tmp_path) == ["x"]


def test_content_is_on_disk_before_the_name_is() -> None:
    code = """
import os, sys, tapegrad as torch
path, done = sys.argv[1], []
fsync, replace = os.fsync, os.replace
os.fsync = lambda fd: (done.append("fsync"), fsync(fd))
os.replace = lambda a, b: (done.append("replace"), replace(a, b))
torch.save(torch.ones(2), path)
print(done)
"""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [sys.executable, "-c", code, os.path.join(folder, "x")], capture_output=True, text=True, check=True
        )
    assert run.stdout.strip() == "['fsync', 'replace']"


def test_a_process_that_dies_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    torch.save(torch.ones(2), path)
    code = """
import os, sys, tapegrad as torch
from tapegrad.serialization import saving
def die(*args): os._exit(9)
saving.bytes_of = die
torch.save(torch.zeros(3), sys.argv[1])
"""
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    assert torch.load(path).tolist() == [1.0, 1.0]


def test_what_cannot_be_pickled_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    torch.save(1, path)
    with pytest.raises((AttributeError, TypeError, Exception), match="pickle"):
        torch.save([torch.ones(2), lambda: 1], path)
    assert torch.load(path) == 1
    assert listing(tmp_path) == ["x"]


def test_an_open_file_gets_all_or_nothing() -> None:
    file = io.BytesIO()
    with pytest.raises(Exception, match="pickle"):
        torch.save([torch.ones(2), lambda: 1], file)
    assert file.getvalue() == b""


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "x", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    torch.save(5, link)
    assert link.is_symlink() and torch.load(path) == 5
    assert path.stat().st_mode & 0o777 == 0o640


def test_where_files_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Parent directory .* does not exist"):
        torch.save(1, tmp_path / "no" / "x")
    with pytest.raises(RuntimeError, match="Is a directory"):
        torch.save(1, tmp_path)
    with pytest.raises(AttributeError, match="expected 'f' to be string, path, or a file-like object"):
        torch.save(1, 3)


def test_a_tensors_whole_memory_is_saved_once(tmp_path: Path) -> None:
    x = torch.zeros(10_000)
    torch.save([x[i : i + 10] for i in range(100)], tmp_path / "x")
    assert 40_000 < (tmp_path / "x").stat().st_size < 60_000
