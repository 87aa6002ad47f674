"""Kernels as machine code: made once, kept on disk, loaded without Numba, and called by CPython."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from . import trial

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="kernels are compiled by Numba")

if importlib.util.find_spec("numba") is not None:
    from tapegrad.kernels import code, disk, foundry

Array = np.ndarray[Any, Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("TAPEGRAD_CACHE", str(tmp_path))
    return tmp_path / "compile"


def trial_kernel(name: str, char: str) -> Any:
    sys.modules["tapegrad.kernels.trial"] = trial
    try:
        return foundry._functions(code.compiled(foundry._module("trial", name, char), foundry._target()))
    finally:
        del sys.modules["tapegrad.kernels.trial"]


def test_all_kinds_of_parameters_reach_a_kernel() -> None:
    for char, dtype in (("f", np.float32), ("d", np.float64)):
        for function in trial_kernel("filled", char):
            x = np.zeros(4, dtype)
            wide, places = np.array([0.5, 2.0, 8.0]), np.array([2, 1, 0, 1])
            assert function(x, wide, places, np.array([True, False, True, True]), 4, 4.0) == 3
            assert x.tolist() == [8.0, 0.0, 2.0, 4.0]


def test_kernels_are_the_same_as_plain_functions() -> None:
    x = np.zeros(4, np.float32)
    arguments = np.array([0.5, 2.0, 8.0]), np.array([2, 1, 0, 1]), np.array([1, 0, 1, 1], np.uint8), 4, 4.0
    assert trial.filled(x, *arguments) == 3
    assert x.tolist() == [8.0, 0.0, 2.0, 4.0]


def test_wrong_arguments_are_refused() -> None:
    for function in trial_kernel("filled", "f"):
        x, wide, places, mask = np.zeros(1, np.float32), np.zeros(1), np.zeros(1, np.int64), np.zeros(1, bool)
        for wrong in ((), (x,), (x, wide, places, mask, 1, 1.0, 1)):
            with pytest.raises(TypeError, match="bad argument"):
                function(*wrong)
        with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
            function(x, wide, places, mask, "1", 1.0)
        with pytest.raises(TypeError, match="must be real number"):
            function(x, wide, places, mask, 1, None)
        with pytest.raises(OverflowError):
            function(x, wide, places, mask, 1 << 70, 1.0)


def test_results_are_counted_as_any_object() -> None:
    function, _ = trial_kernel("filled", "f")
    arguments = np.zeros(1, np.float32), np.zeros(1), np.zeros(1, np.int64), np.zeros(1, bool), 1, 1.0
    softmax, _ = foundry.made("rows", "softmax_gradient", "f")
    x = np.zeros((1, 1), np.float32)
    before = [sys.getrefcount(a) for a in (*arguments, x, None)]
    for _ in range(100):
        function(*arguments)
        assert softmax(x, x, x, 0, 1, 1) is None
    after = [sys.getrefcount(a) for a in (*arguments, x, None)]
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) < 20


@pytest.mark.parametrize(("char", "lowest"), [("f", -105.0), ("d", -747.0)])
def test_decay_is_the_exponential_of_what_is_not_above_zero(char: str, lowest: float) -> None:
    function, _ = trial_kernel("decayed", char)
    x = np.concatenate([np.linspace(lowest, 0, 200_001), [-np.inf, -0.0, -1e-30, 2 * lowest, 10.0]]).astype(char)
    y = np.empty_like(x)
    function(x, y, x.size)
    expected = np.exp(x.astype(np.longdouble))
    assert (np.abs(y - expected) <= 1.1 * np.spacing(expected.astype(char))).all()
    assert y[x == 0].tolist() == [1.0, 1.0] and y[x < lowest].tolist() == [0.0, 0.0]
    function(np.full(3, np.nan, char), y, 3)
    assert np.isnan(y[:3]).all()


def softmax(functions: Any) -> Array:
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    y = np.empty_like(x)
    functions[0](x, y, 0, 3, 4, 0)
    return y


def test_a_kernel_is_kept_on_disk(folder: Path) -> None:
    assert foundry.from_disk("rows", "softmax", "f") is None
    made = foundry.made("rows", "softmax", "f")
    assert len(list(folder.glob("e*.o"))) == 1
    found = foundry.from_disk("rows", "softmax", "f")
    assert found is not None
    np.testing.assert_array_equal(softmax(found), softmax(made))
    assert foundry.from_disk("rows", "softmax", "d") is None


def test_a_damaged_file_is_as_none(folder: Path) -> None:
    foundry.made("rows", "softmax", "f")
    (file,) = folder.glob("e*.o")
    whole = file.read_bytes()
    for damaged in (b"", whole[:10], whole[:200], whole[:-1] + b"?", b"?" + whole[1:]):
        file.write_bytes(damaged)
        assert foundry.from_disk("rows", "softmax", "f") is None
    foundry.made("rows", "softmax", "f")
    assert foundry.from_disk("rows", "softmax", "f") is not None


def test_a_folder_that_cannot_be_written_to_is_done_without(folder: Path) -> None:
    folder.write_text("a file in its place")
    np.testing.assert_allclose(softmax(foundry.made("rows", "softmax", "f")).sum(1), 1, rtol=1e-6)
    assert foundry.from_disk("rows", "softmax", "f") is None


def test_changed_sources_and_processors_are_other_files(monkeypatch: pytest.MonkeyPatch) -> None:
    here = foundry._file("rows", "softmax", "f")
    assert here != foundry._file("rows", "softmax", "d") != foundry._file("rows", "log_softmax", "d")
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: read(self) + b" " * (self.name == "rows.py"))
    changed = foundry._file("rows", "softmax", "f")
    monkeypatch.undo()
    monkeypatch.setattr(code.llvm, "get_host_cpu_name", lambda: "some other")
    foundry._common.cache_clear()
    other = foundry._file("rows", "softmax", "f")
    monkeypatch.undo()
    foundry._common.cache_clear()
    assert len({here, changed, other, foundry._file("rows", "softmax", "f")}) == 3


def test_there_are_no_more_files_than_a_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "MAX_FILES", 3)
    for i in range(6):
        disk.write(f"e{i}", b"code")
    disk.write("w0", b"code")
    assert len(list(folder.glob("e*.o"))) == 3
    assert disk.read("e5") == disk.read("w0") == b"code"


CODE = """
import sys
import numpy as np
import tapegrad as torch
x = torch.arange(4096.0).reshape(64, 64).sin().requires_grad_()
(x.softmax(-1) * torch.arange(64.0)).sum().backward()
x.grad[0].numpy().tofile(sys.argv[1])
assert ("numba" in sys.modules) is (sys.argv[2] == "compiles")
assert [len(k.ready) for k in torch.kernels.finding._all if "softmax" == k.name] == [1]
"""


def test_processes_share_a_cache(tmp_path: Path) -> None:
    environment = {**os.environ, "TAPEGRAD_CACHE": str(tmp_path), "TAPEGRAD_KERNELS": "always"}

    def run(number: int, way: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", CODE, str(tmp_path / f"x{number}"), way], env=environment)

    assert [process.wait() for process in [run(k, "compiles") for k in range(2)]] == [0, 0]
    kept = sorted(tmp_path.rglob("*.o"))
    assert kept and not list(tmp_path.rglob("*.part"))
    assert run(2, "loads").wait() == 0
    assert sorted(tmp_path.rglob("*.o")) == kept
    results = [np.fromfile(tmp_path / f"x{k}", np.float32) for k in range(3)]
    assert results[0].size == 64
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


SHORT = """
import tapegrad as torch
x = torch.ones(4096, 1024)
for _ in range(6):
    x = x.softmax(-1)
from tapegrad.kernels import finding
while not finding.worker()._at_work: pass
"""


def test_a_process_ends_while_a_kernel_is_compiled(tmp_path: Path) -> None:
    environment = {**os.environ, "TAPEGRAD_CACHE": str(tmp_path), "TAPEGRAD_KERNELS": ""}
    ended = subprocess.run([sys.executable, "-c", SHORT], env=environment, capture_output=True, timeout=100)
    assert (ended.returncode, ended.stderr) == (0, b"")
