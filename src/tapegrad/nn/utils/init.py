"""Modules without first values."""

from __future__ import annotations

import inspect
from typing import Any

from ...random import fork_rng


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """A module whose parameters hold no particular values, made without using up random numbers.

    Args:
        module_cls: the class; it must take a `device`.
        args, kwargs: what it is called with.

    Raises:
        RuntimeError: not a class of modules, or one that takes no device.

    >>> import tapegrad as torch
    >>> torch.nn.utils.skip_init(torch.nn.Linear, 5, 1)
    Linear(in_features=5, out_features=1, bias=True)
    """
    from ..modules.module import Module

    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with fork_rng():
        return module_cls(*args, **kwargs)
