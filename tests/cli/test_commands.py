"""The command line itself: help, versions, mistakes."""

from __future__ import annotations

import importlib.metadata

import pytest

import tapegrad
from tapegrad import cli
from tapegrad.extras import EXTRAS
from tests.cli.conftest import Run


def test_without_arguments_the_overview_is_shown(tapegrad_command: Run) -> None:
    for arguments in [(), ("--help",), ("-h",), ("help",)]:
        found = tapegrad_command(*arguments)
        assert (found.stdout, found.stderr, found.returncode) == (cli.OVERVIEW, "", 0)


def test_the_overview_lists_each_command_and_no_other() -> None:
    listed = [line.split()[0] for line in cli.OVERVIEW.partition("commands:\n")[2].partition("\n\n")[0].splitlines()]
    assert listed == list(cli.COMMANDS) == ["run", "check", "explain", "tour", "info"]


@pytest.mark.parametrize("command", list(cli.COMMANDS))
def test_each_command_has_help_with_its_name(tapegrad_command: Run, command: str) -> None:
    found = tapegrad_command(command, "--help")
    assert found.stdout.startswith(f"usage: tapegrad {command}")
    assert (found.stderr, found.returncode) == ("", 0)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "rnu",
            "there is no command 'rnu'. Did you mean `tapegrad run`? The commands: run, check, explain, tour, info",
        ),
        ("xyzzy", "there is no command 'xyzzy'. The commands: run, check, explain, tour, info"),
        ("train.py", "'train.py' is no command. To run a file: tapegrad run train.py"),
        ("a/lesson.ipynb", "'a/lesson.ipynb' is no command. To run a file: tapegrad run a/lesson.ipynb"),
        ("--verbose", "there is no option '--verbose'; `tapegrad --help` lists what there is"),
    ],
)
def test_an_unknown_command_says_what_to_write_instead(
    capsys: pytest.CaptureFixture[str], command: str, message: str
) -> None:
    assert cli.main([command, "more"]) == 2
    assert capsys.readouterr() == ("", f"tapegrad: {message}\n")


@pytest.mark.parametrize("arguments", [("run",), ("run", "--"), ("run", "-m"), ("run", "--save", "x.ipynb", "x.py")])
def test_run_without_a_program_is_a_usage_error(tapegrad_command: Run, arguments: tuple[str, ...]) -> None:
    found = tapegrad_command(*arguments)
    assert found.returncode == 2
    assert found.stderr.startswith(("usage: tapegrad run", "tapegrad run: can't open file"))


def test_the_version_is_tapegrads_own(tapegrad_command: Run) -> None:
    assert tapegrad_command("--version").stdout == f"tapegrad {tapegrad.version.own}\n"


def test_info_names_versions_extras_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info"]) == 0
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.startswith("  "))
    assert rows["numpy"] == importlib.metadata.version("numpy")
    assert set(EXTRAS) <= set(rows)
    assert rows["viz"] == f"matplotlib {importlib.metadata.version('matplotlib')}"
    assert rows["default"] == f"dtype        {tapegrad.get_default_dtype()}"


def test_info_tells_how_to_install_an_extra_that_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXTRAS, "viz", {"nosuch_module": "nosuch"})
    assert cli.main(["info"]) == 0
    assert "  viz                  no nosuch_module: pip install 'tapegrad[viz]'\n" in capsys.readouterr().out
