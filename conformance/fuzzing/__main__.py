"""The command: `python -m conformance.fuzzing`."""

from __future__ import annotations

import argparse
import sys

import torch as real
from tqdm import tqdm

import tapegrad as ours

from .running import check
from .shrinking import shrink
from .statements import write_program


def main() -> int:
    parser = argparse.ArgumentParser(prog="conformance.fuzzing", description="Random programs through both libraries.")
    parser.add_argument("--programs", type=int, default=1000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="number of the first program")
    parser.add_argument("--stop", type=int, default=5, help="stop after that many failing programs")
    options = parser.parse_args()
    real.set_num_threads(1)
    failed = 0
    numbers = range(options.seed, options.seed + options.programs)
    done = 0
    for number in tqdm(numbers, disable=not sys.stderr.isatty()):
        done += 1
        program = write_program(number)
        what = check(real, ours, program)
        if what is None:
            continue
        failed += 1
        short = shrink(program, lambda p: check(real, ours, p))
        print(f"\n# program {number}: {check(real, ours, short)}\nimport torch\n" + "\n".join(short), flush=True)
        if failed >= options.stop:
            break
    print(f"{done} programs, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
