"""Methods of Tensor that compute.

Operators are functions of tensors, and Tensor's methods call operators: this is the one cycle in the package, and it is
closed here.  Each family of operators lists its methods by name (`METHODS`), and so do other modules, such as that of
the backward pass.  Tensor gets them when one is first used; until then a `Deferred` stands in the place of each.

As in torch, `Tensor.add` and `torch.add` are two objects, and so are `Tensor.clip` and `Tensor.clamp`: programs that
override functions tell them apart (`tapegrad.overrides`).  So each method is a function object of its own, over the
same code.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any, Final

from ..ops.deferred import TENSOR_METHODS, Deferred
from ..twins import twin
from . import creation
from .tensor import Tensor

# torch's names of the functions behind some symbols; those in the second table are the very methods of that name.
_NAMES: Final = {
    "__ipow__": "pow_", "__itruediv__": "__idiv__", "__pow__": "pow", "__rtruediv__": "__rdiv__",
}  # fmt: skip
_SAME: Final = {"__abs__": "abs", "__neg__": "neg", "__pos__": "positive"}

_made: Final[dict[str, Any]] = {}  # the methods by name: each stays the same object however often its module is asked


def _attach() -> None:
    methods: Any = Tensor
    for family, names in TENSOR_METHODS.items():
        for name in names.split():
            setattr(methods, name, Deferred(name, family))
    attach(creation)
    for name in ("ndimension", "nelement"):
        setattr(methods, name, _own(name, Tensor.__dict__[name]))


def attach(family: Any) -> None:
    """Make Tensor's methods of those that a module lists, unless they are so already."""
    for name, function in family.METHODS.items():
        before = Tensor.__dict__.get(name)
        if before is None or before.__class__ is Deferred:
            own = _SAME.get(name, name)
            setattr(Tensor, name, _made.get(own) or _made.setdefault(own, _own(own, function)))


def _own(name: str, function: Any) -> Any:
    """A function, or those of a property, as an object of its own that bears the name of the method."""
    if isinstance(function, property):
        return property(*[part and _own(part.__name__, part) for part in (function.fget, function.fset)])
    if isinstance(function, (classmethod, staticmethod)):
        return function
    if not isinstance(function, FunctionType):
        return _own(name, lambda self, *args: function(self, *args))  # an operator without another public form
    as_method = getattr(function, "as_method", None)
    return twin(function if as_method is None else as_method(), _NAMES.get(name, name))


_attach()
