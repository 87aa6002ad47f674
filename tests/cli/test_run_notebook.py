"""`tapegrad run` of notebooks, with and without `--save`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run


def write(path: Path, *cells: str, **metadata: Any) -> None:
    """A notebook of these cells; those that begin with # and a space are text."""
    kinds = ["markdown" if cell.startswith("# ") else "code" for cell in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": metadata,
        "cells": [
            {"cell_type": kind, "id": f"cell-{n}", "metadata": {}, "source": cell.splitlines(keepends=True)}
            | ({"outputs": [], "execution_count": None} if kind == "code" else {})
            for n, (kind, cell) in enumerate(zip(kinds, cells, strict=True))
        ],
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture(params=[False, True], ids=["plain", "saved"])
def run(request: pytest.FixtureRequest, tapegrad_command: Run) -> Run:
    """`tapegrad run a.ipynb`, by this process's executor and by a Jupyter kernel: what is common to both."""
    return lambda *arguments: tapegrad_command(
        "run", "a.ipynb", *(["--save", "out.ipynb"] if request.param else []), *arguments
    )


class TestBothWays:
    def test_cells_run_in_order_and_show_their_last_expression(self, tmp_path: Path, run: Run) -> None:
        write(
            tmp_path / "a.ipynb",
            "# A title",
            "import torch\nx = torch.ones(2, 2, requires_grad=True)\nx",
            "  \n",
            "print('printed')\n(x * 3).sum()",
            "x;",
            "None",
            "def f(): return 'in'\n\nif True:\n    f()",
            "f()",
        )
        found = run()
        assert found.stdout == (
            "tensor([[1., 1.],\n        [1., 1.]], requires_grad=True)\n"
            "printed\ntensor(12., grad_fn=<SumBackward0>)\n'in'\n"
        )
        assert (found.stderr, found.returncode) == ("", 0)

    def test_an_exception_stops_with_its_cells_number_and_code_1(self, tmp_path: Path, run: Run) -> None:
        write(tmp_path / "a.ipynb", "# A title", "def f():\n    1 / 0", "f()\nprint('no')", "print('no')")
        found = run()
        assert (found.stdout, found.returncode) == ("", 1)
        assert "ZeroDivisionError: division by zero" in found.stderr
        assert "a.ipynb, cell 2" in found.stderr
        assert "runner" not in found.stderr
        assert "tapegrad/cli" not in found.stderr

    def test_a_syntax_error_names_its_cell(self, tmp_path: Path, run: Run) -> None:
        write(tmp_path / "a.ipynb", "1", "x = = 2")
        found = run()
        assert (found.stdout, found.returncode) == ("1\n", 1)
        assert "SyntaxError: invalid syntax" in found.stderr
        assert "a.ipynb, cell 2" in found.stderr

    def test_what_sets_up_a_notebook_or_installs_torch_does_no_harm(self, tmp_path: Path, run: Run) -> None:
        write(
            tmp_path / "a.ipynb",
            "%matplotlib inline\n!pip install torch\n%pip install torch\nimport torch\ntorch.__spec__.name",
            "if True:\n    !python -m pip install torch\n    print('after')",
        )
        found = run()
        assert (found.stdout, found.returncode) == ("'tapegrad'\nafter\n", 0)
        assert found.stderr.count("skipped") == 3

    def test_cells_run_in_the_notebooks_folder_with_its_arguments(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(tmp_path / "sub" / "a.ipynb", "import neighbour, os, sys\nprint(os.getcwd())\nsys.argv[1:]")
        (tmp_path / "sub" / "neighbour.py").touch()
        plain = tapegrad_command("run", "sub/a.ipynb", "--lr", "3")
        saved = tapegrad_command("run", "--save", "out.ipynb", "sub/a.ipynb", "--lr", "3")
        assert plain.stdout == saved.stdout == f"{tmp_path}/sub\n['--lr', '3']\n"
        assert (tmp_path / "out.ipynb").exists()

    def test_images_are_noted(self, tmp_path: Path, run: Run) -> None:
        write(
            tmp_path / "a.ipynb",
            "class Picture:\n    def _repr_svg_(self): return '<svg/>'\nPicture()",
            "display(Picture(), 'text')",
        )
        found = run()
        assert found.stdout == "[image/svg+xml]\n[image/svg+xml]\n'text'\n"


class TestPlain:
    def test_figures_are_noted_below_their_cell(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(
            tmp_path / "a.ipynb",
            "import matplotlib.pyplot as plt\nfigure = plt.figure(figsize=(2, 1), dpi=100)\nprint('drawn')",
            "plt.figure(figsize=(4, 3), dpi=100)\nplt.show()\nprint('after')",
            "print('no more')",
        )
        found = tapegrad_command("run", "a.ipynb")
        assert found.stdout == "drawn\n[image/png] 200x100\n[image/png] 400x300\nafter\nno more\n"
        assert (found.stderr, found.returncode) == ("", 0)

    def test_the_traceback_shows_the_cells_source_and_no_other_frames(
        self, tmp_path: Path, tapegrad_command: Run
    ) -> None:
        write(tmp_path / "a.ipynb", "def f():\n    raise KeyError(1)", "f()")
        lines = tapegrad_command("run", "a.ipynb").stderr.splitlines()
        assert [line for line in lines if "^" not in line] == [
            "Traceback (most recent call last):",
            '  File "a.ipynb, cell 2", line 1, in <module>',
            "    f()",
            '  File "a.ipynb, cell 1", line 2, in f',
            "    raise KeyError(1)",
            "KeyError: 1",
        ]

    def test_what_is_missing_is_reported_at_the_cells_own_line(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(tmp_path / "a.ipynb", "import torch\ntorch.LiteScriptModule")
        lines = tapegrad_command("run", "a.ipynb").stderr.splitlines()
        assert lines[1:3] == ['  File "a.ipynb, cell 1", line 2, in <module>', "    torch.LiteScriptModule"]
        assert lines[-1].endswith("tapegrad has no torch.LiteScriptModule")

    def test_an_exit_code_is_the_commands(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(tmp_path / "a.ipynb", "import sys\nsys.exit(5)", "print('no')")
        found = tapegrad_command("run", "a.ipynb")
        assert (found.stdout, found.stderr, found.returncode) == ("", "", 5)

    def test_the_source_of_a_cells_function_can_be_read(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(tmp_path / "a.ipynb", "def f():\n    return 1", "import inspect\nprint(inspect.getsource(f), end='')\n_")
        found = tapegrad_command("run", "a.ipynb")
        assert found.stdout == "def f():\n    return 1\n"
        assert "NameError: name '_' is not defined" in found.stderr

    def test_the_last_result_is_an_underscore(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(tmp_path / "a.ipynb", "6 * 7", "print(_ + 1)")
        assert tapegrad_command("run", "a.ipynb").stdout == "42\n43\n"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("not json", "not a notebook: Expecting value: line 1 column 1 (char 0)"),
            ("[]", "not a notebook: it has no entry 'nbformat'"),
            ('{"nbformat": 3}', "notebook format 3, expected 4: open and save it in Jupyter"),
            (
                '{"nbformat": 4, "cells": [], "metadata": {"kernelspec": {"language": "R"}}}',
                "its cells are in R, expected Python",
            ),
        ],
    )
    def test_a_file_that_is_no_python_notebook_says_why(
        self, tmp_path: Path, tapegrad_command: Run, text: str, message: str
    ) -> None:
        (tmp_path / "a.ipynb").write_text(text)
        found = tapegrad_command("run", "a.ipynb")
        assert (found.stdout, found.stderr, found.returncode) == ("", f"tapegrad run: a.ipynb: {message}\n", 2)


class TestSaved:
    def test_outputs_are_written_and_sources_stay_as_they_were(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(
            tmp_path / "a.ipynb",
            "# A title",
            "%matplotlib inline\n!pip install torch\nimport torch",
            "print('out')\ntorch.zeros(1)",
            "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
            kernelspec={"name": "conda-env-nosuch", "display_name": "x", "language": "python"},
        )
        found = tapegrad_command("run", "a.ipynb", "--save", "out.ipynb")
        assert (found.stdout, found.returncode) == ("out\ntensor([0.])\n[image/png]\n", 0), found.stderr
        before = json.loads((tmp_path / "a.ipynb").read_text())["cells"]
        cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
        assert ["".join(cell["source"]) for cell in cells] == ["".join(cell["source"]) for cell in before]
        assert cells[2]["outputs"] == [
            {"output_type": "stream", "name": "stdout", "text": ["out\n"]},
            {
                "output_type": "execute_result",
                "execution_count": 2,
                "metadata": {},
                "data": {"text/plain": ["tensor([0.])"]},
            },
        ]
        assert "image/png" in cells[3]["outputs"][0]["data"]
        assert [cell.get("execution_count") for cell in cells] == [None, 1, 2, 3]

    def test_the_file_is_written_when_a_cell_fails(self, tmp_path: Path, tapegrad_command: Run) -> None:
        write(tmp_path / "a.ipynb", "1", "1 / 0", "2")
        assert tapegrad_command("run", "a.ipynb", "--save", "out.ipynb").returncode == 1
        cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
        assert [[output["output_type"] for output in cell["outputs"]] for cell in cells] == [
            ["execute_result"],
            ["error"],
            [],
        ]

    def test_a_missing_extra_names_its_install_command(self, tmp_path: Path, python: Run) -> None:
        write(tmp_path / "a.ipynb", "1")
        code = (
            "import sys; sys.modules['nbclient'] = None\n"  # None: as if it were not installed
            "from tapegrad.cli import main; sys.exit(main(['run', 'a.ipynb', '--save', 'out.ipynb']))"
        )
        found = python("-c", code)
        assert found.stderr == "tapegrad run: --save needs nbclient: pip install 'tapegrad[notebook]'\n"
        assert (found.stdout, found.returncode) == ("", 1)
        assert not (tmp_path / "out.ipynb").exists()
