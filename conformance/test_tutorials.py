"""The tutorials print the same with python and torch as with `tapegrad run`, as scripts and as notebooks.

Each runs in processes of its own, as a reader runs it: what `import torch` finds is decided at a program's start.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import torch

REPOSITORY = Path(__file__).parents[1]
SCRIPTS = sorted((REPOSITORY / "examples").glob("*/[0-9]_*.py"))
NOTEBOOKS = sorted((REPOSITORY / "examples").glob("*/[0-9]_*.ipynb"))

PYTHON = [sys.executable]
TAPEGRAD_RUN = [sys.executable, "-m", "tapegrad", "run"]

# Executes notebooks cell by cell, each notebook in variables of its own, and prints what each cell printed as JSON.
CELL_BY_CELL = """
import contextlib, io, json, sys
texts = {}
for path in sys.argv[1:]:
    variables = {"__name__": "__main__"}
    texts[path] = []
    for cell in json.load(open(path, encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(compile("".join(cell["source"]), cell["id"], "exec"), variables)
            texts[path].append([cell["id"], printed.getvalue()])
import torch
print(json.dumps({"library": torch.__spec__.name, "texts": texts}))
"""


def run(command: list[str], *arguments: object) -> str:
    """What a program prints, object addresses replaced; it must succeed and complain of nothing."""
    # Agg draws without a display. One thread: with more, torch may add up in another order.
    settings = {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **settings},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return re.sub(r"0x[0-9a-f]+", "0x…", done.stdout)


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.fixture(scope="module")
def printed_with_torch() -> dict[Path, str]:
    """What each script prints with python and the real torch."""
    assert torch.__version__.startswith("2.13.0")
    return {script: run(PYTHON, script) for script in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_a_script_prints_the_same(script: Path, printed_with_torch: dict[Path, str]) -> None:
    assert run(TAPEGRAD_RUN, script) == printed_with_torch[script]


@pytest.fixture(scope="module")
def cells_of_both(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What each cell of each notebook prints, with torch and with tapegrad."""
    driver = tmp_path_factory.mktemp("driver") / "cell_by_cell.py"
    driver.write_text(CELL_BY_CELL, encoding="utf-8")
    theirs = json.loads(run(PYTHON, driver, *NOTEBOOKS))
    ours = json.loads(run(TAPEGRAD_RUN, driver, *NOTEBOOKS))
    assert (theirs["library"], ours["library"]) == ("torch", "tapegrad")
    return theirs["texts"], ours["texts"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_each_cell_of_a_notebook_prints_the_same(
    notebook: Path, cells_of_both: tuple[dict[str, list[str]], dict[str, list[str]]]
) -> None:
    theirs, ours = cells_of_both
    assert ours[str(notebook)] == theirs[str(notebook)]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_a_notebook_under_tapegrad_run_prints_what_the_script_prints(
    notebook: Path, printed_with_torch: dict[Path, str]
) -> None:
    """But for a note in place of each picture."""
    printed = re.sub(r"^\[image/png\].*\n", "", run(TAPEGRAD_RUN, notebook), flags=re.MULTILINE)
    assert printed == printed_with_torch[notebook.with_suffix(".py")]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_a_notebook_is_valid_and_written_as_jupyter_writes_it(notebook: Path) -> None:
    text = notebook.read_text(encoding="utf-8")
    content = nbformat.reads(text, as_version=4)
    nbformat.validate(content)
    assert text == nbformat.writes(content) + "\n"


@pytest.mark.parametrize(
    ("tutorial", "facts"),
    [
        ("3_recordings", ["tensor(27., ", "[4.5000, 4.5000]"]),
        ("4_grad_and_backward", ["tensor([2.])", "tensor([1., 1.])"]),
        (
            "5_thermometers",
            [
                "tensor([4517.2969,   82.6000])",
                " 7.860115\n",
                " 2.927647\n",
                "tensor([  5.3671, -17.3012], requires_grad",
            ],
        ),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_numbers_worth_remembering_are_printed(
    language: str, tutorial: str, facts: list[str], printed_with_torch: dict[Path, str]
) -> None:
    printed = printed_with_torch[REPOSITORY / "examples" / language / f"{tutorial}.py"]
    assert [fact for fact in facts if fact not in printed] == []
