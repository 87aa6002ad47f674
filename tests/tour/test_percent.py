"""Scripts in percent format."""

import pytest

from tapegrad.tour.percent import Cell, parse

SCRIPT = """\
# %% [markdown] id="title"
# # Heading
#
# Text.
#
#     code

# %% id="sum"

1 + 1


# %% id="empty"
"""


def test_a_script_is_split_into_its_cells_in_order() -> None:
    title, total, empty = parse(SCRIPT)
    assert title == Cell("title", "markdown", "# Heading\n\nText.\n\n    code", 2)
    assert total == Cell("sum", "code", "1 + 1", 10)
    assert (empty.id, empty.source) == ("empty", "")


def test_line_is_where_the_source_starts_in_the_script() -> None:
    for cell in parse(SCRIPT)[:2]:
        assert SCRIPT.splitlines()[cell.line - 1].endswith(cell.source.splitlines()[0])


@pytest.mark.parametrize("marker", ["# %%", "# %% sum", '# %% id="a b"', '# %% [raw] id="a"', '# %% id="a" tags="b"'])
def test_a_marker_without_a_plain_id_is_an_error_that_names_its_line(marker: str) -> None:
    with pytest.raises(ValueError, match=r"^line 2: expected"):
        parse(f'# %% id="first"\n{marker}\n')


@pytest.mark.parametrize("script", ["", "1 + 1\n", '"""Docstring."""\n# %% id="a"\n'])
def test_a_script_begins_with_a_marker(script: str) -> None:
    with pytest.raises(ValueError, match="begins with a cell marker"):
        parse(script)


def test_two_cells_with_one_id_are_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"occur more than once: a$"):
        parse('# %% id="a"\n# %% id="b"\n# %% id="a"\n')
