"""Files of machine code: sealed, so that damage shows, and moved into place whole, so that nobody reads a half.

Kernels of eager work and programs of `torch.compile` are in the same folder, under names that say what they were made
of: whatever has changed has another name, and a file is never wrong, only missing.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

MAX_FILES: Final = 500  # of each kind; the kind is the first letter of a name
_SEAL: Final = 32  # bytes of the digest before the machine code


def folder() -> Path:
    """Where machine code is kept: `TAPEGRAD_CACHE`, or `tapegrad` in the user's cache folder; in `compile` there."""
    own = os.environ.get("TAPEGRAD_CACHE")
    base = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tapegrad"
    return base / "compile"


def read(name: str) -> bytes | None:
    """Machine code from an earlier process; None if there is none, or what there is was damaged."""
    try:
        whole = (folder() / f"{name}.o").read_bytes()
    except OSError:
        return None
    code = whole[_SEAL:]
    return code if hashlib.sha256(code).digest() == whole[:_SEAL] else None


def write(name: str, code: bytes) -> None:
    """Keep machine code for later processes, if there is a folder that can be written to."""
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        _tidy(place, name[0])
        handle, aside = tempfile.mkstemp(dir=place, suffix=".part")
        with os.fdopen(handle, "wb") as out:
            out.write(hashlib.sha256(code).digest() + code)
        os.replace(aside, place / f"{name}.o")
    except OSError:
        pass  # compiled again next time


def _tidy(place: Path, kind: str) -> None:
    """Remove the oldest of a kind when there are too many."""
    files = sorted(place.glob(f"{kind}*.o"), key=lambda f: f.stat().st_mtime)
    for file in files[: max(0, len(files) - MAX_FILES + 1)]:
        file.unlink(missing_ok=True)


__all__ = ["MAX_FILES", "folder", "read", "write"]
