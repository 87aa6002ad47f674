"""Rewrite `__all__` in src/tapegrad/__init__.py: every public name of the module but its internal submodules, sorted.

    python tools/public_names.py

Run it after adding a public function; a test compares the list with the module.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import tapegrad

FILE = Path(__file__).parent.parent / "src/tapegrad/__init__.py"


def main() -> None:
    """Write the list into the file."""
    names = tapegrad._public_names()
    lines = textwrap.wrap(", ".join(f'"{name}"' for name in names), 115)
    text = "__all__ = [\n" + "".join(f"    {line}\n" for line in lines).rstrip("\n") + ",\n]  # fmt: skip\n"
    source = FILE.read_text()
    FILE.write_text(re.sub(r"__all__ = \[.*?\]  # fmt: skip\n", lambda _: text, source, flags=re.DOTALL))


if __name__ == "__main__":
    main()
