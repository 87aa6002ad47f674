"""What is measured in processes of its own: imports, memory, and how soon a compiled step is there."""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def run(*arguments: str, **environment: str) -> str:
    """Run Python, and return what it prints.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    process = subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, text=True, env={**os.environ, **environment}
    )
    return process.stdout


# -- imports -----------------------------------------------------------------------------------------------------------


def import_seconds(modules: list[str], rounds: int = 7) -> dict[str, list[float]]:
    """Seconds that a fresh interpreter needs to import each module, less those of an empty program, by round."""
    found: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(rounds):
        empty = _seconds("pass")
        for module in modules:
            found[module].append(_seconds(f"import {module}") - empty)
    return found


def _seconds(code: str) -> float:
    start = time.perf_counter()
    run("-c", code)
    return time.perf_counter() - start


def installed_bytes(package: str, seen: set[str] | None = None) -> int:
    """Bytes of a distribution's files and of those it requires, as they lie in this environment."""
    seen = set() if seen is None else seen
    name = package.lower().replace("_", "-")
    if name in seen:
        return 0
    seen.add(name)
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return 0
    own = sum(path.stat().st_size for f in distribution.files or () if (path := Path(str(f.locate()))).is_file())
    for requirement in distribution.requires or ():
        if "extra ==" not in requirement:
            head = requirement.split(";")[0].strip()
            own += installed_bytes("".join(c if c.isalnum() or c in "-_." else " " for c in head).split()[0], seen)
    return own


# -- memory ------------------------------------------------------------------------------------------------------------


def peak_bytes(form: str, row: str) -> int:
    """How far the memory of a process rises while it makes steps, above what library, data and model take."""
    return int(run(str(HERE / "processes.py"), "memory", form, row).split()[-1])


def _print_peak(form: str, row: str) -> None:
    """In a process of its own: the peak of five steps."""
    import forms

    found = _row(row)
    few = dataclasses.replace(found, data=lambda: _two_samples(found.data()))
    step = forms.steps_of(few, (form,))[0][form]
    for _ in range(6):  # loads whatever is loaded when it is first used
        step()
    step = forms.steps_of(found, (form,))[0][form]
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what has been freed goes back to the system, and does not count as taken
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # nor does the peak while data and model were made
    level = _status("VmRSS")
    for _ in range(6):
        step()
    print(_status("VmHWM") - level)


def _two_samples(data: Any) -> Any:
    data.x = data.x[:2]
    if hasattr(data, "y"):
        data.y = data.y[:2]
    return data


def _status(field: str) -> int:
    """Bytes that the process has, or has had, in memory."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


# -- how soon ----------------------------------------------------------------------------------------------------------


def start_seconds(form: str, row: str) -> Iterator[dict[str, float]]:
    """Seconds to the first result and to the final speed: of a first process, then of one that finds its cache."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {"TAPEGRAD_CACHE": cache, "TORCHINDUCTOR_CACHE_DIR": cache, "JAX_COMPILATION_CACHE_DIR": cache}
        environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        for _ in range(2):
            yield json.loads(run(str(HERE / "processes.py"), "start", form, row, **environment).splitlines()[-1])


def _print_start(form: str, row: str) -> None:
    """In a process of its own: when results are there, counted from before the step is made, after imports."""
    import forms

    __import__({"JAX": "jax", "torch.compile": "torch"}.get(form, "tapegrad"))
    found = _row(row)
    start = time.perf_counter()
    step = forms.steps_of(found, (form,))[0][form]
    step()
    first = time.perf_counter() - start
    if form == forms.COMPILED:
        for _ in range(4):  # which are watched and captured
            step()
        forms.ready()
    else:
        step()
    print(json.dumps({"first": first, "final": time.perf_counter() - start}))


def _row(name: str) -> Any:
    import work

    (found,) = [w for w in work.WORK if w.name == name]
    return found


# -- bandwidth ---------------------------------------------------------------------------------------------------------


def copy_bandwidth(threads: int) -> float:
    """Bytes read and written per second by copies of large arrays, one in each thread."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    size = 16_000_000
    pairs = [(np.ones(size, "float32"), np.ones(size, "float32")) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:

        def once() -> float:
            start = time.perf_counter()
            list(pool.map(lambda pair: np.copyto(*pair), pairs))
            return time.perf_counter() - start

        return threads * 2 * 4 * size / statistics.median(once() for _ in range(9))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    {"memory": _print_peak, "start": _print_start}[sys.argv[1]](*sys.argv[2:])
