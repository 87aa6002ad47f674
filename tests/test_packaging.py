"""The package as installed and imported: light, complete, and in step with pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import tapegrad
from tapegrad.extras import EXTRAS

ROOT = Path(__file__).parents[1]

HEAVY = [
    "IPython",
    "argparse",
    "asyncio",
    "concurrent.futures",
    "cupy",
    "importlib.metadata",
    "matplotlib",
    "ml_dtypes",
    "mpi4py",
    "multiprocessing",
    "numba",
    "pdb",
    "scipy",
    "tapegrad.cli",
    "tapegrad.tour",
    "torch",
    "unittest",
]


def loaded_by(statement: str) -> set[str]:
    """The modules that a new Python has loaded after a statement, and did not have before it."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    source = Path(tapegrad.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True
    )  # the folder itself stands first on the path
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_import_loads_nothing_heavy_that_numpy_does_not_load() -> None:
    extra = loaded_by("import tapegrad") - loaded_by("import numpy")
    assert {module for module in extra if any(f"{module}.".startswith(f"{heavy}.") for heavy in HEAVY)} == set()


def test_the_extras_are_those_of_the_project_file(project: Any) -> None:
    declared = {
        extra: {re.split(r"[<>=~! ]", requirement)[0] for requirement in requirements}
        for extra, requirements in project["project"]["optional-dependencies"].items()
        if extra != "all"
    }
    assert {extra: set(modules.values()) for extra, modules in EXTRAS.items()} == declared


def test_the_extra_all_needs_neither_a_gpu_nor_mpi(project: Any) -> None:
    (requirement,) = project["project"]["optional-dependencies"]["all"]
    assert set(re.fullmatch(r"tapegrad\[(.*)\]", requirement)[1].split(",")) == set(EXTRAS) - {"cuda", "mpi"}


def test_torch_is_pinned_and_no_dependency_of_the_package(project: Any) -> None:
    assert "torch" not in str(project["project"]["dependencies"])
    for group in project["dependency-groups"].values():
        for requirement in group:
            if isinstance(requirement, str) and re.match(r"torch\b", requirement):
                assert requirement == "torch==2.13.0"


def test_the_version_of_the_distribution_is_in_the_source(project: Any) -> None:
    place = project["tool"]["hatch"]["version"]
    found = re.search(place["pattern"], (ROOT / place["path"]).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert found is not None
    assert found["version"] == tapegrad.version.own


def test_the_type_hints_are_announced() -> None:
    assert (Path(tapegrad.__file__).parent / "py.typed").is_file()


def test_each_package_says_what_it_is_for() -> None:
    for init in Path(tapegrad.__file__).parent.rglob("__init__.py"):
        assert init.read_text(encoding="utf-8").startswith(('"""', 'r"""')), init
