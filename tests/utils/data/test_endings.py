"""However a program with worker processes ends, it ends, and none of its processes is left.

Each program runs in a process group of its own, within a time limit that is hit only if something hangs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups")

LIMIT = 60.0

HEADER = """
import gc, os, signal, sys, threading, time, multiprocessing
import tapegrad as torch
from tapegrad.utils.data import DataLoader, IterableDataset, get_worker_info
from tapegrad.utils.data import _workers

class Numbers:
    def __len__(self):
        return 1000
    def __getitem__(self, index):
        return index

class Stuck(Numbers):
    def __getitem__(self, index):
        if index == 1:
            print("stuck", flush=True)
            time.sleep(1000)
        return index

def children():
    return multiprocessing.active_children()
"""


class Program:
    """A Python program that runs in a process group of its own."""

    def __init__(self, path: Path, body: str, first: str) -> None:
        main = textwrap.indent(textwrap.dedent(body), "    ")
        # SIGINT is ignored by what a shell starts in the background; these programs are to be ended by it.
        heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        path.write_text(f"{heard}\n{first}\n{HEADER}\nif __name__ == '__main__':\n{main}")
        self.process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
        )

    def end(self) -> tuple[int, str, str]:
        """Exit code and output, once the program and all its processes have ended."""
        out, err = self.process.communicate(timeout=LIMIT)
        assert not self.is_anyone_left()
        return self.process.returncode, out, err

    def is_anyone_left(self) -> bool:
        deadline = time.monotonic() + LIMIT / 2
        while time.monotonic() < deadline:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return False
            time.sleep(0.05)
        return True

    def kill(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.communicate()


@pytest.fixture
def run(tmp_path: Path):
    """Starts a program; whatever is left of it is killed after the test."""
    started: list[Program] = []

    def start(body: str, first: str = "") -> Program:
        started.append(Program(tmp_path / f"program{len(started)}.py", body, first))
        return started[-1]

    yield start
    for program in started:
        program.kill()


Start = Callable[..., Program]


def test_a_pass_ends_its_workers(run: Start) -> None:
    code, out, err = run("""
        assert len(list(DataLoader(Numbers(), 10, num_workers=2))) == 100
        print(len(children()))
    """).end()
    assert (code, out, err) == (0, "0\n", "")


def test_leaving_the_loop_ends_the_workers(run: Start) -> None:
    code, out, err = run("""
        for batch in DataLoader(Numbers(), num_workers=2):
            break
        print(len(children()))
    """).end()
    assert (code, out, err) == (0, "0\n", "")


def test_an_exception_in_the_loop_ends_the_program(run: Start) -> None:
    code, _, err = run("""
        for batch in DataLoader(Numbers(), num_workers=2):
            raise ValueError("in the loop")
    """).end()
    assert code == 1
    assert err.rstrip().endswith("ValueError: in the loop")


def test_an_iterator_that_is_collected_ends_its_workers(run: Start) -> None:
    code, out, err = run("""
        iterator = iter(DataLoader(Numbers(), num_workers=2))
        next(iterator)
        cycle = [iterator]
        cycle.append(cycle)
        del iterator, cycle
        gc.collect()
        print(len(children()))
    """).end()
    assert (code, out, err) == (0, "0\n", "")


@pytest.mark.parametrize("persistent", [False, True])
def test_a_program_may_end_with_an_iterator_alive(run: Start, persistent: bool) -> None:
    code, out, err = run(f"""
        loader = DataLoader(Numbers(), num_workers=2, persistent_workers={persistent})
        iterator = iter(loader)
        print(next(iterator))
    """).end()
    assert (code, out, err) == (0, "tensor([0])\n", "")


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_every_way_to_start_workers_works(run: Start, method: str) -> None:
    code, out, err = run(f"""
        loader = DataLoader(Numbers(), 500, num_workers=2, multiprocessing_context={method!r})
        print([int(batch.sum()) for batch in loader])
    """).end()
    assert (code, out, err) == (0, "[124750, 374750]\n", "")


def test_ctrl_c_ends_the_program(run: Start) -> None:
    program = run("""
        for batch in DataLoader(Stuck(), num_workers=1):
            pass
    """)
    assert program.process.stdout.readline() == "stuck\n"
    os.killpg(program.process.pid, signal.SIGINT)
    code, _, err = program.end()
    assert code == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert err.count("Traceback") == 1


def test_an_interrupt_of_the_main_process_alone_ends_the_program(run: Start) -> None:
    program = run("""
        _workers.PATIENCE = 0.2
        for batch in DataLoader(Stuck(), num_workers=1):
            pass
    """)
    assert program.process.stdout.readline() == "stuck\n"
    program.process.send_signal(signal.SIGINT)
    code, _, err = program.end()
    assert code == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_end_when_the_main_process_is_killed(run: Start, method: str) -> None:
    program = run(f"""
        iterator = iter(DataLoader(Numbers(), num_workers=3, multiprocessing_context={method!r}))
        next(iterator)
        print("ready", flush=True)
        time.sleep(1000)
    """)
    assert program.process.stdout.readline() == "ready\n"
    program.process.kill()
    assert program.process.wait(LIMIT) == -signal.SIGKILL
    assert not program.is_anyone_left()


def test_a_worker_in_the_midst_of_something_ends_when_the_main_process_is_killed(run: Start) -> None:
    program = run("""
        from tapegrad.utils.data._utils import working
        working.MP_STATUS_CHECK_INTERVAL = 0.1
        list(DataLoader(Stuck(), num_workers=2))
    """)
    assert program.process.stdout.readline() == "stuck\n"
    program.process.kill()
    assert program.process.wait(LIMIT) == -signal.SIGKILL
    assert not program.is_anyone_left()


def test_a_worker_that_ignores_being_asked_is_killed(run: Start) -> None:
    code, out, err = run("""
        _workers.PATIENCE = 0.2
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        iterator = iter(DataLoader(Stuck(), num_workers=2))
        next(iterator)
        del iterator
        print(len(children()))
    """).end()
    assert (code, out.replace("stuck\n", ""), err) == (0, "0\n", "")


def test_a_program_ends_with_a_worker_alive_that_ignores_being_asked(run: Start) -> None:
    # The finalizer makes Python run what multiprocessing does at the end before what weakref does.
    first = "import weakref\nclass Any: pass\nsome = Any()\nweakref.finalize(some, int)"
    program = run(
        """
        _workers.PATIENCE = 0.2
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        iterator = iter(DataLoader(Stuck(), num_workers=2))
        print(next(iterator))
        """,
        first,
    )
    code, out, err = program.end()
    assert (code, out.replace("stuck\n", ""), err) == (0, "tensor([0])\n", "")


@pytest.mark.parametrize(
    ("death", "told"),
    [
        ("os._exit(3)", "exited unexpectedly with exit code 3"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "is killed by signal: Killed"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "is killed by signal: Segmentation fault"),
        ("sys.exit(5)", "exited unexpectedly with exit code 5"),
    ],
)
def test_a_worker_that_dies_is_reported(run: Start, death: str, told: str) -> None:
    code, out, _ = run(f"""
        class Dying(Numbers):
            def __getitem__(self, index):
                if index == 7:
                    {death}
                return index
        seen = []
        try:
            for batch in DataLoader(Dying(), num_workers=2):
                seen.append(int(batch))
        except RuntimeError as error:
            print(seen[:2], str(error).split()[0:2], str(error).split(") ")[-1], error.__cause__)
    """).end()
    assert code == 0
    assert out.startswith("[0, 1] ['DataLoader', 'worker'] exited unexpectedly DataLoader worker (pid ")
    assert told in out


def test_a_worker_killed_from_outside_is_reported_while_it_is_waited_for(run: Start) -> None:
    program = run("""
        iterator = iter(DataLoader(Stuck(), num_workers=1))
        next(iterator)
        threading.Timer(0.2, iterator._workers[0].kill).start()
        try:
            next(iterator)
        except RuntimeError as error:
            print(error.__cause__)
    """)
    code, out, _ = program.end()
    assert code == 0
    assert "is killed by signal: Killed" in out


def test_a_worker_that_leaves_a_process_behind_is_reported(run: Start) -> None:
    program = run("""
        class Leaving(Numbers):
            def __getitem__(self, index):
                if os.fork() == 0:
                    time.sleep(1000)  # holds a copy of the worker's connection
                print("left", flush=True)
                os._exit(1)
        try:
            list(DataLoader(Leaving(), num_workers=1))
        except RuntimeError as error:
            print("reported", flush=True)
        os._exit(0)
    """)
    assert [program.process.stdout.readline() for _ in range(2)] == ["left\n", "reported\n"]


def test_a_worker_that_is_too_slow_is_reported(run: Start) -> None:
    code, out, _ = run("""
        _workers.PATIENCE = 0.2
        try:
            list(DataLoader(Stuck(), num_workers=1, timeout=0.5))
        except RuntimeError as error:
            print(error)
    """).end()
    assert (code, out) == (0, "stuck\nDataLoader timed out after 0.5 seconds\n")


def test_large_tasks_and_large_batches_do_not_wait_for_each_other(run: Start) -> None:
    code, out, err = run("""
        tasks = [list(range(100_000)) for _ in range(8)]
        loader = DataLoader(range(100_000), batch_sampler=tasks, num_workers=2, collate_fn=lambda x: [bytes(10**7), x])
        print([len(batch[0]) for batch in loader])
    """).end()
    assert (code, out, err) == (0, f"{[10**7] * 8}\n", "")


def test_batches_that_cannot_be_pickled_are_exceptions(run: Start) -> None:
    code, out, _ = run("""
        class Local(Numbers):
            def __getitem__(self, index):
                if index == 1:
                    class Hidden(Exception):
                        pass
                    raise Hidden("here")
                return lambda: 0
        iterator = iter(DataLoader(Local(), None, num_workers=1))
        for _ in range(2):
            try:
                next(iterator)
            except Exception as error:
                print(type(error).__name__, "|", str(error).splitlines()[0], "|", str(error).splitlines()[-1])
    """).end()
    assert code == 0
    first, second = out.splitlines()
    assert "Local" in first and "lambda" in first
    assert second.startswith("RuntimeError | Caught RuntimeError in DataLoader worker process 0")
    assert second.endswith("Hidden: here")


def test_a_program_under_the_name_torch_starts_workers_every_way(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import torch
        from torch.utils.data import DataLoader, Dataset

        class Squares(Dataset):
            def __len__(self):
                return 4
            def __getitem__(self, index):
                return torch.tensor(float(index)) ** 2

        if __name__ == "__main__":
            for method in ("fork", "spawn"):
                print(list(DataLoader(Squares(), 2, num_workers=2, multiprocessing_context=method)))
        """)
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tapegrad", "run", str(script)],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[tensor([0., 1.]), tensor([4., 9.])]\n" * 2
