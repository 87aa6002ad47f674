"""Where the tutorials are found."""

from pathlib import Path

import pytest

from tapegrad.tour import lessons


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installed package `tapegrad.tour`, without tutorials so far."""
    folder = tmp_path / "site-packages" / "tapegrad" / "tour"
    folder.mkdir(parents=True)
    monkeypatch.setattr(lessons, "__file__", str(folder / "lessons.py"))
    return folder


def make_languages(folder: Path) -> None:
    for language in lessons.LANGUAGES:
        (folder / language).mkdir(parents=True)


@pytest.mark.parametrize("language", lessons.LANGUAGES)
def test_there_are_five_in_order(language: str) -> None:
    found = lessons.load(language)
    assert [lesson.number for lesson in found] == [1, 2, 3, 4, 5]
    assert all(lesson.path.parent.name == language for lesson in found)


def test_an_installed_package_uses_its_own_copy(package: Path) -> None:
    make_languages(package / "examples")
    make_languages(package.parents[2] / "examples")
    assert lessons.examples_folder() == package / "examples"


def test_a_checkout_uses_the_examples_at_its_root(package: Path) -> None:
    make_languages(package.parents[2] / "examples")
    assert lessons.examples_folder() == package.parents[2] / "examples"


def test_a_folder_that_happens_to_be_called_examples_is_not_taken(package: Path) -> None:
    (package.parents[2] / "examples").mkdir()
    with pytest.raises(FileNotFoundError, match="not part of this installation"):
        lessons.examples_folder()


def test_a_tutorial_without_its_numbered_heading_is_an_error_that_names_it(package: Path) -> None:
    make_languages(package / "examples")
    (package / "examples" / "en" / "1_x.py").write_text('# %% [markdown] id="a"\n# # No number\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"1_x\.py should begin with a heading"):
        lessons.load("en")
