"""The examples in `examples/models` with torch and with tapegrad: the same losses?

    python -m conformance.examples              runs all with both, prints the comparison
    python -m conformance.examples --write      and writes it into docs/examples.md
    python -m conformance.examples digits_mlp   one of them

Needs scikit-learn beside what conformance needs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "examples" / "models"
PAGE = REPOSITORY / "docs" / "examples.md"

SCRIPTS: dict[str, tuple[str, list[str]]] = {
    **{path.stem: (path.name, []) for path in sorted(FOLDER.glob("*.py"))},
    "characters, LSTM": ("characters.py", ["--model", "lstm"]),
}
"""Name of the run: the script and its arguments."""

COMMANDS = {"torch": [sys.executable], "tapegrad": [sys.executable, "-m", "tapegrad", "run"]}

BEGINNING = 50  # steps that are held to the tolerance
TOLERANCE = 1e-4  # relative


@dataclass
class Run:
    """One script with one library."""

    losses: list[float]
    printed: str
    seconds: float


@dataclass
class Comparison:
    """One script with both."""

    name: str
    torch: Run
    tapegrad: Run

    def differences(self) -> list[float]:
        """Per step, how far the losses are apart, relative to torch's."""
        pairs = zip(self.torch.losses, self.tapegrad.losses, strict=True)
        return [abs(a - b) / abs(a) for a, b in pairs]

    def beginning(self) -> float:
        """The largest difference in the first steps."""
        return max(self.differences()[:BEGINNING])

    def agreeing(self, tolerance: float) -> int:
        """How many steps pass before the losses differ by more."""
        return sum(1 for _ in takewhile(lambda d: d <= tolerance, self.differences()))

    def row(self) -> str:
        """A row of the table."""
        steps, last = len(self.torch.losses), (self.torch.losses[-1], self.tapegrad.losses[-1])
        same = "yes" if self.torch.printed == self.tapegrad.printed else "no"
        return (
            f"| {self.name} | {steps} | {self.beginning():.0e} | {self.agreeing(1e-6)} | {self.agreeing(1e-4)} |"
            f" {last[0]:.6g} | {last[1]:.6g} | {same} | {self.torch.seconds:.0f} s | {self.tapegrad.seconds:.0f} s |"
        )


def run(script: str, arguments: list[str], library: str) -> Run:
    """Run a script in a process of its own; its losses, what it printed, and how long it took."""
    settings = {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    path = os.pathsep.join([str(REPOSITORY / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryDirectory() as folder:
        losses = Path(folder) / "losses.json"
        start = time.perf_counter()
        done = subprocess.run(
            [*COMMANDS[library], str(FOLDER / script), *arguments, "--losses", str(losses)],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **settings, "PYTHONPATH": path},
            cwd=folder,
            check=False,
        )
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            raise RuntimeError(f"{script} failed with {library}:\n{done.stdout}{done.stderr}")
        return Run(json.loads(losses.read_text()), done.stdout, seconds)


def compare(name: str, *further: str) -> Comparison:
    """Run one with both libraries."""
    script, arguments = SCRIPTS[name]
    return Comparison(name, *(run(script, [*arguments, *further], library) for library in ("torch", "tapegrad")))


def page(found: list[Comparison]) -> str:
    """docs/examples.md."""
    rows = "\n".join(each.row() for each in found)
    printed = "\n\n".join(f"### {each.name}\n\n```\n{each.tapegrad.printed.rstrip()}\n```" for each in found)
    titles = [
        "example",
        "steps",
        f"largest difference in the first {BEGINNING}",
        "steps equal to 1e-6",
        "steps equal to 1e-4",
        "last loss, torch",
        "last loss, tapegrad",
        "same text printed",
        "torch",
        "tapegrad",
    ]
    head = f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|"
    return f"""# The examples under both libraries

The scripts in `examples/models` say `import torch` and run unchanged with PyTorch and with tapegrad, from the same
seed. `python -m conformance.examples --write` runs each with both and writes this page. The differences are relative,
between the losses of the same step; training multiplies the rounding errors that both have, sooner or later.

{head}
{rows}

The times are those of the whole program on one thread, imports included.

## What they print with tapegrad

{printed}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(SCRIPTS)}; all by default")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(REPOSITORY)}")
    options = parser.parse_args()
    found = []
    for name in options.names or SCRIPTS:
        found.append(compare(name))
        print(found[-1].row(), flush=True)
    if options.write:
        PAGE.write_text(page(found), encoding="utf-8")
    differing = [each.name for each in found if each.beginning() > TOLERANCE]
    if differing:
        sys.exit(f"differ in the first {BEGINNING} steps by more than {TOLERANCE}: {', '.join(differing)}")


if __name__ == "__main__":
    main()
