"""Profiles: what they record, and that nothing is left of them."""

from __future__ import annotations

import doctest
import gzip
import importlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.autograd import deposits, observing
from tapegrad.ops.op import TABLE
from tapegrad.profiler import operators
from tapegrad.tensor.tensor import Tensor

exp_of_long_ago = torch.exp


def names(found: Any) -> list[str]:
    return [event.name for event in found.events()]


def test_functions_imported_before_are_recorded_too() -> None:
    with torch.profiler.profile() as found:
        exp_of_long_ago(torch.ones(2))
    assert names(found) == ["aten::ones", "aten::exp"]


def test_results_and_gradients_are_what_they_are_without_a_profile() -> None:
    def run() -> Any:
        torch.manual_seed(0)
        w = torch.randn(3, 3, requires_grad=True)
        y = (torch.nn.functional.softmax(w @ w + 1, dim=0)[0] * w.exp()).sum()
        y.backward()
        return y.item(), w.grad.tolist(), type(y.grad_fn).__name__

    plain = run()
    with torch.profiler.profile(record_shapes=True, profile_memory=True, with_stack=True, with_flops=True):
        assert run() == plain
    assert run() == plain


def test_nothing_is_left_of_a_profile() -> None:
    def state() -> Any:
        functions = {function: (function.__code__, function.__kwdefaults__) for function, _ in operators.functions()}
        members = [
            (vars(Tensor)[name].__code__, deposits.accumulate.__code__) for name in ("__getitem__", "__setitem__")
        ]
        calls = {op: op.__dict__.get("call") for op in TABLE.values() if "call" in op.__dict__}
        return functions, members, calls, set(observing.reasons), list(observing.runners)

    torch.ones(2, requires_grad=True).exp().sum().backward()
    before = state()
    with torch.profiler.profile():
        torch.ones(2, requires_grad=True).exp().sum().backward()
        assert state()[0] != before[0]
    after = state()
    for old, new in zip(before[:2], after[:2], strict=True):
        assert new == old
    assert {op: after[2].get(op) for op in before[2]} == before[2]
    assert after[3:] == before[3:]


def test_a_profile_ends_after_an_error() -> None:
    x = torch.ones(2)
    code = torch.exp.__code__
    found = torch.profiler.profile()

    def fail() -> None:
        with found, torch.profiler.record_function("block"):
            x.exp()
            x @ torch.ones(3)

    with pytest.raises(RuntimeError, match="inconsistent tensor size|size mismatch|must match"):
        fail()
    assert torch.exp.__code__ is code
    assert names(found)[:2] == ["block", "aten::exp"]


def test_profiles_may_overlap() -> None:
    first, second = torch.profiler.profile(), torch.profiler.profile()
    x = torch.ones(2)
    code = torch.exp.__code__
    first.start()
    x.exp()
    second.start()
    x.log()
    first.stop()
    x.sin()
    second.stop()
    assert names(first) == ["aten::exp", "aten::log"]
    assert names(second) == ["aten::log", "aten::sin"]
    assert torch.exp.__code__ is code


def test_other_threads_are_recorded_under_their_own_number() -> None:
    with torch.profiler.profile() as found:
        thread = threading.Thread(target=lambda: torch.ones(2).exp())
        thread.start()
        thread.join()
        torch.ones(2).log()
    threads = {event.name: event.thread for event in found.events()}
    assert threads["aten::exp"] != threads["aten::log"]


def test_an_operator_within_an_operator_is_its_child() -> None:
    x, w = torch.ones(2, 3), torch.ones(4, 3)
    with torch.profiler.profile() as found:
        torch.nn.functional.linear(x, w, torch.ones(4))
    (linear,) = [event for event in found.events() if event.name == "aten::linear"]
    assert [child.name for child in linear.cpu_children] == ["aten::t", "aten::addmm"]
    assert 0 <= linear.self_cpu_time_total <= linear.cpu_time_total


def test_anomaly_mode_works_within_a_profile() -> None:
    x = torch.zeros(2, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        y = ((x * 0) / x).sum()
        with (
            torch.profiler.profile(),
            pytest.warns(UserWarning, match="Error detected in DivBackward0"),
            pytest.raises(RuntimeError, match="returned nan values"),
        ):
            y.backward()


def test_derivatives_of_derivatives_are_recorded() -> None:
    x = torch.ones(2, requires_grad=True)
    with torch.profiler.profile() as found:
        (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        g.sum().backward()
    assert names(found).count("PowBackward0") == 2


def test_the_lines_of_the_program_are_kept() -> None:
    with torch.profiler.profile(with_stack=True) as found:
        torch.ones(2).exp()
    (event,) = [event for event in found.events() if event.name == "aten::exp"]
    assert "test_profiler.py(" in event.stack[0]
    assert event.stack[0].endswith("test_the_lines_of_the_program_are_kept")
    grouped = found.key_averages(group_by_stack_n=1)
    assert "Source Location" in grouped.table()


def test_memory_is_that_of_new_arrays() -> None:
    x = torch.ones(1000)
    with torch.profiler.profile(profile_memory=True) as found:
        x.exp()
        x.view(10, 100)
        x.add_(1)
    memory = {event.name: event.self_cpu_memory_usage for event in found.events()}
    assert memory == {"aten::exp": 4000, "aten::view": 0, "aten::add_": 0}


def test_a_compressed_trace_can_be_read(tmp_path: Path) -> None:
    with torch.profiler.profile() as found:
        torch.ones(2).exp()
    found.export_chrome_trace(str(tmp_path / "trace.json.gz"))
    with gzip.open(tmp_path / "trace.json.gz", "rt") as file:
        entries = json.load(file)["traceEvents"]
    assert [entry["name"] for entry in entries if entry["ph"] == "X"] == ["aten::ones", "aten::exp"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    handler = torch.profiler.tensorboard_trace_handler(str(tmp_path / "file" / "folder"))
    with pytest.raises(RuntimeError, match="Can't create directory: "):
        handler(torch.profiler.profile())


def test_marks_for_other_profilers_do_nothing() -> None:
    with torch.autograd.profiler.emit_nvtx(), torch.autograd.profiler.emit_itt():
        assert torch.ones(2).exp().shape == (2,)


def test_keys_are_enforced_to_be_unique() -> None:
    unique = torch.autograd.profiler.EnforceUnique()
    unique.see("a", 1)
    with pytest.raises(RuntimeError, match="duplicate key"):
        unique.see("a", 1)


@pytest.mark.parametrize("name", ["profiler.session", "profiler.flops", "autograd.profiler", "autograd.profiler_util"])
def test_examples_run_as_printed(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(f"tapegrad.{name}"))
    assert failed == 0


def test_overrides_that_come_during_a_profile_stay() -> None:
    # in a process of its own: functions are switched once
    program = """
import tapegrad as torch
from tapegrad.overrides.switch import install

asked = []

class Mine(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        asked.append(func.__name__)
        return super().__torch_function__(func, types, args, kwargs or {})

with torch.profiler.profile() as profile:
    x = torch.ones(2).as_subclass(Mine)
    torch.exp(x)
assert "exp" in asked and "aten::exp" in {event.key for event in profile.key_averages()}
asked.clear()
torch.exp(x)
assert asked == ["exp"], asked
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
