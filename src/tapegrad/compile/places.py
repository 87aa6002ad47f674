"""Whose code runs: tapegrad's own or the user's, and at which line."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = str(Path(__file__).parent.parent)


def is_ours(file: str) -> bool:
    """Whether a file is one of tapegrad's, or code that it generated."""
    return file.startswith((PACKAGE, "<tapegrad"))


def user_frame() -> Any:
    """The innermost frame that is not tapegrad's."""
    frame: Any = sys._getframe(1)
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def place_of(frame: Any) -> str:
    """File, line and text of where a frame is."""
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line).strip()
    return f"line {line} of {file}" + (f": {text}" if text else "")
