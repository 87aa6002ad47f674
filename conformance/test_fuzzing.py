"""Random programs run the same in both libraries, and the fuzzer notices if they do not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
import torch as real

import tapegrad as ours
from tapegrad.ops.op import TABLE

from .fuzzing import __main__ as command
from .fuzzing.running import check
from .fuzzing.shrinking import shrink
from .fuzzing.statements import write_program


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = real.get_num_threads()
    real.set_num_threads(1)
    yield
    real.set_num_threads(before)


@pytest.mark.parametrize("hundred", range(3))
def test_random_programs_run_the_same(hundred: int) -> None:
    failed = {}
    for number in range(100 * hundred, 100 * (hundred + 1)):
        program = write_program(number)
        if check(real, ours, program) is not None:
            short = shrink(program, lambda p: check(real, ours, p))
            failed[number] = "\n".join([str(check(real, ours, short)), *short])
    assert not failed, "\n\n".join(f"program {number}: {text}" for number, text in failed.items())


def test_a_program_that_brings_its_process_down_or_never_ends_is_a_failure_of_that_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def write(number: int) -> list[str]:
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        while number == 2:
            pass
        return [X]

    monkeypatch.setattr(command, "write_program", write)
    assert dict(command.search(range(4), seconds=2)) == {
        0: None,
        1: "worker died (signal 9)",
        2: "worker died (signal 9)",
        3: None,
    }


def test_the_command_shows_a_failing_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "write_program", lambda number: [X, "t2 = t1.cos()", "t3 = t1.exp()"])
    monkeypatch.setattr(ours.Tensor, "exp", lambda x: x.cos())
    assert command.main(["--programs", "3", "--stop", "1", "--seed", "7"]) == 1
    shown = capsys.readouterr().out
    assert "# program 7: t3: " in shown
    assert "import torch\n" + X + "\nt3 = t1.exp()\n" in shown
    assert shown.endswith("1 programs, 1 failed\n")


def test_a_program_is_the_same_each_time_it_is_written() -> None:
    assert write_program(7) == write_program(7) != write_program(8)


def test_programs_have_five_to_forty_operations_and_most_of_them_succeed() -> None:
    lengths, failures = [], 0
    for number in range(40):
        program = write_program(number)
        space = {"torch": real}
        for line in program:
            try:
                exec(line, space)
            except Exception:
                failures += 1
        lengths.append(len(program))
    assert min(lengths) >= 5
    assert max(lengths) >= 30
    assert failures < 0.1 * sum(lengths)


X = "t1 = torch.tensor([0.5, -0.25], dtype=torch.float64, requires_grad=True)"


def test_a_wrong_value_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    program = [X, "t2 = t1.sin()"]
    assert check(real, ours, program) is None
    sin = ours.Tensor.sin

    def slightly_wrong(x: ours.Tensor) -> ours.Tensor:
        y = sin(x)
        y._data += 1e-8
        return y

    monkeypatch.setattr(ours.Tensor, "sin", slightly_wrong)
    assert "t2: [" in str(check(real, ours, program))


def test_a_wrong_derivative_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    program = [X, "t2 = t1.sin()"]
    backward = TABLE["sin"].backward_graph
    monkeypatch.setattr(TABLE["sin"], "backward_graph", lambda node, g: (backward(node, g)[0] * 1.00001,))
    assert "dt1: [" in str(check(real, ours, program))


def test_a_wrong_error_type_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    program = [X, "t2 = t1.select(0, 5)"]
    assert check(real, ours, program) is None

    def select(x: object, dim: int, index: int) -> None:
        raise ValueError(f"index {index}")

    monkeypatch.setattr(ours.Tensor, "select", select)
    assert check(real, ours, program) == "statement 1: IndexError expected, got ValueError"


@pytest.mark.parametrize(
    ("wrong", "fact"),
    [
        (lambda x: x.detach().clone(), "True, False, 'ViewBackward0'"),  # no history
        (lambda x: x.clone(), "'ViewBackward0'"),  # another node
        (lambda x: x.reshape(1, 2), "(2, 1)"),  # another shape
    ],
)
def test_a_wrong_fact_is_noticed(monkeypatch: pytest.MonkeyPatch, wrong: object, fact: str) -> None:
    program = [X, "t2 = t1.view(2, 1)"]
    assert check(real, ours, program) is None
    monkeypatch.setattr(ours.Tensor, "view", lambda x, *shape: wrong(x))  # type: ignore[operator]
    assert fact in str(check(real, ours, program))


def test_shrinking_keeps_the_failure_and_leaves_out_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    program = [X, "t2 = t1 * 2", "t3 = t2 + t1", "t4 = t3.sin()", "t5 = t4.exp()", "t6 = t1 - 1"]
    monkeypatch.setattr(ours.Tensor, "exp", lambda x: x.cos())
    short = shrink(program, lambda p: check(real, ours, p))
    assert check(real, ours, short) is not None
    assert len(short) < len(program)
    assert "t5 = t4.exp()" in short
    assert "t6 = t1 - 1" not in short
