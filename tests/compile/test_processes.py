"""Compiled functions in several processes: forks, and a cache that processes share."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import tapegrad as torch

from ..processes import forks, in_child


@forks
@pytest.mark.filterwarnings("ignore:This process")
def test_a_forked_process_calls_programs_and_makes_new_ones() -> None:
    f = torch.compile(lambda x: x * 3 + 1, backend="numpy")
    for _ in range(3):
        f(torch.ones(4))

    def work() -> bool:
        g = torch.compile(lambda x: x.sin() * 2, backend="numpy")
        results = [g(torch.zeros(3)).tolist() == [0.0] * 3 and f(torch.ones(4)).tolist() == [4.0] * 4 for _ in range(4)]
        return all(results) and len(g.calls) == 1

    assert in_child(work) == 0


@forks
@pytest.mark.filterwarnings("ignore")
def test_a_process_forked_while_another_thread_captures_is_as_ever() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(x: Any) -> Any:
        y = torch.zeros(x.shape[0]) + x
        inside.set()
        go_on.wait(10)
        return y

    f = torch.compile(slow, backend="numpy")
    go_on.set()
    f(torch.ones(2))
    go_on.clear()
    inside.clear()
    thread = threading.Thread(target=lambda: f(torch.ones(2)))
    thread.start()
    assert inside.wait(10)

    def work() -> bool:
        g = torch.compile(lambda x: x * 2, backend="numpy")
        for _ in range(3):
            g(torch.ones(2))
        return type(torch.Tensor.__dict__["_data"]).__name__ == "member_descriptor" and len(g.calls) == 1

    status = in_child(work)
    go_on.set()
    thread.join()
    assert status == 0


CODE = """
import tapegrad as torch
f = torch.compile(lambda x: (x * 3 + x * x).sum(-1, keepdim=True) + x, backend="numba")
for _ in range(4):
    y = f(torch.ones(8, 100))
assert "native" in f.report()
print(y[0, 0].item())
"""


def test_processes_share_a_cache(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    environment = {**os.environ, "TAPEGRAD_CACHE": str(tmp_path)}
    running = [
        subprocess.Popen([sys.executable, "-c", CODE], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in running] == ["401.0", "401.0"]
    assert [process.returncode for process in running] == [0, 0]
    kept = {file.name for file in tmp_path.rglob("*") if file.is_file()}
    assert kept
    subprocess.run([sys.executable, "-c", CODE], env=environment, check=True, stdout=subprocess.DEVNULL)
    assert {file.name for file in tmp_path.rglob("*") if file.is_file()} == kept
    assert not list(tmp_path.rglob("*.part"))
