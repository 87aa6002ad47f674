"""The tutorials, read from `examples/`: from a checkout, or from the copy that an installed package carries."""

import re
from dataclasses import dataclass
from pathlib import Path

from tapegrad.tour.percent import Cell, parse

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Lesson:
    """One tutorial: its number, from 1; its title; the script it comes from; and its cells in order."""

    number: int
    title: str
    path: Path
    cells: list[Cell]


def examples_folder() -> Path:
    """The folder that holds the tutorials, with a folder per language inside.

    Raises:
        FileNotFoundError: if the package was installed without them.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "examples", here.parents[2] / "examples"):
        if all((folder / language).is_dir() for language in LANGUAGES):
            return folder
    raise FileNotFoundError(
        "the tutorials are not part of this installation; run the tour from a checkout, where they are in examples/"
    )


def load(language: str) -> list[Lesson]:
    """All tutorials in `language`, one of `LANGUAGES`, in order."""
    return [_read(path) for path in sorted((examples_folder() / language).glob("[0-9]_*.py"))]


def _read(path: Path) -> Lesson:
    cells = parse(path.read_text(encoding="utf-8"))
    title = re.match(r"# \d · (.+)", cells[0].source)
    if title is None:
        raise ValueError(f"{path.name} should begin with a heading such as '# 1 · A single layer'")
    return Lesson(int(path.name[0]), title[1], path, cells)
