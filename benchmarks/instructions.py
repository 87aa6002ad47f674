"""Instructions per call, counted by valgrind: a guard against costs that creep in.

    python benchmarks/instructions.py            counts, and compares with benchmarks/INSTRUCTIONS.json
    python benchmarks/instructions.py --write    counts, and writes that file; commit it with each release

Seconds depend on the machine and on what else it does; the instructions that a call takes do not, so a change of two
per cent can be told from none. The exit code is 1 if one takes more than 3 % more than on record. Only counts
by the same versions of Python and NumPy are compared. Needs valgrind (with callgrind.h) and a C compiler.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RECORD = HERE / "INSTRUCTIONS.json"
ALLOWED = 0.03
# Rows of `work.py` that are the work of the tape more than that of NumPy, and how often each is called.
COUNTED = {
    "x²·eˣ, 4 floats": 200,
    "thermometer epoch": 50,
    "tanh MLP 2-16-16-1, batch 32, SGD": 10,
    "MLP 64-128-10, batch 128, Adam": 5,
    "MLP 784-256-10, batch 64, SGD": 5,
    "RNN of 50 steps, hidden 32, batch 8": 2,
    "chain of 4,000 scalar operations": 2,
    "Hessian of Rosenbrock, 30 variables": 2,
    "the same by func.hessian": 2,
    "gradients per sample, MLP 64-128-10, batch 32": 2,
}
TIMES_AN_OPERATION = 200

# Asks valgrind to write what it has counted since the last time, under a name.
_REQUESTS = """
#include <valgrind/callgrind.h>
void dump(const char *name) { CALLGRIND_DUMP_STATS_AT(name); }
"""


def snippets() -> dict[str, tuple[Callable[[], object], int]]:
    """What is counted, and how often it is called: operations on 4 floats, and whole steps."""
    import in_torch
    from operators import OPERATORS, calls
    from work import WORK

    import tapegrad

    found: dict[str, tuple[Callable[[], object], int]] = {}
    for name in OPERATORS:
        for kind, call in calls(tapegrad, name, 4).items():
            found[f"{name}, {kind}"] = call.once, TIMES_AN_OPERATION
    for work in WORK:
        if work.name in COUNTED:
            step = getattr(in_torch, work.function)(in_torch.Way(tapegrad), work.data())
            found[work.name] = step, COUNTED[work.name]
    return found


def run_counted(requests: Path) -> None:
    """The program under valgrind: each snippet is warmed up, then called between two dumps."""
    import ctypes
    import gc

    dump = ctypes.CDLL(str(requests)).dump
    gc.disable()  # collections would fall now into this snippet, now into that
    for name, (call, often) in snippets().items():
        for _ in range(min(30, 3 * often)):
            call()
        times = range(often)
        dump(b"before")
        for _ in times:
            call()
        dump(name.encode())


def count() -> dict[str, int]:
    """Instructions per call of each snippet.

    Raises:
        subprocess.CalledProcessError: valgrind or the compiler is missing, or the program failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "requests.c"), Path(folder, "requests.so")
        source.write_text(_REQUESTS, encoding="utf-8")
        compiler = (sysconfig.get_config_var("CC") or "cc").split()
        subprocess.run([*compiler, "-O1", "-shared", "-fPIC", "-o", library, source], check=True)
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/counts", "--quiet"]
        # One thread, and the same order of sets and dictionaries in each run.
        settings = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        program = [sys.executable, __file__, "--counted", str(library)]
        subprocess.run([*command, *program], check=True, env={**os.environ, **settings})
        found: dict[str, int] = {}
        for part in Path(folder).glob("counts.*"):
            text = part.read_text(encoding="utf-8", errors="replace")
            name = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
            total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
            if name and total and name[1] != "before":
                found[name[1]] = int(total[1])
        return {name: found[name] // often for name, (_, often) in snippets().items()}


def circumstances() -> dict[str, str]:
    """What the counts depend on besides the code."""
    import numpy

    return {"python": platform.python_version(), "numpy": numpy.__version__, "machine": platform.machine()}


def compare(before: dict[str, Any], now: dict[str, int]) -> bool:
    """Print both counts; whether nothing takes more than is allowed."""
    recorded = before["instructions"] if before.get("circumstances") == circumstances() else {}
    if before and not recorded:
        print(f"The record is of {before['circumstances']}, this is {circumstances()}: not compared.")
    fine = True
    for name, instructions in now.items():
        old = recorded.get(name)
        change = f"{instructions / old - 1:+7.1%}" if old else ""
        slower = old is not None and instructions > old * (1 + ALLOWED)
        fine &= not slower
        print(f"{instructions:12,}  {change}  {name}{'  <- more than on record' if slower else ''}")
    return fine


def main() -> int:
    """Count, and compare or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the counts on record")
    parser.add_argument("--counted", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.counted:
        run_counted(options.counted)
        return 0
    before = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    now = count()
    fine = compare(before, now)
    if options.write:
        content = {"circumstances": circumstances(), "instructions": now}
        RECORD.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return 0
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
