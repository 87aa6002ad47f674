"""The command: `python -m conformance.fuzzing`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import torch as real
from tqdm import tqdm

import tapegrad as ours

from ..workers import run
from .running import check
from .shrinking import shrink
from .statements import write_program

SECONDS = 60  # for one program, of which two hundred take a second
SHRINKING = 600


def search(numbers: Iterable[int], jobs: int = 1, seconds: float = SECONDS) -> Iterator[tuple[int, str | None]]:
    """Yield (number of a program, what differs or None) as they are done.

    Programs run in processes of their own: one that brings its process down, as some do torch, or that never ends, is
    a failure of that program, and the others go on.
    """

    def work(number: int) -> dict[str, Any]:
        return {"what": check(real, ours, write_program(number))}

    for number, result in run(numbers, work, jobs, seconds):
        yield number, result.get("crash") or result["what"]


def shortened(number: int, seconds: float = SHRINKING) -> tuple[list[str], str | None]:
    """(a short program that fails as the one of this number does, what differs); no program if it cannot be had."""

    def work(number: int) -> dict[str, Any]:
        program = shrink(write_program(number), lambda p: check(real, ours, p))
        return {"program": program, "what": check(real, ours, program)}

    ((_, result),) = run([number], work, seconds=seconds)
    return result.get("program", []), result.get("crash") or result["what"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="conformance.fuzzing", description="Random programs through both libraries.")
    parser.add_argument("--programs", type=int, default=1000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="number of the first program")
    parser.add_argument("--stop", type=int, default=5, help="stop after that many failing programs")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    options = parser.parse_args(arguments)
    real.set_num_threads(1)
    done = failed = 0
    found = search(range(options.seed, options.seed + options.programs), options.jobs)
    for number, what in tqdm(found, total=options.programs, disable=not sys.stderr.isatty()):
        done += 1
        if what is None:
            continue
        failed += 1
        program, shown = shortened(number)
        print("\n" + "\n".join([f"# program {number}: {shown or what}", "import torch", *program]), flush=True)
        if failed >= options.stop:
            break
    print(f"{done} programs, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
