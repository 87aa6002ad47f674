"""`tapegrad info`: the versions and settings that results and speed depend on."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata

from tapegrad.extras import EXTRAS

DESCRIPTION = """\
Prints the versions of tapegrad and of what it builds on, which optional extras are installed (and how to install
the others), the default dtype and the number of threads. Put it into a bug report.
"""


def main(arguments: Sequence[str]) -> int:
    """Print what the command `tapegrad info` prints; returns the exit code, 0."""
    parser = argparse.ArgumentParser(prog="tapegrad info", description=DESCRIPTION)
    parser.parse_args(arguments)
    for title, rows in (("versions", versions()), ("extras", extras()), ("settings", settings())):
        print(f"{title}:")
        for name, value in rows:
            print(f"  {name:<20} {value}")
    return 0


def versions() -> Iterator[tuple[str, str]]:
    import tapegrad

    yield "tapegrad", tapegrad.version.own
    yield "as torch", str(tapegrad.version.__version__)
    yield "python", f"{platform.python_version()} ({sys.executable})"
    yield "platform", platform.platform()
    for name in ("numpy", "scipy", "ml_dtypes"):
        yield name, _distribution_version(name) or "missing"


def extras() -> Iterator[tuple[str, str]]:
    """Each extra with the versions of its distributions, or the command that installs it."""
    for extra, modules in EXTRAS.items():
        lacking = [module for module in modules if importlib.util.find_spec(module) is None]
        if lacking:
            yield extra, f"no {', '.join(lacking)}: pip install 'tapegrad[{extra}]'"
        else:
            yield extra, ", ".join(f"{name} {_distribution_version(name) or '?'}" for name in modules.values())


def settings() -> Iterator[tuple[str, str]]:
    from tapegrad.tensor.dtypes import get_default_dtype

    yield "default dtype", str(get_default_dtype())
    yield "cpu cores", f"{len(os.sched_getaffinity(0))}" if hasattr(os, "sched_getaffinity") else str(os.cpu_count())
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        if variable in os.environ:
            yield variable, os.environ[variable]


def _distribution_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
