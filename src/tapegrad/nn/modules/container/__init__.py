"""Modules that hold others, or parameters: in a row, in a list, in a dictionary."""

from __future__ import annotations

import warnings
from typing import Any

from ..module import Module
from .dicts import ModuleDict
from .lists import ModuleList
from .parameter_dict import ParameterDict
from .parameter_list import ParameterList
from .sequential import Sequential


class Container(Module):
    """The older name of `Module`, with submodules as keyword arguments."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        warnings.warn(
            "`nn.Container` is deprecated. All of its functionality is now implemented in `nn.Module`. Subclass that"
            " instead.",
            FutureWarning,
            stacklevel=2,
        )
        for key, value in kwargs.items():
            self.add_module(key, value)


__all__ = ["Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]
