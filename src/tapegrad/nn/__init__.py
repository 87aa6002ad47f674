"""`torch.nn`: layers, `Parameter`, the functional interface. What is not named here is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..first_use import names_of
from ..tensor.tensor import Parameter
from . import modules

if TYPE_CHECKING:
    from . import functional as functional
    from . import init as init
    from . import utils as utils
    from .modules import *
    from .parameter import Buffer, UninitializedBuffer, UninitializedParameter

_FOUND = {
    "DataParallel": "parallel",
    "Buffer": "parameter",
    "UninitializedBuffer": "parameter",
    "UninitializedParameter": "parameter",
}
_MODULES = (
    "_reduction", "attention", "common_types", "functional", "grad", "init", "parallel", "parameter", "utils",
)  # fmt: skip

__all__ = [
    "Parameter", "attention", "factory_kwargs", "functional", "grad", "init", "modules", "parallel", "parameter",
    "utils", *_FOUND, *modules.__all__,
]  # fmt: skip


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """`device`, `dtype` and `memory_format` as a layer hands them on to the functions that make its parameters.

    Args:
        kwargs: the arguments, with these names or all of them in `factory_kwargs`.

    Raises:
        TypeError: another name; the same name in both places.

    >>> factory_kwargs({"dtype": None, "factory_kwargs": {"device": "cpu"}})
    {'dtype': None, 'device': 'cpu'}
    """
    if kwargs is None:
        return {}
    known = {"device", "dtype", "memory_format"}
    if not kwargs.keys() <= known | {"factory_kwargs"}:
        raise TypeError(f"unexpected kwargs {kwargs.keys() - known - {'factory_kwargs'}}")
    found = {name: value for name, value in kwargs.items() if name in known}
    for name, value in kwargs.get("factory_kwargs", {}).items():
        if name in found:
            raise TypeError(f"{name} specified twice, in **kwargs and in factory_kwargs")
        found[name] = value
    return found


__getattr__, __dir__ = names_of(__name__, dict.fromkeys(modules.__all__, "modules") | _FOUND | dict.fromkeys(_MODULES))
