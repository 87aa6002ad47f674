"""`torch.hub`: models from folders that have a `hubconf.py`. Nothing is downloaded."""

from __future__ import annotations

import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, NoReturn

__all__ = ["get_dir", "help", "list", "load", "load_state_dict_from_url", "set_dir"]

_dir: str | None = None


def get_dir() -> str:
    """The folder that torch keeps downloaded models in: `$TORCH_HOME/hub`, by default in the user's cache."""
    if _dir is not None:
        return _dir
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "torch")
    return os.path.join(os.path.expanduser(os.environ.get("TORCH_HOME", cache)), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    """Use another folder."""
    global _dir
    _dir = os.path.expanduser(d)


def load(repo_or_dir: str, model: str, *args: Any, source: str = "github", **kwargs: Any) -> Any:
    """What the function `model` in the `hubconf.py` of a folder returns.

    Args:
        repo_or_dir: the folder.
        source: 'local'.

    Raises:
        ValueError: an unknown source.
        NotImplementedError: `source` is 'github', which would be a download.
        RuntimeError: the folder has no such function.
    """
    for option in ("trust_repo", "force_reload", "verbose", "skip_validation"):
        kwargs.pop(option, None)
    return _entry(_hubconf(repo_or_dir, source), model)(*args, **kwargs)


def list(repo_or_dir: str, *args: Any, source: str = "github", **kwargs: Any) -> Any:
    """The names of the functions in the `hubconf.py` of a folder."""
    conf = _hubconf(repo_or_dir, source)
    return [name for name, value in vars(conf).items() if callable(value) and not name.startswith("_")]


def help(repo_or_dir: str, model: str, *args: Any, source: str = "github", **kwargs: Any) -> str | None:
    """The documentation of a function in the `hubconf.py` of a folder."""
    text: str | None = _entry(_hubconf(repo_or_dir, source), model).__doc__
    return text


def load_state_dict_from_url(url: str, *args: Any, **kwargs: Any) -> NoReturn:
    """Refused: nothing is downloaded. `torch.load` reads a file that is there."""
    raise NotImplementedError(f"tapegrad downloads nothing: fetch {url} and read it with torch.load(path)")


def _hubconf(folder: str, source: str) -> ModuleType:
    if source not in ("github", "local"):
        raise ValueError(f'Unknown source: "{source}". Allowed values: "github" | "local".')
    if source == "github":
        raise NotImplementedError(
            f"tapegrad downloads nothing: clone {folder} and write torch.hub.load(folder, model, source='local')"
        )
    path = os.path.join(os.path.expanduser(folder), "hubconf.py")
    spec = importlib.util.spec_from_file_location("hubconf", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(path))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(os.path.dirname(path))
    return module


def _entry(conf: ModuleType, model: str) -> Any:
    found = getattr(conf, model, None)
    if not callable(found):
        raise RuntimeError(f"Cannot find callable {model} in hubconf")
    return found
