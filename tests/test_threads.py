"""Work shared by threads is done once and whole, whatever happens in it."""

from __future__ import annotations

import contextvars
import os
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

import tapegrad as torch
from tapegrad import threads


@pytest.fixture(params=[1, 2, 3])
def count(request: pytest.FixtureRequest) -> Iterator[int]:
    """So many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_every_block_is_done_once(count: int) -> None:
    done: list[int] = []
    threads.run(done.append, 100)
    assert sorted(done) == list(range(100))


def test_no_blocks_are_no_work(count: int) -> None:
    threads.run(lambda i: pytest.fail(f"block {i}"), 0)


def both_at_work() -> Any:
    """Work of two blocks that end only when both have begun, each in a thread of its own."""
    barrier = threading.Barrier(2, timeout=30)
    found: dict[int, Any] = {}

    def work(i: int) -> None:
        barrier.wait()
        found[i] = (threading.get_ident(), variable.get())

    return work, found


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")


def test_helpers_have_the_context_of_the_caller() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    token = variable.set("the caller's")
    try:
        work, found = both_at_work()
        threads.run(work, 2)
    finally:
        variable.reset(token)
        torch.set_num_threads(before)
    assert found[0][0] != found[1][0]
    assert {value for _, value in found.values()} == {"the caller's"}


def test_an_error_is_raised_and_leaves_the_threads_fit_for_work(count: int) -> None:
    def work(i: int) -> None:
        if i == 5:
            raise KeyError("five")

    for _ in range(3):
        with pytest.raises(KeyError, match="five"):
            threads.run(work, 10)
    done: list[int] = []
    threads.run(done.append, 10)
    assert sorted(done) == list(range(10))


def test_an_error_in_a_helper_is_raised_in_the_caller() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    barrier, caller = threading.Barrier(2, timeout=30), threading.get_ident()

    def work(i: int) -> None:
        barrier.wait()
        if threading.get_ident() != caller:
            raise ValueError("in a helper")

    try:
        with pytest.raises(ValueError, match="in a helper"):
            threads.run(work, 2)
    finally:
        torch.set_num_threads(before)


def test_work_within_work_is_done(count: int) -> None:
    done: list[tuple[int, int]] = []

    def work(i: int) -> None:
        threads.run(lambda j: done.append((i, j)), 3)

    threads.run(work, 4)
    assert sorted(done) == [(i, j) for i in range(4) for j in range(3)]


def test_several_threads_may_have_work_at_once(count: int) -> None:
    done: list[list[int]] = [[] for _ in range(4)]

    def caller(k: int) -> None:
        for _ in range(20):
            threads.run(done[k].append, 5)

    callers = [threading.Thread(target=caller, args=(k,)) for k in range(4)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert [sorted(d) for d in done] == [sorted(list(range(5)) * 20)] * 4


def test_nothing_of_finished_work_stays_alive(count: int) -> None:
    class Held:
        pass

    held = Held()
    seen = weakref.ref(held)

    def work(i: int, held: Held = held) -> None:
        assert held is not None

    threads.run(work, 50)
    del held, work
    assert seen() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        threads.run(lambda i: None, 4)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work, found = both_at_work()
                threads.run(work, 2)
                code = 0 if len(found) == 2 else 2
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
    finally:
        torch.set_num_threads(before)
    assert os.waitstatus_to_exitcode(status) == 0
