"""What notebooks hold besides Python becomes plain Python, and nothing else does."""

from __future__ import annotations

import ast

import pytest

from tapegrad.cli.notebook.kernel import INSTALLS
from tapegrad.cli.notebook.magics import to_python


@pytest.mark.parametrize(
    ("source", "python", "skipped"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1", []),
        ("%load_ext autoreload\n%autoreload 2\n%config InlineBackend.figure_format = 'retina'", "pass\npass\npass", []),
        ("!pip install torch", "pass", ["!pip install torch"]),
        ('!echo "unterminated\nx = 1', "pass\nx = 1", ['!echo "unterminated']),
        ("%timeit f(x)", "pass", ["%timeit f(x)"]),
        ("%time y = f(x)", "y = f(x)", []),
        ("if x:\n    %time y = 2", "if x:\n    y = 2", []),
        ("for i in x:\n    !ls {i}\n    print(i)", "for i in x:\n    pass\n    print(i)", ["!ls {i}"]),
        ("files = !ls\nfiles", "files = []\nfiles", ["files = !ls"]),
        ("a = %env HOME", "a = []", ["a = %env HOME"]),
        ("torch.add?", "pass", ["torch.add?"]),
        ("??torch.add", "pass", ["??torch.add"]),
        ("%%time\ny = 2", "y = 2", []),
        ("\n%%capture out\ny = 2", "y = 2", []),
        ("%%bash\nrm -r x", "", ["%%bash and its cell"]),
        ("%%writefile x.py\nimport y", "", ["%%writefile x.py and its cell"]),
    ],
)
def test_magics_become_statements(source: str, python: str, skipped: list[str]) -> None:
    cell = to_python(source, "cell")
    assert ast.unparse(cell.tree) == python
    assert cell.skipped == skipped


@pytest.mark.parametrize(
    "source",
    [
        "x = (a\n     % b)",
        "text = '''\n!ls\n%time x\n%%bash\nhelp?\n'''",
        "x = a \\\n  % b",
        "f'{x!r}'",
        "a != b",
        "",
    ],
)
def test_python_stays_as_it_is(source: str) -> None:
    cell = to_python(source, "cell")
    assert ast.dump(cell.tree) == ast.dump(ast.parse(source))
    assert cell.skipped == []


def test_a_magic_beside_a_string_that_looks_like_one_is_the_only_one_replaced() -> None:
    cell = to_python("%matplotlib inline\ntext = '''\n!ls\n'''\n!pwd", "cell")
    assert ast.unparse(cell.tree).splitlines()[0] == "pass"
    assert "!ls" in ast.unparse(cell.tree)
    assert cell.skipped == ["!pwd"]


@pytest.mark.parametrize("source", ["x = = 2", "if True:\nx", "(", "print 'x'", "'''open"])
def test_an_error_that_is_no_magic_is_pythons_own(source: str) -> None:
    with pytest.raises(SyntaxError) as expected:
        ast.parse(source, "cell")
    with pytest.raises(SyntaxError) as found:
        to_python(source, "cell")
    assert found.value.args == expected.value.args


@pytest.mark.parametrize(
    "command",
    ["pip install torch", "pip3 install -q torch", "python -m pip install x", "/usr/bin/python3 -m pip uninstall x",
     "sudo pip install x", "conda install pytorch -c pytorch", "uv pip install torch", " mamba install x"],
)  # fmt: skip
def test_commands_that_change_what_is_installed_are_known(command: str) -> None:
    assert INSTALLS.match(command)


@pytest.mark.parametrize("command", ["pip list", "ls", "echo pip install", "python train.py install", "pipx"])
def test_other_commands_are_let_through(command: str) -> None:
    assert not INSTALLS.match(command)
