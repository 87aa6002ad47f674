"""`python -m conformance.mutated_files [count]`: files of both libraries, damaged in many ways, and read.

Each has to load, or to raise an error that says so: no code of it runs, nothing is opened, and memory is bounded.  An
alarm ends the command with a traceback if a file takes longer than ten seconds.
"""

from __future__ import annotations

import faulthandler
import io
import random
import sys
import time
import tracemalloc
import warnings
from collections import OrderedDict
from typing import Any

import numpy as np
import torch as real

import tapegrad as ours
from tapegrad import safetensors
from tests.serialization.mutations import Tally, Watch, mutated, try_file

LONGEST = 10
TYPES = ("bfloat16", "float16", "bool", "int64", "complex64", "uint16")


def rows(lib: Any) -> Any:
    """A sparse matrix by rows; the first one warns that they are new."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return lib.sparse_csr_tensor(lib.tensor([0, 1, 2]), lib.tensor([1, 0]), lib.ones(2))


def checkpoint(lib: Any) -> Any:
    """Something of everything that files hold."""
    model = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.LSTM(4, 2))
    x = lib.arange(12.0)
    return {
        "model": model.state_dict(),
        "parameter": lib.nn.Parameter(lib.ones(2)),
        "views": [x[2:5], x.view(3, 4).t(), x[:0]],
        "types": [
            lib.ones(2).to(getattr(lib, t)) for t in ("bfloat16", "float16", "bool", "int64", "complex64", "uint16")
        ],
        "containers": OrderedDict(a=(1, 2.5, None, True), b={"x", "y"}, c=lib.Size([1, 2]), d=[b"ab", 2**70]),
        "sparse": [lib.eye(3).to_sparse(), rows(lib)],
        "kinds": [lib.float32, lib.device("cpu"), lib.strided],
    }


def files() -> list[tuple[str, bytes]]:
    """Whole files by their kind."""
    made = []
    for lib in (real, ours):
        for thing in (checkpoint(lib), lib.ones(3), {"w": lib.ones(2, 2)}):
            for as_zip in (True, False):
                file = io.BytesIO()
                lib.save(thing, file, _use_new_zipfile_serialization=as_zip)
                made.append(("zip" if as_zip else "legacy", file.getvalue()))
    tensors = {"w": ours.ones(2, 3), "b": ours.zeros(0), "h": ours.ones(3, dtype=ours.bfloat16)}
    made.append(("safetensors", safetensors.save(tensors, {"about": "test"})))
    made.append(("safetensors", safetensors.save({"w": ours.arange(5)})))
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, w=np.ones((2, 3)), i=np.asfortranarray(np.arange(6).reshape(2, 3)))
        made.append(("npz", file.getvalue()))
    return made


def read(kind: str, content: bytes) -> Any:
    """Read a file of a kind."""
    if kind == "safetensors":
        return safetensors.load(content)
    if kind == "npz":
        return ours.load_npz(io.BytesIO(content))
    return ours.load(io.BytesIO(content))


def run(count: int, seed: int = 0) -> dict[str, Tally]:
    """Try this many files; how they fared, by kind."""
    rng = random.Random(seed)
    whole = files()
    for kind, content in whole:
        read(kind, content)  # imports what reading needs
    watch, tallies = Watch(), {kind: Tally() for kind, _ in whole}
    tracemalloc.start()
    for _ in range(count):
        kind, content = rng.choice(whole)
        damaged = mutated(rng, kind, content, rng.choice(whole)[1])
        faulthandler.dump_traceback_later(LONGEST, exit=True)
        try_file(lambda body, kind=kind: read(kind, body), damaged, watch, tallies[kind])  # type: ignore[misc]
        faulthandler.cancel_dump_traceback_later()
    tracemalloc.stop()
    return tallies


def main() -> int:
    """Print what happened; 1 if anything did that must not."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    warnings.simplefilter("ignore")
    began = time.perf_counter()
    tallies = run(count, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    for kind, tally in tallies.items():
        refused = ", ".join(f"{name} {n}" for name, n in sorted(tally.refused.items()))
        print(f"{kind}: {tally.tried} files, {tally.loaded} loaded, refused: {refused}; wrong: {len(tally.wrong)}")
    wrong = [entry for tally in tallies.values() for entry in tally.wrong]
    for what, content in wrong[:20]:
        print(f"  {what}\n    {content[:60]!r}… of {len(content)} bytes")
    print(f"{count} files in {time.perf_counter() - began:.0f} s, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
