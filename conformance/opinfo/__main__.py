"""The command: `python -m conformance.opinfo`."""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
from typing import Any

import torch
from torch.testing._internal.common_methods_invocations import op_db

from ..workers import run
from .entry import Settings
from .operators import CHECKS, DTYPES, Operator, full_name
from .report import HERE, SCOPES, Entries, agrees, data, rows, scope_of, summary, unexpected
from .sides import Side


def compare(
    library: Any,
    settings: Settings,
    *,
    pattern: str = "",
    scopes: tuple[str, ...] = SCOPES,
    jobs: int = 1,
    loud: bool = False,
) -> Entries:
    """Drive the operators in whose names a pattern is found through torch and another library."""
    torch.set_num_threads(1)
    mine, excluded, scope = Side(library), data("excluded"), scope_of()
    infos = [
        info
        for info in op_db
        if full_name(info) not in excluded and scope(info.name) in scopes and re.search(pattern, full_name(info))
    ]

    def work(i: int) -> dict[str, Any]:
        return Operator(infos[i], mine, settings).compare()

    found: Entries = {}
    for i, result in run(range(len(infos)), work, jobs, 60 * settings.seconds, loud):
        found[full_name(infos[i])] = {"scope": scope(infos[i].name), **result}
    return {full_name(info): found[full_name(info)] for info in infos}


def quick() -> Settings:
    """Two samples of each operator, in float64: a minute's work."""
    return Settings(dtypes=("float64",), samples=2, seconds=10, checks=CHECKS)


def record(entries: Entries, settings: Settings, kept: dict[str, Any]) -> str:
    """The figures as JSON: by operator and check, how many samples of all dtypes agree, of how many.

    Args:
        entries: what was compared.
        settings: how.
        kept: figures of other operators.
    """
    operators = dict(kept)
    for name, entry in entries.items():
        checks = {
            check: [sum(t["ok"] for t in by.values()), sum(t["total"] for t in by.values())]
            for check, by in entry.get("checks", {}).items()
        }
        operators[name] = {"scope": entry["scope"], "checks": checks, "nodes": entry.get("nodes", [])}
    lines = [f"  {json.dumps(name)}: {json.dumps(operators[name])}" for name in sorted(operators)]
    head = {"torch": torch.__version__.split("+")[0], "dtypes": settings.dtypes, "samples": settings.samples}
    text = "\n".join(f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items())
    return "{\n" + text + '\n "operators": {\n' + ",\n".join(lines) + "\n }\n}\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="conformance.opinfo", description=__doc__)
    parser.add_argument("--ops", default="", metavar="PATTERN", help="operators whose name.variant has this in it")
    parser.add_argument("--scope", action="append", choices=SCOPES, help="these operators only; may be repeated")
    parser.add_argument("--samples", type=int, default=8, help="at most so many of each operator, dtype and check")
    parser.add_argument("--dtypes", nargs="+", default=DTYPES)
    parser.add_argument("--checks", nargs="+", default=CHECKS, choices=CHECKS)
    parser.add_argument("--strided", action="store_true", help="operands with gaps in memory")
    parser.add_argument("--quick", action="store_true", help="two samples, float64")
    parser.add_argument("--seconds", type=float, default=10, help="time for one operator, check and dtype")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--library", default="tapegrad", help="what is compared with torch")
    parser.add_argument("--loud", action="store_true", help="show what workers print, and their errors")
    parser.add_argument(
        "--write", action="store_true", help="keep the figures in results.json, with --ops those of some"
    )
    options = parser.parse_args(arguments)
    settings = Settings(tuple(options.dtypes), options.samples, options.seconds, tuple(options.checks), options.strided)
    if options.quick:
        settings = quick()
    scopes = tuple(options.scope or SCOPES)
    if options.write and (scopes != SCOPES or settings != Settings(DTYPES, 8, settings.seconds, CHECKS)):
        parser.error("--write keeps figures of all checks and dtypes; leave out the options that choose some")
    library = importlib.import_module(options.library)
    entries = compare(library, settings, pattern=options.ops, scopes=scopes, jobs=options.jobs, loud=options.loud)
    print(summary(entries, CHECKS))
    known = data("known_failures")
    print(f"known failures: {sum(row in known and not agrees(by_dtype) for row, by_dtype in rows(entries))}")
    if options.write:
        kept = data("results")["operators"] if options.ops else {}
        (HERE / "results.json").write_text(record(entries, settings, kept), encoding="utf-8")
    surprises = unexpected(entries, settings.samples)
    print(f"unexpected: {len(surprises)}", *surprises, sep="\n  ")
    return int(bool(surprises))


if __name__ == "__main__":
    sys.exit(main())
