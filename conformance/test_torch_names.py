"""The list of torch's names is that of the pinned torch."""

import subprocess
import sys
from pathlib import Path

from conformance.torch_names import NAMES


def test_the_list_of_torch_names_is_current() -> None:
    # In a process of its own: what other tests do makes torch load modules that `import torch` does not.
    program = "import sys; from conformance.torch_names import listing; sys.stdout.write(listing())"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True
    )
    assert NAMES.read_text(encoding="utf-8") == run.stdout, "run `python conformance/torch_names.py`"
