"""The examples in `examples/models` with torch and with tapegrad: the same losses?

    python -m conformance.examples              runs all with both, prints the comparison
    python -m conformance.examples --write      and writes it into docs/examples.md, in both languages
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

from . import examples_page

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "examples" / "models"

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

    def row(self) -> list[str]:
        """A row of the table."""
        return [
            self.name,
            str(len(self.torch.losses)),
            f"{self.beginning():.0e}",
            *(str(self.agreeing(tolerance)) for tolerance in (1e-6, 1e-4)),
            *(f"{library.losses[-1]:.6g}" for library in (self.torch, self.tapegrad)),
            "yes" if self.torch.printed == self.tapegrad.printed else "no",
            *(f"{library.seconds:.0f} s" for library in (self.torch, self.tapegrad)),
        ]


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(SCRIPTS)}; all by default")
    parser.add_argument("--write", action="store_true", help="write docs/examples.md, in both languages")
    options = parser.parse_args()
    found = []
    for name in options.names or SCRIPTS:
        found.append(compare(name))
        print(*found[-1].row(), sep="  ", flush=True)
    if options.write:
        printed = {each.name: each.tapegrad.printed for each in found}
        examples_page.write([each.row() for each in found], printed, BEGINNING)
    differing = [each.name for each in found if each.beginning() > TOLERANCE]
    if differing:
        sys.exit(f"differ in the first {BEGINNING} steps by more than {TOLERANCE}: {', '.join(differing)}")


if __name__ == "__main__":
    main()
