"""Markdown in the terminal: blocks, spans, wrapping, and columns of Chinese characters."""

import re

import pytest

from tapegrad.tour import markdown
from tapegrad.tour.prose import render
from tapegrad.tour.style import Style
from tapegrad.tour.width import pad, width

PLAIN, COLORED = Style(enabled=False), Style(enabled=True)

ENGLISH = "The *gradient* of `loss`, which `backward()` computes (`.grad` holds it), is **not** a `str`."
CHINESE = "调用 `backward()` 之后，“梯度”就在 `.grad` 里；它是*逐个位置*的导数（形状与 `x` 相同）。再来一次！"


def without_colors(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("abc", 3), ("梯度", 4), ("x²·eˣ", 5), ("e\u0301", 1), ("：", 2)]
)
def test_a_chinese_character_takes_two_columns_and_a_combining_one_none(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(pad(text, 7)) == 7


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["one", "two"], "one two"),
        (["记录", "可长"], "记录可长"),
        (["记录，", "`x`"], "记录，`x`"),
        (["记录", "`x`"], "记录 `x`"),
        (["`x`", "，记录"], "`x`，记录"),
        (["道“是", "”的"], "道“是”的"),
    ],
)
def test_lines_of_a_paragraph_are_joined_as_their_script_wants_it(lines: list[str], joined: str) -> None:
    assert markdown.join_lines(lines) == joined


def test_unwrapping_leaves_headings_code_and_tables_alone() -> None:
    text = "# Head\n\none\ntwo\n\n    a\n    b\n\n| x |\n|---|\n| y |"
    assert markdown.unwrapped(text) == text.replace("one\ntwo", "one two")


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
@pytest.mark.parametrize("columns", [20, 30, 41, 88])
def test_no_line_is_wider_than_asked_and_no_character_is_lost(text: str, columns: int) -> None:
    rendered = render(text, columns, PLAIN)
    assert all(width(line) <= columns for line in rendered.splitlines())
    assert re.sub(r"\s", "", rendered) == re.sub(r"[\s*]", "", text)


@pytest.mark.parametrize("columns", range(18, 60))
def test_no_line_begins_with_closing_punctuation_or_ends_with_opening(columns: int) -> None:
    for text in (ENGLISH, CHINESE):
        for line in render(text, columns, PLAIN).splitlines():
            assert line[0] not in "，。；！）”,.)"
            assert line[-1] not in "（“("


def test_colors_change_nothing_but_the_marks_around_code() -> None:
    text = "Call `backward()` *once*.\n\n# `grad_fn`\n\n    code\n\n| a | b |\n|---|---|\n| x | **y** |"
    assert without_colors(render(text, 60, COLORED)) == render(text, 60, PLAIN).replace("`", "")


def test_columns_of_a_table_line_up_in_chinese() -> None:
    head, rule, row = render("| 原因 | b |\n|---|---|\n| x | 改法 |", 60, PLAIN).splitlines()
    assert (head, rule, row) == ("原因   b", "────   ────", "x      改法")
