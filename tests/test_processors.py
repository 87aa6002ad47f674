"""Helpers run elsewhere than the thread that has work for them."""

from __future__ import annotations

import os
import threading

import pytest

from tapegrad import processors

linux = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not place threads")


@linux
def test_the_current_processor_is_one_of_those_allowed() -> None:
    assert processors.current() in os.sched_getaffinity(0)


@linux
def test_a_thread_keeps_away_from_a_processor_if_there_are_others() -> None:
    allowed, gate, found = os.sched_getaffinity(0), threading.Event(), []

    def work() -> None:
        gate.wait(30)
        found.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=work)
    thread.start()
    assert thread.native_id is not None
    one = min(allowed)
    processors.keep_away(thread.native_id, one)
    gate.set()
    thread.join()
    assert found == [allowed - {one} or allowed]
    assert os.sched_getaffinity(0) == allowed


@linux
def test_a_thread_that_has_ended_is_left_alone() -> None:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    assert thread.native_id is not None
    processors.keep_away(thread.native_id, 0)


def test_where_the_system_says_nothing_nobody_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    assert processors._find()() == -1
