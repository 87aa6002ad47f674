"""Write docs/broken-programs.md, in both languages: what the detective is tested on, and the causes that it names.

    python tools/broken_programs_page.py          # writes the pages
    python tools/broken_programs_page.py --check  # exit code 1 if a page is not what would be written

The programs are those of tests/detective.
"""

from __future__ import annotations

import argparse
import linecache
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from broken_programs_titles import TITLES  # noqa: E402 - the path comes first

from tests.detective import broken_programs, sound_programs  # noqa: E402
from tests.detective.programs import Program  # noqa: E402

ENGLISH = (
    """# {n} broken programs, and what is said about them

Written by `python tools/broken_programs_page.py`; do not edit it.  These are the programs of
`tests/detective/broken_programs.py`: what people ask about when a gradient is None, zero, nan, or not what they
expected.  Each runs inside of `tapegrad.record_lines()`, and the tests hold the answer to exactly the cause in the
second column and the line in the third; that each goes wrong in the same way in PyTorch is tested, too.
[Debugging gradients](debugging.md) says how to ask.

| the program | cause | line that is named |
|---|---|---|
""",
    """
## {n} sound ones

Nothing is said about these, although each does something that a careless detective would accuse.

""",
)
CHINESE = (
    """# {n} 个出错的程序，以及对它们的回答

由 `python tools/broken_programs_page.py` 写成，请勿编辑。这些是 `tests/detective/broken_programs.py` 中的程序：梯度为
None、为零、为 nan，或与预想不同时人们所问的。每个都在 `tapegrad.record_lines()` 中运行，测试要求回答恰好是第二列的
原因和第三列的行；每个程序在 PyTorch 中同样出错，也经过测试。怎样提问见[调试梯度](debugging.md)。

| 程序 | 原因 | 指出的行 |
|---|---|---|
""",
    """
## {n} 个没有问题的程序

对这些什么也不说，尽管每个都有粗心的侦探会怀疑之处。

""",
)
PAGES = {ROOT / "docs/broken-programs.md": ENGLISH, ROOT / "docs/zh/broken-programs.md": CHINESE}


def page(heads: tuple[str, str]) -> str:
    """The text of the page in a language."""
    rows = [_row(program, heads) for program in broken_programs.PROGRAMS]
    sound = [f"- {_title(program, heads)}" for program in sound_programs.PROGRAMS]
    head, more = heads[0].format(n=len(rows)), heads[1].format(n=len(sound))
    return head + "\n".join(rows) + "\n" + more + "\n".join(sound) + "\n"


def _title(program: Program, heads: tuple[str, str]) -> str:
    """What the program is, in the language of the page.

    Raises:
        LookupError: nobody has translated it.
    """
    if heads is ENGLISH:
        return program.title
    if program.title not in TITLES:
        raise LookupError(f"tools/broken_programs_titles.py has no translation of {program.title!r}")
    return TITLES[program.title]


def _row(program: Program, heads: tuple[str, str]) -> str:
    line = ""
    if program.line is not None:
        text = linecache.getline(broken_programs.__file__, program.line).strip().removesuffix("# here").strip()
        line = f"`{text}`".replace("|", "\\|")
    asked = "" if program.question == "why" else f" (`{program.question}`)"
    return f"| {_title(program, heads)} | **{program.cause}**{asked} | {line} |"


def main() -> int:
    """Write or check; the exit code says whether the pages were current."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    for path, heads in PAGES.items():
        text = page(heads)
        if not check:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
