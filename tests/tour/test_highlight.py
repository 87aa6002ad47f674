"""Python code in colour, and when colours are used."""

import io
import re
from pathlib import Path

import pytest

import tapegrad.tour
from tapegrad.tour.highlight import highlight
from tapegrad.tour.style import Style, wants_color

COLORED = Style(enabled=True)
SOURCES = sorted(Path(tapegrad.tour.__file__).parent.glob("*.py"))


@pytest.mark.parametrize(
    "source",
    [
        *(pytest.param(path.read_text(encoding="utf-8"), id=path.name) for path in SOURCES),
        pytest.param("", id="nothing"),
        pytest.param("x = (1,\n", id="open bracket"),
        pytest.param("if x:\n    y\n  z\n", id="bad indentation"),
        pytest.param("s = '''a\nb'''  # c", id="string over two lines, no newline at the end"),
        pytest.param('f"{x:.2f} {"y"}"\n', id="f-string"),
        pytest.param("x = 1 \\\n    + 2\n", id="continuation"),
        pytest.param("?\n\n\nx", id="not Python"),
        pytest.param("x = 1\x0c\ny = '\u2028'\n", id="line ends that are none to Python"),
        pytest.param('f"{{a}} {x!r:{w}}"  # c', id="braces in an f-string"),
    ],
)
def test_taking_the_colors_away_gives_back_the_source(source: str) -> None:
    assert re.sub(r"\x1b\[[\d;]*m", "", highlight(source, COLORED)) == source


@pytest.mark.parametrize(
    ("source", "part", "name"),
    [
        ("for x in y: pass", "for", "keyword"),
        ("x = 'text'", "'text'", "string"),
        ("x = 1.5", "1.5", "number"),
        ("x  # why", "# why", "comment"),
        ("def name(): ...", "name", "definition"),
        ("@decorator\ndef f(): ...", "decorator", "definition"),
        ("print(x)", "print", "builtin"),
    ],
)
def test_each_kind_of_word_has_its_color(source: str, part: str, name: str) -> None:
    assert COLORED(part, name) in highlight(source, COLORED)


@pytest.mark.parametrize("source", ["x.sum", "x @ W"])
def test_an_attribute_is_no_builtin_and_a_factor_no_decorator(source: str) -> None:
    assert highlight(source, COLORED) == source


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def color_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_by_default_only_a_terminal_gets_colors(color_terminal: Terminal) -> None:
    assert wants_color("auto", color_terminal)
    assert not wants_color("auto", io.StringIO())


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_can_turn_colors_off(
    color_terminal: Terminal, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert not wants_color("auto", color_terminal)


def test_a_request_on_the_command_line_outranks_the_environment(
    color_terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert wants_color("always", io.StringIO())
    monkeypatch.delenv("NO_COLOR")
    assert not wants_color("never", color_terminal)
