"""Runs the tests of further published packages with torch and with tapegrad, and counts.

    python conformance/packages.py --list
    python conformance/packages.py [NAME...] --json RESULTS.json

`packages.toml` names the packages: each at a pinned version, with its pinned dependencies and where in its source
distribution the tests are.  Sources and two virtual environments, one with torch and one without, are put into a work
folder; nothing of a package is kept here.  *Of* counts the tests that pass with torch and call it at least once;
*passed* counts those of them that pass with tapegrad.  `conformance/ecosystem.py` makes a page of the results.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TORCH = "torch==2.13.0"
TEST_SECONDS = 60  # for one test
PYTEST = ("-q", "-p", "packages_plugin", "-p", "no:cacheprovider", "-o", "addopts=", "-W", "ignore", "--tb=no")
Outcomes = dict[str, dict[str, str | int]]


@dataclass(frozen=True)
class Package:
    """A published package and how its tests are run."""

    name: str
    version: str
    about: str
    tests: list[str]
    deps: list[str] = field(default_factory=list)
    args: list[str] = field(default_factory=list)  # of pytest
    env: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=lambda: ["."])  # put on the path, relative to the source
    seconds: int = 900  # for all tests


def packages() -> tuple[list[str], list[Package]]:
    """What all suites need, and the packages, from `packages.toml`."""
    table = tomllib.loads((HERE / "packages.toml").read_text(encoding="utf-8"))
    return table["common"], [Package(**record) for record in table["package"]]


def python_of(work: Path, kind: str, wanted: Sequence[str]) -> Path:
    """The interpreter of the virtual environment for 'torch' or 'tapegrad', with what the suites need."""
    place = work / f"venv-{kind}"
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = place / "holds.json"
    if stamp.exists() and json.loads(stamp.read_text()) == list(wanted):
        return python
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
    install: list[str | Path] = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if kind == "torch":
        subprocess.run([*install, TORCH], check=True)
    # Without their dependencies: one of them would bring torch along.
    subprocess.run([*install, "--no-deps", *wanted], check=True)
    stamp.write_text(json.dumps(list(wanted)))
    return python


def source_of(work: Path, package: Package) -> Path:
    """The unpacked source distribution."""
    place = work / "src" / f"{package.name}-{package.version}"
    if not place.exists():
        with tempfile.TemporaryDirectory(dir=work) as folder:
            what = [f"{package.name}=={package.version}", "--no-deps", "--no-binary", ":all:"]
            command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "-d", folder]
            # pip asks the source for its requirements once it is there, which may fail: the file is what counts.
            subprocess.run([*command, *what], check=False, stderr=subprocess.DEVNULL)
            archive = next(Path(folder).glob("*.tar.gz"), None)
            if archive is None:
                raise SystemExit(f"no source distribution of {package.name} {package.version}")
            with tarfile.open(archive) as tar:
                tar.extractall(place, filter="data")
    return next(path for path in place.iterdir() if path.is_dir())


def run(
    package: Package, kind: str, python: Path, work: Path, traced: bool = False, only: Sequence[str] = ()
) -> Outcomes:
    """Run the tests once, or some of them; what became of each."""
    source = source_of(work, package)
    report = work / "out" / f"{package.name}-{kind}{'-traced' if traced else ''}.jsonl"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    paths = [str(HERE), *(str(source / path) for path in package.paths)]
    start = ["-m", "pytest"]
    if kind == "tapegrad":
        paths.append(str(HERE.parent / "src"))
        start = ["-m", "tapegrad", "run", "-m", "pytest"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    mode = {"PACKAGES_REPORT": str(report), "PACKAGES_TRACED": "1" if traced else ""}
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "CUDA_VISIBLE_DEVICES": ""}
    env = {**os.environ, **threads, **quiet, **mode, **package.env, "PYTHONPATH": os.pathsep.join(paths)}
    command: list[str | Path] = [
        python,
        *start,
        *PYTEST,
        "--continue-on-collection-errors",
        "--timeout",
        str(TEST_SECONDS),
    ]
    with open(report.with_suffix(".log"), "w", encoding="utf-8") as log:
        try:
            everything: list[str | Path] = [*command, *package.args, *(only or package.tests)]
            subprocess.run(
                everything, cwd=source, env=env, stdout=log, stderr=log, timeout=package.seconds, check=False
            )
        except subprocess.TimeoutExpired:
            print(f"{package.name}: stopped after {package.seconds} s with {kind}", flush=True)
    return outcomes(report)


def outcomes(report: Path) -> Outcomes:
    """What the plugin has written, by test."""
    if not report.exists():
        return {}
    records = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    return {record.pop("id"): record for record in records}


def wanted_of(package: Package, python: Path, work: Path, again: bool) -> list[str]:
    """The tests that pass with torch and call it, found once and kept in the work folder."""
    kept = work / "out" / f"{package.name}-{package.version}-wanted.json"
    if again or not kept.exists():
        traced = run(package, "torch", python, work, traced=True)
        calling = {test: record["outcome"] for test, record in traced.items() if record["calls"]}
        # Being watched may itself be why a test fails.
        failed = [test for test, outcome in calling.items() if outcome == "failed"]
        plain = run(package, "torch", python, work, only=failed) if failed else {}
        right = {test for test, record in plain.items() if record["outcome"] == "passed"}
        kept.write_text(json.dumps(sorted(test for test, got in calling.items() if got == "passed" or test in right)))
    found: list[str] = json.loads(kept.read_text())
    return found


def reasons(found: Outcomes, missed: Iterable[str]) -> list[tuple[str, int]]:
    """The commonest reasons why tests do not pass, with numbers blurred."""
    counter: Counter[str] = Counter()
    for test in missed:
        record = found.get(test, {"outcome": "not run", "why": "its file could not be imported, or the time was up"})
        counter[f"{record['outcome']}: {re.sub(r'[0-9]+', 'N', str(record['why']))}"[:200]] += 1
    return counter.most_common(15)


def main() -> None:
    """Run the chosen packages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="packages; all if none is named")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "tapegrad-packages")
    parser.add_argument("--json", type=Path, help="write the results here; those of other packages in it are kept")
    parser.add_argument("--again", action="store_true", help="run the tests with torch again, too")
    options = parser.parse_args()
    common, known = packages()
    if options.list:
        for package in known:
            print(f"{package.name} {package.version}: {package.about}")
        return
    unknown = set(options.names) - {package.name for package in known}
    if unknown:
        parser.error(f"no such packages: {', '.join(sorted(unknown))}")
    wanted = sorted({*common, *(dep for package in known for dep in package.deps)})
    options.work.mkdir(parents=True, exist_ok=True)
    pythons = {kind: python_of(options.work, kind, wanted) for kind in ("torch", "tapegrad")}
    for package in known:
        if options.names and package.name not in options.names:
            continue
        tests = wanted_of(package, pythons["torch"], options.work, options.again)
        found = run(package, "tapegrad", pythons["tapegrad"], options.work)
        missed = [test for test in tests if found.get(test, {}).get("outcome") != "passed"]
        why = reasons(found, missed)
        print(f"{package.name} {package.version}: passed {len(tests) - len(missed)} of {len(tests)}", flush=True)
        for text, count in why:
            print(f"    {count:5d}  {text}", flush=True)
        if options.json:
            results = json.loads(options.json.read_text()) if options.json.exists() else {"suites": {}}
            suite = {"passed": len(tests) - len(missed), "of": len(tests), "failing": missed, "why": why}
            results["suites"][package.name] = suite
            options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
