"""Counts alone decide when there are kernels; nobody waits for a compiler, and a process that does little has none."""

from __future__ import annotations

import sys
import threading
import types
from typing import Any

import numpy as np
import pytest

from tapegrad import kernels
from tapegrad.kernels import Kernel, background, find, finding, using

from ..processes import forks, in_child

F32, F64 = np.dtype("f4"), np.dtype("f8")
PIECE = finding.LIMIT // 8 - finding.CALL  # eight such pieces of work reach the limit


class Foundry(types.ModuleType):
    """Stands for the foundry: notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__("foundry")
        self.on_disk: set[str] = set()
        self.asked: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.broken = False

    def from_disk(self, module: str, name: str, char: str) -> Any:
        self.asked.append(f"disk {name} {char}")
        return (f"short {name} {char}", f"long {name} {char}") if name in self.on_disk else None

    def made(self, module: str, name: str, char: str) -> Any:
        self.asked.append(f"made {name} {char}")
        assert self.go_on.wait(10)
        if self.broken:
            raise RuntimeError("cannot be compiled")
        return f"short {name} {char}", f"long {name} {char}"


@pytest.fixture
def foundry(monkeypatch: pytest.MonkeyPatch) -> Foundry:
    """A process that has counted nothing yet."""
    foundry = Foundry()
    monkeypatch.setitem(sys.modules, "tapegrad.kernels.foundry", foundry)
    monkeypatch.setattr(kernels, "foundry", foundry, raising=False)
    worker = background.Worker("tests")
    monkeypatch.setattr(finding, "_has_llvm", lambda: True)
    monkeypatch.setattr(finding, "worker", lambda: worker)
    monkeypatch.setattr(finding, "_all", [])
    monkeypatch.setattr(finding, "_mode", "usual")
    monkeypatch.setattr(finding, "_counted", 0)
    monkeypatch.setattr(finding, "_wanted", [])
    monkeypatch.setattr(finding, "_loaded", {})
    monkeypatch.setattr(finding, "_begun", set())
    return foundry


def worked_off() -> None:
    """Wait until the worker has done what there is."""
    done = threading.Event()
    finding.worker().submit(done.set)
    assert done.wait(10)


def calls_until_found(kernel: Kernel) -> int:
    for calls in range(1, 100):
        if find(kernel, F32, PIECE) is not None:
            return calls
    raise AssertionError("never")


def test_numpy_does_the_work_until_the_limit(foundry: Foundry) -> None:
    foundry.on_disk = {"one"}
    assert calls_until_found(Kernel("rows", "one")) == 8


def test_the_way_does_not_depend_on_how_fast_kernels_are_loaded(foundry: Foundry) -> None:
    foundry.on_disk = {"one"}
    kernel = Kernel("rows", "one")
    for _ in range(7):
        assert find(kernel, F32, PIECE) is None
        worked_off()
    assert find(kernel, F32, PIECE) is not None


def test_small_work_counts_for_what_a_call_costs(foundry: Foundry) -> None:
    foundry.on_disk = {"one"}
    kernel = Kernel("rows", "one")
    assert find(kernel, F32, finding.LIMIT - 10 * finding.CALL) is None
    assert [find(kernel, F32, 0) is not None for _ in range(9)] == [False] * 8 + [True]


def test_kernels_are_loaded_in_the_background_from_a_quarter_on(foundry: Foundry) -> None:
    kernels = [Kernel("rows", "one"), Kernel("rows", "two")]
    assert find(kernels[0], F32, PIECE) is None
    assert not foundry.asked
    assert find(kernels[1], F64, PIECE) is None
    worked_off()
    assert sorted(foundry.asked) == ["disk one f", "disk two d"]


def test_what_is_on_disk_is_read_once(foundry: Foundry) -> None:
    foundry.on_disk = {"one"}
    kernel = Kernel("rows", "one")
    calls_until_found(kernel)
    assert find(kernel, F32, 5) == "short one f"
    assert find(kernel, F32, finding.LONG) == "long one f"
    assert foundry.asked == ["disk one f"]


def test_nobody_waits_for_the_compiler(foundry: Foundry) -> None:
    kernel = Kernel("rows", "one")
    foundry.go_on.clear()
    assert [find(kernel, F32, PIECE) for _ in range(30)] == [None] * 30
    foundry.go_on.set()
    worked_off()
    assert find(kernel, F32, PIECE) == "long one f"
    assert foundry.asked.count("made one f") == 1


def test_a_kernel_that_cannot_be_compiled_is_left_to_numpy(foundry: Foundry) -> None:
    kernel = Kernel("rows", "one")
    foundry.broken = True
    for _ in range(10):
        assert find(kernel, F32, PIECE) is None
    worked_off()
    assert find(kernel, F32, PIECE) is None
    assert foundry.asked.count("made one f") == 1


def test_without_a_compiler_nothing_is_tried(foundry: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_has_llvm", lambda: False)
    kernel = Kernel("rows", "one")
    assert [find(kernel, F32, PIECE) for _ in range(20)] == [None] * 20
    assert not foundry.asked and finding._mode == "off"


def test_other_types_are_not_counted(foundry: Foundry) -> None:
    kernel = Kernel("rows", "one")
    for kind in ("f2", "i8", "c8", "?"):
        assert find(kernel, np.dtype(kind), finding.LIMIT) is None
    assert finding._counted == 0


def test_kernels_can_be_switched_off(foundry: Foundry) -> None:
    foundry.on_disk = {"one"}
    kernel = Kernel("rows", "one")
    calls_until_found(kernel)
    with using("off"):
        assert find(kernel, F32, PIECE) is None
    assert find(kernel, F32, PIECE) is not None


def test_kernels_can_be_had_at_once(foundry: Foundry) -> None:
    kernel = Kernel("rows", "one")
    with using("always"):
        assert find(kernel, F32, 1) == "short one f"
        assert find(kernel, F32, 1) == "short one f"
        foundry.broken = True
        with pytest.raises(RuntimeError, match="cannot be compiled"):
            find(kernel, F64, 1)
    assert foundry.asked == ["disk one f", "made one f", "disk one d", "made one d"]
    assert find(kernel, F32, 1) is None


# -- forks -------------------------------------------------------------------------------------------------------------


@forks
@pytest.mark.filterwarnings("ignore:This process")  # has several threads, which is the point
class TestForks:
    def test_a_forked_process_has_a_worker_of_its_own(self, foundry: Foundry) -> None:
        kernel = Kernel("rows", "one")
        worked_off()

        def work() -> bool:
            while find(kernel, F32, PIECE) is None:
                worked_off()
            return True

        assert in_child(work) == 0

    def test_a_process_forked_while_a_kernel_is_compiled_has_those_of_before(self, foundry: Foundry) -> None:
        ready, late, later = (Kernel("rows", name) for name in ("one", "two", "three"))
        foundry.on_disk = {"one"}
        calls_until_found(ready)
        foundry.go_on.clear()
        assert find(late, F32, PIECE) is None
        while "made two f" not in foundry.asked:
            pass

        def work() -> bool:
            found = [find(kernel, F32, 1) for kernel in (ready, late, later)]
            return found == ["short one f", None, None] and finding.worker().ended

        assert in_child(work) == 0
        foundry.go_on.set()
        worked_off()
        assert find(late, F32, 1) == "short two f"
