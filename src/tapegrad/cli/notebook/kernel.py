"""What `tapegrad run --save` sets up in the Jupyter kernel that executes the notebook."""

from __future__ import annotations

import re
import sys
from typing import Any

from tapegrad.torch_alias import install_as_torch

INSTALLS = re.compile(r"^\s*(?:sudo\s+)?(?:\S*python\S*\s+-m\s+)?(?:uv\s+)?(?:pip3?|conda|mamba)\s+(?:un)?install\b")
"""A command that would change what is installed, such as `pip install torch`."""


def prepare(argv: list[str]) -> None:
    """Make `import torch` give tapegrad in this kernel, set its arguments, and let it install nothing."""
    from IPython import get_ipython

    install_as_torch()
    sys.argv[:] = argv
    shell: Any = get_ipython()
    system = shell.system

    def guarded(command: str) -> None:
        if INSTALLS.match(shell.var_expand(command, depth=1)):
            skip(f"!{command}")
        else:
            system(command)

    def skip(line: str) -> None:
        print(f"skipped {line.strip()}", file=sys.stderr)

    shell.system = guarded
    for name in ("pip", "conda", "mamba", "micromamba", "uv"):
        shell.register_magic_function(lambda line, name=name: skip(f"%{name} {line}"), magic_name=name)
