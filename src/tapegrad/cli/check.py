"""`tapegrad check`: which names of torch a program uses that tapegrad lacks, before anything of it runs."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from tapegrad.cli.torch_use import Use, uses_in_file
from tapegrad.torch_names import has_name, modules, tensor_attributes

DESCRIPTION = """\
Reads the source of a program or package and lists the names of torch in it that tapegrad lacks. Nothing of it is run
or imported. Names that the program tries in a `try` block with a second way, or asks about with hasattr, do not count.
"""

EXAMPLES = """\
examples:
  tapegrad check train.py lesson.ipynb     files
  tapegrad check src/                      a folder, with all that is below it
  tapegrad check einops                    an installed package, by the name that it is imported by

exit code: 0 if nothing is lacking, 1 if something is, 2 if there is nothing to check
"""


class Finding(NamedTuple):
    """A name, how often it is used, and where first."""

    name: str
    count: int  # type: ignore[assignment]  # a tuple's method by this name is not used
    place: str


class Report(NamedTuple):
    """What a program uses of torch."""

    files: int
    names: int
    lacking: list[Finding]
    """torch has them, tapegrad has not."""

    unknown: list[Finding]
    """The pinned torch has not got them either."""

    needs: list[Finding]
    """There once another package is installed: what the import says."""

    methods: list[Finding]
    """Attributes of something that may be a tensor: torch's Tensor has them, tapegrad's has not."""

    unreadable: list[str]


def main(arguments: Sequence[str]) -> int:
    """Print what is lacking; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="tapegrad check",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", nargs="+", metavar="FILE|FOLDER|PACKAGE", help="what to read")
    options = parser.parse_args(arguments)
    files: list[Path] = []
    for target in options.target:
        found = list(source_files(target))
        if not found:
            print(f"tapegrad check: {target!r} is no source file, no folder with any, no package", file=sys.stderr)
            return 2
        files += found
    report = check(files)
    _print(report)
    return 1 if report.lacking else 0


def source_files(target: str) -> Iterator[Path]:
    """The files that a target on the command line means."""
    path = Path(target)
    if path.is_dir():
        yield from sorted(file for end in ("*.py", "*.ipynb") for file in path.rglob(end))
    elif path.is_file():
        yield path
    elif target.isidentifier():
        spec = importlib.util.find_spec(target)  # of a name without dots it imports nothing
        if spec is not None and spec.submodule_search_locations:
            for folder in spec.submodule_search_locations:
                yield from source_files(folder)
        elif spec is not None and spec.origin is not None and spec.origin.endswith(".py"):
            yield Path(spec.origin)


def check(files: Iterable[Path]) -> Report:
    """Read source files and compare the names of torch that they use with tapegrad's."""
    uses: dict[str, list[tuple[Path, Use]]] = {}
    unreadable, using = [], 0
    for path in files:
        try:
            found = uses_in_file(path)
        except (OSError, SyntaxError, ValueError) as error:
            unreadable.append(f"{path}: {error}")
            continue
        if any(not use.name.startswith(".") for use in found):
            using += 1
            for use in found:
                uses.setdefault(use.name, []).append((path, use))
    names = [name for name in uses if not name.startswith(".")]
    needed = {name: [(path, use) for path, use in places if not use.optional] for name, places in uses.items()}
    lacking: list[Any] = []
    unknown: list[Any] = []
    needs: list[Finding] = []
    for name in sorted(names):
        try:
            gap = gap_at(name)
        except ModuleNotFoundError as error:
            gap = None
            if needed[name]:
                needs.append(_finding(str(error), needed[name]))
        if gap is not None and needed[name]:
            finding = _finding(gap, needed[name])
            (lacking if in_torch(gap) else unknown).append(finding)
    absent = absent_methods()
    methods = [_finding(name, needed[name]) for name in sorted(uses) if name[1:] in absent and needed[name]]
    return Report(using, len(names), _merged(lacking), _merged(unknown), _merged(needs), methods, unreadable)


def absent_methods() -> frozenset[str]:
    """The attributes of torch's Tensor that no tensor of tapegrad has, but for those that containers have, too."""
    layouts = importlib.import_module("tapegrad.sparse.layouts")
    kinds = (layouts.SparseCooTensor, layouts.SparseCsrTensor, dict, list, str)
    return frozenset(name for name in tensor_attributes() if not any(hasattr(kind, name) for kind in kinds))


def gap_at(name: str) -> str | None:
    """The shortest beginning of a full name that tapegrad lacks; None if it has the whole.

    Raises:
        ModuleNotFoundError: it is in a part of tapegrad that needs another package; says which.

    >>> gap_at("torch.nn.Linear"), gap_at("torch.package.PackageExporter.save")
    (None, 'torch.package')
    """
    owner: object = importlib.import_module("tapegrad")
    parts = name.split(".")
    for end in range(2, len(parts) + 1):
        part, full = parts[end - 1], ".".join(parts[:end])
        if not isinstance(owner, ModuleType):
            # Attributes of classes and other objects: tensors' are listed, of the others nothing is known.
            return None if hasattr(owner, part) or part not in tensor_attributes() else full
        found = getattr(owner, part, None)
        if found is None and not hasattr(owner, part):
            module = f"tapegrad{full.removeprefix('torch')}"
            try:
                found = importlib.import_module(module)
            except ModuleNotFoundError as error:
                if error.name != module and not module.startswith(f"{error.name}."):
                    raise
                return full
        owner = found
    return None


def in_torch(name: str) -> bool:
    """Whether torch has a name, as far as the stored list says."""
    module, _, last = name.rpartition(".")
    return name in modules() or module not in modules() or has_name(module, last)


def _finding(name: str, places: list[tuple[Path, Use]]) -> Finding:
    path, use = min(places, key=lambda place: (str(place[0]), place[1].line))
    return Finding(name, len(places), f"{path}:{use.line}")


def _merged(findings: list[Finding]) -> list[Finding]:
    """One finding per name, the most used first."""
    merged: dict[str, Finding] = {}
    for f in findings:
        before = merged.get(f.name)
        merged[f.name] = f if before is None else Finding(f.name, before.count + f.count, min(before.place, f.place))
    return sorted(merged.values(), key=lambda f: (-f.count, f.name))


def _print(report: Report) -> None:
    lacks = f"tapegrad lacks {len(report.lacking)} of them" if report.lacking else "tapegrad has them all"
    print(f"{_count(report.files, 'file')} with torch, {_count(report.names, 'name')}: {lacks}")
    _table("", report.lacking)
    _table("names that torch 2.13.0 has not either:", report.unknown)
    _table("names that need another package:", report.needs)
    _table("attributes that tapegrad lacks if these are tensors:", report.methods)
    for line in report.unreadable:
        print(f"not read: {line}")


def _table(title: str, findings: list[Finding]) -> None:
    if findings and title:
        print(title)
    width = max((len(f.name) for f in findings), default=0)
    for f in findings:
        print(f"  {f.name:<{width}}  {_count(f.count, 'use')}, first in {f.place}")


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
