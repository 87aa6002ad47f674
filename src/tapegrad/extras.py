"""The optional dependencies: which module belongs to which extra, and the error that names the install command.

`pip install 'tapegrad[notebook]'` installs the extra `notebook`. An optional module is imported where it is used, with
`require`, so that a missing one says what to install.
"""

from __future__ import annotations

import importlib
from types import ModuleType

EXTRAS: dict[str, dict[str, str]] = {
    "compile": {"numba": "numba"},
    "notebook": {"nbformat": "nbformat", "nbclient": "nbclient", "IPython": "ipython", "ipykernel": "ipykernel"},
    "viz": {"matplotlib": "matplotlib"},
    "io": {"safetensors": "safetensors"},
    "tensorboard": {"tensorboard": "tensorboard"},
    "cuda": {"cupy": "cupy-cuda12x"},
    "mpi": {"mpi4py": "mpi4py"},
}
"""Per extra: the modules it brings, each with the name of the distribution that holds it."""


def require(module: str, purpose: str) -> ModuleType:
    """Import an optional module.

    Args:
        module: full name of a module whose package is in `EXTRAS`.
        purpose: what needs it, as the subject of the error's sentence.

    Raises:
        ModuleNotFoundError: it is not installed, as in "device='cuda' needs cupy: pip install 'tapegrad[cuda]'".

    Example:
        >>> EXTRAS["viz"] = {"matplotlib": "matplotlib", "nosuch": "nosuch"}
        >>> require("nosuch", "a picture")
        Traceback (most recent call last):
        ModuleNotFoundError: a picture needs nosuch: pip install 'tapegrad[viz]'
        >>> del EXTRAS["viz"]["nosuch"]
    """
    package = module.partition(".")[0]
    extra = next(extra for extra, members in EXTRAS.items() if package in members)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # the package is there, and lacks something of its own
        raise ModuleNotFoundError(
            f"{purpose} needs {package}: pip install 'tapegrad[{extra}]'", name=error.name
        ) from None
