"""The pytest plugin of `packages.py`: one line of JSON for each test that has finished.

Every test begins from the same random numbers.  PACKAGES_REPORT is the file; with PACKAGES_TRACED the torch functions
that a test calls are counted, which only torch itself is asked to do.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

_records: dict[str, dict[str, Any]] = {}


class _Counting(TorchFunctionMode):
    calls = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        _Counting.calls += 1
        return func(*args, **(kwargs or {}))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: Any) -> Iterator[None]:
    """Give each test its random numbers, and count what it calls."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    record = _records[item.nodeid] = {"id": item.nodeid, "outcome": "none", "why": ""}
    before = _Counting.calls
    with _Counting() if os.environ.get("PACKAGES_TRACED") else nullcontext():
        result = yield
    record["calls"] = _Counting.calls - before
    with open(os.environ["PACKAGES_REPORT"], "a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    return result


def pytest_runtest_logreport(report: Any) -> None:
    """A test passes if nothing of it fails and it was neither skipped nor expected to fail."""
    record = _records[report.nodeid]
    if report.failed:
        if record["outcome"] != "failed":
            crash = getattr(report.longrepr, "reprcrash", None)
            lines = (crash.message if crash else str(report.longrepr)).strip().splitlines()
            record.update(outcome="failed", why=lines[0][:300] if lines else "")
    elif record["outcome"] != "failed" and (report.skipped or hasattr(report, "wasxfail")):
        record["outcome"] = "skipped"
    elif report.when == "call" and record["outcome"] == "none":
        record["outcome"] = "passed"
