"""Optional dependencies: the error names the install command, and only for what is missing itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tapegrad import extras


def test_a_module_that_is_there_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(extras.EXTRAS, "example", {"json": "json"})
    assert extras.require("json.decoder", "x") is sys.modules["json.decoder"]


def test_a_missing_module_names_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(extras.EXTRAS, "example", {"nosuch_module": "nosuch"})
    with pytest.raises(ModuleNotFoundError) as error:
        extras.require("nosuch_module.part", "--save")
    assert str(error.value) == "--save needs nosuch_module: pip install 'tapegrad[example]'"
    assert error.value.name == "nosuch_module"


def test_a_module_that_lacks_something_itself_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "incomplete_module.py").write_text("import another_nosuch")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(extras.EXTRAS, "example", {"incomplete_module": "incomplete"})
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'another_nosuch'$"):
        extras.require("incomplete_module", "x")
