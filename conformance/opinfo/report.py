"""The summary of a run, and the rows that are known to fail."""

from __future__ import annotations

import collections
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCOPES = ("core", "extended", "internal")
Entries = dict[str, dict[str, Any]]


def data(name: str) -> Any:
    """One of the JSON files beside this module."""
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def scope_of() -> Callable[[str], str]:
    """A function that tells the scope of a name."""
    scopes = {name: scope for scope, names in data("scopes").items() for name in names}
    return lambda name: scopes.get(name, "internal")


def rows(entries: Entries) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """("name check", its tallies by dtype) of all that was compared; ("name crash", …) where that ended early."""
    for name, entry in entries.items():
        if "crash" in entry:
            yield f"{name} crash", {"any": {"ok": 0, "total": 1, "kinds": {"crash": 1}, "first": entry["crash"]}}
        for check, by_dtype in entry.get("checks", {}).items():
            yield f"{name} {check}", by_dtype


def agrees(by_dtype: dict[str, dict[str, Any]]) -> bool:
    """Whether all samples of all dtypes agree."""
    return all(tally["ok"] == tally["total"] for tally in by_dtype.values())


def unexpected(entries: Entries, samples: int) -> list[str]:
    """The rows that fail without being listed in known_failures.json, and those that are listed and pass.

    A listed row names the number of samples from which it fails; a run with fewer says nothing about it.
    """
    known = data("known_failures")
    found = []
    for row, by_dtype in rows(entries):
        if row in known:
            if agrees(by_dtype) and samples >= known[row]["samples"]:
                found.append(f"{row}: passes; take it off the list of known failures")
            continue
        for dtype, tally in by_dtype.items():
            if tally["ok"] < tally["total"]:
                kinds = ", ".join(f"{kind} {n}" for kind, n in tally["kinds"].items())
                found.append(f"{row} {dtype}: {tally['ok']}/{tally['total']} ({kinds}): {tally['first']}")
    return found


def figures(entries: Entries, check: str, scope: str | None = None) -> tuple[int, int]:
    """(operators all of whose samples agree, operators) in a check."""
    of = [e["checks"][check] for e in entries.values() if scope in (None, e["scope"]) and check in e.get("checks", {})]
    return sum(map(agrees, of)), len(of)


def _cell(ok: int, total: int) -> str:
    return f"{ok}/{total} {100 * ok / total:5.1f}%" if total else "-"


def _aligned(lines: list[list[str]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    )


def summary(entries: Entries, checks: tuple[str, ...]) -> str:
    """The figures by check and scope, and what was looked at without being judged."""
    scopes = [scope for scope in SCOPES if any(e["scope"] == scope for e in entries.values())]
    table = [["check", "operators right", "samples right", *scopes]]
    for check in checks:
        ok, total = figures(entries, check)
        if not total:
            continue
        tallies = [t for e in entries.values() for t in e.get("checks", {}).get(check, {}).values()]
        samples = sum(t["ok"] for t in tallies), sum(t["total"] for t in tallies)
        by_scope = [_cell(*figures(entries, check, scope)) for scope in scopes]
        table.append([check, _cell(ok, total), _cell(*samples), *by_scope])
    counts: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    for entry in entries.values():
        for what, (ok, total) in entry.get("counts", {}).items():
            counts[what] = [counts[what][0] + ok, counts[what][1] + total]
    gone = [name for name, e in entries.items() if e.get("present") is False]
    empty = [name for name, e in entries.items() if not e.get("checks") and "crash" not in e]
    lines = [_aligned(table), "not judged: " + ", ".join(f"{w} {a}/{b}" for w, (a, b) in sorted(counts.items()))]
    lines.append(f"names present: {len(entries) - len(gone)}/{len(entries)}" + "".join(f"; no {n}" for n in gone))
    if empty:
        lines.append("without a sample that both take: " + ", ".join(empty))
    return "\n".join(lines)
