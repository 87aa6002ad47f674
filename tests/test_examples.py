"""The tutorials in `examples/`: their form. What they print is compared with torch's in `conformance/`."""

import ast
import importlib.util
import json
import re
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from tapegrad.tour.percent import parse

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = sorted(path.stem for path in (EXAMPLES / "en").glob("*.py"))
SCRIPTS = [EXAMPLES / language / f"{name}.py" for language in ("en", "zh") for name in NAMES]

every_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
every_tutorial = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def make_notebooks() -> ModuleType:
    """The command that writes the notebooks, as a module."""
    spec = importlib.util.spec_from_file_location("make_notebooks", EXAMPLES / "make_notebooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def readme(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


def test_both_readmes_list_every_model() -> None:
    models = {path.name for path in (EXAMPLES / "models").glob("*.py")}
    for page in ("README.md", "README.zh-CN.md"):
        assert set(re.findall(r"\(models/(\w+\.py)\)", readme(page))) == models


def test_both_readmes_have_the_same_commands() -> None:
    english, chinese = (
        re.findall(r"^(.*?\S) +# ", readme(page).split("## ")[-1], re.MULTILINE)
        for page in ("README.md", "README.zh-CN.md")
    )
    assert len(english) == 4
    assert english == chinese


def test_there_are_five_tutorials_in_two_languages() -> None:
    assert [name[0] for name in NAMES] == list("12345")
    found = {path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*") if path.suffix in (".py", ".ipynb")}
    found = {path for path in found if path.parts[0] != "models"}
    expected = {path.relative_to(EXAMPLES).with_suffix(suffix) for path in SCRIPTS for suffix in (".py", ".ipynb")}
    assert found == expected | {Path("make_notebooks.py")}


@every_script
def test_the_notebook_holds_the_same_cells_as_the_script(script: Path, make_notebooks: ModuleType) -> None:
    notebook = script.with_suffix(".ipynb").read_text(encoding="utf-8")
    assert notebook == make_notebooks.notebook(script), "run `python examples/make_notebooks.py`"


@every_script
def test_the_notebook_stores_no_outputs(script: Path) -> None:
    notebook = json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in notebook["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@every_script
def test_explanations_and_code_take_turns(script: Path) -> None:
    cells = parse(script.read_text(encoding="utf-8"))
    assert cells[0].kind == cells[-1].kind == "markdown"
    assert cells[0].source.startswith(f"# {script.name[0]} · ")
    assert not any(a.kind == b.kind == "markdown" for a, b in pairwise(cells))


@every_script
def test_a_tutorial_imports_torch_and_matplotlib_only(script: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        assert not isinstance(node, ast.ImportFrom)
    assert {"torch"} <= imported <= {"torch", "torch.nn.functional", "matplotlib.pyplot"}


@every_script
def test_no_cell_ends_in_a_value_that_only_a_notebook_would_show(script: Path) -> None:
    for cell in parse(script.read_text(encoding="utf-8")):
        last = ast.parse(cell.source).body[-1] if cell.kind == "code" else None
        if isinstance(last, ast.Expr):
            assert ast.unparse(last).partition("(")[0] in ("print", "show")


class _WithoutWords(ast.NodeTransformer):
    """Takes the texts out of a program: what it prints, and what it says about itself."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        values = [self.visit(value) for value in node.values if isinstance(value, ast.FormattedValue)]
        return ast.JoinedStr(values)


@every_tutorial
def test_both_languages_run_the_same_code(name: str) -> None:
    english, chinese = (
        [
            (cell.id, cell.kind, ast.dump(_WithoutWords().visit(ast.parse(cell.source))) if cell.kind == "code" else "")
            for cell in parse((EXAMPLES / language / f"{name}.py").read_text(encoding="utf-8"))
        ]
        for language in ("en", "zh")
    )
    assert english == chinese


@every_tutorial
def test_both_languages_show_the_same_formulas_in_the_same_places(name: str) -> None:
    def headings_and_code(language: str) -> list[tuple[int, set[str]]]:
        cells = parse((EXAMPLES / language / f"{name}.py").read_text(encoding="utf-8"))
        return [
            (len(re.findall("^#+ ", cell.source, re.MULTILINE)), set(re.findall("`[^`]+`", cell.source)))
            for cell in cells
            if cell.kind == "markdown"
        ]

    assert headings_and_code("en") == headings_and_code("zh")
