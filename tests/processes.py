"""Processes of their own, for tests: forked ones, and new ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def in_child(work: Callable[[], bool]) -> int:
    """The exit status of a forked process that does something; 0 if it comes out true."""
    process = os.fork()
    if process == 0:
        try:
            os._exit(0 if work() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def in_a_new_process(program: str) -> Any:
    """What a program prints, read as JSON; warnings are errors in it."""
    command = [sys.executable, "-W", "error", "-c", f"import json, sys\n{program}"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
