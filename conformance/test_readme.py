"""The README's example prints with PyTorch what the README shows, which tests/ checks of tapegrad."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.test_readme import blocks


def test_the_example_prints_the_same_with_pytorch(tmp_path: Path) -> None:
    (_, example), (_, output) = blocks("README.md")[1:3]
    (tmp_path / "thermometer.py").write_text(example, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "thermometer.py")], capture_output=True, text=True, check=True
    )
    assert done.stdout == output
