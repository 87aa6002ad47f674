"""Runs commands as a user does: in a new Python, from a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tapegrad

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def python(tmp_path: Path) -> Run:
    """`python(*arguments)`: a new interpreter in `tmp_path`, with tapegrad on its path; its output and exit code."""
    source = str(Path(tapegrad.__file__).parents[1])
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MPL"))}
    environment |= {"PYTHONPATH": source, "PYTHONIOENCODING": "utf-8", "JUPYTER_PLATFORM_DIRS": "1"}

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            input=stdin,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,  # a program that hangs fails its test and does not hold up the others
        )

    return run


@pytest.fixture
def tapegrad_command(python: Run) -> Run:
    """`tapegrad_command("run", "x.py")`: the command `tapegrad run x.py`."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return python("-m", "tapegrad", *arguments, stdin=stdin)

    return run
