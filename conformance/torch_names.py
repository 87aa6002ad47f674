"""Writes src/tapegrad/torch_names.txt: the modules of the pinned torch and the names in them.

    python conformance/torch_names.py        # write the file anew, after a change of the pinned version

tapegrad reads this list to tell a name that torch has and tapegrad lacks from a name that nobody has, so that
`from torch import x` fails for the second and waits for the first use of the first.
"""

from __future__ import annotations

import os
import pkgutil
import sys
import textwrap
import types
import warnings
from collections.abc import Iterable
from pathlib import Path

import torch

NAMES = Path(__file__).parents[1] / "src" / "tapegrad" / "torch_names.txt"

HEADER = """\
# The modules of torch {version} and, after the colon, the names in them; written by conformance/torch_names.py.
# A module followed by * has names that are not listed. torch.Tensor stands here as if it were a module.
"""

# Modules that `import torch` does not load, but people import often.
ALSO = (
    "torch.func",
    "torch.nn.utils.parametrizations",
    "torch.nn.utils.stateless",
    "torch.optim.swa_utils",
    "torch.utils.checkpoint",
    "torch.utils.data",
)

# Modules that `import torch` does not load, that programs import, and whose names are private.
ALSO_UNNAMED = ("torch._dynamo", "torch._dynamo.config")

# Parts whose modules are listed without their names: not for users of autograd, and long.
UNNAMED = (
    "torch.ao",
    "torch.cuda.",
    "torch.distributed.",
    "torch.export.",
    "torch.fx.",
    "torch.jit.",
    "torch.masked.",
    "torch.mtia",
    "torch.nativert",
    "torch.onnx.",
    "torch.package",
    "torch.profiler.",
    "torch.quantization",
    "torch.testing._",
    "torch.xpu",
)


def is_private(module: str) -> bool:
    return any(part.startswith("_") for part in module.split("."))


def public_modules() -> Iterable[str]:
    """Every public module of the package, whether `import torch` loads it or not."""

    def walk(folder: str, prefix: str) -> Iterable[str]:
        for _, name, is_package in pkgutil.iter_modules([folder]):
            if name.startswith("_"):
                continue
            yield prefix + name
            if is_package:
                yield from walk(os.path.join(folder, name), f"{prefix}{name}.")

    return walk(os.path.dirname(torch.__file__), "torch.")


def belongs_to_torch(value: object) -> bool:
    """Whether a module's name is torch's own, rather than something it imported (`Optional`, `math`)."""
    if isinstance(value, types.ModuleType):
        return False
    home = getattr(value, "__module__", None)
    return home is None or (isinstance(home, str) and home.split(".")[0] == "torch")


def names_in(module: types.ModuleType | type) -> set[str]:
    declared = getattr(module, "__all__", ())
    names = set(declared) if isinstance(declared, (list, tuple)) else set()
    for name in dir(module):
        if not name.startswith("__") and belongs_to_torch(getattr(module, name)):
            names.add(name)
    return names


def listing() -> str:
    """The text of torch_names.txt."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some names warn, being deprecated, when they are looked at
        for module in ALSO:
            __import__(module)
        loaded = {name for name in sys.modules if name.split(".")[0] == "torch" and "._internal" not in name}
        modules = {
            "torch",
            *ALSO_UNNAMED,
            *public_modules(),
            *(name for name in loaded if not name.startswith("torch.testing._")),
        }
        lines = []
        for module in sorted(modules):
            if is_private(module) or module not in loaded or module.startswith(UNNAMED):
                lines.append(f"{module}: *")
            else:
                lines.append(f"{module}: {' '.join(sorted(names_in(sys.modules[module])))}")
        methods = (name for name in dir(torch.Tensor) if not name.startswith("__"))
        lines.append(f"torch.Tensor: {' '.join(sorted(methods))}")
    wrapped = (textwrap.fill(line, 118, subsequent_indent="  ", break_on_hyphens=False) for line in lines)
    return HEADER.format(version=torch.__version__.split("+")[0]) + "\n".join(wrapped) + "\n"


if __name__ == "__main__":
    NAMES.write_text(listing(), encoding="utf-8")
    print(f"{NAMES.name}: {NAMES.stat().st_size} bytes")
