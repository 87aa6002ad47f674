"""The arguments of a call as leaves with the paths that lead to them, in Python's own notation."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from ..tensor.tensor import Parameter, Tensor
from .facts import CONSTANTS

CONTAINERS: Final = (tuple, list, dict, OrderedDict)


class Leaves:
    """What was found in the arguments.

    Attributes:
        tensors: the path of each, in order.
        constants: numbers, strings and the like.
        objects: everything else, told by identity.
        containers: each with its class and length, or keys.
        twice: pairs of paths that lead to one and the same tensor.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.tensors: list[tuple[str, Tensor]] = []
        self.constants: list[tuple[str, Any]] = []
        self.objects: list[tuple[str, Any]] = []
        self.containers: list[tuple[str, type, Any]] = []
        self.twice: list[tuple[str, str]] = []
        self.path_of: dict[int, str] = {}
        self.containers.append(("args", tuple, len(args)))
        for i, x in enumerate(args):
            self._enter(f"args[{i}]", x)
        self.containers.append(("kwargs", dict, tuple(kwargs)))
        for key, x in kwargs.items():
            self._enter(f"kwargs[{key!r}]", x)

    def _enter(self, path: str, x: Any) -> None:
        kind = x.__class__
        if isinstance(x, Tensor):
            if id(x) in self.path_of:
                self.twice.append((self.path_of[id(x)], path))
            else:
                self.path_of[id(x)] = path
                self.tensors.append((path, x))
        elif kind is tuple or kind is list or (isinstance(x, tuple) and hasattr(kind, "_fields")):
            self.containers.append((path, kind, len(x)))
            for i, part in enumerate(x):
                self._enter(f"{path}[{i}]", part)
        elif (kind is dict or kind is OrderedDict) and all(isinstance(k, (str, int)) for k in x):
            self.containers.append((path, kind, tuple(x)))
            for key, part in x.items():
                self._enter(f"{path}[{key!r}]", part)
        elif isinstance(x, CONSTANTS):
            self.constants.append((path, x))
        else:
            self.objects.append((path, x))

    def signature(self) -> Any:
        """What tells calls apart that need programs of their own."""
        return (
            tuple((p, k, n) for p, k, n in self.containers),
            tuple((p, tensor_signature(t)) for p, t in self.tensors),
            tuple((p, type(c), repr(c)) for p, c in self.constants),
            tuple((p, id(o)) for p, o in self.objects),
            tuple(self.twice),
        )


def tensor_signature(t: Tensor) -> Any:
    """What a program knows of a tensor."""
    a = t._data
    return (t.__class__, t._flags, t._fn is None, t._view is None, a.__class__, a.dtype, a.shape, a.strides)


def is_plain(t: Tensor) -> bool:
    """Whether a tensor is of a class that programs know."""
    return t.__class__ is Tensor or t.__class__ is Parameter
