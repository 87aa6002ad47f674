"""The list of further packages can be repeated: everything in it is pinned, and nothing twice."""

from __future__ import annotations

import re
from pathlib import Path

from .packages import outcomes, packages, reasons

COMMON, PACKAGES = packages()
PINNED = re.compile(r"[\w.-]+==\d[\w.]*")


def test_every_version_is_pinned() -> None:
    wanted = [*COMMON, *(dep for package in PACKAGES for dep in package.deps)]
    assert [dep for dep in wanted if not PINNED.fullmatch(dep)] == []
    assert all(PINNED.fullmatch(f"{package.name}=={package.version}") for package in PACKAGES)


def test_no_package_has_two_versions() -> None:
    versions: dict[str, set[str]] = {}
    for dep in [*COMMON, *(dep for package in PACKAGES for dep in package.deps)]:
        name, version = dep.split("==")
        versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
    assert len({package.name for package in PACKAGES}) == len(PACKAGES)


def test_no_torch_is_among_what_is_installed() -> None:
    assert all(not dep.startswith("torch==") for package in PACKAGES for dep in package.deps)


def test_reasons_are_counted_without_their_numbers() -> None:
    found = outcomes_of([("a", "failed", "got 3"), ("b", "failed", "got 4"), ("c", "passed", "")])
    assert reasons(found, ["a", "b", "d"])[0] == ("failed: got N", 2)
    assert reasons(found, ["d"]) == [("not run: its file could not be imported, or the time was up", 1)]


def outcomes_of(rows: list[tuple[str, str, str]]) -> dict[str, dict[str, str | int]]:
    return {name: {"outcome": outcome, "why": why} for name, outcome, why in rows}


def test_a_run_that_wrote_nothing_has_no_outcomes(tmp_path: Path) -> None:
    assert outcomes(tmp_path / "none.jsonl") == {}
